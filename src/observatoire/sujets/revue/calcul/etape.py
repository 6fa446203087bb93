"""Calculer ce que la revue tire des lignes : ``prepare/revue_flux.parquet``."""

from __future__ import annotations

from dataclasses import dataclass

from observatoire.configuration import Configuration
from observatoire.droits import reserver
from observatoire.rangement import ecrire_preparee
from observatoire.sujets.revue.calcul.parcours import compter_les_flux
from observatoire.sujets.revue.tables import FLUX
from observatoire.tables import Travail
from observatoire.typographie import compter


@dataclass(frozen=True)
class Bilan:
    """``parts`` : celles dont on a compté les flux."""

    parts: int

    def __str__(self) -> str:
        return f"flux de {compter(self.parts, 'part')}" if self.parts else "aucun flux"


def ecrire_flux(config: Configuration) -> Bilan:
    """Écrire ``revue_flux`` : qui est entré, sorti, resté, d'une année à l'autre."""
    flux = compter_les_flux(config)
    with reserver(config.acces):
        ecrire_preparee(FLUX, flux, config.chemin("prepare"))
    return Bilan(flux["indicateur"].nunique())


def faire(travail: Travail) -> str:
    """L'étape, telle que la chaîne l'appelle."""
    return str(ecrire_flux(travail.config))
