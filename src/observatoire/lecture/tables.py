"""Les tables préparées : identifiants uniques entre bailleurs, et le territoire de chaque ligne."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import union_categoricals

from observatoire.cles import COLONNE, attribuer
from observatoire.configuration import Bailleur
from observatoire.lecture.liens import rangs
from observatoire.lecture.parts import Outils
from observatoire.lecture.renumerotations import Renumerotations
from observatoire.schemas import NON_RENSEIGNE, Schema
from observatoire.vocabulaire import IMMEUBLE, QPV, QUARTIER, SECTEUR

TERRITOIRE = [IMMEUBLE, SECTEUR, QUARTIER, QPV]
SITUE_EN_QPV = {"oui": "en_qpv", "non": "hors_qpv"}
DU_LOGEMENT = [
    "nb_pieces", "surface_m2", "loyer_eur", "financement", "annee_construction", "annee_premiere_location", "dpe",
    "date_bail",
]  # fmt: skip
HORS = pd.DataFrame(
    {"annee": pd.Series(dtype="int64"), **{c: pd.Series(dtype="str") for c in ("bailleur", "immeuble", "motif")}}
)


def reunir(
    morceaux: list[tuple[Bailleur, pd.DataFrame]], annee: int, schema: Schema, renumerotations: Renumerotations
) -> pd.DataFrame:
    """Les dépôts acceptés d'une table, l'un sous l'autre, identifiants rendus uniques entre bailleurs et années."""
    tables = [_signer(donnees, qui, annee, renumerotations) for qui, donnees in morceaux]
    siens = [_codes(table) for table in tables]
    communs = set.intersection(*siens)
    codes = {nom: pd.Series(union_categoricals([table[nom].array for table in tables])) for nom in communs}
    autres = [
        table.drop(columns=communs).astype(dict.fromkeys(leurs - communs, "str"))
        for table, leurs in zip(tables, siens, strict=True)
    ]
    colonnes = dict.fromkeys(nom for table in tables for nom in table)
    return sans_nr(pd.concat(autres, ignore_index=True).assign(**codes)[list(colonnes)], schema)


def _signer(donnees: pd.DataFrame, qui: Bailleur, annee: int, renumerotations: Renumerotations) -> pd.DataFrame:
    code = pd.Series(qui.code, index=donnees.index, dtype="category" if _codes(donnees) else "str")
    bailleur = code if qui.est_bailleur else pd.Series(np.nan, index=donnees.index, dtype="str")
    siennes = donnees.assign(annee=annee, deposant=code, bailleur=bailleur, champ_rpls=not qui.hors_rpls)
    for nom, unique in (("id_immeuble", "immeuble"), ("id_logement", "id_logement")):
        if nom in donnees:
            siennes[unique] = np.nan
            if qui.est_bailleur:
                siennes[unique] = renumerotations.d_origine(donnees[nom], qui.code, nom, annee)
    return siennes


def _codes(table: pd.DataFrame) -> set[str]:
    """Les colonnes qu'un dictionnaire tient en mémoire ; un dépôt lu en textes n'en a pas."""
    return {nom for nom, type_ in table.dtypes.items() if isinstance(type_, pd.CategoricalDtype)}


