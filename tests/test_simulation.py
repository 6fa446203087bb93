"""La simulation : chiffres de référence, formule close, demande conservée, objectifs hors d'atteinte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire.sujets.simulation.modele.horizon import duree_de_la_charte
from observatoire.sujets.simulation.modele.lieux import codes_du_parc, composer_le_parc
from observatoire.sujets.simulation.modele.pertinence import juger_la_pertinence
from observatoire.sujets.simulation.modele.projection import (
    Parc,
    atteignables,
    equilibrer,
    profil_pour,
    projeter,
    trajectoire,
)
from observatoire.sujets.simulation.modele.report import reporter
from observatoire.sujets.simulation.modele.tirages import Tirage, probabilites, profil_probable, simuler
from observatoire.sujets.simulation.modele.traits import TRAITS

PARTS = st.floats(0, 1)
TAUX = st.floats(0.01, 0.4)


@st.composite
def parcs(dessiner):
    return Parc(
        dessiner(st.integers(20, 5000)), dessiner(PARTS), dessiner(TAUX), dessiner(TAUX), dessiner(st.floats(0, 50))
    )


@pytest.mark.parametrize(("baisse", "profil"), [(0.02, 0.37), (0.05, 0.25), (0.10, 0.04)])
def test_a_9_pour_cent_de_rotation_45_baisse_en_trois_ans(baisse, profil):
    parc = equilibrer(1000, 0.45, 0.09)
    assert round(float(profil_pour(parc, 0.45 - baisse, 3)), 2) == profil


def test_a_6_pour_cent_de_rotation_dix_points_sont_hors_d_atteinte():
    parc = equilibrer(1000, 0.45, 0.06)
    assert np.isnan(profil_pour(parc, 0.35, 3))
    assert atteignables(parc, 3)[0] == pytest.approx(0.45 * 0.94**3)
    jugement = juger_la_pertinence(parc, 0.45, 0.35, "baisse", 3)
    assert jugement.verdict == "hors_d_atteinte"
    assert np.isnan(jugement.profil)
    assert np.isnan(jugement.profil_sur)
    assert jugement.probabilite == 0


@given(st.integers(20, 5000), PARTS, TAUX, PARTS, st.integers(0, 12))
def test_la_formule_close(menages, part, depart, entrants, annees):
    attendu = entrants + (part - entrants) * (1 - depart) ** annees
    assert projeter(equilibrer(menages, part, depart), entrants, annees) == pytest.approx(attendu, abs=1e-12)


@given(parcs(), PARTS, st.integers(1, 10))
def test_le_profil_trouve_mene_a_la_cible_et_un_de_plus_la_depasse(parc, cible, annees):
    basse, haute = atteignables(parc, annees)
    profil = profil_pour(parc, cible, annees)
    if basse <= cible <= haute:
        assert projeter(parc, profil, annees) == pytest.approx(cible, abs=1e-9)
    else:
        assert np.isnan(profil)
    assert (np.diff(projeter(parc, np.linspace(0, 1, 11), annees)) > 0).all()


@given(parcs(), st.integers(0, 8))
def test_sans_changement_un_parc_neuf_ou_ancien_garde_la_part_de_ses_entrants(parc, annees):
    fixe = Parc(parc.menages, parc.part, parc.depart_autres, parc.depart_autres, parc.livraisons)
    assert trajectoire(fixe, fixe.part, annees) == pytest.approx(np.full(annees + 1, fixe.part), abs=1e-12)


def test_les_livraisons_se_remplissent_d_entrants():
    parc = Parc(100, 0.5, 0.0, 0.0, 100)
    assert projeter(parc, 0.0, 1) == pytest.approx(0.25)
    assert simuler(parc, 0.0, 1, Tirage(3)).tolist() == [[0.25, 0.25, 0.25]]


def test_les_departs_des_uns_et_des_autres_peuvent_differer():
    parc = equilibrer(1000, 0.5, 0.10, depart_trait=0.16)
    assert parc.depart_autres == pytest.approx(0.04)
    assert parc.depart == pytest.approx(0.10)
    assert projeter(parc, 0.5, 1) == pytest.approx(0.5 * 0.84 + 0.5 * 0.10)


def test_les_tirages_suivent_l_esperance_et_la_graine():
    parc = Parc(800, 0.45, 0.12, 0.07, 6)
    tirees = simuler(parc, [0.2, 0.6], 3, Tirage(20_000, 1))
    erreur = tirees.std(axis=1) / np.sqrt(20_000)
    assert (np.abs(tirees.mean(axis=1) - projeter(parc, np.array([0.2, 0.6]), 3)) < 4 * erreur).all()
    assert (simuler(parc, 0.2, 3, Tirage(50, 9)) == simuler(parc, 0.2, 3, Tirage(50, 9))).all()
    assert (simuler(parc, 0.2, 3, Tirage(50, 9)) != simuler(parc, 0.2, 3, Tirage(50, 8))).any()


def test_un_an_de_tirages_a_l_ecart_type_de_la_loi_binomiale():
    # Tous partent, tous sont remplacés : la part est une binomiale de 400.
    tirees = simuler(Parc(400, 0.5, 1.0, 1.0), 0.3, 1, Tirage(40_000, 3))
    assert tirees.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 400), rel=0.02)


def test_peu_de_menages_observes_elargissent_le_resultat():
    sur, vague = (Parc(2000, 0.45, 0.09, 0.09, connus=connus) for connus in (None, (60, 30, 30)))
    assert simuler(vague, 0.3, 3).std() > 3 * simuler(sur, 0.3, 3).std()


def _lignes(**denominateurs) -> dict[str, dict]:
    """Les quatre valeurs d'un parc : 45 % ont le trait, 9 % partent, qu'ils l'aient ou non."""
    valeurs = dict(zip(("parc", "entrants", "departs", "tous"), (0.45, 0.3, 0.09, 0.09), strict=True))
    codes = zip(codes_du_parc(TRAITS["moins_40"]), valeurs, strict=True)
    return {
        code: {
            "valeur": valeurs[nom],
            "denominateur": denominateurs.get(nom, 100),
            "reponse": 0.8 if nom == "parc" else 1,
        }
        for code, nom in codes
    }


