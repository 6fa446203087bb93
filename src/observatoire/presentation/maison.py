"""Les figures et les tables de l'analyste, à l'aspect de la maison, dans une édition comme dans JupyterLab.

Une extension d'IPython (``%load_ext observatoire.presentation.maison``, chargée d'office par le moteur et par le noyau
« observatoire ») : une figure de matplotlib, donc de seaborn ou de geopandas, devient un SVG dans la page ; une table
de pandas, un tableau accessible. Les nombres s'y écrivent à la française.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cycler import cycler
from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import ScalarFormatter

from observatoire.presentation import svg
from observatoire.presentation.affichage import Fragment, titrer
from observatoire.presentation.toile import BLEU, CADRE, ENCRE, GRILLE, GRIS, ORANGE, PALE

if TYPE_CHECKING:
    import pandas as pd

SANS_TEXTE = "une figure n'a pas de texte de remplacement : l'écrire avec legender(titre, description)."
#: Distinctes en couleur, en gris et pour qui ne voit pas toutes les couleurs (Okabe et Ito).
PALETTE = (BLEU, ORANGE, "#007F5F", "#8A3B73", "#5B8FB9", GRIS)
THEME = {
    "axes.axisbelow": True, "axes.edgecolor": CADRE, "axes.facecolor": "none", "axes.grid": True,
    "axes.labelcolor": ENCRE, "axes.labelsize": 9.5, "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False, "axes.spines.top": False, "axes.titlesize": 10.5, "figure.facecolor": "none",
    "figure.figsize": (4, 3), "figure.dpi": 72, "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"], "font.size": 9.5, "grid.color": GRILLE, "legend.frameon": False,
    "legend.fontsize": 9, "lines.linewidth": 2.2, "text.color": ENCRE, "xtick.color": PALE, "ytick.color": PALE,
    "xtick.labelsize": 9.5, "ytick.labelsize": 9.5,
}  # fmt: skip
_NOMBRE = re.compile(r"[+\u2212-]?\d+\.\d+\s?%?")
_legendes: WeakKeyDictionary[Figure, tuple[str, str]] = WeakKeyDictionary()


class Francais(ScalarFormatter):
    """Des graduations à la virgule."""

    def __call__(self, valeur, position=None):
        return super().__call__(valeur, position).replace(".", ",")


def load_ipython_extension(shell) -> None:
    """Installer l'aspect de la maison dans un interpréteur d'IPython."""
    import_module("matplotlib_inline.backend_inline")  # il efface, à sa première venue, ce qui montre une figure
    rcParams.update(THEME)
    for formateur in shell.display_formatter.formatters.values():
        formateur.pop(Figure, None)  # un PNG n'a pas de texte de remplacement
    html = shell.display_formatter.formatters["text/html"]
    html.for_type_by_name("pandas", "DataFrame", lambda table: _tableau(table).html)
    html.for_type_by_name("pandas", "Series", lambda serie: _tableau(serie.to_frame(serie.name or "valeur")).html)
    html.for_type(Figure, dessiner)


def legender(titre: str, description: str, figure: Figure | None = None) -> None:
    """Donner à une figure (la dernière par défaut) son titre et, en mots, ce qu'elle montre : son texte de
    remplacement."""
    import matplotlib.pyplot as plt

    _legendes[figure or plt.gcf()] = (titre, description)


def dessiner(figure: Figure) -> str:
    """Une figure en SVG, avec son titre et son texte de remplacement ; un avertissement si elle n'en a pas."""
    titre, description = _legendes.get(figure) or (_titrer(figure), "")
    if not description:
        print(SANS_TEXTE, file=sys.stderr)
    _franciser(figure)
    with svg.style():
        dessin = svg.rendre_entiere(figure, titre or "Figure", description or "Sans description.")
    legende = titrer(titre) if titre else ""
    return f'<figure class="obs-figure">{legende}{dessin}</figure>'


def _franciser(figure: Figure) -> None:
    """Une virgule aux graduations, et aux nombres qu'une cellule a écrits sur la figure."""
    for axes in figure.axes:
        for axe in (axes.xaxis, axes.yaxis):
            if type(axe.get_major_formatter()) is ScalarFormatter:
                axe.set_major_formatter(Francais())
    for texte in figure.findobj(Text):
        if _NOMBRE.fullmatch(texte.get_text()):
            texte.set_text(texte.get_text().replace(".", ","))


def _titrer(figure: Figure) -> str:
    """Le titre que la figure porte déjà."""
    return figure.get_suptitle() or next((t for axes in figure.axes if (t := axes.get_title())), "")


def _tableau(table: pd.DataFrame) -> Fragment:
    from observatoire.presentation.cadres import montrer

    return montrer(table)
