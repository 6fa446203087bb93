"""À chaque comparaison son épreuve : tables publiées, bibliothèques de référence, simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportions_ztest
from statsmodels.stats.rates import confint_poisson_2indep
from statsmodels.stats.rates import test_poisson_2indep as epreuve_de_poisson

from observatoire.statistique.comparaisons import (
    comparer_proportions,
    comparer_taux,
    comparer_valeurs,
    fausses_decouvertes,
    situer_moyenne,
    situer_proportion,
    situer_rapport,
    situer_taux,
    varier,
)
from observatoire.statistique.intervalles import wilson

TIRAGES = 5000
#: Trois erreurs types d'une fréquence de 5 % sur ces tirages.
MARGE = 0.0093

#: Newcombe (1998), table II, méthode 6 (Miettinen et Nurminen) : x1, n1, x2, n2, puis les bornes publiées.
PUBLIEES = [
    (56, 70, 48, 80, 0.0528, 0.3382), (9, 10, 3, 10, 0.1700, 0.8406), (6, 7, 2, 7, 0.0342, 0.8534),
    (5, 56, 0, 29, -0.0326, 0.1933), (0, 10, 0, 20, -0.1658, 0.2844), (0, 10, 0, 10, -0.2879, 0.2879),
    (10, 10, 0, 20, 0.7156, 1.0), (10, 10, 0, 10, 0.6636, 1.0),
]  # fmt: skip


@pytest.fixture
def hasard():
    return np.random.default_rng(2007)


def _niveau(ecart) -> float:
    return float(np.mean(ecart.probabilite < 0.05))


def _couverture(ecart, vrai: float) -> float:
    return float(np.mean((ecart.bas <= vrai) & (vrai <= ecart.haut)))


@pytest.mark.parametrize(("x1", "n1", "x2", "n2", "bas", "haut"), PUBLIEES)
def test_l_ecart_de_deux_proportions_a_les_bornes_publiees(x1, n1, x2, n2, bas, haut):
    ecart = comparer_proportions(x1, n1, x2, n2)
    assert (float(ecart.bas), float(ecart.haut)) == pytest.approx((bas, haut), abs=5e-5)


def test_l_epreuve_de_deux_proportions_est_celle_du_score():
    """Au facteur N/(N-1) près, celui de Miettinen et Nurminen."""
    z, _ = proportions_ztest([40, 300], [120, 1400])
    attendue = proportions_ztest([40, 300], [120, 1400])[1]
    ecart = comparer_proportions(40, 120, 300, 1400)
    assert float(ecart.probabilite) == pytest.approx(attendue, rel=0.01)
    assert np.sign(z) == np.sign(ecart.ecart)


@pytest.mark.parametrize("comptes", [(5, 110, 20, 800), (0, 110, 3, 80), (40, 120, 4000, 14574)])
def test_l_ecart_de_deux_taux_comme_statsmodels(comptes):
    ecart = comparer_taux(*comptes)
    attendues = confint_poisson_2indep(*comptes, method="score", compare="diff")
    assert (float(ecart.bas), float(ecart.haut)) == pytest.approx(attendues, abs=1e-7)
    attendue = epreuve_de_poisson(*comptes, method="score", compare="diff").pvalue
    assert float(ecart.probabilite) == pytest.approx(attendue, abs=1e-9)


@pytest.mark.parametrize("comparer", [comparer_proportions, comparer_taux])
def test_l_intervalle_exclut_zero_quand_l_epreuve_est_sous_cinq_pour_cent_et_alors_seulement(comparer, hasard):
    n1, n2 = hasard.integers(11, 400, (2, 2000))
    ecart = comparer(hasard.binomial(n1, 0.3), n1, hasard.binomial(n2, 0.2), n2, variance=2.0)
    exclut = (ecart.bas > 0) | (ecart.haut < 0)
    net = np.abs(ecart.probabilite - 0.05) > 1e-6
    np.testing.assert_array_equal(exclut[net], ecart.probabilite[net] < 0.05)


@pytest.mark.parametrize(
    ("n", "reste", "part", "variance"),
    [(3600, 8400, 0.2, 0), (100, 11_900, 0.2, 0), (30, 2970, 0.05, 0), (100, 11_900, 0.2, 2), (30, 2970, 0.2, 2)],
)
def test_la_partie_face_au_tout_se_trompe_cinq_fois_sur_cent(n, reste, part, variance, hasard):
    x, autres = hasard.binomial(n, part, TIRAGES), hasard.binomial(reste, part, TIRAGES)
    bruits = hasard.normal(0, variance**0.5, (2, TIRAGES))
    ecart = situer_proportion(x + bruits[0], n, x + autres + bruits[1], n + reste, variance)
    assert _niveau(ecart) == pytest.approx(0.05, abs=MARGE)
    assert _couverture(ecart, 0.0) == pytest.approx(0.95, abs=MARGE)


def test_la_partie_face_au_tout_voit_ce_que_le_recouvrement_de_deux_intervalles_ne_voit_pas(hasard):
    """Trois points de plus, 3 600 ménages sur 12 000 : vus plus de neuf fois sur dix, contre une sur deux."""
    x, autres = hasard.binomial(3600, 0.23, TIRAGES), hasard.binomial(8400, 0.2, TIRAGES)
    epreuve = _niveau(situer_proportion(x, 3600, x + autres, 12_000))
    recouvrement = float(np.mean(wilson(x, 3600)[0] > wilson(x + autres, 12_000)[1]))
    assert epreuve > 0.9
    assert recouvrement < 0.55


def test_le_taux_d_une_partie_se_trompe_cinq_fois_sur_cent(hasard):
    x, autres = hasard.poisson(40, TIRAGES), hasard.poisson(960, TIRAGES)
    ecart = situer_taux(x, 400, x + autres, 10_000)
    assert _niveau(ecart) == pytest.approx(0.05, abs=MARGE)


def test_le_rapport_d_une_partie_couvre_a_quatre_vingt_quinze_pour_cent(hasard):
    """Demandes et attributions d'un quartier (60 et 30) dans une ville (900 et 450) : le rapport est le même."""
    x, n = hasard.poisson(60, TIRAGES), hasard.poisson(30, TIRAGES)
    ecart = situer_rapport(x, n, x + hasard.poisson(840, TIRAGES), n + hasard.poisson(420, TIRAGES))
    assert _couverture(ecart, 0.0) == pytest.approx(0.95, abs=MARGE)


