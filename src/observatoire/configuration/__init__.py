"""Ce qu'une personne écrit à la main : lu sur un modèle, ou refusé avec toutes ses fautes, chacune avec sa ligne.

``saisie`` lit le YAML ; ``modeles`` dit ce que chaque fichier peut contenir ; ``fiche`` les sortes de valeurs ;
``commun`` ce que tous les territoires admettent ; ``phrases`` met les fautes en français. ``ville`` est la
configuration que le reste lit.
"""

from observatoire.configuration.commun import (
    ACCES,
    ANNEES,
    CHEMINS,
    CODE,
    CONSERVES,
    MARQUE_FICTIF,
    NIVEAUX_CHOISIS,
    PASSAGES,
    PUBLICS,
    PUBLIQUE,
    QUARTIERS,
    TABLES,
    TABLES_TIREES,
)
from observatoire.configuration.ville import Bailleur, Configuration, lire_configuration, nom_du_chemin, plus_larges

__all__ = [
    "ACCES",
    "ANNEES",
    "CHEMINS",
    "CODE",
    "CONSERVES",
    "MARQUE_FICTIF",
    "NIVEAUX_CHOISIS",
    "PASSAGES",
    "PUBLICS",
    "PUBLIQUE",
    "QUARTIERS",
    "TABLES",
    "TABLES_TIREES",
    "Bailleur",
    "Configuration",
    "lire_configuration",
    "nom_du_chemin",
    "plus_larges",
]
