"""Rattacher chaque immeuble à son quartier et à son secteur.

Le référentiel est ``referentiels/quartiers.geojson`` (code, nom, niveau, parent et, au choix, schematique), un
GeoPackage ou un Shapefile zippé du même nom, dans tout système de coordonnées déclaré ; ou un fichier par commune d'une
agglomération ; le parent d'un quartier y est alors sa commune. Une ville qui dessine un schéma peut y joindre ses
contours officiels : ce sont alors eux qui situent. Le code donné par le bailleur l'emporte ; à défaut, une
jointure spatiale. Un immeuble hors de tout contour n'est jamais perdu : il est rangé sous :data:`HORS_QUARTIER` et
signalé.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

import numpy as np
import pandas as pd

from observatoire.communes import FORMATS_DE_CONTOURS, HORS_QUARTIER, Commune
from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_json
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.problemes import compter, enumerer, nombre
from observatoire.vocabulaire import QUARTIER, SECTEUR, VILLE

# geopandas met une seconde à se charger, et un parc sans contours ni coordonnées n'en a pas besoin.
if TYPE_CHECKING:
    import geopandas as gpd

#: Le fichier des contours, sous l'un de ces noms.
CONTOURS = tuple(f"quartiers{suffixe}" for suffixe in FORMATS_DE_CONTOURS)
PROPRIETES = ("code", "nom", "niveau", "parent")
#: Les propriétés qu'un Shapefile, dont les noms ont dix lettres au plus, écourte.
ECOURTEES = {"schematiqu": "schematique"}
LAMBERT_93, WGS84 = 2154, 4326
#: La part d'un contour qu'un autre de son niveau peut recouvrir : au-delà, ce n'est plus l'imprécision d'un tracé.
RECOUVERT = 0.05
#: La surface (m²) à partir de laquelle un vide entre les quartiers se dit : un hectare.
VIDE = 10_000
#: La part de sa surface qu'un tracé repris peut changer.
REPRIS = 0.01
#: La part commune aux quartiers officiels et à ceux du schéma, et celle d'un secteur que contient son quartier : moins,
#: ce n'est plus un tracé grossier.
ENSEMBLE, DEDANS = 0.5, 0.5
#: La France métropolitaine, en degrés : ce qui y serait une fois les axes échangés les a échangés.
LONGITUDES, LATITUDES = (-6, 10), (41, 52)


class ContoursSuperposes(ErreurConfiguration):
    """Des contours d'un même niveau se recouvrent. ``contours`` : tels qu'ils ont été lus."""

    def __init__(self, message: str, contours: gpd.GeoDataFrame):
        super().__init__(message)
        self.contours = contours


def lire_contours(config: Configuration) -> gpd.GeoDataFrame | None:
    """Les contours qui situent les immeubles : les officiels, s'ils sont déclarés, sinon ceux que les pages dessinent.

    ``None`` si la commune n'en a pas. Lève :class:`ErreurConfiguration` si un fichier ne peut pas être lu, si une
    propriété manque, si un code se répète, si un parent est inconnu, ou si les officiels ne sont pas ceux des mêmes
    territoires.
    """
    dessines = lire_les_dessines(config)
    if config.contours_officiels is None:
        return dessines
    fichier = config.chemin("referentiels") / config.contours_officiels.fichier
    if fichier.name in {c.contours for c in config.communes} or (dessines is None and fichier.name in CONTOURS):
        raise ErreurConfiguration(
            f"{fichier.name} : ce sont les contours que dessinent les pages. En donner d'autres pour "
            "« contours_officiels », sous un autre nom, ou retirer « contours_officiels »."
        )
    if dessines is None:
        raise ErreurConfiguration(f"{fichier.name} : cette ville n'a pas d'autres contours ; les nommer {CONTOURS[0]}.")
    officiels, cles = _lire(fichier), ["niveau", "code"]
    ici, la = (set(c[cles].itertuples(index=False, name=None)) for c in (dessines, officiels))
    ecarts = [f"il y manque le {n} « {c} »." for n, c in sorted(ici - la)]
    ecarts += [f"le {n} « {c} » n'est pas dans les contours dessinés." for n, c in sorted(la - ici)]
    if ecarts:
        liste = "\n".join(f"  - {e}" for e in ecarts)
        raise ErreurConfiguration(f"{fichier.name} : {compter(len(ecarts), 'problème')}.\n{liste}")
    propres = [*cles, "geometry", "schematique", "repris"]
    rapproches = officiels[propres].merge(dessines[[*cles, "nom", "parent"]], on=cles)
    return rapproches.assign(ailleurs=_situer_le_schema(fichier.name, rapproches, dessines))


def _situer_le_schema(nom: str, officiels: gpd.GeoDataFrame, dessines: gpd.GeoDataFrame) -> pd.Series:
    """Les contours officiels qui ne touchent pas celui que le schéma donne au même code.

    Lève :class:`ErreurConfiguration` si les deux ensembles de quartiers ne se recouvrent pas : c'est une autre ville.
    """
    cles = ["niveau", "code"]
    plans, schema = (c.set_index(cles).geometry.to_crs(LAMBERT_93) for c in (officiels, dessines))
    la, ici = (c.xs("quartier").union_all() for c in (plans, schema))
    if la.intersection(ici).area < ENSEMBLE * min(la.area, ici.area):
        loin = round(la.centroid.distance(ici.centroid) / 1000)
        combien = f"{nombre(loin)} km" if loin else "moins d'un kilomètre"
        raise ErreurConfiguration(
            f"{nom} : les contours officiels ne sont pas ceux de cette ville : {combien} entre les deux."
        )
    return pd.Series(~plans.intersects(schema.reindex(plans.index)).to_numpy(), index=officiels.index)


def lire_les_dessines(config: Configuration) -> gpd.GeoDataFrame | None:
    """Les contours que dessinent les pages, ou ``None`` ; ``schematique`` est faux quand le fichier ne le dit pas."""
    if config.communes:
        tous = [_lire(config.chemin("referentiels") / c.contours) for c in config.communes]
        du_quartier = [t["niveau"].eq("quartier") for t in tous]
        tous = [
            t.assign(parent=t["parent"].mask(q, c.code))
            for t, q, c in zip(tous, du_quartier, config.communes, strict=True)
        ]
        return pd.concat(tous, ignore_index=True)
    fichier = trouver_les_contours(config)
    return _lire(fichier) if fichier else None


def trouver_les_contours(config: Configuration) -> Path | None:
    """Le fichier des contours, ou ``None``. Lève :class:`ErreurConfiguration` s'il y en a plusieurs."""
    officiels = config.contours_officiels.fichier if config.contours_officiels else None
    presents = [config.chemin("referentiels") / nom for nom in CONTOURS if nom != officiels]
    presents = [f for f in presents if f.is_file()]
    if len(presents) > 1:
        raise ErreurConfiguration(f"{enumerer(f.name for f in presents)} : un seul fichier de contours. Garder le bon.")
    return presents[0] if presents else None


