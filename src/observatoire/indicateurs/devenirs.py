"""Les devenirs d'une année dont l'année d'avant va être purgée : leurs sommes restent, sans aucune ligne de ménage."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.configuration import Configuration
from observatoire.conserves import (
    DEVENIRS_SUIVANTS,
    a_encore_ses_menages,
    annees_conservees,
    dossier_conserve,
    lire_conserve,
)
from observatoire.indicateurs.lots import LotSomme, regler_les_lots, sommer_lot
from observatoire.indicateurs.prepares import LotPrepare, lots_prepares, tables_vides
from observatoire.indicateurs.sommes import Sommes, additionner

TABLE = "devenirs"


def sommes_des_devenirs(config: Configuration, annee: int, immeubles: set[str]) -> pd.DataFrame:
    """Les sommes qui se tirent des seuls devenirs d'une année : une colonne par dimension, puis par « code|rôle ».

    Seuls ces ``immeubles`` gardent leur nom ; le compte des autres reste dans leur secteur et leur quartier.
    """
    lots = lots_prepares(config.chemin("prepare"), annee)
    reglages = regler_les_lots(config, {annee: tables_vides(lots)})
    siens = [LotPrepare(annee, lot.nom, {TABLE: lot.sources[TABLE]}) for lot in lots if TABLE in lot.sources]
    sommes = additionner([sommer_lot(lot, reglages).sommes for lot in siens], reglages[annee].dimensions)
    cellules = sommes.cellules.astype("str")
    if "immeuble" in cellules:
        cellules["immeuble"] = cellules["immeuble"].where(cellules["immeuble"].isin(immeubles))
    comptes = pd.DataFrame(sommes.valeurs, columns=["|".join(colonne) for colonne in sommes.colonnes])
    table = pd.concat([cellules, comptes], axis=1)
    return table.groupby(list(cellules), dropna=False, sort=False, as_index=False).sum()


def lots_conserves(config: Configuration, annee: int, dimensions: list[str]) -> list[LotSomme]:
    """Les devenirs d'une année dont l'année d'avant est purgée : un lot, ou aucun."""
    fichier = dossier_conserve(config, annee - 1) / f"{DEVENIRS_SUIVANTS}.parquet"
    purgee = annee - 1 in annees_conservees(config) and not a_encore_ses_menages(config, annee - 1)
    if not purgee or not fichier.is_file():
        return []
    table = lire_conserve(config, annee - 1, DEVENIRS_SUIVANTS)
    colonnes = [c for c in table if "|" in c]
    vide = pd.DataFrame(columns=[*dimensions, "connus"])
    sommes = Sommes(
        table.reindex(columns=dimensions), table[colonnes].to_numpy(np.float64), [tuple(c.split("|")) for c in colonnes]
    )
    return [LotSomme(sommes, vide)] if len(table) else []
