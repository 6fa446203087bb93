"""Ce que l'on tire des lignes pour parler des attributions : ``prepare/attributions_*.parquet``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from observatoire.attributions import attente, deplacements
from observatoire.baremes import lire_baremes
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, avec_les_conservees
from observatoire.droits import reserver
from observatoire.fichiers import ecrire_parquet

DEPLACEMENTS, ATTENTES = "attributions_deplacements", "attributions_attente"
#: Les tables écrites : nom -> colonnes. Une année purgée les garde telles quelles.
TABLES = {DEPLACEMENTS: deplacements.COLONNES, ATTENTES: attente.COLONNES}
_TEXTES = {"niveau", "territoire", "bailleur", "indicateur", "groupe", "modalite", "mesure"}


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été écrit : nombre de lignes de chaque table, sous son nom sans ``attributions_``."""

    lignes: dict[str, int]

    def __str__(self) -> str:
        return ", ".join(f"{n} {nom.replace('_', ' ')}" for nom, n in self.lignes.items())


def ecrire_attributions(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> Bilan:
    """Écrire les tables de :data:`TABLES` dans ``prepare``, d'après les tables préparées."""
    dire = avancement or (lambda fait, total, libelle: None)
    baremes = lire_baremes(config.chemin("referentiels"))
    dire(0, len(TABLES), "attributions, bailleurs")
    tables = {DEPLACEMENTS: deplacements.deplacer(config, baremes, dask)}
    dire(1, len(TABLES), "attributions, attentes")
    tables[ATTENTES] = attente.estimer_les_attentes(config, baremes)
    with reserver(config.acces):
        for nom, table in tables.items():
            table = avec_les_conservees(_typer(table[TABLES[nom]]), config, nom, annees_conservees(config))
            ecrire_parquet(table.reset_index(drop=True), config.chemin("prepare") / f"{nom}.parquet")
    return Bilan({nom.removeprefix("attributions_"): len(table) for nom, table in tables.items()})


def _typer(table: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes types que la table soit vide ou non."""
    return table.astype({c: "int64" if c == "annee" else "str" if c in _TEXTES else "float64" for c in table})
