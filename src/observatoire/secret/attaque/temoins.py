"""Des lignes témoins, tirées au sort parmi ce que les schémas admettent, sur lesquelles on essaie le catalogue.

Ce qui est vrai de quelques milliers de lignes quelconques l'est par définition : deux déclarations qui y retiennent les
mêmes lignes comptent la même chose. Qui connaît la méthode les refait ; aucun dépôt n'y est lu.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from observatoire.baremes import BaremeAbsent, Baremes
from observatoire.catalogue import Indicateur
from observatoire.configuration import TABLES_TIREES
from observatoire.lecture.devenirs import DEVENIRS
from observatoire.schemas import NON_RENSEIGNE, Champ, Schema
from observatoire.vocabulaire import DE_DISTRIBUTION, MOYENNE

LIGNES = 4000
ZONES = ("en_qpv", "hors_qpv")
#: Les ménages sont les logements loués : leurs comptes se recoupent ligne à ligne.
_UNIVERS = {"menages": "logements"}


@dataclass(frozen=True)
class Temoin:
    """Les lignes qu'une déclaration retient dans un rôle ; ``table`` est celle dont les unités sont comptées.

    ``ouvert`` : ce qui n'est pas public n'y change rien. Chacun peut donc les compter sans rien lire de publié ici.
    """

    table: str
    univers: str
    lignes: np.ndarray
    ouvert: bool = False


#: Les natures dont le haut est une mesure, jamais un compte.
MESUREES = (MOYENNE, *DE_DISTRIBUTION)


def temoigner(
    declarations: Mapping[str, Indicateur],
    schemas: dict[str, Schema],
    baremes: Baremes,
    annee: int,
    ouvertes: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> tuple[dict[tuple[str, str], Temoin], dict[str, np.ndarray]]:
    """(code, rôle) -> témoin, pour tout dénombrement ; univers -> la zone de chaque ligne.

    ``ouvertes`` : table -> ses colonnes publiques (toutes, si aucune n'est dite). Tous les logements témoins sont dans
    le champ du RPLS : un foyer n'est pas du même lot (:mod:`.releve`).
    """
    tables, autres = (_tables(schemas, annee, np.random.default_rng(graine)) for graine in (1951, 1978))
    for nom, publiques in ouvertes.items():
        memes = [c for c in schemas[nom].champs if c in publiques or not publiques]
        autres[nom] = autres[nom].assign(qpv=tables[nom]["qpv"], **tables[nom][memes])
    temoins, refaits = {}, _compter(declarations, autres, baremes)
    for (code, role), lignes in _compter(declarations, tables, baremes).items():
        table = declarations[code].tables[0 if role == "numerateur" else -1]
        if set(lignes.dropna().unique()) <= {True, False} and declarations[code].nature not in MESUREES:
            retenues = lignes.eq(True).to_numpy(dtype=bool)
            ouvert = table in ouvertes and bool((refaits[code, role].eq(True) == retenues).all())
            temoins[code, role] = Temoin(table, _UNIVERS.get(table, table), retenues, ouvert)
    return temoins, {nom: table["qpv"].reindex(range(LIGNES)).to_numpy(object) for nom, table in tables.items()}


def _compter(
    declarations: Mapping[str, Indicateur], tables: dict[str, pd.DataFrame], baremes: Baremes
) -> dict[tuple[str, str], pd.Series]:
    """(code, rôle) -> ce que chaque ligne y compte, aux derniers barèmes."""

    def dernier(bareme: str):
        if bareme not in baremes.par_code:
            raise BaremeAbsent(bareme)
        return baremes.par_code[bareme].valeurs[-1]["valeur"]

    comptes = {}
    for code, declaration in declarations.items():
        with suppress(BaremeAbsent):
            colonnes = declaration.compter(tables, dernier).colonnes
            comptes |= {(code, role): colonne.reindex(range(LIGNES)) for role, colonne in colonnes.items()}
    return comptes


def _tables(schemas: dict[str, Schema], annee: int, tirage: np.random.Generator) -> dict:
    def remplir(nom: str) -> pd.DataFrame:
        colonnes = {c: _tirer(champ, annee, tirage) for c, champ in schemas[nom].champs.items()}
        colonnes["qpv"] = tirage.choice([*ZONES, None], LIGNES, p=[0.45, 0.45, 0.1])
        return pd.DataFrame(colonnes).assign(annee=annee, champ_rpls=True, dans_ville=True)

    tables = {nom: remplir(nom) for nom in schemas}
    logements = tables["logements"]
    personnels = tables["menages"][list(schemas["menages"].champs)].drop(columns="id_logement")
    tables["menages"] = pd.concat([personnels, logements], axis=1)[logements["occupation"].eq("loue")]
    tables["attributions"]["id_logement"] = tirage.permutation(logements["id_logement"])
    devenirs = tirage.choice([*DEVENIRS, None], LIGNES)
    return tables | {nom: remplir("menages").assign(devenir=devenirs) for nom in TABLES_TIREES}


def _tirer(champ: Champ, annee: int, tirage: np.random.Generator) -> pd.Series:
    if champ.type == "date":
        jours = pd.to_timedelta(tirage.integers(0, 2200, LIGNES), unit="D")
        valeurs = pd.Series(pd.Timestamp(annee, 12, 31) - jours)
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
    bas, haut = (-np.inf if bornes[0] is None else bornes[0]), (np.inf if bornes[1] is None else bornes[1])
    etendues = ((0, 9), (10, 110), (annee - 90, annee + 1), (annee - 3, annee + 1))
    choix = np.stack([tirage.integers(debut, fin, LIGNES).astype(float) for debut, fin in etendues])
    rangs = np.argmax((choix >= bas) & (choix <= haut) & (tirage.random(choix.shape) < 0.5), axis=0)
    return np.clip(choix[rangs, np.arange(LIGNES)], bas, haut)
