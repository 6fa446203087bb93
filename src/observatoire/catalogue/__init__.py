"""Le catalogue des indicateurs.

Ajouter un indicateur : une fonction dans le module de sa famille, un cas dans ``tests/cas/``. Rien d'autre.
"""

from observatoire.catalogue import demande, difficultes, mouvements, occupation, parc, production, vacance
from observatoire.catalogue.declaration import FAMILLES, Indicateur, catalogue, indicateur, repartition

__all__ = [
    "FAMILLES",
    "Indicateur",
    "catalogue",
    "demande",
    "difficultes",
    "indicateur",
    "mouvements",
    "occupation",
    "parc",
    "production",
    "repartition",
    "vacance",
]
