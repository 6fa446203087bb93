"""Sommer un lot de dépôts : tel qu'il vient d'être préparé, ou relu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import catalogue
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
    """Comment sommer un lot d'une année ; voyage jusqu'au processus ou à la machine qui le somme."""

    config: Configuration
    regles: Regles
    baremes: Baremes
    vides: dict[str, pd.DataFrame]

    @property
    def dimensions(self) -> list[str]:
        """Voir :func:`grain`."""
        return grain(self.config)

    @property
    def utiles(self) -> set[str]:
        """Les colonnes qui servent, toutes tables confondues."""
        return {*DIMENSIONS, "champ_rpls", "annee", "commune", CLE}.union(*self.regles.lues.values())


def regler_les_lots(config: Configuration, vides: dict[int, dict[str, pd.DataFrame]]) -> dict[int, Reglages]:
    """Les réglages de chaque année. ``vides`` : année -> ses tables, sans aucune ligne."""
    baremes = lire_baremes(config.chemin("referentiels"))
    reglages = {}
    for annee, tables in vides.items():
        situees = {nom: ajouter_la_ville(nom, table, config) for nom, table in tables.items()}
        regles = lire_regles(catalogue().values(), situees, annee, baremes)
        reglages[annee] = Reglages(config, regles, baremes, situees)
    return reglages


@dataclass(frozen=True)
class LotSomme:
    """Ce que rend un lot : ses sommes, et ses logements connus par cellule."""

    sommes: Sommes
    connus: pd.DataFrame


def sommer_lot(lot: LotPrepare, par_annee: dict[int, Reglages]) -> LotSomme:
    """Lire un lot et en prendre toutes les sommes."""
    reglages = par_annee[lot.annee]
    return _sommer(lire_lot(lot, reglages.utiles), reglages)


def sommeur(config: Configuration) -> Callable[[int, dict[str, pd.DataFrame]], LotSomme]:
    """De quoi sommer un lot, l'année et les tables qui viennent d'en être préparées, sans les relire."""
    schemas = lire_schemas(config.chemin("schemas"))
    vides = {nom: table_vide(nom, schemas[nom], schemas) for nom in TABLES}
    vides |= {nom: table_tiree_vide(nom, schemas) for nom in TABLES_TIREES}
    return partial(_sommer_prepare, regler_les_lots(config, dict.fromkeys(config.annees, vides)))


def _sommer_prepare(par_annee: dict[int, Reglages], annee: int, tables: dict[str, pd.DataFrame]) -> LotSomme:
    reglages = par_annee[annee]
    return _sommer(coder_lot(tables, reglages.utiles), reglages)


def _sommer(lues: dict[str, pd.DataFrame], reglages: Reglages) -> LotSomme:
    tables = reglages.vides | {nom: ajouter_la_ville(nom, table, reglages.config) for nom, table in lues.items()}
    dimensions = reglages.dimensions
    return LotSomme(
        sommer_selon(reglages.regles, tables, reglages.baremes, dimensions),
        compter_le_parc(tables["logements"], dimensions),
    )


def compter_le_parc(logements: pd.DataFrame, dimensions: list[str]) -> pd.DataFrame:
    """Les logements connus de chaque cellule : ``dimensions`` et ``connus``."""
    groupe, cellules = ranger(logements, dimensions)
    return cellules.assign(connus=np.bincount(groupe, minlength=len(cellules)).astype(np.int64))
