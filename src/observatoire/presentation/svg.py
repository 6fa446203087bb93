"""D'une figure matplotlib à un SVG de page : déterministe, léger, titré, sans identifiant en double."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from html import escape

from matplotlib import rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from observatoire.presentation.affichage import empreinte

_REGLES = {
    "font.sans-serif": ["DejaVu Sans"],
    "hatch.linewidth": 0.9,
    "svg.fonttype": "none",
    "svg.hashsalt": "observatoire",
}
#: Pixels ; la largeur d'une figure sur le site (30rem, ``.obs-figure``).
LARGEUR = 480
_SANS_DATE = {"Date": None, "Creator": None, "Format": None, "Type": None}
_CORPS = re.compile(r'viewBox="([^"]+)".*?</defs>(.*)</svg>', re.S)
_ENTIERE = re.compile(r'viewBox="([^"]+)"[^>]*>(.*)</svg>', re.S)
# Sa feuille de style vaudrait pour toute la page ; ce qu'elle dit est aussi sur le cadre.
_BLANCS = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>|<metadata>.*?</metadata>|(?<=>)\s+(?=<)|\s+$", re.S)
# Les groupes ne portent que des identifiants que rien n'appelle, et les textes une rotation nulle.
_INUTILE = re.compile(r'</?g\b[^>]*>| transform="rotate\(-?0 [^"]*"|(?<=>)\s+(?=<)')
_IDENTIFIANT = re.compile(r'(?<= id=")(?=[^"])|(?<=url\(#)|(?<=href="#)')


@contextmanager
def style():
    """Les règles de dessin de l'observatoire, le temps d'une figure : rien n'en reste dans matplotlib."""
    avant = {cle: rcParams[cle] for cle in _REGLES}
    try:
        rcParams.update(_REGLES)
        yield
    finally:
        rcParams.update(avant)


def rendre(figure: Figure, titre: str, description: str) -> str:
    """Le SVG d'une figure de la :mod:`toile <observatoire.presentation.toile>`, avec son texte de remplacement."""
    tampon = io.StringIO()
    FigureCanvasSVG(figure).print_svg(tampon, metadata=_SANS_DATE)
    cadre, contenu = _CORPS.search(tampon.getvalue()).groups()
    return envelopper(cadre, _INUTILE.sub("", contenu), titre, description)


def rendre_entiere(figure: Figure, titre: str, description: str) -> str:
    """Le SVG d'une figure quelconque : au plus près de ce qu'elle porte, ses groupes et ses motifs gardés."""
    tampon = io.StringIO()
    FigureCanvasSVG(figure).print_figure(tampon, format="svg", bbox_inches="tight", metadata=_SANS_DATE)
    cadre, contenu = _ENTIERE.search(tampon.getvalue()).groups()
    return envelopper(cadre, _BLANCS.sub("", contenu), titre, description)


def envelopper(cadre: str, contenu: str, titre: str, description: str, largeur: int = LARGEUR) -> str:
    """Un ``<svg>`` accessible autour de ``contenu``, aux identifiants préfixés par une empreinte du contenu.

    ``largeur`` (pixels) : celle qu'il a sans la feuille de style du site, dans JupyterLab.
    """
    cle = empreinte(titre, description, contenu)
    contenu = _IDENTIFIANT.sub(f"{cle}-", contenu)
    return (
        f'<svg class="obs-svg" viewBox="{cadre}" width="{largeur}" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" stroke-linejoin="round" aria-labelledby="{cle}-t {cle}-d">'
        f'<title id="{cle}-t">{escape(titre)}</title><desc id="{cle}-d">{escape(description)}</desc>'
        f"{contenu}</svg>"
    )
