"""Les communes d'une agglomération : ce que la configuration en dit, et les quartiers de chacune.

Un territoire de plusieurs communes (un EPCI) les énumère dans ``observatoire.yml`` ; chacune a ses contours dans les
référentiels, en GeoJSON, au format de ``quartiers.geojson``. Un territoire d'une seule commune n'en déclare aucune :
rien de ce module ne le concerne.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

AGGLOMERATION, VILLE = "agglomeration", "ville"
#: Début du code de ce qui est hors de tout quartier, seul quand la commune n'est pas connue.
HORS_QUARTIER = "hors_quartier"
#: Ce qui tient lieu de commune à un immeuble qu'aucune ne situe.
HORS_COMMUNE = "hors_commune"
SIREN, INSEE = re.compile(r"\d{9}"), re.compile(r"\d[\dAB]\d{3}")
_TEXTES = ("code", "nom", "contours")


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
class Epci:
    """L'EPCI d'un territoire d'une commune : son SIREN, et son nom tel que les fichiers ouverts l'écrivent."""

    code: str
    nom: str


def lire_epci(territoire: dict) -> tuple[Epci | None, list[str]]:
    """L'EPCI déclaré, et ce qui ne va pas en lui ; rien s'il n'y en a pas. Il ne sert qu'au contexte de la revue."""
    declare = territoire.get("epci")
    if declare is None:
        return None, []
    if not isinstance(declare, dict) or set(declare) != {"code", "nom"}:
        return None, ['territoire : « epci » s\'écrit {code: "<SIREN>", nom: …}.']
    problemes = [
        f"territoire, epci : « {cle} » n'est pas un texte (mettre des guillemets)."
        for cle in ("code", "nom")
        if not isinstance(declare[cle], str) or not declare[cle].strip()
    ]
    if not problemes and not SIREN.fullmatch(declare["code"]):
        problemes.append("territoire, epci : « code » est le SIREN de l'EPCI, neuf chiffres.")
    if territoire.get("communes") is not None:
        problemes.append("territoire : avec « communes », l'EPCI est le territoire lui-même ; retirer « epci ».")
    return (None if problemes else Epci(**declare)), problemes


def lire_communes(territoire: dict, referentiels: Path) -> tuple[tuple[Commune, ...], list[str]]:
    """Les communes déclarées, et tout ce qui ne va pas en elles, une phrase par défaut ; rien si rien n'est déclaré."""
    declarees = territoire.get("communes")
    if declarees is None:
        return (), []
    problemes = _problemes_du_territoire(territoire, declarees)
    communes = []
    for rang, declaree in enumerate(declarees if isinstance(declarees, list) else (), start=1):
        defauts = _defauts(declaree, rang)
        if not defauts:
            commune, defauts = _lire(declaree, referentiels)
            communes.append(commune)
        problemes += defauts
    return tuple(communes), [*problemes, *_repetitions(communes)]


def _problemes_du_territoire(territoire: dict, declarees: object) -> list[str]:
    problemes = []
    if not isinstance(declarees, list) or len(declarees) < 2:
        problemes.append(
            "territoire : « communes » est une liste d'au moins deux communes ; pour une seule, donner son code et son "
            "nom dans « territoire »."
        )
    if isinstance(territoire.get("code"), str) and not SIREN.fullmatch(territoire["code"]):
        problemes.append("territoire : avec « communes », « code » est le SIREN de l'EPCI, neuf chiffres.")
    if territoire.get("quartiers", "contours") != "contours":
        problemes.append("territoire : « communes » ne va pas avec « quartiers: communes ».")
    return problemes


def _defauts(declaree: object, rang: int) -> list[str]:
    ou = f"communes, n° {rang}"
    if not isinstance(declaree, dict):
        return [f"{ou} : ce n'est pas une suite de « clé: valeur »."]
    defauts = [f"{ou} : « {cle} » manque." for cle in ("code", "nom") if not declaree.get(cle)]
    defauts += [f"{ou} : « {cle} » est inconnu." for cle in declaree if cle not in _TEXTES]
    defauts += [
        f"{ou} : « {cle} » n'est pas un texte (mettre des guillemets)."
        for cle in _TEXTES
        if declaree.get(cle) and not isinstance(declaree[cle], str)
    ]
    if not defauts and not INSEE.fullmatch(declaree["code"]):
        defauts.append(f"{ou} : « {declaree['code']} » n'est pas un code Insee de commune.")
    return defauts


def _lire(declaree: dict, referentiels: Path) -> tuple[Commune, list[str]]:
    code, nom = declaree["code"], declaree["nom"]
    fichier = declaree.get("contours", f"quartiers_{code}.geojson")
    commune = Commune(code, nom, fichier)
    if not (referentiels / fichier).is_file():
        return commune, [f"communes, {nom} : le fichier de contours « {fichier} » manque dans les référentiels."]
    try:
        traits = [t["properties"] for t in json.loads((referentiels / fichier).read_text(encoding="utf-8"))["features"]]
        codes = {n: tuple(t["code"] for t in traits if t["niveau"] == n) for n in ("quartier", "secteur")}
        if not all(isinstance(code, str) and code for siens in codes.values() for code in siens):
            raise ValueError("un code n'est pas un texte")
    except (ValueError, KeyError, TypeError, RecursionError):
        return commune, [
            f"communes, {nom} : « {fichier} » n'est pas un GeoJSON de quartiers (code, nom, niveau, parent)."
        ]
    commune = Commune(code, nom, fichier, codes["quartier"], codes["secteur"])
    if not commune.quartiers:
        return commune, [f"communes, {nom} : « {fichier} » n'a aucun quartier ; en mettre un, la commune entière."]
    return commune, []


def _repetitions(communes: list[Commune]) -> list[str]:
    """Une commune donnée deux fois, un quartier ou un secteur dans deux communes, un code qui en désigne deux."""
    problemes, ou = [], defaultdict(list)
    for commune in communes:
        ou["commune", commune.code].append(commune.nom)
        for niveau in ("quartier", "secteur"):
            for code in getattr(commune, f"{niveau}s"):
                ou[niveau, code].append(commune.nom)
    connues = {c.code for c in communes}
    for (niveau, code), noms in ou.items():
        if niveau == "commune" and len(noms) > 1:
            problemes.append(f"communes : « {code} » est donnée deux fois.")
        elif len(set(noms)) > 1:
            problemes.append(f"communes : le {niveau} « {code} » est dans {' et '.join(dict.fromkeys(noms))}.")
        if niveau != "commune" and (code in connues or code.startswith((HORS_QUARTIER, HORS_COMMUNE))):
            problemes.append(f"communes : « {code} » ne peut pas être le code d'un {niveau}, il a déjà un sens.")
    return problemes
