"""Ce que d'autres poids changeraient aux classes de la dernière année, les mêmes tirages à la main.

On y compare les classes de cette seule année, sans la mémoire de l'an passé : c'est l'effet des poids, et lui seul.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from observatoire.statistique.classement import AUCUNE, attribuer
from observatoire.sujets.orientations.calcul.qualification import Niveau
from observatoire.sujets.orientations.calcul.regles import Regles
from observatoire.sujets.orientations.tables import SENSIBILITE
from observatoire.vocabulaire import DEMI_POIDS, POIDS_EGAUX, POIDS_ET_DEMI, SANS_LUI

#: Ce que devient le poids de l'indicateur d'une variante.
_FOIS = {SANS_LUI: 0.0, POIDS_ET_DEMI: 1.5, DEMI_POIDS: 0.5}


def eprouver_les_poids(niveaux: list[Niveau]) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.orientations.tables.SENSIBILITE`."""
    lignes = [
        {"niveau": niveau.nom, "variante": variante, "indicateur": code, **_comparer(niveau, poids)}
        for niveau in niveaux
        for variante, code, poids in varier(niveau.regles)
    ]
    return pd.DataFrame(lignes, columns=SENSIBILITE.noms)


def varier(regles: Regles) -> Iterator[tuple[str, str, np.ndarray]]:
    """Chaque variante, l'indicateur qu'elle touche (vide : tous), et les poids ; aucune ne vide un axe."""
    yield POIDS_EGAUX, "", np.sign(regles.poids)
    for variante, fois in _FOIS.items():
        for rang, code in enumerate(regles.codes):
            poids = regles.poids.copy()
            poids[rang] *= fois
            if poids.sum(axis=0).all():
                yield variante, code, poids


def _comparer(niveau: Niveau, poids: np.ndarray) -> dict[str, int]:
    seuil = niveau.regles.probabilite
    avec, autres = (attribuer(niveau.probabilites(p), seuil) for p in (None, poids))
    donnees, aussi = avec != AUCUNE, autres != AUCUNE
    comptes = {
        "lieux": donnees, "gardees": donnees & (avec == autres), "perdues": donnees & ~aussi,
        "changees": donnees & aussi & (avec != autres), "gagnees": ~donnees & aussi,
    }  # fmt: skip
    return {nom: int(ou.sum()) for nom, ou in comptes.items()}
