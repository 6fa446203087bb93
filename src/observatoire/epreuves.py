"""L'épreuve qui va à chaque nature d'indicateur : deux dates ou deux lieux à part, ou une partie et son tout."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from observatoire.statistique import comparaisons
from observatoire.statistique.comparaisons import Ecart
from observatoire.statistique.intervalles import CONFIANCE, erreur_type
from observatoire.vocabulaire import DE_DISTRIBUTION, MOYENNE, PROPORTION, RAPPORT, TAUX

#: Ce qu'une épreuve lit de chaque valeur, en lignes.
LUES = ("numerateur", "denominateur", "valeur", "borne_basse", "borne_haute")
#: Nature -> l'épreuve de deux rapports de comptes : à part, et l'un dans l'autre.
_DE_COMPTES: dict[str, tuple[Callable, Callable]] = {
    PROPORTION: (comparaisons.comparer_proportions, comparaisons.situer_proportion),
    TAUX: (comparaisons.comparer_taux, comparaisons.situer_taux),
    RAPPORT: (comparaisons.comparer_rapports, comparaisons.situer_rapport),
}


def eprouver(
    natures: np.ndarray,
    variances: np.ndarray,
    siens: np.ndarray,
    leurs: np.ndarray,
    contenue: bool = False,
    confiance: float | None = CONFIANCE,
) -> Ecart:
    """L'écart de chaque paire de valeurs, ses bornes et sa probabilité s'il ne tenait qu'au hasard.

    ``siens``, ``leurs`` : un tableau (:data:`LUES`, paire) chacun. ``variances`` : celle du bruit d'un compte de chaque
    paire. ``contenue`` : la première de chaque paire est une partie de la seconde ; sinon les deux sont prises pour
    indépendantes. Un rapport de deux comptes est éprouvé, et encadré, par son logarithme. Un quantile,
    un indice ne se comparent pas à celui de leur tout : rien ne s'y ajoute.
    """
    eprouves = _par_erreurs(siens, leurs, contenue & (natures == MOYENNE), confiance)
    for nature, lois in _DE_COMPTES.items():
        ou = natures == nature
        comptes = (siens[0][ou], siens[1][ou], leurs[0][ou], leurs[1][ou])
        trouve = lois[contenue](*comptes, variances[ou], confiance=confiance)
        for nom in ("ecart", "bas", "haut", "probabilite"):
            getattr(eprouves, nom)[ou] = getattr(trouve, nom)
    for nom in ("ecart", "bas", "haut", "probabilite") if contenue else ():
        getattr(eprouves, nom)[np.isin(natures, DE_DISTRIBUTION)] = np.nan
    return eprouves


def _par_erreurs(siens: np.ndarray, leurs: np.ndarray, emboitees: np.ndarray, confiance: float | None) -> Ecart:
    """D'après les erreurs types que disent les intervalles.

    La moyenne d'une partie pèse dans celle du tout ce que le rapport de leurs variances en dit.
    """
    erreurs = [erreur_type(cote[3], cote[4]) for cote in (siens, leurs)]
    with np.errstate(divide="ignore", invalid="ignore"):
        poids = np.clip((erreurs[1] / erreurs[0]) ** 2, 0, 1)
    dedans = comparaisons.situer_moyenne(siens[2], erreurs[0], leurs[2], erreurs[1], poids, confiance)
    a_part = comparaisons.comparer_valeurs(siens[2], erreurs[0], leurs[2], erreurs[1], confiance)
    noms = ("ecart", "bas", "haut", "probabilite")
    return Ecart(*(np.where(emboitees, getattr(dedans, nom), getattr(a_part, nom)) for nom in noms))
