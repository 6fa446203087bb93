"""Les longues décimales : une valeur brute cachée se reconnaît à ses chiffres, où qu'elle soit écrite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.audit.dossier import Dossier, dire_cle
from observatoire.audit.jetons import nombres, pas, significatifs
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.publie import CLES

_MESURES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute"]
# À partir de six chiffres, un nombre égal ; à partir de neuf, un nombre égal à son dernier chiffre près.
_EXACTS, _APPROCHES = 6, 9
_FRACTIONS = 12  # un tiers ou cinq septièmes se rencontrent partout (courbes, scripts) et ne désignent personne
_SANS_DONNEES = (".css", ".css.map")  # leurs nombres sont des mesures de mise en page
_ECHELLES = (1.0, 100.0)  # telle quelle, ou en pourcentage


@dataclass
class Decimales:
    """Aucun nombre long du site n'est une valeur brute cachée, sauf s'il est aussi un nombre publié.

    Les feuilles de style ne sont pas lues ici : leurs largeurs en pourcentage sont toutes des fractions.
    """

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Longues décimales des valeurs cachées"))
    lus: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        if self.dossier.cachees is not None and not fichier.nom.endswith(_SANS_DONNEES):
            self.resultat.constats += self._chercher(fichier)

    def conclure(self) -> Resultat:
        """Les comptes, et ce qui n'a pas pu être cherché."""
        if self.dossier.cachees is None:
            raison = "prepare n'est pas ici : les valeurs cachées sont inconnues et n'ont pas pu être cherchées."
            self.resultat.non_fait.append(raison)
        else:
            self.resultat.examine = {
                "nombres longs du site": self.lus,
                "cellules cachées": len(self.dossier.cachees),
                "valeurs cherchées": len(self._cherchees.nombres),
                "trop courtes, ou fractions simples": self._cherchees.courantes,
            }
        return self.resultat

    @cached_property
    def _cherchees(self) -> Cherchees:
        return Cherchees(self.dossier.cachees, self.dossier.indicateurs)

    def _chercher(self, fichier: Fichier) -> Iterator[Constat]:
        longs = nombres(fichier.contenu.texte, _EXACTS)
        self.lus += len(longs)
        trouves = {n: cle for n in longs if (cle := self._cherchees.trouver(n)) is not None}
        if not trouves:
            return
        restants = set(trouves)
        for lieu, texte in fichier.contenu.lieux():
            for nombre in sorted(nombres(texte, _EXACTS) & restants):
                restants.discard(nombre)
                comment = f"Ses {significatifs(nombre)} chiffres significatifs y sont écrits."
                yield Constat(fichier.nom, lieu, dire_cle(trouves[nombre]), comment)


class Cherchees:
    """Les valeurs brutes cachées, triées.

    ``nombres`` : leurs valeurs, à chaque échelle ; ``courantes`` : combien ne sont pas cherchées.
    """

    def __init__(self, cachees: pd.DataFrame, publiees: pd.DataFrame):
        brutes = np.abs(cachees[_MESURES].to_numpy(float))  # le signe s'écrit à part
        rangs = np.broadcast_to(np.arange(len(cachees))[:, None], brutes.shape)
        presentes = np.isfinite(brutes)
        dites = np.unique(_finis(publiees))
        longues = presentes & _longs(brutes) & ~np.isin(brutes, dites)
        self.courantes = int((presentes & ~longues).sum())
        nombres_, rangs = brutes[longues], rangs[longues]
        ordre = np.argsort(np.concatenate([nombres_ * e for e in _ECHELLES]))
        self.nombres = np.concatenate([nombres_ * e for e in _ECHELLES])[ordre]
        self._rangs = np.tile(rangs, len(_ECHELLES))[ordre]
        self._dites = np.sort(np.concatenate([dites * e for e in _ECHELLES]))
        self._cachees = cachees

    def trouver(self, nombre: str) -> tuple | None:
        """La clé de la valeur cachée que ``nombre`` écrit, ou ``None``."""
        valeur, chiffres = float(nombre), significatifs(nombre)
        marge = abs(valeur) * 1e-14 if chiffres < _APPROCHES else 0.5 * pas(nombre) + abs(valeur) * 1e-14
        rang = _dans(self.nombres, valeur, marge)
        if rang is None or _dans(self._dites, valeur, marge) is not None:
            return None
        return tuple(self._cachees.iloc[self._rangs[rang]][CLES])


def _dans(triees: np.ndarray, valeur: float, marge: float) -> int | None:
    rang = int(np.searchsorted(triees, valeur - marge))
    return rang if rang < len(triees) and triees[rang] <= valeur + marge else None


def _finis(publiees: pd.DataFrame) -> np.ndarray:
    dites = np.abs(publiees[_MESURES].to_numpy(float))
    return dites[np.isfinite(dites)]


def _longs(valeurs: np.ndarray) -> np.ndarray:
    """Vrai là où il faut au moins six chiffres pour écrire la valeur, et où ce n'est pas une fraction simple."""
    absolues = np.nan_to_num(valeurs)
    cran = 10.0 ** (np.floor(np.log10(np.where(absolues > 0, absolues, 1))) - (_EXACTS - 2))
    courts = np.abs(absolues / cran - np.round(absolues / cran)) < 1e-6
    simples = np.zeros(absolues.shape, bool)
    for diviseur in range(1, _FRACTIONS + 1):
        simples |= np.abs(absolues * diviseur - np.round(absolues * diviseur)) < 1e-9
    return ~courts & ~(simples & (absolues < 10))
