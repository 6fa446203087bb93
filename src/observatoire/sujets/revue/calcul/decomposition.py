r"""La variation d'une part, décomposée exactement, sans qu'aucun ordre ne compte.

Entre deux années, une part passe de $p_0 = X_0 / N_0$ à $p_1 = X_1 / N_1$. Chaque composante $g$ compte $(x_{g0},
n_{g0})$ avant et $(x_{g1}, n_{g1})$ après ; une entrée n'a rien avant, une sortie rien après. Sa contribution est

$$ C_g = \frac{(x_{g1} - x_{g0}) - p_0\,(n_{g1} - n_{g0})}{N_1}, \qquad \sum_g C_g = p_1 - p_0. $$

Une entrée compte donc pour ce qui la sépare de la part de départ, une sortie de même. L'égalité est exacte : les
numérateurs s'ajoutent à $X_1 - p_0 N_1$. Aucune composante n'est calculée « après » une autre, et réunir deux
composantes ajoute leurs contributions. Sur plusieurs années, celles de chaque année s'ajoutent : les bouts se suivent.

**Référence.** $x - p_0 n$ est le résidu d'un rapport (Cochran W. G. (1977), *Sampling Techniques*, 3ᵉ éd., chap. 6) ;
compter entrées et sorties par leur écart au niveau de départ est la convention de Foster L., Haltiwanger J. et Krizan
C. J. (2001), « Aggregate Productivity Growth », *New Developments in Productivity Analysis*, NBER, p. 303-372.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.sujets.revue.calcul.flux import BRUITES, CLES_DES_COMPTES, COMPTES
from observatoire.vocabulaire import DE_COUVERTURE, DEPLACES, RESTES

CLES = ["niveau", "territoire", "indicateur"]
#: Une ligne par lieu, part, année et composante.
COLONNES = ["annee", *CLES, "composante", *COMPTES, "contribution"]


def contribuer(x0, n0, x1, n1) -> np.ndarray:
    """La contribution de chaque composante (dernier axe) à la variation de la part ; manque si un dénominateur est nul.

    Les quatre tableaux ont la même forme, (..., composantes).
    """
    x0, n0, x1, n1 = (np.asarray(v, float) for v in (x0, n0, x1, n1))
    totaux = [v.sum(axis=-1, keepdims=True) for v in (x0, n0, n1)]
    avec = (totaux[1] > 0) & (totaux[2] > 0)
    part = totaux[0] / np.where(avec, totaux[1], 1)
    apports = (x1 - x0) - part * (n1 - n0)
    return np.where(avec, apports / np.where(avec, totaux[2], 1), np.nan)


def totaliser(flux: pd.DataFrame, niveau: str, tout: tuple[str, str]) -> pd.DataFrame:
    """Les comptes de chaque composante en chaque lieu d'un niveau, et leurs clés, tous bailleurs réunis.

    ``flux`` : voir :data:`~.flux.COLONNES`. ``tout`` : le niveau et le code du territoire entier.
    """
    groupes = du_niveau(flux, niveau, tout).groupby(["annee", *CLES, "composante"], as_index=False)
    return groupes[[*COMPTES, *CLES_DES_COMPTES]].sum()


def decomposer(totaux: pd.DataFrame) -> pd.DataFrame:
    """Les comptes et la contribution de chaque composante, année par année (:data:`COLONNES`).

    ``totaux`` : voir :func:`totaliser`.
    """
    cles = ["annee", *CLES]
    larges = totaux.pivot(index=cles, columns="composante", values=list(BRUITES)).fillna(0)
    apports = contribuer(*(larges[c].to_numpy(float) for c in BRUITES))
    longs = pd.DataFrame(apports, larges.index, larges["x0"].columns).stack().rename("contribution").reset_index()
    return totaux.merge(longs, on=[*cles, "composante"], how="left")[COLONNES]


def du_niveau(flux: pd.DataFrame, niveau: str, tout: tuple[str, str]) -> pd.DataFrame:
    """Les flux d'un niveau, chacun avec son ``niveau`` et son ``territoire``.

    Sur le territoire entier, qui a changé de quartier est resté ; dans un quartier, il est entré dans son périmètre ou
    en est sorti.
    """
    entier = niveau == tout[0]
    table = flux.assign(
        niveau=niveau,
        territoire=tout[1] if entier else flux["quartier"],
        composante=flux["composante"].replace(DEPLACES, RESTES if entier else DE_COUVERTURE),
    )
    return table[table["territoire"].ne("")]


def cumuler(decomposition: pd.DataFrame, depart: int, annee: int) -> pd.DataFrame:
    """Les composantes d'une année à une autre : la somme de celles de chaque année, comptes compris.

    Une part dont une année du chemin manque n'y est pas.
    """
    chemin = decomposition[decomposition["annee"].between(depart + 1, annee)]
    chemin = chemin.dropna(subset="contribution")
    annees = chemin.groupby(CLES)["annee"].transform("nunique")
    complet = chemin[annees.eq(annee - depart)]
    return complet.groupby([*CLES, "composante"], as_index=False)[[*COMPTES, "contribution"]].sum()
