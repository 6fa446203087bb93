"""Le nom et la place des territoires qui ont des valeurs, immeubles compris pour qui peut les voir."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd

from observatoire.communes import HORS_COMMUNE, HORS_QUARTIER
from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_json
from observatoire.fichiers import ecrire_texte
from observatoire.lecture.territoires import PROPRIETES, lire_contours, lire_les_dessines, trouver_les_contours
from observatoire.rangement import ecrire_publiee, vide
from observatoire.secret import Regles
from observatoire.tables.edition import CONTOURS, CONTOURS_OFFICIELS, TERRITOIRES

_LUES = ["immeuble", "libelle", "quartier", "secteur", "x", "y", "lon", "lat"]
#: Décimales d'un degré : environ dix mètres.
DECIMALES = 4


def publier_territoires(config: Configuration, protege: pd.DataFrame, regles: Regles, travail: Path) -> None:
    """Le nom de chaque territoire qui a des valeurs, et la carte quand il y en a une.

    Qui voit les immeubles a de plus leur nom et leur place (``lon``, ``lat``).
    """
    if officiels := config.contours_officiels:
        traces = lire_contours(config)[[*PROPRIETES, "geometry"]].assign(source=officiels.source)
        traces.to_file(CONTOURS_OFFICIELS.dans(travail), driver="GeoJSON")
    lignes = [(*config.tout, config.nom, None)]
    for trait in _publier_contours(config, travail):
        p = trait["properties"]
        lignes.append((p["niveau"], p["code"], p["nom"], p.get("parent")))
    if config.communes:
        lignes += [("ville", c.code, c.nom, config.code) for c in config.communes]
        lignes += [
            ("quartier", f"{HORS_QUARTIER}_{c.code}", f"Hors quartier, {c.nom}", c.code) for c in config.communes
        ]
        lignes.append(("ville", HORS_COMMUNE, "Hors commune", config.code))
    dehors = HORS_COMMUNE if config.communes else config.code
    lignes.append(("quartier", HORS_QUARTIER, "Hors quartier", dehors))
    lignes += [
        ("qpv", "en_qpv", "En quartier prioritaire", config.code),
        ("qpv", "hors_qpv", "Hors quartier prioritaire", config.code),
    ]
    territoires = pd.DataFrame(lignes, columns=["niveau", "code", "nom", "parent"])
    if "immeuble" in regles.niveaux:
        territoires = pd.concat([territoires, nommer_les_immeubles(config)], ignore_index=True)
    vus = protege[["niveau", "territoire"]].drop_duplicates()
    presents = territoires.merge(vus, left_on=["niveau", "code"], right_on=["niveau", "territoire"])
    ecrire_publiee(TERRITOIRES, presents, travail, regles.public)


def _est_ordinaire(contours: dict) -> bool:
    """En degrés, et des codes en textes : une page le lit tel quel."""
    return "crs" not in contours and all(isinstance(t["properties"].get("code"), str) for t in contours["features"])


def _publier_contours(config: Configuration, travail: Path) -> list[dict]:
    """La carte, telle qu'elle est donnée ; d'une agglomération, celles de ses communes d'un seul tenant. Rend ses
    entités."""
    referentiels, sortie = config.chemin("referentiels"), CONTOURS.dans(travail)
    if not config.communes:
        donne = trouver_les_contours(config)
        if donne is None:
            return []
        if donne.suffix == ".geojson" and _est_ordinaire(lire_json(donne)):
            shutil.copy(donne, sortie)
        else:
            lus = lire_les_dessines(config)
            lus[[*PROPRIETES, "schematique", "geometry"]].to_file(sortie, driver="GeoJSON")
        return lire_json(sortie)["features"]
    traits = []
    for commune in config.communes:
        siens = json.loads((referentiels / commune.contours).read_text(encoding="utf-8"))["features"]
        for trait in siens:
            if trait["properties"]["niveau"] == "quartier":
                trait["properties"]["parent"] = commune.code
        traits += siens
    ecrire_texte(json.dumps({"type": "FeatureCollection", "features": traits}, ensure_ascii=False), sortie)
    return traits


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
