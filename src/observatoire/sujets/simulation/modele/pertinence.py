"""La pertinence d'un objectif : est-il à portée, à cette rotation et dans le temps qui reste ?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from observatoire.sujets.simulation.modele.projection import Parc, atteignables, profil_pour, projeter
from observatoire.sujets.simulation.modele.tirages import Tirage, atteint, probabilites, profil_probable
from observatoire.vocabulaire import A_PORTEE, DEJA_ACQUIS, HORS_D_ATTEINTE


@dataclass(frozen=True)
class Pertinence:
    """``prevue`` : la part au terme si rien ne change ; ``plancher`` et ``plafond`` : ce que le temps permet ;
    ``profil`` : les entrants qui y mènent en espérance, manquants si aucun n'y mène (``hors_d_atteinte``) ou si tous
    font mieux ; ``profil_sur`` : le profil le moins exigeant qui y mène avec la probabilité demandée, manquant si
    aucun ; ``probabilite`` : celle que le profil actuel y mène ; ``verdict`` : une des
    :data:`~observatoire.vocabulaire.PERTINENCES`, ``deja_acquis`` si le profil actuel y mène en espérance.
    """

    prevue: float
    plancher: float
    plafond: float
    profil: float
    profil_sur: float
    probabilite: float
    verdict: str


def juger_la_pertinence(
    parc: Parc, entrants: float, cible: float, sens: str, annees: int, *, probabilite: float = 0.8,
    tirage: Tirage | None = None,
) -> Pertinence:  # fmt: skip
    """Juger l'objectif « ``cible`` dans ``annees`` ans » d'un parc dont les entrants ont aujourd'hui ce profil.

    ``sens`` : ``baisse`` (la cible est un plafond) ou ``hausse`` (un plancher).
    """
    prevue = float(projeter(parc, entrants, annees))
    plancher, plafond = atteignables(parc, annees)
    extreme = plancher if sens == "baisse" else plafond
    if not atteint(np.array(extreme), cible, sens):
        verdict = HORS_D_ATTEINTE
    else:
        verdict = DEJA_ACQUIS if atteint(np.array(prevue), cible, sens) else A_PORTEE
    return Pertinence(
        prevue,
        plancher,
        plafond,
        float(profil_pour(parc, cible, annees)),
        profil_probable(parc, cible, sens, annees, probabilite, tirage),
        float(probabilites(parc, entrants, cible, sens, annees, tirage)[0]),
        verdict,
    )
