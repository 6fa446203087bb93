"""Lire un dépôt Parquet : comme des textes, à la façon d'un tableur, ou directement aux types de l'observatoire.

Les lignes sont numérotées à partir de 1 : un fichier Parquet n'a pas de ligne d'en-tête.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from observatoire.lecture.bornes import hors_bornes, trop_gros
from observatoire.lecture.malfacons import ERREURS_DE_TABLEUR
from observatoire.lecture.problemes import Probleme, citer
from observatoire.schemas import Champ, Schema

#: Colonne d'un morceau de fichier : le numéro de chaque ligne dans le fichier entier.
LIGNE = "ligne du fichier"
#: Ce que lève un fichier qui n'est pas du Parquet, ou d'un genre qui n'est pas lu.
ILLISIBLE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeDecodeError)
CODE = pa.dictionary(pa.int32(), pa.string())
ANOMALIES = pa.array(["", *ERREURS_DE_TABLEUR])


def lire_textes(chemin: Path, morceau: bool = False) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """L'en-tête, les cellules en textes (vide = manquant) et le numéro de chaque ligne.

    ``morceau`` : le fichier est un morceau, coupé par nous, où la colonne :data:`LIGNE` numérote les lignes.
    Lève ``FichierIllisible`` si ce n'est pas un fichier Parquet, ou si une colonne n'est faite ni de textes, ni de
    nombres, ni de dates.
    """
    from observatoire.lecture.fichiers import FichierIllisible, refuser

    try:
        fichier = pq.ParquetFile(chemin)
        refuser(demesure(fichier))
        table = fichier.read()
    except ILLISIBLE as erreur:
        phrase = "ce n'est pas un fichier Parquet lisible."
        raise FichierIllisible(Probleme("format", phrase, "Écrire de nouveau le fichier.")) from erreur
    lignes = table[LIGNE].to_numpy() if morceau else np.arange(1, table.num_rows + 1)
    table = table.drop_columns([LIGNE]) if morceau else table
    entete = [nom.strip() for nom in table.column_names]
    illisibles = [nom for nom, type_ in zip(entete, table.schema.types, strict=True) if not _simple(type_)]
    if illisibles:
        raise FichierIllisible(*(_type_refuse(nom) for nom in illisibles))
    cadre = pd.DataFrame({rang: _en_textes(colonne) for rang, colonne in enumerate(table.columns)})
    return entete, cadre, lignes


def demesure(fichier: pq.ParquetFile) -> list[Probleme]:
    """Ce que le fichier dit de sa taille, quand elle passe les bornes d'un dépôt."""
    groupes = range(fichier.metadata.num_row_groups)
    octets = sum(fichier.metadata.row_group(rang).total_byte_size for rang in groupes)
    return trop_gros(octets) or hors_bornes(fichier.metadata.num_rows, len(fichier.schema_arrow.names))


def _simple(type_: pa.DataType) -> bool:
    contenu = type_.value_type if pt.is_dictionary(type_) else type_
    tests = (pt.is_string, pt.is_large_string, pt.is_integer, pt.is_floating, pt.is_decimal, pt.is_date,
             pt.is_timestamp, pt.is_boolean, pt.is_null)  # fmt: skip
    return any(test(contenu) for test in tests)


def _type_refuse(nom: str) -> Probleme:
    return Probleme(
        "type",
        f"la colonne {citer(nom)} n'est faite ni de textes, ni de nombres, ni de dates.",
        "Écrire une valeur simple par cellule.",
    )


def _en_textes(colonne: pa.ChunkedArray) -> pd.Series:
    if pt.is_floating(colonne.type):
        colonne = pc.if_else(pc.is_nan(colonne), None, colonne)
    textes = pc.fill_null(colonne.cast(pa.string()), "")
    return pd.Series(pc.utf8_trim_whitespace(textes), dtype="str")


def lire_types(chemins: list[Path], schema: Schema, morceaux: bool = False) -> tuple[pa.Table, list[int]] | None:
    """Les colonnes du schéma, fichiers l'un sous l'autre, aux types de l'observatoire ; et la taille de chaque fichier.

    Codes en :data:`CODE`, identifiants en textes, ``double``, ``timestamp``. ``morceaux`` : voir :func:`lire_textes`.
    ``None`` dès qu'un nom, un type ou un texte demande la lecture complète, qui sait dire quoi.
    """
    try:
        return _lire_types(chemins, schema, morceaux)
    except pa.ArrowInvalid:  # un nombre ou une date que les types de l'observatoire ne peuvent pas porter
        return None


