r"""Les scores de chaque lieu, tirés de ce que l'on sait de ses taux.

Un taux est rétréci vers celui de son quartier, lui-même mis à part et rétréci vers la ville : d'un lieu où presque
personne n'a répondu, on ne sait que ce que son quartier laisse attendre, avec toute l'incertitude que cela laisse. Le
score d'un axe est

$$ S = \sum_k w_k\, s_k\, \frac{p_k - P_k}{e_k} \Big/ \sum_k w_k $$

où $p_k$ est le taux du lieu, $P_k$ celui de la ville, $e_k$ l'écart qui vaut un point, $w_k$ le poids et $s_k = \pm 1$
le sens. Les taux d'un lieu s'écartent ensemble (:mod:`~observatoire.statistique.classement`). Le bruit des comptes
publiés s'ajoute au hasard (:func:`~observatoire.statistique.lois.peser`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.statistique.classement import TIRAGES, ajuster_la_dispersion, correler, tirer_les_ecarts
from observatoire.statistique.lois import LOIS, peser
from observatoire.statistique.melange import DISPERSIONS
from observatoire.sujets.orientations.calcul.regles import Regles
from observatoire.vocabulaire import PROPORTION

_LUS = ("numerateur", "denominateur", "reponse", "variance")


@dataclass(frozen=True)
class Comptes:
    """Les comptes publiés d'un niveau, (lieu, indicateur). ``connus`` : où ils disent quelque chose. ``concernes`` :
    ceux dont la réponse était attendue."""

    codes: np.ndarray
    x: np.ndarray
    n: np.ndarray
    bruit: np.ndarray
    connus: np.ndarray
    concernes: np.ndarray

    def sans(self, dedans: Comptes, parents: np.ndarray) -> Comptes:
        """Ce qui entoure chaque lieu de ``dedans`` : son parent (le rang que donne ``parents``), lui mis à part."""
        siens = ((self.x, dedans.x), (self.n, dedans.n))
        x, n = (np.maximum(tout[parents] - np.where(dedans.connus, sien, 0), 0) for tout, sien in siens)
        bruit = self.bruit[parents] + dedans.bruit
        return Comptes(dedans.codes, np.minimum(x, n), n, bruit, self.connus[parents] & (n > 0), n)

    def choisir(self, ou: np.ndarray) -> Comptes:
        """Les seuls lieux où ``ou`` est vrai."""
        return Comptes(*(getattr(self, f.name)[ou] for f in fields(Comptes)))

    def et(self, autre: Comptes) -> Comptes:
        """Les lieux des deux, l'un après l'autre."""
        return Comptes(*(np.concatenate([getattr(c, f.name) for c in (self, autre)]) for f in fields(Comptes)))


def lire_les_comptes(publiees: pd.DataFrame, niveau: str, codes: list[str], regles: Regles) -> Comptes:
    """Ceux de chaque lieu d'un niveau pour ces indicateurs (``codes``), tous bailleurs réunis, dans l'ordre des lieux.

    ``publiees`` : les indicateurs d'une année publiés aux partenaires, tous bailleurs réunis, et la ``variance`` de
    leur bruit.
    """
    siennes = publiees[publiees["niveau"].eq(niveau).to_numpy()]
    lignes, lieux = pd.factorize(siennes["territoire"].to_numpy(object), sort=True)
    colonnes = pd.Index(codes).get_indexer(siennes["indicateur"])
    ou = colonnes >= 0
    croisees = np.full((len(_LUS), len(lieux), len(codes)), np.nan)
    croisees[:, lignes[ou], colonnes[ou]] = siennes.loc[ou, list(_LUS)].to_numpy(float).T
    x, n, reponse, variance = croisees
    connus = (n >= regles.repondants) & ~(reponse < regles.reponse)
    concernes = np.where(reponse > 0, n / np.where(reponse > 0, reponse, 1), n)
    return Comptes(lieux, *np.nan_to_num([x, n, variance]), connus, np.nan_to_num(concernes))


def references(ville: Comptes) -> np.ndarray:
    """Le taux de la ville, indicateur par indicateur ; manquant s'il n'est pas connu."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ville.connus, ville.x / ville.n, np.nan)[0]


