"""Rattacher chaque immeuble à son quartier et à son secteur.

Le référentiel est ``referentiels/quartiers.geojson`` (EPSG:4326 ; code, nom, niveau, parent et, au choix,
schematique), ou un fichier par commune d'une agglomération ; le parent d'un quartier y est alors sa commune. Le code
donné par le bailleur l'emporte ; à défaut, une jointure spatiale. Un immeuble hors de tout contour n'est jamais perdu :
il est rangé sous :data:`HORS_QUARTIER` et signalé.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.communes import HORS_QUARTIER, VILLE, Commune
from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_json
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.problemes import enumerer, nombre

# geopandas met une seconde à se charger, et un parc sans contours ni coordonnées n'en a pas besoin.
if TYPE_CHECKING:
    import geopandas as gpd

CONTOURS = "quartiers.geojson"
PROPRIETES = ("code", "nom", "niveau", "parent")
LAMBERT_93, WGS84 = 2154, 4326
#: La part d'un contour qu'un autre de son niveau peut recouvrir : au-delà, ce n'est plus l'imprécision d'un tracé.
RECOUVERT = 0.05


def lire_contours(config: Configuration) -> gpd.GeoDataFrame | None:
    """Les contours du référentiel, ou ``None`` si la commune n'en a pas.

    ``schematique`` est faux quand le fichier ne le dit pas. Lève :class:`ErreurConfiguration` si le fichier ne peut pas
    être lu, si une propriété manque, si un code se répète ou si un parent est inconnu.
    """
    if config.communes:
        tous = [_lire(config.chemin("referentiels") / c.contours) for c in config.communes]
        du_quartier = [t["niveau"].eq("quartier") for t in tous]
        tous = [
            t.assign(parent=t["parent"].mask(q, c.code))
            for t, q, c in zip(tous, du_quartier, config.communes, strict=True)
        ]
        return pd.concat(tous, ignore_index=True)
    fichier = config.chemin("referentiels") / CONTOURS
    return _lire(fichier) if fichier.is_file() else None


def est_inconnu(config: Configuration, niveau: str | None, code: str | None) -> bool:
    """Un code est donné, les codes de ce niveau se savent d'avance, et il n'en est pas.

    Lève :class:`ErreurConfiguration` si le référentiel n'est pas du JSON.
    """
    connus = _codes_declares(config, niveau) if code else None
    return connus is not None and code not in connus


def _codes_declares(config: Configuration, niveau: str | None) -> frozenset[str] | None:
    """Les codes que les territoires d'un niveau peuvent porter ; ``None`` là où rien ne les dit d'avance.

    Sans geopandas, dont l'import coûterait à chaque lecture.
    """
    if niveau == config.tout[0]:
        return frozenset({config.code})
    if niveau == VILLE:
        return frozenset(c.code for c in config.communes)
    fichier = config.chemin("referentiels") / CONTOURS
    if niveau == "quartier" and config.communes:
        return frozenset(config.commune_du_quartier)
    if niveau != "quartier" or config.quartiers == "communes" or not fichier.is_file():
        return None
    try:
        dits = [trait["properties"] for trait in lire_json(fichier)["features"]]
        return frozenset(_en_code(pd.Series([p.get("code") for p in dits if p.get("niveau") == niveau], dtype=object)))
    except (ValueError, KeyError, TypeError, AttributeError) as erreur:
        raise ErreurConfiguration(f"{CONTOURS} : ce n'est pas un GeoJSON lisible.") from erreur


def _lire(fichier: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely.errors import ShapelyError

    nom = fichier.name
    try:
        contours = gpd.read_file(fichier)
    except (RuntimeError, ValueError, ShapelyError) as erreur:  # les erreurs de pyogrio sont des RuntimeError
        raise ErreurConfiguration(f"{nom} : ce n'est pas un GeoJSON lisible.") from erreur
    if not isinstance(contours, gpd.GeoDataFrame) or contours.geometry.isna().any():
        raise ErreurConfiguration(f"{nom} : un contour au moins n'a pas de géométrie.")
    manquantes = [p for p in PROPRIETES if p not in contours]
    if manquantes:
        raise ErreurConfiguration(f"{nom} : propriété absente, {', '.join(manquantes)}.")
    contours["code"], contours["parent"] = (_en_code(contours[c]) for c in ("code", "parent"))
    textes = contours[["code", "niveau"]].map(lambda v: isinstance(v, str) and bool(v.strip()))
    if not textes.all(axis=None):
        raise ErreurConfiguration(f"{nom} : « code » et « niveau » sont des textes, dans chaque contour.")
    problemes = _problemes(contours)
    if problemes:
        liste = "\n".join(f"  - {p}" for p in problemes)
        raise ErreurConfiguration(f"{nom} : {len(problemes)} problème(s).\n{liste}")
    declare = contours["schematique"] if "schematique" in contours else pd.Series(False, index=contours.index)
    contours = contours.assign(schematique=declare.eq(True)).to_crs(WGS84)
    if chevauchements := _chevauchements(contours):
        liste = "\n".join(f"  - {c}" for c in chevauchements)
        raise ErreurConfiguration(
            f"{nom} : des contours se recouvrent ; un immeuble ne peut être que dans l'un d'eux. Les retracer bord à "
            f"bord.\n{liste}"
        )
    return contours


def _en_code(colonne: pd.Series) -> pd.Series:
    """Des codes que le SIG a écrits comme des nombres, en textes : 4 et 4,0 sont « 4 »."""
    return colonne.map(lambda v: f"{v:.15g}" if isinstance(v, int | float) and pd.notna(v) else v)


def _chevauchements(contours: gpd.GeoDataFrame) -> list[str]:
    """Une phrase par contour qui en recouvre d'autres de son niveau : desquels, et de combien d'hectares.

    Un tracé à la main se recouvre un peu partout : seul compte plus de :data:`RECOUVERT` du plus petit des deux.
    """
    from shapely import STRtree

    plans = contours.geometry.to_crs(LAMBERT_93).make_valid()
    un, autre = STRtree(plans).query(plans, predicate="intersects")
    paires = pd.DataFrame({"un": un, "autre": autre}).query("un < autre")
    niveaux, codes_, aires = contours["niveau"].to_numpy(), contours["code"].to_numpy(), plans.area.to_numpy()
    paires = paires[niveaux[paires["un"]] == niveaux[paires["autre"]]]
    communes = (
        plans.iloc[paires["un"]].reset_index(drop=True).intersection(plans.iloc[paires["autre"]].reset_index(drop=True))
    )
    paires["aire"] = communes.area.to_numpy()
    # Le plus étendu des deux est celui qui recouvre.
    grand = aires[paires["un"]] >= aires[paires["autre"]]
    paires["grand"], paires["petit"] = (paires["un"].where(choix, paires["autre"]) for choix in (grand, ~grand))
    paires = paires[paires["aire"].gt(RECOUVERT * aires[paires["petit"]])]
    return [
        f"{niveaux[rang]} « {codes_[rang]} » : recouvre "
        + enumerer(
            f"« {codes_[p]} » ({nombre(round(aire / 1e4))} ha)" for p, aire in zip(g["petit"], g["aire"], strict=True)
        )
        + "."
        for rang, g in paires.groupby("grand")
    ]


def _problemes(contours: gpd.GeoDataFrame) -> list[str]:
    quartiers = set(codes(contours, "quartier"))
    repetes = contours.loc[contours.duplicated(["niveau", "code"]), "code"]
    orphelins = contours.loc[contours["niveau"].eq("secteur") & ~contours["parent"].isin(quartiers), "code"]
    inconnus = contours.loc[~contours["niveau"].isin(["quartier", "secteur"]), "niveau"].unique()
    return [
        *(f"le code « {c} » est donné deux fois." for c in repetes),
        *(f"le secteur « {c} » n'a pas de quartier connu pour parent." for c in orphelins),
        *(f"le niveau « {n} » est inconnu (quartier ou secteur)." for n in inconnus),
    ]


def codes(contours: gpd.GeoDataFrame | None, niveau: str) -> tuple[str, ...]:
    """Codes connus à un niveau, triés ; vide sans référentiel."""
    return () if contours is None else tuple(sorted(contours.loc[contours["niveau"].eq(niveau), "code"]))


def parents(contours: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Quartier de chaque secteur."""
    if contours is None:
        return {}
    secteurs = contours[contours["niveau"].eq("secteur")]
    return dict(zip(secteurs["code"], secteurs["parent"], strict=True))


