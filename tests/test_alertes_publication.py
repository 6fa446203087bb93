"""Les alertes publiées : les mêmes règles sur les comptes publiés, et rien de ce qui est caché."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from petit_parc import INDICATEURS, REFERENTIELS, REGLES, evaluer, sommes, tirer

from observatoire.baremes import lire_baremes
from observatoire.cles import MODULE
from observatoire.indicateurs.sommes import Sommes
from observatoire.secret import Bruit, lire_regles_du_secret
from observatoire.statistique.intervalles import ecart_type_du_bruit
from observatoire.statistique.lois import LOIS, peser
from observatoire.sujets.alertes.calcul import publication
from observatoire.sujets.alertes.calcul.attendus import Releves, attendre
from observatoire.sujets.alertes.calcul.etape import CLES
from observatoire.sujets.alertes.calcul.etendue import mesurer_l_etendue
from observatoire.sujets.alertes.calcul.publication import (
    PORTEES,
    PORTEES_DE_LOIN,
    Vues,
    evaluer_ce_qui_parait,
    publier_les_alertes,
    regles_de_ce_qui_alerte,
)
from observatoire.sujets.alertes.calcul.standards import anonymiser, garder, relire, reunir_les_annees
from observatoire.sujets.alertes.calcul.strates import SOMMEES, STRATE, ranger_le_parc
from observatoire.sujets.alertes.calcul.suites import juger
from observatoire.vocabulaire import SIGNALES

LIEU = CLES[1:]
SANS_RUPTURE = pd.DataFrame({"annee": [], "indicateurs": []})
SANS_BRUIT = dict.fromkeys(INDICATEURS, Bruit(variance=0))
BRUITS = dict.fromkeys(INDICATEURS, Bruit())


def tirer_avec_cles(graine: int, **options) -> Sommes:
    """Un parc au hasard, la clé de chaque compte à côté."""
    comptees = sommes(*tirer(graine, **options))
    cles = [(code, f"{role}_cle") for role in ("numerateur", "denominateur") for code in INDICATEURS]
    tirees = np.random.default_rng(graine).integers(0, MODULE, (len(comptees.valeurs), len(cles)))
    return Sommes(comptees.cellules, np.hstack([comptees.valeurs, tirees]), [*comptees.colonnes, *cles])


def paraitre(exactes: pd.DataFrame) -> pd.DataFrame:
    """Les indicateurs publiés sans bruit, d'après des évaluations exactes."""
    noms = {"observe": "numerateur"}
    return exactes[[*LIEU, "observe", "denominateur", "reponse"]].rename(columns=noms).assign(statut="publie")


def publier(comptees: Sommes, paru: pd.DataFrame, bruits=SANS_BRUIT, regles=REGLES) -> pd.DataFrame:
    """Ce que la publication en évalue, une année, trié."""
    evaluees = evaluer_ce_qui_parait(ranger_le_parc(comptees, regles, bruits), regles, Vues(paru, bruits))
    return evaluees.sort_values(LIEU, ignore_index=True)


@pytest.mark.parametrize("graine", [1, 2, 3])
def test_sans_bruit_ni_arrondi_ce_qui_se_publie_est_ce_qui_est_calcule(graine, monkeypatch):
    """L'oracle : les deux chemins ne diffèrent alors que par l'attendu écrit, somme d'arrondis au dixième."""
    monkeypatch.setattr(publication, "DECIMALES_DU_TAUX", 12)
    comptees = tirer_avec_cles(graine, immeubles=60)
    exactes = evaluer(comptees).sort_values(LIEU, ignore_index=True)
    publiees = publier(comptees, paraitre(exactes))
    pd.testing.assert_frame_equal(publiees[LIEU], exactes[LIEU])
    for mesure in ("observe", "denominateur", "reponse", "nb_tests"):
        pd.testing.assert_series_equal(publiees[mesure], exactes[mesure])
    assert (publiees["attendu"] - exactes["attendu"]).abs().max() < 1
    for mesure in ("lisse", "reference", "proba_vigilance", "proba_alerte"):
        assert (publiees[mesure].isna() == exactes[mesure].isna()).all()
        assert (publiees[mesure] - exactes[mesure]).abs().max() < 1e-7, mesure