class Taux:
    """La loi a posteriori de chaque taux d'un niveau (lieu, indicateur), rétrécie vers une ``moyenne`` attendue.

    ``dispersion`` : celle de chaque indicateur, estimée sur ces lieux si elle n'est pas donnée.
    """

    def __init__(self, comptes: Comptes, moyenne: np.ndarray, codes: list[str], dispersion: np.ndarray | None = None):
        self._forme, self.dispersion, self._lois = comptes.x.shape, np.empty(len(codes)), []
        natures = np.array([catalogue()[code].nature for code in codes])
        for nature, loi in LOIS.items():
            ou = np.flatnonzero(natures == nature)
            attendue = loi.borner(np.broadcast_to(moyenne, comptes.x.shape)[:, ou])
            siens = (comptes.x[:, ou], comptes.n[:, ou])
            x, n = peser(loi, siens, attendue, comptes.bruit[:, ou], comptes.connus[:, ou])
            grille = DISPERSIONS[nature]
            sienne = ajuster_la_dispersion(loi, grille, x, n, attendue) if dispersion is None else dispersion[ou]
            self.dispersion[ou] = sienne
            self._lois.append((loi, ou, (x, n, attendue, sienne)))

    @cached_property
    def lisses(self) -> np.ndarray:
        """La moyenne a posteriori de chacun."""
        lisses = np.empty(self._forme)
        for loi, ou, siens in self._lois:
            lisses[:, ou] = loi.esperance(*siens)
        return lisses

    @cached_property
    def ecarts(self) -> Ecarts:
        """Les mêmes comptes, en écarts à la moyenne attendue."""
        moyenne, type_, observes, precisions = (np.zeros(self._forme) for _ in range(4))
        for loi, ou, (x, n, attendue, dispersion) in self._lois:
            variance = loi.variance_a_priori(attendue, dispersion)
            moyenne[:, ou], type_[:, ou] = attendue, np.sqrt(variance)
            effectif = np.where(n > 0, n, 1.0)
            observes[:, ou] = np.where(n > 0, x / effectif - attendue, 0.0) / type_[:, ou]
            # La part de chacun varie autour de la sienne : ce que le hasard y ajoute, en moyenne.
            du_hasard = loi.variance(attendue, effectif) - variance / effectif * (loi is LOIS[PROPORTION])
            precisions[:, ou] = np.where(n > 0, variance / du_hasard, 0.0)
        return Ecarts(moyenne, type_, observes, precisions)


@dataclass(frozen=True)
class Ecarts:
    """Ce qu'un niveau observe (lieu, indicateur) : l'écart à la ``moyenne`` attendue, en écarts types (``type_``) d'un
    lieu à l'autre, et la ``precision`` de chacun."""

    moyenne: np.ndarray
    type_: np.ndarray
    observes: np.ndarray
    precisions: np.ndarray

    def correler(self) -> np.ndarray:
        """Les corrélations entre les vrais écarts de deux indicateurs."""
        return correler(self.observes, self.precisions / (1 + self.precisions))

    def tirer(self, alea: np.random.Generator, correlations: np.ndarray, lieux: np.ndarray) -> np.ndarray:
        """Des tirages des taux de ces seuls ``lieux`` : (tirage, lieu, indicateur)."""
        tires = tirer_les_ecarts(alea, self.observes[lieux], self.precisions[lieux], correlations)
        return self.moyenne[lieux] + self.type_[lieux] * tires


def tirer_la_ville(alea: np.random.Generator, ville: Comptes, codes: list[str]) -> np.ndarray:
    """Des tirages des taux de la ville (tirage, 1, indicateur) : eux non plus ne sont pas connus sans hasard."""
    natures = np.array([catalogue()[code].nature for code in codes])
    taux, variances = references(ville), np.empty(len(codes))
    for nature, loi in LOIS.items():
        ou = natures == nature
        variances[ou] = loi.variance(taux[ou], ville.n[0, ou])
    return taux + np.sqrt(variances) * alea.standard_normal((TIRAGES, 1, len(codes)))


def compter_en_points(tirages: np.ndarray, ville: np.ndarray, regles: Regles) -> np.ndarray:
    """Les écarts à la ville, en points (indicateur, tirage, lieu) ; nul pour ce que la ville ne connaît pas."""
    return np.nan_to_num(np.ascontiguousarray(np.moveaxis((tirages - ville) * regles.points, -1, 0)))


def ponderer(points: np.ndarray, poids: np.ndarray) -> np.ndarray:
    """Les scores : (axe, tirage, lieu). ``poids`` : (indicateur, axe)."""
    parts = (poids / poids.sum(axis=0)).T
    return np.stack([sum(part * points[k] for k, part in enumerate(siennes) if part) for siennes in parts])


def probabilites_des_classes(scores: np.ndarray, regles: Regles) -> np.ndarray:
    """La part des tirages où chaque lieu est dans chaque classe, (lieu, classe) : fragile, à surveiller, équilibrée, en
    capacité."""
    (fragilite, capacite), s = scores, regles.seuils
    accueille = (fragilite <= s.peu_fragile) & (capacite >= s.capacite)
    parts = [
        np.count_nonzero(ou, axis=0) / len(ou)
        for ou in (fragilite >= s.fragile, fragilite >= s.a_surveiller, accueille)
    ]
    fragile, au_moins_a_surveiller, en_capacite = parts
    reste = 1 - au_moins_a_surveiller - en_capacite
    return np.stack([fragile, au_moins_a_surveiller - fragile, reste, en_capacite], axis=1)
