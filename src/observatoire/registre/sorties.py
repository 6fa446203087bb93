"""Trouver, dans ce qu'une page montre, les chiffres qui ne sont pas passés par la porte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from observatoire.registre.impressions import CHIFFRE, DES_TEXTES, Impression, hors_valeur, relire

FINE, MOINS = "\u202f", "\u2212"
#: Les attributs dont les nombres placent, dessinent ou relient, et ne se lisent pas. Tous les autres se lisent.
ATTRIBUTS_MUETS = frozenset({
    "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "d", "points", "transform", "viewbox",
    "width", "height", "style", "class", "id", "for", "headers", "href", "xlink:href", "xmlns", "xmlns:xlink",
    "fill", "fill-opacity", "opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
    "stroke-dashoffset", "stroke-miterlimit", "clip-path", "font-size", "font-weight", "colspan", "rowspan",
    "tabindex", "aria-labelledby", "aria-describedby", "aria-controls",
})  # fmt: skip
_QUOI_ECRIRE = (
    "Un nombre passe par « ecrire », une année par « ecrire_annee », une phrase écrite telle quelle par « dire » "
    "(from observatoire import ecrire) ; une figure est une de celles d'observatoire."
)
_EN_HTML = {"text/html", "image/svg+xml"}
_BALISE = re.compile(r"""(<[/!?]?[a-zA-Z](?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)""")
_ATTRIBUT = re.compile(r"""(?<=[\s"'])([^\s"'<>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")


def motif(chiffres: str) -> re.Pattern[str]:
    """Un nombre écrit avec ces ``chiffres`` : milliers séparés d'une fine, virgule décimale."""
    return re.compile(f"[{chiffres}]+(?:{FINE}[{chiffres}]{{3}})*(?:,[{chiffres}]+)?")


NOMBRE = motif(r"\d")
_DE_TEXTE = motif(DES_TEXTES)


class Nu(NamedTuple):
    """Un nombre qui n'est pas passé par la porte : ``nombre`` tel qu'il se lit, ``lieu`` où il se lit."""

    nombre: str
    lieu: str


def textes_html(html: str) -> Iterator[tuple[str, str]]:
    """(lieu, texte) de tout ce qui se lit dans du HTML ou du SVG : le texte, puis chaque attribut non muet.

    Ce qu'on ne reconnaît pas comme une balise est du texte : en cas de doute, le nombre est vu.
    """
    morceaux = _BALISE.split(html)
    yield "texte", unescape(" ".join(morceaux[::2]))
    # Une même balise revient cent fois : elle n'est lue qu'une.
    for nom, valeur in _ATTRIBUT.findall(" ".join(dict.fromkeys(morceaux[1::2]))):
        if nom.lower() not in ATTRIBUTS_MUETS:
            yield f"attribut « {nom} »", unescape(valeur)


def nombres_nus(sortie: dict) -> list[Nu]:
    """Les nombres d'une sortie de cellule (au format des notebooks) qui ne sont pas passés par la porte.

    Une image que l'on ne peut pas relire (PNG, PDF) est refusée entière.
    """
    lieux = [("texte", sortie.get("text", "")), ("métadonnées", _en_json(sortie.get("metadata") or ""))]
    nus = []
    for mime, contenu in sortie.get("data", {}).items():
        if mime in _EN_HTML:
            lieux += textes_html(contenu)
        elif mime == "text/markdown":
            lieux.append((mime, unescape(contenu)))
        elif mime.startswith("text/") or mime == "application/javascript":
            lieux.append((mime, contenu))
        elif mime == "application/json" or mime.endswith("+json"):
            lieux.append((mime, _en_json(contenu)))
        else:
            nus.append(Nu("une image", f"{mime}, qui ne peut pas être relue"))
    return nus + [Nu(n, lieu) for lieu, texte in lieux if CHIFFRE.search(texte) for n in NOMBRE.findall(texte)]


def dire_nus(nus: list[Nu]) -> str:
    """Le refus d'une cellule : ce qui est imprimé, où, et quoi écrire."""
    premiers = list(dict.fromkeys(nus))
    liste = " ; ".join(f"« {n.nombre} » ({n.lieu})" for n in premiers[:3])
    suite = f" et {len(premiers) - 3} autre(s)" if len(premiers) > 3 else ""
    return f"imprimé sans passer par le registre : {liste}{suite}. {_QUOI_ECRIRE}"


def impressions_de_texte(*textes: str) -> list[Impression]:
    """Les nombres d'une page qui viennent de textes publiés ou de la bibliothèque : ils n'ont pas de valeur."""
    return hors_valeur(relire(n) for texte in textes for n in _DE_TEXTE.findall(texte))


def impressions_libres(*textes: str) -> list[Impression]:
    """Tous les nombres de textes écrits à la main (Markdown d'un modèle, documentation des schémas)."""
    return hors_valeur(n for texte in textes for n in NOMBRE.findall(texte))


def _en_json(contenu: object) -> str:
    return json.dumps(contenu, ensure_ascii=False)