def test_ce_qui_est_cache_ne_change_rien_de_ce_qui_parait():
    """Quels que soient les comptes cachés d'un secteur et d'un immeuble, tout le reste est le même."""
    comptees = tirer_avec_cles(4, immeubles=60)
    paru = paraitre(evaluer(comptees))
    secteur, immeuble = (paru.loc[paru["niveau"].eq(n), "territoire"].iloc[3] for n in ("secteur", "immeuble"))
    cache = paru["territoire"].isin([secteur, immeuble])
    tues = paru.assign(statut=paru["statut"].mask(cache, "c"))
    comptes = ["numerateur", "denominateur", "reponse"]
    tues[comptes] = tues[comptes].mask(cache)
    publiees = publier(comptees, tues)
    lignes = publiees[publiees["territoire"].isin([secteur, immeuble])]
    assert set(lignes["statut"]) == {"c"}
    assert lignes[["observe", "exces", "lisse", "reference", "proba_alerte", "denominateur"]].isna().all(axis=None)
    autres = publiees[~publiees["territoire"].isin([secteur, immeuble])]
    assert autres.loc[autres["niveau"].eq("quartier"), "observe"].notna().all()
    assert autres.loc[autres["secteur"].eq(secteur), "proba_alerte"].notna().any()  # comparés à ce que l'on sait


def test_un_compte_bruite_vaut_un_plus_petit_de_meme_part():
    loi, ou = LOIS["proportion"], np.array([[True], [True], [False]])
    x, n, moyenne = np.array([[6.0], [60.0], [3.0]]), np.array([[20.0], [200.0], [20.0]]), np.full((3, 1), 0.3)
    exact = peser(loi, (x, n), moyenne, 0.0, ou)
    assert exact[0].ravel().tolist() == [6, 60, 0]
    lus, effectifs = peser(loi, (x, n), moyenne, np.array([2.0]), ou)
    assert (lus[:2] / effectifs[:2]).ravel() == pytest.approx([0.3, 0.3])
    # La part d'un échantillon de cet effectif a la variance du hasard et du bruit réunies.
    for rang in (0, 1):
        attendue = 0.3 * 0.7 / n[rang, 0] + ecart_type_du_bruit(0.3, n[rang, 0], 2.0) ** 2
        assert 0.3 * 0.7 / effectifs[rang, 0] == pytest.approx(attendue)
    assert (lus[2], effectifs[2]) == (0, 0)


def test_le_bruit_elargit_l_intervalle_de_l_exces_et_la_variance_des_pentes():
    comptees = tirer_avec_cles(5)
    paru = paraitre(evaluer(comptees))
    sans, avec = (publier(comptees, paru, bruits) for bruits in (SANS_BRUIT, BRUITS))
    largeurs = [(t["exces_haut"] - t["exces_bas"]).to_numpy() for t in (sans, avec)]
    connus = np.isfinite(largeurs[0])
    assert (largeurs[1][connus] > largeurs[0][connus]).all()
    parts = avec[avec["indicateur"].ne("signalements") & avec["variance"].notna()]
    reference, n = parts["reference"], parts["denominateur"]
    attendues = reference * (1 - reference) / n + BRUITS["signalements"].variance * (1 + reference**2) / n**2
    pd.testing.assert_series_equal(parts["variance"], attendues, check_names=False)


def test_les_attendus_portent_le_bruit_du_reste_de_la_ville():
    alea = np.random.default_rng(6)
    n = alea.integers(20, 60, (12, 1)).astype(float)
    x, cles = alea.binomial(n.astype(int), 0.2).astype(float), alea.integers(0, MODULE, (2, 12, 1)).astype(float)
    strates, groupes = np.tile([0, 1], 6), np.repeat([0, 1, 2], 4)
    releves, bruit = Releves(x, n, *cles), Bruit()
    exacts = attendre(releves, strates, groupes, 11)
    assert (attendre(releves, strates, groupes, 11, [Bruit(variance=0)]) == exacts).all()
    bruites = attendre(releves, strates, groupes, 11, [bruit])
    for g in range(3):
        for s in range(2):
            autour = (groupes != g) & (strates == s)
            paires = zip((x, n), cles, strict=True)
            comptes = [bruit.bruiter([v[autour].sum()], [c[autour].sum() % MODULE])[0] for v, c in paires]
            ici = (groupes == g) & (strates == s)
            assert bruites[ici] == pytest.approx(n[ici] * comptes[0] / comptes[1])
    assert not np.allclose(bruites, exacts)


@pytest.fixture(scope="module")
def jugees():
    """Un parc jugé une année sur ce qui paraît ; le seuil est si bas qu'un bon tiers des immeubles est signalé."""
    regles = replace(REGLES, probabilite=0.2)
    comptees = tirer_avec_cles(11, immeubles=80)
    evaluees = publier(comptees, paraitre(evaluer(comptees)), regles=regles).assign(annee=2010)
    return mesurer_l_etendue(juger(evaluees, {2010: regles}, SANS_RUPTURE)).sort_values(CLES, ignore_index=True)


def _secret(public: str):
    return replace(lire_regles_du_secret(REFERENTIELS, lire_baremes(REFERENTIELS), public, 2010), indicateurs={})


def _publier(jugees: pd.DataFrame, public: str) -> pd.DataFrame:
    alertes, ampleurs = publier_les_alertes(jugees, _secret(public))
    return alertes.merge(ampleurs, on=[*CLES, "statut"], validate="1:1")


