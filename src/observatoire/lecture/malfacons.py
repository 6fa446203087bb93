"""Reconnaître les malfaçons d'un tableur : un titre au-dessus de l'en-tête, des cellules en erreur."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from observatoire.lecture.entetes import normaliser, ressemblance
from observatoire.lecture.problemes import Lignes, Probleme, citer

# Ce qu'un tableur écrit à la place d'une valeur qu'il n'a pas su calculer.
ERREURS_DE_TABLEUR = (
    "#N/A", "#REF!", "#VALUE!", "#VALEUR!", "#DIV/0!", "#NAME?", "#NOM?", "#NULL!", "#NUL!", "#NUM!", "#NOMBRE!",
    "Err:502", "Err:504", "Err:508", "Err:509", "Err:522",
)  # fmt: skip
LIGNES_D_EN_TETE = 10
#: La note à partir de laquelle une ligne est l'en-tête attendu.
RECONNU = 0.5
#: La part de ses noms à partir de laquelle une ligne répète l'en-tête.
REPETE = 0.8
#: (erreur, colonne comptée à partir de 1) -> lignes.
Fautives = dict[tuple[str, int], Sequence[int]]


def note(entete: list[str], entetes_attendus: list[list[str]]) -> float:
    """De 0 à 1 : à quel point une ligne est un des en-têtes attendus."""
    return max(ressemblance(entete, attendu) for attendu in entetes_attendus)


def premieres_lignes(texte: str) -> list[list[str]]:
    debut = texte[:20_000].splitlines()[:LIGNES_D_EN_TETE]
    return [max((ligne.split(s) for s in (";", ",")), key=len) for ligne in debut]


def titre_au_dessus(premieres: list[list[str]], attendus: list[list[str]]) -> list[Probleme]:
    """Le problème d\'un en-tête attendu qui n\'est pas la première ligne remplie : le dire, sans le deviner."""
    remplies = [(n, [v.strip(' "') for v in ligne]) for n, ligne in enumerate(premieres, 1) if "".join(ligne).strip()]
    notes = [note(ligne, attendus) for _, ligne in remplies]
    if not notes or notes[0] >= RECONNU or max(notes) < RECONNU:
        return []
    ou = remplies[notes.index(max(notes))][0]
    return [
        Probleme(
            "entete",
            f"l'en-tête est à la ligne {ou} ; il doit être sur la première.",
            "Supprimer le titre et les lignes qui précèdent l'en-tête.",
        )
    ]


def sont_l_en_tete(cadre: pd.DataFrame, *tetes: list[str]) -> np.ndarray:
    """Vrai pour chaque ligne qui répète une des lignes de tête (noms, unités), comme chaque page d'un état imprimé."""
    repetees = np.zeros(len(cadre), dtype=bool)
    for tete in tetes:
        nommees = [rang for rang, nom in enumerate(tete[: cadre.shape[1]]) if nom]
        candidates = np.zeros(len(cadre), dtype=bool)
        for rang in nommees[:3]:
            candidates |= cadre.iloc[:, rang].eq(tete[rang]).to_numpy(dtype=bool)
        if candidates.any():
            memes = cadre.loc[candidates].iloc[:, nommees].eq([tete[rang] for rang in nommees]).sum(axis=1)
            candidates[candidates] = memes.ge(max(2, REPETE * len(nommees)))
        repetees |= candidates
    return repetees


def entete_repete(
    cadre: pd.DataFrame, entete: list[str], lignes: np.ndarray, attendus: list[list[str]]
) -> list[Probleme]:
    """Une seule cause, dite une fois, et non une par colonne."""
    if note(entete, attendus) < RECONNU or not (repetees := sont_l_en_tete(cadre, entete)).any():
        return []
    phrase = "l'en-tête est répété au milieu du tableau."
    return [Probleme("entete_repete", phrase, "Supprimer ces lignes.", lignes=Lignes.de(lignes[repetees]))]


def erreurs_de_tableur(fautives: Fautives, lignes: list[list[str]], attendus: list[list[str]]) -> list[Probleme]:
    """Un problème par erreur et par colonne."""
    connus = {normaliser(nom) for attendu in attendus for nom in attendu}
    entete = next((ligne for ligne in lignes if "".join(ligne).strip()), [])
    return [
        Probleme(
            "erreur_de_tableur",
            f"{citer(erreur)} est une erreur du tableur, pas une valeur." if erreur else "formule jamais calculée.",
            "Corriger la formule ou écrire la valeur (ou vider la cellule), puis enregistrer de nouveau.",
            entete[n - 1] if n <= len(entete) and normaliser(entete[n - 1]) in connus else lettre(n),
            Lignes.de(rangs),
        )
        for (erreur, n), rangs in fautives.items()
    ]


def lettre(n: int) -> str:
    """Nom d'une colonne de tableur : 1 est A, 27 est AA."""
    return (lettre((n - 1) // 26) if n > 26 else "") + chr(ord("A") + (n - 1) % 26)


def erreurs_ecrites(cadre: pd.DataFrame, lignes: np.ndarray) -> Fautives:
    """Les erreurs de tableur écrites en toutes lettres, comme un export CSV les laisse."""
    fautives = {}
    for rang, (_, colonne) in enumerate(cadre.items(), start=1):
        masque = colonne.isin(ERREURS_DE_TABLEUR).to_numpy()
        trouvees = colonne[masque]
        for erreur in trouvees.unique():
            fautives[erreur, rang] = lignes[masque][trouvees.eq(erreur).to_numpy()]
    return fautives
