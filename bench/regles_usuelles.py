"""Les règles usuelles, à côté desquelles les alertes sont mesurées : (territoire, indicateur) -> signalé ou non."""

from __future__ import annotations

import numpy as np
from scipy import stats

from observatoire.statistique import intervalles

FAUX_PARMI_LES_ALERTES = 0.05


def signaler(x: np.ndarray, n: np.ndarray, taux: np.ndarray) -> dict[str, np.ndarray]:
    """Ce que signale chaque règle ; ``taux`` : vrai pour un indicateur qui est un taux (événements par unité)."""
    part, ville = x / n, x.sum(axis=0) / n.sum(axis=0)
    basse = {c: np.where(taux, intervalles.byar(x, n, c)[0], intervalles.wilson(x, n, c)[0]) for c in (0.95, 0.998)}
    return {
        "> 1,25 × la ville": part > 1.25 * ville,
        "dernier décile": part >= np.quantile(part, 0.9, axis=0),
        "Wilson 95 %": basse[0.95] > ville,
        "Wilson 99,8 %": basse[0.998] > ville,
        "Benjamini-Hochberg 5 %": _benjamini_hochberg(x, n, ville, taux),
        "entonnoir surdispersé 99,8 %": _entonnoir(x, n, ville, taux),
    }


def _benjamini_hochberg(x, n, ville, taux) -> np.ndarray:
    """Test exact unilatéral (binomial, ou de Poisson) contre la ville ; Benjamini et Hochberg (1995)."""
    # Un taux peut compter plus d'événements que d'unités : la loi binomiale n'y sert pas.
    p = np.where(taux, stats.poisson.sf(x - 1, n * ville), stats.binom.sf(np.minimum(x, n) - 1, n, ville))
    nombre = len(p)
    ordre = np.argsort(p, axis=0, kind="stable")
    tries = np.take_along_axis(p, ordre, axis=0)
    sous = tries <= FAUX_PARMI_LES_ALERTES * np.arange(1, nombre + 1)[:, None] / nombre
    retenus = np.where(sous.any(axis=0), nombre - np.argmax(sous[::-1], axis=0), 0)
    signales = np.zeros_like(sous)
    np.put_along_axis(signales, ordre, np.arange(nombre)[:, None] < retenus, axis=0)
    return signales


def _entonnoir(x, n, ville, taux) -> np.ndarray:
    """Entonnoir élargi par une variance entre territoires, valeurs extrêmes ramenées ; Spiegelhalter (2005)."""
    variance = np.where(taux, ville, ville * (1 - ville)) / n
    z = (x / n - ville) / np.sqrt(variance)
    ramenes = np.clip(z, *np.quantile(z, [0.1, 0.9], axis=0))
    phi = (ramenes**2).mean(axis=0)
    poids = 1 / variance
    nombre = len(x)
    entre = (nombre * phi - (nombre - 1)) / (poids.sum(axis=0) - (poids**2).sum(axis=0) / poids.sum(axis=0))
    return (x / n - ville) / np.sqrt(variance + np.maximum(entre, 0)) > stats.norm.ppf(0.999)
