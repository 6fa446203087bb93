r"""L'attendu : ce que compterait un territoire si ses logements étaient occupés comme ceux du reste de la ville.

Standardisation indirecte sur la taille du logement et son financement. Le « reste de la ville » est la ville sans le
quartier du territoire : l'attendu d'un quartier est la somme de ceux de ses immeubles, et un grand quartier ne se
compare pas à lui-même.

$$ E_i = \sum_s n_{is}\,\frac{O_s - O_{qs}}{N_s - N_{qs}} $$

**Référence.** Breslow N. E. et Day N. E. (1987), *Statistical Methods in Cancer Research* II, p. 65-69 ; même calcul
que ``PHStatsMethods.calculate_ISRate``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: L'attendu s'écrit au dixième de ménage : ce qui est imprimé s'ajoute au dernier chiffre près.
DECIMALES = 1


@dataclass(frozen=True)
class Comptes:
    """Des territoires d'un niveau : (territoire, indicateur).

    ``x`` : observés ; ``n`` : répondants ou logements ; ``attendus`` ; ``concernes`` : qui devait répondre.
    """

    x: np.ndarray
    n: np.ndarray
    attendus: np.ndarray
    concernes: np.ndarray

    def reunir(self, rangs: np.ndarray, nombre: int) -> Comptes:
        """Les comptes des ``nombre`` territoires qui contiennent ceux-ci ; ``rangs`` : le sien, pour chacun."""
        return Comptes(*(reunir(t, rangs, nombre) for t in (self.x, self.n, self.attendus, self.concernes)))

    def moins(self, autre: Comptes) -> Comptes:
        """La différence, terme à terme."""
        return Comptes(
            self.x - autre.x, self.n - autre.n, self.attendus - autre.attendus, self.concernes - autre.concernes
        )

    def prendre(self, rangs: np.ndarray) -> Comptes:
        """Les lignes demandées."""
        return Comptes(self.x[rangs], self.n[rangs], self.attendus[rangs], self.concernes[rangs])

    def arrondir(self) -> np.ndarray:
        """Les attendus tels qu'ils s'écrivent."""
        return np.round(self.attendus, DECIMALES)


def reunir(valeurs: np.ndarray, rangs: np.ndarray, nombre: int) -> np.ndarray:
    """Sommer les lignes qui ont le même rang : (``nombre``, indicateur)."""
    ordre = np.argsort(rangs, kind="stable")
    tries = rangs[ordre]
    sommes = np.zeros((nombre, valeurs.shape[1]))
    if len(tries):
        debuts = np.flatnonzero(np.diff(tries, prepend=-1))
        sommes[tries[debuts]] = np.add.reduceat(valeurs[ordre], debuts, axis=0)
    return sommes


def attendre(x: np.ndarray, n: np.ndarray, strates: np.ndarray, groupes: np.ndarray, minimum: int) -> np.ndarray:
    """L'attendu de chaque ligne (immeuble, strate) : (ligne, indicateur).

    ``strates``, ``groupes`` : rangs de la strate et du quartier de chaque ligne. Une strate qui a moins de ``minimum``
    unités dans le reste de la ville prend le taux de tout ce reste. Manque là où la ville n'a pas de reste.
    """
    nombre_strates, nombre_groupes = int(strates.max(initial=-1)) + 1, int(groupes.max(initial=-1)) + 1
    du_groupe, croises = pd.factorize(groupes * nombre_strates + strates)
    restes = []
    for valeurs in (x, n):
        par_strate = reunir(valeurs, strates, nombre_strates)
        par_groupe = reunir(valeurs, groupes, nombre_groupes)
        dans_le_groupe = reunir(valeurs, du_groupe, len(croises))
        restes.append(
            (
                par_strate[croises % nombre_strates] - dans_le_groupe,
                (par_strate.sum(axis=0) - par_groupe)[croises // nombre_strates],
            )
        )
    (x_strate, x_tout), (n_strate, n_tout) = restes
    with np.errstate(divide="ignore", invalid="ignore"):
        taux = np.where(n_strate >= minimum, x_strate / n_strate, x_tout / n_tout)
    return n * taux[du_groupe]
