"""L'étendue d'un écart : quels immeubles le portent, quelle part du quartier, combien d'indicateurs à la fois."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.vocabulaire import FORMES, QUARTIER, SECTEUR, SIGNALES

ANNEE = ["annee", "indicateur"]
#: Part de l'excès d'un territoire que ses immeubles signalés doivent porter pour qu'il soit dit concentré.
PART_CONCENTREE = 0.5


def mesurer_l_etendue(jugees: pd.DataFrame) -> pd.DataFrame:
    """Ajouter l'étendue à des territoires jugés.

    ``jugees`` : ``annee, niveau, territoire, indicateur, verdict, exces, quartier, secteur, bailleur`` (d'un immeuble).
    Rend les mêmes lignes et ``concordants``, ``immeubles``, ``porteurs``, ``bailleurs_concernes``, ``part_porteurs``,
    ``forme`` et ``part_quartier``.
    """
    signale = jugees["verdict"].isin(SIGNALES)
    cles = ["annee", "niveau", "territoire"]
    concordants = signale.groupby([jugees[c] for c in cles], observed=True).transform("sum").astype(int)
    table = jugees.assign(concordants=concordants, immeubles=0, porteurs=0, bailleurs_concernes=0, part_porteurs=np.nan)
    immeubles = table[table["niveau"].eq("immeuble")]
    for niveau in (SECTEUR, QUARTIER):
        table = _reunir(table, immeubles, niveau)
    carre = table["part_porteurs"].ge(PART_CONCENTREE)
    plus = table["exces"].gt(0) & table["immeubles"].gt(0)
    table["forme"] = np.select([plus & carre, plus], list(FORMES), "")
    return _part_du_quartier(table)


def _reunir(table: pd.DataFrame, immeubles: pd.DataFrame, niveau: str) -> pd.DataFrame:
    """Ce que les immeubles d'un secteur ou d'un quartier y portent."""
    cles = [*ANNEE, niveau]
    porteurs = immeubles[immeubles["verdict"].isin(SIGNALES)]
    comptes = (
        immeubles[immeubles["verdict"].ne("non_evaluable")].groupby(cles, observed=True).size().rename("immeubles")
    )
    portes = porteurs.groupby(cles, observed=True).agg(
        porteurs=("exces", "size"), porte=("exces", "sum"), bailleurs_concernes=("bailleur", "nunique")
    )
    trouves = pd.concat([comptes, portes], axis=1).rename_axis(cles).reset_index()
    trouves = trouves.rename(columns={niveau: "territoire"}).assign(niveau=niveau)
    lignes = table[["annee", "niveau", "territoire", "indicateur"]].merge(
        trouves, how="left", on=["annee", "niveau", "territoire", "indicateur"]
    )
    ici = table["niveau"].eq(niveau).to_numpy()
    for nom in ("immeubles", "porteurs", "bailleurs_concernes"):
        table[nom] = np.where(ici, lignes[nom].fillna(0), table[nom]).astype(int)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(table["exces"] > 0, lignes["porte"].fillna(0) / table["exces"], np.nan)
    table["part_porteurs"] = np.where(ici, part, table["part_porteurs"])
    return table


def _part_du_quartier(table: pd.DataFrame) -> pd.DataFrame:
    """La part de l'excès du quartier que porte chaque territoire ; manque si le quartier n'a pas d'excès."""
    quartiers = table[table["niveau"].eq("quartier")]
    exces = quartiers.set_index([*ANNEE, "territoire"])["exces"]
    du_quartier = exces.reindex(pd.MultiIndex.from_frame(table[[*ANNEE, "quartier"]])).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(du_quartier > 0, table["exces"] / du_quartier, np.nan)
    return table.assign(part_quartier=part)
