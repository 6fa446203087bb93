"""Les formules des alertes, chacune à côté d'un autre calcul : scipy, PHStatsMethods, quadrature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import PHStatsMethods
import pytest
from scipy import integrate, stats

from observatoire.statistique.lois import LOIS
from observatoire.statistique.melange import DISPERSIONS, ECARTS, Melange, ajuster, conclure
from observatoire.sujets.alertes.calcul.attendus import Releves, attendre, reunir

CAS = [(0, 11), (11, 11), (3, 15), (12, 30), (60, 120), (900, 3000)]
A_PRIORI = [(0.05, 0.01), (0.25, 0.005), (0.6, 0.05)]
FINESSE = {"rtol": 0, "atol": 1e-9}


def _loi_a_priori(nature, moyenne, dispersion):
    if nature == "proportion":
        poids = 1 / dispersion - 1
        return stats.beta(moyenne * poids, (1 - moyenne) * poids)
    return stats.gamma(1 / dispersion, scale=moyenne * dispersion)


def _probabilite_de_x(nature, x, n, moyenne, dispersion):
    if nature == "proportion":
        poids = 1 / dispersion - 1
        return stats.betabinom.logpmf(x, n, moyenne * poids, (1 - moyenne) * poids)
    forme = 1 / dispersion
    return stats.nbinom.logpmf(x, forme, forme / (forme + n * moyenne))


@pytest.mark.parametrize("nature", list(LOIS))
@pytest.mark.parametrize(("x", "n"), CAS)
def test_vraisemblance_marginale_comme_scipy(nature, x, n):
    """À un terme près, le même pour toutes les lois a priori : seuls les rapports de vraisemblance servent."""
    ecarts = [
        LOIS[nature].vraisemblance(x, n, *a_priori) - _probabilite_de_x(nature, x, n, *a_priori)
        for a_priori in A_PRIORI
    ]
    np.testing.assert_allclose(ecarts, ecarts[0], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("x", "n"), CAS)
@pytest.mark.parametrize(("moyenne", "dispersion"), A_PRIORI)
def test_loi_a_posteriori_comme_scipy(x, n, moyenne, dispersion):
    poids, forme = 1 / dispersion - 1, 1 / dispersion
    beta = stats.beta(x + moyenne * poids, n - x + (1 - moyenne) * poids)
    gamma = stats.gamma(x + forme, scale=1 / (n + forme / moyenne))
    for nature, loi in (("proportion", beta), ("taux", gamma)):
        for seuil in (0, 0.1, 0.35, 0.9):
            obtenue = LOIS[nature].au_dela(seuil, x, n, moyenne, dispersion)
            np.testing.assert_allclose(obtenue, loi.sf(seuil), **FINESSE)
        np.testing.assert_allclose(LOIS[nature].esperance(x, n, moyenne, dispersion), loi.mean(), **FINESSE)


def test_au_dela_d_une_part_impossible():
    loi = LOIS["proportion"]
    assert loi.au_dela(1.2, 5, 11, 0.5, 0.01) == 0
    assert loi.au_dela(-0.1, 5, 11, 0.5, 0.01) == 1


@pytest.mark.parametrize("nature", list(LOIS))
@pytest.mark.parametrize(("x", "n"), CAS[:-1])
def test_le_melange_comme_une_quadrature(nature, x, n):
    """La loi a posteriori, par intégration numérique de la loi a priori à deux groupes, sans rien de conjugué."""
    moyenne, dispersion, part, vigilance, alerte, reference = 0.2, 0.02, 0.08, 0.05, 0.1, 0.22
    composantes = [moyenne, *(moyenne + ECARTS * alerte)]
    poids = [1 - part, *[part / len(ECARTS)] * len(ECARTS)]

    def integrer(bas, moment=0):
        p = np.linspace(bas, 1 if nature == "proportion" else 3, 20_001)
        vue = stats.binom.pmf(x, n, p) if nature == "proportion" else stats.poisson.pmf(x, n * p)
        a_priori = sum(w * _loi_a_priori(nature, m, dispersion).pdf(p) for m, w in zip(composantes, poids, strict=True))
        return integrate.simpson(p**moment * vue * a_priori, x=p)

    melange = Melange(np.array([dispersion]), np.array([part]))
    *cases, repere = (np.array([[float(v)]]) for v in (x, n, moyenne, reference))
    ecarts = (np.array([vigilance]), np.array([alerte]))
    obtenu = conclure(LOIS[nature], melange, *cases, reference=repere, ecarts=ecarts)
    assert obtenu.lisse.item() == pytest.approx(integrer(0, 1) / integrer(0), abs=1e-7)
    for proba, ecart in zip(obtenu.probabilites, (vigilance, alerte), strict=True):
        assert proba.item() == pytest.approx(integrer(reference + ecart) / integrer(0), abs=1e-7)


@pytest.mark.parametrize("nature", list(LOIS))
def test_le_melange_retrouve_ce_qui_a_ete_tire(nature):
    """La dispersion et la part qui dérive, sur vingt mille territoires tirés de la loi elle-même."""
    alea = np.random.default_rng(5)
    nombre, part, dispersion = 20_000, 0.1, DISPERSIONS[nature][4]
    n, moyenne = np.full((nombre, 1), 200.0), np.full((nombre, 1), 0.25)
    decalage = np.where(alea.random((nombre, 1)) < part, 0.1 * alea.choice(ECARTS, (nombre, 1)), 0)
    vraies = _loi_a_priori(nature, moyenne + decalage, dispersion).rvs(random_state=alea)
    x = alea.binomial(n.astype(int), vraies) if nature == "proportion" else alea.poisson(n * vraies)
    estime = ajuster(LOIS[nature], DISPERSIONS[nature], x.astype(float), n, moyenne, np.array([0.1]))
    assert estime.dispersion.item() == dispersion
    assert estime.part.item() == pytest.approx(part, abs=0.02)


def test_l_echantillon_ne_change_pas_ce_qui_est_estime(monkeypatch):
    alea = np.random.default_rng(6)
    n, moyenne = np.full((30_000, 1), 60.0), np.full((30_000, 1), 0.25)
    x = alea.binomial(60, alea.beta(25, 75, (30_000, 1))).astype(float)
    loi, ecart = LOIS["proportion"], np.array([0.1])
    partiel = ajuster(loi, DISPERSIONS["proportion"], x, n, moyenne, ecart)
    monkeypatch.setattr("observatoire.statistique.melange.ECHANTILLON", 10**9)
    entier = ajuster(loi, DISPERSIONS["proportion"], x, n, moyenne, ecart)
    assert partiel.dispersion == entier.dispersion
    np.testing.assert_allclose(partiel.part, entier.part, atol=0.003)


@pytest.mark.parametrize("nature", list(LOIS))
@pytest.mark.parametrize("x", [0.0, 30.0])
def test_tout_ou_rien_reste_une_probabilite(nature, x):
    """Personne nulle part, ou tout le monde partout : ni infini, ni manquant."""
    xs, n = np.full((20, 1), x), np.full((20, 1), 30.0)
    moyenne = LOIS[nature].borner(xs / n)
    melange = ajuster(LOIS[nature], DISPERSIONS[nature], xs, n, moyenne, np.array([0.1]))
    obtenu = conclure(
        LOIS[nature], melange, xs, n, moyenne, reference=moyenne, ecarts=(np.array([0.05]), np.array([0.1]))
    )
    for valeurs in (obtenu.lisse, *obtenu.probabilites):
        assert np.isfinite(valeurs).all()
    assert all(((p >= 0) & (p < 0.6)).all() for p in obtenu.probabilites)


def test_ou_rien_n_est_evaluable_rien_n_est_conclu():
    x = n = np.array([[0.0], [30.0]])
    melange = Melange(np.array([0.01]), np.array([0.05]))
    obtenu = conclure(
        LOIS["proportion"],
        melange,
        x / 2,
        n,
        n * 0 + 0.5,
        reference=n * 0 + 0.5,
        ecarts=(np.array([0.05]), np.array([0.1])),
    )
    assert np.isnan(obtenu.lisse[0, 0])
    assert np.isfinite(obtenu.lisse[1, 0])


@pytest.mark.parametrize("nature", LOIS)
def test_un_niveau_ou_rien_ne_s_evalue_a_la_part_presumee(nature):
    rien = np.zeros((3, 2))
    melange = ajuster(LOIS[nature], DISPERSIONS[nature], rien, rien, rien + 0.5, np.array([0.1, 0.1]))
    assert melange.part.tolist() == pytest.approx([1 / 20] * 2)


def _strates(alea, lignes=60):
    n = alea.integers(12, 60, (lignes, 1)).astype(float)
    return alea.binomial(n.astype(int), 0.3).astype(float), n, alea.integers(0, 4, lignes), alea.integers(0, 3, lignes)


def test_attendus_comme_phstatsmethods():
    """Standardisation indirecte de chaque quartier, la référence étant la ville sans lui, strate par strate."""
    x, n, strates, groupes = _strates(np.random.default_rng(8))
    obtenus = reunir(attendre(Releves(x, n), strates, groupes, 1), groupes, 3)[:, 0]
    table = pd.DataFrame({"x": x[:, 0], "n": n[:, 0], "strate": strates, "groupe": groupes})
    for groupe in range(3):
        reste = table[table["groupe"].ne(groupe)].groupby("strate")[["x", "n"]].sum().add_prefix("ref_")
        sien = table[table["groupe"].eq(groupe)].groupby("strate", as_index=False)[["x", "n"]].sum()
        sien = sien.merge(reste, left_on="strate", right_index=True).assign(groupe=groupe)
        calcule = PHStatsMethods.ph_ISRate(sien, "x", "n", "ref_x", "ref_n", group_cols="groupe", metadata=False)
        assert obtenus[groupe] == pytest.approx(calcule["Expected"].item(), abs=1e-9)


def test_attendu_fait_a_la_main():
    """Deux quartiers ; dans l'autre, 2 T1 sur 20 et 9 T4 sur 30 : 10 T1 et 20 T4 font 1 + 6 = 7 attendus."""
    x = np.array([[4.0], [8.0], [2.0], [9.0]])
    n = np.array([[10.0], [20.0], [20.0], [30.0]])
    attendus = attendre(Releves(x, n), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 11)
    np.testing.assert_allclose(attendus[:2, 0], [1, 6])
    assert attendus[:, 0].sum() == pytest.approx(
        7 + 30 * 8 / 20 + 20 * 12 / 30
    )  # dix T1 : trop peu, taux de tout le reste


def test_une_ville_d_un_seul_quartier_n_a_pas_d_attendu():
    x, n, strates, _ = _strates(np.random.default_rng(9))
    assert np.isnan(attendre(Releves(x, n), strates, np.zeros(len(x), dtype=int), 11)).all()
