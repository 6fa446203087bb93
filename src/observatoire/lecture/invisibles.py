"""Retirer des cellules ce qui ne se voit pas : deux identifiants qui se lisent de même sont le même.

Caractères de format (espace sans chasse, marque d'ordre, trait conditionnel…), sélecteurs de variante, espaces d'autres
largeurs ; les lettres accentuées s'écrivent d'une seule façon (NFC).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from observatoire.lecture.fichiers import Lu

SANS_CHASSE = r"[\p{Cf}\x{FE00}-\x{FE0F}\x{034F}\x{115F}\x{1160}\x{3164}]"
ESPACES = r"[\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"
NE_SE_VOIT_PAS = rf"{SANS_CHASSE}|\p{{Mn}}"
INVISIBLES = rf"{NE_SE_VOIT_PAS}|{ESPACES}"


def sans_invisibles(lu: Lu) -> tuple[Lu, int]:
    """Le tableau lu, sans rien d'invisible, et le nombre de cellules touchées, à dire au déposant."""
    touchees, colonnes = 0, {}
    for rang, colonne in lu.cadre.items():
        textes = pa.array(colonne, pa.large_string(), from_pandas=True)
        if en_a(textes):
            colonnes[rang] = pd.Series(_nettoyer(textes), index=colonne.index, dtype="str")
            touchees += pc.sum(pc.match_substring_regex(textes, NE_SE_VOIT_PAS)).as_py()
    if not colonnes:
        return lu, 0
    cadre = pd.DataFrame({rang: colonnes.get(rang, colonne) for rang, colonne in lu.cadre.items()})
    return replace(lu, cadre=cadre), touchees


def en_a(textes: pa.Array) -> bool:
    """Une cellule au moins a-t-elle un caractère qui ne se voit pas ?"""
    tout_ascii = pc.all(pc.string_is_ascii(textes)).as_py() is not False  # le cas ordinaire, qui se voit sans motif
    return not tout_ascii and bool(pc.any(pc.match_substring_regex(textes, INVISIBLES)).as_py())


def _nettoyer(textes: pa.Array) -> pa.Array:
    nus = pc.replace_substring_regex(pc.replace_substring_regex(textes, SANS_CHASSE, ""), ESPACES, " ")
    return pc.utf8_normalize(pc.utf8_trim_whitespace(nus), "NFC")
