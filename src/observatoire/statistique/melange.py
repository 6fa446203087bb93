r"""Deux groupes : la plupart des territoires varient autour de l'attendu, quelques-uns en sont nettement au-dessus.

Une seule loi a priori, dont la dispersion est gonflée par les rares dérives, ramène ces dérives vers la moyenne et rate
ce qu'elle doit trouver. Ici, une part $\pi$ des territoires suit une loi décalée d'un écart inconnu, pris sur quelques
points également probables :

$$ p_i \sim (1-\pi)\,f(m_i, \rho) + \pi\,\frac{1}{K}\sum_{k} f(m_i + \delta_k, \rho) $$

La loi a posteriori est le mélange des lois conjuguées, pondérées par leur vraisemblance marginale : forme close.
$\rho$ et $\pi$ sont estimés par maximum de vraisemblance pénalisée, indicateur par indicateur.

**Référence.** Efron B. (2008), *Statistical Science* 23, 1-22 (modèle à deux groupes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from observatoire.statistique.lois import Loi

#: Dispersions essayées : le maximum de vraisemblance est pris sur cette grille.
DISPERSIONS = {
    "proportion": np.array([0.0005, 0.001, 0.002, 0.004, 0.006, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08]),
    "taux": np.array([0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.7, 1.2]),
}
#: Écarts du groupe qui dérive, en multiples de l'écart d'alerte.
ECARTS = np.array([1.0, 1.5, 2.0, 2.5, 3.0])
#: Loi a priori de la part qui dérive : comme si l'on avait vu une dérive sur vingt territoires.
DERIVES, ORDINAIRES = 1.0, 19.0
PART_MAXIMALE = 0.3
ITERATIONS = 30
#: Au-delà, les deux nombres sont estimés sur un territoire sur quelques-uns : ils n'en bougent pas.
ECHANTILLON = 20_000
#: Une composante de moindre poids n'est pas calculée.
NEGLIGEABLE = 1e-9
#: Cases (territoire, indicateur) conclues à la fois.
MORCEAU = 50_000


@dataclass(frozen=True)
class Melange:
    """Ce qui est estimé, un nombre par indicateur : ``dispersion`` et ``part`` (des territoires qui dérivent)."""

    dispersion: np.ndarray
    part: np.ndarray


@dataclass(frozen=True)
class Conclusions:
    """Ce que l'on conclut, (territoire, indicateur) ; manque où rien n'est évaluable.

    ``lisse`` : moyenne a posteriori ; ``probabilites`` : celles de dépasser la référence de chaque écart demandé.
    """

    lisse: np.ndarray
    probabilites: tuple[np.ndarray, ...]


def ajuster(loi: Loi, dispersions: np.ndarray, x, n, moyenne, ecart) -> Melange:
    """Estimer la dispersion et la part qui dérive de chaque indicateur.

    ``x``, ``n``, ``moyenne`` : (territoire, indicateur), ``n`` nul où rien n'est évaluable ; ``ecart`` : l'écart
    d'alerte de chaque indicateur.
    """
    pas = -(-len(x) // ECHANTILLON) or 1
    vus = n[::pas] > 0
    colonnes, indicateurs = np.nonzero(vus)[1], x.shape[1]
    x, n, moyenne = (tableau[::pas][vus] for tableau in (x, n, moyenne))

    def sommer(valeurs: np.ndarray) -> np.ndarray:
        return np.bincount(colonnes, valeurs, minlength=indicateurs).astype(float)  # entier s'il n'y a aucune case

    choix = {nom: np.full(indicateurs, depart) for nom, depart in (("dispersion", 0.0), ("part", 0.0))}
    meilleure = np.full(indicateurs, -np.inf)
    for dispersion in dispersions:
        ordinaire = loi.vraisemblance(x, n, moyenne, dispersion)
        decalees = [loi.vraisemblance(x, n, m, dispersion) for m in _decaler(loi, moyenne, ecart[colonnes])]
        pente = np.mean(np.exp(np.clip(np.array(decalees) - ordinaire, -700, 700)), axis=0)
        part = _part(pente, colonnes, sommer)
        vraisemblance = sommer(ordinaire + np.log1p(part[colonnes] * (pente - 1)))
        vraisemblance += DERIVES * np.log(part) + ORDINAIRES * np.log1p(-part)
        mieux = vraisemblance > meilleure
        meilleure = np.where(mieux, vraisemblance, meilleure)
        choix["dispersion"] = np.where(mieux, dispersion, choix["dispersion"])
        choix["part"] = np.where(mieux, part, choix["part"])
    return Melange(**choix)


def _part(rapport: np.ndarray, colonnes: np.ndarray, sommer: Callable) -> np.ndarray:
    """La part qui dérive, par l'algorithme EM ; ``rapport`` : vraisemblance de la dérive sur celle de l'ordinaire, une
    case par territoire et indicateur (``colonnes``), que ``sommer`` réunit par indicateur."""
    nombre = sommer(np.ones(len(rapport)))
    part = np.full(len(nombre), DERIVES / (DERIVES + ORDINAIRES))
    for _ in range(ITERATIONS):
        sienne = part[colonnes]
        derive = sommer(sienne * rapport / (sienne * rapport + 1 - sienne))
        part = np.minimum((derive + DERIVES) / (nombre + DERIVES + ORDINAIRES), PART_MAXIMALE)
    return part


def conclure(loi: Loi, melange: Melange, x, n, moyenne, *, reference, ecarts: tuple[np.ndarray, ...]) -> Conclusions:
    """La loi a posteriori de chaque territoire et indicateur, résumée.

    ``x``, ``n``, ``moyenne`` : comme pour :func:`ajuster` ; ``reference`` : ce à quoi la part est comparée ;
    ``ecarts`` : au-dessus d'elle, par indicateur, le dernier étant celui d'alerte. Par morceaux.
    """
    lisse, *probabilites = (np.full(x.shape, np.nan) for _ in (None, *ecarts))
    evaluables = np.flatnonzero(n > 0)
    morceaux = [evaluables[debut : debut + MORCEAU] for debut in range(0, len(evaluables), MORCEAU)]

    for cases in morceaux:
        colonnes = cases % x.shape[1]
        sien = Melange(melange.dispersion[colonnes], melange.part[colonnes])
        siens = (tableau.ravel()[cases] for tableau in (x, n, moyenne, reference))
        lisse.flat[cases], *siennes = _resumer(loi, sien, *siens, ecarts=[ecart[colonnes] for ecart in ecarts])
        for tableau, valeurs in zip(probabilites, siennes, strict=True):
            tableau.flat[cases] = valeurs
    return Conclusions(lisse, tuple(probabilites))


def _resumer(loi: Loi, melange: Melange, x, n, moyenne, reference, *, ecarts) -> list[np.ndarray]:
    """La moyenne a posteriori, puis la probabilité de dépasser la référence de chaque écart ; tout à une dimension."""
    moyennes = np.array([moyenne, *_decaler(loi, moyenne, ecarts[-1])])
    a_priori = np.array([1 - melange.part, *[melange.part / len(ECARTS)] * len(ECARTS)])
    poids = np.array([loi.vraisemblance(x, n, m, melange.dispersion) for m in moyennes])
    poids = np.exp(poids - poids.max(axis=0)) * a_priori
    poids /= poids.sum(axis=0)
    resultats = [np.zeros_like(x) for _ in (None, *ecarts)]
    for composante, poids_de in zip(moyennes, poids, strict=True):
        utiles = np.flatnonzero(poids_de > NEGLIGEABLE)
        siens = x[utiles], n[utiles], composante[utiles], melange.dispersion[utiles]
        resultats[0][utiles] += poids_de[utiles] * loi.esperance(*siens)
        for resultat, ecart in zip(resultats[1:], ecarts, strict=True):
            resultat[utiles] += poids_de[utiles] * loi.au_dela((reference + ecart)[utiles], *siens)
    return resultats


def _decaler(loi: Loi, moyenne: np.ndarray, ecart: np.ndarray) -> list[np.ndarray]:
    return [loi.borner(moyenne + multiple * ecart) for multiple in ECARTS]
