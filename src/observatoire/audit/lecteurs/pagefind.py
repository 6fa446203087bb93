"""L'index de recherche de Pagefind : des morceaux comprimés, en JSON (les pages) ou en CBOR (les mots)."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator

import cbor2

from observatoire.audit.lecteurs.contenu import Contenu, Illisible, opaque, par_morceaux

_MARQUE = b"pagefind_dcd"
_WASM = b"\0asm"


def lire_pagefind(octets: bytes, ouvrir) -> Contenu:
    """Un fragment (le texte d'une page), un index (des mots), ou le programme de recherche, qui est muet."""
    try:
        clair = gzip.decompress(octets)
    except (gzip.BadGzipFile, EOFError, zlib.error) as erreur:
        raise Illisible("morceau d'index abîmé") from erreur
    if not clair.startswith(_MARQUE):
        raise Illisible("ce n'est pas un morceau d'index de Pagefind")
    corps = clair.removeprefix(_MARQUE)
    if corps.startswith(_WASM):
        return opaque(corps, muet=True)
    try:
        objet = json.loads(corps) if corps[:1] == b"{" else cbor2.load(io.BytesIO(corps))
    except (json.JSONDecodeError, UnicodeDecodeError, cbor2.CBORDecodeError) as erreur:
        raise Illisible("morceau d'index mal formé") from erreur
    page = objet.get("url", "") if isinstance(objet, dict) else ""
    return par_morceaux([(f"index de la page {page}" if page else "mots de l'index", t) for t in _textes(objet)])


def _textes(objet: object) -> Iterator[str]:
    """Tous les textes d'un objet, clés comprises."""
    if isinstance(objet, str):
        yield objet
    elif isinstance(objet, dict):
        for cle, valeur in objet.items():
            yield from _textes(cle)
            yield from _textes(valeur)
    elif isinstance(objet, list | tuple):
        for valeur in objet:
            yield from _textes(valeur)
