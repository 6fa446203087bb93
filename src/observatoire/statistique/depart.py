r"""Le taux de passage attendu selon la part de départ : là où un trait est fréquent, plus de réponses le font gagner.

**Références.** Morris C. N. (1983), *JASA* 78, 47-55 (rétrécissement empirique) ; Carroll R. J. et al. (2006),
*Measurement Error in Nonlinear Models*, chap. 4 (une variable mal connue, remplacée par son espérance, garde la pente).
"""

from __future__ import annotations

import numpy as np


def retrecir(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """La part de chaque territoire (lignes), rétrécie vers celle de tous, indicateur par indicateur (colonnes).

    Le poids est celui de la variance entre territoires, estimée par moments ; celle de tous où ``n`` est nul, zéro si
    personne n'est compté. ``x``, ``n`` : (territoires, indicateurs), des comptes ; rend des fractions, même forme.

    >>> from observatoire import retrecir
    >>> import numpy as np
    >>> x, n = np.array([[1.0], [30.0], [90.0]]), np.array([[5.0], [200.0], [300.0]])
    >>> (x / n).round(3).ravel().tolist(), retrecir(x, n).round(3).ravel().tolist()
    ([0.2, 0.15, 0.3], [0.231, 0.158, 0.296])
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    total = n.sum(axis=0)
    part = x.sum(axis=0) / np.maximum(total, 1)
    hasard, compte = part * (1 - part), np.maximum((n > 0).sum(axis=0) - 1, 0)
    carres = (n * (np.divide(x, n, out=np.broadcast_to(part, x.shape).copy(), where=n > 0) - part) ** 2).sum(axis=0)
    taille = np.maximum(total - (n**2).sum(axis=0) / np.maximum(total, 1), 1e-9)
    entre = np.maximum(carres - compte * hasard, 0) / taille
    ecart = x - n * part
    return part + entre * ecart / np.maximum(n * entre + hasard, 1e-9)


def pente_ponderee(x: np.ndarray, n: np.ndarray, depart: np.ndarray) -> np.ndarray:
    """La pente du taux ``x / n`` en fonction de ``depart``, par colonne, chaque ligne pesant ``n`` ; rétrécie vers zéro
    de ce que vaut son erreur (James et Stein), nulle si ``depart`` ne varie pas."""
    x, n = np.asarray(x, float), np.asarray(n, float)
    total = np.maximum(n.sum(axis=0), 1e-9)
    taux = x.sum(axis=0) / total
    ecart = depart - (n * depart).sum(axis=0) / total
    variation = np.maximum((n * ecart**2).sum(axis=0), 1e-12)
    pente = np.where(variation > 1e-9 * total, (ecart * x).sum(axis=0) / variation, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pente != 0, pente * np.maximum(1 - taux * (1 - taux) / variation / pente**2, 0), 0.0)
