r"""La hiérarchie immeuble, secteur, quartier, ville : à quoi comparer un territoire, lui-même mis à part.

L'environnement d'un territoire est le territoire qui le contient, sans lui. Son effet, l'écart (logit ou logarithme) de
ce qui y est observé à ce qui en est attendu, est rétréci vers celui du niveau du dessus ; il déplace l'attendu du
territoire.

**Référence.** Rétrécissement emboîté : Gelman et Hill (2007), *Data Analysis Using Regression and Multilevel Models*,
chap. 12 ; mise à part de l'unité : Spiegelhalter D. J. (2005), *Statistics in Medicine* 24, 1185-1202.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from observatoire.statistique.lois import Loi, peser
from observatoire.statistique.melange import Melange, ajuster, conclure
from observatoire.sujets.alertes.calcul.attendus import Comptes


@dataclass(frozen=True)
class Niveau:
    """Un niveau : ses comptes, et le rang de celui qui contient chacun de ses territoires (niveau du dessus).

    ``reels`` : faux pour un territoire que l'on imagine autour de celui que rien ne contient ; il n'est pas évalué.
    """

    nom: str
    comptes: Comptes
    parents: np.ndarray | None
    reels: np.ndarray


@dataclass(frozen=True)
class Evaluation:
    """Un niveau évalué, (territoire, indicateur) : ``reference``, ce à quoi la part est comparée ; ``lisse``, sa
    moyenne a posteriori ; ``probabilites``, celles de dépasser la référence des deux écarts (vigilance, alerte)."""

    niveau: str
    comptes: Comptes
    reference: np.ndarray
    lisse: np.ndarray
    probabilites: tuple[np.ndarray, np.ndarray]
    melange: Melange


def evaluer(
    niveaux: list[Niveau],
    loi: Loi,
    dispersions: np.ndarray,
    seuils: Callable[[str], tuple[np.ndarray, np.ndarray]],
    evaluable: Callable[[Comptes], np.ndarray],
) -> list[Evaluation]:
    """Évaluer des niveaux emboîtés, du plus large au plus fin.

    ``seuils(niveau)`` : les écarts (vigilance, alerte) de chaque indicateur. ``evaluable(comptes)`` : où conclure.
    Un territoire est comparé au plus haut de son environnement et de l'attendu : ce qui ne dépasse pas la ville, ou que
    tout le quartier partage, n'est pas une alerte de l'immeuble.
    """
    evaluations, effets, dessus = [], None, None
    for niveau in niveaux:
        comptes = niveau.comptes
        if dessus is None:
            effets = np.zeros_like(comptes.x)
        else:
            autour = dessus.comptes.prendre(niveau.parents).moins(comptes)
            effets = _effet(loi, autour, effets[niveau.parents], evaluations[-1].melange)
        attendue = _part(comptes)
        moyenne = loi.borner(loi.delier(loi.lien(attendue) + effets))
        ou = evaluable(comptes) & niveau.reels[:, None]
        evaluations.append(_juger(niveau, loi, dispersions, seuils(niveau.nom), moyenne, ou))
        dessus = niveau
    return evaluations


def _juger(niveau: Niveau, loi: Loi, dispersions, seuils, moyenne, evaluable) -> Evaluation:
    comptes = niveau.comptes
    vigilance, alerte = seuils
    moyenne = np.where(evaluable, moyenne, loi.borner(np.array(0.5)))
    x, n = peser(loi, (comptes.x, comptes.n), moyenne, comptes.bruit, evaluable)
    melange = ajuster(loi, dispersions, x, n, moyenne, alerte)
    reference = np.where(evaluable, np.maximum(_part(comptes), moyenne), np.nan)
    suite = conclure(loi, melange, x, n, moyenne, reference=reference, ecarts=(vigilance, alerte))
    return Evaluation(niveau.nom, comptes, reference, suite.lisse, suite.probabilites, melange)


def _effet(loi: Loi, autour: Comptes, a_priori: np.ndarray, melange: Melange) -> np.ndarray:
    """L'effet de l'environnement, rétréci vers ``a_priori`` ; où il n'y a personne autour, ``a_priori``."""
    seul = ~(autour.n > 0.5)
    attendue = np.where(seul, loi.borner(np.array(0.5)), _part(autour))
    moyenne = loi.borner(loi.delier(loi.lien(attendue) + a_priori))
    siens = peser(loi, (autour.x, autour.n), moyenne, autour.bruit, ~seul)
    lisse = loi.esperance(*siens, moyenne, melange.dispersion)
    return np.where(seul, a_priori, loi.lien(lisse) - loi.lien(attendue))


def _part(comptes: Comptes) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return comptes.attendus / comptes.n
