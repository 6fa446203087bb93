"""Ouvrir chaque fichier d'un site selon son genre, pour y lire tout ce qui peut se lire.

Un genre s'ajoute dans :data:`LECTEURS` : un suffixe et la fonction qui rend un :class:`Contenu`. Un fichier de genre
inconnu ou illisible n'est jamais passé : son :attr:`Fichier.defaut` le dit, et ce qui s'y lit en clair est lu.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from observatoire.audit.lecteurs.binaires import lire_archive, lire_gzip, lire_image, lire_muet, lire_tableaux
from observatoire.audit.lecteurs.contenu import Contenu, Fichier, Illisible, opaque
from observatoire.audit.lecteurs.donnees import lire_csv, lire_json, lire_parquet, lire_tableur
from observatoire.audit.lecteurs.pagefind import lire_pagefind
from observatoire.audit.lecteurs.pages import lire_html, lire_xml
from observatoire.audit.lecteurs.pdf import lire_pdf
from observatoire.audit.lecteurs.textes import lire_catalogue_gettext, lire_texte

__all__ = ["LECTEURS", "Contenu", "Fichier", "lire_dossier", "ouvrir"]

_GENRES = {
    lire_html: "html htm xhtml",
    lire_xml: "svg xml rss atom",
    lire_json: "json geojson map ipynb webmanifest",
    lire_texte: "js mjs css txt md rst po pot yml yaml toml",
    lire_csv: "csv tsv",
    lire_tableur: "xlsx ods",
    lire_parquet: "parquet",
    lire_pdf: "pdf",
    lire_archive: "zip docx odt",
    lire_gzip: "gz inv",
    lire_pagefind: "pf_fragment pf_index pf_meta pf_filter pagefind",
    lire_image: "png jpg jpeg gif webp ico",
    lire_catalogue_gettext: "mo",
    lire_tableaux: "npz",
    lire_muet: "woff woff2 ttf otf eot",
}
#: Suffixe, sans point et en minuscules -> lecteur.
LECTEURS = {suffixe: lecteur for lecteur, suffixes in _GENRES.items() for suffixe in suffixes.split()}


def lire_dossier(dossier: Path, prefixe: str = "") -> Iterator[Fichier]:
    """Chaque fichier d'un dossier, dans l'ordre des noms, fichiers cachés compris ; ``prefixe`` précède son nom."""
    for chemin in sorted(c for c in dossier.rglob("*") if c.is_file()):
        yield ouvrir(prefixe + chemin.relative_to(dossier).as_posix(), chemin.read_bytes())


def ouvrir(nom: str, octets: bytes) -> Fichier:
    """Lire un fichier selon son suffixe. ``nom`` : chemin dans le site, séparé par des « / »."""
    genre = PurePosixPath(nom).suffix.lstrip(".").lower()
    lecteur = LECTEURS.get(genre) or (lire_texte if not genre else None)
    if lecteur is None:
        return Fichier(nom, genre, opaque(octets), f"genre de fichier inconnu (.{genre})")
    try:
        return Fichier(nom, genre or "sans suffixe", lecteur(octets, ouvrir), None)
    except Illisible as erreur:
        return Fichier(nom, genre or "sans suffixe", opaque(octets), f"fichier illisible : {erreur}")
