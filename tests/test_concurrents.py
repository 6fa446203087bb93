"""Ce que deviennent les demandes : bibliothèque de référence, cas fait à la main, couverture simulée."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from observatoire.statistique.concurrents import suivre


@pytest.fixture
def hasard():
    return np.random.default_rng(2007)


def _tirer(hasard, n):
    """Des âges de satisfaction, de retrait et de censure ; rend l'âge observé et la cause."""
    satisfaite, retiree = hasard.geometric(0.03, n), hasard.geometric(0.02, n)
    fin = hasard.integers(5, 60, n)
    sortie = np.minimum(np.minimum(satisfaite, retiree), fin)
    cause = np.where(satisfaite <= np.minimum(retiree, fin), 0, np.where(retiree <= fin, 1, -1))
    return sortie, cause


def test_sans_entree_tardive_comme_statsmodels(hasard):
    sortie, cause = _tirer(hasard, 800)
    devenirs = suivre(np.full(800, -1), sortie, cause, 2)
    reference = CumIncidenceRight(sortie, cause + 1)
    for rang in (0, 1):
        a_ces_ages = np.searchsorted(reference.times, devenirs.temps)
        np.testing.assert_allclose(devenirs.sorties[rang].part, reference.cinc[rang][a_ces_ages], atol=1e-12)
    survie = SurvfuncRight(sortie, cause >= 0)
    np.testing.assert_allclose(devenirs.attend.part, survie.surv_prob, atol=1e-12)


def test_une_cause_seule_et_des_entrees_tardives_comme_statsmodels(hasard):
    sortie, cause = _tirer(hasard, 800)
    entree = np.minimum(hasard.integers(-1, 12, 800), sortie - 1)
    devenirs = suivre(entree, sortie, np.where(cause == 0, 0, -1), 1)
    # statsmodels compte à risque dès l'âge de son entrée ; ici, au mois qui suit.
    reference = SurvfuncRight(sortie, cause == 0, entry=entree)
    np.testing.assert_allclose(devenirs.attend.part, reference.surv_prob, atol=1e-12)
    np.testing.assert_allclose(devenirs.sorties[0].part, 1 - reference.surv_prob, atol=1e-12)


def test_ce_qui_attend_et_ce_qui_est_sorti_font_le_tout(hasard):
    sortie, cause = _tirer(hasard, 500)
    devenirs = suivre(np.full(500, -1), sortie, cause, 2)
    somme = devenirs.attend.part + sum(s.part for s in devenirs.sorties)
    np.testing.assert_allclose(somme, 1)


def test_a_la_main():
    """Dix demandes : à 2 mois une satisfaite et une retirée, à 5 mois deux satisfaites des six encore vues."""
    sortie = [2, 2, 3, 3, 5, 5, 9, 9, 9, 9]
    cause = [0, 1, -1, -1, 0, 0, -1, -1, -1, -1]
    devenirs = suivre([-1] * 10, sortie, cause, 2)
    assert devenirs.temps.tolist() == [2, 5]
    assert devenirs.risque.tolist() == [10, 6]
    np.testing.assert_allclose(devenirs.attend.part, [0.8, 0.8 * 4 / 6])
    np.testing.assert_allclose(devenirs.sorties[0].part, [0.1, 0.1 + 0.8 * 2 / 6])
    np.testing.assert_allclose(devenirs.sorties[1].part, [0.1, 0.1])
    assert devenirs.age(devenirs.sorties[0], 0.3)[0] == 5
    assert np.isnan(devenirs.age(devenirs.sorties[1], 0.5)[0])
    assert devenirs.a(devenirs.attend, 1) == (1.0, 1.0, 1.0, 10.0)


def test_une_retiree_n_est_pas_une_satisfaite_a_venir(hasard):
    """Traiter les retraits comme des attentes ferait dire que plus attendent, et que plus seront servies."""
    sortie, cause = _tirer(hasard, 5000)
    ensemble = suivre(np.full(5000, -1), sortie, cause, 2)
    a_tort = suivre(np.full(5000, -1), sortie, np.where(cause == 1, -1, cause), 1)
    assert a_tort.a(a_tort.attend, 24)[0] > ensemble.a(ensemble.attend, 24)[0] + 0.1
    assert a_tort.a(a_tort.sorties[0], 24)[0] > ensemble.a(ensemble.sorties[0], 24)[0] + 0.05


def test_les_poids_valent_des_demandes_repetees(hasard):
    sortie, cause = _tirer(hasard, 60)
    fois = hasard.integers(1, 4, 60)
    pesees = suivre(np.full(60, -1), sortie, cause, 2, fois)
    repetees = suivre(np.full(fois.sum(), -1), np.repeat(sortie, fois), np.repeat(cause, fois), 2)
    for a, b in zip([pesees.attend, *pesees.sorties], [repetees.attend, *repetees.sorties], strict=True):
        np.testing.assert_allclose([a.part, a.basse, a.haute], [b.part, b.basse, b.haute])


def test_les_intervalles_couvrent_avec_des_entrees_tardives(hasard):
    """Vérité : celle de la loi ; 400 demandes dont la moitié n'est vue qu'à partir d'un âge au hasard."""
    h0, h1 = 0.03, 0.02
    sans = (1 - h0) * (1 - h1)
    vrai = h0 * (1 - sans**24) / (1 - sans)
    vus = {"sortie": 0, "attend": 0}
    fois = 600
    for _ in range(fois):
        satisfaite, retiree = hasard.geometric(h0, 800), hasard.geometric(h1, 800)
        entree = np.where(hasard.random(800) < 0.5, -1, hasard.integers(0, 20, 800))
        fin = entree + hasard.integers(12, 40, 800)
        sortie = np.minimum(np.minimum(satisfaite, retiree), fin)
        cause = np.where(satisfaite <= np.minimum(retiree, fin), 0, np.where(retiree <= fin, 1, -1))
        vues = sortie > entree
        devenirs = suivre(entree[vues], sortie[vues], cause[vues], 2)
        _, bas, haut, _ = devenirs.a(devenirs.sorties[0], 24)
        vus["sortie"] += bas <= vrai <= haut
        _, bas, haut, _ = devenirs.a(devenirs.attend, 24)
        vus["attend"] += bas <= sans**24 <= haut
    assert vus["sortie"] / fois == pytest.approx(0.95, abs=0.025)
    assert vus["attend"] / fois == pytest.approx(0.95, abs=0.025)
