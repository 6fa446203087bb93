"""Dire vite qu'une table n'a rien de fautif.

Presque tous les dépôts sont en ordre : les contraintes du schéma se vérifient alors sur les valeurs distinctes et les
extrêmes, en quelques millisecondes. Au moindre doute la réponse est non, et ``lecture.controles`` cherche ce qui ne va
pas.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from observatoire.schemas import Champ, Schema

CONTRAINTES = {"required", "unique", "enum", "minimum", "maximum", "pattern"}


def conforme(table: pd.DataFrame, schema: Schema) -> bool:
    """La table convertie respecte-t-elle, à coup sûr, toutes les contraintes de son schéma ?"""
    return all(colonne_conforme(table[nom], champ) for nom, champ in schema.champs.items())


def colonne_conforme(colonne: pd.Series, champ: Champ) -> bool:
    """La même question pour une colonne."""
    if not champ.contraintes.keys() <= CONTRAINTES:
        return False
    if champ.obligatoire and colonne.isna().any():
        return False
    if champ.type == "string":
        admises, motif = champ.admises, champ.contraintes.get("pattern")
        if (admises and not _parmi(colonne, admises)) or (motif and not _de_la_forme(colonne, motif)):
            return False
    elif champ.bornes != (None, None) and not _entre(colonne.to_numpy(), *champ.bornes):
        return False
    return not champ.unique or colonne.is_unique


def ecarts(colonne: pd.Series, champ: Champ) -> dict[str, np.ndarray]:
    """Règle -> les cellules (masque) d'une colonne convertie qui s'en écartent."""
    remplie = colonne.notna().to_numpy()
    trouves = {"absence": ~remplie & champ.obligatoire}
    bas, haut = champ.bornes
    if champ.admises:
        trouves["enum"] = remplie & ~colonne.isin(champ.admises).to_numpy()
    if bas is not None:
        trouves["bornes"] = remplie & (colonne < bas).to_numpy()
    if haut is not None:
        trouves["bornes"] = trouves.get("bornes", False) | remplie & (colonne > haut).to_numpy()
    if motif := champ.contraintes.get("pattern"):
        trouves["forme"] = remplie & ~colonne.str.match(f"(?:{motif})$").to_numpy(dtype=bool)
    if champ.unique:
        trouves["unicite"] = remplie & colonne.duplicated(keep=False).to_numpy()
    return trouves


def _parmi(colonne: pd.Series, admises: tuple[str, ...]) -> bool:
    valeurs = colonne.cat.categories if isinstance(colonne.dtype, pd.CategoricalDtype) else colonne
    return bool((valeurs.isin(admises) | valeurs.isna()).all())


def _de_la_forme(colonne: pd.Series, motif: str) -> bool:
    valeurs = colonne.cat.categories if isinstance(colonne.dtype, pd.CategoricalDtype) else colonne.dropna()
    textes = pa.array(valeurs, type=pa.large_string())
    return pc.all(pc.match_substring_regex(textes, f"^(?:{motif})$")).as_py() is not False


def _entre(valeurs: np.ndarray, bas: float | None, haut: float | None) -> bool:
    connues = valeurs[~np.isnan(valeurs)]
    if not connues.size:
        return True
    return (bas is None or connues.min() >= bas) and (haut is None or connues.max() <= haut)
