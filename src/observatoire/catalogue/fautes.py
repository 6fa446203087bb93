"""Ce qui ne va pas dans la fonction d'un indicateur, en une phrase : lequel, quelle table, quelle ligne."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from observatoire.erreurs import ErreurObservatoire

#: Ce que pandas et Python lèvent d'une expression fausse.
PANNES = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, NameError,
    pd.errors.InvalidIndexError, pd.errors.IndexingError, pd.errors.MergeError,
)  # fmt: skip
ROLES = ("numerateur", "denominateur", "concernes")
_DITS = dict(zip(ROLES, ("ce qui compte en haut", "ce qui compte en bas", "qui était concerné"), strict=True))


class IndicateurFautif(ErreurObservatoire):
    """La fonction d'un indicateur échoue, ou ne rend pas une colonne de sa table par rôle."""


def situer(fonction: Callable, erreur: BaseException | None = None) -> str:
    """« occupation.py, ligne 52 » : où la fonction échoue ; là où elle commence, si elle rend ce qu'il ne faut pas."""
    fichier = fonction.__code__.co_filename
    siennes = [t.lineno for t in traceback.extract_tb(erreur.__traceback__) if t.filename == fichier] if erreur else []
    return f"{Path(fichier).name}, ligne {siennes[-1] if siennes else fonction.__code__.co_firstlineno}"


def controler(colonnes: object, tables: Iterable[pd.DataFrame], noms: tuple[str, ...]) -> dict[str, pd.Series]:
    """Rôle -> colonne, de ce qu'une fonction a rendu : une série par rôle, dans l'ordre des lignes de sa table.

    ``noms`` : ceux de ``tables``. Lève ``ValueError`` avec le reproche ; qui appelle dit de quel indicateur.
    """
    tables = list(tables)
    if not isinstance(colonnes, tuple) or not 1 <= len(colonnes) <= len(ROLES):
        quoi = f"{len(colonnes)} valeurs" if isinstance(colonnes, tuple) else _nommer(colonnes)
        raise ValueError(f"elle rend {quoi} ; écrire « return en_haut, en_bas », et au besoin qui était concerné")
    roles = dict(zip(ROLES, colonnes, strict=False))
    for rang, (role, colonne) in enumerate(roles.items()):
        table, nom = (tables[0], noms[0]) if rang == 0 else (tables[-1], noms[-1])
        if not isinstance(colonne, pd.Series):
            raise ValueError(f"{_DITS[role]} est {_nommer(colonne)} ; c'est une colonne de « {nom} » qui est attendue")
        if colonne.index is not table.index and not _alignees(colonne.index, table.index):
            autre = next((n for t, n in zip(tables, noms, strict=True) if _alignees(colonne.index, t.index)), None)
            dite = f"est une colonne de « {autre} »" if autre else "n'a pas les lignes de sa table (une fusion ?)"
            raise ValueError(f"{_DITS[role]} {dite} ; c'est une colonne de « {nom} », ligne à ligne, qui est attendue")
    return roles


def _alignees(index: pd.Index, de_la_table: pd.Index) -> bool:
    """Les mêmes lignes ; le nom de l'index est celui de sa table, ce qui se voit même sans aucune ligne."""
    return index.name == de_la_table.name and index.equals(de_la_table)


def _nommer(valeur: object) -> str:
    if isinstance(valeur, pd.DataFrame):
        return "un tableau entier (une fusion ?)"
    if isinstance(valeur, pd.Series):
        return "une seule colonne"
    return "un nombre" if isinstance(valeur, (int, float)) else f"un objet « {type(valeur).__name__} »"
