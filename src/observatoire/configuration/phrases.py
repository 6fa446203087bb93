"""Dire en français ce que pydantic reproche à une fiche : une phrase par faute, et ce qu'il faut écrire."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable

#: Sorte de faute -> la phrase. ``{cle}`` : le nom de ce qui est fautif ; ``{valeur}`` : ce qui y est écrit.
PHRASES = {
    "missing": "{cle} manque.{admis}",
    "string_too_short": "{cle} est vide.",
    "string_pattern_mismatch": "{cle} est vide.",
    "string_type": "{cle} doit être un texte{guillemets}.",
    "bool_type": "{cle} vaut true ou false.",
    "int_type": "{cle} doit être un nombre entier.",
    "date_type": "{cle} s'écrit AAAA-MM-JJ.",
    "jour_ou_annee": "{cle} doit être une date AAAA-MM-JJ, ou une année.",
    "list_type": "{cle} doit être une liste.",
    "too_short": "{cle} est vide.",
    "dict_type": "{cle} {vide}n'est pas une suite de « clé: valeur ».",
    "model_type": "{cle} {vide}n'est pas une suite de « clé: valeur ».{admis}",
    "extra_forbidden": "{cle} est inconnu{proche}.{admis}",
    "inconnu": "{cle} : {sujet}{proche}.{admis}",
    "nombre": "{cle} : {valeur} n'est pas {quoi}{intervalle}.",
    "entier": "{cle} : {valeur} n'est pas {quoi}, {bornes}.",
    "phrase": "{phrase}",
}
#: Ce qui se dit d'une faute que la table ne connaît pas : jamais une trace.
AUTRE = "{cle} est mal écrit."
#: Comment se nomme un élément d'une liste : « règle n° 2 ». Les autres se nomment « liste », n° 2.
ELEMENTS = {
    "regles": "règle", "valeurs": "valeur", "corrections": "entrée", "engagements": "engagement", "textes": "texte",
    "objectifs": "objectif", "accords": "accord", "supports": "support", "decisions": "décision", "alertes": "alerte",
    "ruptures": "rupture", "bailleurs": "bailleur", "autres_deposants": "autre déposant", "signataires": "signataire",
    "communes": "commune",
}  # fmt: skip
#: Au-delà, la liste des valeurs admises ne se lit plus : la plus proche suffit.
LISIBLES = 30
_DICIBLE = re.compile(r"[\w.:-]{1,64}")


def formuler(faute: dict, contenu: object, discret: bool = False) -> str:
    """La phrase d'une faute de pydantic (un élément de ``ValidationError.errors()``).

    ``contenu`` : ce qui a été lu, pour nommer un élément par son code. ``discret`` : ne redire aucune valeur.
    """
    chemin = faute["loc"][:-2] if faute["loc"][-1:] == ("[key]",) else faute["loc"]
    lieu, cle = _dire_ou(chemin, contenu)
    contexte, valeur = faute.get("ctx") or {}, faute["input"]
    admis = contexte.get("admis", ())
    vu = chemin[-1] if faute["type"] == "extra_forbidden" else valeur
    phrase = PHRASES.get(faute["type"], AUTRE).format_map(
        {
            **contexte,
            "cle": cle,
            "vide": "" if chemin else "est vide ou ",
            "valeur": "ce" if discret else citer(valeur),
            "guillemets": " (mettre des guillemets)" if isinstance(valeur, bool | int | float | dt.date) else "",
            "sujet": _sujet(valeur, contexte.get("quoi", ""), discret),
            "quoi": contexte.get("quoi") or ("un nombre entier" if faute["type"] == "entier" else "un nombre"),
            "intervalle": f" de {contexte['intervalle']}" if contexte.get("intervalle") else "",
            "proche": "" if discret else _proche(vu, admis),
            "admis": _enumerer(admis, "Valeurs" if faute["type"] == "inconnu" else "Clés"),
            "phrase": contexte.get("phrase", "").replace("{cle}", cle),
        }
    )
    return f"{lieu} : {phrase}" if lieu else phrase


def citer(valeur: object) -> str:
    """Ce qui est écrit, sur une ligne et en peu de place.

    >>> citer(True), citer("a\\nb"), citer(1)
    ('« true »', '« a b »', '« 1 »')
    """
    if isinstance(valeur, dict | list):
        return "une liste" if isinstance(valeur, list) else "une suite de « clé: valeur »"
    texte = str(valeur).lower() if isinstance(valeur, bool) else "rien" if valeur is None else str(valeur)
    texte = " ".join(texte.split())
    return f"« {texte[:60]}{'…' if len(texte) > 60 else ''} »"


def _dire_ou(chemin: tuple, contenu: object) -> tuple[str, str]:
    """(ce qui contient la faute, le nom de ce qui est fautif)."""
    noms, dedans, liste = [], contenu, ""
    for etape in chemin:
        dedans = _entrer(dedans, etape)
        if isinstance(etape, int):
            noms = noms[:-1] if liste in ELEMENTS else noms
            noms.append(_numeroter(liste, etape, dedans))
        else:
            noms.append(f"« {' '.join(str(etape).split())[:60]} »")
        liste = etape if isinstance(etape, str) else ""
    coupe = len(noms) - 1
    while coupe > 0 and noms[coupe].startswith("n° "):
        coupe -= 1
    return ", ".join(noms[:coupe]), ", ".join(noms[coupe:]) or "le fichier"


def _numeroter(liste: str, rang: int, element: object) -> str:
    code = element.get("code") if isinstance(element, dict) else None
    nom = f"« {code} »" if isinstance(code, str) and _DICIBLE.fullmatch(code) else f"n° {rang + 1}"
    return f"{ELEMENTS[liste]} {nom}" if liste in ELEMENTS else f"n° {rang + 1}"


def _entrer(contenu: object, etape: str | int) -> object:
    try:
        return contenu[etape]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return None


def _sujet(valeur: object, quoi: str, discret: bool) -> str:
    if quoi:
        return f"{'ce' if discret else citer(valeur)} n'est pas {quoi}"
    return "cette valeur n'est pas admise" if discret else f"{citer(valeur)} est inconnu"


def _proche(valeur: object, admis: Iterable[object]) -> str:
    if not isinstance(valeur, str):
        return ""
    proches = difflib.get_close_matches(valeur, [str(a) for a in admis], n=1, cutoff=0.7)
    return f" (« {proches[0]} » ?)" if proches else ""


def _enumerer(admis: tuple, quoi: str) -> str:
    return f" {quoi} admises : {', '.join(map(str, admis))}." if 0 < len(admis) <= LISIBLES else ""
