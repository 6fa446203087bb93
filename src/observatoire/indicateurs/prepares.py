"""Lire les tables préparées, un lot à la fois, avec les seules colonnes utiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from observatoire.configuration import TABLES, Configuration

#: Presque autant de valeurs que de lignes : un dictionnaire n'y gagnerait rien.
IDENTIFIANTS = {"id_logement", "id_demande", "id_programme"}


@dataclass(frozen=True)
class LotPrepare:
    """Les fichiers d'un lot d'une année : table -> chemin, ou le contenu du fichier quand il voyage."""

    annee: int
    sources: dict[str, Path | bytes]

    def emporter(self) -> LotPrepare:
        """Le même lot, dont les fichiers sont des octets : il peut être lu sur une autre machine."""
        return LotPrepare(self.annee, {nom: Path(source).read_bytes() for nom, source in self.sources.items()})


def lots_prepares(prepare: Path, annee: int) -> list[LotPrepare]:
    """Les lots d'une année : une table est un fichier, ou un dossier d'un fichier par lot."""
    lots: dict[str, dict[str, Path]] = {}
    for nom in TABLES:
        chemin = prepare / "tables" / str(annee) / f"{nom}.parquet"
        for fichier in sorted(chemin.iterdir()) if chemin.is_dir() else [chemin]:
            lots.setdefault(fichier.name if chemin.is_dir() else "", {})[nom] = fichier
    return [LotPrepare(annee, lots[cle]) for cle in sorted(lots)]


def lire_lot(
    lot: LotPrepare, vides: dict[str, pd.DataFrame], utiles: Iterable[str], config: Configuration
) -> dict[str, pd.DataFrame]:
    """Les tables d'un lot, colonnes ``utiles`` seulement, codes en ``Categorical``, et les dimensions de la ville.

    ``vides`` : les tables sans ligne qui remplacent celles que le lot n'a pas.
    """
    utiles = set(utiles)
    lues = {nom: _lire(source, utiles) for nom, source in lot.sources.items()}
    return {nom: situer(nom, lues[nom], config) if nom in lues else vides[nom] for nom in TABLES}


def _lire(source: Path | bytes, utiles: set[str]) -> pd.DataFrame:
    flux = pa.BufferReader(source) if isinstance(source, bytes) else source
    schema = pq.read_schema(flux)
    textes = [c.name for c in schema if pa.types.is_string(c.type) or pa.types.is_large_string(c.type)]
    codes = [nom for nom in textes if nom in utiles and nom not in IDENTIFIANTS]
    if isinstance(source, bytes):
        flux = pa.BufferReader(source)
    fichier = pq.ParquetFile(flux, read_dictionary=codes, pre_buffer=True)
    table = fichier.read([nom for nom in schema.names if nom in utiles], use_threads=False)
    return table.unify_dictionaries().combine_chunks().to_pandas()


def situer(nom: str, table: pd.DataFrame, config: Configuration) -> pd.DataFrame:
    """Ajouter ``ville``, et ``dans_ville`` aux programmes (toute commune, quand chacune est un quartier)."""
    ville = pd.Categorical.from_codes([0] * len(table), [config.code])
    ajouts = {"ville": ville}
    if nom == "programmes" and "commune" in table:
        par_commune = config.quartiers == "communes"
        ajouts["dans_ville"] = table["commune"].notna() if par_commune else table["commune"].eq(config.code)
    return table.assign(**ajouts)


def tables_vides(prepare: Path, annee: int, config: Configuration) -> dict[str, pd.DataFrame]:
    """Les sept tables d'une année, toutes leurs colonnes, sans aucune ligne."""
    vides = {}
    for lot in lots_prepares(prepare, annee):
        for nom, source in lot.sources.items():
            if nom not in vides:
                vides[nom] = situer(nom, pq.read_schema(source).empty_table().to_pandas(), config)
    return vides
