"""Des lignes témoins, tirées au sort parmi ce que les schémas admettent, sur lesquelles on essaie le catalogue.

Deux déclarations qui retiennent les mêmes lignes comptent la même chose ; si les lignes de l'une sont parmi celles de
l'autre, leur différence est un compte. On le lit sur des témoins plutôt que sur les dépôts : ce qui est vrai de quatre
mille lignes quelconques l'est par définition, et ce qui n'est vrai que d'un petit dépôt n'en est pas tiré.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.baremes import BaremeAbsent, Baremes
from observatoire.catalogue import Indicateur
from observatoire.lecture.devenirs import DEVENIRS
from observatoire.schemas import NON_RENSEIGNE, Schema

LIGNES = 4000
ZONES = ("en_qpv", "hors_qpv")
ROLES = ("numerateur", "denominateur", "concernes", "effectif")
#: Les ménages sont les logements loués : leurs comptes se recoupent ligne à ligne.
UNIVERS = {"menages": "logements"}
#: Tables qui ne parlent ni de ménages ni de logements occupés : les opérations livrées sont publiques.
TABLES_SANS_SECRET = frozenset({"programmes"})


@dataclass(frozen=True)
class Temoin:
    """Les lignes qu'une déclaration retient dans un rôle : un poids par ligne de ``univers``, 0 ou 1 pour un compte."""

    univers: str
    perimetre: str
    lignes: np.ndarray

    @property
    def compte(self) -> bool:
        """Est-ce un dénombrement, et non une somme de mesures ?"""
        return self.lignes.dtype == bool


@dataclass(frozen=True)
class Temoins:
    """``roles`` : (code, rôle) -> :class:`Temoin` ; ``zones`` : zone -> univers -> lignes qui y sont."""

    roles: dict[tuple[str, str], Temoin]
    zones: dict[str, dict[str, np.ndarray]]


def temoigner(declarations: list[Indicateur], schemas: dict[str, Schema], baremes: Baremes, annee: int) -> Temoins:
    """Essayer chaque déclaration sur les lignes témoins ; celles dont le barème manque n'y sont pas."""
    tables = _tables(schemas, annee)
    roles = {}
    for declaration in declarations:
        if TABLES_SANS_SECRET.issuperset(declaration.tables):
            continue
        try:
            colonnes = declaration.compter(tables, _dernier(baremes)).colonnes
        except BaremeAbsent:
            continue
        if declaration.nature == "moyenne":
            colonnes = colonnes | {"effectif": colonnes["denominateur"].fillna(0) > 0}
        for role, colonne in colonnes.items():
            table = declaration.tables[0 if role == "numerateur" else -1]
            roles[declaration.code, role] = _temoin(table, declaration.perimetre, colonne)
    lignes = {t: len(tables[t]) for t in tables}
    zones = {
        zone: {
            t: tables[t]["qpv"].eq(zone).reindex(range(lignes[t]), fill_value=False).to_numpy(dtype=bool)
            for t in tables
            if "qpv" in tables[t] and t not in UNIVERS
        }
        for zone in ZONES
    }
    return Temoins(roles, zones)


def _dernier(baremes: Baremes) -> Callable:
    def bareme(code: str):
        if code not in baremes.par_code:
            raise BaremeAbsent(code)
        return baremes.par_code[code].valeurs[-1]["valeur"]

    return bareme


def _temoin(table: str, perimetre: str, colonne: pd.Series) -> Temoin:
    univers = UNIVERS.get(table, table)
    colonne = colonne.reindex(range(LIGNES)) if table in UNIVERS else colonne
    if colonne.dtype == bool or (table in UNIVERS and set(colonne.dropna().unique()) <= {True, False}):
        return Temoin(univers, perimetre, colonne.fillna(False).to_numpy(dtype=bool))
    return Temoin(univers, perimetre, colonne.fillna(0).to_numpy(dtype=float))


def _tables(schemas: dict[str, Schema], annee: int) -> dict[str, pd.DataFrame]:
    tirage = np.random.default_rng(1951)
    tables = {nom: _table(schema, annee, tirage) for nom, schema in schemas.items()}
    logements = tables["logements"]
    loues = logements["occupation"].eq("loue")
    personnels = tables["menages"][list(schemas["menages"].champs)].drop(columns="id_logement")
    tables["menages"] = pd.concat([personnels, logements], axis=1)[loues]
    tables["attributions"]["id_logement"] = tirage.permutation(logements["id_logement"])
    tables["programmes"]["dans_ville"] = True
    devenirs = tirage.choice([*DEVENIRS, None], LIGNES)
    tables["devenirs"] = _table(schemas["menages"], annee, tirage).assign(devenir=devenirs)
    return tables


def _table(schema: Schema, annee: int, tirage: np.random.Generator) -> pd.DataFrame:
    colonnes = {nom: _tirer(champ, annee, tirage) for nom, champ in schema.champs.items()}
    colonnes["qpv"] = tirage.choice([*ZONES, None], LIGNES, p=[0.45, 0.45, 0.1])
    return pd.DataFrame(colonnes).assign(annee=annee, champ_rpls=True)


def _tirer(champ, annee: int, tirage: np.random.Generator) -> pd.Series:
    if champ.type == "date":
        valeurs = pd.Timestamp(annee, 12, 31) - pd.to_timedelta(tirage.integers(0, 2200, LIGNES), unit="D")
        valeurs = pd.Series(valeurs)
    elif champ.type in ("number", "integer"):
        valeurs = pd.Series(_nombres(champ.bornes, annee, tirage))
    elif champ.admises:
        valeurs = pd.Series(tirage.choice([v for v in champ.admises if v != NON_RENSEIGNE], LIGNES))
    else:
        valeurs = pd.Series([f"{champ.nom}{rang}" for rang in range(LIGNES)])
    if champ.obligatoire and not champ.admet_nr:
        return valeurs
    return valeurs.mask(tirage.random(LIGNES) < 0.15)


def _nombres(bornes: tuple, annee: int, tirage: np.random.Generator) -> np.ndarray:
    """Des petits nombres, des moyens et des années : assez divers pour que tous les seuils soient franchis."""
    bas, haut = bornes
    petits, moyens, annees = (
        tirage.integers(debut, fin, LIGNES).astype(float) for debut, fin in ((0, 9), (10, 110), (annee - 90, annee + 1))
    )
    recentes = tirage.integers(annee - 3, annee + 1, LIGNES).astype(float)
    choix = np.choose(tirage.integers(0, 4, LIGNES), [petits, moyens, annees, recentes])
    dedans = (choix >= (bas if bas is not None else -np.inf)) & (choix <= (haut if haut is not None else np.inf))
    repli = np.clip(petits, bas, haut) if (haut is not None and haut < 200) or bas is None or bas < 200 else annees
    return np.where(dedans, choix, repli)
