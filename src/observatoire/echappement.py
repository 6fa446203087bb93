"""Un texte venu d'ailleurs est une donnée : plié à l'entrée, échappé une fois à la frontière de chaque langage.

HTML et SVG ont :func:`html.escape` ; Typst reçoit ses textes en JSON, comme des valeurs. Le reste est ici : MyST, les
tableurs, et le Markdown des gens (commentaires, comptes rendus), dont ne sont retenus que la mise en forme et les
liens vers d'autres sites.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Ce qui ne se voit pas, ou renverse l'ordre de lecture : rien qu'un nom ait à contenir.
_CACHES = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_ORDONNENT = "\x01-\x1f\x7f-\x9f\u2028\u2029"
#: Le motif de ce que :func:`replier` change, tel que pandas sait le chercher sans passer par Python.
A_REPLIER = f"[{_CACHES}{_ORDONNENT}]"
_INVISIBLES = re.compile(f"[{_CACHES}\x00\ud800-\udfff]+")
_COMMANDES = re.compile(f"[ \t]*[{_ORDONNENT}]+[ \t]*")
# Ce que MyST lit comme un ordre où que ce soit dans une ligne, ou seulement à son début.
_ORDRES = re.compile(r"[!$&*<>@\[\\\]^_`{|}~]|^[#%(+\-:=]")
_NUMERO = re.compile(r"^(\d+)(?=[.)])")
# Ce qui ouvre une formule, en largeur ordinaire, étroite ou pleine.
_FORMULE = re.compile("'*[=+\\-@＝＋－＠﹦﹢﹣﹫]")
_GARDEE = re.compile("^'(?='*[=+\\-@＝＋－＠﹦﹢﹣﹫])")
_LIGNE_VIDE = re.compile(r"\n(?=[ \t]*\n)")


def replier(texte: str) -> str:
    """Le texte sur une ligne : une suite de caractères de commande devient une espace, les invisibles disparaissent."""
    return _COMMANDES.sub(" ", _INVISIBLES.sub("", texte)).strip()


def changer_textes(colonne: pd.Series, changer: Callable[[str], str]) -> pd.Series:
    """Une colonne dont chaque texte est passé par ``changer``, une fois par valeur distincte."""
    changes = {t: nouveau for t in colonne.dropna().unique() if isinstance(t, str) and (nouveau := changer(t)) != t}
    return colonne.map(lambda t: changes.get(t, t)) if changes else colonne


def pour_myst(texte: object) -> str:
    """Le texte, tel quel à la lecture, où qu'il soit dans une page en MyST : titre, liste, case de tableau."""
    return _NUMERO.sub(r"\1\\", _ORDRES.sub(r"\\\g<0>", replier(str(texte))))


def pour_tableur(texte: str) -> str:
    """Le texte replié, précédé d'une apostrophe si un tableur y verrait une formule ; ``depuis_tableur`` la retire."""
    texte = replier(texte)
    return f"'{texte}" if _FORMULE.match(texte) and not _est_un_nombre(texte) else texte


def depuis_tableur(texte: str) -> str:
    """L'inverse de :func:`pour_tableur`, au repli près."""
    return _GARDEE.sub("", texte, count=1)


def _est_un_nombre(texte: str) -> bool:
    try:
        float(texte)
    except ValueError:
        return False
    return True


def markdown_en_html(texte: str) -> str:
    """Le Markdown des gens, en HTML sûr : ni HTML, ni image, ni directive ; ses titres passent sous ceux de la page."""
    return _rendre(_en_jetons(texte))


def markdown_en_myst(texte: str) -> str:
    """Le même, pour une page en MyST : ses titres restent des titres, donc au sommaire, et le reste est du HTML."""
    parties: list[str] = []
    suite: list[Token] = []
    jetons = iter(_en_jetons(texte))
    for jeton in jetons:
        if jeton.type == "heading_open" and jeton.level == 0:
            parties += [_en_bloc(suite), f"{'#' * int(jeton.tag[1])} {pour_myst(_nu(next(jetons)))}"]
            suite = []
            next(jetons)
        else:
            suite.append(jeton)
    return "\n\n".join(p for p in [*parties, _en_bloc(suite)] if p)


@cache
def _lecteur() -> MarkdownIt:
    """CommonMark, sans HTML ni image ; il refuse de lui-même les adresses « javascript: », « file: » et « data: »."""
    from markdown_it import MarkdownIt

    lecteur = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    lecteur.validateLink = lambda adresse: adresse.startswith(("http://", "https://", "mailto:"))
    return lecteur


def _en_jetons(texte: str) -> list[Token]:
    """Les jetons d'un texte ; ses titres descendent sous celui de la section qui le porte, sans sauter de rang."""
    jetons, rang = _lecteur().parse(texte), 2
    for jeton in jetons:
        if jeton.type == "heading_open":
            rang = min(6, rang + 1, max(3, int(jeton.tag[1]) + 1))
        if jeton.type in {"heading_open", "heading_close"}:
            jeton.tag = f"h{rang}"
    return jetons


def _rendre(jetons: list[Token]) -> str:
    return _lecteur().renderer.render(jetons, _lecteur().options, {})


def _nu(jeton: Token) -> str:
    """Ce qui se lit d'une ligne, sans sa mise en forme."""
    return "".join(" " if t.type in {"softbreak", "hardbreak"} else t.content for t in jeton.children or ())


def _en_bloc(jetons: list[Token]) -> str:
    """Un bloc de HTML que rien n'interrompt : en CommonMark il finit à la première ligne vide, il n'en a donc pas."""
    corps = _LIGNE_VIDE.sub("&#10;", _rendre(jetons).strip())
    return f'<div class="obs-texte">\n{corps}\n</div>' if corps else ""
