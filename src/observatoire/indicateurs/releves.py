"""Ce qu'une part compte ligne à ligne, et de quoi lire les lignes d'un bailleur."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from observatoire.catalogue import Indicateur
from observatoire.vocabulaire import PROPORTION

#: Les tables dont une ligne se retrouve d'une année à l'autre.
SUIVIES = ("menages", "logements")


def se_suit(declaration: Indicateur) -> bool:
    """Une part que l'on compte sur des lignes qui se retrouvent d'une année à l'autre."""
    une_seule = len(declaration.tables) == 1 and declaration.tables[0] in SUIVIES
    return une_seule and declaration.nature == PROPORTION and declaration.groupe is None


@dataclass(frozen=True)
class Releve:
    """Ce qu'un indicateur compte ligne à ligne : ``x`` a le trait, ``n`` a répondu, ``concerne`` pouvait répondre."""

    x: np.ndarray
    n: np.ndarray
    concerne: np.ndarray

    @classmethod
    def bout_a_bout(cls, releves: Sequence[Releve]) -> Releve:
        """Ceux de plusieurs bailleurs, dans l'ordre de leurs lignes."""
        return cls(*(np.concatenate([getattr(r, nom) for r in releves]) for nom in ("x", "n", "concerne")))


def relever(declaration: Indicateur, lignes: pd.DataFrame, bareme: Callable, livre: bool) -> Releve:
    """Relever une part sur les lignes de sa table ; rien si le bailleur n'a pas livré de quoi (``livre``)."""
    if not livre:
        rien = np.zeros(len(lignes), bool)
        return Releve(rien, rien, rien)
    colonnes = declaration.compter({declaration.tables[0]: lignes}, bareme).colonnes
    x, n = (_vrais(colonnes[role]) for role in ("numerateur", "denominateur"))
    concerne = _vrais(colonnes["concernes"]) if "concernes" in colonnes else n
    if declaration.perimetre == "rpls":
        champ = lignes["champ_rpls"].to_numpy(dtype=bool, na_value=True)
        x, n, concerne = x & champ, n & champ, concerne & champ
    return Releve(x & n, n, concerne)


def lire_du_bailleur(tables: Path, annee: int, table: str, bailleur: str, colonnes: list[str]) -> pd.DataFrame:
    """Les lignes préparées d'un bailleur, ces ``colonnes`` seulement. ``tables`` : le dossier des tables préparées."""
    lues = ds.dataset(tables / str(annee) / f"{table}.parquet", format="parquet")
    return lues.to_table(columns=colonnes, filter=ds.field("bailleur") == bailleur).to_pandas()


def _vrais(colonne: pd.Series) -> np.ndarray:
    return colonne.to_numpy(dtype=bool, na_value=False)
