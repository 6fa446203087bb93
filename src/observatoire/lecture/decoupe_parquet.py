"""Couper en morceaux les dépôts Parquet d'un déposant quand ils sont trop gros pour la mémoire, immeuble par immeuble.

Toutes les tables d'un déposant se joignent par l'immeuble ou par le logement : des morceaux qui ne partagent aucun
immeuble se lisent donc séparément. DuckDB répartit les lignes, dans une mémoire bornée.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from observatoire.lecture.depots import Fichier
from observatoire.lecture.parquet import LIGNE
from observatoire.schemas import Schema

MEMOIRE = "1GB"


def couper_part(
    fichiers: list[Fichier], schemas: dict[str, Schema], nombre: int, dossier: Path
) -> list[list[Fichier]] | None:
    """Répartir les fichiers d'une part en ``nombre`` morceaux ; ``None`` s'il faut les lire d'un bloc.

    Une table mal formée, une colonne imprévue (elle peut avoir le nom d'une de celles qu'ajoute la découpe), un
    identifiant de logement répété, un morceau vide : la lecture ordinaire sait dire quoi.
    """
    if not all(set(pq.read_schema(f.chemin).names) <= set(schemas[f.table].colonnes) for f in fichiers):
        return None
    par_table = {f.table: f for f in fichiers}
    lieu = dossier / f"{fichiers[0].annee}-{fichiers[0].deposant}"
    lieu.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as base:
        base.execute(f"SET memory_limit = '{MEMOIRE}'; SET threads = 1; SET temp_directory = '{lieu}/debord'")
        try:
            if "logements" in par_table and _repetes(base, par_table["logements"]):
                return None
            morceaux = [_repartir(base, f, par_table, schemas[f.table], nombre, lieu) for f in fichiers]
        except duckdb.Error:
            return None
    if any(len(m) < nombre for m in morceaux):
        return None
    return [[f.morceler(m[rang]) for f, m in zip(fichiers, morceaux, strict=True)] for rang in range(nombre)]


def _repetes(base: duckdb.DuckDBPyConnection, logements: Fichier) -> bool:
    requete = "SELECT count(id_logement) > count(DISTINCT id_logement) FROM read_parquet($1)"
    return base.execute(requete, [str(logements.chemin)]).fetchone()[0]


def _repartir(
    base: duckdb.DuckDBPyConnection, fichier: Fichier, par_table: dict[str, Fichier], schema: Schema, nombre: int,
    lieu: Path,
) -> list[Path]:  # fmt: skip
    """Écrire une table en morceaux, sous le nom de son fichier et avec le numéro de chaque ligne."""
    source = f"read_parquet('{_cite(fichier.chemin)}', file_row_number = true) AS t"
    cle = "t.file_row_number"
    if "id_immeuble" in schema.champs:
        cle = "hash(t.id_immeuble)"
    elif "id_logement" in schema.champs and "logements" in par_table:
        logements = _cite(par_table["logements"].chemin)
        source += f" LEFT JOIN (SELECT id_logement, id_immeuble FROM read_parquet('{logements}')) AS l"
        source += " ON l.id_logement = t.id_logement"
        cle = "hash(l.id_immeuble)"
    colonnes = f't.* EXCLUDE (file_row_number), t.file_row_number + 1 AS "{LIGNE}"'
    destination = lieu / schema.nom
    base.execute(
        f"COPY (SELECT {colonnes}, ({cle} % {nombre})::INTEGER AS morceau FROM {source}) "
        f"TO '{_cite(destination)}' (FORMAT parquet, PARTITION_BY (morceau))"
    )
    chemins = []
    for rang in range(nombre):
        ecrits = list((destination / f"morceau={rang}").glob("*.parquet"))
        if len(ecrits) == 1:
            chemin = lieu / str(rang) / fichier.chemin.name
            chemin.parent.mkdir(exist_ok=True)
            chemins.append(ecrits[0].rename(chemin))
    return chemins


def _cite(chemin: Path) -> str:
    return str(chemin).replace("'", "''")
