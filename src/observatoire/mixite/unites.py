"""Les comptes que la mixité compare : unité par unité, classe par classe, tirés d'une table d'indicateurs.

La table est celle de ``prepare``, ou celle d'un public après protection. Une unité dont une seule classe n'est pas
connue n'entre qu'avec les autres, dans un *reste* : la ville moins les unités connues. Un indice n'emploie donc que ce
que la table dit déjà, et n'apprend rien de ce qu'elle cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Statuts d'une valeur connue : calculée (``prepare``), ou publiée.
CONNUS = ("calcule", "publie")
#: Pourquoi une valeur manque, la raison qui l'emporte d'abord.
RAISONS = ("c", "nd", "na")


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

    def part_hors_de(self, unites: Iterable[str]) -> float:
        """La part des ménages de la ville qui n'habitent pas ces unités ; manque quand rien n'est compté."""
        if self.statut or not self.ville.sum():
            return np.nan
        return float(1 - self.unites.loc[list(unites)].to_numpy().sum() / self.ville.sum())

    def table(self, parmi: Iterable[str] | None = None) -> np.ndarray:
        """Les comptes (unités, classes), le reste en dernier s'il y en a ; ``parmi`` : les unités à n'y pas fondre.

        Bruités, les comptes des unités peuvent dépasser de peu ceux de la ville : il n'y a alors pas de reste.
        """
        gardees = (self.unites if parmi is None else self.unites.loc[list(parmi)]).to_numpy()
        reste = np.maximum(self.ville - gardees.sum(axis=0), 0)
        return np.vstack([gardees, reste]) if reste.any() else gardees


def compter(lignes: pd.DataFrame, groupe: Groupe, niveau: str, lieu: Lieu) -> Comptes:
    """Les comptes d'un groupe par unité de ``niveau`` d'un ``lieu``.

    ``lignes`` : les indicateurs d'une année, tous bailleurs réunis.
    """
    siennes = lignes[lignes["indicateur"].isin(groupe.codes)]
    ville = siennes[siennes["niveau"].eq(lieu.niveau) & siennes["territoire"].eq(lieu.code)]
    statut = _statut(ville, groupe)
    if statut:
        return Comptes(pd.DataFrame(), np.zeros(0), np.nan, statut)
    unites = siennes[siennes["niveau"].eq(niveau)]
    if lieu.unites is not None:
        unites = unites[unites["territoire"].isin(lieu.unites[niveau])]
    total, secrets = _classer(ville, groupe).to_numpy()[0], unites["statut"].eq("c").any()
    return Comptes(_classer(unites, groupe), total, _reponse(ville), "", bool(secrets))


def _statut(ville: pd.DataFrame, groupe: Groupe) -> str:
    """Pourquoi la ville n'a pas toutes ses classes ; vide si elle les a."""
    if len(ville) < len(groupe.codes):
        return "nd"
    return next((raison for raison in RAISONS if ville["statut"].eq(raison).any()), "")


def _classer(lignes: pd.DataFrame, groupe: Groupe) -> pd.DataFrame:
    """Les comptes des territoires dont toutes les classes sont connues, par code."""
    connues = lignes[lignes["statut"].isin(CONNUS)]
    larges = connues.pivot(index="territoire", columns="indicateur", values=["numerateur", "denominateur"])
    larges = larges.reindex(columns=pd.MultiIndex.from_product([["numerateur", "denominateur"], groupe.codes])).dropna()
    classes = larges["numerateur"]
    if groupe.binaire:
        classes = classes.assign(autres=larges["denominateur"].to_numpy()[:, 0] - classes.to_numpy()[:, 0])
    return classes.astype(np.int64)


def _reponse(ville: pd.DataFrame) -> float:
    return float(ville["reponse"].min())
