"""Le même modèle, tiré au sort : avec quelle probabilité un profil d'entrants atteint l'objectif.

Chaque année, les départs et les entrants sont des tirages binomiaux. Un taux de départ vaut pour les années à venir :
il est tiré selon la loi bêta de Jeffreys, d'après les ménages suivis. Le parc, lui, est fini : des ménages observés on
sait s'ils ont le trait, et seul ce que sont les autres se tire (loi bêta-binomiale). La graine est donnée : les mêmes
arguments rendent les mêmes nombres.

**Référence.** Gelman A. et coll. (2013), *Bayesian Data Analysis*, 3ᵉ éd., § 8.3 (population finie).

Deux approximations sur le taux de départ des autres. Ses ménages observés sont tous ceux qu'on a suivis, moins ceux
qui ont le trait : les ménages dont on ignore le trait y restent. Et il se déduit par différence, mais se tire comme
s'il était indépendant de la part et du taux de ceux qui ont le trait.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from observatoire.sujets.simulation.modele.projection import Parc
from observatoire.vocabulaire import BAISSE, HAUSSE

PAS = 100  # un profil se cherche au centième


@dataclass(frozen=True)
class Tirage:
    """Combien de tirages, et leur graine."""

    nombre: int = 2000
    graine: int = 2007


def simuler(parc: Parc, entrants, annees: int, tirage: Tirage | None = None) -> np.ndarray:
    """La part au bout de ``annees`` ans : (profil, tirage). ``entrants`` : un profil, ou plusieurs."""
    tirage = tirage or Tirage()
    alea = np.random.default_rng(tirage.graine)
    profils = np.atleast_1d(np.asarray(entrants, dtype=float))[:, None]
    forme = (len(profils), tirage.nombre)
    effectif = round(parc.menages)
    avec, depart_trait, depart_autres = _parametres(parc, effectif, tirage.nombre, alea)
    avec = np.broadcast_to(avec, forme)
    neufs = np.rint(np.arange(annees + 1) * parc.livraisons).astype(np.int64)
    for rang in range(annees):
        partis = alea.binomial(avec, depart_trait), alea.binomial(effectif - avec, depart_autres)
        livres = int(neufs[rang + 1] - neufs[rang])
        avec = avec - partis[0] + alea.binomial(partis[0] + partis[1] + livres, profils)
        effectif += livres
    return avec / effectif if effectif else np.full(forme, np.nan)


def _parametres(parc: Parc, effectif: int, nombre: int, alea: np.random.Generator) -> list[np.ndarray]:
    """De chaque tirage : les ménages qui ont le trait, et les deux taux de départ."""
    valeurs = (parc.part, parc.depart_trait, parc.depart_autres)
    if parc.connus is None:
        avec = np.full(nombre, round(effectif * parc.part))
        return [avec, *(np.full(nombre, v) for v in valeurs[1:])]
    part, *departs = (
        alea.beta(v * n + 0.5, (1 - v) * n + 0.5, nombre) for v, n in zip(valeurs, parc.connus, strict=True)
    )
    vus = min(round(parc.connus[0]), effectif)
    return [round(vus * parc.part) + alea.binomial(effectif - vus, part), *departs]


def atteint(parts: np.ndarray, cible: float, sens: str) -> np.ndarray:
    """Vrai là où l'objectif l'est : ``baisse``, la cible est un plafond ; ``hausse``, un plancher."""
    if sens not in (BAISSE, HAUSSE):
        raise ValueError(f"sens « {sens} » inconnu. Valeurs admises : {BAISSE}, {HAUSSE}.")
    return parts <= cible if sens == "baisse" else parts >= cible


def probabilites(
    parc: Parc, entrants, cible: float, sens: str, annees: int, tirage: Tirage | None = None
) -> np.ndarray:
    """La probabilité que chaque profil atteigne l'objectif."""
    return atteint(simuler(parc, entrants, annees, tirage), cible, sens).mean(axis=1)


def profil_probable(
    parc: Parc, cible: float, sens: str, annees: int, probabilite: float = 0.8, tirage: Tirage | None = None
) -> float:
    """Le profil le moins exigeant qui atteint l'objectif avec cette probabilité, au centième ; manque sinon.

    Pour une baisse, le plus grand ; pour une hausse, le plus petit.
    """
    profils = np.arange(PAS + 1) / PAS
    chances = probabilites(parc, profils, cible, sens, annees, tirage)
    if sens == "hausse":
        profils, chances = profils[::-1], chances[::-1]
    # La probabilité varie dans un seul sens avec le profil ; ses tirages, à peu près.
    tenus = np.minimum.accumulate(chances) >= probabilite
    return float(profils[tenus][-1]) if tenus.any() else float("nan")
