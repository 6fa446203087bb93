"""Lire les classeurs XLSX et ODS comme s'ils étaient du texte."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from observatoire.lecture.bornes import hors_bornes, trop_loin
from observatoire.lecture.cellules import ABIMEE, cellules_en_pourcent, cellules_fautives, demesure
from observatoire.lecture.interdits import chercher_interdites, colonnes_interdites, nommer_la_feuille
from observatoire.lecture.malfacons import LIGNES_D_EN_TETE, RECONNU, Fautives, note
from observatoire.lecture.problemes import Probleme, citer, enumerer
from observatoire.lecture.refus import FichierIllisible, refuser

# Une cellule plus longue est une phrase (une note), pas un nom de colonne.
LONGUEUR_D_UN_NOM = 60
# Ce que dit la bibliothèque d'un classeur ODS où des cellules sont égarées.
TROP_DE_CELLULES = "Cell limit exceeded"


def choisir_feuille(chemin: Path, attendus: list[list[str]]) -> tuple[str, list[list[str]]]:
    """La feuille dont l'en-tête ressemble le plus à ce qui est attendu, et ses lignes en texte.

    Lève :class:`FichierIllisible` si une feuille, même une autre que celle-là, a une colonne interdite, si deux
    feuilles conviennent également ou si le classeur ne s'ouvre pas.
    """
    feuilles = ouvrir(chemin)
    tetes = {nom: _premieres_remplies(lignes) for nom, lignes in feuilles.items()}
    _refuser_les_interdites(tetes, attendus)
    notes = {nom: max((note(ligne, attendus) for ligne in tete), default=0) for nom, tete in tetes.items()}
    meilleure = max(notes.values(), default=0)
    candidates = sans_les_masquees(chemin, [nom for nom, valeur in notes.items() if valeur == meilleure])
    if len(candidates) > 1 and meilleure > RECONNU:
        dites = enumerer(_dire(nom, feuilles) for nom in candidates)
        raise FichierIllisible(
            Probleme(
                "feuilles",
                f"{len(candidates)} feuilles ont l'en-tête attendu : {dites}.",
                "Ne garder que la feuille à lire.",
            )
        )
    if not candidates:
        raise FichierIllisible(Probleme("vide", "le classeur n'a aucune feuille."))
    _refuser_les_deguisees(feuilles, candidates[0])
    return candidates[0], en_textes(chemin, candidates[0], feuilles[candidates[0]])


def sans_les_masquees(chemin: Path, feuilles: list[str]) -> list[str]:
    """De plusieurs feuilles, celles que le tableur montre ; toutes, s'il n'en montre aucune."""
    if len(feuilles) < 2:
        return feuilles
    with CalamineWorkbook.from_path(str(chemin)) as classeur:
        montrees = {f.name for f in classeur.sheets_metadata if f.visible is SheetVisibleEnum.Visible}
    return [nom for nom in feuilles if nom in montrees] or feuilles


def en_textes(chemin: Path, feuille: str, lignes: list[list]) -> list[list[str]]:
    """Les cellules comme le tableur les montre : 0,5 au format pourcentage y est 50."""
    textes = [list(map(en_texte, ligne)) for ligne in lignes]
    try:
        pourcentages = cellules_en_pourcent(chemin, feuille)
    except ABIMEE as erreur:
        raise FichierIllisible(_abime()) from erreur
    for ligne, colonne in pourcentages:
        if ligne <= len(lignes) and colonne <= len(lignes[ligne - 1]):
            valeur = lignes[ligne - 1][colonne - 1]
            if isinstance(valeur, float):
                textes[ligne - 1][colonne - 1] = en_texte(round(100 * valeur, 10))
    return textes


def _dire(nom: str, feuilles: Iterable[str]) -> str:
    """Le nom d'une feuille s'il n'a que des mots de classeur, sinon son numéro : ce peut être le nom de quelqu'un."""
    return citer(nom) if nommer_la_feuille(nom) == nom else f"n° {list(feuilles).index(nom) + 1}"


def ouvrir(chemin: Path) -> dict[str, list[list]]:
    """Les lignes de chaque feuille. Lève :class:`FichierIllisible`."""
    try:
        refuser(demesure(chemin))
        with CalamineWorkbook.from_path(str(chemin)) as classeur:
            feuilles = {nom: classeur.get_sheet_by_name(nom) for nom in classeur.sheet_names}
    except (CalamineError, *ABIMEE) as erreur:
        raise FichierIllisible(trop_loin() if TROP_DE_CELLULES in str(erreur) else _abime()) from erreur
    for feuille in feuilles.values():
        refuser(hors_bornes(feuille.total_height, feuille.total_width))
    return {nom: feuille.to_python(skip_empty_area=False) for nom, feuille in feuilles.items()}


def trouver_les_fautives(chemin: Path, feuille: str) -> Fautives:
    """Les cellules en erreur d'une feuille (voir :func:`~observatoire.lecture.cellules.cellules_fautives`)."""
    try:
        return cellules_fautives(chemin, feuille)
    except ABIMEE as erreur:
        raise FichierIllisible(_abime()) from erreur


