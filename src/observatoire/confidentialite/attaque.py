"""L'attaquant : tout ce que le publié laisse savoir de chaque valeur cachée.

Il connaît toutes les relations du système et toutes les variables publiées ; il sait que les comptes sont des entiers
et qu'aucun n'est négatif. Il ne connaît pas le reste. On cherche, pour chaque exigence, deux états du monde que rien
de publié ne distingue et assez éloignés l'un de l'autre : s'ils n'existent pas, l'attaquant a trouvé.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from observatoire.confidentialite.liens import Systeme
from observatoire.confidentialite.primaire import Exigences
from observatoire.confidentialite.solveur import PRECISION, Programme

#: La part des exigences poussées ensemble au premier essai ; sans profit, elle est divisée par deux.
PART = 0.7
#: Ce qu'un état où un ménage se coupe en deux doit montrer de plus (unités) pour compter.
MARGE = 1
#: Un attaquant n'imagine pas un compte au-delà de ``FOIS`` sa valeur plus ``AU_DELA``. Le borner ne fait que l'aider.
FOIS, AU_DELA = 4, 200


@dataclass(frozen=True)
class Faille:
    """Une variable que l'attaquant situe dans [``bas``, ``haut``], et les relations qui l'ont trahie."""

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
    systeme: Systeme, connues: np.ndarray, exigences: Exigences, memoire: dict | None = None, vite: bool = False
) -> list[Faille]:
    """Les exigences qui ne sont pas tenues quand ``connues`` (vrai ou faux par variable) est publié.

    ``vite`` : se contenter d'objectifs communs ; une exigence qu'ils ne montrent pas tenue est rendue comme une faille,
    sans explication. ``memoire`` : les failles des blocs déjà attaqués, reprises et complétées.
    """
    sues, causes = deduire(systeme, connues)
    failles = [
        Faille(int(v), systeme.valeurs[v], systeme.valeurs[v], (int(causes[v]),) if causes[v] >= 0 else ())
        for v in exigences.variables[sues[exigences.variables]]
    ]
    memoire = {} if memoire is None else memoire
    plancher, largeur = (np.zeros(len(sues)) for _ in range(2))
    plancher[exigences.variables], largeur[exigences.variables] = exigences.plancher, exigences.largeur
    largeur[sues] = 0
    *partiels, _ = systeme.etages()
    # Ce qui tient quand l'attaquant sait en plus tout le reste tient tout court.
    for libres in partiels:
        a_faire = np.where(libres, largeur, 0)
        restent = _attaquer_les_blocs(systeme, ~sues & libres, plancher, a_faire, memoire, vite=True)
        largeur[libres & ~np.isin(np.arange(len(sues)), [f.variable for f in restent])] = 0
    return sorted([*failles, *_attaquer_les_blocs(systeme, ~sues, plancher, largeur, memoire, vite)], key=_variable)


def _attaquer_les_blocs(systeme, inconnues, plancher, largeur, memoire: dict, vite: bool) -> list[Faille]:
    failles = []
    for bloc in decouper(systeme, inconnues):
        besoins = plancher[bloc.variables], largeur[bloc.variables]
        visees = np.flatnonzero(besoins[1] > 0)
        cle = (vite, *(t.tobytes() for t in (bloc.variables, bloc.relations, *besoins)))
        if len(visees) and cle not in memoire:
            memoire[cle] = Assaut(systeme, bloc, *besoins).mener(visees, vite)
        failles += memoire.get(cle, [])
    return failles


def _variable(faille: Faille) -> int:
    return faille.variable


class Assaut:
    """L'attaque d'un bloc.

    ``bas`` et ``haut`` : par inconnue, les valeurs extrêmes d'états du monde possibles. ``bas_fondu`` et
    ``haut_fondu`` : celles d'états où des ménages se couperaient en deux ; elles ne comptent qu'avec une marge.
    """

    def __init__(self, systeme: Systeme, bloc: Bloc, plancher: np.ndarray, largeur: np.ndarray):
        self.bloc, self.plancher, self.largeur = bloc, plancher, largeur
        self.vraies = systeme.valeurs[bloc.variables]
        self.entieres = systeme.entiere()[bloc.variables]
        self.bas, self.haut, self.bas_fondu, self.haut_fondu = (self.vraies.copy() for _ in range(4))
        self.bornes = (-self.vraies, FOIS * self.vraies + AU_DELA - self.vraies)
        self.programme = Programme(bloc.matrice, *self.bornes)
        self.entier: Programme | None = None

    def mener(self, visees: np.ndarray, vite: bool) -> list[Faille]:
        """Les failles parmi ``visees`` (rangs dans le bloc)."""
        reste = self._ensemble(visees)
        if vite:
            return [Faille(int(self.bloc.variables[i]), self.bas[i], self.haut[i], ()) for i in reste]
        return [self._avouer(i) for i in reste if not self._tient(i)]

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
        while len(reste) and part * len(reste) >= min(1, len(reste) / 2):
            tirees = reste[tirage.random(len(reste)) < part] if len(reste) > 1 else reste
            if not len(tirees):
                tirees = reste[[tirage.integers(len(reste))]]
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
        plancher, largeur = self.plancher[inconnues], self.largeur[inconnues]

        def tiennent(bas: np.ndarray, haut: np.ndarray, marge: float) -> np.ndarray:
            haut = haut[inconnues] + PRECISION - marge
            return (haut >= plancher) & (haut - bas[inconnues] >= largeur)

        return tiennent(self.bas, self.haut, 0) | tiennent(self.bas_fondu, self.haut_fondu, MARGE)

    def _tient(self, inconnue: int) -> bool:
        """L'exigence est-elle tenue quand on pousse cette inconnue seule ?"""
        seule = np.array([inconnue])
        for sens in (1.0, -1.0):
            if not self._tenues(seule).item():
                self._tirer(seule, np.array([sens]), exact=True)
        return bool(self._tenues(seule).item())

    def _tirer(self, inconnues: np.ndarray, signes: np.ndarray, exact: bool = False) -> None:
        """Pousser des inconnues vers le haut (signe positif) ou le bas, et retenir l'état du monde atteint."""
        etat = self._optimum(self.programme, inconnues, signes)
        if etat is None:
            return
        self.bas_fondu = np.minimum(self.bas_fondu, self.vraies + etat)
        self.haut_fondu = np.maximum(self.haut_fondu, self.vraies + etat)
        if exact and not self._entier(etat) and not self._tenues(inconnues).all():
            self.entier = self.entier or Programme(self.bloc.matrice, *self.bornes, self.entieres)
            etat = self._optimum(self.entier, inconnues, signes)
        if etat is not None and self._entier(etat):
            self.bas = np.minimum(self.bas, self.vraies + etat)
            self.haut = np.maximum(self.haut, self.vraies + etat)

    def _entier(self, etat: np.ndarray) -> bool:
        return np.abs(etat - np.rint(etat))[self.entieres].max(initial=0) <= PRECISION

    def _optimum(self, programme: Programme, inconnues: np.ndarray, signes: np.ndarray) -> np.ndarray | None:
        programme.couter(np.arange(len(self.vraies)), np.zeros(len(self.vraies)))
        programme.couter(inconnues, -signes)
        return programme.resoudre()

    def _avouer(self, inconnue: int) -> Faille:
        """Les relations qui fixent la borne haute, puis la basse."""
        relations: set[int] = set()
        for signe in (1.0, -1.0):
            self._optimum(self.programme, np.array([inconnue]), np.array([signe]))
            relations |= set(self.bloc.relations[np.abs(self.programme.duales()) > PRECISION].tolist())
        return Faille(
            int(self.bloc.variables[inconnue]), self.bas[inconnue], self.haut[inconnue], tuple(sorted(relations))
        )
