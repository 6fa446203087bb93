"""À combien près une dissimilarité corrigée du hasard est connue.

L'intervalle vient d'un modèle à deux étages : la part du groupe dans chaque unité suit une loi bêta de moyenne celle de
la ville et de dispersion inconnue ; les comptes, une loi binomiale. La dispersion et les parts se tirent de ce que les
comptes en disent ; l'intervalle est celui des dissimilarités tirées.

**Référence.** Gelman A. (2006), *Bayesian Analysis* 1, 515-534 (loi a priori de la dispersion).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

#: Les dispersions essayées (écart type entre unités, rapporté à son maximum), plus serrées là où elles sont probables.
_DISPERSIONS = np.concatenate([np.linspace(0.002, 0.3, 80), np.linspace(0.31, 0.95, 30)])
_TIRAGES = 999


def tirer_les_dissimilarites(
    comptes: np.ndarray, generateur: np.random.Generator, bruit: float = 0.0, tirages: int = _TIRAGES
) -> np.ndarray:
    """Des dissimilarités (``tirages``) telles que les comptes (unités, 2) les laissent croire.

    ``bruit`` : variance du bruit de chaque compte ; une unité en sait d'autant moins, et compte comme si elle avait
    moins de ménages.
    """
    groupe, taille = comptes[:, 0].astype(float), comptes.sum(axis=1).astype(float)
    vues = taille > 0
    groupe, taille = groupe[vues], taille[vues]
    part = groupe.sum() / taille.sum()
    sue = taille * part * (1 - part)
    vus = taille * sue / (sue + bruit * (1 - 2 * part * (1 - part)))
    positifs = groupe / taille * vus
    force = (1 - _DISPERSIONS**2) / _DISPERSIONS**2
    vraisemblance = (
        betaln(positifs[:, None] + part * force, (vus - positifs)[:, None] + (1 - part) * force)
        - betaln(part * force, (1 - part) * force)
    ).sum(axis=0)
    chances = np.exp(vraisemblance - vraisemblance.max()) * np.gradient(_DISPERSIONS)
    forces = generateur.choice(force, tirages, p=chances / chances.sum())[:, None]
    parts = generateur.beta(positifs + part * forces, vus - positifs + (1 - part) * forces)
    dedans, dehors = parts * taille, (1 - parts) * taille
    ecarts = dedans / dedans.sum(axis=1, keepdims=True) - dehors / dehors.sum(axis=1, keepdims=True)
    return np.abs(ecarts).sum(axis=1) / 2
