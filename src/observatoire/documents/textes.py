"""Les textes d'un document : des morceaux de même style, ponctués à la française."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import html

from observatoire.typographie import ponctuer

_STYLES = {"strong": "fort", "b": "fort", "th": "fort", "em": "penche", "i": "penche", "small": "petit"}
_BLANCS = re.compile(r"[ \t\r\n]+")
_SANS_TEXTE = {"svg", "details", "style", "script"}


def morceaux(sources: Iterable[html.HtmlElement | str]) -> list[list[str]]:
    """Des nœuds (sans ce qui les suit) et des textes, en morceaux ``[texte, style]``."""
    bruts = [
        m for source in sources for m in ([(source, "")] if isinstance(source, str) else _morceaux_du_noeud(source, ""))
    ]
    unis: list[list[str]] = []
    for texte, style in bruts:
        texte = texte if texte == "\n" and style == "saut" else _BLANCS.sub(" ", texte)
        if style == "saut":
            unis.append(["\n", ""])
        elif unis and unis[-1][1] == style and unis[-1][0] != "\n":
            unis[-1][0] = _BLANCS.sub(" ", unis[-1][0] + texte)
        elif texte:
            unis.append([texte, style])
    return _rogner(_ponctuer(unis))


def _ponctuer(suite: list[list[str]]) -> list[list[str]]:
    """Ponctuer chaque morceau en sachant par quoi finit celui d'avant : « **part** : » aussi a son espace insécable."""
    ponctues: list[list[str]] = []
    for texte, style in suite:
        avant = ponctues[-1][0][-1:].strip() if ponctues else ""
        ponctues.append([texte if texte == "\n" else ponctuer(avant + texte)[len(avant) :], style])
    return ponctues


def en_texte(noeud: html.HtmlElement) -> str:
    """Le texte d'un nœud, sans style."""
    return "".join(t for t, _ in morceaux([noeud])).strip()


def _morceaux_du_noeud(noeud: html.HtmlElement, style: str) -> Iterator[tuple[str, str]]:
    if not isinstance(noeud.tag, str) or noeud.tag in _SANS_TEXTE:
        return
    if noeud.tag == "br":
        yield "\n", "saut"
        return
    propre = _STYLES.get(noeud.tag, style) if noeud.tag != "th" else style
    yield noeud.text or "", propre
    for enfant in noeud:
        yield from _morceaux_du_noeud(enfant, propre)
        yield enfant.tail or "", propre


def _rogner(suite: list[list[str]]) -> list[list[str]]:
    """Sans blanc au début, à la fin, ni autour d'un passage à la ligne."""
    for rang, (texte, _) in enumerate(suite):
        avant = rang == 0 or suite[rang - 1][0] == "\n"
        apres = rang == len(suite) - 1 or suite[rang + 1][0] == "\n"
        if texte != "\n":
            suite[rang][0] = (
                (texte.lstrip(" ") if avant else texte).rstrip(" ")
                if apres
                else (texte.lstrip(" ") if avant else texte)
            )
    return [m for m in suite if m[0]]
