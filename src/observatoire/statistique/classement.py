r"""Classer des lieux d'après un score que l'on ne connaît qu'à peu près.

Chaque taux a sa loi a posteriori (:mod:`~observatoire.statistique.lois`) ; des tirages de tous les taux à la fois
donnent ceux du score, donc l'intervalle de sa valeur, celui de son rang parmi les autres, et la probabilité de chaque
classe. Un rang a presque toujours un intervalle large : c'est de lui, et non du rang seul, que l'on peut parler.

**Références.** Goldstein H. et Spiegelhalter D. J. (1996), *Journal of the Royal Statistical Society A* 159, 385-443
(rangs et incertitude) ; Laird N. M. et Louis T. A. (1989), *Journal of Educational Statistics* 14, 29-46 (rangs tirés
de lois a posteriori).
"""

from __future__ import annotations

import numpy as np

from observatoire.statistique.intervalles import CONFIANCE
from observatoire.statistique.lois import Loi

#: Tirages de chaque lieu : assez pour lire un intervalle à 95 % et une probabilité à trois points près.
TIRAGES = 200
#: Le rang d'une classe que rien n'établit.
AUCUNE = -1


def ajuster_la_dispersion(loi: Loi, dispersions: np.ndarray, x, n, moyenne) -> np.ndarray:
    """La dispersion la plus vraisemblable de chaque indicateur, prise dans une grille ; ``x``, ``n``, ``moyenne`` :
    (lieu, indicateur), ``n`` nul où rien n'est connu."""
    vraisemblances = [np.where(n > 0, loi.vraisemblance(x, n, moyenne, d), 0.0).sum(axis=0) for d in dispersions]
    return dispersions[np.argmax(vraisemblances, axis=0)]


def encadrer_les_tirages(tires: np.ndarray, confiance: float = CONFIANCE) -> tuple[np.ndarray, np.ndarray]:
    """Les bornes de chaque colonne d'un tableau de tirages (tirage, lieu)."""
    queue = (1 - confiance) / 2
    return tuple(np.quantile(tires, [queue, 1 - queue], axis=0))


def ranger_les_tirages(tires: np.ndarray) -> np.ndarray:
    """Le rang de chaque lieu dans chaque tirage (tirage, lieu) : 1 au plus haut score.

    >>> ranger_les_tirages(np.array([[0.2, 0.9, 0.5], [0.8, 0.1, 0.4]])).tolist()
    [[3, 1, 2], [1, 3, 2]]
    """
    ordre = np.argsort(-tires, axis=1, kind="stable")
    rangs = np.empty_like(ordre)
    np.put_along_axis(rangs, ordre, np.arange(1, tires.shape[1] + 1)[None, :], axis=1)
    return rangs


def probabilites_des_classes(classes: np.ndarray, nombre: int) -> np.ndarray:
    """La part des tirages où chaque lieu est dans chaque classe, (lieu, classe) ; ``classes`` : (tirage, lieu)."""
    return np.stack([(classes == rang).mean(axis=0) for rang in range(nombre)], axis=1)


def attribuer(probabilites: np.ndarray, seuil: float, avant: np.ndarray | None = None) -> np.ndarray:
    """La classe de chaque lieu, ou :data:`AUCUNE` : celle dont la probabilité atteint ``seuil``.

    ``avant`` : la classe d'avant (:data:`AUCUNE` s'il n'y en avait pas). Elle est gardée tant qu'il n'est pas sûr, à la
    même probabilité, qu'elle ait changé.

    >>> attribuer(np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]]), 0.8, np.array([-1, 0, 0])).tolist()
    [0, 0, 0]
    """
    rangs = np.arange(len(probabilites))
    probable = probabilites.argmax(axis=1)
    neuve = np.where(probabilites[rangs, probable] >= seuil, probable, AUCUNE)
    if avant is None:
        return neuve
    change = 1 - probabilites[rangs, np.maximum(avant, 0)] >= seuil
    return np.where((avant == AUCUNE) | change, neuve, avant)
