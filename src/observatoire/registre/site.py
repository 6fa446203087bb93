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
_ARTICLE = re.compile(r'<article class="bd-article".*?</article>', re.S)
# Ce que le livre ajoute dans le corps de la page : ancres des titres, menus.
_DU_LIVRE = re.compile(r'<a class="headerlink".*?</a>|<div class="toctree-wrapper.*?</div>', re.S)


class HorsRegistre(NamedTuple):
    """Un nombre publié que le registre de sa page ne connaît pas."""

    page: str
    nombre: str
    lieu: str


def numeros_hors_registre(site: Path, registre: pd.DataFrame, public: str) -> list[HorsRegistre]:
    """Les nombres du corps des pages d'édition de ``site`` que ``registre`` ne connaît pas, page par page.

    ``site`` : le dossier du site construit. ``registre`` : voir :func:`observatoire.registre.table.lire_registre` ;
    seule compte sa dernière édition pour ce ``public``. Rend une liste vide quand tout est inscrit.
    """
    propre = registre[registre["public"].eq(public) & registre["texte"].notna()]
    propre = propre[propre["edition"].eq(propre["edition"].max())]
    connus = {page: _nombres(" ; ".join(textes)) for page, textes in propre.groupby("page")["texte"]}
    racine = site / EDITION
    return [
        HorsRegistre(page, nombre, lieu)
        for fichier in sorted(racine.rglob("*.html"))
        for page in [fichier.relative_to(racine).with_suffix("").as_posix()]
        for lieu, nombres in _a_lire(fichier)
        for nombre in sorted(nombres - connus.get(page, set()))
    ]


def _a_lire(fichier: Path) -> list[tuple[str, set[str]]]:
    """(lieu, nombres) de ce qui se lit dans le corps d'une page."""
    article = _ARTICLE.search(fichier.read_text(encoding="utf-8"))
    if article is None:
        return []
    return [(lieu, _nombres(t)) for lieu, t in textes_html(_DU_LIVRE.sub("", article[0])) if CHIFFRE.search(t)]


def _nombres(texte: str) -> set[str]:
    return set(NOMBRE.findall(texte))
