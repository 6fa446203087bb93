"""D'une figure matplotlib à un SVG de page : déterministe, léger, titré, sans identifiant en double."""

from __future__ import annotations

import io
import re
import sys
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from importlib.resources import files

from matplotlib import rc_params_from_file, rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from observatoire.presentation.affichage import empreinte

BLEU, ORANGE, GRIS, CLAIR = "#0072B2", "#B34700", "#525c66", "#cfd6dc"
LARGEUR = 4.8  # pouces : à cette taille, les caractères restent lisibles sur un téléphone
HALO = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 0.8}
# Posées d'avance, elles dispensent seaborn de dessiner les graduations pour savoir s'il doit en écrire ; chaque
# figure les remplace ou les efface.
ETIQUETTES = {"xlabel": " ", "ylabel": " "}
_SANS_DATE = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def style():
    """Le style de l'observatoire, le temps d'une figure : rien n'en reste dans matplotlib."""
    avant = dict(rcParams)
    try:
        rcParams.update(_regles())
        yield
    finally:
        dict.update(rcParams, avant)


def toile(hauteur: float, gauche: float, haut: float, bas: float = 0.3):
    """Une figure sans état global et son unique repère ; les marges sont en pouces.

    Elles sont données plutôt que cherchées : la mise en page automatique de matplotlib dessine deux fois.
    """
    figure = Figure(figsize=(LARGEUR, hauteur))
    FigureCanvasSVG(figure)
    etendue = {"left": gauche / LARGEUR, "right": 1 - 0.3 / LARGEUR}
    figure.subplots_adjust(**etendue, bottom=bas / hauteur, top=1 - haut / hauteur)
    axe = figure.subplots()
    axe.set(**ETIQUETTES)
    return figure, axe


@lru_cache(maxsize=1)
def charger_seaborn():
    """seaborn, sans scipy s'il n'est pas déjà là.

    seaborn n'en a besoin que pour estimer des densités ou regrouper, ce que l'observatoire ne dessine pas, et
    sait s'en passer. Le lui cacher le temps de l'import épargne une seconde à chaque page.
    """
    cache = "scipy" not in sys.modules
    if cache:
        sys.modules["scipy"] = None
    try:
        import seaborn
    finally:
        if cache:
            del sys.modules["scipy"]
    return seaborn


def marge(noms) -> float:
    """La place, en pouces, du plus long des noms écrits à gauche d'une figure."""
    return min(0.3 + 0.078 * max(len(str(n)) for n in noms), 0.48 * LARGEUR)


def rendre(figure: Figure, titre: str, description: str) -> str:
    """Le SVG d'une figure, avec son titre et son texte de remplacement.

    Les identifiants sont préfixés par une empreinte du contenu ; ceux que rien n'appelle disparaissent.
    """
    tampon = io.StringIO()
    figure.savefig(tampon, format="svg", metadata=_SANS_DATE)
    corps = _corps(tampon.getvalue())
    return envelopper(*corps, titre, description)


def envelopper(cadre: str, contenu: str, titre: str, description: str) -> str:
    """Un ``<svg>`` accessible autour de ``contenu``, aux identifiants propres à la figure."""
    cle = empreinte(titre, description, contenu)
    contenu = _prefixer(contenu, cle)
    return (
        f'<svg class="obs-svg" viewBox="{cadre}" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" aria-labelledby="{cle}-t {cle}-d">'
        f'<title id="{cle}-t">{escape(titre)}</title><desc id="{cle}-d">{escape(description)}</desc>'
        f"{contenu}</svg>"
    )


@lru_cache(maxsize=1)
def _regles() -> dict:
    chemin = files("observatoire.presentation") / "observatoire.mplstyle"
    return dict(rc_params_from_file(str(chemin), use_default_template=False))


def _corps(svg: str) -> tuple[str, str]:
    """Le cadre (viewBox) et le contenu d'un SVG de matplotlib."""
    cadre = re.search(r'viewBox="([^"]+)"', svg)[1]
    contenu = re.search(r"<svg[^>]*>(.*)</svg>", svg, flags=re.S)[1]
    contenu = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", contenu, flags=re.S)
    contenu = re.sub(r"(\d+\.\d{2})\d+", r"\1", contenu)
    return cadre, re.sub(r">\s+<", "><", contenu).strip()


def _prefixer(contenu: str, cle: str) -> str:
    appeles = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', contenu))
    contenu = re.sub(r' id="([^"]+)"', lambda m: f' id="{cle}-{m[1]}"' if m[1] in appeles else "", contenu)
    contenu = re.sub(r"url\(#([^)]+)\)", rf"url(#{cle}-\1)", contenu)
    return re.sub(r'href="#([^"]+)"', rf'href="#{cle}-\1"', contenu)