def _lire_types(chemins: list[Path], schema: Schema, morceaux: bool) -> tuple[pa.Table, list[int]] | None:
    lues = [_ouvrir(chemin, schema, morceaux) for chemin in chemins]
    if any(lue is None for lue in lues):
        return None
    semblables = all(lue.schema.equals(lues[0].schema) for lue in lues)
    if not semblables:
        lues = [_typer_table(lue, schema) for lue in lues]
        if any(lue is None for lue in lues):
            return None
    table = _typer_table(pa.concat_tables(lues).unify_dictionaries(), schema)
    return None if table is None else (table, [lue.num_rows for lue in lues])


def _ouvrir(chemin: Path, schema: Schema, morceau: bool) -> pa.Table | None:
    try:
        fichier = pq.ParquetFile(chemin, pre_buffer=True)
        noms = [nom for nom in fichier.schema_arrow.names if not (morceau and nom == LIGNE)]
        if demesure(fichier):
            return None
        absentes = set(schema.colonnes) - set(noms)
        prevues = len(set(noms)) == len(noms) and set(noms) <= set(schema.colonnes)
        if not prevues or not fichier.metadata.num_rows or not all(schema.champs[n].facultative for n in absentes):
            return None
        return fichier.read(noms, use_threads=False).replace_schema_metadata(None)
    except ILLISIBLE:
        return None


def numeros(morceau: Path) -> np.ndarray:
    """Le numéro, dans le fichier entier, de chaque ligne d'un morceau."""
    return pq.ParquetFile(morceau).read([LIGNE])[LIGNE].to_numpy()


def _typer_table(table: pa.Table, schema: Schema) -> pa.Table | None:
    colonnes = {}
    for nom, champ in schema.champs.items():
        colonne = table[nom] if nom in table.column_names else pa.chunked_array([pa.nulls(table.num_rows)])
        colonnes[nom] = _typer(colonne, champ, est_identifiant(champ))
        if colonnes[nom] is None:
            return None
    return pa.table(colonnes)


def est_identifiant(champ: Champ) -> bool:
    """La colonne a-t-elle presque autant de valeurs que de lignes ? Un dictionnaire n'y gagnerait rien."""
    return champ.unique or champ.nom == "id_logement"


def _typer(colonne: pa.ChunkedArray, champ: Champ, identifiant: bool):
    type_ = colonne.type
    if champ.type == "string":
        return _texte(colonne, identifiant)
    if champ.type == "date":
        if pt.is_date(type_) or pt.is_null(type_):
            return colonne.cast(pa.timestamp("us"))
        return None
    if pt.is_integer(type_) or pt.is_null(type_):
        return colonne.cast(pa.float64())
    if not pt.is_floating(type_):
        return None
    nombres = colonne.cast(pa.float64()).to_numpy()
    if champ.type == "number" and np.isfinite(np.nansum(nombres)):
        return pa.chunked_array([pa.array(nombres, from_pandas=True)])
    connus = nombres[~np.isnan(nombres)]
    if np.isinf(connus).any() or (champ.type == "integer" and (connus % 1).any()):
        return None
    return pa.chunked_array([pa.array(nombres, from_pandas=True)])


def _texte(colonne: pa.ChunkedArray, identifiant: bool):
    type_ = colonne.type
    if pt.is_null(type_):
        return colonne.cast(pa.string()).cast(CODE) if not identifiant else colonne.cast(pa.string())
    contenu = type_.value_type if pt.is_dictionary(type_) else type_
    if not (pt.is_string(contenu) or pt.is_large_string(contenu)):
        return None
    if identifiant:
        colonne = colonne.cast(pa.string())
        morceaux = colonne.chunks
    else:
        colonne = colonne if pt.is_dictionary(type_) else colonne.dictionary_encode()
        colonne = colonne.cast(CODE).unify_dictionaries()
        morceaux = [morceau.dictionary for morceau in colonne.chunks[:1]]  # tous ont le même
    return colonne if all(_propre(morceau) for morceau in morceaux) else None


def _propre(textes: pa.Array) -> bool:
    """Ni vide, ni espace autour, ni « #N/A » d'un tableur."""
    if pc.any(pc.is_in(textes, value_set=ANOMALIES)).as_py():
        return False
    return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(textes), textes)).as_py()