def points(immeubles: pd.DataFrame) -> gpd.GeoSeries:
    """Position de chaque immeuble en WGS84, de x et y (Lambert-93) sinon de lon et lat ; manquante sans coordonnées."""
    import geopandas as gpd

    lambert = immeubles["x"].notna() & immeubles["y"].notna()
    degres = ~lambert & immeubles["lon"].notna() & immeubles["lat"].notna()
    vide = gpd.GeoSeries([None] * len(immeubles), index=immeubles.index, crs=WGS84)
    positions = [vide[~(lambert | degres)]]
    for masque, (abscisse, ordonnee), systeme in ((lambert, "xy", LAMBERT_93), (degres, ("lon", "lat"), WGS84)):
        choisis = immeubles[masque]
        geometrie = gpd.points_from_xy(choisis[abscisse], choisis[ordonnee], crs=systeme).to_crs(WGS84)
        positions.append(gpd.GeoSeries(geometrie, index=choisis.index))
    return gpd.GeoSeries(pd.concat(positions).reindex(immeubles.index), crs=WGS84)


def rattacher(
    immeubles: pd.DataFrame,
    contours: gpd.GeoDataFrame | None,
    par_commune: bool = False,
    communes: tuple[Commune, ...] = (),
) -> pd.DataFrame:
    """Colonnes ``quartier``, ``secteur`` et ``motif`` (pourquoi l'immeuble est hors quartier) de chaque immeuble.

    Sans référentiel, les trois sont manquantes : la commune n'a pas de quartiers. ``par_commune`` : le quartier est le
    code de commune donné avec l'immeuble. ``communes`` : celles d'une agglomération ; un immeuble dont la colonne
    ``commune`` est donnée (le RPLS) est dans un quartier de cette commune, ou dans son reste.
    """
    vide = pd.Series(np.nan, index=immeubles.index, dtype="str")
    if par_commune:
        sans = immeubles["quartier"].isna()
        if not sans.any():
            return pd.DataFrame({"quartier": immeubles["quartier"], "secteur": vide, "motif": vide})
        motif = vide.mask(sans, "sans code de commune")
        quartier = immeubles["quartier"].astype("str").fillna(HORS_QUARTIER)
        return pd.DataFrame({"quartier": quartier, "secteur": vide, "motif": motif})
    if contours is None:
        return pd.DataFrame({"quartier": vide, "secteur": vide, "motif": vide})
    places = points(immeubles)
    donnes = immeubles["secteur"].map(parents(contours)).astype("str")
    quartier = immeubles["quartier"].fillna(donnes)
    quartier = quartier.fillna(_trouver_le_quartier(immeubles, places, contours, communes))
    secteurs = contours[contours["niveau"].eq("secteur")]
    secteur = immeubles["secteur"].fillna(_joindre(places, secteurs, quartier))
    dehors = quartier.isna() | quartier.str.startswith(HORS_QUARTIER, na=False)
    motif = vide.mask(dehors, "hors de tout contour").mask(
        dehors & places.isna(), "ni code de quartier, ni coordonnées"
    )
    return pd.DataFrame({"quartier": quartier.fillna(HORS_QUARTIER), "secteur": secteur, "motif": motif})


