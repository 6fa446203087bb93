"""Ce qu'une page emploie, chargé une fois avant que les noyaux ne naissent : modules et caches.

Importer ce module suffit. Rien de ce qu'il fait ne doit se voir dans une page : seulement s'y gagner du temps.
"""

from __future__ import annotations

import string

import pandas as pd

import observatoire
from observatoire.presentation import svg, tableaux, toile

# Chaque nom qu'un notebook peut importer est chargé d'avance.
NOMS = [getattr(observatoire, nom) for nom in observatoire.__all__]


def dessiner() -> None:
    """Une figure et un tableau vides : polices, styles et convertisseurs sont alors prêts."""
    with svg.style():
        dessin = toile.Toile(72, (0, 1), (0, 1), gauche=36, haut=36)
        dessin.graduer_x(*toile.graduations((0, 1), "%"))
        for gras in (False, True):
            dessin.ecrire(0, 0, string.ascii_letters + string.digits + ", éèêàâçîôÉ\u202f\u00a0%", gras=gras, halo=True)
        svg.rendre(dessin.achever(), "", "")
    tableaux.composer(pd.DataFrame({"nom": ["a"], "valeur": ["1"]}), "")


dessiner()
