"""Le changement d'un indice entre deux années : ce qui tient à la composition, ce qui tient à la structure spatiale.

La *composition* d'une table, ce sont ses marges : combien de ménages de chaque classe a la ville, combien en a chaque
quartier. Sa *structure* est ce qui reste quand on change ses marges : les rapports de chances entre quartiers. Donner à
une année les marges d'une autre se fait par ajustement proportionnel itératif ; la part de chacune est sa valeur de
Shapley. La méthode du paquet ``segregation`` compare des villes dont les unités n'ont rien de commun ; ici ce sont les
mêmes quartiers, et l'on sait lequel a changé.

Références : J. Deutsch, Y. Flückiger, J. Silber, « Analyzing changes in occupational segregation: the case of
Switzerland », 2009 ; B. Elbers, « A method for studying differences in segregation across time and space »,
*Sociological Methods & Research*, 52, 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

PRECISION = 1e-12
TOURS = 20_000


class Decomposition(NamedTuple):
    """``variation`` est la somme de ``structure`` et de ``composition``, qui peuvent manquer."""

    variation: float
    structure: float
    composition: float


def decomposer(indice: Callable[[np.ndarray], np.ndarray], avant: np.ndarray, apres: np.ndarray) -> Decomposition:
    """Décomposer ``indice(apres) - indice(avant)``, deux tables (unités, classes) des mêmes unités.

    ``structure`` et ``composition`` manquent quand une année ne peut pas prendre les marges de l'autre (une case vide
    qu'il faudrait remplir).
    """
    croisee_avant, croisee_apres = ajuster(avant, apres), ajuster(apres, avant)
    debut, fin = float(indice(avant)), float(indice(apres))
    if croisee_avant is None or croisee_apres is None:
        return Decomposition(fin - debut, np.nan, np.nan)
    avant_aux_marges_d_apres, apres_aux_marges_d_avant = float(indice(croisee_avant)), float(indice(croisee_apres))
    structure = ((fin - avant_aux_marges_d_apres) + (apres_aux_marges_d_avant - debut)) / 2
    composition = ((fin - apres_aux_marges_d_avant) + (avant_aux_marges_d_apres - debut)) / 2
    return Decomposition(fin - debut, structure, composition)


def ajuster(structure: np.ndarray, marges: np.ndarray) -> np.ndarray | None:
    """La table aux rapports de chances de ``structure`` et aux marges de ``marges`` ; ``None`` s'il n'y en a pas."""
    lignes, colonnes = marges.sum(axis=1), marges.sum(axis=0)
    table = structure.astype(float)
    for _ in range(TOURS):
        table = table * _rapport(lignes, table.sum(axis=1))[:, None]
        table = table * _rapport(colonnes, table.sum(axis=0))
        if np.abs(table.sum(axis=1) - lignes).max() <= PRECISION * lignes.sum():
            return table if np.allclose(table.sum(axis=0), colonnes, rtol=0, atol=1e-9 * lignes.sum()) else None
    return None


def _rapport(voulu: np.ndarray, present: np.ndarray) -> np.ndarray:
    return np.divide(voulu, present, out=np.zeros(len(voulu)), where=present > 0)
