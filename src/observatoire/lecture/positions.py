"""Reconnaître des coordonnées d'immeubles qui ne sont pas celles du format : une cause, un message.

Un système de coordonnées se voit à l'ordre de grandeur de ses nombres en France métropolitaine (IGN, *Systèmes de
référence géodésiques et projections associées*, NTG_87).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from observatoire.lecture.problemes import Lignes, Probleme
from observatoire.lecture.territoires import LATITUDES, LONGITUDES

_X93, _Y93 = (-400_000, 1_300_000), (6_000_000, 7_200_000)
Reconnaissance = Callable[[pd.Series, pd.Series], pd.Series]
LAMBERT_93 = "Les convertir en Lambert-93 (EPSG:2154) avec un SIG, ou donner longitude et latitude en degrés."


@dataclass(frozen=True)
class Suspecte:
    """Un genre de coordonnées fautives : les deux colonnes qu'il regarde, à quoi il se voit, ce qui s'en dit."""

    colonnes: tuple[str, str]
    reconnaitre: Reconnaissance
    phrase: str
    conseil: str


def _dans(abscisses: tuple[float, float], ordonnees: tuple[float, float]) -> Reconnaissance:
    return lambda a, b: a.between(*abscisses) & b.between(*ordonnees)


_ZERO = (0, 0)
_VIDER = "Vider les deux cellules là où la position n'est pas connue."
#: Du premier qui convient : une ligne n'est dite qu'une fois.
SUSPECTES = (
    Suspecte(("x", "y"), _dans(_ZERO, _ZERO), "x et y sont à zéro.", _VIDER),
    Suspecte(("lon", "lat"), _dans(_ZERO, _ZERO), "la longitude et la latitude sont à zéro.", _VIDER),
    Suspecte(("x", "y"), _dans(_Y93, _X93), "x et y semblent échangés.", "Écrire l'abscisse (x) d'abord."),
    Suspecte(("lon", "lat"), _dans(LATITUDES, LONGITUDES), "longitude et latitude semblent échangées.",
             "Écrire la longitude dans « lon », la latitude dans « lat »."),
    Suspecte(("x", "y"), _dans(LONGITUDES, LATITUDES), "x et y sont des degrés.",
             "Les donner dans les colonnes « lon » et « lat »."),
    Suspecte(("x", "y"), _dans(LATITUDES, LONGITUDES), "x et y sont des degrés, échangés.",
             "Les donner dans les colonnes « lat » et « lon »."),
    Suspecte(("lon", "lat"), _dans(_X93, _Y93), "la longitude et la latitude sont des mètres.",
             "Les donner dans les colonnes « x » et « y » si c'est du Lambert-93."),
    Suspecte(("x", "y"), _dans((0, 1_200_000), (1_550_000, 2_700_000)), "x et y semblent en Lambert II étendu.",
             LAMBERT_93),
    Suspecte(("x", "y"), _dans((1_300_000, 2_300_000), (1_000_000, 9_400_000)),
             "x et y semblent dans une zone conique conforme (CC42 à CC50).", LAMBERT_93),
    Suspecte(("x", "y"), _dans((0, 1_200_000), (10_000, 1_550_000)), "x et y semblent dans une ancienne zone Lambert.",
             LAMBERT_93),
)  # fmt: skip


def examiner(immeubles: pd.DataFrame) -> tuple[pd.DataFrame, list[Probleme]]:
    """Les immeubles sans ces coordonnées-là, et un problème par cause. L'index est la ligne du tableur."""
    problemes = []
    for suspecte in SUSPECTES:
        douteuses = suspecte.reconnaitre(*(immeubles[c] for c in suspecte.colonnes))
        if douteuses.any():
            lignes = Lignes.de(immeubles.index[douteuses])
            problemes.append(Probleme("position", suspecte.phrase, suspecte.conseil, suspecte.colonnes[0], lignes))
            immeubles = immeubles.assign(**{c: immeubles[c].mask(douteuses) for c in suspecte.colonnes})
    return immeubles, problemes
