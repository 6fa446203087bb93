"""Les années bout à bout : la pente, la persistance, le verdict ; rien ne vient de l'avenir ni d'avant une rupture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from petit_parc import REGLES

from observatoire.sujets.alertes.calcul.suites import SERIE, juger
from observatoire.vocabulaire import ALERTES

ANNEES = [2007, 2008, 2009, 2010]
CODE = "impayes_3_mois"
SANS_RUPTURE = pd.DataFrame({"annee": [], "indicateurs": []})


def _evaluees(territoires=12, graine=1, hausse=0.0) -> pd.DataFrame:
    """Des évaluations au hasard ; la part du premier territoire monte de ``hausse`` par an."""
    alea = np.random.default_rng(graine)
    lignes = [(annee, f"gbh:{t}") for t in range(territoires) for annee in ANNEES]
    table = pd.DataFrame(lignes, columns=["annee", "territoire"]).assign(niveau="immeuble", indicateur=CODE)
    n = alea.integers(20, 80, len(table)).astype(float)
    part = 0.2 + hausse * table["territoire"].eq("gbh:0") * (table["annee"] - ANNEES[0])
    return table.assign(
        denominateur=n, observe=alea.binomial(n.astype(int), part).astype(float), attendu=0.2 * n,
        variance=0.16 / n, proba_vigilance=0.3, proba_alerte=0.2,
    )  # fmt: skip


def _juger(table, ruptures=SANS_RUPTURE, regles=REGLES):
    jugees = juger(table, dict.fromkeys(ANNEES, regles), ruptures)
    return jugees.sort_values(["annee", *SERIE], ignore_index=True)


def _verdicts(probas_alerte, probas_vigilance=None, **suites):
    table = pd.DataFrame({"annee": ANNEES[: len(probas_alerte)], "territoire": "gbh:0", "niveau": "immeuble"}).assign(
        indicateur=CODE, denominateur=30.0, observe=6.0, attendu=6.0, variance=0.16 / 30,
        proba_alerte=probas_alerte, proba_vigilance=probas_vigilance or probas_alerte, **suites,
    )  # fmt: skip
    return juger(table, dict.fromkeys(ANNEES, REGLES), SANS_RUPTURE)["verdict"].tolist()


def test_pente_comme_statsmodels_puis_retrecie():
    """Moindres carrés pondérés de statsmodels, puis DerSimonian et Laird refaits à la main."""
    table = _evaluees(hausse=0.08)
    obtenues = _juger(table)
    obtenues = obtenues[obtenues["annee"].eq(2010)].set_index("territoire")
    brutes, variances = {}, {}
    for territoire, lignes in table.groupby("territoire"):
        ecart = (lignes["observe"] - lignes["attendu"]) / lignes["denominateur"]
        modele = sm.WLS(ecart, sm.add_constant(lignes["annee"] - 2010), weights=1 / lignes["variance"]).fit()
        brutes[territoire], variances[territoire] = modele.params["annee"], modele.normalized_cov_params.iloc[1, 1]
    brutes, variances = pd.Series(brutes), pd.Series(variances)
    entre = max(np.mean(brutes**2 - variances), 0)
    assert entre > 0
    rappel = entre / (entre + variances)
    pd.testing.assert_series_equal(obtenues["pente"].sort_index(), (rappel * brutes).sort_index(), check_names=False)
    marge = 1.959963984540054 * np.sqrt(rappel * variances)
    np.testing.assert_allclose(obtenues["pente_haut"] - obtenues["pente"], marge.sort_index(), atol=1e-12)
    assert obtenues["proba_pente"].idxmax() == "gbh:0"


def test_deux_annees_ne_font_pas_une_pente():
    jugees = _juger(_evaluees())
    assert jugees.loc[jugees["annee"] < 2009, "pente"].isna().all()
    assert jugees.loc[jugees["annee"] >= 2009, "pente"].notna().all()


def test_aucune_pente_ne_traverse_une_rupture():
    table = _evaluees(hausse=0.08)
    rupture = pd.DataFrame({"annee": [2009], "indicateurs": [CODE]})
    assert _juger(table, rupture)["pente"].isna().all()
    ancienne = _juger(table, rupture.assign(annee=2008))
    depuis = _juger(table[table["annee"] >= 2008])
    for colonne in ("pente", "proba_pente"):
        en_2010 = [t.loc[t["annee"].eq(2010), colonne].to_numpy() for t in (ancienne, depuis)]
        np.testing.assert_allclose(*en_2010)
    d_un_autre = _juger(table, rupture.assign(indicateurs="signalements"))
    pd.testing.assert_frame_equal(d_un_autre, _juger(table))


def test_un_verdict_ne_depend_d_aucune_annee_qui_le_suit():
    alea = np.random.default_rng(2)
    table = _evaluees(territoires=30, hausse=0.1)
    table["proba_alerte"] = np.where(alea.random(len(table)) < 0.1, np.nan, alea.random(len(table)))
    table["proba_vigilance"] = np.sqrt(table["proba_alerte"])
    toutes = _juger(table)
    assert set(toutes["verdict"]) == set(ALERTES)
    for derniere in ANNEES:
        vues = _juger(table[table["annee"] <= derniere])
        pd.testing.assert_frame_equal(toutes[toutes["annee"] <= derniere], vues)


def test_l_ordre_des_lignes_est_indifferent():
    table = _evaluees(territoires=30)
    pd.testing.assert_frame_equal(_juger(table.sample(frac=1, random_state=1)), _juger(table))


@pytest.mark.parametrize(
    ("alertes", "vigilances", "attendus"),
    [
        ([0.1], None, ["conforme"]),
        ([0.6], [0.6], ["conforme"]),
        ([0.1], [0.61], ["vigilance"]),
        ([0.7], [0.9], ["alerte"]),
        ([np.nan], [np.nan], ["non_evaluable"]),
        ([0.7, 0.7], None, ["alerte", "alerte_confirmee"]),
        ([0.7, 0.1, 0.7], None, ["alerte", "conforme", "alerte_confirmee"]),
        ([0.7, 0.1, 0.1, 0.7], None, ["alerte", "conforme", "conforme", "alerte"]),
        ([0.7, np.nan, 0.7], None, ["alerte", "non_evaluable", "alerte_confirmee"]),
        ([0.7, 0.7, 0.1], None, ["alerte", "alerte_confirmee", "conforme"]),
    ],
)
def test_verdicts(alertes, vigilances, attendus):
    assert _verdicts(alertes, vigilances) == attendus


def test_une_hausse_probable_confirme_une_alerte():
    table = _evaluees(territoires=40, hausse=0.15)
    table.loc[table["annee"].eq(2010), ["proba_alerte", "proba_vigilance"]] = 0.9
    jugees = _juger(table)
    en_2010 = jugees[jugees["annee"].eq(2010)].set_index("territoire")["verdict"]
    assert en_2010["gbh:0"] == "alerte_confirmee"
    assert en_2010.value_counts()["alerte"] > 30
    sans_pente = _juger(table, regles=replace(REGLES, pente=0.9))
    assert not sans_pente["verdict"].eq("alerte_confirmee").any()
