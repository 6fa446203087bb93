"""Un fichier comme une grille de textes, avant de savoir où est son tableau : titres, groupes et totaux compris."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from observatoire.interdits import normaliser
from observatoire.lecture.bornes import hors_bornes
from observatoire.lecture.fichiers import EN_COLONNES, decoder, inaccessible, lignes_csv
from observatoire.lecture.refus import FichierIllisible, refuser
from observatoire.lecture.tableurs import en_textes, ouvrir, sans_les_masquees

#: Les lignes où l'en-tête se cherche.
PREMIERES = 30
#: Du plus sûr au moins sûr : la virgule est aussi celle des nombres et des titres.
SEPARATEURS = ";\t|,"
#: Ce qu'une ligne d'unités, sous l'en-tête, peut porter (normalisé).
_UNITES = """m2 m euro euros eur e mois an ans annee annees nb nombre n no texte date code aaaa jj_mm_aaaa mm_aaaa
aaaa_mm_jj oui_non o_n pieces mensuel hc k_eur keur"""
MOTS_D_UNITE = {*_UNITES.split(), ""}
Grille = list[list[str]]


def lire_grilles(chemin: Path) -> dict[str | None, Grille]:
    """{feuille: lignes} d'un classeur, {``None``: lignes} d'un CSV ou d'un Parquet ; des textes sans espaces autour.

    Lève :class:`FichierIllisible`.
    """
    try:
        if chemin.suffix.lower() == ".csv":
            texte = decoder(chemin.read_bytes())
            grilles = {None: lignes_csv(texte, separer(texte))}
            refuser(hors_bornes(len(grilles[None]), max(map(len, grilles[None]), default=0)))
        elif chemin.suffix.lower() in EN_COLONNES:
            from observatoire.lecture.parquet import lire_textes

            entete, cadre, _ = lire_textes(chemin)
            grilles = {None: [entete, *cadre.to_numpy().tolist()]}
        else:
            feuilles = ouvrir(chemin)
            grilles = {nom: en_textes(chemin, nom, feuilles[nom]) for nom in sans_les_masquees(chemin, [*feuilles])}
    except OSError as erreur:
        raise FichierIllisible(inaccessible(erreur)) from erreur
    return {nom: [[v.strip() for v in ligne] for ligne in lignes] for nom, lignes in grilles.items()}


def separer(texte: str) -> str:
    """Le signe qui découpe le plus de premières lignes en un même nombre de valeurs, fût-ce sous des titres.

    >>> separer("Parc, au 31 décembre\\nN°;Loyer\\n1;350,20\\n2;400,10\\n")
    ';'
    """
    premieres = [m[0] for m in re.finditer(r"[^\r\n]+", texte[:100_000])][:PREMIERES]

    def note(signe: str) -> int:
        largeurs = Counter(len(next(csv.reader(io.StringIO(ligne), delimiter=signe), [])) for ligne in premieres)
        largeur, lignes = max(largeurs.items(), key=lambda trouve: (trouve[0] - 1) * trouve[1])
        return (largeur - 1) * lignes

    return max(SEPARATEURS, key=note) if premieres else SEPARATEURS[0]


def nommer_les_colonnes(grille: Grille, rang: int) -> list[str]:
    """Les noms de la ligne d'en-tête ; ceux qui y sont vides, ou répétés, prennent aussi le groupe écrit au-dessus.

    Un groupe fusionné n'est écrit que dans sa première cellule, et vaut jusqu'au suivant.
    """
    noms = list(grille[rang])
    dessus = _etendre(grille[rang - 1], len(noms)) if rang and len(_remplies(grille[rang - 1])) > 1 else []
    comptes = Counter(map(normaliser, noms))
    return [
        " ".join(filter(None, (groupe, nom))) if groupe and (not nom or comptes[normaliser(nom)] > 1) else nom
        for nom, groupe in zip(noms, [*dessus, *[""] * (len(noms) - len(dessus))], strict=True)
    ]


def _etendre(ligne: list[str], largeur: int) -> list[str]:
    etendue, courant = [], ""
    for cellule in [*ligne, *[""] * largeur][:largeur]:
        courant = cellule or courant
        etendue.append(courant)
    return etendue


def _remplies(ligne: list[str]) -> list[str]:
    return [cellule for cellule in ligne if cellule]


def est_d_unites(ligne: list[str]) -> bool:
    """Cette ligne ne dit-elle que des unités (« m² », « €/mois ») ?"""
    remplies = _remplies(ligne)
    mots = [set(normaliser(v.replace("²", "2").replace("€", "euro")).split("_")) for v in remplies]
    return len(remplies) > 1 and all("_".join(sorted(m)) in MOTS_D_UNITE or m <= MOTS_D_UNITE for m in mots)


def en_tableau(lignes: Grille, largeur: int) -> pd.DataFrame:
    """Des lignes, coupées ou complétées à cette largeur, en colonnes de textes 0, 1, 2…"""
    pleines = [ligne[:largeur] if len(ligne) >= largeur else ligne + [""] * (largeur - len(ligne)) for ligne in lignes]
    return pd.DataFrame(pleines, columns=range(largeur), dtype="str")


def premieres_cellules(tableau: pd.DataFrame) -> pd.Series:
    """De chaque ligne, la première cellule remplie, en minuscules."""
    premieres = tableau[0] if tableau.shape[1] else pd.Series("", index=tableau.index, dtype="str")
    for rang in range(1, tableau.shape[1]):
        vides = premieres.eq("")
        if not vides.any():
            break
        premieres = premieres.mask(vides, tableau[rang])
    return premieres.str.lower()
