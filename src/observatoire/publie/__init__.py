"""Lire ``data/publie`` : la seule porte par laquelle un notebook ou une figure reçoit des valeurs.

``tables`` lit chacune telle qu'elle est déclarée, ``contenu`` les range, ``vue`` les montre depuis une année ;
``parution`` y cherche, cellule par cellule, ce qui peut se dire d'un résultat tiré des indicateurs.
"""

from observatoire.publie.contenu import Contenu
from observatoire.publie.parution import Parution
from observatoire.publie.tables import (
    CLES,
    COLONNES,
    EXTRAITES,
    INDICATEURS,
    TOUTES,
    VALEURS,
    en_lignes,
    est_hors,
)
from observatoire.publie.vue import VARIABLE, Publie, cle_d_alerte, dossier_publie, lire_publie

__all__ = [
    "CLES", "COLONNES", "EXTRAITES", "INDICATEURS", "TOUTES", "VALEURS", "VARIABLE",
    "Contenu", "Parution", "Publie",
    "cle_d_alerte", "dossier_publie", "en_lignes", "est_hors", "lire_publie",
]  # fmt: skip