@pytest.mark.parametrize(("connus", "ecart_type"), [(2000, 0.0), (1700, 0.00467), (400, 0.0222)])
def test_un_parc_presque_tout_connu_n_est_pas_un_echantillon_d_un_parc_infini(connus, ecart_type):
    """L'écart type d'un sondage sans remise : celui de la binomiale, réduit de la part du parc qui est connue."""
    parts = simuler(Parc(2000, 0.45, 0.09, 0.09, connus=(connus, 1e9, 1e9)), 0.4, 0, Tirage(20_000))[0]
    assert parts.mean() == pytest.approx(0.45, abs=0.001)
    assert parts.std() == pytest.approx(ecart_type, rel=0.03)


def test_connaitre_presque_tout_le_parc_demande_moins_aux_entrants():
    """Un recensement à 85 % tiré comme un échantillon ferait demander un profil plus bas que nécessaire."""
    connu, echantillon = (
        profil_probable(Parc(menages, 0.45, 0.09, 0.09, connus=(1700, 1e9, 1e9)), 0.41, "baisse", 3)
        for menages in (2000, 2_000_000)
    )
    assert connu > echantillon


def test_le_taux_des_autres_est_tire_sur_ceux_qui_n_ont_pas_le_trait():
    # 1 000 ménages suivis, dont 450 ont le trait : il en reste 550, d'où une erreur type de √(0,09 × 0,91 / 550) =
    # 0,0122, et non de 0,0091.
    parc, _ = composer_le_parc(_lignes(parc=800, departs=450, tous=1000), TRAITS["moins_40"], [])
    assert parc.connus == (800, 450, 550)
    assert parc.menages == 1000
    # Personne n'a le trait au départ, tous les entrants l'ont : au bout d'un an, sa part est le taux des autres.
    nul = Parc(1_000_000, 0.0, 0.09, parc.depart_autres, connus=(1e12, 1e12, parc.connus[2]))
    assert simuler(nul, 1.0, 1, Tirage(20_000, 1)).std() == pytest.approx(0.0122, rel=0.03)


