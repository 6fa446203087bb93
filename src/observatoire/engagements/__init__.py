"""Les engagements de la convention de 1998 et de la charte de 2007 : chacun est une donnée, chaque année un verdict.

``declaration`` lit ``data/suivi/engagements.yml`` ; ``preuves`` rassemble les faits datés
(séances, dépôts, alertes, actions, pièces) ; ``calcul`` les juge sur
ce qui paraît, par :mod:`observatoire.verdicts`.
"""

from observatoire.engagements.calcul import CLES, COLONNES, MESURES, juger_les_engagements
from observatoire.engagements.declaration import (
    FICHIER,
    Engagement,
    Texte,
    lire_contenu,
    lire_document,
    lire_engagements,
    lire_le_suivi,
)
from observatoire.engagements.preuves import Registres, lire_registres
from observatoire.verdicts import CACHEE, juger_les_faits, juger_les_mesures

__all__ = [
    "CACHEE",
    "CLES",
    "COLONNES",
    "FICHIER",
    "MESURES",
    "Engagement",
    "Registres",
    "Texte",
    "juger_les_engagements",
    "juger_les_faits",
    "juger_les_mesures",
    "lire_contenu",
    "lire_document",
    "lire_engagements",
    "lire_le_suivi",
    "lire_registres",
]
