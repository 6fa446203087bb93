"""Les valeurs publiées, lues et feuilletées une fois avant que les pages ne naissent.

Importer ce module suffit, après :mod:`observatoire.edition.prechargement`. Rien de ce qu'il fait ne doit se voir dans
une page : seulement s'y gagner du temps.
"""

from __future__ import annotations

import os

import pandas as pd

import observatoire
from observatoire import lectures
from observatoire.publie import VARIABLE, Publie
from observatoire.tables import publiees


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


if os.environ.get(VARIABLE):
    publie = observatoire.lire_publie()
    if len(publie.indicateurs):
        ranger(publie)
        feuilleter(publie)
    lectures.oublier()
