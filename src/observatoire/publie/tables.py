"""Lire les tables de ``data/publie`` telles qu'elles sont déclarées (:mod:`observatoire.tables`)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from observatoire.communes import HORS_COMMUNE, HORS_QUARTIER
from observatoire.rangement import lire_publiee
from observatoire.sujets.alertes.tables import ALERTES_PUBLIEES, AMPLEURS_PUBLIEES
from observatoire.sujets.mixite.tables import FICHES
from observatoire.tables import Table, publiees
from observatoire.tables.colonnes import MESURES
from observatoire.tables.edition import CATALOGUE, CONTOURS, CONTOURS_OFFICIELS, EDITION
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

CLES = INDICATEURS_PUBLIES.noms_des_cles
VALEURS = [c.nom for c in MESURES]
COLONNES = INDICATEURS_PUBLIES.noms
INDICATEURS = INDICATEURS_PUBLIES.fichier
#: La composante de la seule ligne d'une part que ``revue_decomposition`` ne décompose pas.
TOUTES = "toutes"
#: Les tables dont une page lit des lignes choisies par leurs clés : fichier -> table.
EXTRAITES = {table.fichier: nom for nom, table in publiees().items() if table.extraite}


def est_hors(code: str) -> bool:
    """Ce qui est hors de tout contour a des valeurs, mais n'est ni un quartier ni une commune : il n'a pas de page."""
    return code.startswith((HORS_QUARTIER, HORS_COMMUNE))


def en_lignes(table: pd.DataFrame) -> list[dict]:
    """Les lignes d'une petite table, en dictionnaires : bien moins chers à lire un à un que des Series."""
    noms = table.columns.tolist()  # parcourir l'index à chaque ligne coûterait vingt fois les lignes
    colonnes = [table[c].tolist() for c in noms]
    return [dict(zip(noms, ligne, strict=True)) for ligne in zip(*colonnes, strict=True)]


def lire_table(nom: str, dossier: Path):
    """Une table d'un dossier publié, le catalogue, l'édition ou les contours."""
    table = publiees()[nom]
    return _LECTEURS.get(table, lire_publiee)(table, dossier)


def _lire_alertes(table: Table, dossier: Path) -> pd.DataFrame:
    """Les alertes et leurs ampleurs, d'un seul tenant."""
    ampleurs = lire_publiee(AMPLEURS_PUBLIEES, dossier).drop(columns="statut")
    return lire_publiee(table, dossier).merge(ampleurs, on=table.noms_des_cles, validate="one_to_one")


def _lire_contours(table: Table, dossier: Path) -> pd.DataFrame | None:
    """Les propriétés de chaque contour et sa géométrie. Sans geopandas : son import coûterait à chaque page."""
    if not table.dans(dossier).is_file():
        return None
    import shapely

    traits = _lire_json(table, dossier)["features"]
    formes = shapely.from_geojson([json.dumps(t["geometry"]) for t in traits])
    return pd.DataFrame([t["properties"] for t in traits]).assign(geometry=formes)


def _lire_json(table: Table, dossier: Path):
    return json.loads(table.dans(dossier).read_text(encoding="utf-8"))


def _lire_fiches(table: Table, dossier: Path) -> dict[str, dict]:
    return {fiche["code"]: fiche for fiche in _lire_json(table, dossier)}


_LECTEURS = {
    CATALOGUE: _lire_fiches, CONTOURS: _lire_contours, CONTOURS_OFFICIELS: _lire_contours, EDITION: _lire_json,
    ALERTES_PUBLIEES: _lire_alertes, FICHES: _lire_fiches,
}  # fmt: skip
