"""Découper un texte en atomes (mots et suites de chiffres), les mêmes des deux côtés d'une recherche."""

from __future__ import annotations

import re
import unicodedata

_ATOME = re.compile(r"[^\W_]+")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_ECHAPPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def plier(texte: str) -> str:
    """Le texte en minuscules, sans accents : deux écritures d'un même nom se valent."""
    if texte.isascii():
        return texte.lower()
    return _ACCENT.sub("", unicodedata.normalize("NFKD", texte)).lower()


def atomes(texte: str) -> list[str]:
    """Les atomes d'un texte, dans l'ordre : « ADO0001-001 » en a deux, quel que soit ce qui les sépare."""
    return _ATOME.findall(plier(texte))


def desechapper(texte: str) -> str:
    r"""Rendre les ``\\u00e9`` d'un script ou d'un JSON en clair."""
    return _ECHAPPE.sub(lambda m: chr(int(m[1], 16)), texte)
