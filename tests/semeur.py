"""Semer des textes hostiles dans tout ce qu'un dossier publié a de texte : colonnes, réglages, contours, écrits.

Un champ est un texte quand l'une de ses valeurs n'est pas un code, une date ou un nombre : rien n'est énuméré ici, et
un champ nouveau est semé de lui-même. Chaque fichier est récrit comme la bibliothèque l'écrit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pandas as pd
from textes_hostiles import SUR_DES_LIGNES, TEXTES

from observatoire.echappement import markdown_en_myst
from observatoire.fichiers import ecrire_csv

TOUS = [*TEXTES, *SUR_DES_LIGNES]
#: Dans un écrit, ceux qui ne sont pas des titres, dont la mise en forme va au sommaire (voir ``test_echappement.py``).
SANS_TITRE = [t for t in TOUS if "### " not in markdown_en_myst(t)]
_UN_TEXTE = re.compile(r"[^\x21-\x7e]|[A-Z]|^$")
_AUTRE_CHOSE = re.compile(r"True|False|\d{4}-T[1-4]|gbh:.*", re.S)
#: Ce que la bibliothèque écrit elle-même, d'après son propre code.
_DE_LA_BIBLIOTHEQUE = {"catalogue.json", "mixite.json"}


def semer(publie: Path) -> set[str]:
    """Remplacer chaque texte d'un dossier publié par un texte hostile ; rend les champs semés."""
    textes, champs = cycle(TOUS), set()
    for fichier in sorted(publie.glob("*.csv")):
        table = pd.read_csv(fichier, keep_default_na=False, na_values=[""])
        libres = [c for c in table.select_dtypes(["object", "string"]) if _est_libre(table[c].dropna().unique())]
        semes = {c: table[c].map({v: next(textes) for v in table[c].dropna().unique()}) for c in libres}
        ecrire_csv(table.assign(**semes), fichier)
        champs |= {f"{fichier.name}, {c}" for c in libres}
    for fichier in sorted({*publie.glob("*.json"), *publie.glob("*.geojson")}):
        if fichier.name not in _DE_LA_BIBLIOTHEQUE:
            lu = json.loads(fichier.read_text(encoding="utf-8"))
            champs |= {f"{fichier.name}, {chemin}" for chemin in _semer_json(lu, textes)}
            fichier.write_text(json.dumps(lu), encoding="utf-8")
    for fichier in sorted(publie.rglob("*.md")):
        fichier.write_text("\n\n".join(["## Constats", *SANS_TITRE]), encoding="utf-8", newline="")
        champs.add(fichier.relative_to(publie).as_posix())
    return champs


def _est_libre(valeurs) -> bool:
    return any(_UN_TEXTE.search(v) and not _AUTRE_CHOSE.fullmatch(v) for v in valeurs if isinstance(v, str))


def _semer_json(noeud: object, textes: Iterator[str], chemin: str = "") -> Iterator[str]:
    """Remplacer les textes d'un JSON, sur place ; rend le chemin de chacun."""
    enfants = noeud.items() if isinstance(noeud, dict) else enumerate(noeud) if isinstance(noeud, list) else ()
    for cle, valeur in list(enfants):
        if isinstance(valeur, str) and _est_libre([valeur]) and cle != "type":
            noeud[cle] = next(textes)
            yield f"{chemin}/{cle}"
        else:
            yield from _semer_json(valeur, textes, f"{chemin}/{cle}" if isinstance(cle, str) else chemin)