def sans_nr(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """« nr » devient manquant, dans les colonnes qui l'admettent."""
    for nom, champ in schema.champs.items():
        if champ.admet_nr:
            colonne = table[nom]
            if not isinstance(colonne.dtype, pd.CategoricalDtype):
                table[nom] = colonne.mask(colonne.eq(NON_RENSEIGNE))
            elif NON_RENSEIGNE in colonne.cat.categories:
                table[nom] = colonne.cat.remove_categories(NON_RENSEIGNE)
    return table


def preparer_tables(tables: dict[str, pd.DataFrame], outils: Outils) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Les tables réunies, rattachées à leur territoire, chaque ligne avec sa clé ; et les immeubles hors quartier.

    Les tables dont les autres dépendent (``immeubles``, ``logements``) doivent y être, pour les mêmes bailleurs.
    """
    hors = HORS
    if "immeubles" in tables:
        immeubles = tables["immeubles"]
        places = outils.rattacher(immeubles)
        tables["immeubles"] = immeubles.drop(columns="commune", errors="ignore").assign(
            quartier=places["quartier"], secteur=places["secteur"], qpv=_traduire(immeubles["qpv"], SITUE_EN_QPV)
        )
        hors = tables["immeubles"].assign(motif=places["motif"])
        hors = hors.loc[hors["motif"].notna(), ["annee", "bailleur", "immeuble", "motif"]]
    for nom in ("logements", "signalements"):
        if nom in tables:
            tables[nom] = _par_immeuble(tables[nom], tables["immeubles"])
    for nom in ("menages", "attributions"):
        if nom in tables:
            tables[nom] = _par_logement(tables[nom], tables["logements"], complet=nom == "menages")
    return {nom: attribuer(nom, _completer(nom, table), outils.cle) for nom, table in tables.items()}, hors


def _traduire(colonne: pd.Series, noms: dict[str, str]) -> pd.Series:
    if isinstance(colonne.dtype, pd.CategoricalDtype):
        return colonne.cat.rename_categories(noms)
    return colonne.map(noms).astype("str")


def rapporter(table: pd.DataFrame, colonnes: list[str], places: np.ndarray, index: pd.Index) -> dict[str, pd.Series]:
    """Les colonnes de ``table`` à chacune des places ; manquantes à la place -1."""
    return {c: pd.Series(table[c].array.take(places, allow_fill=True), index=index) for c in colonnes}


def _par_immeuble(table: pd.DataFrame, immeubles: pd.DataFrame) -> pd.DataFrame:
    places = rapporter(
        immeubles, [SECTEUR, QUARTIER, QPV], rangs(immeubles["immeuble"], table["immeuble"]), table.index
    )
    if "qpv" in table:  # le RPLS dit le QPV logement par logement
        places["qpv"] = _traduire(table["qpv"], SITUE_EN_QPV).fillna(places["qpv"])
    return table.assign(**places)


def _par_logement(table: pd.DataFrame, logements: pd.DataFrame, complet: bool) -> pd.DataFrame:
    """Le territoire du logement ; ``complet`` : une ligne par logement loué des bailleurs qui ont déposé la table.

    Un logement loué sans ménage décrit reste, toutes ses colonnes de ménage manquantes : c'est un non-répondant.
    """
    if not complet:
        places = rangs(logements["id_logement"], table["id_logement"])
        return table.assign(**rapporter(logements, TERRITOIRE, places, table.index))
    communes = ["id_logement", *TERRITOIRE, *DU_LOGEMENT, "annee", "deposant", "bailleur", "champ_rpls"]
    retenus = logements["occupation"].eq("loue") & logements["deposant"].isin(table["deposant"].unique())
    loues = logements.loc[retenus, communes].reset_index(drop=True)
    propres = [c for c in table if c not in communes]
    places = rangs(table["id_logement"], loues["id_logement"])
    return loues.assign(**rapporter(table, propres, places, loues.index))


def _completer(nom: str, table: pd.DataFrame) -> pd.DataFrame:
    """Toute table a les colonnes de territoire ; manquantes là où elles n'ont pas de sens."""
    if nom == "demandes":
        table = table.assign(quartier=table["quartier_souhaite"])
    absentes = [c for c in (*TERRITOIRE, "bailleur") if c not in table]
    vide = pd.Series(np.nan, index=table.index, dtype="str")
    return table.assign(**dict.fromkeys(absentes, vide))


def table_vide(nom: str, schema: Schema, schemas: dict[str, Schema]) -> pd.DataFrame:
    """La table d'une année où personne ne l'a déposée : aucune ligne, les mêmes colonnes et les mêmes types."""
    types = {"number": "float64", "integer": "float64", "date": "datetime64[us]"}
    champs = {c: schemas["logements"].champs[c] for c in DU_LOGEMENT} if nom == "menages" else {}
    champs |= schema.champs
    colonnes = {c: types.get(champ.type, "str") for c, champ in champs.items()}
    ajoutees = {
        "annee": "int64",
        "deposant": "str",
        "champ_rpls": "bool",
        COLONNE: "int32",
        **dict.fromkeys([*TERRITOIRE, "bailleur"], "str"),
    }
    return pd.DataFrame({c: pd.Series(dtype=t) for c, t in {**colonnes, **ajoutees}.items()})


def ecrire_table(table: pd.DataFrame, chemin: Path) -> None:
    """Écrire un fichier Parquet où un code, tenu en mémoire par un dictionnaire ou non, est du texte ordinaire."""
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    champs = [c.with_type(_type_ecrit(c.type)) for c in arrow.schema]
    codes = [c.name for c in champs if pa.types.is_dictionary(c.type) or c.name in ("qpv", "quartier", "deposant")]
    pq.write_table(
        arrow.cast(pa.schema(champs)), chemin, store_schema=False, use_dictionary=codes, write_statistics=False
    )


def _type_ecrit(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(type_):
        return pa.dictionary(pa.int32(), pa.string())
    return pa.string() if pa.types.is_large_string(type_) or pa.types.is_null(type_) else type_
