r"""L'effet minimal détectable : ce qu'une comparaison a les moyens de voir, imprimé à côté de ce qu'elle voit.

Pour deux proportions sur $n_0$ et $n_1$ ménages, c'est l'écart $\delta$, depuis $p_0$, tel que

$$ \delta = z_{1-\alpha/2}\sqrt{\bar p(1-\bar p)\left(\tfrac1{n_0}+\tfrac1{n_1}\right)}
   + z_{1-\beta}\sqrt{\tfrac{p_0(1-p_0)}{n_0} + \tfrac{p_1(1-p_1)}{n_1}}, \qquad p_1 = p_0 \pm \delta, $$

où $\bar p$ est la part des deux réunies. Pour deux taux, $p(1-p)$ devient le taux (loi de Poisson).

Les dépôts sont presque un recensement : l'écart observé entre deux parcs est ce qu'il est. L'intervalle et l'effet
minimal se lisent comme si les ménages de chaque année étaient tirés d'une population plus large, celle qui aurait pu
habiter là ; ils disent ce que le seul hasard de qui loge où aurait pu donner. Ils tiennent les deux années pour
indépendantes ; or les mêmes ménages y restent, et l'écart vrai est mieux connu qu'il n'est dit.

**Référence.** Fleiss J. L., Levin B. et Paik M. C. (2003), *Statistical Methods for Rates and Proportions*, 3ᵉ éd.,
chap. 4 (sans correction de continuité) ; Bloom H. S. (1995), *Evaluation Review* 19, 547-556, pour un écart type connu.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

RISQUE = 0.05
PUISSANCE = 0.80
_ETAPES = 60


def effet_minimal(p0, n0, n1, risque: float = RISQUE, puissance: float = PUISSANCE) -> np.ndarray:
    """L'effet minimal d'une comparaison de deux proportions, le plus grand des deux sens ; manque si aucun ne suffit.

    ``p0`` : la part de départ ; ``n0``, ``n1`` : ménages. Même formule que
    ``statsmodels.stats.proportion.power_proportions_2indep``.
    """
    return _effet(p0, n0, n1, lambda p: p * (1 - p), 1.0, risque=risque, puissance=puissance)


def effet_minimal_d_un_taux(r0, n0, n1, risque: float = RISQUE, puissance: float = PUISSANCE) -> np.ndarray:
    """Le même pour deux taux ``r = x / n`` dont ``x`` suit une loi de Poisson."""
    return _effet(r0, n0, n1, lambda r: r, np.inf, risque=risque, puissance=puissance)


def effet_minimal_connu(erreur_type, risque: float = RISQUE, puissance: float = PUISSANCE) -> np.ndarray:
    """L'effet minimal d'une différence dont on connaît l'erreur type (2,80 fois celle-ci)."""
    return _quantiles(risque, puissance).sum() * np.asarray(erreur_type, float)


def _quantiles(risque: float, puissance: float) -> np.ndarray:
    return special.ndtri(np.array([1 - risque / 2, puissance]))


def _effet(p0, n0, n1, variance: Callable, plafond: float, *, risque: float, puissance: float) -> np.ndarray:
    p0, n0, n1 = np.broadcast_arrays(*(np.asarray(v, float) for v in (p0, n0, n1)))
    connus = (p0 >= 0) & (p0 <= plafond) & np.isfinite(p0) & (n0 > 0) & (n1 > 0)
    p0, n0, n1 = (np.where(connus, v, d) for v, d in ((p0, 0.5), (n0, 1.0), (n1, 1.0)))
    alpha, beta = _quantiles(risque, puissance)

    def manque(ecart: np.ndarray, signe: int) -> np.ndarray:
        p1 = np.clip(p0 + signe * ecart, 0, plafond)
        reunie = (n0 * p0 + n1 * p1) / (n0 + n1)
        nul = np.sqrt(variance(reunie) * (1 / n0 + 1 / n1))
        return alpha * nul + beta * np.sqrt(variance(p0) / n0 + variance(p1) / n1) - ecart

    # La hausse d'un taux est sans plafond : à cette hauteur, l'effet se voit toujours.
    pire = (alpha + beta) * np.sqrt(2 / np.minimum(n0, n1))
    haut = plafond - p0 if np.isfinite(plafond) else pire**2 + pire * np.sqrt(p0)
    effets = [_dichotomie(manque, signe, borne) for signe, borne in ((1, haut), (-1, p0))]
    trouve = np.fmax(*effets)
    return np.where(connus, trouve, np.nan)


def _dichotomie(manque: Callable, signe: int, borne: np.ndarray) -> np.ndarray:
    """Le plus petit écart suffisant, jusqu'à ``borne`` ; manque si la borne ne suffit pas."""
    bas, haut = np.zeros_like(borne), borne.copy()
    for _ in range(_ETAPES):
        milieu = (bas + haut) / 2
        trop_peu = manque(milieu, signe) > 0
        bas, haut = np.where(trop_peu, milieu, bas), np.where(trop_peu, haut, milieu)
    return np.where((manque(borne, signe) <= 0) & (borne > 0), haut, np.nan)