def chercher_les_inconnus(config: Configuration) -> Callable[[str | None, str | None], bool]:
    """De quoi dire d'un niveau et d'un code : il est donné, ceux de ce niveau se savent d'avance, et il n'en est pas.

    Le référentiel est lu une fois, s'il le faut ; lève alors :class:`ErreurConfiguration` s'il n'est pas du JSON.
    """
    declares = cache(partial(_codes_declares, config))

    def est_inconnu(niveau: str | None, code: str | None) -> bool:
        return bool(code) and (connus := declares(niveau)) is not None and code not in connus

    return est_inconnu


def _codes_declares(config: Configuration, niveau: str | None) -> frozenset[str] | None:
    """Les codes que les territoires d'un niveau peuvent porter ; ``None`` là où rien ne les dit d'avance.

    Sans geopandas, dont l'import coûterait à chaque lecture.
    """
    if niveau == config.tout[0]:
        return frozenset({config.code})
    if niveau == VILLE:
        return frozenset(c.code for c in config.communes)
    if niveau == "quartier" and config.communes:
        return frozenset(config.commune_du_quartier)
    fichier = trouver_les_contours(config)
    if niveau != "quartier" or config.quartiers == "communes" or not fichier:
        return None
    if fichier.suffix != ".geojson":
        return frozenset(codes(_lire(fichier), niveau))
    try:
        dits = [trait["properties"] for trait in lire_json(fichier)["features"]]
        return frozenset(_en_code(pd.Series([p.get("code") for p in dits if p.get("niveau") == niveau], dtype=object)))
    except (ValueError, KeyError, TypeError, AttributeError) as erreur:
        raise ErreurConfiguration(f"{fichier.name} : ce n'est pas un GeoJSON lisible.") from erreur


