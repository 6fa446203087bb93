r"""Standardiser indirectement : ce que compterait un territoire s'il avait, strate par strate, la part d'une référence.

$$ E_i = \sum_s n_{is} \frac{X_s}{N_s}, \qquad R_i = \frac{O_i}{E_i} $$
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from observatoire.statistique.intervalles import CONFIANCE, byar


@dataclass(frozen=True)
class Standardise:
    """Par territoire, des tableaux de même forme : ``observe`` et ``attendu`` (des comptes), leur ``rapport`` (sans
    unité, 1 : comme la référence), et ses bornes ``bas`` et ``haut``."""

    observe: np.ndarray
    attendu: np.ndarray
    rapport: np.ndarray
    bas: np.ndarray
    haut: np.ndarray


def standardiser(observe, n, x_reference, n_reference, confiance: float = CONFIANCE) -> Standardise:
    """Le rapport de ce qui est observé à ce qui est attendu, à composition égale.

    ``observe`` : un compte par territoire ; ``n`` : (territoires, strates) ; ``x_reference``, ``n_reference`` : ceux de
    la référence, par strate. Une strate que la référence n'a pas n'attend rien. Le rapport manque où rien n'est
    attendu. Lève ``ValueError`` si les formes ne vont pas ensemble.

    **Référence.** Breslow N. E. et Day N. E. (1987), *Statistical Methods in Cancer Research* II, chap. 2 ; bornes de
    :func:`~.intervalles.byar`, l'attendu étant tenu pour connu. Égal à ``PHStatsMethods.ph_ISRatio``.

    Un quartier de petits logements, où l'on part plus souvent partout, n'a rien de particulier :

    >>> from observatoire import standardiser
    >>> s = standardiser([30, 30], [[100, 50], [50, 100]], x_reference=[200, 100], n_reference=[1000, 1000])
    >>> s.attendu.tolist(), s.rapport.round(2).tolist()
    ([25.0, 20.0], [1.2, 1.5])
    >>> (s.bas < 1).tolist()
    [True, False]
    """
    observe, n, x, total = (np.asarray(v, float) for v in (observe, n, x_reference, n_reference))
    if n.ndim != 2 or observe.shape != n.shape[:1] or x.shape != n.shape[1:] or total.shape != x.shape:
        raise ValueError(f"formes : observe {observe.shape}, n {n.shape}, référence {x.shape} et {total.shape}.")
    attendu = n @ np.divide(x, total, out=np.zeros_like(x), where=total > 0)
    bas, haut = byar(observe, attendu, confiance)
    rapport = np.divide(observe, attendu, out=np.full_like(attendu, np.nan), where=attendu > 0)
    return Standardise(observe, attendu, rapport, bas, haut)
