"""Dessiner la carte schématique des quartiers à partir d'une esquisse.

L'esquisse (YAML) donne un contour, une rivière et un point par secteur. Chaque secteur est la part de sa rive
plus proche de son point que d'un autre ; toutes les lignes sont ensuite déformées par un même champ lisse.
Comme deux voisins partagent exactement les mêmes lignes, il n'y a ni vide ni recouvrement.

Pour redessiner : ``python -m observatoire.exemple.contours``.
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import yaml

LAMBERT_93 = 2154
PAS_M = 60.0
"""Distance entre deux points d'une ligne dessinée, en mètres."""
ONDES = ((65.0, 1900.0, 0.4, 0.3), (38.0, 1050.0, 2.1, 1.7), (20.0, 640.0, 4.0, 5.2))
"""Déformation : amplitude et longueur d'onde en mètres, phases en radians."""
DECIMALES = 5


def dessiner(esquisse: dict) -> gpd.GeoDataFrame:
    """Quartiers et secteurs (EPSG:4326) tirés de l'``esquisse`` ; colonnes code, nom, niveau, parent, schematique."""
    secteurs = _points(esquisse)
    contour = shapely.Polygon(_lisser(_lambert(esquisse["contour"]), ferme=True))
    riviere = shapely.LineString(_lisser(_lambert(esquisse["riviere"]), ferme=False))
    faces = shapely.transform(_faces(contour, riviere, secteurs), _deformer)
    secteurs = secteurs.set_geometry(gpd.GeoSeries(faces, crs=LAMBERT_93)).to_crs(4326)
    arrondis = shapely.transform(secteurs.geometry.values, lambda xy: xy.round(DECIMALES))
    secteurs = secteurs.set_geometry(gpd.GeoSeries(arrondis, crs=4326))
    quartiers = secteurs.dissolve("parent", sort=False).reset_index()
    noms = {q["code"]: q["nom"] for q in esquisse["quartiers"]}
    quartiers = quartiers.assign(code=quartiers["parent"], nom=quartiers["parent"].map(noms), parent=None)
    quartiers["niveau"] = "quartier"
    colonnes = ["code", "nom", "niveau", "parent", "schematique", "geometry"]
    tout = pd.concat([quartiers, secteurs], ignore_index=True).assign(schematique=True)
    tout["geometry"] = shapely.orient_polygons(shapely.normalize(tout.geometry.values))
    return tout[colonnes]


def ecrire(carte: gpd.GeoDataFrame, fichier: Path) -> None:
    """Écrire la ``carte`` en GeoJSON, une entité par ligne, pour que les changements se relisent."""
    entites = json.loads(carte.to_json(drop_id=True))["features"]
    lignes = ",\n".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in entites)
    fichier.write_text(f'{{"type":"FeatureCollection","features":[\n{lignes}\n]}}\n', encoding="utf-8")


def _lambert(points: list) -> np.ndarray:
    lon, lat = np.asarray(points, dtype=float).T
    serie = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(LAMBERT_93)
    return np.column_stack([serie.x, serie.y])


def _points(esquisse: dict) -> gpd.GeoDataFrame:
    """Une ligne par secteur : code, nom, parent, rive et point en Lambert-93."""
    lignes = [
        {"code": f"{q['code']}-{rang}", "nom": s["nom"], "parent": q["code"], "rive": q["rive"], "p": s["point"]}
        for q in esquisse["quartiers"]
        for rang, s in enumerate(q["secteurs"], start=1)
    ]
    points = pd.DataFrame(lignes)
    xy = _lambert(points.pop("p").tolist())
    return gpd.GeoDataFrame(points.assign(niveau="secteur", x=xy[:, 0], y=xy[:, 1]))


def _lisser(xy: np.ndarray, *, ferme: bool, tours: int = 3) -> np.ndarray:
    """Arrondir les angles d'une ligne (algorithme de Chaikin)."""
    for _ in range(tours):
        suivant = np.roll(xy, -1, axis=0) if ferme else xy[1:]
        debut = xy if ferme else xy[:-1]
        coupes = np.stack([0.75 * debut + 0.25 * suivant, 0.25 * debut + 0.75 * suivant], axis=1).reshape(-1, 2)
        xy = coupes if ferme else np.vstack([xy[:1], coupes, xy[-1:]])
    return xy


def _faces(contour: shapely.Polygon, riviere: shapely.LineString, secteurs: gpd.GeoDataFrame) -> np.ndarray:
    """Géométrie de chaque secteur, dans l'ordre de ``secteurs``, avant déformation."""
    rives = shapely.get_parts(_polygones([contour.exterior, riviere]))
    lignes = [contour.exterior, riviere]
    points = shapely.points(secteurs["x"], secteurs["y"])
    for _, indices in secteurs.groupby("rive").indices.items():
        (rive,) = [r for r in rives if shapely.contains(r, points[indices]).all()]
        aretes = shapely.voronoi_polygons(shapely.MultiPoint(points[indices]), extend_to=contour, only_edges=True)
        lignes.append(shapely.intersection(aretes, rive.buffer(1)))
    faces = shapely.get_parts(_polygones(lignes, PAS_M))
    dedans = shapely.STRtree(faces).query(points, predicate="within")
    return faces[dedans[1][np.argsort(dedans[0])]]


def _polygones(lignes: list, pas: float | None = None) -> shapely.GeometryCollection:
    """Polygones que bordent les ``lignes``, nouées au centimètre et semées d'un point tous les ``pas`` mètres."""
    noeuds = shapely.union_all(lignes, grid_size=0.01)
    if pas is not None:
        noeuds = shapely.set_precision(shapely.segmentize(noeuds, pas), 0.01)
    return shapely.polygonize(shapely.get_parts(noeuds))


def _deformer(xy: np.ndarray) -> np.ndarray:
    """Déplacer chaque point selon un champ lisse : le même point va toujours au même endroit."""
    x, y = xy[:, 0], xy[:, 1]
    dx = sum(a * np.sin(2 * np.pi * y / onde + p) for a, onde, p, _ in ONDES)
    dy = sum(a * np.sin(2 * np.pi * x / onde + q) for a, onde, _, q in ONDES)
    return np.column_stack([x + dx, y + dy])


def principal(dossier: Path) -> None:
    """Lire ``quartiers_esquisse.yml`` dans le ``dossier`` et y écrire ``quartiers.geojson``."""
    esquisse = yaml.safe_load((dossier / "quartiers_esquisse.yml").read_text(encoding="utf-8"))
    ecrire(dessiner(esquisse), dossier / "quartiers.geojson")


if __name__ == "__main__":
    principal(Path("data/referentiels"))
