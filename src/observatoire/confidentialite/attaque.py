"""L'attaquant : tout ce que le publié laisse savoir de chaque valeur cachée.

Il connaît toutes les relations du système et toutes les variables publiées ; il sait que les comptes sont des entiers
et qu'aucun n'est négatif. Il ne connaît pas le reste. On cherche, pour chaque exigence, deux états du monde que rien
de publié ne distingue et assez éloignés l'un de l'autre : s'ils n'existent pas, l'attaquant a trouvé.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from observatoire.confidentialite.liens import Systeme
from observatoire.confidentialite.primaire import Exigences
from observatoire.confidentialite.solveur import PRECISION, Programme

#: La part des exigences poussées ensemble au premier essai ; sans profit, elle est divisée par deux.
PART = 0.7
#: Objectifs communs au plus : le reste s'examine un à un.
ESSAIS = 40
#: Ce qu'un état où un ménage se coupe en deux doit montrer de plus (unités) pour compter.
MARGE = 1
#: Un attaquant n'imagine pas un compte au-delà de ``FOIS`` sa valeur plus ``AU_DELA``. Le borner ne fait que l'aider.
FOIS, AU_DELA = 4, 200


@dataclass(frozen=True)
class Faille:
    """Une variable que l'attaquant situe dans [``bas``, ``haut``] ; :func:`expliquer` y met les relations en cause."""

    variable: int
    bas: float
    haut: float
    relations: tuple[int, ...]


@dataclass(frozen=True)
class Bloc:
    """Des inconnues liées : ``matrice`` (relation, inconnue), et leurs ``variables`` et ``relations`` du système."""

    matrice: sparse.csc_array
    variables: np.ndarray
    relations: np.ndarray


