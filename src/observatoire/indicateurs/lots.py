"""Sommer un lot de dépôts : tel qu'il vient d'être préparé, ou relu."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.cles import COLONNE as CLE
from observatoire.configuration import TABLES, TABLES_TIREES, Configuration
from observatoire.couverture import DIMENSIONS, dimensions_de, ranger
from observatoire.indicateurs.evaluation import croisements
from observatoire.indicateurs.prepares import LotPrepare, ajouter_la_ville, coder_lot, lire_lot
from observatoire.indicateurs.sommes import Regles, Sommes, lire_regles, sommer_selon
from observatoire.lecture.devenirs import table_tiree_vide
from observatoire.lecture.tables import table_vide
from observatoire.schemas import lire_schemas


def grain(config: Configuration) -> list[str]:
    """Les dimensions du grain le plus fin qu'un niveau demande."""
    voulues = {cle for croisement in croisements(config) for cle in croisement.cles} | {"bailleur", config.tout[0]}
    return [d for d in dimensions_de(config) if d in voulues]


@dataclass(frozen=True)
class Reglages:
    """Comment sommer un lot d'une année ; voyage jusqu'au processus ou à la machine qui le somme.

    ``dimensions`` : ce selon quoi l'on somme ; ``vides`` : les tables de l'année, sans aucune ligne.
    """

    config: Configuration
    regles: Regles
    baremes: Baremes
    vides: dict[str, pd.DataFrame]
    dimensions: list[str]

    def utiles(self, *autres: str) -> set[str]:
        """Les colonnes qui servent, toutes tables confondues, et ``autres``."""
        fixes = {*self.dimensions, "champ_rpls", "annee", "commune", CLE, *autres}
        return fixes.union(*self.regles.lues.values())

    def situer(self, lues: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Les tables lues d'un lot, dans leur ville ; vides, celles qu'il n'a pas."""
        return self.vides | _situer(lues, self.config)


def regler(
    config: Configuration,
    indicateurs: Iterable[Indicateur],
    baremes: Baremes,
    vides: dict[int, dict[str, pd.DataFrame]],
    dimensions: list[str],
) -> dict[int, Reglages]:
    """Les réglages de chaque année. ``vides`` : année -> ses tables, sans aucune ligne."""
    situees = {annee: _situer(tables, config) for annee, tables in vides.items()}
    regles = {annee: lire_regles(indicateurs, tables, annee, baremes) for annee, tables in situees.items()}
    return {a: Reglages(config, regles[a], baremes, tables, dimensions) for a, tables in situees.items()}


def regler_les_lots(config: Configuration, vides: dict[int, dict[str, pd.DataFrame]]) -> dict[int, Reglages]:
    """De même, pour tout le catalogue."""
    return regler(config, catalogue().values(), lire_baremes(config.chemin("referentiels")), vides, grain(config))


def _situer(tables: dict[str, pd.DataFrame], config: Configuration) -> dict[str, pd.DataFrame]:
    return {nom: ajouter_la_ville(nom, table, config) for nom, table in tables.items()}


@dataclass(frozen=True)
class LotSomme:
    """Ce que rend un lot : ses sommes, et ses logements connus par cellule."""

    sommes: Sommes
    connus: pd.DataFrame


def sommer_lot(lot: LotPrepare, par_annee: dict[int, Reglages]) -> LotSomme:
    """Lire un lot et en prendre toutes les sommes."""
    reglages = par_annee[lot.annee]
    return _sommer(lire_lot(lot, reglages.utiles(*DIMENSIONS)), reglages)


def sommeur(config: Configuration) -> Callable[[int, dict[str, pd.DataFrame]], LotSomme]:
    """De quoi sommer un lot, l'année et les tables qui viennent d'en être préparées, sans les relire."""
    schemas = lire_schemas(config.chemin("schemas"))
    vides = {nom: table_vide(nom, schemas[nom], schemas) for nom in TABLES}
    vides |= {nom: table_tiree_vide(nom, schemas) for nom in TABLES_TIREES}
    return partial(_sommer_prepare, regler_les_lots(config, dict.fromkeys(config.annees, vides)))


def _sommer_prepare(par_annee: dict[int, Reglages], annee: int, tables: dict[str, pd.DataFrame]) -> LotSomme:
    reglages = par_annee[annee]
    return _sommer(coder_lot(tables, reglages.utiles(*DIMENSIONS)), reglages)


def _sommer(lues: dict[str, pd.DataFrame], reglages: Reglages) -> LotSomme:
    tables, dimensions = reglages.situer(lues), reglages.dimensions
    return LotSomme(
        sommer_selon(reglages.regles, tables, reglages.baremes, dimensions),
        compter_le_parc(tables["logements"], dimensions),
    )


def compter_le_parc(logements: pd.DataFrame, dimensions: list[str]) -> pd.DataFrame:
    """Les logements connus de chaque cellule : ``dimensions`` et ``connus``."""
    groupe, cellules = ranger(logements, dimensions)
    return cellules.assign(connus=np.bincount(groupe, minlength=len(cellules)).astype(np.int64))
