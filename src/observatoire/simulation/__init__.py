"""Simuler l'occupation : quel profil d'entrants mène un territoire à son objectif, et ce qu'il demande aux autres.

Bibliothèque pure : elle ne lit rien. ``modele`` projette une part du parc, que ``lieux`` compose de quatre valeurs ;
``tirages`` dit avec quelle probabilité, ``report`` reporte sur les autres territoires ce que l'un ne prend plus,
``pertinence`` conclut, au bout de la durée que donne ``horizon``.
"""

from observatoire.simulation.horizon import duree_de_la_charte
from observatoire.simulation.lieux import codes_du_parc, composer_le_parc
from observatoire.simulation.modele import (
    Parc,
    atteignables,
    equilibrer,
    profil_pour,
    projeter,
    trajectoire,
)
from observatoire.simulation.pertinence import Pertinence, juger_la_pertinence
from observatoire.simulation.report import Report, reporter
from observatoire.simulation.tirages import Tirage, probabilites, profil_probable, simuler
from observatoire.simulation.traits import DEPARTS, LIVRAISONS, TRAITS, Trait

__all__ = [
    "DEPARTS",
    "LIVRAISONS",
    "TRAITS",
    "Parc",
    "Pertinence",
    "Report",
    "Tirage",
    "Trait",
    "atteignables",
    "codes_du_parc",
    "composer_le_parc",
    "duree_de_la_charte",
    "equilibrer",
    "juger_la_pertinence",
    "probabilites",
    "profil_pour",
    "profil_probable",
    "projeter",
    "reporter",
    "simuler",
    "trajectoire",
]