def deduire(systeme: Systeme, connues: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tout ce que des soustractions donnent, de proche en proche.

    Rend les variables connues à la fin, et la relation qui a donné chacune (-1 : aucune).
    """
    connues = connues.copy()
    matrice = systeme.relations.matrice
    presence = sparse.csr_array((np.ones(matrice.nnz), matrice.indices, matrice.indptr), shape=matrice.shape)
    rangs = sparse.csr_array((matrice.indices.astype(float), matrice.indices, matrice.indptr), shape=matrice.shape)
    cause = np.full(len(connues), -1)
    while True:
        inconnues = (~connues).astype(float)
        seules = np.flatnonzero(presence @ inconnues == 1)
        if not len(seules):
            return connues, cause
        trouvees = np.rint((rangs @ inconnues)[seules]).astype(int)
        cause[trouvees] = seules
        connues[trouvees] = True


def decouper(systeme: Systeme, inconnues: np.ndarray) -> list[Bloc]:
    """Les blocs d'inconnues liées, du premier rang au dernier."""
    variables = np.flatnonzero(inconnues)
    matrice = systeme.relations.matrice[:, variables].tocsr()
    relations = np.flatnonzero(np.diff(matrice.indptr))
    matrice = matrice[relations]
    graphe = sparse.block_array([[None, matrice], [matrice.T, None]], format="csr")
    groupe = connected_components(graphe, directed=False)[1] if len(relations) else np.arange(len(variables))
    des_relations, des_variables = groupe[: len(relations)], groupe[len(relations) :]
    ordre_v, ordre_r = (np.argsort(g, kind="stable") for g in (des_variables, des_relations))
    colonnes = matrice.tocsc()
    blocs = []
    debuts_v, numeros = _debuts(des_variables[ordre_v])
    debuts_r = np.searchsorted(des_relations[ordre_r], numeros, side="left")
    fins_r = np.searchsorted(des_relations[ordre_r], numeros, side="right")
    for rang, (debut, fin) in enumerate(pairwise(debuts_v)):
        v = ordre_v[debut:fin]
        r = ordre_r[debuts_r[rang] : fins_r[rang]]
        blocs.append(Bloc(colonnes[:, v].tocsr()[r].tocsc(), variables[v], relations[r]))
    return sorted(blocs, key=lambda b: b.variables[0])


def _debuts(groupes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    numeros, premiers = np.unique(groupes, return_index=True)
    return np.append(premiers, len(groupes)), numeros


def attaquer(
    systeme: Systeme,
    connues: np.ndarray,
    exigences: Exigences,
    tenues: np.ndarray | None = None,
    vite: bool = False,
    bornes: tuple[np.ndarray, np.ndarray] | None = None,
    etages: Sequence[np.ndarray] = (),
) -> list[Faille]:
    """Les exigences qui ne sont pas tenues quand ``connues`` (vrai ou faux par variable) est publié.

    ``vite`` : se contenter d'objectifs communs ; une exigence qu'ils ne montrent pas tenue est rendue comme une faille.
    ``tenues`` : les variables dont l'exigence est déjà montrée tenue, que cacher davantage ne défait pas ; complété sur
    place. ``bornes`` : ce que l'attaquant sait de plus de chaque variable (le moins, le plus). ``etages`` : ceux de
    :meth:`Systeme.etages` où chercher, du plus étroit au plus large ; seules les exigences du dernier comptent.
    """
    sues = deduire(systeme, connues)[0]
    failles = [
        Faille(int(v), float(systeme.valeurs[v]), float(systeme.valeurs[v]), ())
        for v in exigences.variables[sues[exigences.variables]]
    ]
    tenues = np.zeros(len(sues), dtype=bool) if tenues is None else tenues
    plancher, largeur = (np.zeros(len(sues)) for _ in range(2))
    plancher[exigences.variables], largeur[exigences.variables] = exigences.plancher, exigences.largeur
    largeur[sues | tenues] = 0
    *partiels, dernier = etages or systeme.etages()

    def mener(libres: np.ndarray, vite: bool) -> list[Faille]:
        trouvees = []
        for bloc in decouper(systeme, ~sues & libres):
            v = bloc.variables
            visees = np.flatnonzero(largeur[v] > 0)
            if len(visees):
                permis = bornes and tuple(borne[v] for borne in bornes)
                restent = Assaut(systeme, bloc, plancher[v], largeur[v], permis).mener(visees, vite)
                tenues[v[visees]] = True
                tenues[[f.variable for f in restent]] = False
                trouvees += restent
        largeur[tenues] = 0
        return trouvees

    # Ce qui tient quand l'attaquant sait en plus tout le reste tient tout court.
    for libres in partiels:
        mener(libres, vite=True)
    return sorted([*failles, *mener(dernier, vite)], key=lambda faille: faille.variable)


def expliquer(systeme: Systeme, connues: np.ndarray, failles: list[Faille], bornes=None) -> list[Faille]:
    """Les mêmes failles, avec les relations qui les ont trahies."""
    sues, causes = deduire(systeme, connues)
    par_variable = {f.variable: (int(causes[f.variable]),) for f in failles if causes[f.variable] >= 0}
    visees = np.array([f.variable for f in failles], dtype=int)
    for bloc in decouper(systeme, ~sues) if len(failles) else ():
        if np.isin(bloc.variables, visees).any():
            rien = np.zeros(len(bloc.variables))
            assaut = Assaut(systeme, bloc, rien, rien, bornes and tuple(borne[bloc.variables] for borne in bornes))
            for rang in np.flatnonzero(np.isin(bloc.variables, visees)):
                par_variable[int(bloc.variables[rang])] = assaut.expliquer(int(rang))
    return [replace(f, relations=par_variable.get(f.variable, ())) for f in failles]


class Assaut:
    """L'attaque d'un bloc.

    ``bas`` et ``haut`` : par inconnue, les valeurs extrêmes d'états du monde possibles. ``bas_fondu`` et
    ``haut_fondu`` : celles d'états où des ménages se couperaient en deux ; elles ne comptent qu'avec une marge.
    """

    def __init__(self, systeme: Systeme, bloc: Bloc, plancher: np.ndarray, largeur: np.ndarray, permis=None):
        self.bloc, self.plancher, self.largeur = bloc, plancher, largeur
        self.vraies = systeme.valeurs[bloc.variables]
        self.entieres = systeme.entiere()[bloc.variables]
        self.bas, self.haut, self.bas_fondu, self.haut_fondu = (self.vraies.copy() for _ in range(4))
        bas, haut = permis or (0.0, np.inf)
        # Ces valeurs-ci ne sont les vraies que si rien n'est permis d'autre : elles ne bornent alors qu'elles-mêmes.
        haut = np.minimum(haut, FOIS * (self.vraies if permis is None else self.vraies.max()) + AU_DELA)
        self.bornes = (np.minimum(bas - self.vraies, 0), np.maximum(haut - self.vraies, 0))
        self.programme = Programme(bloc.matrice, *self.bornes, primal=True)
        self.entier: Programme | None = None

    def mener(self, visees: np.ndarray, vite: bool) -> list[Faille]:
        """Les failles parmi ``visees`` (rangs dans le bloc)."""
        reste = self._ensemble(visees)
        if vite:
            return [Faille(int(self.bloc.variables[i]), self.bas[i], self.haut[i], ()) for i in reste]
        return [faille for i in reste if (faille := self._serrer(int(i)))]

    def _ensemble(self, visees: np.ndarray) -> np.ndarray:
        """Pousser d'un coup une part, tirée au sort, de ce qui n'est pas tenu ; rend ce qui ne l'est toujours pas.

        Chacune n'est poussée que jusqu'à son besoin : plus loin n'aiderait qu'elle. Des poids inégaux évitent que deux
        exigences opposées (une part et son complément) ne s'annulent.
        """
        tirage = np.random.default_rng(len(self.vraies))
        besoin = np.minimum(np.maximum(self.largeur, self.plancher - self.vraies) + MARGE, self.bornes[1])
        reste, part = visees, PART
        for inconnue in reste:
            self.programme.borner(inconnue, self.bornes[0][inconnue], besoin[inconnue])
        for _ in range(ESSAIS):
            if not len(reste) or part * len(reste) < min(1, len(reste) / 2):
                break
            tirees = tirage.permutation(reste)[: max(1, round(part * len(reste)))]
            self._tirer(tirees, tirage.uniform(0.2, 1, len(tirees)))
            tenues = self._tenues(reste)
            part = min(PART, 1.5 * part) if tenues.any() else part / 2
            for inconnue in reste[tenues]:
                self.programme.borner(inconnue, self.bornes[0][inconnue], self.bornes[1][inconnue])
            reste = reste[~tenues]
        for inconnue in reste:
            self.programme.borner(inconnue, self.bornes[0][inconnue], self.bornes[1][inconnue])
        return reste

    def _tenues(self, inconnues: np.ndarray) -> np.ndarray:
        fondues = self._tiennent(inconnues, self.bas_fondu, self.haut_fondu, MARGE)
        return self._tiennent(inconnues, self.bas, self.haut, 0) | fondues

    def _tiennent(self, inconnues: np.ndarray, bas: np.ndarray, haut: np.ndarray, marge: float) -> np.ndarray:
        bas, haut = bas[inconnues], haut[inconnues] + PRECISION - marge
        return (haut >= self.plancher[inconnues]) & (haut - bas >= self.largeur[inconnues])

    def _serrer(self, inconnue: int) -> Faille | None:
        """Pousser cette inconnue seule : sa faille, si l'exigence n'est pas tenue.

        Les nombres entiers ne servent que là où des nombres quelconques laissent un doute.
        """
        seule = np.array([inconnue])
        for programme in (self.programme, None):
            if programme is None:
                self.entier = self.entier or Programme(self.bloc.matrice, *self.bornes, self.entieres)
            for sens in (1.0, -1.0):
                self._tirer(seule, np.array([sens]), programme or self.entier)
                if self._tenues(seule).item():
                    return None
            if not self._tiennent(seule, self.bas_fondu, self.haut_fondu, 0).item():
                bas, haut = self.bas_fondu[inconnue], self.haut_fondu[inconnue]
                if self.entieres[inconnue]:
                    bas, haut = np.ceil(bas - PRECISION), np.floor(haut + PRECISION)
                return Faille(int(self.bloc.variables[inconnue]), float(bas), float(haut), ())
        return Faille(int(self.bloc.variables[inconnue]), self.bas[inconnue], self.haut[inconnue], ())

    def _tirer(self, inconnues: np.ndarray, signes: np.ndarray, programme: Programme | None = None) -> None:
        """Pousser des inconnues vers le haut (signe positif) ou le bas, et retenir l'état du monde atteint."""
        etat = self._optimum(programme or self.programme, inconnues, signes)
        if etat is None:
            return
        self.bas_fondu = np.minimum(self.bas_fondu, self.vraies + etat)
        self.haut_fondu = np.maximum(self.haut_fondu, self.vraies + etat)
        if self._entier(etat):
            self.bas = np.minimum(self.bas, self.vraies + etat)
            self.haut = np.maximum(self.haut, self.vraies + etat)

    def _entier(self, etat: np.ndarray) -> bool:
        comptes = (self.vraies + etat)[self.entieres]
        return np.abs(comptes - np.rint(comptes)).max(initial=0) <= PRECISION

    def _optimum(self, programme: Programme, inconnues: np.ndarray, signes: np.ndarray) -> np.ndarray | None:
        programme.couter(np.arange(len(self.vraies)), np.zeros(len(self.vraies)))
        programme.couter(inconnues, -signes)
        return programme.resoudre()

    def expliquer(self, inconnue: int) -> tuple[int, ...]:
        """Les relations qui fixent la borne haute d'une inconnue, puis la basse."""
        relations: set[int] = set()
        for signe in (1.0, -1.0):
            self._optimum(self.programme, np.array([inconnue]), np.array([signe]))
            relations |= set(self.bloc.relations[np.abs(self.programme.duales()) > PRECISION].tolist())
        return tuple(sorted(relations))
