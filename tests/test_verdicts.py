"""Un objectif n'a qu'un verdict, où qu'il soit écrit ; l'oracle est celui de scipy."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from observatoire.secret import Bruit
from observatoire.sujets.objectifs.calcul.conformite import confronter
from observatoire.sujets.objectifs.calcul.objectifs import Objectif
from observatoire.verdicts import (
    DECELABLES,
    NON_CONCLUANT,
    NON_TENU,
    RISQUE,
    TENU,
    etendre_a_ce_qui_manque,
    juger_les_mesures,
)


def _cellule(x: float, n: float, cible: float, **champs) -> pd.DataFrame:
    ligne = {
        "nature_indicateur": "proportion", "numerateur": x, "denominateur": n, "valeur": x / n, "borne_basse": np.nan,
        "borne_haute": np.nan, "couverture": 1.0, "variance": 0.0, "zero": 0.0, "statut": "publie", "cible": cible,
        "sens": "au_moins", "tolerance": 0.0, "arithmetique": True, "en_vigueur": True, "avant_terme": False,
    }  # fmt: skip
    return pd.DataFrame([ligne | champs])


def _attribuer(x: float, n: float, cible: float, sens: str, **champs) -> str:
    """Le verdict du même objectif, adopté pour les attributions."""
    objectif = Objectif("o", "moins_40_entrants", sens, cible, "ville", datetime.date(2008, 1, 1), "séance")
    lieu = {"annee": 2010, "niveau": "ville", "territoire": "25056", "bailleur": "tous"}
    ligne = _cellule(x, n, cible, **champs).assign(indicateur=objectif.indicateur, **lieu)
    return confronter([objectif], ligne, [2010], ("ville", "25056"))["verdict"].iloc[0]


_COMPTES = st.integers(12, 900).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=40)
@given(_COMPTES, st.floats(0.02, 0.98), st.sampled_from(["au_moins", "au_plus"]))
def test_une_part_se_juge_comme_le_test_binomial_unilateral(comptes, cible, sens):
    x, n = comptes
    bon, mauvais = ("greater", "less") if sens == "au_moins" else ("less", "greater")
    p_bon, p_mauvais = (stats.binomtest(x, n, cible, alternative=a).pvalue for a in (bon, mauvais))
    if min(abs(p_bon - 0.05), abs(p_mauvais - 0.05)) < 1e-9:
        return
    attendu = TENU if p_bon < 0.05 else NON_TENU if p_mauvais < 0.05 else NON_CONCLUANT
    assert juger_les_mesures(_cellule(x, n, cible, sens=sens))["verdict"].iloc[0] == attendu
    assert _attribuer(x, n, cible, sens) == attendu


@pytest.mark.parametrize(("nature", "n"), [("proportion", 20), ("proportion", 300), ("taux", 60)])
@pytest.mark.parametrize(("cible", "couverture"), [(0.25, 1.0), (0.6, 1.0), (0.25, 0.9), (0.04, 1.0)])
@pytest.mark.parametrize("sens", ["au_moins", "au_plus"])
def test_ce_qui_se_verrait_se_voit_huit_fois_sur_dix(nature, n, cible, couverture, sens):
    """Tous les comptes possibles sont jugés, et pesés par leur chance d'arriver à la vraie valeur annoncée."""
    comptes = np.arange(n + 1 if nature == "proportion" else 4 * n)
    champs = {"nature_indicateur": nature, "couverture": couverture, "sens": sens}
    cellules = pd.concat([_cellule(0, n, cible, **champs)] * len(comptes), ignore_index=True)
    juges = juger_les_mesures(cellules.assign(numerateur=comptes, valeur=comptes / n))
    assert juges[DECELABLES].drop_duplicates().shape[0] == 1  # ne dépend pas de ce qui est observé
    loi = (lambda p: stats.binom.pmf(comptes, n, p)) if nature == "proportion" else (
        lambda p: stats.poisson.pmf(comptes, n * p)
    )  # fmt: skip
    rendus = dict(zip(DECELABLES, [NON_TENU, TENU] if sens == "au_moins" else [TENU, NON_TENU], strict=True))
    for colonne, verdict in rendus.items():
        vraie = juges[colonne].iloc[0]
        decide = juges["verdict"].eq(verdict)
        assert decide.any() == pd.notna(vraie)
        if decide.any():
            assert loi(vraie)[decide].sum() == pytest.approx(0.8, abs=1e-6)


