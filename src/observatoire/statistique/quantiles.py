"""Un quantile et son intervalle, d'après les unités de chaque classe : ce qui s'ajoute d'un lieu à l'autre."""

from __future__ import annotations

import numpy as np
from scipy import special

from observatoire.statistique.intervalles import CONFIANCE


def quantile_de_classes(effectifs, pas: float, ordre: float = 0.5, confiance: float = CONFIANCE):
    r"""Le quantile d'``ordre`` (0,5 : la médiane) de valeurs prises au ``pas`` près, et son intervalle.

    ``effectifs`` : (…, classes), des comptes ; la classe de rang $k$ vaut $k$ fois ``pas``. Rend
    ``(valeur, borne_basse, borne_haute)``, dans l'unité du ``pas``, de forme (…). Là où une unité de plus ou de moins
    ferait sauter le quantile d'une classe à l'autre, il est au milieu.

    Les bornes sont deux valeurs rangées, $x_{(l)}$ et $x_{(u)}$ : au plus $(1 - c)/2$ de chances que le vrai quantile
    soit au-delà de chacune, quelle que soit la loi. Il faut assez d'unités pour cela (six, pour une médiane à 95 %) :
    une borne manque sinon, et tout manque là où il n'y a personne.

    **Référence.** Conover W. J. (1999), *Practical Nonparametric Statistics*, 3ᵉ éd., p. 143 ; égal à
    ``scipy.stats.quantile_test(…).confidence_interval`` et, pour la valeur, à
    ``numpy.quantile(method="averaged_inverted_cdf")``.

    >>> from observatoire import quantile_de_classes
    >>> surfaces = [10, 20, 20, 20, 30, 30, 40, 40, 50, 90]
    >>> effectifs = [surfaces.count(10 * k) for k in range(10)]
    >>> [float(v) for v in quantile_de_classes(effectifs, pas=10)]
    [30.0, 20.0, 50.0]
    """
    effectifs = np.asarray(effectifs, float)
    cumuls = np.cumsum(effectifs, axis=-1)
    n = cumuls[..., -1]

    def rang(ranges: np.ndarray) -> np.ndarray:
        """La valeur de l'unité de ce rang, à partir de 1 ; manque s'il n'existe pas."""
        valeurs = pas * (cumuls < ranges[..., None]).sum(axis=-1)
        return np.where((ranges >= 1) & (ranges <= n), valeurs, np.nan)

    place = ordre * n
    entier = np.isclose(place, np.rint(place)) & (place > 0)
    premier = np.where(entier, np.rint(place), np.ceil(place))
    valeur = (rang(premier) + rang(np.where(entier, np.minimum(premier + 1, n), premier))) / 2
    risque = (1 - confiance) / 2
    return valeur, rang(_quantile_binomial(risque, n, ordre)), rang(_quantile_binomial(1 - risque, n, ordre) + 1)


def _quantile_binomial(part: float, n: np.ndarray, p: float) -> np.ndarray:
    """Le plus petit $k$ dont la loi binomiale ne laisse pas plus que ``1 - part`` au-dessus."""
    with np.errstate(invalid="ignore"):
        k = np.ceil(special.bdtrik(part, n, p))
        moins = np.maximum(k - 1, 0)
        return np.where(special.bdtr(moins, n.astype(int), p) >= part, moins, k)