def test_la_moyenne_d_une_partie_couvre_a_quatre_vingt_quinze_pour_cent(hasard):
    partie, reste = hasard.normal(6, 2, (4000, 80)), hasard.normal(5.5, 1, (4000, 320))
    tout = np.concatenate([partie, reste], axis=1)
    erreur_partie = partie.std(axis=1, ddof=1) / np.sqrt(80)
    erreur_tout = np.sqrt((0.2 * erreur_partie) ** 2 + (0.8 * reste.std(axis=1, ddof=1) / np.sqrt(320)) ** 2)
    ecart = situer_moyenne(partie.mean(axis=1), erreur_partie, tout.mean(axis=1), erreur_tout, 0.2)
    assert _couverture(ecart, 0.8 * 0.5) == pytest.approx(0.95, abs=0.012)


def test_deux_estimations_independantes():
    ecart = comparer_valeurs(5.0, 0.3, 4.0, 0.4)
    assert (float(ecart.ecart), float(ecart.bas), float(ecart.haut)) == pytest.approx((1, 0.020018, 1.979982), abs=1e-6)
    assert float(ecart.probabilite) == pytest.approx(0.0455, abs=1e-4)


def _suivre(hasard, restent, changent, part=0.2, tirages=TIRAGES):
    """Des ménages présents aux deux dates : le trait de chacun avant et après."""
    avec, sans = hasard.multinomial(restent, [part, 1 - part], tirages).T
    perdent, gagnent = hasard.binomial(avec, changent[1]), hasard.binomial(sans, changent[0])
    return avec - perdent, perdent, gagnent, sans - gagnent


def _varier(restes, partis, arrives):
    """Les cas des ménages restés (garde, perd, gagne, n'a pas), et (trait, ménages) des partis et des arrivés."""
    garde, perd, gagne, jamais = (np.asarray(cas) for cas in restes)
    x_parti, n_parti, x_arrive, n_arrive = (np.asarray(v) for v in (*partis, *arrives))
    nombre = garde + perd + gagne + jamais
    avant, apres = (garde + perd + x_parti, nombre + n_parti), (garde + gagne + x_arrive, nombre + n_arrive)
    return varier(avant, apres, (nombre, garde, gagne, perd))


def test_la_variation_des_memes_menages_se_trompe_cinq_fois_sur_cent(hasard):
    partis, arrives = (hasard.binomial(100, 0.2, TIRAGES) for _ in range(2))
    ecart = _varier(_suivre(hasard, 900, (0.0125, 0.05)), (partis, 100), (arrives, 100))
    assert _niveau(ecart) == pytest.approx(0.05, abs=MARGE)


