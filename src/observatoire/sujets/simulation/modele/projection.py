r"""Un parc et ses flux : chaque année des ménages partent, autant entrent, et des logements neufs se remplissent.

Avec $p$ la part des ménages qui ont un trait, $d_1$ et $d_0$ les taux de départ de ceux qui l'ont et des autres, $e$ la
part des entrants qui l'ont, $N$ le nombre de ménages et $L$ les logements livrés :

$$ N' p' = N p (1 - d_1) + e \left( N p\, d_1 + N (1 - p)\, d_0 + L \right), \qquad N' = N + L $$

Sans livraison ni écart entre les départs ($d_1 = d_0 = d$), après $T$ ans :

$$ p_T = e + (p_0 - e)(1 - d)^T $$

Ce qui reste hors du modèle : la situation de ceux qui restent ne change pas, tout logement quitté est reloué.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ETAPES = 60  # dichotomie : au-delà, un flottant ne change plus


@dataclass(frozen=True)
class Parc:
    """L'état d'un territoire, ou de plusieurs (des tableaux de même forme) ; tout en fractions de [0, 1] par an, sauf
    les nombres.

    ``menages`` : leur nombre ; ``part`` : ceux qui ont le trait ; ``depart_trait``, ``depart_autres`` : taux de départ
    annuels ; ``livraisons`` : logements par an. ``connus`` : nombre de ménages observés derrière ``part``,
    ``depart_trait`` et ``depart_autres`` ; ``None`` si elles sont tenues pour exactes.

    Lève ``ValueError`` pour une part ou un taux hors de [0, 1], ou un nombre négatif.
    """

    menages: float
    part: float
    depart_trait: float
    depart_autres: float
    livraisons: float = 0.0
    connus: tuple[float, float, float] | None = None

    def __post_init__(self):
        for nom in ("part", "depart_trait", "depart_autres"):
            if not np.all((np.asarray(getattr(self, nom)) >= 0) & (np.asarray(getattr(self, nom)) <= 1)):
                raise ValueError(f"« {nom} » vaut {getattr(self, nom)} : une fraction de [0 ; 1] est attendue.")
        for nom in ("menages", "livraisons"):
            if not np.all(np.asarray(getattr(self, nom)) >= 0):
                raise ValueError(f"« {nom} » vaut {getattr(self, nom)} : un nombre positif ou nul est attendu.")

    @property
    def depart(self) -> float:
        """Le taux de départ de tous les ménages."""
        return self.part * self.depart_trait + (1 - self.part) * self.depart_autres

    @property
    def entrees(self) -> float:
        """Les entrées d'une année : relocations et livraisons."""
        return self.menages * self.depart + self.livraisons


def equilibrer(
    menages: float, part: float, depart: float, depart_trait: float | None = None, livraisons: float = 0.0,
    connus: tuple[float, float, float] | None = None,
) -> Parc:  # fmt: skip
    """Un parc dont on connaît le taux de départ de tous et, s'il diffère, celui des ménages qui ont le trait.

    Celui des autres s'en déduit, ramené à [0, 1] quand les deux mesures, prises sur des répondants différents, ne
    s'accordent pas.
    """
    trait = depart if depart_trait is None else depart_trait
    with np.errstate(divide="ignore", invalid="ignore"):
        autres = np.where(part == 1, depart, np.clip((depart - part * trait) / np.subtract(1.0, part), 0.0, 1.0))[()]
    return Parc(menages, part, trait, autres, livraisons, connus)


def trajectoire(parc: Parc, entrants, annees: int) -> np.ndarray:
    """La part attendue au bout de 0, 1, …, ``annees`` ans : (``annees`` + 1, *forme d'``entrants``*).

    ``entrants`` : part des entrants qui ont le trait, un nombre ou un tableau ; de plusieurs territoires, une par
    territoire.
    """
    entrants = np.asarray(entrants, dtype=float)
    effectif, avec = np.asarray(parc.menages, float), np.full(entrants.shape, parc.menages * parc.part, dtype=float)
    parts = [np.full(entrants.shape, parc.part, dtype=float)]
    for _ in range(annees):
        entrees = avec * parc.depart_trait + (effectif - avec) * parc.depart_autres + parc.livraisons
        avec = avec * (1 - parc.depart_trait) + entrants * entrees
        effectif = effectif + parc.livraisons
        parts.append(np.divide(avec, effectif, out=np.full(entrants.shape, np.nan), where=effectif > 0))
    return np.array(parts)


def projeter(parc: Parc, entrants, annees: int) -> np.ndarray:
    """La part attendue au bout de ``annees`` ans."""
    return trajectoire(parc, entrants, annees)[-1]


def atteignables(parc: Parc, annees: int) -> tuple[float, float]:
    """La plus petite et la plus grande part que ``annees`` ans permettent : aucun entrant, ou tous, ont le trait."""
    basse, haute = (projeter(parc, np.full(np.shape(parc.part), tous), annees)[()] for tous in (0.0, 1.0))
    return basse, haute


def profil_pour(parc: Parc, cible, annees: int) -> np.ndarray:
    """La part d'entrants qui mène, en espérance, à ``cible`` ; manque là où aucune ne l'atteint, ou toutes la passent.

    ``cible`` : un nombre ou un tableau. La part projetée croît avec celle des entrants : on la cherche par dichotomie.
    """
    cible = np.asarray(cible, dtype=float)
    basse, haute = atteignables(parc, annees)
    bas, haut = np.zeros(cible.shape), np.ones(cible.shape)
    for _ in range(ETAPES):
        milieu = (bas + haut) / 2
        trop = projeter(parc, milieu, annees) > cible
        bas, haut = np.where(trop, bas, milieu), np.where(trop, milieu, haut)
    return np.where((cible >= basse) & (cible <= haute), (bas + haut) / 2, np.nan)
