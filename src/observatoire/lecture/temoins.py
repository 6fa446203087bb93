"""Les témoins d'une table : quelques lignes, les mêmes d'une année sur l'autre, pour la comparer une fois oubliée.

Une ligne est retenue d'après l'empreinte de son identifiant : deux années d'un même bailleur retiennent donc les mêmes
logements, et l'on sait ce qui a disparu, ce qui est nouveau et ce qui a changé de valeur. Rien n'en est jamais écrit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.schemas import Champ, Schema

#: Assez pour voir un écart de cinq points, et quelques dizaines de kilo-octets par table.
TAILLE = 2_000


def choisir(donnees: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Les témoins d'un tableau converti, indexés par l'empreinte de leur clé (ou, sans clé, de toute la ligne, l'année
    de ses dates mise à part).

    Un code y est son rang parmi les valeurs admises (-1 : absent), une date un nombre de jours, un autre texte une
    empreinte (0 : absent).
    """
    cles = _cles(donnees, schema)
    gardees = np.argsort(cles, kind="stable")[:TAILLE]
    lignes = donnees.iloc[gardees]
    colonnes = {nom: _coder(lignes[nom], champ) for nom, champ in schema.champs.items() if nom not in schema.cle}
    return pd.DataFrame(colonnes, index=pd.Index(cles[gardees]))


def fondre(morceaux: list[pd.DataFrame | None]) -> pd.DataFrame | None:
    """Les témoins d'une table, d'après ceux de ses morceaux."""
    morceaux = [m for m in morceaux if m is not None]
    return pd.concat(morceaux).sort_index(kind="stable").iloc[:TAILLE] if morceaux else None


def _cles(donnees: pd.DataFrame, schema: Schema) -> np.ndarray:
    if schema.cle:
        return _empreintes(donnees[schema.cle[0]])
    total = np.zeros(len(donnees), dtype=np.uint64)
    for nom, champ in schema.champs.items():
        colonne = donnees[nom]
        if champ.type == "date":
            colonne = colonne.dt.month * 100 + colonne.dt.day
        total = total * np.uint64(31) + _empreintes(colonne)
    return total


def _empreintes(colonne: pd.Series) -> np.ndarray:
    return pd.util.hash_pandas_object(colonne, index=False).to_numpy()


def _coder(colonne: pd.Series, champ: Champ) -> np.ndarray:
    if champ.admises:
        return pd.Index(champ.admises).get_indexer(colonne).astype(np.int8)
    if champ.type == "date":
        jours = colonne.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(jours), np.nan, jours.astype(np.int64)).astype(np.float32)
    if champ.type != "string":
        return colonne.to_numpy(dtype=np.float32)
    return np.where(colonne.isna(), 0, _empreintes(colonne) >> np.uint64(12)).astype(np.float64)
