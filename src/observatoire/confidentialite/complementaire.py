"""Suppression complémentaire : ce qu'il faut cacher de plus pour que nul ne retrouve ce qui l'est déjà.

La méthode est celle de Statistique Canada (G-Confid) : pour chaque exigence, le programme linéaire qui la satisfait en
déplaçant le moins de valeurs publiées, au coût de ce que l'on perdrait à les cacher. Ce qu'il déplace est caché, et ne
coûte plus rien aux suivantes. Ce complément est ensuite repris, lot par lot : republié, puis caché de nouveau là
seulement où, tout le reste étant caché, une exigence en a encore besoin.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from observatoire.confidentialite.attaque import AU_DELA, FOIS, Bloc, Faille, attaquer, decouper
from observatoire.confidentialite.etat import Etat
from observatoire.confidentialite.primaire import Exigences
from observatoire.confidentialite.solveur import PRECISION, Programme

#: Au premier essai, ce que plus de parutions donnent ne se cache pas : un dénominateur les emporterait toutes.
PARUTIONS_AU_PLUS = 2
#: Valeurs que l'on accepte de reprendre en tout : peu nombreuses, une à une ; nombreuses, toutes ensemble.
REPRISES = 300


def completer(
    etat: Etat, cachees: np.ndarray, exigences: Exigences, figees: np.ndarray, preferees: np.ndarray
) -> tuple[np.ndarray, list[Faille]]:
    """Les parutions à cacher pour que toute exigence soit tenue, et les failles que rien ne ferme.

    ``cachees`` : celles qui le sont d'abord. ``figees`` : déjà parues dans une édition précédente, il ne sert à rien de
    les cacher. ``preferees`` : cachées l'an dernier, elles coûtent moitié moins.
    """
    debut = etat.completer(cachees)
    cachees, tenues = debut, np.zeros(len(etat.systeme.valeurs), dtype=bool)
    etages = etat.systeme.etages()
    rangs = range(1, len(etages) + 1)
    for jusque, plafond in (*((rang, PARUTIONS_AU_PLUS) for rang in rangs), (len(etages), np.inf)):
        cachees = _tenir(etat, cachees, exigences, figees, preferees, tenues, etages[:jusque], plafond)
    failles = attaquer(etat.systeme, etat.connues(cachees), exigences, tenues)
    return (cachees if failles else _reprendre(etat, debut, cachees, exigences, figees, preferees)), failles


def _tenir(etat, cachees, exigences, figees, preferees, tenues, etages, plafond=np.inf) -> np.ndarray:
    """Cacher de plus tant qu'une exigence ne se montre pas tenue et que cela y fait quelque chose."""
    while failles := attaquer(etat.systeme, etat.connues(cachees), exigences, tenues, vite=True, etages=etages):
        ajout = _fermer(etat, cachees, failles, exigences, ~etages[-1], figees, preferees, plafond)
        if not (ajout & ~cachees).any():
            break
        cachees = etat.completer(cachees | ajout)
    return cachees