def _lire(fichier: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely.errors import ShapelyError

    nom = fichier.name
    try:
        with np.errstate(invalid="ignore"):  # un contour sans nombres se dit plus bas
            contours = _ouvrir(fichier)
    except (RuntimeError, ValueError, ShapelyError, BadZipFile) as erreur:  # celles de pyogrio sont des RuntimeError
        quoi = {".gpkg": "GeoPackage", ".zip": "Shapefile dans un zip"}.get(fichier.suffix, "GeoJSON")
        raise ErreurConfiguration(
            f"{nom} : ce n'est pas un {quoi} lisible. L'enregistrer de nouveau, en UTF-8."
        ) from erreur
    if not isinstance(contours, gpd.GeoDataFrame) or contours.geometry.isna().any():
        raise ErreurConfiguration(f"{nom} : un contour au moins n'a pas de géométrie.")
    contours = contours.rename(columns={c: ECOURTEES.get(c.lower(), c.lower()) for c in contours if c != "geometry"})
    manquantes = [p for p in PROPRIETES if p not in contours]
    if manquantes:
        raise ErreurConfiguration(f"{nom} : propriété absente, {', '.join(manquantes)}.")
    contours["code"], contours["parent"] = (_en_code(contours[c]) for c in ("code", "parent"))
    textes = contours[["code", "nom", "niveau"]].map(lambda v: isinstance(v, str) and bool(v.strip()))
    if not textes.all(axis=None):
        sans = ", ".join(f"« {colonne} »" for colonne in textes if not textes[colonne].all())
        lesquels = compter(int((~textes.all(axis=1)).sum()), "contour")
        raise ErreurConfiguration(f"{nom} : {lesquels} sans {sans}, ou où ce n'est pas un texte ; l'y écrire.")
    problemes = _problemes(contours)
    if problemes:
        liste = "\n".join(f"  - {p}" for p in problemes)
        raise ErreurConfiguration(f"{nom} : {compter(len(problemes), 'problème')}.\n{liste}")
    declare = contours["schematique"] if "schematique" in contours else pd.Series(False, index=contours.index)
    if contours.crs is None:
        raise ErreurConfiguration(
            f"{nom} : le système de coordonnées n'est pas dit. L'enregistrer en WGS84 (EPSG:4326)."
        )
    contours = contours.assign(schematique=declare.eq(True)).to_crs(WGS84)
    if problemes := _mal_places(contours) or _mal_traces(contours):
        liste = "\n".join(f"  - {p}" for p in problemes)
        raise ErreurConfiguration(f"{nom} : {compter(len(problemes), 'problème')}.\n{liste}")
    contours = contours.assign(repris=~contours.geometry.is_valid).set_geometry(contours.geometry.make_valid())
    if chevauchements := _chevauchements(contours):
        liste = "\n".join(f"  - {c}" for c in chevauchements)
        raise ContoursSuperposes(
            f"{nom} : des contours se recouvrent ; un immeuble ne peut être que dans l'un d'eux. Les retracer bord à "
            f"bord.\n{liste}",
            contours,
        )
    return contours


def _ouvrir(fichier: Path) -> gpd.GeoDataFrame:
    """La seule couche du fichier, ou celle qui s'appelle « quartiers » ; un Shapefile qui ne dit pas son encodage est
    en UTF-8, sinon en Windows-1252, que GDAL prendrait l'un et l'autre pour du Latin-1.
    """
    import geopandas as gpd
    from pyogrio import list_layers

    source, encodages = str(fichier), [None]
    if fichier.suffix == ".zip":
        parties = ZipFile(fichier).namelist()
        dits = [p for p in parties if p.lower().endswith(".shp")]
        if len(dits) != 1:
            raise ErreurConfiguration(f"{fichier.name} : {compter(len(dits), 'Shapefile')} ; n'y en mettre qu'un.")
        source = f"/vsizip/{fichier.absolute()}/{dits[0]}"
        encodages = [None] if any(p.lower().endswith(".cpg") for p in parties) else ["utf-8", "cp1252"]
    couches = list(list_layers(source)[:, 0])
    if len(couches) > 1 and "quartiers" not in couches:
        raise ErreurConfiguration(f"{fichier.name} : {len(couches)} couches ; nommer « quartiers » celle des contours.")
    for encodage in encodages:
        try:
            return gpd.read_file(source, layer="quartiers" if len(couches) > 1 else couches[0], encoding=encodage)
        except UnicodeDecodeError:
            if encodage == encodages[-1]:
                raise


def remarquer(contours: gpd.GeoDataFrame | None) -> list[str]:
    """Ce qui se dit de contours lus : les tracés repris, et les vides que les quartiers entourent."""
    if contours is None:
        return []
    from shapely import Polygon

    plans = contours.loc[contours["niveau"].eq("quartier")].geometry.to_crs(LAMBERT_93).union_all()
    vides = [Polygon(trou).area for p in getattr(plans, "geoms", [plans]) for trou in getattr(p, "interiors", ())]
    vides = [aire for aire in vides if aire >= VIDE]
    repris = [f"« {code} »" for code in contours.loc[contours["repris"], "code"]]
    dehors = [f"« {code} »" for code in _hors_de_leur_quartier(contours)]
    ailleurs = [f"« {code} »" for code in contours.loc[contours["ailleurs"], "code"]] if "ailleurs" in contours else []
    return [
        *([f"contours officiels : {enumerer(ailleurs)} ne touche pas le contour de même code que dessinent les pages."]
          if ailleurs else []),
        *([f"contours : moins de la moitié du secteur est dans son quartier, {enumerer(dehors)}."] if dehors else []),
        *([f"contours : tracé repris sans changer de surface (trait qui se touche, point doublé), {enumerer(repris)}."]
          if repris else []),
        *([f"contours : {compter(len(vides), 'vide')} entre les quartiers ({nombre(round(sum(vides) / 1e4))} ha) ; un "
           "immeuble qui s'y trouve est hors de tout quartier."] if vides else []),
    ]  # fmt: skip


def _hors_de_leur_quartier(contours: gpd.GeoDataFrame) -> list[str]:
    """Les secteurs dont moins de :data:`DEDANS` est dans leur quartier."""
    plans = contours.set_index("code").geometry.to_crs(LAMBERT_93)
    secteurs, quartiers = (contours["niveau"].eq(n).to_numpy() for n in (SECTEUR, QUARTIER))
    siens = plans[quartiers].reindex(contours.loc[secteurs, "parent"]).set_axis(plans.index[secteurs])
    dedans = plans[secteurs].intersection(siens).area
    return list(dedans.index[dedans < DEDANS * plans[secteurs].area])


def _mal_traces(contours: gpd.GeoDataFrame) -> list[str]:
    """Les contours qui ne sont pas des surfaces, ou dont le trait se croise au point que la surface en est douteuse.

    Un point doublé, un trait qui se touche : la surface ne fait pas de doute, et le tracé est repris.
    """
    traces, plans = contours.geometry, contours.geometry.to_crs(LAMBERT_93)
    surfaces = traces.geom_type.isin(["Polygon", "MultiPolygon"]) & ~traces.is_empty
    repris, pleins = plans.make_valid().area, plans.where(surfaces).buffer(0).area
    croises = surfaces & ~traces.is_valid & ((repris - pleins).abs() > REPRIS * repris)
    return [
        *(f"« {c} » n'est pas une surface ({g}, ou vide)." for c, g in zip(
            contours.loc[~surfaces, "code"], traces.geom_type[~surfaces], strict=True)),
        *(f"« {c} » se croise lui-même : le retracer." for c in contours.loc[croises, "code"]),
    ]  # fmt: skip


def _mal_places(contours: gpd.GeoDataFrame) -> list[str]:
    """Des coordonnées qui ne sont pas des nombres, ou pas des degrés, ou dont longitude et latitude sont échangées."""
    from shapely import get_coordinates

    coordonnees, rangs = get_coordinates(contours.geometry, return_index=True)
    if len(faux := np.unique(rangs[~np.isfinite(coordonnees).all(axis=1)])):
        return [f"« {c} » a des coordonnées qui ne sont pas des nombres." for c in contours["code"].iloc[faux]]
    ouest, sud, est, nord = contours.total_bounds
    if ouest < -180 or est > 180 or sud < -90 or nord > 90:
        return ["les coordonnées ne sont pas des degrés. Déclarer leur système, ou enregistrer en WGS84 (EPSG:4326)."]
    bas, haut = LATITUDES
    gauche, droite = LONGITUDES
    if bas < ouest and est < haut and gauche < sud and nord < droite:
        return ["longitude et latitude semblent échangées : écrire la longitude d'abord."]
    return []


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
    inconnus = contours.loc[~contours["niveau"].isin([QUARTIER, SECTEUR]), "niveau"].unique()
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
