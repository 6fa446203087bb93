"""Qui loge les autres : ce qu'un territoire prend en moins, les autres le prennent en plus.

La demande ne change pas : sur la ville, le nombre d'entrants qui ont le trait est conservé. Ce que l'un ne prend plus
se reporte sur les autres par le même nombre de points pour chacun, sans qu'aucun ne dépasse tout ou rien.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from observatoire.sujets.simulation.modele.projection import ETAPES


@dataclass(frozen=True)
class Report:
    """``parts`` : le profil de chacun après le report, dans l'ordre reçu. ``deplaces`` : ménages par an que les autres
    prennent en plus (en moins si négatif). ``reste`` : ceux que personne ne peut prendre ; zéro quand c'est possible.
    """

    parts: np.ndarray
    deplaces: float
    reste: float

    @property
    def possible(self) -> bool:
        """Les autres peuvent-ils tout prendre ?"""
        return abs(self.reste) < 1e-6


def reporter(entrees, parts, rang: int, part: float) -> Report:
    """Donner le profil ``part`` au territoire ``rang``, et reporter la différence sur les autres.

    ``entrees`` : entrées annuelles de chacun ; ``parts`` : son profil d'entrants. Les sommes ``entrees × parts`` avant
    et après ne diffèrent que de ``reste``. Lève ``ValueError`` si une part n'est pas dans [0, 1].
    """
    entrees, parts = np.asarray(entrees, dtype=float), np.asarray(parts, dtype=float)
    if not ((parts >= 0) & (parts <= 1)).all() or not 0 <= part <= 1 or (entrees < 0).any():
        raise ValueError("les parts sont des fractions de [0 ; 1] et les entrées des nombres positifs ou nuls.")
    deplaces = float(entrees[rang] * (parts[rang] - part))
    autres = np.arange(len(parts)) != rang
    nouvelles = parts.copy()
    nouvelles[autres] = _deplacer(entrees[autres], parts[autres], deplaces)
    nouvelles[rang] = part
    return Report(nouvelles, deplaces, float(entrees @ parts - entrees @ nouvelles))


def _deplacer(entrees: np.ndarray, parts: np.ndarray, nombre: float) -> np.ndarray:
    """Ajouter le même nombre de points à chacun, entre rien et tout, pour prendre ``nombre`` ménages de plus."""
    bas, haut = (0.0, 1.0) if nombre >= 0 else (-1.0, 0.0)
    for _ in range(ETAPES):
        milieu = (bas + haut) / 2
        trop = entrees @ (np.clip(parts + milieu, 0, 1) - parts) > nombre
        bas, haut = (bas, milieu) if trop else (milieu, haut)
    return np.clip(parts + (haut if nombre >= 0 else bas), 0, 1)
