r"""Classer des lieux d'après un score que l'on ne connaît qu'à peu près.

Les taux d'un lieu s'écartent ensemble de ce que l'on en attend : qui a plus de bas revenus a souvent plus d'impayés.
Les rétrécir un à un ferait croire que le score est mieux connu qu'il ne l'est. Ici, l'écart de chaque taux est rétréci
compte tenu des autres ; sans lien entre eux, c'est la moyenne bêta-binomiale (ou gamma-Poisson) de chacun.

$$ d \sim N(0, S R S), \quad \hat d \mid d \sim N(d, D), \quad
d \mid \hat d \sim N\left(V D^{-1} \hat d,\ V\right), \quad V = \left((S R S)^{-1} + D^{-1}\right)^{-1} $$

$S$ : écarts types d'un lieu à l'autre ; $R$ : corrélations des vrais écarts ; $D$ : variances du hasard et du bruit,
infinies là où rien n'est connu. Des tirages de cette loi donnent l'intervalle du score, celui de son rang, et la
probabilité de chaque classe. Un rang a presque toujours un intervalle large : c'est de lui que l'on peut parler.

**Références.** Rang et incertitude : Goldstein H. et Spiegelhalter D. J. (1996), *Journal of the Royal Statistical
Society A* 159, 385-443 ; Laird N. M. et Louis T. A. (1989), *Journal of Educational Statistics* 14, 29-46.
Rétrécissement de plusieurs taux à la fois : Efron B. et Morris C. (1972), *Biometrika* 59, 335-347 ; de crédibilité,
égal à la moyenne d'une loi conjuguée : Jewell W. S. (1974), *ASTIN Bulletin* 8, 77-90.
"""

from __future__ import annotations

import numpy as np

from observatoire.statistique.intervalles import CONFIANCE
from observatoire.statistique.lois import Loi

#: Tirages de chaque lieu : assez pour lire un intervalle à 95 % et une probabilité à trois points près.
TIRAGES = 200
#: Le rang d'une classe que rien n'établit.
AUCUNE = -1
#: Écart type d'une corrélation avant d'avoir rien vu.
A_PRIORI = 0.35
#: La plus petite valeur propre d'une matrice de corrélation : en deçà, deux taux seraient tenus pour le même.
PLANCHER = 0.05


def ajuster_la_dispersion(loi: Loi, dispersions: np.ndarray, x, n, moyenne) -> np.ndarray:
    """La dispersion moyenne de chaque indicateur, pesée par sa vraisemblance dans une grille également probable.

    ``x``, ``n``, ``moyenne`` : (lieu, indicateur), ``n`` nul où rien n'est connu. La plus vraisemblable serait souvent,
    avec peu de lieux, la plus petite de la grille : tout serait tenu pour mieux connu qu'il ne l'est.
    """
    vraisemblances = [np.where(n > 0, loi.vraisemblance(x, n, moyenne, d), 0.0).sum(axis=0) for d in dispersions]
    poids = np.exp(np.array(vraisemblances) - np.max(vraisemblances, axis=0))
    return dispersions @ (poids / poids.sum(axis=0))


def correler(ecarts: np.ndarray, fiabilites: np.ndarray) -> np.ndarray:
    """Les corrélations des vrais écarts, d'un indicateur à l'autre.

    ``ecarts`` : observés, en écarts types d'un lieu à l'autre (lieu, indicateur). ``fiabilites`` : la part de leur
    variance qui n'est pas du hasard, nulle là où rien n'est connu. Le hasard de deux taux étant indépendant, le produit
    de leurs écarts a pour moyenne leur corrélation ; peu connue, elle est ramenée vers zéro.
    """
    somme = (fiabilites * ecarts).T @ (fiabilites * ecarts)
    poids = fiabilites.T @ fiabilites
    brute = np.clip(somme / (poids + 1 / A_PRIORI**2), -1, 1)
    np.fill_diagonal(brute, 1.0)
    valeurs, vecteurs = np.linalg.eigh(brute)
    possible = (vecteurs * np.maximum(valeurs, PLANCHER)) @ vecteurs.T
    echelle = np.sqrt(np.diag(possible))
    return possible / np.outer(echelle, echelle)


def tirer_les_ecarts(
    alea: np.random.Generator, ecarts: np.ndarray, precisions: np.ndarray, correlations: np.ndarray
) -> np.ndarray:
    """Des tirages des vrais écarts, en écarts types : (tirage, lieu, indicateur).

    ``ecarts`` : voir :func:`correler`. ``precisions`` : l'inverse de la variance de leur hasard, nulle si rien n'est
    connu.
    """
    inverse = np.linalg.inv(correlations) + precisions[:, :, None] * np.eye(precisions.shape[1])
    variance = np.linalg.inv(inverse)
    moyenne = (variance @ (precisions * ecarts)[:, :, None])[:, :, 0]
    racine = np.linalg.cholesky(variance)
    normales = alea.standard_normal((len(ecarts), TIRAGES, ecarts.shape[1]))
    return np.moveaxis(normales @ np.swapaxes(racine, 1, 2), 1, 0) + moyenne


def encadrer_les_tirages(tires: np.ndarray, confiance: float = CONFIANCE) -> tuple[np.ndarray, np.ndarray]:
    """Les bornes de chaque colonne d'un tableau de tirages (tirage, lieu) : deux de ses tirages, du côté large.

    >>> [b.tolist() for b in encadrer_les_tirages(np.arange(200)[:, None])]
    [[4], [195]]
    """
    ranges, queue = np.sort(np.ascontiguousarray(tires.T), axis=1), (1 - confiance) / 2 * (len(tires) - 1)
    return ranges[:, int(np.floor(queue))], ranges[:, int(np.ceil(len(tires) - 1 - queue))]


def ranger_les_tirages(tires: np.ndarray) -> np.ndarray:
    """Le rang de chaque lieu dans chaque tirage (tirage, lieu) : 1 au plus haut score.

    >>> ranger_les_tirages(np.array([[0.2, 0.9, 0.5], [0.8, 0.1, 0.4]])).tolist()
    [[3, 1, 2], [1, 3, 2]]
    """
    ordre = np.argsort(-tires, axis=1, kind="stable")
    rangs = np.empty_like(ordre)
    np.put_along_axis(rangs, ordre, np.arange(1, tires.shape[1] + 1)[None, :], axis=1)
    return rangs


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
