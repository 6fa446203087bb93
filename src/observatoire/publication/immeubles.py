"""Les immeubles, pour qui peut les voir : leur nom, ce qui les contient et leur place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.rangement import vide
from observatoire.tables.edition import TERRITOIRES

_LUES = ["immeuble", "libelle", "quartier", "secteur", "x", "y", "lon", "lat"]
#: Décimales d'un degré : environ dix mètres.
DECIMALES = 4


def nommer_les_immeubles(config: Configuration) -> pd.DataFrame:
    """Une ligne par immeuble (les colonnes de :data:`TERRITOIRES`), telle que sa dernière année la donne.

    ``parent`` : son secteur ; à défaut, son quartier. ``lon``, ``lat`` : en degrés (EPSG:4326), manquants si le dépôt
    ne le situe pas.
    """
    tables = [
        pd.read_parquet(fichier).reindex(columns=_LUES)
        for annee in config.annees
        for fichier in _fichiers(config.chemin("prepare") / "tables" / str(annee) / "immeubles.parquet")
    ]
    if not tables:
        return vide(TERRITOIRES)
    lieux = pd.concat(tables, ignore_index=True).drop_duplicates("immeuble", keep="last")
    lieux = _en_degres(lieux.dropna(subset=["immeuble"]))
    nom = lieux["libelle"].astype(object).where(lieux["libelle"].notna(), "Immeuble sans nom")
    parent = lieux["secteur"].astype(object).where(lieux["secteur"].notna(), lieux["quartier"].astype(object))
    return lieux.assign(niveau="immeuble", code=lieux["immeuble"], nom=nom, parent=parent)[TERRITOIRES.noms]


def _fichiers(table: Path) -> list[Path]:
    """Une table est un fichier, ou un dossier d'un fichier par lot."""
    return sorted(table.iterdir()) if table.is_dir() else [table] * table.is_file()


def _en_degres(lieux: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes, la place de chacun en degrés."""
    from pyproj import Transformer  # long à charger, pour qui ne voit pas les immeubles

    places = lieux[["x", "y", "lon", "lat"]].astype(float)
    lon, lat = Transformer.from_crs(2154, 4326, always_xy=True).transform(places["x"], places["y"])
    plan = places["x"].notna() & places["y"].notna()
    degres = {"lon": places["lon"].fillna(pd.Series(lon, lieux.index).where(plan))}
    degres |= {"lat": places["lat"].fillna(pd.Series(lat, lieux.index).where(plan))}
    return lieux.assign(**{nom: valeurs.round(DECIMALES) for nom, valeurs in degres.items()})
