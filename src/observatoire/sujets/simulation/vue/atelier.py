"""L'atelier de simulation : des curseurs dans JupyterLab ; dans une édition, une phrase qui dit où les trouver."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from observatoire.presentation.affichage import Fragment
from observatoire.presentation.textes import paragraphe
from observatoire.publie import VARIABLE
from observatoire.sujets.simulation.modele.horizon import duree_de_la_charte
from observatoire.sujets.simulation.modele.traits import TRAITS
from observatoire.sujets.simulation.vue.tableaux import lire_lieux, nommer_trait, tableau_pertinence, tableau_report
from observatoire.vocabulaire import BAISSE, HAUSSE

if TYPE_CHECKING:
    from observatoire.publie import Publie


def atelier_simulation(valeurs: Publie):
    """Choisir un quartier, un trait, une cible et un horizon, et voir le profil qu'il faut et qui loge les autres.

    Demande ipywidgets (l'environnement des analystes, ``make lab``). Dans une édition, les curseurs n'auraient rien à
    interroger : une phrase en tient lieu, qu'ipywidgets soit là ou non.
    """
    if VARIABLE in os.environ or find_spec("ipywidgets") is None:
        return paragraphe(
            "Pour changer la cible, l'horizon ou le profil : « make lab », puis le notebook « simulation »."
        )
    import ipywidgets

    traits = [(nommer_trait(valeurs, code), code) for code in TRAITS]
    quartiers = [(lieu.nom, lieu.code) for lieu in lire_lieux(valeurs)]
    duree = duree_de_la_charte(valeurs.edition["charte"])
    commun = {"style": {"description_width": "initial"}}
    return ipywidgets.interactive(
        lambda **choix: _montrer(valeurs, **choix),
        trait=ipywidgets.Dropdown(options=traits, description="Trait", **commun),
        quartier=ipywidgets.Dropdown(options=quartiers, description="Quartier", **commun),
        sens=ipywidgets.Dropdown(options=[BAISSE, HAUSSE], description="Sens", **commun),
        cible=ipywidgets.IntSlider(40, 0, 100, description="Cible (%)", **commun),
        annees=ipywidgets.IntSlider(duree, 1, max(duree, 10), description="Horizon (ans)", **commun),
        part=ipywidgets.IntSlider(30, 0, 100, description="Part des entrants (%)", **commun),
    )


def _montrer(valeurs: Publie, **choix) -> None:
    from IPython.display import display

    for fragment in montrer_un_choix(valeurs, **choix):
        display(fragment)


def montrer_un_choix(
    valeurs: Publie, trait: str, quartier: str, *, sens: str, cible: int, annees: int, part: int
) -> list[Fragment]:
    """Les deux tableaux d'un choix de curseurs : l'objectif jugé, et le report sur les autres quartiers."""
    return [
        tableau_pertinence(valeurs, {quartier: (cible / 100, sens)}, trait, annees),
        tableau_report(valeurs, quartier, part / 100, trait, annees),
    ]
