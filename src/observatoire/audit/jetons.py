"""Découper un texte en atomes (mots et suites de chiffres) et en nombres, les mêmes des deux côtés d'une recherche."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_ATOME = re.compile(r"[^\W_]+")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_ECHAPPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# De quoi faire un nombre : chiffres, milliers séparés par des espaces insécables, virgules ou points, exposant.
_SUITE = re.compile(r"[\d.,\u202f\u00a0]{4,}(?:[eE][-+]?\d+)?")
_NOMBRE = re.compile(r"(?:\d{1,3}(?:[\u202f\u00a0]\d{3})+|\d+)?(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
_SEPARATEURS = re.compile(r"[\u202f\u00a0]")


def plier(texte: str) -> str:
    """Le texte en minuscules, sans accents : deux écritures d'un même nom se valent."""
    if texte.isascii():
        return texte.lower()
    return _ACCENT.sub("", unicodedata.normalize("NFKD", texte)).lower()


def atomes(texte: str) -> list[str]:
    """Les atomes d'un texte, dans l'ordre : « ADO0001-001 » en a deux, quel que soit ce qui les sépare."""
    return _ATOME.findall(plier(texte))


def nombres(texte: str, chiffres: int) -> set[str]:
    """Les nombres d'au moins ``chiffres`` chiffres significatifs, écrits sans milliers et avec un point décimal."""
    suites = {s.strip(",\u202f\u00a0").rstrip(".") for s in set(_SUITE.findall(texte)) if len(s) >= chiffres}
    # Une virgule sépare des décimales, ou des cases : les deux lectures sont gardées.
    lectures = suites.union(*(s.split(",") for s in suites if "," in s))
    ecrits = {_SEPARATEURS.sub("", n).replace(",", ".") for n in lectures if n and _NOMBRE.fullmatch(n)}
    return {n for n in ecrits if significatifs(n) >= chiffres}


def significatifs(nombre: str) -> int:
    """Nombre de chiffres significatifs : « 0.03500 » en a deux, « 299100 » quatre."""
    mantisse = re.split("[eE]", nombre)[0].replace(".", "")
    return len(mantisse.strip("0"))


def pas(nombre: str) -> float:
    """L'unité du dernier chiffre écrit : 0,001 pour « 0.355 »."""
    return float(Decimal(1).scaleb(Decimal(nombre).as_tuple().exponent))


def desechapper(texte: str) -> str:
    r"""Rendre les ``\\u00e9`` d'un script ou d'un JSON en clair."""
    return _ECHAPPE.sub(lambda m: chr(int(m[1], 16)), texte)
