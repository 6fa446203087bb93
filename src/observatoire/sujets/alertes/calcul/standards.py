"""Ce que la publication relit pour refaire les attendus : ``prepare/strates.parquet``.

Une ligne par année, immeuble et strate. Les répondants y sont comptés ligne à ligne ; ce qui est observé, et les clés,
ne le sont que par strate du territoire le plus large (le quartier) : la première ligne de chacune les porte, les autres
ont zéro. Rien n'est donc gardé de plus fin que ce dont un attendu a besoin.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.cles import MODULE
from observatoire.couverture import ranger
from observatoire.indicateurs.sommes import Sommes
from observatoire.rangement import lire_preparee
from observatoire.sujets.alertes.calcul.attendus import reunir
from observatoire.sujets.alertes.calcul.regles import Regles
from observatoire.sujets.alertes.calcul.strates import SEUL, SOMMEES, STRATE
from observatoire.sujets.alertes.tables import STRATES
from observatoire.vocabulaire import EMBOITES, QUARTIER, SECTEUR

#: Sépare, dans un nom de colonne, le code d'un indicateur et ce qui en est compté.
_DE = " "
_PAR_LIGNE = "denominateur"


def garder(sommes: Sommes, regles: Regles) -> pd.DataFrame:
    """Une année de ``strates.parquet`` : les lieux, la strate et une colonne par indicateur et par rôle."""
    lieux = [d for d in (*EMBOITES, "bailleur", STRATE) if d in sommes.cellules]
    *fins, large = (sommes.cellules[nom].astype("str") for nom in lieux if nom in EMBOITES)
    for fin in reversed(fins):
        large = large.fillna(SEUL + fin)
    groupe, distincts = ranger(pd.DataFrame({"large": large, STRATE: sommes.cellules[STRATE]}), ["large", STRATE])
    premieres = np.unique(groupe, return_index=True)[1]
    colonnes = {}
    for code in regles.indicateurs:
        for role in SOMMEES:
            valeurs = sommes.role(code, role)
            valeurs = np.zeros(len(groupe)) if valeurs is None else valeurs
            if role != _PAR_LIGNE:
                reunies = reunir(valeurs[:, None], groupe, len(distincts))[:, 0]
                valeurs = np.zeros(len(groupe))
                valeurs[premieres] = reunies % MODULE if role.endswith("_cle") else reunies
            colonnes[f"{code}{_DE}{role}"] = valeurs
    table = pd.DataFrame(colonnes)
    entieres = {nom: np.int32 for nom, valeurs in colonnes.items() if (valeurs == np.rint(valeurs)).all()}
    return pd.concat([sommes.cellules[lieux].astype("str"), table.astype(entieres)], axis=1)


def reunir_les_annees(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Toutes les années ; ce qu'une année ne compte pas y vaut zéro."""
    if not tables:
        return pd.DataFrame({"annee": pd.Series(dtype="int64"), STRATE: pd.Series(dtype="str")})
    reunies = pd.concat(tables, ignore_index=True)
    comptes = [nom for nom in reunies if _DE in nom]
    return reunies.assign(**reunies[comptes].fillna(0))


def relire(prepare: Path) -> dict[int, Sommes]:
    """Année -> ce que :func:`garder` en a gardé."""
    table = lire_preparee(STRATES, prepare)
    comptes = [nom for nom in table if _DE in nom]
    lieux = table.columns.drop([*comptes, "annee"])
    colonnes = [tuple(nom.split(_DE)) for nom in comptes]
    return {
        int(annee): Sommes(t[lieux].reset_index(drop=True), t[comptes].to_numpy(float), colonnes)
        for annee, t in table.groupby("annee")
    }


def anonymiser(table: pd.DataFrame, gardes: set[str]) -> pd.DataFrame:
    """Fondre les immeubles qui ne sont pas ``gardes`` en un seul, sans nom, par secteur (à défaut, par quartier)."""
    if "immeuble" not in table:
        return table
    comptes = [nom for nom in table if _DE in nom]
    lieux = [nom for nom in table if nom not in comptes]
    sans_nom = pd.Series(SEUL, table.index, dtype="str")
    for nom in (QUARTIER, SECTEUR):
        sans_nom = (SEUL + table[nom]).fillna(sans_nom) if nom in table else sans_nom
    garde = table["immeuble"].isin(gardes)
    fondue = table.assign(
        immeuble=table["immeuble"].where(garde, sans_nom), bailleur=table["bailleur"].where(garde, SEUL)
    )
    return fondue.groupby(lieux, dropna=False, sort=False, as_index=False)[comptes].sum()