def test_le_bruit_et_ce_qui_manque_eloignent_ce_qui_se_verrait():
    exact, bruite, partiel = (
        juger_les_mesures(_cellule(30, 100, 0.25, **champs))[DECELABLES].iloc[0]
        for champs in ({}, {"variance": 2.0, "zero": 3.0}, {"couverture": 0.9})
    )
    for flou in (bruite, partiel):
        assert not flou["decelable_bas"] >= exact["decelable_bas"]
        assert flou["decelable_haut"] > exact["decelable_haut"]


@settings(deadline=None)
@given(st.integers(0, 400), st.floats(0.01, 0.5))
def test_un_taux_se_juge_comme_le_test_de_poisson_unilateral(x, cible):
    p_bon, p_mauvais = stats.poisson.sf(x - 1, cible * 800), stats.poisson.cdf(x, cible * 800)
    if min(abs(p_bon - 0.05), abs(p_mauvais - 0.05)) < 1e-9:
        return
    attendu = TENU if p_bon < 0.05 else NON_TENU if p_mauvais < 0.05 else NON_CONCLUANT
    assert juger_les_mesures(_cellule(x, 800, cible, nature_indicateur="taux"))["verdict"].iloc[0] == attendu


def test_un_zero_publie_ne_conclut_qu_au_dela_de_ce_que_le_bruit_a_pu_effacer():
    """Zéro publié sur cent : un compte attendu de six se publie zéro plus d'une fois sur vingt."""
    bruit = Bruit()
    zero, publie_zero = bruit.borne_d_un_zero(1 - 2 * RISQUE), bruit.lois[range(6), range(5, -1, -1)]
    jugee = juger_les_mesures(_cellule(0, 100, 0.055, variance=bruit.variance, zero=zero)).iloc[0]
    assert (jugee["verdict"], jugee["haut"]) == (NON_CONCLUANT, pytest.approx(zero / 100))
    assert stats.poisson.pmf(range(6), zero) @ publie_zero == pytest.approx(RISQUE)
    assert _attribuer(0, 100, 0.055, "au_moins", variance=bruit.variance, zero=zero) == NON_CONCLUANT
    assert juger_les_mesures(_cellule(0, 100, 0.055))["verdict"].iloc[0] == NON_TENU


def test_soixante_et_un_sur_deux_cents_pour_un_quart_a_partout_le_meme_verdict():
    assert juger_les_mesures(_cellule(61, 200, 0.25))["verdict"].iloc[0] == TENU
    assert _attribuer(61, 200, 0.25, "au_moins") == TENU


@pytest.mark.parametrize(("connus", "total"), [(80, 100), (150, 200), (199, 200)])
def test_les_bornes_de_ce_qui_manque_sont_atteintes_et_jamais_depassees(connus, total):
    """Toutes les façons de compléter une part dont on connaît exactement ce qui est couvert."""
    x = connus // 3
    completees = (x + np.arange(total - connus + 1)) / total
    part, vaut = np.array(["proportion"]), np.array([x / connus])
    bas, haut = etendre_a_ce_qui_manque(part, vaut, vaut, np.array([connus / total]))
    assert (bas[0], haut[0]) == pytest.approx((completees.min(), completees.max()))


@pytest.mark.parametrize(
    ("nature", "sens", "verdict"),
    [
        ("proportion", "au_moins", NON_CONCLUANT),
        ("proportion", "au_plus", NON_CONCLUANT),
        ("taux", "au_moins", NON_CONCLUANT),
        ("taux", "au_plus", NON_CONCLUANT),
        ("effectif", "au_moins", TENU),
        ("effectif", "au_plus", NON_TENU),
        ("moyenne", "au_moins", NON_CONCLUANT),
    ],
)
def test_rien_n_est_tenu_sur_ce_qui_manque(nature, sens, verdict):
    """140 sur 200 pour 60 % : sans la moitié des dépôts, seul un compte déjà atteint se conclut."""
    champs = {"nature_indicateur": nature, "sens": sens, "couverture": 0.5}
    jugee = juger_les_mesures(_cellule(140, 200, 0.6, **champs)).iloc[0]
    assert jugee["verdict"] == verdict
    assert ("Tous les bailleurs n'ont pas déposé" in jugee["raison"]) is (verdict == NON_CONCLUANT)
    complete = juger_les_mesures(_cellule(140, 200, 0.6, **champs | {"couverture": 1.0})).iloc[0]
    assert complete["verdict"] == (TENU if sens == "au_moins" else NON_TENU)


def test_le_constat_d_une_regle_arithmetique_se_lit_a_cote_du_verdict():
    lue = juger_les_mesures(_cellule(52, 200, 0.25)).iloc[0]
    assert (lue["verdict"], lue["constat"]) == (NON_CONCLUANT, "atteint")
    assert juger_les_mesures(_cellule(52, 200, 0.25, arithmetique=False))["constat"].iloc[0] == ""
