"""La mixité : comment les ménages se répartissent entre les quartiers, selon leurs ressources et leur composition."""

from __future__ import annotations

from observatoire.mixite.calcul import calculer, publier
from observatoire.mixite.fiches import fiches
from observatoire.mixite.plan import COLONNES, COLONNES_DU_CHANGEMENT, Plan, planifier

__all__ = ["COLONNES", "COLONNES_DU_CHANGEMENT", "Plan", "calculer", "fiches", "planifier", "publier"]
