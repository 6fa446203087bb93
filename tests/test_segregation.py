"""La dissimilarité sans le hasard : biais et couverture simulés, à côté de la correction qu'elle remplace."""

from __future__ import annotations

import numpy as np
import pytest

from observatoire.statistique.hasard import dissimilarite_attendue
from observatoire.statistique.indices import dissimilarite, dissimilarite_corrigee
from observatoire.statistique.segregation import tirer_les_dissimilarites

PART, FOIS = 0.2, 250


def _vraie(parts, tailles) -> float:
    dedans, dehors = parts * tailles, (1 - parts) * tailles
    return float(np.abs(dedans / dedans.sum() - dehors / dehors.sum()).sum() / 2)


def _simuler(hasard, unites, menages, dispersion, bruit=0.0):
    """Des erreurs (estimateur, Winship), et si l'intervalle couvre, d'autant de villes tirées au hasard."""
    erreurs, winship, couvre = [], [], []
    force = (1 - dispersion**2) / dispersion**2
    for _ in range(FOIS):
        tailles = np.maximum(hasard.poisson(hasard.gamma(2, menages / 2, unites)), 12)
        parts = hasard.beta(PART * force, (1 - PART) * force, unites)
        groupe = hasard.binomial(tailles, parts)
        exacts = np.stack([groupe, tailles - groupe], axis=1)
        comptes = np.maximum(np.rint(exacts + hasard.normal(0, bruit**0.5, exacts.shape)), 0).astype(int)
        vraie, attendue = _vraie(parts, tailles), dissimilarite_attendue(comptes)
        observee = float(dissimilarite(comptes))
        erreurs.append(dissimilarite_corrigee(observee, attendue) - vraie)
        winship.append((observee - attendue) / (1 - attendue) - vraie)
        bas, haut = np.quantile(tirer_les_dissimilarites(comptes, hasard, bruit), [0.025, 0.975])
        couvre.append(bas <= vraie <= haut)
    return np.mean(erreurs), np.mean(winship), np.mean(couvre)


@pytest.mark.parametrize(("unites", "menages", "dispersion"), [(48, 250, 0.12), (13, 900, 0.12), (48, 250, 0.06)])
def test_l_estimateur_n_a_presque_pas_de_biais_et_l_intervalle_couvre(unites, menages, dispersion):
    biais, winship, couverture = _simuler(np.random.default_rng(2007), unites, menages, dispersion)
    assert abs(biais) < 0.003
    assert winship < -0.015
    assert 0.91 <= couverture <= 0.985


def test_des_comptes_bruites_couvrent_encore():
    biais, _, couverture = _simuler(np.random.default_rng(2008), 48, 100, 0.12, bruit=2.0)
    assert abs(biais) < 0.012
    assert couverture >= 0.9


def test_sans_segregation_l_estimateur_est_presque_nul():
    hasard = np.random.default_rng(2009)
    tailles = np.full(48, 250)
    comptes = [np.stack([x, tailles - x], axis=1) for x in hasard.binomial(tailles, PART, (200, 48))]
    observees = np.array([float(dissimilarite(c)) for c in comptes])
    corrigees = dissimilarite_corrigee(observees, [dissimilarite_attendue(c) for c in comptes])
    assert np.mean(observees) > 0.06
    assert np.mean(corrigees) < 0.015
    assert (corrigees == 0).mean() > 0.4


def test_une_unite_vide_ne_compte_pas():
    comptes = np.array([[30, 70], [60, 140], [0, 0]])
    tirees = [tirer_les_dissimilarites(c, np.random.default_rng(1)) for c in (comptes, comptes[:2])]
    np.testing.assert_array_equal(*tirees)
