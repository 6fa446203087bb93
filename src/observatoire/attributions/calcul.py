"""Calculer ce que l'on dit des attributions, de ``indicateurs`` et des tables à ``attributions_*.parquet``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from observatoire.attributions import attente, conformite, cote_a_cote, profils
from observatoire.attributions.objectifs import NIVEAUX, lire_objectifs
from observatoire.baremes import lire_baremes
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, avec_les_conservees
from observatoire.droits import reserver
from observatoire.fichiers import ecrire_parquet

#: Les tables écrites : nom -> colonnes. Une ligne par combinaison des premières (:data:`CLES`).
TABLES = {
    "attributions_conformite": conformite.COLONNES,
    "attributions_profils": profils.COLONNES,
    "attributions_cote_a_cote": cote_a_cote.COLONNES,
    "attributions_attente": attente.COLONNES,
}
CLES = {
    "attributions_conformite": [*conformite.CLES, "objectif"],
    "attributions_profils": profils.CLES,
    "attributions_cote_a_cote": cote_a_cote.CLES,
    "attributions_attente": attente.CLES,
}
#: Celles qui se tirent de lignes : une année purgée les garde telles quelles.
TIREES_DE_LIGNES = ("attributions_cote_a_cote", "attributions_attente")
_TYPES = {"annee": "int64", "nb_comparaisons": "int64"}
_TEXTES = {
    "niveau", "territoire", "bailleur", "indicateur", "objectif", "origine", "sens", "depuis", "jusque", "source",
    "constat", "verdict", "trait", "groupe", "modalite", "mesure",
}  # fmt: skip


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été écrit : nombre de lignes de chaque table, sous son nom sans ``attributions_``."""

    lignes: dict[str, int]

    def __str__(self) -> str:
        return ", ".join(f"{n} {nom.replace('_', ' ')}" for nom, n in self.lignes.items())


def ecrire_attributions(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> Bilan:
    """Écrire les quatre tables de :data:`TABLES` dans ``prepare``, d'après ``indicateurs.parquet`` et les tables.

    Lève :class:`ErreurConfiguration` si ``objectifs.yml`` est mal écrit.
    """
    dire = avancement or (lambda fait, total, libelle: None)
    baremes = lire_baremes(config.chemin("referentiels"))
    objectifs = lire_objectifs(config, baremes)
    valeurs = _lire_valeurs(config, {o.indicateur for o in objectifs})
    dire(1, len(TABLES), "attributions, bailleurs")
    tables = {
        "attributions_conformite": conformite.confronter(objectifs, valeurs, config.annees, config.tout),
        "attributions_profils": profils.comparer_les_profils(valeurs),
        "attributions_cote_a_cote": cote_a_cote.comparer_les_bailleurs(config, baremes, dask),
    }
    dire(3, len(TABLES), "attributions, attentes")
    tables["attributions_attente"] = attente.estimer_les_attentes(config, baremes)
    with reserver(config.acces):
        for nom, table in tables.items():
            table = _typer(table[TABLES[nom]])
            if nom in TIREES_DE_LIGNES:
                table = avec_les_conservees(table, config, nom, annees_conservees(config))
            ecrire_parquet(table.reset_index(drop=True), config.chemin("prepare") / f"{nom}.parquet")
    return Bilan({nom.removeprefix("attributions_"): len(table) for nom, table in tables.items()})


def _lire_valeurs(config: Configuration, vises: set[str]) -> pd.DataFrame:
    """Les valeurs de la ville et des quartiers qui servent, et elles seules."""
    codes = sorted(vises.union(*profils.CODES.values()))
    filtres = [("niveau", "in", list(NIVEAUX)), ("indicateur", "in", codes)]
    table = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet", filters=filtres)
    return table.astype(dict.fromkeys([*conformite.CLES[1:], "statut"], object))


def _typer(table: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes types que la table soit vide ou non."""
    types = {c: _TYPES.get(c, "str" if c in _TEXTES else "float64") for c in table}
    return table.astype(types)
