"""La loi du bruit, contre un solveur indépendant et contre une table publiée ; et ce que la clé y choisit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from observatoire.cles import COLONNE, FICTIVE, MODULE, attribuer
from observatoire.secret.bruit import Bruit, brasser
from observatoire.statistique.intervalles import encadrer_un_rapport, garwood, wilson

LIVRE = Bruit()
BARREAUX = [Bruit(5, 2.0, 2), Bruit(5, 3.0, 2), Bruit(3, 1.5, 1), Bruit(8, 4.0, 2), Bruit(4, 1.0, 0)]

#: La table que la vignette du paquet R ``ptable`` 1.0.0 (Destatis ; CRAN, 1er mars 2023) imprime pour
#: ``create_cnt_ptable(D = 5, V = 3, js = 2)`` : compte exact -> {compte publié: probabilité}. La ligne du compte 4
#: n'y est pas : ``ptable`` y impose en plus que la probabilité décroisse avec l'écart (``mono``), ce qui la change.
PTABLE_D5_V3_JS2 = {
    1: {0: 0.73446954, 3: 0.136720190, 4: 0.07279631, 5: 0.03742956, 6: 0.018584399},
    2: {0: 0.40880704, 3: 0.406643537, 4: 0.14762401, 5: 0.03231882, 6: 0.004266868, 7: 0.0003397188},
    3: {0: 0.20398618, 3: 0.393662525, 4: 0.24749239, 5: 0.11056847, 6: 0.035102043, 7: 0.0079189055, 8: 0.001269491},
    5: {0: 0.02014749, 3: 0.173347467, 4: 0.22063302, 5: 0.22131828, 6: 0.174967643, 7: 0.1090164652, 8: 0.05353283,
        9: 0.020717693, 10: 0.006319113},
    6: {3: 0.072029825, 4: 0.13671708, 5: 0.19735138, 6: 0.216652933, 7: 0.1808822561, 8: 0.114850887,
        9: 0.055459983, 10: 0.020367237, 11: 0.005688418},
    7: {3: 0.018439196, 4: 0.05548389, 5: 0.12162104, 6: 0.194208159, 7: 0.2259140226, 8: 0.191441399,
        9: 0.118180404, 10: 0.053146176, 11: 0.017410672, 12: 0.004155049},
    8: {3: 0.003791861, 4: 0.01659093, 5: 0.05229263, 6: 0.118730368, 7: 0.1941934608, 8: 0.228801496,
        9: 0.19419346, 10: 0.118730371, 11: 0.052292634, 12: 0.016590928, 13: 0.00379186},
}  # fmt: skip
#: Les lignes symétriques de la même vignette (``D = 2``, ``js = 0``) : variance -> probabilités de -2 à 2.
PTABLE_D2 = {
    1.0: [0.06382714, 0.24469145, 0.38296282, 0.24469145, 0.06382714],
    0.9: [0.05154609, 0.2438156, 0.4092765, 0.2438156, 0.05154609],
}


def _ecarts(bruit: Bruit) -> np.ndarray:
    return np.arange(-bruit.ecart, bruit.ecart + 1)


@pytest.mark.parametrize("compte", PTABLE_D5_V3_JS2)
def test_la_loi_est_celle_de_la_table_publiee_par_ptable(compte):
    attendue = np.zeros(11)
    for publie, probabilite in PTABLE_D5_V3_JS2[compte].items():
        attendue[publie - compte + 5] = probabilite
    assert np.abs(Bruit(5, 3.0, 2).lois[compte] - attendue).max() < 1e-6


@pytest.mark.parametrize("variance", PTABLE_D2)
def test_la_loi_des_grands_comptes_est_celle_de_ptable(variance):
    assert np.abs(Bruit(2, variance, 0).lois[-1] - PTABLE_D2[variance]).max() < 1e-6


def _maximiser(bruits: np.ndarray, variance: float) -> np.ndarray:
    """Le même problème, posé tel quel et résolu par un autre solveur : l'entropie, sous ses trois contraintes.

    SLSQP part du point dont la plus petite probabilité est la plus grande (programme linéaire).
    """
    moments = np.stack([np.ones(len(bruits)), bruits, bruits**2]).astype(float)
    but = np.array([1.0, 0.0, variance])
    depart = optimize.linprog(
        np.append(np.zeros(len(bruits)), -1.0), A_eq=np.column_stack([moments, np.zeros(3)]), b_eq=but,
        A_ub=np.column_stack([-np.eye(len(bruits)), np.ones(len(bruits))]), b_ub=np.zeros(len(bruits)),
    ).x[:-1]  # fmt: skip
    solution = optimize.minimize(
        lambda p: float((p * np.log(np.maximum(p, 1e-15))).sum()), depart, method="SLSQP",
        jac=lambda p: np.log(np.maximum(p, 1e-15)) + 1, bounds=[(0, 1)] * len(bruits),
        constraints={"type": "eq", "fun": lambda p: moments @ p - but, "jac": lambda p: moments},
        options={"ftol": 1e-16, "maxiter": 2000},
    )  # fmt: skip
    return solution.x


@pytest.mark.parametrize("bruit", BARREAUX, ids=str)
def test_la_loi_est_celle_d_un_solveur_independant(bruit):
    for compte, loi in enumerate(bruit.lois):
        admis = _ecarts(bruit)[loi > 0]
        if len(admis) > 2:
            assert np.abs(_maximiser(admis, bruit.variance) - loi[loi > 0]).max() < 1e-6, compte


@settings(deadline=None, max_examples=20)
@given(st.integers(3, 9), st.integers(0, 3), st.floats(0.5, 4.0))
def test_la_loi_est_sans_biais_bornee_et_de_la_variance_voulue(ecart, plancher, variance):
    try:
        bruit = Bruit(ecart, variance, plancher)
        lois = bruit.lois
    except ValueError:
        return  # aucune loi n'existe : le barème serait refusé
    ecarts = _ecarts(bruit)
    assert np.allclose(lois.sum(axis=1), 1)
    assert np.abs(lois @ ecarts).max() < 1e-9
    variances = lois @ ecarts**2
    assert variances[0] == 0
    # Tout près de zéro, ce qui est admis est parfois déjà plus dispersé : jamais moins.
    assert (variances[1:] >= variance - 1e-9).all()
    assert variances[-1] == pytest.approx(variance)
    publies = np.arange(len(lois))[:, None] + ecarts
    assert not lois[(publies < 0) | ((publies >= 1) & (publies <= plancher))].any()


def test_les_seuils_sont_les_memes_sur_tous_les_processeurs():
    """Calculés en virgule flottante, ils suivaient le processeur, et sur certains le calcul n'aboutissait pas."""
    publie = Bruit(ecart=5, variance=2, plancher=2)._cumuls
    assert publie[3].tolist() == [
        0, 0, 2470901, 2470901, 2470901, 11052235, 15331561, 16556148, 16757242, 16776191, MODULE,
    ]  # fmt: skip
    assert publie[-1].tolist() == [
        9204, 96277, 596245, 2338558, 6023545, 10753671, 14438658, 16180971, 16680939, 16768012, MODULE,
    ]  # fmt: skip