def _reprendre(etat: Etat, debut, cachees, exigences, figees, preferees) -> np.ndarray:
    """Un motif qui tient les mêmes exigences et ne cache rien d'autre : ce qui est caché depuis ``debut`` reparaît, les
    valeurs les plus lourdes d'abord, sauf ce dont on ne peut se passer."""
    systeme, etages = etat.systeme, etat.systeme.etages()
    acquises = np.zeros(len(systeme.valeurs), dtype=bool)
    attaquer(systeme, etat.connues(debut), exigences, acquises, vite=True, etages=etages[-1:])
    moitie = len(cachees) // 2
    complement = np.flatnonzero((cachees & ~debut & etat.admises)[:moitie])
    complement = complement[np.argsort(-etat.poids[complement], kind="stable")]
    for lot in np.array_split(complement, max(1, min(REPRISES // max(1, len(complement)), len(complement)))):
        essai, tenues = cachees.copy(), acquises.copy()
        reprises = np.concatenate([lot, lot + moitie])
        essai[reprises] = debut[reprises]
        essai = etat.completer(essai)
        for jusque in range(1, len(etages) + 1):
            essai = _tenir(etat, essai, exigences, figees | ~cachees, preferees, tenues, etages[:jusque])
        moindre = etat.poids @ (cachees & ~essai & etat.admises) > 0
        if moindre and not attaquer(systeme, etat.connues(essai), exigences, tenues):
            cachees = essai
    return cachees


def _fermer(etat, cachees, failles, exigences, immobiles, figees, preferees, plafond) -> np.ndarray:
    """Les parutions qu'il faut cacher de plus pour fermer ces failles sans toucher aux variables ``immobiles``, bloc
    par bloc."""
    systeme = etat.systeme
    visibles = etat.admises & ~cachees
    couts = np.where(preferees, 0.5, 1.0) * etat.poids * visibles
    par_variable = etat.imprime.T @ couts
    nombre = etat.imprime.T @ visibles.astype(float)
    interdites = etat.imprime.T @ (visibles & figees).astype(float) > 0
    a_fermer = np.array([f.variable for f in failles])
    fixes = etat.sues | interdites | (nombre > plafond)
    fixes[a_fermer] &= etat.sues[a_fermer] | interdites[a_fermer]
    fixes |= immobiles
    largeur, plancher = (np.zeros(len(systeme.valeurs)) for _ in range(2))
    largeur[exigences.variables], plancher[exigences.variables] = exigences.largeur, exigences.plancher
    deplacees = np.zeros(len(systeme.valeurs), dtype=bool)
    faibles = np.zeros(len(systeme.valeurs), dtype=bool)
    faibles[a_fermer] = True
    for bloc in decouper(systeme, ~fixes):
        visees = np.flatnonzero(faibles[bloc.variables])
        if len(visees):
            besoin = np.maximum(largeur, plancher - systeme.valeurs)[bloc.variables]
            mouvement = Deplacement(systeme.valeurs[bloc.variables], bloc, par_variable[bloc.variables])
            deplacees[bloc.variables] |= mouvement.satisfaire(visees, besoin)
    return etat.imprime @ deplacees.astype(float) * visibles > 0


class Deplacement:
    """Le programme d'un bloc : des hausses et des baisses qui respectent toutes les relations, au moindre coût."""

    def __init__(self, vraies: np.ndarray, bloc: Bloc, couts: np.ndarray):
        self.taille = len(vraies)
        self.vraies = vraies
        self.bornes = FOIS * vraies + AU_DELA - vraies
        matrice = sparse.hstack([bloc.matrice, -bloc.matrice], format="csc")
        self.programme = Programme(matrice, np.zeros(2 * self.taille), np.concatenate([self.bornes, vraies]))
        # À coût égal, la plus petite : cacher un grand compte en dit plus à ceux qui l'attendaient.
        self._couter(np.arange(self.taille), couts * (1 + 0.05 * np.log1p(vraies)))

    def satisfaire(self, visees: np.ndarray, besoin: np.ndarray) -> np.ndarray:
        """Vrai pour les inconnues qui bougent. Une exigence qu'un mouvement déjà trouvé satisfait n'est pas reprise."""
        bougees = np.zeros(self.taille, dtype=bool)
        portee = np.zeros(self.taille)
        reste = np.array(sorted(visees, key=lambda i: (-besoin[i], i)))
        while len(reste):
            mouvement = self._deplacer(reste[0], besoin[reste[0]])
            reste = reste[1:]
            if mouvement is not None:
                portee = np.maximum(portee, mouvement)
                reste = reste[portee[reste] + PRECISION < besoin[reste]]
                nouvelles = np.flatnonzero((np.abs(mouvement) > PRECISION) & ~bougees)
                bougees[nouvelles] = True
                self._couter(nouvelles, np.zeros(len(nouvelles)))
        return bougees

    def _couter(self, inconnues: np.ndarray, couts: np.ndarray) -> None:
        self.programme.couter(np.concatenate([inconnues, inconnues + self.taille]), np.tile(couts, 2))

    def _deplacer(self, inconnue: int, besoin: float) -> np.ndarray | None:
        """Le mouvement le moins coûteux qui hausse cette inconnue de son besoin, à défaut qui la baisse."""
        hausse, baisse = inconnue, inconnue + self.taille
        for force, nul, limite in (
            (hausse, baisse, self.bornes[inconnue]),
            (baisse, hausse, self.vraies[inconnue]),
        ):
            if limite < besoin:
                continue
            self.programme.borner(force, besoin, limite)
            self.programme.borner(nul, 0, 0)
            etat = self.programme.resoudre()
            self.programme.borner(hausse, 0, self.bornes[inconnue])
            self.programme.borner(baisse, 0, self.vraies[inconnue])
            if etat is not None:
                return etat[: self.taille] - etat[self.taille :]
        return None
