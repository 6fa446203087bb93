"""Écrire le nom et la valeur de chaque quartier sur une carte : où ils tiennent, le nom abrégé si la place manque."""

from __future__ import annotations

import itertools
import re

import numpy as np
import shapely
from shapely.affinity import scale

from observatoire.presentation.toile import mesurer

#: À cette taille, un caractère de la carte a onze pixels sur un téléphone de 390 pixels.
CORPS = 15
_ALLONGE = 2.2  # la largeur d'une étiquette (un nom, une valeur dessous), en hauteurs
_HAUTEUR, _MARGE = 2.1 * CORPS, 4
_VALEUR = "10,1\u202f%"  # une valeur ordinaire, que le nom soit plus court ou non
_COUPURE = re.compile(r"\s+[–—-]\s+")
_SAINT = re.compile(r"\bSaint(e?)(?=[- ])")


def etiqueter(noms: list[str], formes: list) -> tuple[list[str], np.ndarray]:
    """Ce qui s'écrit de chaque nom, et autour de quel point : une ligne ``x``, ``y`` chacun."""
    points = _placer(formes)
    abreges = _abreger(noms, formes, points)
    autres = mesurer(_VALEUR, CORPS, gras=True)
    return abreges, _ecarter(points, np.array([_MARGE + max(mesurer(nom, CORPS), autres) for nom in abreges]))


def _placer(formes: list) -> np.ndarray:
    """Le point de chaque forme autour duquel il y a le plus de place pour un texte, qui est plus large que haut."""
    tassees = [scale(forme, 1 / _ALLONGE, 1, origin=(0, 0)) for forme in formes]
    centres = shapely.get_point(shapely.maximum_inscribed_circle(np.array(tassees), tolerance=1), 0)
    return np.column_stack([shapely.get_x(centres) * _ALLONGE, shapely.get_y(centres)])


def _abreger(noms: list[str], formes: list, points: np.ndarray) -> list[str]:
    """Le nom entier s'il tient ; sinon sa première partie, puis « St- » pour « Saint- »."""
    courts = raccourcir(noms)
    places = [_largeur(forme, *point) for forme, point in zip(formes, points, strict=True)]
    essais = [(nom, court, _SAINT.sub(r"St\1", court)) for nom, court in zip(noms, courts, strict=True)]
    return [
        next((x for x in siens if mesurer(x, CORPS) <= place), siens[-1])
        for siens, place in zip(essais, places, strict=True)
    ]


def raccourcir(noms: list[str]) -> list[str]:
    """La première partie de chaque nom (« Centre – Chapelle des Buis ») ; le nom entier si deux se confondraient."""
    courts = [_COUPURE.split(nom)[0] for nom in noms]
    return [court if courts.count(court) == 1 else nom for court, nom in zip(courts, noms, strict=True)]


def _largeur(forme, x: float, y: float) -> float:
    """La place que laisse une forme de part et d'autre d'un point, à sa hauteur."""
    ouest, _, est, _ = forme.bounds
    morceaux = shapely.get_parts(shapely.intersection(forme, shapely.linestrings([(ouest, y), (est, y)])))
    siens = [m.bounds for m in morceaux if m.bounds[0] <= x <= m.bounds[2]]
    return 2 * min((min(x - b[0], b[2] - x) for b in siens), default=0)


def _ecarter(points: np.ndarray, largeurs: np.ndarray) -> np.ndarray:
    """Les mêmes points, un peu déplacés là où deux étiquettes se recouvrent : du côté où il y a le moins à bouger."""
    points = points.copy()
    for a, b in itertools.combinations(range(len(points)), 2):
        ecart = points[b] - points[a]
        manque = np.array([(largeurs[a] + largeurs[b]) / 2, _HAUTEUR]) - abs(ecart)
        if (manque > 0).all():
            axe = int(manque.argmin())
            pas = np.copysign(manque[axe] / 2, ecart[axe])
            points[[a, b], axe] += [-pas, pas]
    return points
