"""Ce qui reste d'une année purgée : des valeurs agrégées, sans aucune ligne de ménage ni de logement.

``prepare/conserves/<annee>/`` apparaît d'un coup, au moment de la purge. Tant qu'il est là, l'année n'est plus ni lue
ni calculée : ses valeurs sont reprises telles quelles.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from observatoire.configuration import CONSERVES, Configuration
from observatoire.erreurs import ErreurObservatoire

#: Ce que l'année d'après tire des ménages d'une année purgée.
DEVENIRS_SUIVANTS = "devenirs_suivants"
#: De même, ce qu'elle tire de ses demandes.
ATTENTES_SUIVANTES = "attentes_suivantes"
#: Ce qui n'a pas de ligne : une table préparée que personne n'a déposée.
VIDE = "vide.parquet"


def dossier_conserve(config: Configuration, annee: int) -> Path:
    """Où sont les valeurs conservées d'une année."""
    return config.chemin("prepare") / CONSERVES / str(annee)


def annees_conservees(config: Configuration) -> tuple[int, ...]:
    """Les années de l'édition dont il ne reste que des valeurs."""
    return tuple(a for a in config.annees if dossier_conserve(config, a).is_dir())


def lire_conserve(config: Configuration, annee: int, nom: str) -> pd.DataFrame:
    """Une table d'une année conservée.

    Lève :class:`ErreurObservatoire` si elle n'y est pas : l'année a été purgée avant que les comptes soient bruités.
    """
    if not (dossier_conserve(config, annee) / f"{nom}.parquet").is_file():
        raise ErreurObservatoire(
            f"l'année {annee} a été purgée par une version qui cachait au lieu de bruiter : sa table « {nom} » n'a pas "
            f"été gardée, et ses comptes ne peuvent pas être bruités. Retirer {annee} d'« edition: annees » "
            "(observatoire.yml) ; ses valeurs restent dans l'édition d'alors."
        )
    return pd.read_parquet(dossier_conserve(config, annee) / f"{nom}.parquet")


def relire_d_une_purge(config: Configuration, nom: str, annees: Iterable[int], **valeurs: int) -> pd.DataFrame:
    """Ce qu'a gardé d'une table la purge de la première de ces ``annees`` qui en a ; sans aucune colonne sinon.

    ``valeurs`` : les seules lignes voulues, d'après des colonnes.
    """
    for annee in annees:
        if (dossier_conserve(config, annee) / f"{nom}.parquet").is_file():
            gardees = lire_conserve(config, annee, nom)
            gardees = gardees[(gardees[list(valeurs)] == pd.Series(valeurs)).all(axis=1)]
            if len(gardees):
                return gardees
    return pd.DataFrame()


def a_encore_ses_menages(config: Configuration, annee: int) -> bool:
    """Les lignes de ménage d'une année sont-elles encore sur le disque ?"""
    table = config.chemin("prepare") / "tables" / str(annee) / "menages.parquet"
    return table.is_file() or (table.is_dir() and any(f.name != VIDE for f in table.iterdir()))


def avec_les_conservees(table: pd.DataFrame, config: Configuration, nom: str, annees: Iterable[int]) -> pd.DataFrame:
    """La table des années calculées, précédée des lignes conservées de ``annees``."""
    gardees = [lire_conserve(config, annee, nom).reindex(columns=table.columns) for annee in annees]
    gardees = [t for t in gardees if len(t)]
    return pd.concat([*gardees, table], ignore_index=True).astype(table.dtypes) if gardees else table
