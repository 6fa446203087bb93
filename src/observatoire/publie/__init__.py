"""Lire ``data/publie`` : la seule porte par laquelle un notebook ou une figure reçoit des valeurs.

``tables`` dit les fichiers et leurs colonnes, ``contenu`` les range, ``vue`` les montre depuis une année ;
``parution`` y cherche, cellule par cellule, ce qui peut se dire d'un résultat tiré des indicateurs.
"""

from observatoire.publie.contenu import Contenu
from observatoire.publie.parution import Parution
from observatoire.publie.tables import (
    CLES,
    COLONNES,
    CUMULS,
    EXTRAITES,
    FICHIERS,
    INDICATEURS,
    TOUTES,
    VALEURS,
    en_lignes,
    est_hors,
    lire_table,
)
from observatoire.publie.vue import OUVRENT, VARIABLE, Publie, cle_d_alerte, dossier_publie, lire_publie

__all__ = [
    "CLES", "COLONNES", "CUMULS", "EXTRAITES", "FICHIERS", "INDICATEURS", "OUVRENT", "TOUTES", "VALEURS", "VARIABLE",
    "Contenu", "Parution", "Publie",
    "cle_d_alerte", "dossier_publie", "en_lignes", "est_hors", "lire_publie", "lire_table",
]  # fmt: skip
