"""Ce qui n'est pas un rapport de sommes, et se tire de la distribution des unités : un quantile, un indice.

Ni l'un ni l'autre ne s'additionne ; les unités de chaque classe, si. Les valeurs y sont prises au ``pas`` près (dans
l'unité de ce que l'on mesure), de zéro à ``plafond`` : ce qui le passe est dans la dernière classe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from observatoire.statistique.inegalites import reechantillonner
from observatoire.statistique.quantiles import quantile_de_classes
from observatoire.vocabulaire import INDICE, QUANTILE


@dataclass(frozen=True, kw_only=True)
class Distribution(ABC):
    """Des classes, et ce que l'on en tire."""

    nature: ClassVar[str]
    pas: float
    plafond: float

    @property
    def classes(self) -> int:
        """Leur nombre."""
        return round(self.plafond / self.pas) + 1

    @property
    @abstractmethod
    def precision(self) -> float:
        """En deçà, deux valeurs ne se distinguent pas : le moins que vaille son erreur type."""

    @abstractmethod
    def mesurer(self, effectifs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(valeur, borne_basse, borne_haute) de chaque ligne d'``effectifs`` : (ligne, classe)."""


@dataclass(frozen=True, kw_only=True)
class Quantile(Distribution):
    """Le quantile d'``ordre`` (0,5 : la médiane), et son intervalle exact."""

    nature: ClassVar[str] = QUANTILE
    ordre: float

    @property
    def precision(self) -> float:
        return self.pas / 2

    def mesurer(self, effectifs):
        return quantile_de_classes(effectifs, self.pas, self.ordre)


@dataclass(frozen=True, kw_only=True)
class Indice(Distribution):
    """Une ``formule`` des effectifs des classes, de zéro à un (``gini_de_classes``), et son intervalle bootstrap."""

    nature: ClassVar[str] = INDICE
    formule: Callable
    precision: float = 0.01

    def mesurer(self, effectifs):
        bas, haut = reechantillonner(effectifs, self.formule)
        return self.formule(effectifs), np.clip(bas, 0, 1), np.clip(haut, 0, 1)