def test_au_dela_la_loi_ne_change_plus():
    grande = Bruit()._loi(400)
    assert np.abs(grande - LIVRE.lois[-1]).max() < 1e-9


def test_un_zero_reste_zero_et_un_compte_publie_n_est_jamais_petit():
    comptes = np.repeat(np.arange(30), 2000)
    publies = LIVRE.bruiter(comptes, np.random.default_rng(1).integers(0, MODULE, len(comptes)))
    assert not publies[comptes == 0].any()
    assert publies.min() >= 0
    assert not np.isin(publies, [1, 2]).any()
    assert np.abs(publies - comptes).max() <= 5


@pytest.mark.parametrize("compte", [1, 2, 3, 4, 5, 8, 40, 3000])
def test_la_frequence_du_bruit_est_sa_probabilite(compte):
    """Toutes les clés, une fois chacune : les fréquences sont les probabilités, à l'arrondi près."""
    cles = np.arange(MODULE, step=64)
    bruits = LIVRE.tirer(np.full(len(cles), compte), cles)
    frequences = np.bincount((bruits + 5).astype(int), minlength=11) / len(cles)
    assert np.abs(frequences - LIVRE.lois[min(compte, len(LIVRE.lois) - 1)]).max() < 2e-3


def test_le_brassage_est_une_permutation():
    vues = np.zeros(MODULE, dtype=bool)
    vues[brasser(np.arange(MODULE))] = True
    assert vues.all()


