"""Des comptes aux évaluations : la hiérarchie refaite à la main, ce qui s'ajoute, ce qui ne se conclut pas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from petit_parc import INDICATEURS, REGLES, evaluer, sommes, tirer
from scipy.special import expit, logit

from observatoire.statistique.lois import LOIS
from observatoire.statistique.melange import DISPERSIONS
from observatoire.sujets.alertes.calcul.attendus import Comptes
from observatoire.sujets.alertes.calcul.hierarchie import Niveau
from observatoire.sujets.alertes.calcul.hierarchie import evaluer as evaluer_les_niveaux
from observatoire.sujets.alertes.calcul.strates import STRATE

CLES = ["niveau", "territoire", "indicateur"]
essais = settings(max_examples=8, deadline=None)
graines = st.integers(0, 2**32 - 1)


def _valeur(table, niveau, territoire, indicateur, colonne):
    ligne = table[table["niveau"].eq(niveau) & table["territoire"].eq(territoire) & table["indicateur"].eq(indicateur)]
    return ligne[colonne].item()


def _plat(part=0.2, n=30, immeubles=36, quartiers=3):
    """Un parc où tous les immeubles se ressemblent : (cellules, x, n)."""
    quartier = np.arange(immeubles) % quartiers
    cellules = pd.DataFrame(
        {
            "immeuble": [f"gbh:{i}" for i in range(immeubles)],
            "secteur": [f"s{q}{i % 2}" for i, q in enumerate(quartier)],
            "quartier": [f"q{q}" for q in quartier],
            "bailleur": "gbh",
            STRATE: "T3 PLUS",
        }
    )
    ns = np.full((immeubles, len(INDICATEURS)), n)
    return cellules, np.round(ns * part), ns


@given(graines)
@essais
def test_les_exces_des_immeubles_font_celui_du_quartier_au_dernier_chiffre(graine):
    table = evaluer(sommes(*tirer(graine)))
    places = table[table["quartier"].notna()]
    for mesure in ("observe", "attendu", "exces", "denominateur"):
        dixiemes = (places[mesure] * 10).round().astype(int)
        immeubles, quartiers = (
            dixiemes[places["niveau"].eq(n)].groupby([places["quartier"], places["indicateur"]]).sum()
            for n in ("immeuble", "quartier")
        )
        assert (immeubles == quartiers).all(), mesure


@given(graines)
@essais
def test_l_ordre_des_lignes_est_indifferent(graine):
    cellules, x, n = tirer(graine)
    ordre = np.random.default_rng(graine).permutation(len(cellules))
    droite, melee = (
        evaluer(sommes(cellules.iloc[o].reset_index(drop=True), x[o], n[o])).sort_values(CLES, ignore_index=True)
        for o in (np.arange(len(cellules)), ordre)
    )
    pd.testing.assert_frame_equal(droite, melee, check_exact=False, rtol=1e-9, atol=1e-9)


@given(graines)
@essais
def test_ce_qui_est_toujours_vrai(graine):
    table = evaluer(sommes(*tirer(graine)))
    evaluees = table[table["proba_alerte"].notna()]
    assert evaluees[["proba_vigilance", "proba_alerte"]].stack().between(0, 1).all()
    assert (evaluees["proba_alerte"] <= evaluees["proba_vigilance"] + 1e-12).all()
    assert (evaluees["exces_bas"] <= evaluees["exces"] + 0.1).all()
    assert (evaluees["exces"] <= evaluees["exces_haut"] + 0.1).all()
    assert (evaluees["lisse"] - evaluees["reference"] - evaluees["ecart_points"]).abs().max() < 1e-12
    nombres = evaluees.groupby(["niveau", "indicateur"])["territoire"].transform("size")
    assert (evaluees["nb_tests"] == nombres).all()
    assert table["territoire"].notna().all()
    assert not table.duplicated(CLES).any()


def test_les_quartiers_comparent_au_reste_de_la_ville_et_les_secteurs_a_leur_quartier_sans_eux():
    """Toute la hiérarchie refaite avec des boucles, sur six immeubles par secteur ; une seule strate."""
    alea = np.random.default_rng(3)
    quartier, secteur = np.repeat(np.arange(3), 12), np.repeat(np.arange(6), 6)
    n = alea.integers(15, 40, (36, 1)).astype(float)
    x = alea.binomial(n.astype(int), 0.25).astype(float)
    ailleurs = [x[quartier != q].sum() / n[quartier != q].sum() for q in range(3)]
    attendus = n * np.array(ailleurs)[quartier][:, None]
    comptes = Comptes(x, n, attendus, n)
    niveaux = [
        Niveau("quartier", comptes.reunir(quartier, 3), None, np.ones(3, dtype=bool)),
        Niveau("secteur", comptes.reunir(secteur, 6), np.arange(6) // 2, np.ones(6, dtype=bool)),
        Niveau("immeuble", comptes, secteur, np.ones(36, dtype=bool)),
    ]
    seuils = lambda niveau: (np.array([0.05]), np.array([0.10]))  # noqa: E731
    tous = lambda c: np.ones_like(c.x, dtype=bool)  # noqa: E731
    quartiers, secteurs, immeubles = evaluer_les_niveaux(
        niveaux, LOIS["proportion"], DISPERSIONS["proportion"], seuils, tous
    )

    def retrecir(autour, a_priori, attendue, dispersion):
        poids = 1 / dispersion.item() - 1
        moyenne = expit(logit(attendue) + a_priori)
        return logit((x[autour].sum() + poids * moyenne) / (n[autour].sum() + poids)) - logit(attendue)

    for q in range(3):
        assert quartiers.reference[q, 0] == pytest.approx(ailleurs[q])
    effet_du_secteur = {}
    for s in range(6):
        q = s // 2
        autour = (quartier == q) & (secteur != s)
        effet_du_secteur[s] = retrecir(autour, 0.0, ailleurs[q], quartiers.melange.dispersion)
        attendue = expit(logit(ailleurs[q]) + effet_du_secteur[s])
        assert secteurs.reference[s, 0] == pytest.approx(max(ailleurs[q], attendue))
    for i in range(36):
        s, q = secteur[i], quartier[i]
        autour = (secteur == s) & (np.arange(36) != i)
        effet = retrecir(autour, effet_du_secteur[s], ailleurs[q], secteurs.melange.dispersion)
        assert immeubles.reference[i, 0] == pytest.approx(max(ailleurs[q], expit(logit(ailleurs[q]) + effet)))


def test_un_immeuble_qui_derive_est_signale_et_lui_seul():
    cellules, x, n = _plat()
    x[7] = 24  # 80 % là où tout le reste est à 20 %
    table = evaluer(sommes(cellules, x, n))
    signales = table[table["proba_alerte"] > REGLES.probabilite]
    assert set(zip(signales["niveau"], signales["territoire"], strict=True)) == {("immeuble", "gbh:7")}
    assert _valeur(table, "immeuble", "gbh:7", "impayes_3_mois", "exces") == pytest.approx(18)


def test_ce_que_tout_le_quartier_partage_est_l_alerte_du_quartier_non_des_immeubles():
    cellules, x, n = _plat(immeubles=60, quartiers=5)
    x[cellules["quartier"].eq("q1").to_numpy()] = 15
    table = evaluer(sommes(cellules, x, n))
    signales = table[(table["proba_alerte"] > REGLES.probabilite) & table["indicateur"].eq("impayes_3_mois")]
    assert set(zip(signales["niveau"], signales["territoire"], strict=True)) == {("quartier", "q1")}


def test_ce_qui_ne_depasse_pas_la_ville_n_est_pas_une_alerte():
    """Un immeuble au-dessus de ses voisins, dans un quartier très au-dessous de la ville."""
    cellules, x, n = _plat(part=0.5)
    x[cellules["quartier"].eq("q0").to_numpy()] = 2
    x[0] = 12  # 40 %, contre 7 % autour et 50 % en ville
    table = evaluer(sommes(cellules, x, n))
    assert _valeur(table, "immeuble", "gbh:0", "impayes_3_mois", "proba_vigilance") < 0.1


@pytest.mark.parametrize(
    ("repondants", "concernes", "conclu"), [(10, 10, False), (11, 11, True), (30, 51, False), (30, 50, True)]
)
def test_trop_peu_de_repondants_ou_de_reponses(repondants, concernes, conclu):
    cellules, x, n = _plat()
    doivent = n.copy()
    n[4], x[4], doivent[4] = repondants, 3, concernes
    table = evaluer(sommes(cellules, x, n, doivent))
    ligne = table[table["territoire"].eq("gbh:4") & table["indicateur"].eq("impayes_3_mois")].iloc[0]
    assert pd.notna(ligne["proba_alerte"]) == conclu
    assert ligne["reponse"] == pytest.approx(repondants / concernes)
    assert ligne["nb_tests"] == 35 + conclu
    assert ligne["observe"] == 3


def test_un_indicateur_auquel_personne_n_a_repondu_n_a_pas_de_ligne():
    cellules, x, n = _plat()
    x[:, 0] = n[:, 0] = 0
    table = evaluer(sommes(cellules, x, n))
    assert set(table["indicateur"]) == set(INDICATEURS[1:])
    assert table["proba_alerte"].notna().all()


def test_un_bailleur_qui_n_a_rien_livre_ne_change_rien_aux_autres():
    cellules, x, n = _plat()
    absents = cellules.assign(immeuble="adoma:" + cellules.index.astype(str), bailleur="adoma")
    rien = np.zeros_like(n)
    avec = evaluer(
        sommes(pd.concat([cellules, absents], ignore_index=True), np.vstack([x, rien]), np.vstack([n, rien]))
    )
    sans = evaluer(sommes(cellules, x, n))
    assert not avec["bailleur"].eq("adoma").any()
    pd.testing.assert_frame_equal(avec.sort_values(CLES, ignore_index=True), sans.sort_values(CLES, ignore_index=True))


def test_une_ville_d_un_seul_quartier_n_a_rien_a_quoi_se_comparer():
    table = evaluer(sommes(*_plat(quartiers=1)))
    assert table["proba_alerte"].isna().all()
    assert table["observe"].notna().all()
    assert (table["nb_tests"] == 0).all()


def test_un_immeuble_sans_secteur_ni_quartier_est_evalue_et_n_invente_pas_de_territoire():
    cellules, x, n = _plat()
    cellules.loc[5, ["secteur", "quartier"]] = None
    table = evaluer(sommes(cellules, x, n))
    assert pd.notna(_valeur(table, "immeuble", "gbh:5", "impayes_3_mois", "proba_alerte"))
    assert _valeur(table, "quartier", "q2", "impayes_3_mois", "denominateur") == 30 * 11
    assert set(table.loc[table["niveau"].eq("quartier"), "territoire"]) == {"q0", "q1", "q2"}


@pytest.mark.parametrize("part", [0, 1])
def test_personne_ou_tout_le_monde(part):
    table = evaluer(sommes(*_plat(part=part)))
    assert table["proba_alerte"].notna().all()
    assert (table["proba_vigilance"] < REGLES.probabilite).all()
    assert (table["exces"] == 0).all()


def test_des_seuils_propres_a_un_niveau_ou_a_un_indicateur():
    tire = sommes(*tirer(4, immeubles=80))
    ordinaire = evaluer(tire)
    severe = evaluer(tire, replace(REGLES, par_niveau={"immeuble": (0.01, 0.02)}))
    seul = evaluer(tire, replace(REGLES, par_indicateur={"impayes_3_mois": (0.01, 0.02)}))

    def moyenne(table, niveau, code):
        return table.loc[table["niveau"].eq(niveau) & table["indicateur"].eq(code), "proba_alerte"].mean()

    for code in INDICATEURS:
        assert moyenne(severe, "immeuble", code) > 1.1 * moyenne(ordinaire, "immeuble", code)
        assert moyenne(severe, "quartier", code) == moyenne(ordinaire, "quartier", code)
        plus = moyenne(seul, "immeuble", code) > 1.1 * moyenne(ordinaire, "immeuble", code)
        assert plus == (code == "impayes_3_mois")
