"""Placer des immeubles sur un plan, dans le contour de leur territoire ; pour qui peut les voir."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from shapely import box
from shapely.affinity import affine_transform

from observatoire.presentation.carte import ENCRE, LARGEUR, lambert, sont_schematiques, trace
from observatoire.presentation.etiquettes import CORPS
from observatoire.presentation.toile import mesurer

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Où essayer d'écrire un nom : à droite de sa marque, à gauche, au-dessus, au-dessous.
_COTES = ((1, 0), (-1, 0), (0, -1), (0, 1))


class Plan(NamedTuple):
    """``situes`` : les immeubles dont la place est connue, chacun avec son ``x`` et son ``y`` ; ``fond`` : le contour
    du territoire, ``schematique`` ou non ; ``cadre`` : celui du dessin."""

    situes: list[dict]
    fond: str
    cadre: str
    schematique: bool


def placer(valeurs: Publie, lieux: list[dict], ou: tuple[str, str]) -> Plan | None:
    """Le plan de ``lieux`` (leur ``code``) dans le territoire ``ou`` (niveau et code) ; rien si aucun n'est situé."""
    connus = valeurs.territoires
    if not {"lon", "lat"} <= set(connus):
        return None
    places = connus[connus["niveau"].eq("immeuble")].set_index("code")[["lon", "lat"]]
    situes = [lieu for lieu in lieux if pd.notna(places["lon"].get(lieu["code"]))]
    if not situes:
        return None
    degres = places.loc[[lieu["code"] for lieu in situes]].to_numpy(float)
    points = np.column_stack(lambert().transform(degres[:, 0], degres[:, 1]))
    contours = _contours(valeurs, ou)
    formes = list(shapely.transform(contours["geometry"].to_numpy(), lambert().transform, interleaved=False))
    ouest, sud, est, nord = shapely.total_bounds([*formes, *shapely.points(points)])
    marge = 0.05 * max(est - ouest, nord - sud, 100)
    echelle = LARGEUR / (est - ouest + 2 * marge)
    cadrage = [echelle, 0, 0, -echelle, (marge - ouest) * echelle, (nord + marge) * echelle]
    fonds = [f'<path d="{trace(affine_transform(f, cadrage))}" fill="#f4f7f7" stroke="#8b97a1"/>' for f in formes]
    places = zip(points[:, 0] * echelle + cadrage[4], cadrage[5] - points[:, 1] * echelle, strict=True)
    places = [{**lieu, "x": float(x), "y": float(y)} for lieu, (x, y) in zip(situes, places, strict=True)]
    cadre = f"0 0 {LARGEUR} {(nord - sud + 2 * marge) * echelle:.0f}"
    return Plan(places, "".join(fonds), cadre, sont_schematiques(contours))


def losange(x: float, y: float, rayon: float, fond: str) -> str:
    """La marque d'un immeuble signalé."""
    sommets = f"{x:.1f},{y - rayon:.1f} {x + rayon:.1f},{y:.1f} {x:.1f},{y + rayon:.1f} {x - rayon:.1f},{y:.1f}"
    return f'<polygon points="{sommets}" fill="{fond}" stroke="#1f2933"/>'


def nommer(plan: Plan, lieux: list[dict], rayon: float) -> str:
    """Le nom de chacun de ``lieux``, près de sa marque ; rien de celui qui couvrirait l'une d'elles ou un autre nom."""
    cadre, pris = box(*map(float, plan.cadre.split())), [_boite(lieu["x"], lieu["y"], rayon, rayon) for lieu in lieux]
    marques, textes = shapely.points([(lieu["x"], lieu["y"]) for lieu in plan.situes]), []
    for lieu in lieux:
        demi = mesurer(lieu["nom"], CORPS) / 2
        centres = [(lieu["x"] + dx * (demi + rayon + 3), lieu["y"] + dy * (CORPS / 2 + rayon + 2)) for dx, dy in _COTES]
        places = [(_boite(*centre, demi, CORPS / 2), centre) for centre in centres]
        libres = [p for p in places if cadre.contains(p[0]) and not shapely.intersects(pris, p[0]).any()]
        if libres:  # là où il couvre le moins de marques
            boite, (x, y) = min(libres, key=lambda p: shapely.intersects(marques, p[0]).sum())
            pris.append(boite)
            textes.append(
                f'<text x="{x:.1f}" y="{y + 0.36 * CORPS:.1f}" text-anchor="middle" font-size="{CORPS}" '
                f'fill="{ENCRE}" stroke="#ffffff" stroke-width="3">{escape(lieu["nom"])}</text>'
            )
    return f'<g class="obs-noms" aria-hidden="true">{"".join(textes)}</g>'


def _boite(x: float, y: float, large: float, haut: float) -> shapely.Polygon:
    return box(x - large, y - haut, x + large, y + haut)


def _contours(valeurs: Publie, ou: tuple[str, str]) -> pd.DataFrame:
    """Le contour du territoire, officiel s'il y en a un ; aucune ligne si la ville n'a pas de carte."""
    contours = valeurs.contours if valeurs.contours_officiels is None else valeurs.contours_officiels
    if contours is None:
        return pd.DataFrame({"geometry": []})
    return contours[contours["niveau"].eq(ou[0]) & contours["code"].eq(ou[1])]
