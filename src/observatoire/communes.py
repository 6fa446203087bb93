"""Les communes d'une agglomération : ce que la configuration en dit, et les quartiers de chacune.

Un territoire de plusieurs communes (un EPCI) les énumère dans ``observatoire.yml`` ; chacune a ses contours dans les
référentiels, en GeoJSON, au format de ``quartiers.geojson``. Un territoire d'une seule commune n'en déclare aucune :
rien de ce module ne le concerne.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from observatoire.vocabulaire import QUARTIER, SECTEUR

#: Début du code de ce qui est hors de tout quartier, seul quand la commune n'est pas connue.
HORS_QUARTIER = "hors_quartier"
#: Ce qui tient lieu de commune à un immeuble qu'aucune ne situe.
HORS_COMMUNE = "hors_commune"
#: L'arrondissement municipal, tel que l'Insee le code, -> sa commune : les fichiers publics n'écrivent que le premier.
ARRONDISSEMENTS = {
    str(premier + rang): commune
    for commune, premier, combien in (("75056", 75101, 20), ("13055", 13201, 16), ("69123", 69381, 9))
    for rang in range(combien)
}
#: Les suffixes d'un fichier de contours ; un Shapefile est dans un zip.
FORMATS_DE_CONTOURS = (".geojson", ".gpkg", ".zip")
SIREN, INSEE = re.compile(r"\d{9}"), re.compile(r"\d[\dAB]\d{3}")


@dataclass(frozen=True)
class Commune:
    """Une commune de l'agglomération. ``contours`` : le nom de son fichier, dans les référentiels ; ``quartiers`` et
    ``secteurs`` : leurs codes, dans l'ordre du fichier."""

    code: str
    nom: str
    contours: str
    quartiers: tuple[str, ...] = ()
    secteurs: tuple[str, ...] = ()

    @property
    def hors_quartier(self) -> str:
        """Où va ce qui est dans la commune sans que l'on sache où : son seul quartier, sinon un reste à elle."""
        return self.quartiers[0] if len(self.quartiers) == 1 else f"{HORS_QUARTIER}_{self.code}"


@dataclass(frozen=True)
class ContoursOfficiels:
    """Un second fichier de contours, à côté de ceux que les pages dessinent ; ``source`` : ce qui se lit dessous."""

    fichier: str
    source: str


@dataclass(frozen=True)
class Epci:
    """L'EPCI d'un territoire d'une commune : son SIREN, et son nom tel que les fichiers ouverts l'écrivent."""

    code: str
    nom: str


def lire_contours_de(declaree: dict, referentiels: Path) -> tuple[Commune, str]:
    """Une commune déclarée (``code``, ``nom``, ``contours`` ?), et ce qui ne va pas dans son fichier, s'il y a lieu."""
    commune = Commune(
        declaree["code"], declaree["nom"], declaree.get("contours") or f"quartiers_{declaree['code']}.geojson"
    )
    fichier = commune.contours
    if sort_des_referentiels(fichier):
        return commune, f"le fichier de contours « {fichier} » n'est pas dans les référentiels ; l'y mettre."
    if not (referentiels / fichier).is_file():
        return commune, f"le fichier de contours « {fichier} » manque dans les référentiels."
    try:
        traits = [t["properties"] for t in json.loads((referentiels / fichier).read_text(encoding="utf-8"))["features"]]
        codes = {n: tuple(_en_texte(t["code"]) for t in traits if t["niveau"] == n) for n in (QUARTIER, SECTEUR)}
        if not all(isinstance(code, str) and code for siens in codes.values() for code in siens):
            raise ValueError("un code n'est pas un texte")
    except (ValueError, KeyError, TypeError, RecursionError):
        return commune, f"« {fichier} » n'est pas un GeoJSON de quartiers (code, nom, niveau, parent)."
    commune = replace(commune, quartiers=codes["quartier"], secteurs=codes["secteur"])
    return commune, "" if commune.quartiers else f"« {fichier} » n'a aucun quartier ; en mettre un, la commune entière."


def sort_des_referentiels(fichier: str) -> bool:
    """Un chemin donné mène-t-il hors du dossier des référentiels ?"""
    return Path(fichier).is_absolute() or ".." in Path(fichier).parts


def _en_texte(code: object) -> object:
    return f"{code:.15g}" if isinstance(code, int | float) else code


def repetitions(communes: list[Commune]) -> list[str]:
    """Une commune donnée deux fois, un quartier ou un secteur dans deux communes, un code qui en désigne deux."""
    problemes, ou = [], defaultdict(list)
    for commune in communes:
        ou["commune", commune.code].append(commune.nom)
        for niveau in (QUARTIER, SECTEUR):
            for code in getattr(commune, f"{niveau}s"):
                ou[niveau, code].append(commune.nom)
    connues = {c.code for c in communes}
    for (niveau, code), noms in ou.items():
        if niveau == "commune" and len(noms) > 1:
            problemes.append(f"« {code} » est donnée deux fois.")
        elif len(set(noms)) > 1:
            problemes.append(f"le {niveau} « {code} » est dans {' et '.join(dict.fromkeys(noms))}.")
        if niveau != "commune" and (code in connues or code.startswith((HORS_QUARTIER, HORS_COMMUNE))):
            problemes.append(f"« {code} » ne peut pas être le code d'un {niveau}, il a déjà un sens.")
    return problemes
