"""Les intervalles : égaux, à 1e-9 près, à ceux des bibliothèques de référence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import PHStatsMethods
import pytest
from PHStatsMethods.confidence_intervals import exact_upper
from PHStatsMethods.validation import ci_col
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from observatoire.statistique.intervalles import byar, ecart_au_tout, newcombe, rapport_de_comptes, wilson

PROPORTIONS = [(0, 11), (1, 11), (5, 11), (11, 11), (36, 350), (175, 350), (2674, 16504), (1, 1), (0, 1)]
TAUX = [(1, 11), (2, 11), (5, 30), (9, 120), (9, 9), (10, 120), (11, 120), (400, 350), (3000, 16504)]
DIFFERENCES = [(5, 11, 20, 80), (0, 11, 0, 80), (11, 11, 0, 80), (40, 120, 4000, 14574), (1, 2, 1, 2)]
PRECISION = {"rtol": 0, "atol": 1e-9}


def _comparer(fonction, reference, couples, **options):
    """Nos bornes à côté de celles de PHStatsMethods, une ligne par couple."""
    table = pd.DataFrame(couples, columns=["haut", "bas"]).rename_axis("rang").reset_index()
    attendues = reference(table, "haut", "bas", group_cols="rang", metadata=False, **options)
    obtenues = fonction(attendues["haut"], attendues["bas"])
    assert len(attendues) == len(couples)
    for cote, bornes in zip(("lower", "upper"), obtenues, strict=True):
        np.testing.assert_allclose(bornes, attendues[ci_col(0.95, cote)].astype(float), **PRECISION)


def test_wilson_comme_phstatsmethods():
    _comparer(wilson, PHStatsMethods.ph_proportion, PROPORTIONS)


@pytest.mark.parametrize("confiance", [0.8, 0.95, 0.998])
def test_wilson_comme_statsmodels(confiance):
    x, n = np.array(PROPORTIONS).T
    reference = proportion_confint(x, n, alpha=1 - confiance, method="wilson")
    np.testing.assert_allclose(wilson(x, n, confiance), reference, **PRECISION)


def test_byar_comme_phstatsmethods_exact_sous_dix_evenements():
    _comparer(byar, PHStatsMethods.ph_rate, TAUX, multiplier=1)


def test_byar_sans_evenement_comme_phstatsmethods():
    """``ph_rate`` refuse zéro événement ; sa borne exacte, elle, est connue : -ln(0,025) événements."""
    basse, haute = byar(0, 120)
    assert basse == 0
    assert haute == pytest.approx(exact_upper(0, 0.95) / 120, abs=1e-9)
    assert haute == pytest.approx(-np.log(0.025) / 120, abs=1e-9)


@pytest.mark.parametrize(("x1", "n1", "x2", "n2"), DIFFERENCES)
def test_newcombe_comme_statsmodels(x1, n1, x2, n2):
    reference = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
    np.testing.assert_allclose(newcombe(x1, n1, x2, n2), reference, **PRECISION)


def test_ecart_au_tout_est_celui_de_la_partie_au_reste_reduit():
    """60 sur 120 parmi les récents, 200 sur 500 dans le parc : le reste est 140 sur 380, le poids 380/500."""
    basse, haute = newcombe(60, 120, 140, 380)
    np.testing.assert_allclose(ecart_au_tout(60, 120, 200, 500), (0.76 * basse, 0.76 * haute), **PRECISION)
    assert 0.76 * basse < 60 / 120 - 200 / 500 < 0.76 * haute


def test_ecart_au_tout_quand_la_partie_est_le_tout_n_a_pas_d_intervalle():
    assert np.isnan(ecart_au_tout(3, 20, 3, 20)).all()


@pytest.mark.parametrize("fonction", [wilson, byar])
@pytest.mark.parametrize(("x", "n"), [(0, 0), (np.nan, 10), (1, np.nan)])
def test_sans_denominateur_les_bornes_manquent(fonction, x, n):
    assert np.isnan(fonction(x, n)).all()


@pytest.mark.filterwarnings("ignore")  # deux groupes, deux coefficients : la régression dit qu'elle est exacte
def test_le_rapport_de_deux_comptes_comme_une_regression_de_poisson():
    """La borne est celle du coefficient d'une régression de Poisson à deux groupes."""
    modele = GLM([150, 35], [[1, 1], [1, 0]], family=families.Poisson()).fit()
    attendues = np.exp(modele.conf_int()[1])
    np.testing.assert_allclose(rapport_de_comptes(150, 35), attendues, rtol=1e-6)


@pytest.mark.parametrize(("demandes", "baux"), [(150, 35), (40, 12), (3, 60)])
def test_le_rapport_de_deux_comptes_couvre_ce_que_byar_ne_couvre_pas(demandes, baux):
    hasard = np.random.default_rng(2007)
    x, n = hasard.poisson(demandes, 20_000), hasard.poisson(baux, 20_000)
    couvre = {}
    for nom, encadrer in (("rapport", rapport_de_comptes), ("byar", byar)):
        bas, haut = encadrer(x, n)
        couvre[nom] = np.mean((bas <= demandes / baux) & (demandes / baux <= haut))
    assert 0.94 <= couvre["rapport"] <= 0.985
    assert couvre["byar"] < 0.75 or demandes < baux


def test_le_rapport_de_deux_comptes_aux_bords():
    basse, haute = rapport_de_comptes([0, 4, np.nan], [20, 0, 10])
    assert basse[0] == 0
    assert 0.1 < haute[0] < 1
    assert np.isnan([basse[1:], haute[1:]]).all()
