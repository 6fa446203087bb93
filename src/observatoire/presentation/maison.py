"""Les figures et les tables de l'analyste, à l'aspect de la maison, dans une édition comme dans JupyterLab.

Une extension d'IPython (``%load_ext observatoire.presentation.maison``, chargée d'office par le moteur et par le noyau
« observatoire ») : une figure de matplotlib, donc de seaborn ou de geopandas, devient un SVG dans la page ; une table
de pandas, un tableau accessible. Les nombres s'y écrivent à la française.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from cycler import cycler
from matplotlib import colormaps, rcParams
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import AutoLocator, MaxNLocator, ScalarFormatter

from observatoire.presentation import svg
from observatoire.presentation.affichage import Fragment, empreinte, titrer
from observatoire.presentation.classes import RAMPE
from observatoire.presentation.toile import BLEU, CADRE, ENCRE, GRILLE, GRIS, ORANGE, PALE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axis import Axis
    from pandas.io.formats.style import Styler

SANS_TEXTE = "une figure n'a pas de texte de remplacement : l'écrire avec legender(titre, description)."
#: Distinctes en couleur, en gris et pour qui ne voit pas toutes les couleurs (Okabe et Ito).
PALETTE = (BLEU, ORANGE, "#007F5F", "#8A3B73", "#5B8FB9", GRIS)
#: Du clair au foncé : un fond (une carte), et un trait ou une barre, qui doit se voir sur le blanc.
FONDS, TEINTES = "observatoire", "observatoire-teintes"
_RAMPES = {FONDS: RAMPE, TEINTES: ("#5B8FB9", RAMPE[-1])}
THEME = {
    "axes.axisbelow": True, "axes.edgecolor": CADRE, "axes.formatter.useoffset": False, "image.cmap": FONDS,
    "axes.facecolor": "none", "axes.grid": True,
    "axes.labelcolor": ENCRE, "axes.labelsize": 9.5, "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False, "axes.spines.top": False, "axes.titlesize": 10.5, "figure.facecolor": "none",
    "figure.figsize": (4, 3), "figure.dpi": 72, "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"], "font.size": 9.5, "grid.color": GRILLE, "legend.frameon": False,
    "legend.fontsize": 9, "lines.linewidth": 2.2, "text.color": ENCRE, "xtick.color": PALE, "ytick.color": PALE,
    "xtick.labelsize": 9.5, "ytick.labelsize": 9.5,
}  # fmt: skip
#: Une adresse en mémoire n'est jamais la même.
ADRESSE = re.compile(r" at 0x[0-9a-f]+")
_ANNEES = (1900, 2100)
# Ce que geopandas écrit de lui-même aux axes d'une carte.
_COORDONNEE = re.compile(r"(?:Geodetic (?:latitude|longitude)|Easting|Northing) \[\w+\]|[xy]")
_NOMBRE = re.compile(r"[+\u2212-]?\d+\.\d+\s?%?")
_legendes: WeakKeyDictionary[Figure, tuple[str, str]] = WeakKeyDictionary()
for _nom, _rampe in _RAMPES.items():  # le thème les nomme, où qu'il serve
    colormaps.register(LinearSegmentedColormap.from_list(_nom, _rampe), name=_nom, force=True)


class Francais(ScalarFormatter):
    """Des graduations à la virgule."""

    def __call__(self, valeur, position=None):
        return super().__call__(valeur, position).replace(".", ",")


def load_ipython_extension(shell) -> None:
    """Installer l'aspect de la maison dans un interpréteur d'IPython."""
    import_module("matplotlib_inline.backend_inline")  # il efface, à sa première venue, ce qui montre une figure
    rcParams.update(THEME)
    import_module("pandas").set_option("styler.format.decimal", ",")
    import_module("seaborn.palettes").cubehelix_palette = _degrader
    shell.display_formatter.format = partial(_montrer, shell.display_formatter)
    for formateur in shell.display_formatter.formatters.values():
        formateur.pop(Figure, None)  # un PNG n'a pas de texte de remplacement
    html = shell.display_formatter.formatters["text/html"]
    html.for_type_by_name("pandas", "DataFrame", lambda table: _tableau(table).html)
    html.for_type_by_name("pandas", "Series", lambda serie: _tableau(serie.to_frame(serie.name or "valeur")).html)
    html.for_type_by_name("pandas.io.formats.style", "Styler", _mettre_en_forme)
    html.for_type(Figure, dessiner)


def _degrader(n_colors: int = 6, *reglages, reverse: bool = False, as_cmap: bool = False, **autres):
    """Ce que seaborn prend pour une teinte numérique (« ch: ») si rien n'est demandé : la rampe de la maison."""
    import seaborn

    if reglages or autres or reverse:
        return seaborn.cubehelix_palette(n_colors, *reglages, reverse=reverse, as_cmap=as_cmap, **autres)
    return seaborn.color_palette(TEINTES, n_colors, as_cmap=as_cmap)


def _montrer(formateur, objet: object, include=None, exclude=None) -> tuple[dict, dict]:
    """Ce qui paraît d'un objet ; rien d'une partie de figure, qui ne dirait que son adresse en mémoire."""
    donnees, suite = type(formateur).format(formateur, objet, include=include, exclude=exclude)
    if {*donnees} == {"text/plain"} and _est_d_une_figure(objet):
        return {}, {}
    if "text/plain" in donnees:
        donnees["text/plain"] = ADRESSE.sub("", donnees["text/plain"])
    return donnees, suite


def _est_d_une_figure(objet: object) -> bool:
    """Un axe, un trait, une grille de seaborn ; ou une suite, un tableau qui en contient."""
    if isinstance(objet, np.ndarray):
        objet = objet.ravel().tolist() if objet.dtype == object else ()
    if type(objet).__module__.partition(".")[0] in ("matplotlib", "seaborn"):
        return True
    suite = objet.values() if isinstance(objet, dict) else objet if isinstance(objet, list | tuple) else ()
    return any(map(_est_d_une_figure, suite))


def _mettre_en_forme(forme: Styler) -> str:
    """Une table que l'analyste a mise en forme ; pandas lui tirerait un identifiant au hasard."""
    return forme.to_html(table_uuid=empreinte(forme.to_html(table_uuid="table")))


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
        if all(_COORDONNEE.fullmatch(nom) for nom in (axes.get_xlabel(), axes.get_ylabel())):
            axes.set(xlabel="", ylabel="")
        for axe in (axes.xaxis, axes.yaxis):
            if type(axe.get_major_formatter()) is ScalarFormatter:
                axe.set_major_formatter(Francais())
                if _dit_des_annees(axe):
                    axe.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    for texte in figure.findobj(Text):
        if _NOMBRE.fullmatch(texte.get_text()):
            texte.set_text(texte.get_text().replace(".", ","))


def _dit_des_annees(axe: Axis) -> bool:
    """Ses données sont-elles toutes des années, et ses graduations celles de matplotlib ?"""
    debut, fin = axe.get_data_interval()
    return _ANNEES[0] <= debut <= fin <= _ANNEES[1] and type(axe.get_major_locator()) is AutoLocator


def _titrer(figure: Figure) -> str:
    """Le titre que la figure porte déjà."""
    return figure.get_suptitle() or next((t for axes in figure.axes if (t := axes.get_title())), "")


def _tableau(table: pd.DataFrame) -> Fragment:
    from observatoire.presentation.cadres import montrer

    return montrer(table)
