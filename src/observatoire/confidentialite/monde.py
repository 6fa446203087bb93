"""Un état du monde que rien de ce qui est imprimé ne contredit : l'attaquant part de là, faute de la vérité."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from observatoire.confidentialite.attaque import decouper
from observatoire.confidentialite.liens import Systeme
from observatoire.confidentialite.solveur import PRECISION, Programme


@dataclass(frozen=True)
class Monde:
    """``systeme`` : ses ``valeurs`` sont celles d'un monde possible. ``connues`` : vrai pour chaque variable que des
    soustractions donnent. ``incoherentes`` : variables que ce qui est imprimé rend impossibles."""

    systeme: Systeme
    connues: np.ndarray
    incoherentes: np.ndarray


def imaginer(systeme: Systeme, bas: np.ndarray, haut: np.ndarray) -> Monde:
    """Un monde où chaque variable est entre ``bas`` et ``haut`` (égaux : elle est imprimée), et toute somme juste.

    Les comptes y sont entiers quand un tel monde se trouve.
    """
    connues = bas == haut
    valeurs = np.where(connues, bas, 0.0)
    _soustraire(systeme, valeurs, connues)
    incoherentes = valeurs < -0.5
    matrice, entieres = systeme.relations.matrice, systeme.entiere()
    for bloc in decouper(systeme, ~connues):
        v = bloc.variables
        second = -(matrice[bloc.relations] @ valeurs)
        programme = Programme(bloc.matrice, bas[v], haut[v], second=second)
        trouve = programme.resoudre()
        if trouve is not None and not _entier(trouve[entieres[v]]):
            entier = Programme(bloc.matrice, bas[v], haut[v], entieres[v], second).resoudre()
            trouve = trouve if entier is None else entier
        if trouve is None:
            incoherentes[v] = True
        else:
            valeurs[v] = np.where(entieres[v] & (np.abs(trouve - np.rint(trouve)) < PRECISION), np.rint(trouve), trouve)
    return Monde(replace(systeme, valeurs=np.maximum(valeurs, 0.0)), connues, incoherentes)


def _soustraire(systeme: Systeme, valeurs: np.ndarray, connues: np.ndarray) -> None:
    """Calculer, sur place, tout ce qu'une relation dont un seul terme manque donne, de proche en proche."""
    matrice = systeme.relations.matrice
    presence = sparse.csr_array((np.ones(matrice.nnz), matrice.indices, matrice.indptr), shape=matrice.shape)
    rangs = sparse.csr_array((matrice.indices.astype(float), matrice.indices, matrice.indptr), shape=matrice.shape)
    entieres = systeme.entiere()
    while True:
        inconnues = (~connues).astype(float)
        seules = np.flatnonzero(presence @ inconnues == 1)
        if not len(seules):
            return
        trouvees = np.rint((rangs @ inconnues)[seules]).astype(int)
        nouvelles = -(matrice @ valeurs)[seules] / (matrice @ inconnues)[seules]
        valeurs[trouvees] = np.where(entieres[trouvees], np.rint(nouvelles), nouvelles)
        connues[trouvees] = True


def _entier(valeurs: np.ndarray) -> bool:
    return np.abs(valeurs - np.rint(valeurs)).max(initial=0) <= PRECISION
