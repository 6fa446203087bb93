"""Le rapport de deux éditions comparées : une page qui se suffit, et le CSV qu'elle résume."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from observatoire.diffusion.comparaison import (
    CAUSES,
    comparer,
    comparer_les_tables,
    dire_la_cause,
    lire_etat,
    resumer,
)
from observatoire.diffusion.editions import ecrire_les_changements
from observatoire.erreurs import ErreurObservatoire
from observatoire.fichiers import ecrire_csv, ecrire_texte
from observatoire.lecture import problemes
from observatoire.presentation import donnees
from observatoire.presentation.nombres import ecrire
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

PAGE, VALEURS, TABLES = "comparaison.html", "comparaison.csv", "comparaison_tables.csv"
_STYLE = (
    "body{margin:0 auto;padding:2rem 1.25rem;max-width:60rem;font:1rem/1.55 sans-serif;color:#1b2430}"
    "table{width:100%;border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:600}"
    "th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d3d9e0}"
)


def ecrire_le_rapport(avant: Path, apres: Path, sortie: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Comparer deux dossiers publiés, écrire dans ``sortie`` la page et ses CSV.

    Rend ce qui a changé : valeur par valeur (:func:`comparer`), et dans chaque table (:func:`comparer_les_tables`).

    Lève :class:`ErreurObservatoire` si l'un des deux n'est pas un dossier publié.
    """
    for dossier in (avant, apres):
        if not INDICATEURS_PUBLIES.dans(dossier).is_file():
            raise ErreurObservatoire(
                f"{dossier.name} n'est pas un dossier publié : {INDICATEURS_PUBLIES.fichier} y manque "
                "(donner, par exemple, data/publie/publique)."
            )
    etats = lire_etat(avant), lire_etat(apres)
    changees, tables = comparer(*etats), comparer_les_tables(avant, apres)
    ecrire_les_changements(changees, sortie / VALEURS)
    ecrire_csv(tables, sortie / TABLES)
    noms = {code: d["libelle"] for code, d in etats[1].catalogue.items()}
    ecrire_texte(_page(changees, tables, noms), sortie / PAGE)
    return changees, tables


def compter(changees: pd.DataFrame) -> str:
    """« 12 valeurs changées (9, un de ses dépôts n'est plus le même ; 3, …). »"""
    if changees.empty:
        return "Aucune valeur n'a changé."
    par_cause = changees["cause"].value_counts()
    dites = " ; ".join(f"{ecrire(n, decimales=0)}, {dire_la_cause(cause)}" for cause, n in par_cause.items())
    return f"{problemes.compter(len(changees), 'valeur changée', 'valeurs changées')} ({dites})."


def _page(changees: pd.DataFrame, tables: pd.DataFrame, noms: dict[str, str]) -> str:
    rangs = [
        [escape(t.fichier), escape(t.annee), ecrire(t.lignes, decimales=0), escape(t.colonnes)]
        for t in tables.itertuples()
    ]
    par_table = donnees.tableau_simple(["Fichier", "Année", "Lignes", "Colonnes"], rangs, "Ce qui a changé, par table")
    lignes = [
        [escape(noms.get(r.indicateur, r.indicateur)), ecrire(r.valeurs, decimales=0), escape(dire_la_cause(r.cause))]
        for r in resumer(changees).itertuples()
    ]
    table = donnees.tableau_simple(["Indicateur", "Valeurs", "Pourquoi"], lignes, "Ce qui a changé, par indicateur")
    causes = "".join(f"<li>{escape(dit)}</li>" for dit in CAUSES.values())
    return (
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Deux éditions comparées</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Deux éditions comparées</h1><p>{escape(compter(changees))}</p>{table if lignes else ''}"
        f'<p>Chaque valeur, avant et après : <a href="{VALEURS}">{VALEURS}</a>.</p>'
        f"{par_table if rangs else ''}"
        f"<h2>Les causes</h2><ul>{causes}</ul></main></body></html>\n"
    )
