"""Lire les tables préparées, un lot à la fois, avec les seules colonnes utiles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from observatoire.communes import HORS_COMMUNE
from observatoire.configuration import TABLES, TABLES_TIREES, Configuration
from observatoire.couverture import coder

#: Presque autant de valeurs que de lignes : un dictionnaire n'y gagnerait rien.
IDENTIFIANTS = {"id_logement", "id_demande", "id_programme"}


@dataclass(frozen=True)
class LotPrepare:
    """Les fichiers d'un lot d'une année : table -> chemin, ou le contenu du fichier quand il voyage.

    ``nom`` : celui de ses fichiers ; vide quand chaque table est un seul fichier.
    """

    annee: int
    nom: str
    sources: dict[str, Path | bytes]

    def emporter(self) -> LotPrepare:
        """Le même lot, dont les fichiers sont des octets : il peut être lu sur une autre machine."""
        return LotPrepare(
            self.annee, self.nom, {nom: Path(source).read_bytes() for nom, source in self.sources.items()}
        )


def lots_prepares(prepare: Path, annee: int) -> list[LotPrepare]:
    """Les lots d'une année : une table est un fichier, ou un dossier d'un fichier par lot."""
    lots: dict[str, dict[str, Path]] = {}
    for nom in (*TABLES, *TABLES_TIREES):
        chemin = prepare / "tables" / str(annee) / f"{nom}.parquet"
        for fichier in sorted(chemin.iterdir()) if chemin.is_dir() else [chemin]:
            lots.setdefault(fichier.name if chemin.is_dir() else "", {})[nom] = fichier
    return [LotPrepare(annee, nom, lots[nom]) for nom in sorted(lots)]


def lire_lot(lot: LotPrepare, utiles: set[str]) -> dict[str, pd.DataFrame]:
    """Les tables d'un lot, colonnes ``utiles`` seulement, codes en ``Categorical``."""
    return {nom: _lire_source(source, utiles) for nom, source in lot.sources.items()}


def coder_lot(tables: dict[str, pd.DataFrame], utiles: set[str]) -> dict[str, pd.DataFrame]:
    """Des tables qui viennent d'être préparées, telles que :func:`lire_lot` les relirait."""
    return {nom: _coder(table[[c for c in table if c in utiles]]) for nom, table in tables.items()}


def _coder(table: pd.DataFrame) -> pd.DataFrame:
    textes = [c for c in table if c not in IDENTIFIANTS and pd.api.types.is_string_dtype(table[c].dtype)]
    return table.astype(dict.fromkeys(textes, "category"))


def _lire_source(source: Path | bytes, utiles: set[str]) -> pd.DataFrame:
    flux = pa.BufferReader(source) if isinstance(source, bytes) else source
    schema = pq.read_schema(flux)
    textes = [c.name for c in schema if pa.types.is_string(c.type) or pa.types.is_large_string(c.type)]
    codes = [nom for nom in textes if nom in utiles and nom not in IDENTIFIANTS]
    if isinstance(source, bytes):
        flux = pa.BufferReader(source)
    fichier = pq.ParquetFile(flux, read_dictionary=codes, pre_buffer=True)
    table = fichier.read([nom for nom in schema.names if nom in utiles], use_threads=False)
    return table.unify_dictionaries().combine_chunks().to_pandas()


def ajouter_la_ville(nom: str, table: pd.DataFrame, config: Configuration) -> pd.DataFrame:
    """Ajouter ``ville`` et, avec des communes, ``agglomeration`` ; et ``dans_ville`` aux programmes.

    ``ville`` est celle du territoire ou, dans une agglomération, celle du quartier (d'un programme : la sienne).
    ``dans_ville`` : le programme est dans le territoire (toute commune, quand chacune est un quartier).
    """
    niveau, code = config.tout
    tout = pd.Categorical.from_codes([0] * len(table), [code])
    ajouts = {niveau: tout}
    if config.communes:
        siennes = nom == "programmes"
        ajouts = {"ville": _communes(table["commune" if siennes else "quartier"], config, siennes), **ajouts}
    if nom == "programmes" and "commune" in table:
        retenues = config.communes_retenues
        ajouts["dans_ville"] = table["commune"].notna() if retenues is None else table["commune"].isin(retenues)
    return table.assign(**ajouts)


def _communes(codes: pd.Series, config: Configuration, siennes: bool) -> pd.Categorical:
    """La commune de chaque ligne, d'après son quartier ou la sienne ; manquante hors de l'agglomération."""
    rangs, noms = coder(codes)
    lieux = [*config.communes_retenues, HORS_COMMUNE]
    trouvees = noms if siennes else [config.commune_du_quartier.get(q) for q in noms]
    return pd.Categorical.from_codes(np.append(pd.Index(lieux).get_indexer(trouvees), -1)[rangs], lieux)


def tables_vides(lots: list[LotPrepare]) -> dict[str, pd.DataFrame]:
    """Les tables d'une année, toutes leurs colonnes, sans aucune ligne."""
    vides = {}
    for lot in lots:
        for nom, source in lot.sources.items():
            if nom not in vides:
                vides[nom] = pq.read_schema(source).empty_table().to_pandas()
    return vides
