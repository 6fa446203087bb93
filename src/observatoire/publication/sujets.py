"""Ce que chaque sujet tire des valeurs publiées : attributions, engagements, revue."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.attributions import TABLES as TABLES_DES_ATTRIBUTIONS
from observatoire.confidentialite.attributions import proteger_les_attributions
from observatoire.confidentialite.engagements import proteger_les_engagements
from observatoire.confidentialite.revue import publier_la_revue
from observatoire.configuration import Configuration
from observatoire.fichiers import ecrire_csv
from observatoire.secret import Regles


def publier_les_sujets(config: Configuration, protege: pd.DataFrame, regles: Regles, travail: Path) -> None:
    """Écrire dans ``travail`` les tables de chaque sujet, alertes à part. ``protege`` : les indicateurs de ce
    public."""
    conformite = _publier_attributions(config, travail, protege, regles)
    engagements = proteger_les_engagements(pd.read_parquet(config.chemin("prepare") / "engagements.parquet"), protege)
    ecrire_csv(engagements, travail / "engagements.csv")
    for nom, table in publier_la_revue(config, regles, protege, engagements, conformite).items():
        ecrire_csv(table, travail / f"{nom}.csv")


def _publier_attributions(
    config: Configuration, travail: Path, protege: pd.DataFrame, regles: Regles
) -> pd.DataFrame | None:
    """Rend la conformité, que la revue reprend ; rien si les indicateurs ont été calculés seuls."""
    prepare = config.chemin("prepare")
    if not any((prepare / f"{nom}.parquet").is_file() for nom in TABLES_DES_ATTRIBUTIONS):
        return None
    lues = {nom: pd.read_parquet(prepare / f"{nom}.parquet") for nom in TABLES_DES_ATTRIBUTIONS}
    protegees = proteger_les_attributions(lues, protege, regles, config.tout[0])
    for nom, table in protegees.items():
        ecrire_csv(table, travail / f"{nom}.csv")
    return protegees["attributions_conformite"]
