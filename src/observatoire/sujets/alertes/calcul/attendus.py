r"""L'attendu : ce que compterait un territoire si ses logements étaient occupés comme ceux du reste de la ville.

Standardisation indirecte sur la taille du logement et son financement. Le « reste de la ville » est la ville sans le
quartier du territoire : l'attendu d'un quartier est la somme de ceux de ses immeubles, et un grand quartier ne se
compare pas à lui-même.

$$ E_i = \sum_s n_{is}\,\frac{O_s - O_{qs}}{N_s - N_{qs}} $$

**Référence.** Breslow N. E. et Day N. E. (1987), *Statistical Methods in Cancer Research* II, p. 65-69 ; même calcul
que ``PHStatsMethods.calculate_ISRate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.cles import MODULE

#: L'attendu s'écrit au dixième de ménage : ce qui est imprimé s'ajoute au dernier chiffre près.
DECIMALES = 1


@dataclass(frozen=True)
class Comptes:
    """Des territoires d'un niveau : (territoire, indicateur).

    ``x`` : observés ; ``n`` : répondants ou logements ; ``attendus`` ; ``concernes`` : qui devait répondre ;
    ``bruit`` : la variance de celui que ``x`` et ``n`` portent chacun ; ``zero`` : la borne d'un zéro qui le porte. Un
    compte qui ne paraît pas manque.
    """

    x: np.ndarray
    n: np.ndarray
    attendus: np.ndarray
    concernes: np.ndarray
    bruit: np.ndarray | float = 0.0
    zero: np.ndarray | float = 0.0

    def reunir(self, rangs: np.ndarray, nombre: int) -> Comptes:
        """Les comptes des ``nombre`` territoires qui contiennent ceux-ci ; ``rangs`` : le sien, pour chacun."""
        return Comptes(*(reunir(t, rangs, nombre) for t in (self.x, self.n, self.attendus, self.concernes)))

    def moins(self, autre: Comptes) -> Comptes:
        """La différence, terme à terme."""
        return Comptes(
            self.x - autre.x, self.n - autre.n, self.attendus - autre.attendus, self.concernes - autre.concernes,
            self.bruit + autre.bruit,
        )  # fmt: skip

    def prendre(self, rangs: np.ndarray) -> Comptes:
        """Les lignes demandées."""
        return Comptes(self.x[rangs], self.n[rangs], self.attendus[rangs], self.concernes[rangs], self.bruit)

    def completer(self, ou: np.ndarray, autre: Comptes) -> Comptes:
        """Les mêmes, sauf les lignes ``ou``, prises dans ``autre``."""
        noms = ("x", "n", "attendus", "concernes")
        return Comptes(
            *(np.where(ou[:, None], getattr(autre, n), getattr(self, n)) for n in noms), self.bruit, self.zero
        )

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


@dataclass(frozen=True)
class Releves:
    """Ce que compte chaque ligne (immeuble, strate), (ligne, indicateur) : ``x`` et ``n`` comme dans :class:`Comptes`.

    ``cles_x``, ``cles_n`` : les clés de leurs unités (:mod:`observatoire.cles`), pour bruiter ce que l'on en tire.
    """

    x: np.ndarray
    n: np.ndarray
    cles_x: np.ndarray | None = None
    cles_n: np.ndarray | None = None

    def du_reste(self, strates: np.ndarray, groupes: np.ndarray) -> tuple[np.ndarray, Releves, Releves]:
        """Le groupe et la strate de chaque ligne, d'un seul rang ; ce que la ville compte hors du groupe, dans la
        strate puis en tout, à ces rangs."""
        nombre_strates, nombre_groupes = int(strates.max(initial=-1)) + 1, int(groupes.max(initial=-1)) + 1
        rangs, croises = pd.factorize(groupes * nombre_strates + strates)

        def reste(valeurs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            par_strate = reunir(valeurs, strates, nombre_strates)
            du_groupe = reunir(valeurs, groupes, nombre_groupes)
            dedans = reunir(valeurs, rangs, len(croises))
            dehors = (par_strate.sum(axis=0) - du_groupe)[croises // nombre_strates]
            return par_strate[croises % nombre_strates] - dedans, dehors

        restes = [reste(v) for v in (self.x, self.n, self.cles_x, self.cles_n) if v is not None]
        return rangs, *(Releves(*parts) for parts in zip(*restes, strict=True))

    def bruiter(self, bruits: Sequence) -> Releves:
        """Les mêmes comptes, chaque indicateur avec son bruit (:class:`observatoire.secret.Bruit`)."""
        x, n = (
            np.column_stack([bruit.bruiter(v[:, i], cles[:, i] % MODULE) for i, bruit in enumerate(bruits)])
            for v, cles in ((self.x, self.cles_x), (self.n, self.cles_n))
        )
        return Releves(x, n)


def attendre(
    releves: Releves, strates: np.ndarray, groupes: np.ndarray, minimum: int, bruits: Sequence = ()
) -> np.ndarray:
    """L'attendu de chaque ligne (immeuble, strate) : (ligne, indicateur).

    ``strates``, ``groupes`` : rangs de la strate et du quartier de chaque ligne. Une strate qui a moins de ``minimum``
    unités dans le reste de la ville prend le taux de tout ce reste. Manque là où la ville n'a pas de reste.
    ``bruits`` : ceux que portent les comptes du reste de la ville, s'ils se publient.
    """
    rangs, strate, tout = releves.du_reste(strates, groupes)
    if bruits:
        strate, tout = strate.bruiter(bruits), tout.bruiter(bruits)
    with np.errstate(divide="ignore", invalid="ignore"):
        taux = np.where(strate.n >= minimum, strate.x / strate.n, tout.x / tout.n)
    return releves.n * taux[rangs]
