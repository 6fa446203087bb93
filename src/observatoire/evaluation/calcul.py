"""Calculer ce que la revue tire des lignes : ``prepare/revue_flux.parquet``."""

from __future__ import annotations

from dataclasses import dataclass

from observatoire.configuration import Configuration
from observatoire.droits import reserver
from observatoire.evaluation.parcours import FICHIER, compter_les_flux
from observatoire.fichiers import ecrire_parquet


@dataclass(frozen=True)
class Bilan:
    """``parts`` : celles dont on a compté les flux."""

    parts: int

    def __str__(self) -> str:
        return f"flux de {self.parts} parts"


def ecrire_flux(config: Configuration) -> Bilan:
    """Écrire ``revue_flux`` : qui est entré, sorti, resté, d'une année à l'autre."""
    flux = compter_les_flux(config)
    with reserver(config.acces):
        ecrire_parquet(flux, config.chemin("prepare") / f"{FICHIER}.parquet")
    return Bilan(flux["indicateur"].nunique())
