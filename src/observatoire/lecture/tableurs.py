"""Lire les classeurs XLSX et ODS comme s'ils étaient du texte."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from observatoire.lecture.fichiers import FichierIllisible
from observatoire.lecture.problemes import Probleme, citer, enumerer


def choisir_feuille(chemin: Path, note: Callable[[list[str]], float]) -> tuple[str, list[list[str]]]:
    """La feuille dont l'en-tête ressemble le plus à ce qui est attendu, et ses lignes en texte.

    Lève :class:`FichierIllisible` si deux feuilles conviennent également ou si le classeur ne s'ouvre pas.
    """
    try:
        with CalamineWorkbook.from_path(str(chemin)) as classeur:
            feuilles = {
                nom: classeur.get_sheet_by_name(nom).to_python(skip_empty_area=False) for nom in classeur.sheet_names
            }
    except CalamineError as erreur:
        raise FichierIllisible(
            Probleme(
                "classeur",
                "le classeur ne peut pas être ouvert (abîmé, protégé par un mot de passe, ou d'un autre format).",
                "L'ouvrir dans un tableur et l'enregistrer de nouveau, sans mot de passe.",
            )
        ) from erreur
    notes = {nom: note([en_texte(v) for v in _premiere_remplie(lignes)]) for nom, lignes in feuilles.items()}
    meilleure = max(notes.values(), default=0)
    candidates = [nom for nom, valeur in notes.items() if valeur == meilleure]
    if len(candidates) > 1 and meilleure > 0.5:
        raise FichierIllisible(
            Probleme(
                "feuilles",
                f"{len(candidates)} feuilles ont l'en-tête attendu : {enumerer(map(citer, candidates))}.",
                "Ne garder que la feuille à lire.",
            )
        )
    if not candidates:
        raise FichierIllisible(Probleme("vide", "le classeur n'a aucune feuille."))
    return candidates[0], [list(map(en_texte, ligne)) for ligne in feuilles[candidates[0]]]


def _premiere_remplie(lignes: list[list]) -> list:
    return next((ligne for ligne in lignes if any(v != "" for v in ligne)), [])


def en_texte(valeur: object) -> str:
    """Une cellule en texte : entier sans « .0 », date en AAAA-MM-JJ, vrai et faux comme le tableur les montre."""
    if isinstance(valeur, str):
        return valeur
    if isinstance(valeur, bool):
        return "VRAI" if valeur else "FAUX"
    if isinstance(valeur, float):
        return str(int(valeur)) if valeur.is_integer() else np.format_float_positional(valeur, trim="-")
    if isinstance(valeur, dt.datetime):
        return valeur.date().isoformat() if valeur.time() == dt.time() else valeur.isoformat(sep=" ")
    if isinstance(valeur, dt.date):
        return valeur.isoformat()
    return str(valeur)
