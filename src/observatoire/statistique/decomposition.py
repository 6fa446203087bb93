"""Le changement d'un indice entre deux années : ce qui tient à la composition, ce qui tient à la structure spatiale.

La *composition* d'une table, ce sont ses marges : combien de ménages de chaque classe a la ville, combien en a chaque
quartier. Sa *structure* est ce qui reste quand on change ses marges : les rapports de chances entre quartiers. Donner à
une année les marges d'une autre est l'ajustement proportionnel ; la part de chacune est sa valeur de Shapley. La
méthode du paquet ``segregation`` compare des villes dont les unités n'ont rien de commun ; ici ce sont les mêmes
quartiers, et l'on sait lequel a changé.

Références : W. E. Deming, F. F. Stephan, « On a least squares adjustment of a sampled frequency table », *Annals of
Mathematical Statistics*, 11, 1940 ; J. Deutsch, Y. Flückiger, J. Silber, « Analyzing changes in occupational
segregation: the case of Switzerland », 2009 ; B. Elbers, « A method for studying differences in segregation across time
and space », *Sociological Methods & Research*, 52, 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

#: Part des ménages : écart aux marges en deçà duquel elles sont atteintes, et case en deçà de laquelle elle est vide.
PRECISION, EPUISEE = 1e-13, 1e-10
TOURS = 100


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
    """La table aux rapports de chances de ``structure`` et aux marges de ``marges`` ; ``None`` s'il n'y en a pas.

    Chaque ligne se partage comme $s_{ij} e^{b_j}$ ; les $b_j$ minimisent une fonction convexe, dont le gradient est
    l'écart aux totaux des colonnes (Newton). C'est la limite de l'ajustement itératif, en quelques pas.
    """
    lignes, colonnes = marges.sum(axis=1), marges.sum(axis=0)
    possible = np.where((lignes[:, None] > 0) & (colonnes > 0), structure, 0).astype(float)
    if (possible.sum(axis=1)[lignes > 0] == 0).any() or (possible.sum(axis=0)[colonnes > 0] == 0).any():
        return None
    total = lignes.sum()
    effets, table = _essayer(np.zeros(len(colonnes)), possible, lignes)
    for _ in range(TOURS):
        pente = table.sum(axis=0) - colonnes
        if np.abs(pente).max() <= PRECISION * total:
            # Une case qui se vide n'a plus de rapport de chances : la table cherchée n'existe pas.
            return table if table[possible > 0].min() > EPUISEE * total else None
        parts = table / np.where(lignes > 0, lignes, 1)[:, None]
        courbure = np.diag(table.sum(axis=0)) - table.T @ parts
        effets, table = _descendre(effets, np.linalg.lstsq(courbure, pente)[0], possible, lignes, colonnes)
    return None


def _essayer(effets: np.ndarray, possible: np.ndarray, lignes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Les effets des colonnes, et la table qu'ils donnent, aux totaux de lignes voulus."""
    poids = possible * np.exp(effets - effets.max())
    sommes = poids.sum(axis=1)
    return effets, poids * np.divide(lignes, sommes, out=np.zeros(len(lignes)), where=sommes > 0)[:, None]


def _descendre(effets, pas, possible, lignes, colonnes) -> tuple[np.ndarray, np.ndarray]:
    """Un pas de Newton, raccourci tant qu'il augmente la fonction à minimiser de plus que son arrondi."""
    avant = _potentiel(effets, possible, lignes, colonnes)
    avant += PRECISION * abs(avant)
    while np.abs(pas).max() > PRECISION and _potentiel(effets - pas, possible, lignes, colonnes) > avant:
        pas = pas / 2
    return _essayer(effets - pas, possible, lignes)


def _potentiel(effets, possible, lignes, colonnes) -> float:
    pleines = lignes > 0
    sommes = (possible[pleines] * np.exp(effets - effets.max())).sum(axis=1)
    with np.errstate(divide="ignore"):
        return float(lignes[pleines] @ (np.log(sommes) + effets.max()) - colonnes @ effets)