def _abime() -> Probleme:
    return Probleme(
        "classeur",
        "le classeur ne peut pas être ouvert (abîmé, protégé par un mot de passe, ou d'un autre format).",
        "L'ouvrir dans un tableur et l'enregistrer de nouveau, sans mot de passe.",
    )


def _premieres_remplies(lignes: list[list]) -> list[list[str]]:
    remplies = [list(map(en_texte, ligne)) for ligne in lignes[:LIGNES_D_EN_TETE] if any(v != "" for v in ligne)]
    if remplies or len(lignes) <= LIGNES_D_EN_TETE:
        return remplies
    return _premieres_remplies(lignes[LIGNES_D_EN_TETE:])


def _refuser_les_interdites(tetes: dict[str, list[list[str]]], attendus: list[list[str]]) -> None:
    """Chercher les colonnes interdites de chaque feuille, dans son en-tête et les titres (une cellule) au-dessus.

    Au-dessus d'un en-tête attendu, ce sont des titres ou des groupes de colonnes (« Identité »), pas des colonnes.
    """
    problemes, connues = [], {nom for attendu in attendus for nom in attendu}
    for nom, tete in tetes.items():
        rang = next((n for n, ligne in enumerate(tete) if sum(v.strip() != "" for v in ligne) > 1), len(tete) - 1)
        notes = [note(ligne, attendus) for ligne in tete]
        attendue = notes.index(max(notes)) if max(notes, default=0) >= RECONNU else None
        for ligne in tete[: rang + 1] if attendue is None else [tete[attendue]]:
            problemes += [
                replace(p, phrase=f"feuille {_dire(nom, tetes)}, {p.phrase}") if len(tetes) > 1 else p
                for p in colonnes_interdites([v.strip() for v in ligne if len(v) <= LONGUEUR_D_UN_NOM], connues)
            ]
    if problemes:
        raise FichierIllisible(*problemes)


def _refuser_les_deguisees(feuilles: dict[str, list[list]], lue: str) -> None:
    """Chercher des données interdites dans les feuilles qui ne sont pas lues."""
    problemes = []
    for nom in (n for n in feuilles if n != lue):
        lignes = feuilles[nom]
        remplies = [list(map(en_texte, ligne)) for ligne in lignes if any(v != "" for v in ligne)]
        if len(remplies) > 1:
            cadre = pd.DataFrame(remplies[1:], dtype="str").fillna("")
            entete = [*remplies[0], *[""] * cadre.shape[1]][: cadre.shape[1]]
            trouves = chercher_interdites(entete, cadre, set(entete)).problemes
            problemes += [replace(p, phrase=f"feuille {_dire(nom, feuilles)}, {p.phrase}") for p in trouves]
    if problemes:
        raise FichierIllisible(*problemes)


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
