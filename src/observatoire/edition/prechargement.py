"""Ce qu'une page emploie, chargé une fois avant que les noyaux ne naissent : modules, caches, valeurs publiées.

Importer ce module suffit. Rien de ce qu'il fait ne doit se voir dans une page : seulement s'y gagner du temps.
"""

from __future__ import annotations

import os
import string

import pandas as pd

import observatoire
from observatoire import lectures
from observatoire.presentation import svg, tableaux, toile
from observatoire.publie import VARIABLE, Publie
from observatoire.tables import publiees

# Chaque nom qu'un notebook peut importer est chargé d'avance.
NOMS = [getattr(observatoire, nom) for nom in observatoire.__all__]


def ranger(valeurs: Publie) -> None:
    """Lire chaque table publiée et ranger les indicateurs comme les pages les cherchent."""
    for nom, table in publiees().items():
        if table.dans(valeurs.dossier).is_file() and isinstance(valeurs.contenu.table(nom), pd.DataFrame):
            valeurs.contenu.lignes(nom)
    ligne = valeurs.indicateurs.iloc[0].to_dict()
    valeurs.serie(*(ligne[cle] for cle in ("indicateur", "niveau", "territoire", "bailleur")))
    valeurs.nom(*valeurs.tout)


def feuilleter(valeurs: Publie) -> None:
    """Composer un tableau par famille et une figure de chaque sorte : les formats de nombres sont alors prêts."""
    codes = list(valeurs.catalogue)
    observatoire.chiffres_cles(valeurs)
    for famille in dict.fromkeys(d["famille"] for d in valeurs.catalogue.values()):
        observatoire.tableau_famille(valeurs, famille)
    for groupe in dict.fromkeys(d["groupe"] for d in valeurs.catalogue.values() if d.get("groupe")):
        observatoire.repartition(valeurs, groupe)
    for figure in (observatoire.evolution, observatoire.comparaison_quartiers, observatoire.comparaison_bailleurs):
        figure(valeurs, codes[0])
    observatoire.carte(valeurs, codes[0])


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
if os.environ.get(VARIABLE):
    publie = observatoire.lire_publie()
    if len(publie.indicateurs):
        ranger(publie)
        feuilleter(publie)
    lectures.oublier()
