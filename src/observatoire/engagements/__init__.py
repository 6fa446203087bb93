"""Les engagements de la convention de 1998 et de la charte de 2007 : chacun est une donnée, chaque année un verdict.

``regles`` vérifie ``data/suivi/engagements.yml`` ; ``declaration`` le lit ; ``preuves`` rassemble les faits datés
(séances, dépôts, alertes, actions, pièces) ; ``verdicts`` compare ; ``calcul`` écrit ``prepare/engagements.parquet``.
"""

from observatoire.engagements.calcul import CLES, COLONNES, MESURES, Bilan, calculer_engagements, ecrire_engagements
from observatoire.engagements.declaration import (
    FICHIER,
    Engagement,
    Texte,
    lire_contenu,
    lire_document,
    lire_engagements,
)
from observatoire.engagements.regles import CHAMPS
from observatoire.engagements.verdicts import NON_MESURABLE, VERDICTS, juger_les_faits, juger_les_mesures

__all__ = [
    "CHAMPS",
    "CLES",
    "COLONNES",
    "FICHIER",
    "MESURES",
    "NON_MESURABLE",
    "VERDICTS",
    "Bilan",
    "Engagement",
    "Texte",
    "calculer_engagements",
    "ecrire_engagements",
    "juger_les_faits",
    "juger_les_mesures",
    "lire_contenu",
    "lire_document",
    "lire_engagements",
]