def _trouver_le_quartier(immeubles, places, contours, communes: tuple[Commune, ...]) -> pd.Series:
    """Le quartier dont le contour contient l'immeuble ; la commune qu'il donne l'emporte sur sa position."""
    quartiers = contours[contours["niveau"].eq("quartier")]
    trouve = _joindre(places, quartiers)
    if not communes or "commune" not in immeubles:
        return trouve
    commune = immeubles["commune"]
    sienne = trouve.map(dict(zip(quartiers["code"], quartiers["parent"], strict=True)))
    return trouve.where(commune.isna() | sienne.eq(commune)).fillna(
        commune.map({c.code: c.hors_quartier for c in communes})
    )


def _joindre(places: gpd.GeoSeries, contours: gpd.GeoDataFrame, quartier: pd.Series | None = None) -> pd.Series:
    """Code du contour qui contient chaque point. Sur une limite, le premier code dans l'ordre alphabétique.

    ``quartier`` : ne retenir que les secteurs de ce quartier, pour que les deux niveaux restent emboîtés.
    """
    from shapely import STRtree

    connues = places[places.notna()]
    rangs, lesquels = STRtree(contours.geometry.to_numpy()).query(connues.to_numpy(), predicate="intersects")
    trouves = pd.DataFrame(contours[["code", "parent"]]).iloc[lesquels].set_axis(connues.index[rangs])
    if quartier is not None:
        trouves = trouves[trouves["parent"].eq(quartier.reindex(trouves.index))]
    trouves = trouves.sort_values("code")
    return trouves.loc[~trouves.index.duplicated(), "code"].reindex(places.index).astype("str")