def test_le_public_ne_voit_aucun_immeuble_et_des_quartiers_seulement_ce_qu_ils_portent(jugees):
    paru, partenaires = _publier(jugees, "publique"), _publier(jugees, "partenaires")
    assert set(paru["niveau"]) == {"secteur", "quartier"}
    assert paru.loc[paru["niveau"].eq("secteur"), PORTEES].isna().all(axis=None)
    assert paru[[c for c in PORTEES if c not in PORTEES_DE_LOIN]].isna().all(axis=None)
    quartiers = paru[paru["niveau"].eq("quartier")].merge(partenaires, on=CLES, suffixes=("", "_p"))
    assert quartiers["porteurs"].gt(0).any()
    assert (quartiers["porteurs"] == quartiers["porteurs_p"]).all()
    assert "immeuble" in set(partenaires["niveau"])


def test_toute_evaluation_publiee_a_ses_mesures_et_ce_qui_n_est_pas_conclu_n_en_a_pas(jugees):
    paru = _publier(jugees, "partenaires")
    conclues, autres = paru[paru["statut"].eq("publie")], paru[paru["statut"].ne("publie")]
    assert not set(conclues["verdict"]) - {*SIGNALES, "conforme"}
    assert conclues[["observe", "attendu", "exces", "lisse", "reference", "proba_alerte"]].notna().all(axis=None)
    assert set(autres["statut"]) == {"ne"}
    assert autres[["verdict", "observe", "attendu", "exces", "reponse", "concordants"]].isna().all(axis=None)


def test_les_regles_de_ce_qui_alerte_voient_les_immeubles_et_rien_par_bailleur():
    etendues = regles_de_ce_qui_alerte(_secret("publique"), {2010: REGLES})
    table = pd.DataFrame(
        [("immeuble", "tous", "signalements"), ("quartier", "gbh", "signalements"), ("quartier", "tous", "apl"),
         ("ville", "tous", "signalements")],
        columns=["niveau", "bailleur", "indicateur"],
    )  # fmt: skip
    assert etendues.montre(table).tolist() == [True, False, False, False]


# Ce qui est gardé pour la publication -------------------------------------------------------------------------


def _relire(table: pd.DataFrame, dossier) -> Sommes:
    table.to_parquet(dossier / "strates.parquet")
    return relire(dossier)[2010]


def test_ce_qui_est_garde_refait_les_attendus_sans_rien_de_plus_fin_que_le_quartier(tmp_path):
    comptees = tirer_avec_cles(8, immeubles=60)
    gardees = reunir_les_annees([garder(comptees, REGLES).assign(annee=2010)])
    lieux = gardees["quartier"].fillna("\x01" + gardees["secteur"].fillna("\x01" + gardees["immeuble"]))
    for code in INDICATEURS:
        portees = gardees[f"{code} numerateur"].gt(0).groupby([lieux, gardees[STRATE]]).sum()
        assert portees.max() == 1
        assert gardees[f"{code} numerateur"].sum() == comptees.role(code, "numerateur").sum()
    relues = _relire(gardees, tmp_path)
    for un, autre in zip(*(ranger_le_parc(s, REGLES, BRUITS).groupes for s in (comptees, relues)), strict=True):
        np.testing.assert_allclose(un[1].attendus, autre[1].attendus, atol=1e-9)


def test_une_annee_purgee_garde_les_attendus_de_tout_ce_qui_parait(tmp_path):
    """Les petits immeubles n'ont plus de nom ni de bailleur ; ce qui les contient les compte encore."""
    comptees = tirer_avec_cles(9, immeubles=60)
    table = garder(comptees, REGLES)
    grands = set(table["immeuble"].unique()[::2])
    purgee = anonymiser(table, grands)
    assert not set(purgee["immeuble"]) & (set(table["immeuble"]) - grands)
    assert len(purgee) < len(table)
    avant, apres = (ranger_le_parc(_relire(t.assign(annee=2010), tmp_path), REGLES, BRUITS) for t in (table, purgee))
    paru = paraitre(evaluer(comptees))
    vus = [
        evaluer_ce_qui_parait(parc, REGLES, Vues(paru, BRUITS)).sort_values(LIEU, ignore_index=True)
        for parc in (avant, apres)
    ]
    restent = ~vus[0]["niveau"].eq("immeuble") | vus[0]["territoire"].isin(grands)
    colonnes = [*LIEU, "observe", "attendu", "exces", "quartier", "secteur", "bailleur"]
    pd.testing.assert_frame_equal(vus[0].loc[restent, colonnes].reset_index(drop=True), vus[1][colonnes])


def test_les_roles_gardes_sont_ceux_dont_se_tire_un_attendu():
    assert SOMMEES == ("numerateur", "denominateur", "numerateur_cle", "denominateur_cle")
