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

ABSENT, LIGNE_MOYENNE = "(absent)", ""
#: Une opération de relogement remplit une année de ménages qui n'ont pas choisi : on compare hors d'elle.
OPERATION = "relogement_operation"
#: Les logements d'un immeuble se ressemblent, et un immeuble se vide, se vend ou se démolit d'un coup.
GRAPPE = "id_immeuble"
#: En deçà de tant de lignes, ou de tant d'immeubles, rien ne se compare.
ASSEZ = 20


@dataclass(frozen=True)
class Resume:
    """Une case par colonne et modalité, dans le même ordre pour toutes les tables d'un schéma (:func:`nommer`).

    ``valeurs`` : une part, ou la moyenne d'une colonne de nombres ou de dates ; ``ecarts_types`` : le sien, manquant
    pour une part ; ``effectifs`` : les lignes dont elle vient, ramenées à ce que vaudraient des lignes tirées à part.
    """

    valeurs: np.ndarray
    ecarts_types: np.ndarray
    effectifs: np.ndarray


def nommer(schema: Schema) -> list[tuple[str, str]]:
    """(colonne, modalité) de chaque case ; la modalité d'une moyenne est vide."""
    return [(nom, m) for nom, champ in _resumes(schema) for m in (*champ.admises, ABSENT, *_moyenne(champ))]


def resumer(temoins: pd.DataFrame, schema: Schema, annee: int) -> Resume:
    """Le résumé de témoins. Une date se compte en jours, et une année en années, avant le 31 décembre de ``annee``."""
    temoins = hors_operation(temoins, schema)
    grappes = coder_les_grappes(temoins)
    cases = [
        case for nom, champ in _resumes(schema) for case in _colonne(temoins[nom].to_numpy(), champ, annee, grappes)
    ]
    return Resume(*np.array(cases, dtype=float).reshape(-1, 3).T)


def hors_operation(temoins: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Les témoins qui ne viennent pas d'une opération de relogement."""
    if OPERATION not in temoins:
        return temoins
    return temoins[temoins[OPERATION].ne(schema.champs[OPERATION].admises.index("oui"))]


def coder_les_grappes(temoins: pd.DataFrame) -> np.ndarray | None:
    """Le rang de l'immeuble de chaque ligne, ou ``None`` si la table n'en a pas."""
    return pd.factorize(temoins[GRAPPE])[0] if GRAPPE in temoins else None


def compter_utiles(valeurs: np.ndarray, grappes: np.ndarray | None) -> float:
    """Combien de lignes tirées une à une vaudraient ces lignes tirées par immeubles ; zéro s'il y en a trop peu.

    **Référence.** Kish, *Survey Sampling* (1965) : effet de grappe, variance entre immeubles sur variance simple.
    """
    if len(valeurs) < ASSEZ or (grappes is not None and grappes.max() + 1 < ASSEZ):
        return 0
    if grappes is None:
        return len(valeurs)
    ecarts = valeurs - valeurs.mean()
    simple, entre = (ecarts**2).sum(), (np.bincount(grappes, weights=ecarts) ** 2).sum()
    return len(valeurs) / max(1, entre / simple) if simple > 0 else len(valeurs)


def _resumes(schema: Schema) -> Iterator[tuple[str, Champ]]:
    return ((nom, c) for nom, c in schema.champs.items() if nom not in schema.cle and nom != OPERATION)


def _moyenne(champ: Champ) -> tuple[str, ...]:
    return () if champ.type == "string" or champ.identifiante else (LIGNE_MOYENNE,)


def _colonne(valeurs: np.ndarray, champ: Champ, annee: int, grappes) -> list[tuple[float, float, float]]:
    if champ.type == "string":
        modalites = (*range(len(champ.admises)), -1 if champ.admises else 0)
        return [_part(valeurs == modalite, grappes) for modalite in modalites]
    absentes = np.isnan(valeurs)
    part = _part(absentes, grappes)
    if not _moyenne(champ):
        return [part]
    connues = valeurs[~absentes].astype(float) - _origine(champ, annee)
    if not len(connues):
        return [part, (np.nan, np.nan, 0)]
    utiles = compter_utiles(connues, None if grappes is None else pd.factorize(grappes[~absentes])[0])
    return [part, (connues.mean(), connues.std(), utiles)]


def _part(vraies: np.ndarray, grappes: np.ndarray | None) -> tuple[float, float, float]:
    return (vraies.mean() if len(vraies) else 0.0), np.nan, compter_utiles(vraies.astype(float), grappes)


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
    assez = np.minimum(avant.effectifs, apres.effectifs) >= 1
    effet = np.where(assez, np.nan_to_num(np.where(parts, h, d)), 0)
    return effet, effet / np.sqrt(1 / np.maximum(avant.effectifs, 1) + 1 / np.maximum(apres.effectifs, 1))


def ecrire_part(part: float) -> str:
    """« 12 % »."""
    return f"{100 * part:.0f} %"


def ecrire_valeur(valeur: float, modalite: str) -> str:
    """Une part ou une moyenne, comme un lecteur français la lit."""
    return ecrire_part(valeur) if modalite != LIGNE_MOYENNE else ecrire(pd.Series([round(valeur, 1)])).iloc[0]
