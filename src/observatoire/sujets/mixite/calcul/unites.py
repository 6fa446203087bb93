"""Les comptes que la mixité compare : unité par unité, classe par classe, tirés des indicateurs publiés.

Une unité dont une seule classe n'est pas connue n'entre qu'avec les autres, dans un *reste* : la ville moins les unités
connues. Un indice n'emploie donc que ce que la table dit déjà, et n'apprend rien de ce qu'elle cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.vocabulaire import NON_APPLICABLE, NON_DISPONIBLE, PUBLIE, SECRET

#: Pourquoi une valeur manque, la raison qui l'emporte d'abord.
RAISONS = (SECRET, NON_DISPONIBLE, NON_APPLICABLE)
_MESURES = ("numerateur", "denominateur", "reponse")


@dataclass(frozen=True)
class Groupe:
    """Ce que l'on répartit. ``codes`` : les indicateurs de ses classes ; d'un seul, l'autre est le complément."""

    code: str
    codes: tuple[str, ...]

    @property
    def binaire(self) -> bool:
        """Un groupe face à tous les autres ménages."""
        return len(self.codes) == 1


@dataclass(frozen=True)
class Lieu:
    """Un territoire dont on mesure la mixité. ``unites`` : niveau -> les codes de celles qu'il contient, et d'aucun
    autre niveau ; ``None`` : il contient tout."""

    code: str
    niveau: str = "ville"
    unites: Mapping[str, Set[str]] | None = None

    def contient(self, niveau: str) -> bool:
        """Ses unités de ce niveau se comparent-elles ?"""
        return niveau != self.niveau and (self.unites is None or niveau in self.unites)

    def parmi(self, niveau: str, codes: pd.Index) -> np.ndarray:
        """Vrai pour chacun de ces codes qui est une de ses unités."""
        return np.ones(len(codes), bool) if self.unites is None else codes.isin(self.unites[niveau])


@dataclass(frozen=True)
class Tableau:
    """Un niveau, une année : chaque mesure et les statuts (vides : aucune ligne), (territoire, indicateur)."""

    codes: pd.Index
    mesures: dict[str, np.ndarray]
    statuts: np.ndarray

    def prendre(self, lignes: np.ndarray, colonnes: Sequence[int]) -> Tableau:
        """Ces lignes (un masque), ces indicateurs."""
        ou = np.ix_(lignes, colonnes)
        return Tableau(self.codes[lignes], {nom: m[ou] for nom, m in self.mesures.items()}, self.statuts[ou])

    @property
    def connues(self) -> np.ndarray:
        """Vrai pour chaque territoire dont toutes les classes paraissent."""
        comptes = [np.isfinite(self.mesures[nom]) for nom in _MESURES[:2]]
        return ((self.statuts == PUBLIE) & comptes[0] & comptes[1]).all(axis=1)

    @property
    def reponses(self) -> np.ndarray:
        """Le taux de réponse de chaque territoire, le plus bas de ceux de ses classes ; manque si aucun ne paraît."""
        return np.fmin.reduce(self.mesures["reponse"], axis=1)

    def motif(self, rang: int) -> str:
        """Pourquoi une classe de ce territoire manque ; vide si aucune ne manque."""
        return next((raison for raison in RAISONS if (self.statuts[rang] == raison).any()), "")


@dataclass(frozen=True)
class Lignes:
    """Les indicateurs d'une année, rangés une fois pour toutes : un :class:`Tableau` par niveau."""

    rangs: dict[str, int]
    niveaux: dict[str, Tableau]

    @classmethod
    def ranger(cls, lignes: pd.DataFrame, codes: Sequence[str]) -> Lignes:
        """``lignes`` : tous bailleurs réunis ; seuls les indicateurs ``codes`` sont gardés."""
        colonnes = pd.Index(codes).get_indexer(lignes["indicateur"].astype(object))
        niveaux = lignes["niveau"].to_numpy(object)
        tableaux = {n: cls._tableau(lignes[niveaux == n], colonnes[niveaux == n], len(codes)) for n in set(niveaux)}
        return cls({code: rang for rang, code in enumerate(codes)}, tableaux)

    @staticmethod
    def _tableau(lignes: pd.DataFrame, colonnes: np.ndarray, nombre: int) -> Tableau:
        rangs, territoires = pd.factorize(lignes["territoire"].to_numpy(object))
        mesures = {nom: np.full((len(territoires), nombre), np.nan) for nom in _MESURES}
        statuts = np.full((len(territoires), nombre), "", object)
        ou = rangs[colonnes >= 0], colonnes[colonnes >= 0]
        statuts[ou] = lignes["statut"].to_numpy(object)[colonnes >= 0]
        for nom, mesure in mesures.items():
            mesure[ou] = lignes[nom].to_numpy(float)[colonnes >= 0]
        return Tableau(pd.Index(territoires, dtype=object), mesures, statuts)

    def lire(self, groupe: Groupe, niveau: str, lieu: Lieu | None = None) -> Tableau:
        """Les classes d'un groupe à ce niveau, dans ce lieu s'il est donné ; seuls les territoires qui y ont une
        ligne."""
        tableau = self.niveaux.get(niveau) or self._tableau(_AUCUNE, np.zeros(0, int), len(self.rangs))
        colonnes = [self.rangs[code] for code in groupe.codes]
        lignes = (tableau.statuts[:, colonnes] != "").any(axis=1)
        return tableau.prendre(lignes & lieu.parmi(niveau, tableau.codes) if lieu else lignes, colonnes)


