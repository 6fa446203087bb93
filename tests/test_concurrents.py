"""Ce que deviennent les demandes : bibliothèque de référence, cas fait à la main, couverture simulée."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from observatoire.statistique.concurrents import estimer_les_incidences


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
    incidences = estimer_les_incidences(np.full(800, -1), sortie, cause, 2)
    reference = CumIncidenceRight(sortie, cause + 1)
    for rang in (0, 1):
        a_ces_ages = np.searchsorted(reference.times, incidences.temps)
        np.testing.assert_allclose(incidences.sorties[rang].part, reference.cinc[rang][a_ces_ages], atol=1e-12)
    survie = SurvfuncRight(sortie, cause >= 0)
    np.testing.assert_allclose(incidences.attend.part, survie.surv_prob, atol=1e-12)


def test_une_cause_seule_et_des_entrees_tardives_comme_statsmodels(hasard):
    sortie, cause = _tirer(hasard, 800)
    entree = np.minimum(hasard.integers(-1, 12, 800), sortie - 1)
    incidences = estimer_les_incidences(entree, sortie, np.where(cause == 0, 0, -1), 1)
    # statsmodels compte à risque dès l'âge de son entrée ; ici, au mois qui suit.
    reference = SurvfuncRight(sortie, cause == 0, entry=entree)
    np.testing.assert_allclose(incidences.attend.part, reference.surv_prob, atol=1e-12)
    np.testing.assert_allclose(incidences.sorties[0].part, 1 - reference.surv_prob, atol=1e-12)


def test_ce_qui_attend_et_ce_qui_est_sorti_font_le_tout(hasard):
    sortie, cause = _tirer(hasard, 500)
    incidences = estimer_les_incidences(np.full(500, -1), sortie, cause, 2)
    somme = incidences.attend.part + sum(s.part for s in incidences.sorties)
    np.testing.assert_allclose(somme, 1)


def test_a_la_main():
    """Dix demandes : à 2 mois une satisfaite et une retirée, à 5 mois deux satisfaites des six encore vues."""
    sortie = [2, 2, 3, 3, 5, 5, 9, 9, 9, 9]
    cause = [0, 1, -1, -1, 0, 0, -1, -1, -1, -1]
    incidences = estimer_les_incidences([-1] * 10, sortie, cause, 2)
    assert incidences.temps.tolist() == [2, 5]
    assert incidences.risque.tolist() == [10, 6]
    np.testing.assert_allclose(incidences.attend.part, [0.8, 0.8 * 4 / 6])
    np.testing.assert_allclose(incidences.sorties[0].part, [0.1, 0.1 + 0.8 * 2 / 6])
    np.testing.assert_allclose(incidences.sorties[1].part, [0.1, 0.1])
    assert incidences.age(incidences.sorties[0], 0.3)[0] == 5
    assert np.isnan(incidences.age(incidences.sorties[1], 0.5)[0])
    assert incidences.a(incidences.attend, 1) == (1.0, 1.0, 1.0, 10.0)


def test_une_retiree_n_est_pas_une_satisfaite_a_venir(hasard):
    """Traiter les retraits comme des attentes ferait dire que plus attendent, et que plus seront servies."""
    sortie, cause = _tirer(hasard, 5000)
    ensemble = estimer_les_incidences(np.full(5000, -1), sortie, cause, 2)
    a_tort = estimer_les_incidences(np.full(5000, -1), sortie, np.where(cause == 1, -1, cause), 1)
    assert a_tort.a(a_tort.attend, 24)[0] > ensemble.a(ensemble.attend, 24)[0] + 0.1
    assert a_tort.a(a_tort.sorties[0], 24)[0] > ensemble.a(ensemble.sorties[0], 24)[0] + 0.05


def test_les_poids_valent_des_demandes_repetees(hasard):
    sortie, cause = _tirer(hasard, 60)
    fois = hasard.integers(1, 4, 60)
    pesees = estimer_les_incidences(np.full(60, -1), sortie, cause, 2, fois)
    repetees = estimer_les_incidences(np.full(fois.sum(), -1), np.repeat(sortie, fois), np.repeat(cause, fois), 2)
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
        incidences = estimer_les_incidences(entree[vues], sortie[vues], cause[vues], 2)
        _, bas, haut, _ = incidences.a(incidences.sorties[0], 24)
        vus["sortie"] += bas <= vrai <= haut
        _, bas, haut, _ = incidences.a(incidences.attend, 24)
        vus["attend"] += bas <= sans**24 <= haut
    assert vus["sortie"] / fois == pytest.approx(0.95, abs=0.025)
    assert vus["attend"] / fois == pytest.approx(0.95, abs=0.025)


# --- une seule cause : l'estimateur de Kaplan et Meier


def _seule(entree, sortie, evenement):
    return estimer_les_incidences(entree, sortie, np.where(evenement, 0, -1), 1)


@st.composite
def suivis(dessiner):
    n = dessiner(st.integers(5, 80))
    tirage = np.random.default_rng(dessiner(st.integers(0, 2**32 - 1)))
    entree = tirage.integers(-1, 12, n)
    entree[: n // 2] = -1  # de quoi n'avoir jamais un ensemble vide d'observés avant le premier événement
    return entree, entree + tirage.integers(1, 15, n), tirage.random(n) < 0.6


@given(suivis())
def test_la_survie_egale_celle_de_statsmodels_entrees_tardives_comprises(suivi):
    entree, sortie, evenement = suivi
    courbe = _seule(entree, sortie, evenement)
    oracle = SurvfuncRight(sortie, evenement.astype(int), entry=entree)
    ou = np.isin(oracle.surv_times, courbe.temps)
    assert courbe.attend.part == pytest.approx(oracle.surv_prob[ou], abs=1e-9)
    assert courbe.risque == pytest.approx(oracle.n_risk[ou], abs=1e-9)


@given(suivis())
def test_sans_entree_tardive_la_bande_egale_celle_de_scipy(suivi):
    _, sortie, evenement = suivi
    courbe = _seule(np.full(len(sortie), -1), sortie, evenement)
    if not evenement.any():
        assert len(courbe.temps) == 0
        return
    oracle = ecdf(CensoredData(uncensored=sortie[evenement], right=sortie[~evenement])).sf
    with np.errstate(divide="ignore", invalid="ignore"):
        bande = oracle.confidence_interval(method="log-log")
    ou = (courbe.attend.part > 0) & (courbe.attend.part < 1)
    temps = courbe.temps[ou]
    assert courbe.attend.part == pytest.approx(oracle.evaluate(courbe.temps), abs=1e-9)
    assert courbe.attend.basse[ou] == pytest.approx(bande.low.evaluate(temps), abs=1e-9)
    assert courbe.attend.haute[ou] == pytest.approx(bande.high.evaluate(temps), abs=1e-9)


def test_les_ages_egalent_les_quantiles_de_statsmodels():
    tirage = np.random.default_rng(3)
    entree = np.concatenate([np.full(300, -1), tirage.integers(0, 20, 300)])
    sortie, evenement = entree + tirage.integers(1, 25, 600), tirage.random(600) < 0.5
    courbe, oracle = _seule(entree, sortie, evenement), SurvfuncRight(sortie, evenement.astype(int), entry=entree)
    for part in (0.25, 0.5, 0.75):
        age, basse, haute, risque = courbe.age(courbe.sorties[0], part)
        assert age == oracle.quantile(part)
        assert basse <= age <= haute
        assert risque > 0


def test_ignorer_les_entrees_tardives_allongerait_l_attente():
    """Chaque mois autant de dépôts, un dixième satisfaites par mois : la médiane vraie est de 7 mois."""
    tirage = np.random.default_rng(7)
    depot = tirage.integers(-240, 12, 60_000)  # mois du dépôt, janvier = 0
    attente = tirage.geometric(0.1, 60_000)
    vues = depot + attente >= 0
    entree = np.where(depot[vues] < 0, -1 - depot[vues], -1)
    evenement = depot[vues] + attente[vues] <= 11
    sortie = np.where(evenement, attente[vues], 11 - depot[vues])
    justes, a_tort = (_seule(e, sortie, evenement) for e in (entree, np.full(vues.sum(), -1)))
    assert justes.age(justes.sorties[0], 0.5)[0] == 7
    assert a_tort.age(a_tort.sorties[0], 0.5)[0] > 10
    assert np.median(attente[vues][evenement]) < 9