def test_le_bruit_d_une_somme_ne_dit_rien_de_celui_de_ses_termes():
    """Les clés s'ajoutent ; les bruits qu'elles choisissent sont indépendants, deux à deux et ensemble."""
    tirage = np.random.default_rng(7)
    a, b = tirage.integers(0, MODULE, (2, 200_000))
    grand = np.full(len(a), 1000)
    bruits = np.stack([LIVRE.tirer(grand, cles) + 5 for cles in (a, b, a + b)]).astype(int)
    ensemble = np.bincount(np.ravel_multi_index(bruits, (11, 11, 11)), minlength=11**3).reshape(11, 11, 11) / len(a)
    loi = LIVRE.lois[-1]
    attendue = loi[:, None, None] * loi[None, :, None] * loi[None, None, :]
    assert np.abs(ensemble - attendue).max() < 5 * np.sqrt(attendue.max() / len(a))


def test_les_memes_unites_ont_le_meme_bruit_quel_que_soit_leur_ordre():
    menages = pd.DataFrame({"id_logement": pd.Series([f"gbh:{n}" for n in range(50)], dtype="str")})
    menages["annee_emmenagement"] = 2003.0
    cles = attribuer("menages", menages, FICTIVE)[COLONNE]
    melees = attribuer("menages", menages.sample(frac=1, random_state=3), FICTIVE)[COLONNE]
    assert LIVRE.tirer([50], [cles.sum()]) == LIVRE.tirer([50], [melees.sum()])
    assert LIVRE.tirer([50], [cles.sum()]) == LIVRE.tirer([50], [cles.sum() % MODULE])


def test_sans_variance_il_n_y_a_pas_de_bruit():
    comptes = np.arange(200)
    assert (Bruit(5, 0.0, 2).bruiter(comptes, np.arange(200)) == comptes).all()


def test_un_compte_manquant_le_reste_et_un_compte_sans_cle_est_refuse():
    assert np.isnan(LIVRE.bruiter([np.nan], [np.nan])).all()
    with pytest.raises(ValueError, match="sans clé"):
        LIVRE.tirer([12], [np.nan])


@pytest.mark.parametrize(("ecart", "variance", "plancher"), [(1, 2.0, 0), (2, 9.0, 0)])
def test_une_loi_impossible_est_refusee(ecart, variance, plancher):
    with pytest.raises(ValueError, match="variance"):
        Bruit(ecart, variance, plancher).lois  # noqa: B018


def test_la_borne_d_un_zero_est_celle_du_compte_qui_en_donne_un_deux_fois_et_demie_sur_cent():
    """À 5 % de cent, un zéro publié cachait souvent trois ou quatre : l'intervalle qu'on en tirait n'était juste que
    neuf fois sur dix."""
    comptes = np.arange(60)
    lois = LIVRE.lois[np.minimum(comptes, len(LIVRE.lois) - 1)]
    donne_zero = np.array(
        [loi[LIVRE.ecart - k] if k <= LIVRE.ecart else 0 for k, loi in zip(comptes, lois, strict=True)]
    )
    assert stats.poisson.pmf(comptes, LIVRE.borne_d_un_zero()) @ donne_zero == pytest.approx(0.025)
    assert Bruit(variance=0).borne_d_un_zero() == pytest.approx(garwood(0, 1)[1])


@pytest.mark.parametrize(("n", "attendu"), [(60, 6), (100, 5), (200, 6), (400, 20)])
def test_un_intervalle_publie_contient_la_vraie_valeur(n, attendu):
    """Par énumération : chaque compte possible, chaque bruit possible."""
    comptes = np.arange(n + 1)
    lois = LIVRE.lois[np.minimum(comptes, len(LIVRE.lois) - 1)]
    publies = comptes[:, None] + np.arange(-LIVRE.ecart, LIVRE.ecart + 1)
    x = np.clip(publies, 0, n)
    bas, haut = encadrer_un_rapport(wilson, x, np.full_like(x, n), (LIVRE.variance, LIVRE.borne_d_un_zero()))
    part = attendu / n
    chances = stats.binom.pmf(comptes, n, part)[:, None] * lois
    assert chances[(bas <= part) & (part <= haut)].sum() > 0.94
