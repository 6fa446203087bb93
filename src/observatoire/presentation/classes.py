"""Les classes d'une carte : autour de la ville, à bornes rondes, les mêmes toutes les années de l'édition.

Une classe est au moins aussi large qu'un demi-intervalle ordinaire, et la ville n'est, aucune année, aux deux bouts :
un quartier que le hasard seul sépare d'elle n'en est donc, d'ordinaire, qu'à une classe.
"""

from __future__ import annotations

from math import floor, log10
from typing import NamedTuple

import numpy as np
import pandas as pd

from observatoire.presentation.nombres import en_unite, quantifier, suffixe
from observatoire.presentation.nombres import graduer as ecrire_borne
from observatoire.vocabulaire import PROPORTION

#: Du plus loin au-dessous de la ville au plus loin au-dessus.
RAMPE = ("#e6f2f9", "#aed3ea", "#74b3d9", "#1b6ba1", "#06304f")
_MILIEU = len(RAMPE) // 2
_LARGEURS = (1, 2, 4, 5, 10)  # celles dont la moitié est ronde aussi
_PART = 0.8  # des valeurs qui tiennent hors des deux classes extrêmes


class Classes(NamedTuple):
    """``bornes`` : croissantes, dans l'unité où elles s'écrivent ; les deux classes du bout sont ouvertes. ``milieu`` :
    le rang de celle du milieu."""

    bornes: tuple[float, ...]
    milieu: int
    unite: str

    def rang(self, valeur: float) -> int:
        """La classe d'une valeur de ``indicateurs``, telle qu'elle s'écrit."""
        return int(np.searchsorted(self.bornes, float(quantifier(valeur, self.unite)), side="right"))

    def teinte(self, rang: int) -> str:
        """Le fond d'une classe : la même teinte, d'une carte à l'autre, dit le même écart à la ville."""
        return RAMPE[_MILIEU + rang - self.milieu]

    def libelles(self) -> list[str]:
        """« moins de 5,5 % », « 5,5 à 6,5 % », « 6,5 % et plus »."""
        textes = [ecrire_borne(b, "points" if self.unite == "points" else "") for b in self.bornes]
        if not textes:
            return ["toutes les valeurs"]
        unites = [suffixe(t, self.unite) for t in textes]
        dedans = [f"{bas} à {haut}{u}" for bas, haut, u in zip(textes, textes[1:], unites[1:], strict=False)]
        return [f"moins de {textes[0]}{unites[0]}", *dedans, f"{textes[-1]}{unites[-1]} et plus"]


def classer(toutes: pd.DataFrame, ville: list[float], declaration: dict) -> Classes:
    """Les classes d'un indicateur.

    ``toutes`` : ``valeur``, ``borne_basse``, ``borne_haute`` de chaque quartier et de chaque année de l'édition.
    ``ville`` : les valeurs du repère, une par année ; sans aucune, la médiane des quartiers en tient lieu.
    """
    unite = declaration["unite"]
    connues = en_unite(toutes[["valeur", "borne_basse", "borne_haute"]].astype(float), unite).dropna(subset="valeur")
    reperes = en_unite(np.array(ville, float), unite)
    reperes = reperes[np.isfinite(reperes)] if np.isfinite(reperes).any() else np.array([connues["valeur"].median()])
    bas, haut = reperes.min(), reperes.max()
    ecarts = (connues["valeur"] - (bas + haut) / 2).abs().quantile(_PART)
    hasard = (connues["borne_haute"] - connues["borne_basse"]).median() / 2
    voulue = max(2 / 3 * ecarts, 0 if np.isnan(hasard) else hasard, (haut - bas) / 2)
    largeur, centre = _arrondir(voulue or abs(bas) or 1, bas, haut)
    bornes = np.round(centre + largeur * np.array([-1.5, -0.5, 0.5, 1.5]), 9)
    atteintes = [*connues["valeur"], bas, haut]
    utiles = (bornes > min(atteintes)) & (bornes <= max(atteintes))
    if declaration["nature"] == PROPORTION:
        utiles &= bornes < en_unite(1, unite)
    return Classes(tuple(bornes[utiles].tolist()), int(utiles[:2].sum()), unite)


def _arrondir(voulue: float, bas: float, haut: float) -> tuple[float, float]:
    """La plus petite largeur ronde, au moins ``voulue``, et un centre rond dont ``bas`` et ``haut`` sont moins loin."""
    ordre = floor(log10(voulue))
    largeurs = [m * 10.0**o for o in (ordre, ordre + 1) for m in _LARGEURS if m * 10.0**o >= voulue * (1 - 1e-9)]
    essais = ((largeur, round((bas + haut) / largeur) * largeur / 2) for largeur in largeurs)
    return next((x, c) for x, c in essais if c - x <= bas and haut < c + x)
