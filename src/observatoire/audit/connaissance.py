"""Ce qu'un lecteur sait de chaque compte, d'après ce qui paraît et rien d'autre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.confidentialite.liens import Systeme
from observatoire.confidentialite.primaire import Valeurs

#: Mesures imprimées qui disent un compte tel quel.
COMPTES = ("numerateur", "denominateur")


@dataclass(frozen=True)
class Connaissance:
    """``bas``, ``haut`` : bornes de chaque variable, telles qu'imprimées, arrondis compris ; égales, elle est sue."""

    bas: np.ndarray
    haut: np.ndarray


def lire_connaissance(parutions: Sequence[pd.DataFrame], valeurs: Valeurs, cles: pd.MultiIndex, systeme: Systeme):
    """Ce que des parutions, lues l'une après l'autre, apprennent : une :class:`Connaissance` après chacun.

    ``parutions`` : une mesure par ligne, la plus sûre d'abord ; ce que l'une donne, la suivante ne le change pas.
    ``valeurs`` et ``cles`` : les valeurs de la table publiée, et leurs clés dans le même ordre.
    """
    taille = len(systeme.valeurs)
    bas, haut = np.zeros(taille), np.full(taille, np.inf)
    haut[~systeme.presentes] = 0.0
    haut[valeurs.annulees()] = 0.0
    for parus in parutions:
        for mesure in COMPTES:
            lignes = parus[parus["mesure"].eq(mesure)]
            rang = cles.get_indexer(pd.MultiIndex.from_frame(lignes[cles.names]))
            nombre, demi = lignes["valeur"].to_numpy(), lignes["pas"].to_numpy() / 2
            variables = np.where(rang >= 0, valeurs.variables[mesure][rang], -1)
            _borner(bas, haut, variables, nombre - demi, nombre + demi)
        _borner_les_parts(bas, haut, parus, valeurs, cles)
        serre = systeme.entiere() & (haut > bas)
        bas[serre], haut[serre] = np.ceil(bas[serre] - 1e-6), np.floor(haut[serre] + 1e-6)
        yield Connaissance(bas.copy(), haut.copy())


def _borner_les_parts(bas, haut, parus: pd.DataFrame, valeurs: Valeurs, cles: pd.MultiIndex) -> None:
    """Ce qu'une part arrondie dit à côté de son dénominateur : de son numérateur, ou du nombre des concernés."""
    for mesure, role in (("valeur", "numerateur"), ("reponse", "concernes")):
        lignes = parus[parus["mesure"].eq(mesure)]
        rang = cles.get_indexer(pd.MultiIndex.from_frame(lignes[cles.names]))
        garde = (rang >= 0) & ~((valeurs.natures == "ecart")[rang] & (mesure == "valeur"))
        lignes, rang = lignes[garde], rang[garde]
        repondants = np.where(
            valeurs.natures == "moyenne", valeurs.variables["effectif"], valeurs.variables["denominateur"]
        )
        base = (valeurs.variables["denominateur"] if mesure == "valeur" else repondants)[rang]
        cible = valeurs.variables[role][rang]
        su = (base >= 0) & (cible >= 0)
        su[su] = bas[base[su]] == haut[base[su]]
        base, cible = base[su], cible[su]
        demi = (lignes["pas"].to_numpy() / 2)[su]
        part = lignes["valeur"].to_numpy()[su]
        if mesure == "valeur":
            _borner(bas, haut, cible, bas[base] * (part - demi), bas[base] * (part + demi))
        else:
            _borner(bas, haut, cible, bas[base] / np.minimum(part + demi, 1), bas[base] / np.maximum(part - demi, 1e-9))


def _borner(bas: np.ndarray, haut: np.ndarray, variables: np.ndarray, mini: np.ndarray, maxi: np.ndarray) -> None:
    """Resserrer des bornes ; ce qui est déjà su ne change pas."""
    libres = (variables >= 0) & (bas[np.maximum(variables, 0)] < haut[np.maximum(variables, 0)])
    np.maximum.at(bas, variables[libres], mini[libres])
    np.minimum.at(haut, variables[libres], maxi[libres])
