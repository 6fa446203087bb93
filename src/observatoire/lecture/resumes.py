"""Résumer une table en quelques nombres par colonne, et mesurer l'écart entre deux résumés.

Références. Cohen, *Statistical Power Analysis* (1988), chapitres 2 et 6 : d pour deux moyennes, h pour deux parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.lecture.conversion import ecrire
from observatoire.schemas import Champ, Schema

ABSENT, MOYENNE = "(absent)", ""
#: Une opération de relogement remplit une année de ménages qui n'ont pas choisi : on compare hors d'elle.
OPERATION = "relogement_operation"
#: En deçà de tant de lignes, rien ne se compare.
ASSEZ = 20


@dataclass(frozen=True)
class Resume:
    """Une case par colonne et modalité, dans le même ordre pour toutes les tables d'un schéma (:func:`nommer`).

    ``valeurs`` : une part, ou la moyenne d'une colonne de nombres ou de dates ; ``ecarts_types`` : le sien, manquant
    pour une part ; ``effectifs`` : les lignes dont elle vient.
    """

    valeurs: np.ndarray
    ecarts_types: np.ndarray
    effectifs: np.ndarray


def nommer(schema: Schema) -> list[tuple[str, str]]:
    """(colonne, modalité) de chaque case ; la modalité d'une moyenne est vide."""
    return [(nom, m) for nom, champ in _resumes(schema) for m in (*champ.admises, ABSENT, *_moyenne(champ))]


def resumer(temoins: pd.DataFrame, schema: Schema, annee: int) -> Resume:
    """Le résumé de témoins. Une date se compte en jours, et une année en années, avant le 31 décembre de ``annee``."""
    if OPERATION in temoins:
        temoins = temoins[temoins[OPERATION].ne(schema.champs[OPERATION].admises.index("oui"))]
    cases = [case for nom, champ in _resumes(schema) for case in _colonne(temoins[nom].to_numpy(), champ, annee)]
    return Resume(*np.array(cases, dtype=float).reshape(-1, 3).T)


def _resumes(schema: Schema) -> Iterator[tuple[str, Champ]]:
    return ((nom, c) for nom, c in schema.champs.items() if nom not in schema.cle and nom != OPERATION)


def _moyenne(champ: Champ) -> tuple[str, ...]:
    return () if champ.type == "string" or champ.identifiante else (MOYENNE,)


def _colonne(valeurs: np.ndarray, champ: Champ, annee: int) -> list[tuple[float, float, int]]:
    n = len(valeurs)
    if champ.type == "string":
        absents = (valeurs == (-1 if champ.admises else 0)).sum()
        comptes = np.bincount(valeurs[valeurs >= 0].astype(int), minlength=len(champ.admises)) if champ.admises else ()
        return [(compte / max(n, 1), np.nan, n) for compte in (*comptes, absents)]
    connues = valeurs[~np.isnan(valeurs)].astype(float) - _origine(champ, annee)
    moyenne = (connues.mean(), connues.std(), len(connues)) if len(connues) else (np.nan, np.nan, 0)
    return [(1 - len(connues) / max(n, 1), np.nan, n), *([moyenne] if _moyenne(champ) else [])]


def _origine(champ: Champ, annee: int) -> int:
    if champ.type == "date":
        return int(np.datetime64(f"{annee}-12-31").astype(np.int64))
    return annee if (champ.bornes[0] or 0) >= 1000 and not champ.stable else 0


def reunir(autres: list[Resume]) -> Resume:
    """Le résumé médian de plusieurs, tenu pour sûr."""
    valeurs, ecarts = (np.stack([getattr(r, nom) for r in autres]) for nom in ("valeurs", "ecarts_types"))
    return Resume(*(_mediane(t) for t in (valeurs, ecarts)), np.full(valeurs.shape[1], np.inf))


def _mediane(table: np.ndarray) -> np.ndarray:
    vides = np.isnan(table).all(axis=0)
    return np.where(vides, np.nan, np.nanmedian(np.where(vides, 0, table), axis=0))


def ecarter(apres: Resume, avant: Resume) -> tuple[np.ndarray, np.ndarray]:
    """L'écart de chaque case de deux résumés : l'effet, et ce qu'il vaut en erreurs-types ; nul s'il y a trop peu."""
    a, b = avant.valeurs, apres.valeurs
    parts = np.isnan(apres.ecarts_types) & np.isnan(avant.ecarts_types)
    dispersion = np.sqrt((avant.ecarts_types**2 + apres.ecarts_types**2) / 2)
    d = np.abs(b - a) / np.maximum(dispersion, 1e-3 * (1 + np.abs(a)))
    h = 2 * np.abs(np.arcsin(np.sqrt(np.clip(a, 0, 1))) - np.arcsin(np.sqrt(np.clip(b, 0, 1))))
    effectifs = np.minimum(avant.effectifs, apres.effectifs)
    effet = np.where(effectifs >= ASSEZ, np.nan_to_num(np.where(parts, h, d)), 0)
    return effet, effet / np.sqrt(1 / np.maximum(avant.effectifs, 1) + 1 / np.maximum(apres.effectifs, 1))


def ecrire_part(part: float) -> str:
    """« 12 % »."""
    return f"{100 * part:.0f} %"


def ecrire_valeur(valeur: float, modalite: str) -> str:
    """Une part ou une moyenne, comme un lecteur français la lit."""
    return ecrire_part(valeur) if modalite != MOYENNE else ecrire(pd.Series([round(valeur, 1)])).iloc[0]
