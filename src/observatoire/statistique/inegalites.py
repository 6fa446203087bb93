"""Une inégalité et son intervalle, d'après les unités de chaque classe : ce qui s'ajoute d'un lieu à l'autre."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import special

from observatoire.statistique.intervalles import CONFIANCE

TIRAGES = 200
#: Combien de nombres un lot de cellules rééchantillonnées tient au plus en mémoire.
_LOT = 2_000_000


def gini_de_classes(effectifs) -> np.ndarray:
    r"""L'indice de Gini de valeurs rangées en classes régulières à partir de zéro.

    $$ G = \frac{\sum_i \sum_j n_i\, n_j\, |x_i - x_j|}{2\, N \sum_i n_i\, x_i} $$

    ``effectifs`` : (…, classes), des comptes ; la classe de rang $k$ vaut $k$ fois un pas, qui n'y change rien. Rend un
    nombre de 0 (tous égaux, ne serait-ce qu'à zéro) à 1, de forme (…) ; il manque là où il n'y a personne.

    **Référence.** Gini C. (1912), *Variabilità e mutabilità* ; égal, pour toutes les valeurs une à une, à la moyenne
    des écarts entre deux unités, rapportée au double de leur moyenne.

    >>> from observatoire import gini_de_classes
    >>> float(gini_de_classes([0, 1, 0, 1]))  # une unité à 1, une à 3
    0.25
    """
    effectifs = np.asarray(effectifs, float)
    parts = np.cumsum(effectifs * np.arange(effectifs.shape[-1]), axis=-1)
    ensemble = np.einsum("...k,...k", effectifs, parts) + np.einsum("...k,...k", effectifs[..., 1:], parts[..., :-1])
    unites, total = effectifs.sum(axis=-1), parts[..., -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1 - ensemble / (unites * total), np.where(unites > 0, 0.0, np.nan))


def reechantillonner(effectifs, mesure: Callable, confiance: float = CONFIANCE) -> tuple[np.ndarray, np.ndarray]:
    r"""L'intervalle bootstrap d'une ``mesure`` de classes.

    ``effectifs`` : (…, classes), des comptes ; ``mesure`` : une fonction qui en rend un nombre par ligne, de forme (…).
    Rend ``(borne_basse, borne_haute)`` ; elles manquent là où il y a moins de deux unités. Chaque tirage donne à une
    classe de $c$ unités un poids de loi $\Gamma(c)$, comme si chaque unité pesait au hasard (bootstrap bayésien) ; la
    racine cubique d'un tel poids est presque normale. De l'écart des tirages à la mesure se tire son biais, de leur
    écart type l'intervalle (Student). Les tirages sont les mêmes partout : mêmes effectifs, même intervalle, où et dans
    quelque ordre que ce soit.

    **Référence.** Rubin D. B. (1981), « The Bayesian bootstrap », *Annals of Statistics*, 9 ; Wilson E. B. et Hilferty
    M. M. (1931), « The distribution of chi-square », *PNAS*, 17 ; Hesterberg T. (2015), « What teachers should know
    about the bootstrap », *The American Statistician*, 69, pour ce qu'un petit effectif y demande d'ajouter.

    >>> from observatoire import gini_de_classes, reechantillonner
    >>> effectifs = [0, 30, 50, 15, 5]
    >>> bas, haut = reechantillonner(effectifs, gini_de_classes)
    >>> bool(bas < gini_de_classes(effectifs) < haut)
    True
    """
    effectifs = np.asarray(effectifs, float)
    lignes = effectifs.reshape(-1, effectifs.shape[-1])
    parties = np.array_split(lignes, max(1, -(-lignes.size * TIRAGES // _LOT)))
    biais, ecart_type = np.concatenate([_tirer(partie, mesure) for partie in parties], axis=1)
    n = lignes.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        marge = special.stdtrit(n - 1, (1 + confiance) / 2) * ecart_type * np.sqrt(n / (n - 1))
    centre = mesure(lignes) - biais
    bornes = np.where(n > 1, [centre - marge, centre + marge], np.nan)
    bas, haut = bornes.reshape(2, *effectifs.shape[:-1])
    return bas, haut


def _tirer(effectifs: np.ndarray, mesure: Callable) -> np.ndarray:
    """Le biais et l'écart type de la mesure de chaque ligne, d'une ligne à l'autre aux mêmes tirages."""
    occupees = np.maximum(effectifs, 1)  # une classe vide le reste
    racines = _normales(effectifs.shape[-1])[:, None] * (1 / (3 * np.sqrt(occupees)))
    racines += 1 - 1 / (9 * occupees)
    np.maximum(racines, 0, out=racines)
    tires = mesure(effectifs * racines * racines * racines)
    return np.stack([tires.mean(axis=0) - mesure(effectifs), tires.std(axis=0, ddof=1)])


@cache
def _normales(classes: int) -> np.ndarray:
    """Les mêmes tirages partout : (tirage, classe)."""
    return np.random.default_rng(1981).standard_normal((TIRAGES, classes))