@pytest.mark.parametrize(
    ("restent", "autres", "changent"), [(900, 100, (0.05, 0.03)), (300, 60, (0.06, 0.05)), (60, 11, (0.05, 0.1))]
)
def test_l_intervalle_de_la_variation_couvre(restent, autres, changent, hasard):
    partis, arrives = (hasard.binomial(autres, 0.2, TIRAGES) for _ in range(2))
    ecart = _varier(_suivre(hasard, restent, changent), (partis, autres), (arrives, autres))
    vrai = restent / (restent + autres) * (0.8 * changent[0] - 0.2 * changent[1])
    assert 0.945 <= _couverture(ecart, vrai) <= 0.985


def test_la_variation_des_memes_menages_voit_quatre_points_sur_mille_menages(hasard):
    """Presque toujours ; en oubliant que ce sont les mêmes, deux sur trois ; par recouvrement, une sur dix."""
    restes = _suivre(hasard, 1000, (0.07, 0.08))
    avant, apres = restes[0] + restes[1], restes[0] + restes[2]
    assert _niveau(_varier(restes, (0, 0), (0, 0))) > 0.95
    assert _niveau(comparer_proportions(apres, 1000, avant, 1000)) < 0.7
    assert np.mean(wilson(apres, 1000)[0] > wilson(avant, 1000)[1]) < 0.12


def test_sans_depart_ni_arrivee_la_variation_tend_vers_mcnemar():
    attendue = mcnemar([[300, 90], [60, 550]], exact=False, correction=False).pvalue
    ecart = _varier((300, 90, 60, 550), (0, 0), (0, 0))
    assert float(ecart.probabilite) == pytest.approx(attendue, rel=0.06)


def test_sans_personne_qui_reste_la_variation_est_l_ecart_de_deux_groupes():
    ecart = _varier((0, 0, 0, 0), (40, 200), (90, 300))
    attendu = comparer_proportions(90, 300, 40, 200)
    assert float(ecart.ecart) == pytest.approx(float(attendu.ecart))
    assert float(ecart.probabilite) == pytest.approx(float(attendu.probabilite), abs=0.003)


@pytest.mark.parametrize(
    "restent", [(900, 320, 90, 60), (1200, 900, 400, 300), (0, 0, 0, 0), (1000, 300, 200, 0)], ids=str
)
def test_des_comptes_bruites_qui_ne_s_accordent_pas_gardent_l_ecart_de_ce_qui_parait(restent):
    """Le bruit peut faire rester plus de ménages qu'il n'y en a, ou garder le trait à plus qu'il n'y en a eu."""
    ecart = varier((300, 1000), (330, 1010), restent, 1e-5)
    assert float(ecart.ecart) == pytest.approx(330 / 1010 - 0.3)
    assert 0 < float(ecart.haut - ecart.bas) < 0.09


def test_le_bruit_elargit_et_rend_moins_sur():
    sans, avec = (situer_proportion(30, 100, 2000, 10_000, variance) for variance in (0.0, 2.0))
    assert avec.bas < sans.bas < sans.ecart < sans.haut < avec.haut
    assert avec.probabilite > sans.probabilite


def test_rien_ne_se_compare_sans_denominateur_ni_reste():
    for ecart in (
        comparer_proportions([0, np.nan], [0, 10], [1, 1], [10, 10]),
        situer_proportion([3, 3], [20, 21], [3, 3], [20, 20]),
        situer_taux([3], [20], [3], [20]),
        situer_rapport([0, 2], [4, 2], [10, 2], [10, 2]),
        _varier(([0], [0], [0], [0]), ([0], [0]), ([0], [0])),
    ):
        for tableau in (ecart.ecart, ecart.bas, ecart.haut, ecart.probabilite):
            assert np.isnan(tableau).all()


def test_les_fausses_decouvertes_comme_scipy_sans_compter_ce_qui_n_est_pas_compare(hasard):
    probabilites = hasard.uniform(size=69) ** 2
    troue = np.insert(probabilites, [0, 30], np.nan)
    ajustees = fausses_decouvertes(troue)
    np.testing.assert_allclose(ajustees[np.isfinite(troue)], false_discovery_control(probabilites))
    assert np.isnan(ajustees[np.isnan(troue)]).all()
    assert fausses_decouvertes([]).size == 0


def test_sans_bornes_la_probabilite_est_la_meme():
    comptes = ([5, 40, 0], [11, 120, 30], [20, 400, 90], [80, 1400, 300])
    for comparer in (comparer_proportions, situer_proportion, comparer_taux, situer_taux, situer_rapport):
        entiere, sans = comparer(*comptes, 2.0), comparer(*comptes, 2.0, confiance=None)
        np.testing.assert_array_equal(sans.probabilite, entiere.probabilite)
        np.testing.assert_array_equal(sans.ecart, entiere.ecart)
        assert np.isnan([sans.bas, sans.haut]).all()
