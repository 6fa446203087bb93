"""Les nombres s'écrivent en français, par une seule porte."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire.presentation.nombres import (
    FINE,
    INSECABLE,
    SIGNE_MOINS,
    STATUTS,
    ecrire,
    ecrire_compte,
    ecrire_date,
    ecrire_intervalle,
    ecrire_part,
    ecrire_reference,
    ecrire_reponse,
    graduer,
)


@pytest.mark.parametrize(
    ("valeur", "unite", "attendu"),
    [
        (1234.5, "", "1\u202f234,5"),
        (1234567, "", "1\u202f234\u202f567"),
        (0, "", "0"),
        (0.1234, "%", "12,3\u202f%"),
        (0.12345, "%", "12,3\u202f%"),
        (0.1235, "%", "12,4\u202f%"),
        (1, "%", "100,0\u202f%"),
        (0, "%", "0,0\u202f%"),
        (0.0145, "‰", "14,5\u202f‰"),
        (5.454, "€/m²", "5,45\u00a0€/m²"),
        (1234, "logements", "1\u202f234\u00a0logements"),
        (1, "logements", "1\u00a0logement"),
        (1, "baux", "1\u00a0bail"),
        (12, "baux", "12\u00a0baux"),
        (-2.5, "mois", "\u22122,5\u00a0mois"),
        (0.082, "pour 100 logements", "8,2\u00a0pour 100 logements"),
    ],
)
def test_une_valeur_s_ecrit(valeur, unite, attendu):
    assert ecrire(valeur, unite) == attendu


@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        (0.023, "+2,3\u00a0points"),
        (-0.023, "\u22122,3\u00a0points"),
        (0.001, "+0,1\u00a0point"),
        (-0.0001, "0,0\u00a0point"),
        (0.0, "0,0\u00a0point"),
    ],
)
def test_un_ecart_porte_son_signe_et_jamais_un_moins_devant_zero(valeur, attendu):
    assert ecrire(valeur, "points", signe=True) == attendu


def test_les_statuts_se_distinguent_entre_eux_et_de_zero():
    sigles = {ecrire(None, "%", s) for s in STATUTS} | {ecrire(0, "%")}
    bulles = {ecrire(None, "%", s, html=True) for s in STATUTS}
    assert len(sigles) == len(STATUTS) + 1
    assert len(bulles) == len(STATUTS)
    assert all("<abbr" in b and "title=" in b for b in bulles)


def test_une_valeur_cachee_n_est_jamais_ecrite():
    assert ecrire(0.42, "%", "c") == "c"


def test_un_denominateur_nul_donne_nd_et_non_zero():
    assert ecrire(math.nan, "%") == "nd"


def test_un_statut_inconnu_est_refuse():
    with pytest.raises(ValueError, match="statut inconnu"):
        ecrire(1, "", "secret")


def test_intervalles_comptes_parts():
    assert ecrire_intervalle(0.112, 0.134, "%") == "11,2 à 13,4\u202f%"
    assert ecrire_intervalle(math.nan, math.nan, "%") == "–"
    assert ecrire_intervalle(-0.01, 0.02, "points") == "\u22121,0 à +2,0\u00a0points"
    assert ecrire_compte(1880.0) == "1\u202f880"
    assert ecrire_compte(12.5) == "12,5"
    assert ecrire_compte(math.nan) == "–"
    assert ecrire_part(0.957) == "96\u202f%"


def test_dates():
    assert ecrire_date("2010-12-31") == "31\u00a0décembre\u00a02010"
    assert ecrire_date("2011-01-01") == "1er\u00a0janvier\u00a02011"
    assert ecrire_date("2011-11-11") == "11\u00a0novembre\u00a02011"
    assert ecrire_reference({"periode": "annee"}, 2010) == "année\u00a02010"
    assert ecrire_reference({"periode": "31 décembre"}, 2010) == "31\u00a0décembre\u00a02010"


def test_graduations():
    assert graduer(12.5, "%") == "12,5\u202f%"
    assert graduer(2000.0, "logements") == "2\u202f000"
    assert graduer(-0.5, "points") == "\u22120,5"
    assert graduer(0.30000000000000004, "%") == "0,3\u202f%"


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False), st.sampled_from(["", "%", "logements", "points"]))
def test_ce_qui_est_ecrit_se_relit(valeur, unite):
    texte = ecrire(valeur, unite, decimales=2, avec_unite=False)
    relu = float(texte.replace(FINE, "").replace(SIGNE_MOINS, "-").replace(",", "."))
    attendu = valeur * (100 if unite in {"%", "points"} else 1)
    assert relu == pytest.approx(attendu, abs=0.0051, rel=1e-9)
    assert "." not in texte
    assert "-" not in texte
    assert " " not in texte


@given(st.floats(min_value=0, max_value=1))
def test_une_fraction_est_un_pourcentage_entre_0_et_100(valeur):
    texte = ecrire(valeur, "%")
    assert texte.endswith(f"{FINE}%")
    assert 0 <= float(texte.removesuffix(f"{FINE}%").replace(",", ".")) <= 100


def test_aucune_espace_ordinaire_entre_un_nombre_et_son_unite():
    assert ecrire(12, "logements") == f"12{INSECABLE}logements"


def test_ce_que_le_silence_des_autres_peut_changer_se_dit_a_cote_du_taux_de_reponse():
    """Deux ménages sur dix n'ont pas répondu : s'ils différaient de dix points, la part bougerait de deux."""
    part = {"unite": "%", "nature": "proportion"}
    ligne = {"valeur": 0.3, "reponse": 0.8}
    ecrite = ecrire_reponse(ligne, part).replace(FINE, " ").replace(INSECABLE, " ")
    assert ecrite == "80 % (28,0 à 32,0 % si les autres différaient de 10 points)"
    assert "; 31,0" in ecrire_reponse(ligne, part, 0.31)
    assert ecrire_reponse(ligne, part, math.nan) == ecrire_reponse(ligne, part)
    assert "0,0 à" in ecrire_reponse(ligne | {"valeur": 0.01}, part)
    for sans in (ligne | {"reponse": 1.0}, ligne | {"valeur": math.nan}):
        assert "si les autres" not in ecrire_reponse(sans, part)
    assert "si les autres" not in ecrire_reponse(ligne, {"unite": "mois", "nature": "moyenne"})