_AUCUNE = pd.DataFrame(columns=["territoire", "statut", *_MESURES])


@dataclass(frozen=True)
class Comptes:
    """Les comptes d'un groupe une année : ``unites`` (codes, index) x classes, et la ``ville``.

    ``statut`` : vide quand ils se calculent, sinon la raison. ``reponse`` : taux de réponse de la ville. ``secrets`` :
    une unité au moins a un compte secret.
    """

    unites: pd.DataFrame
    ville: np.ndarray
    reponse: float
    statut: str
    secrets: bool = False

    @property
    def vides(self) -> bool:
        """Aucune unité n'est connue."""
        return self.unites.empty

    @property
    def part_du_reste(self) -> float:
        """La part des ménages de la ville dont l'unité n'est pas connue."""
        return self.part_hors_de(self.unites.index)

    def part_hors_de(self, unites: pd.Index) -> float:
        """La part des ménages de la ville qui n'habitent pas ces unités ; manque quand rien n'est compté."""
        if self.statut or not self.ville.sum():
            return np.nan
        return float(1 - self._prendre(unites).sum() / self.ville.sum())

    def table(self, parmi: pd.Index | None = None) -> np.ndarray:
        """Les comptes (unités, classes), le reste en dernier s'il y en a ; ``parmi`` : les unités à n'y pas fondre.

        Bruités, les comptes des unités peuvent dépasser de peu ceux de la ville : il n'y a alors pas de reste.
        """
        gardees = self._prendre(parmi)
        reste = np.maximum(self.ville - gardees.sum(axis=0), 0)
        return np.vstack([gardees, reste]) if reste.any() else gardees

    def _prendre(self, parmi: pd.Index | None) -> np.ndarray:
        comptes = self.unites.to_numpy()
        return comptes if parmi is None or len(parmi) == len(comptes) else comptes[self.unites.index.isin(parmi)]


@dataclass(frozen=True)
class Bouts:
    """Les comptes d'un groupe à deux dates. ``absents`` : les bailleurs qu'aucune ne compte, s'ils ont changé."""

    avant: Comptes
    apres: Comptes
    absents: str = ""


@dataclass(frozen=True)
class Dates:
    """Les ``lignes`` de deux dates, et de chaque indicateur les bailleurs qu'aucune ne compte (``absents``)."""

    lignes: tuple[Lignes, Lignes]
    absents: Mapping[str, str]

    def compter(self, groupe: Groupe, niveau: str, lieu: Lieu) -> Bouts:
        """Les comptes d'un groupe par unité de ``niveau`` d'un ``lieu``, aux deux dates."""
        avant, apres = (compter(lignes, groupe, niveau, lieu) for lignes in self.lignes)
        return Bouts(avant, apres, next((self.absents[c] for c in groupe.codes if c in self.absents), ""))


def compter(lignes: Lignes, groupe: Groupe, niveau: str, lieu: Lieu) -> Comptes:
    """Les comptes d'un groupe par unité de ``niveau`` d'un ``lieu``, une année."""
    ville = lignes.lire(groupe, lieu.niveau)
    ville = ville.prendre(ville.codes == lieu.code, range(len(groupe.codes)))
    statut = ville.motif(0) if (ville.statuts != "").all() and len(ville.codes) else "nd"
    if statut:
        return Comptes(pd.DataFrame(), np.zeros(0), np.nan, statut)
    unites = lignes.lire(groupe, niveau, lieu)
    secrets = bool((unites.statuts == "c").any())
    total = _classer(ville, groupe).to_numpy()[0]
    return Comptes(_classer(unites, groupe), total, float(ville.reponses[0]), "", secrets)


def _classer(tableau: Tableau, groupe: Groupe) -> pd.DataFrame:
    """Les comptes des territoires dont toutes les classes sont connues, par code."""
    connues = tableau.connues
    haut, bas = (tableau.mesures[nom][connues] for nom in _MESURES[:2])
    classes = np.column_stack([haut, bas[:, 0] - haut[:, 0]]) if groupe.binaire else haut
    noms = [*groupe.codes, "autres"] if groupe.binaire else list(groupe.codes)
    return pd.DataFrame(classes.astype(np.int64), tableau.codes[connues], noms).sort_index()
