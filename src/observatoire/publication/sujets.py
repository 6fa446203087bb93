"""Ce que chaque sujet tire des valeurs publiées et de ce que ``calculer`` a préparé : attributions, revue."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.attributions import (
    ATTENTES,
    DEPLACEMENTS,
    comparer_les_bailleurs,
    comparer_les_profils,
    publier_les_attentes,
)
from observatoire.configuration import Configuration
from observatoire.evaluation import FICHIER as FLUX
from observatoire.evaluation import lire_contexte, publier_la_decomposition
from observatoire.fichiers import ecrire_csv
from observatoire.secret import Regles


def publier_les_sujets(config: Configuration, publiees: pd.DataFrame, regles: Regles, travail: Path) -> None:
    """Écrire dans ``travail`` les tables de chaque sujet ; ce que ``calculer`` n'a pas préparé n'y est pas.

    ``publiees`` : les indicateurs de ce public, et la ``variance`` du bruit de chaque ligne.
    """
    ecrire_csv(comparer_les_profils(publiees), travail / "attributions_profils.csv")
    ecrire_csv(lire_contexte(config), travail / "contexte.csv")
    bouts = (config.annee_zero, max(config.annees))
    tables = {
        DEPLACEMENTS: ("attributions_cote_a_cote", lambda t: comparer_les_bailleurs(publiees, t, regles.seuil)),
        ATTENTES: (ATTENTES, lambda t: publier_les_attentes(t, publiees, config.tout, regles.seuil)),
        FLUX: (
            "revue_decomposition",
            lambda t: publier_la_decomposition(t, publiees, regles, config.tout, bouts),
        ),
    }
    for preparee, (nom, publier) in tables.items():
        fichier = config.chemin("prepare") / f"{preparee}.parquet"
        if fichier.is_file():
            ecrire_csv(publier(pd.read_parquet(fichier)), travail / f"{nom}.csv")
