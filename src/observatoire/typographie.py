"""Les espaces insécables et les apostrophes du français, posées une fois pour toutes les pages.

Elles ne sont pas tapées dans les textes ni dans les notebooks : l'extension Sphinx les pose à la fin, sur le texte
des pages écrites à la main comme sur le HTML que les notebooks affichent. Le code et les formules restent tels quels.
"""

from __future__ import annotations

import re
from functools import lru_cache

INSECABLE, FINE = "\u00a0", "\u202f"
_REGLES = (
    (re.compile(r"« ?"), f"«{INSECABLE}"),
    (re.compile(r" ?»"), f"{INSECABLE}»"),
    (re.compile(r"(?<=\S) (?=:(?:\s|$))"), INSECABLE),
    (re.compile(r"(?<=\S) (?=[;!?](?:\s|$|[)»]))"), FINE),
    (re.compile(r"(?<=\d) (?=[%‰€])"), FINE),
    (re.compile(r"(?<=\d) / (?=\d)"), f"{INSECABLE}/{INSECABLE}"),
    (re.compile(r"(?<=[^\W\d_])(?:'|&#x27;|&#39;)(?=[^\W_])"), "’"),
    # Sphinx prend pour un guillemet l'apostrophe qui précède un mot en italique ou un lien.
    (re.compile(r"(?<=[^\W\d_])”(?=\w|$)"), "’"),
)
_SIGNES = "«»:;!?/'&”%‰€"
_A_PONCTUER = re.compile(f"[{_SIGNES}]")
_INTOUCHABLES = re.compile(r"(<(?:style|script|code|pre|math)\b.*?</(?:style|script|code|pre|math)>)", re.S)
# Un texte où il y a à faire : d'une balise à la suivante.
_TEXTE = re.compile(f">([^<{_SIGNES}]*[{_SIGNES}][^<]*)")


def majuscule(texte: str) -> str:
    """Le même texte, sa première lettre en capitale ; le reste ne change pas."""
    return texte[:1].upper() + texte[1:]


def grouper(nombre: int) -> str:
    """Un entier, ses milliers séparés.

    >>> grouper(30346)
    '30\u202f346'
    """
    return f"{nombre:,}".replace(",", FINE)


def compter(nombre: int, singulier: str, pluriel: str | None = None) -> str:
    """Un nombre et ce qu'il compte ; zéro prend le singulier.

    >>> compter(0, "page"), compter(1200, "baux", "baux"), compter(2, "part")
    ('0 page', '1\u202f200 baux', '2 parts')
    """
    return f"{grouper(nombre)} {singulier if nombre < 2 else pluriel or f'{singulier}s'}"


@lru_cache(1 << 14)  # les textes d'un site sont, neuf fois sur dix, les mêmes
def ponctuer(texte: str) -> str:
    """Le texte, ses espaces insécables et ses apostrophes posées ; le refaire ne change plus rien."""
    if not _A_PONCTUER.search(texte):
        return texte
    for motif, remplacement in _REGLES:
        texte = motif.sub(remplacement, texte)
    return texte.replace(f"«{INSECABLE}{INSECABLE}", f"«{INSECABLE}").replace(
        f"{INSECABLE}{INSECABLE}»", f"{INSECABLE}»"
    )


def ponctuer_html(html: str) -> str:
    """Comme :func:`ponctuer`, entre les balises seulement : ni attribut, ni style, ni code."""
    morceaux = _INTOUCHABLES.split(f">{html}")
    morceaux[::2] = [_TEXTE.sub(lambda texte: f">{ponctuer(texte[1])}", morceau) for morceau in morceaux[::2]]
    return "".join(morceaux)[1:]
