"""Refaire la vérification sur le site construit, où les chiffres de la porte sont redevenus ordinaires.

Un nombre d'une page y est connu s'il est celui d'une ligne du registre de cette page. C'est moins exact que la
vérification faite quand la page s'exécute (deux nombres égaux s'y confondent), mais elle porte sur les octets publiés.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from observatoire.registre.impressions import CHIFFRE
from observatoire.registre.sorties import NOMBRE, textes_html

EDITION = Path("book", "edition")
#: Les documents à imprimer, dans le site ; dans le registre, une page par fichier, du même nom.
DOCUMENTS = Path("documents")
_ARTICLE = re.compile(r'<article class="bd-article".*?</article>', re.S)
# Ce que le livre ajoute dans le corps de la page : ancres des titres, menus.
_DU_LIVRE = re.compile(r'<a class="headerlink".*?</a>|<div class="toctree-wrapper.*?</div>', re.S)


class HorsRegistre(NamedTuple):
    """Un nombre publié que le registre de sa page ne connaît pas."""

    page: str
    nombre: str
    lieu: str


def numeros_hors_registre(site: Path, registre: pd.DataFrame, public: str) -> list[HorsRegistre]:
    """Les nombres du corps des pages d'édition et des documents de ``site`` que ``registre`` ne connaît pas.

    ``site`` : le dossier du site construit. ``registre`` : voir :func:`observatoire.registre.table.lire_registre` ;
    seule compte sa dernière édition pour ce ``public``. Rend une liste vide quand tout est inscrit.
    """
    propre = registre[registre["public"].eq(public) & registre["texte"].notna()]
    propre = propre[propre["edition"].eq(propre["edition"].max())]
    connus = {page: _nombres(" ; ".join(textes)) for page, textes in propre.groupby("page")["texte"]}
    racine = site / EDITION
    pages = {f.relative_to(racine).with_suffix("").as_posix(): f for f in sorted(racine.rglob("*.html"))}
    pages |= {f.relative_to(site).as_posix(): f for f in sorted((site / DOCUMENTS).glob("*.pdf"))}
    return [
        HorsRegistre(page, nombre, lieu)
        for page, fichier in pages.items()
        for lieu, nombres in (_dans_le_pdf if fichier.suffix == ".pdf" else _a_lire)(fichier)
        for nombre in sorted(nombres - connus.get(page, set()))
    ]


def _a_lire(fichier: Path) -> list[tuple[str, set[str]]]:
    """(lieu, nombres) de ce qui se lit dans le corps d'une page."""
    article = _ARTICLE.search(fichier.read_text(encoding="utf-8"))
    if article is None:
        return []
    return [(lieu, _nombres(t)) for lieu, t in textes_html(_DU_LIVRE.sub("", article[0])) if CHIFFRE.search(t)]


def _dans_le_pdf(fichier: Path) -> list[tuple[str, set[str]]]:
    """(lieu, nombres) de ce qui se lit sur chaque feuille d'un document."""
    from pypdf import PdfReader

    # Par position : lus dans l'ordre du fichier, « 37,3 » et « 34,5 », voisins sur une carte, se colleraient.
    comment = {"extraction_mode": "layout", "layout_mode_strip_rotated": False}
    pages = PdfReader(fichier).pages
    return [(f"feuille {n}", _nombres(page.extract_text(**comment))) for n, page in enumerate(pages, start=1)]


def _nombres(texte: str) -> set[str]:
    return set(NOMBRE.findall(texte))
