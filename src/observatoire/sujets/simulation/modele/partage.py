"""Partager l'accueil : ce que certains prennent de moins, d'autres l'accueillent, et la ville en loge autant.


Chaque lieu a un profil d'entrants (la part qui a le trait) et un profil souhaité. Ceux dont le souhait est plus bas
donnent, ceux dont il est plus haut reçoivent ; si les uns demandent plus que les autres ne peuvent prendre, ou
l'inverse, ceux-là n'en obtiennent tous que la même fraction. Rien ne se perd : c'est un échange.
"""

from __future__ import annotations

import numpy as np


def partager(entrees, parts, souhaits) -> np.ndarray:
    """Les profils après l'échange ; la somme des ``entrees × parts`` est celle d'avant.

    ``entrees`` : entrées annuelles de chaque lieu ; ``parts`` : son profil ; ``souhaits`` : celui qu'on lui voudrait.
    Lève ``ValueError`` si une part n'est pas dans [0, 1], ou une entrée négative.

    >>> partager([10, 10, 20], [0.5, 0.4, 0.3], [0.4, 0.4, 0.5]).round(3).tolist()
    [0.4, 0.4, 0.35]
    """
    entrees, parts, souhaits = (np.asarray(v, dtype=float) for v in (entrees, parts, souhaits))
    fractions = all(((v >= 0) & (v <= 1)).all() for v in (parts, souhaits))
    if not fractions or not (entrees >= 0).all():
        raise ValueError("les parts sont des fractions de [0 ; 1] et les entrées des nombres positifs ou nuls.")
    ecarts = souhaits - parts
    donne, recoit = (float(entrees @ np.maximum(signe * ecarts, 0)) for signe in (-1, 1))
    echange = min(donne, recoit)
    fois = np.where(ecarts < 0, echange / (donne or 1), echange / (recoit or 1))
    return parts + ecarts * fois
