"""Les bornes entières d'un compte, par programmes linéaires en nombres entiers sur les sommes qui le touchent."""

from __future__ import annotations

import numpy as np
from scipy import optimize, sparse

from observatoire.secret.attaque.reseau import Reseau

#: Sommes suivies de proche en proche à partir d'un compte ; en suivre moins ne fait qu'oublier des contraintes.
PORTEE = 2


def borner(reseau: Reseau, variable: int, portee: int = PORTEE) -> tuple[float, float]:
    """Le plus petit et le plus grand compte que rien de publié n'exclut."""
    lignes = _voisinage(reseau, variable, portee)
    if not lignes:  # toutes ses sommes se contredisaient
        return reseau.bas[variable], reseau.haut[variable]
    variables, places = np.unique(np.concatenate([np.array([variable]), *lignes]), return_inverse=True)
    signes = np.concatenate([[1.0] + [-1.0] * (len(ligne) - 1) for ligne in lignes])
    rangs = np.repeat(np.arange(len(lignes)), [len(ligne) for ligne in lignes])
    matrice = sparse.csr_array((signes, (rangs, places[1:])), shape=(len(lignes), len(variables)))
    sens = np.zeros(len(variables))
    sens[places[0]] = 1.0
    bornes = []
    for signe in (1.0, -1.0):
        trouve = optimize.milp(
            signe * sens, integrality=np.ones(len(variables)),
            bounds=optimize.Bounds(reseau.bas[variables], reseau.haut[variables]),
            constraints=optimize.LinearConstraint(matrice, 0, 0),
        )  # fmt: skip
        bornes.append(round(signe * trouve.fun) if trouve.success else np.nan)
    return bornes[0], bornes[1]


def _voisinage(reseau: Reseau, variable: int, portee: int) -> list[np.ndarray]:
    connues, lignes = {variable}, []
    for _ in range(portee):
        masque = np.zeros(len(reseau.bas), dtype=bool)
        masque[list(connues)] = True
        lignes = [ligne for s in reseau.sommes for ligne in s[masque[s].any(axis=1)]]
        connues = set(np.concatenate([np.array([variable]), *lignes]).tolist())
    return lignes
