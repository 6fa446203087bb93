"""L'attaque : ce qu'on apprend de ce qui est publié quand on sait tout, sauf la clé.

On connaît la méthode, la loi du bruit, les définitions, le barème ; au besoin, ses propres ménages (un bailleur), et ce
qu'une autre édition disait. ``temoins`` et ``definitions`` trouvent les sommes qui tiennent par définition ; ``releve``
et ``reseau`` les posent sur ce qui est publié ; ``propagation`` et ``bornes`` en tirent ce qui se sait des comptes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from observatoire.secret.attaque.definitions import definir
from observatoire.secret.attaque.propagation import borner, croire, resserrer
from observatoire.secret.attaque.releve import CUMUL, SANS_BORNE, allotir, nommer_constant
from observatoire.secret.attaque.reseau import PAS, PUBLIE, Reseau, assembler
from observatoire.secret.attaque.temoins import temoigner

__all__ = ["CUMUL", "Prises", "allotir", "assembler", "attaquer", "definir", "nommer_constant", "temoigner"]

#: Les petits comptes, que l'attaque vise.
PETITS = (1, 10)
#: Comptes les plus probables dont les bornes entières sont cherchées, sauf à les vouloir tous.
_BORNES = 60
_PRESQUE = 0.95


@dataclass(frozen=True)
class Prises:
    """Ce que l'attaque a pris.

    ``vises`` : comptes qui peuvent être petits et ne sont pas publics. ``ouverts`` : petits comptes établis que chacun
    peut compter ailleurs, et dont rien n'est donc promis. ``etablis`` : les noms de ceux, de 1 à 10, dont
    une seule valeur est possible. ``reponses`` : une ligne par compte visé : ``genre``, ``probabilite`` de la meilleure
    réponse, ``petite`` (de 1 à 10), et si la vérité est connue ``petit`` (elle l'est) et ``juste``.
    """

    vises: int
    ouverts: int
    etablis: list[str]
    reponses: pd.DataFrame

    @property
    def justes(self) -> float:
        """Part des petits comptes dont la meilleure réponse est la bonne."""
        return float(self.reponses.loc[self.reponses["petit"], "juste"].mean())

    @property
    def presque(self) -> int:
        """Petits comptes dits avec une probabilité d'au moins 95 %."""
        return int((self.reponses["petite"] & self.reponses["probabilite"].ge(_PRESQUE)).sum())


def attaquer(reseau: Reseau, tout: bool = False) -> Prises:
    """Attaquer un réseau. ``tout`` : chercher les bornes entières de chaque compte, et non des plus probables."""
    sur = _sans_ce_qui_ne_tient_pas(reseau)
    publics = _publics(reseau) | _publics(sur)
    resserrer(reseau)
    resserrer(sur)
    ouvertes = np.isin(reseau.colonne, list(reseau.definitions.ouvertes))
    secretes = ~publics & (reseau.genres != PAS) & ~ouvertes
    visees = secretes & (reseau.bas <= PETITS[1])
    suivies, croyances = croire(reseau, visees)
    reponse = reseau.bas[suivies] + croyances.argmax(axis=1)
    vrai = reseau.vrai[suivies]
    reponses = pd.DataFrame(
        {
            "variable": suivies, "genre": reseau.genres[suivies], "probabilite": croyances.max(axis=1),
            "petite": _petit(reponse), "petit": _petit(vrai), "juste": reponse == vrai,
        }
    )[visees[suivies]]  # fmt: skip
    etablis = [v for v in _candidats(sur, reponses, secretes, tout) if _etabli(sur, v)]
    ouverts = ~publics & ouvertes & (sur.bas == sur.haut) & _petit(sur.bas) & (sur.genres != PAS)
    return Prises(int(visees.sum()), int(ouverts.sum()), [reseau.nommer(v) for v in etablis], reponses)


def _sans_ce_qui_ne_tient_pas(reseau: Reseau) -> Reseau:
    """Le réseau et les seules sommes que la vérité, là où elle est connue, ne dément pas.

    Deux dépôts ne s'accordent pas toujours : ce qui se déduit d'une somme fausse n'est pas établi, fût-ce juste.
    """
    tiennent = ~(np.abs(reseau.sommes @ reseau.vrai) > 0)  # inconnu : la somme reste
    return replace(reseau, bas=reseau.bas.copy(), haut=reseau.haut.copy(), sommes=reseau.sommes[tiennent])


def _petit(comptes: np.ndarray) -> np.ndarray:
    return (comptes >= PETITS[0]) & (comptes <= PETITS[1])


def _publics(reseau: Reseau) -> np.ndarray:
    """Vrai pour chaque compte que donne ce qui est public : les comptes exacts, les sommes, et rien d'autre."""
    secrets = reseau.genres != PUBLIE
    secrets[reseau.bruitees] = True
    moins = np.where(reseau.genres == PAS, -SANS_BORNE, 0)
    sans = replace(reseau, bas=np.where(secrets, moins, reseau.bas), haut=np.where(secrets, SANS_BORNE, reseau.haut))
    resserrer(sans)
    return sans.bas == sans.haut


def _candidats(reseau: Reseau, reponses: pd.DataFrame, secretes: np.ndarray, tout: bool) -> list[int]:
    """Les comptes déjà fixés, et parmi les autres ceux dont la meilleure réponse est la plus probable."""
    fixes = np.flatnonzero(secretes & (reseau.bas == reseau.haut) & _petit(reseau.bas))
    autres = reponses[reponses["petite"] & ~reponses["variable"].isin(fixes)]
    autres = autres.sort_values("probabilite", ascending=False, kind="stable")["variable"]
    return [*fixes.tolist(), *(autres if tout else autres.head(_BORNES)).tolist()]


def _etabli(reseau: Reseau, variable: int) -> bool:
    """Une seule valeur, petite, est possible ; la vraie si on la connaît (une somme peut ne pas tenir ici)."""
    bas, haut = reseau.bas[variable], reseau.haut[variable]
    if bas != haut:
        bas, haut = borner(reseau, variable)
    return bas == haut and bool(_petit(bas)) and not (np.isfinite(v := reseau.vrai[variable]) and v != bas)