def test_plus_de_menages_du_trait_que_de_suivis_ne_font_pas_un_nombre_negatif():
    parc, entrants = composer_le_parc(_lignes(departs=450, tous=440), TRAITS["moins_40"], [12, float("nan"), 6])
    assert parc.connus[2] == 0
    assert (parc.livraisons, entrants) == (9, 0.3)


def test_l_horizon_est_la_duree_de_la_charte_ou_trois_ans():
    assert duree_de_la_charte({"duree_ans": 5}) == duree_de_la_charte({"duree_ans": "5"}) == 5
    assert duree_de_la_charte({}) == 3


def test_la_probabilite_baisse_quand_le_profil_monte_et_vaut_la_moitie_au_profil_attendu():
    parc = equilibrer(3000, 0.45, 0.09)
    chances = probabilites(parc, np.linspace(0, 1, 21), 0.42, "baisse", 3)
    assert (np.diff(chances) <= 0.02).all()
    assert probabilites(parc, profil_pour(parc, 0.42, 3), 0.42, "baisse", 3)[0] == pytest.approx(0.5, abs=0.05)
    prudent = profil_probable(parc, 0.42, "baisse", 3, 0.8)
    assert prudent < profil_pour(parc, 0.42, 3)
    assert probabilites(parc, prudent, 0.42, "baisse", 3)[0] >= 0.8
    assert profil_probable(parc, 0.47, "hausse", 3, 0.8) > profil_pour(parc, 0.47, 3)


@given(
    st.lists(st.tuples(st.floats(0, 500), PARTS), min_size=2, max_size=15),
    st.data(),
)
def test_le_report_conserve_la_demande(lieux, data):
    entrees, parts = map(np.array, zip(*lieux, strict=True))
    rang, part = data.draw(st.integers(0, len(lieux) - 1)), data.draw(PARTS)
    report = reporter(entrees, parts, rang, part)
    assert ((report.parts >= 0) & (report.parts <= 1)).all()
    assert report.parts[rang] == part
    assert entrees @ report.parts + report.reste == pytest.approx(entrees @ parts, abs=1e-6)
    if report.possible:
        autres = np.delete(np.arange(len(lieux)), rang)
        assert entrees[autres] @ (report.parts - parts)[autres] == pytest.approx(report.deplaces, abs=1e-5)


def test_ce_que_personne_ne_peut_prendre_reste():
    report = reporter([100, 10], [0.6, 0.5], 0, 0.0)
    assert report.deplaces == pytest.approx(60)
    assert report.parts.tolist() == [0, 1]
    assert report.reste == pytest.approx(55)
    assert not report.possible


def test_a_toute_la_ville_il_n_y_a_personne_d_autre():
    report = reporter([100], [0.4], 0, 0.3)
    assert report.reste == pytest.approx(10)
    assert not report.possible


def test_un_objectif_deja_acquis_et_un_objectif_a_portee():
    parc = equilibrer(1000, 0.45, 0.09)
    assert juger_la_pertinence(parc, 0.30, 0.42, "baisse", 3).verdict == "deja_acquis"
    jugement = juger_la_pertinence(parc, 0.45, 0.42, "baisse", 3)
    assert jugement.verdict == "a_portee"
    assert jugement.probabilite < 0.05
    assert juger_la_pertinence(parc, 0.45, 0.99, "hausse", 3).verdict == "hors_d_atteinte"


@pytest.mark.parametrize(
    "faute", [{"part": 1.2}, {"depart_trait": -0.1}, {"menages": -1}, {"livraisons": float("nan")}]
)
def test_un_parc_impossible_est_refuse(faute):
    with pytest.raises(ValueError, match=next(iter(faute))):
        Parc(**{"menages": 10, "part": 0.5, "depart_trait": 0.1, "depart_autres": 0.1} | faute)


def test_un_sens_inconnu_est_refuse():
    with pytest.raises(ValueError, match="baisse, hausse"):
        probabilites(equilibrer(10, 0.5, 0.1), 0.2, 0.4, "plus", 3)
