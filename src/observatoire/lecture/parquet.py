"""Lire un dépôt Parquet, ou un morceau de dépôt : en textes, comme un tableur, ou aux types de l'observatoire.

Les lignes d'un fichier Parquet, qui n'a pas de ligne d'en-tête, sont numérotées à partir de 1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt
from pyarrow import ipc

from observatoire.interdits.contenus import suspecte
from observatoire.lecture.bornes import hors_bornes, trop_gros
from observatoire.lecture.interdits import nommer_la_colonne
from observatoire.lecture.invisibles import en_a
from observatoire.lecture.malfacons import ERREURS_DE_TABLEUR
from observatoire.lecture.problemes import Probleme
from observatoire.lecture.refus import FichierIllisible, refuser
from observatoire.schemas import Champ, Schema

#: Un morceau de fichier (:mod:`observatoire.lecture.decoupe`), et sa colonne qui numérote les lignes du fichier entier.
SUFFIXE, LIGNE = ".morceau", "ligne du fichier"
#: Ce que lève un fichier qui n'est pas du Parquet, ou d'un genre qui n'est pas lu.
ILLISIBLE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeDecodeError)
CODE = pa.dictionary(pa.int32(), pa.string())
ANOMALIES = pa.array(["", *ERREURS_DE_TABLEUR], pa.large_string())


def lire_textes(chemin: Path) -> tuple[list[str], pd.DataFrame, np.ndarray]:
    """L'en-tête, les cellules en textes (vide = manquant) et le numéro de chaque ligne.

    Lève ``FichierIllisible`` si ce n'est pas un fichier Parquet, ou si une colonne n'est faite ni de textes, ni de
    nombres, ni de dates.
    """
    try:
        table, lignes = _ouvrir(chemin)
    except ILLISIBLE as erreur:
        phrase = "ce n'est pas un fichier Parquet lisible."
        raise FichierIllisible(Probleme("format", phrase, "Écrire de nouveau le fichier.")) from erreur
    entete = [nom.strip() for nom in table.column_names]
    types = enumerate(table.schema.types)
    refuser([_type_refuse(nommer_la_colonne(entete[rang], rang + 1)) for rang, t in types if not _simple(t)])
    cadre = pd.DataFrame({rang: _en_textes(colonne) for rang, colonne in enumerate(table.columns)})
    return entete, cadre, lignes


def _ouvrir(chemin: Path) -> tuple[pa.Table, np.ndarray]:
    if chemin.suffix == SUFFIXE:
        table = ipc.open_stream(pa.memory_map(str(chemin))).read_all()
        lignes, table = table[LIGNE].to_numpy(), table.drop_columns([LIGNE])
    else:
        fichier = pq.ParquetFile(chemin, pre_buffer=True)
        refuser(demesure(fichier))
        table = fichier.read(use_threads=False).replace_schema_metadata(None)
        lignes = np.arange(1, table.num_rows + 1)
    table.validate(full=True)  # un texte qui n'est pas en UTF-8 ne se verrait qu'en le citant
    return table, lignes


def demesure(fichier: pq.ParquetFile, morceaux: int = 1) -> list[Probleme]:
    """Ce que le fichier dit de sa taille, quand elle passe les bornes d'un dépôt, coupé en tant de morceaux."""
    groupes = range(fichier.metadata.num_row_groups)
    octets = sum(fichier.metadata.row_group(rang).total_byte_size for rang in groupes)
    lignes, colonnes = fichier.metadata.num_rows // morceaux, len(fichier.schema_arrow.names)
    return trop_gros(octets // morceaux) or hors_bornes(lignes, colonnes)


def _simple(type_: pa.DataType) -> bool:
    tests = (pt.is_string, pt.is_large_string, pt.is_integer, pt.is_floating, pt.is_decimal, pt.is_date,
             pt.is_timestamp, pt.is_boolean, pt.is_null)  # fmt: skip
    return any(test(_contenu(type_)) for test in tests)


def _contenu(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pt.is_dictionary(type_) else type_


def _type_refuse(nom: str) -> Probleme:
    return Probleme(
        "type",
        f"la colonne {nom} n'est faite ni de textes, ni de nombres, ni de dates.",
        "Écrire une valeur simple par cellule.",
    )


def _en_textes(colonne: pa.ChunkedArray) -> pd.Series:
    if pt.is_floating(colonne.type):
        colonne = pc.if_else(pc.is_nan(colonne), None, colonne)
    textes = pc.fill_null(colonne.cast(pa.string()), "")
    return pd.Series(pc.utf8_trim_whitespace(textes), dtype="str")


def lire_types(chemin: Path, schema: Schema) -> pd.DataFrame | None:
    """Les colonnes du schéma aux types de l'observatoire, codes en ``Categorical`` ; l'index est la ligne du fichier.

    ``None`` dès qu'un nom, un type ou un texte demande la lecture en textes, qui sait dire quoi.
    """
    try:
        table, lignes = _ouvrir(chemin)
        if not table.num_rows or not _prevue(table.column_names, schema):
            return None
        absente = pa.chunked_array([pa.nulls(table.num_rows)])
        presentes = {nom: table[nom] if nom in table.column_names else absente for nom in schema.champs}
        colonnes = {nom: _typer(presentes[nom], champ) for nom, champ in schema.champs.items()}
    except (*ILLISIBLE, FichierIllisible):  # ou un nombre, une date que les types de l'observatoire ne portent pas
        return None
    if any(colonne is None for colonne in colonnes.values()):
        return None
    return pa.table(colonnes).to_pandas().set_axis(lignes)


def _prevue(noms: list[str], schema: Schema) -> bool:
    absentes = set(schema.colonnes) - set(noms)
    prevues = len(set(noms)) == len(noms) and set(noms) <= set(schema.colonnes)
    return prevues and all(schema.champs[nom].facultative for nom in absentes)


def _typer(colonne: pa.ChunkedArray, champ: Champ) -> pa.ChunkedArray | None:
    type_ = colonne.type
    if champ.type == "string":
        return _typer_un_texte(colonne, champ)
    if champ.type == "date":
        return colonne.cast(pa.timestamp("us")) if pt.is_date(type_) or pt.is_null(type_) else None
    if pt.is_integer(type_) or pt.is_null(type_):
        return colonne.cast(pa.float64())
    if not pt.is_floating(type_):
        return None
    nombres = colonne.cast(pa.float64()).to_numpy()
    connus = nombres[~np.isnan(nombres)]
    if np.isinf(connus).any() or (champ.type == "integer" and (connus % 1).any()):
        return None
    return pa.chunked_array([pa.array(nombres, from_pandas=True)])


def _typer_un_texte(colonne: pa.ChunkedArray, champ: Champ) -> pa.ChunkedArray | None:
    if not any(test(_contenu(colonne.type)) for test in (pt.is_null, pt.is_string, pt.is_large_string)):
        return None
    if champ.unique or champ.nom == "id_logement":  # presque autant de valeurs que de lignes
        colonne = colonne.cast(pa.string())
        distinctes = colonne.chunks
    else:
        colonne = colonne if pt.is_dictionary(colonne.type) else colonne.cast(pa.string()).dictionary_encode()
        colonne = colonne.cast(CODE).unify_dictionaries()
        distinctes = [morceau.dictionary for morceau in colonne.chunks[:1]]  # tous ont le même
    return colonne if all(_propre(textes, champ) for textes in distinctes) else None


def _propre(textes: pa.Array, champ: Champ) -> bool:
    """Ni vide, ni espace autour, ni « #N/A » d'un tableur ; hors des valeurs énumérées, rien d'interdit ni d'invisible.

    Une valeur admise n'est pas interdite, et un nombre a ses bornes : seuls les autres textes sont à examiner.
    """
    textes = textes.cast(pa.large_string())
    if pc.any(pc.is_in(textes, value_set=ANOMALIES)).as_py():
        return False
    if pc.any(pc.not_equal(pc.utf8_trim_whitespace(textes), textes)).as_py():
        return False
    return bool(champ.admises) or not (en_a(textes) or suspecte(textes))
