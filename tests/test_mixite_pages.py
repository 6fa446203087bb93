"""Les pages de mixité : ce que le hasard explique, les statuts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from petit_publie import ecrire_publie

import observatoire
from observatoire.edition.fiches import ecrire_fiches
from observatoire.presentation.affichage import Absent
from observatoire.publie import lire_publie

RACINE = Path(__file__).resolve().parents[1]
PLANOISE = "planoise-chateaufarine"
FRAGMENTS = {
    "phrase": observatoire.presenter_mixite,
    "tableau": observatoire.tableau_mixite,
    "evolution": lambda v: observatoire.evolution_mixite(v, "plafond", "theil_h"),
    "changements": observatoire.changements_mixite,
    "quartier": lambda v: observatoire.entropie_quartier(v, PLANOISE),
}


@pytest.fixture(scope="module")
def publie(tmp_path_factory):
    return ecrire_publie(tmp_path_factory.mktemp("mixite") / "publie")


@pytest.mark.parametrize("nom", FRAGMENTS)
def test_deux_executions_donnent_les_memes_octets(publie, nom):
    assert FRAGMENTS[nom](lire_publie(2010, publie)).html == FRAGMENTS[nom](lire_publie(2010, publie)).html


def test_une_figure_a_un_texte_de_remplacement_qui_dit_les_annees_sans_valeur(publie):
    html = FRAGMENTS["evolution"](lire_publie(2010, publie)).html
    description = re.search(r"<desc[^>]*>(.+?)</desc>", html)[1]
    assert re.search(r"2007 : 0,\d{4}", description)
    assert "2008 : nd (non disponible)" in description
    assert "au hasard" in description
    assert "Données de la figure" in html


def test_le_tableau_dit_l_indice_son_intervalle_les_quartiers_et_le_hasard(publie):
    html = observatoire.tableau_mixite(lire_publie(2010, publie)).html
    assert "Moins de 40 % du plafond" in html
    assert 'href="../indicateurs/mixite_theil_h.html"' in html
    assert "6 quartiers, 2,0\u202f% des ménages réunis" in html
    assert "p = 0,004" in html
    assert "Entre secteurs" not in html


def test_une_annee_sans_valeur_montre_son_statut(publie):
    html = observatoire.tableau_mixite(lire_publie(2008, publie)).html
    assert 'class="obs-statut obs-statut-nd"' in html
    assert "nd : non disponible" in html


def test_un_changement_est_la_somme_de_ses_parts_et_une_rupture_se_dit(publie):
    html = observatoire.changements_mixite(lire_publie(2010, publie)).html
    for ecrit in ("depuis 2007", "depuis 2009", "+0,030", "−0,010 à +0,070", "+0,040", "−0,010"):
        assert ecrit in html, ecrit
    rompu = observatoire.changements_mixite(lire_publie(2008, publie))
    assert isinstance(rompu, Absent)
    assert rompu.resume.endswith("2008 n'est pas comparable à 2007 : rupture de définition.")
    assert isinstance(observatoire.changements_mixite(lire_publie(2007, publie)), Absent)


def test_un_quartier_dit_sa_diversite_celle_de_la_ville_et_du_hasard(publie):
    html = observatoire.entropie_quartier(lire_publie(2010, publie), PLANOISE).html
    assert html.count("<li>") == 2
    assert html.count("<svg") == 2
    assert "Rempli au hasard, un quartier de cette taille aurait 0,050 : plus divers (p = 0,004)." in html


def test_un_quartier_secret_le_dit_et_ne_dessine_rien(publie):
    html = observatoire.entropie_quartier(lire_publie(2010, publie), "tilleroyes").html
    assert html.count("c (secret)") == 2
    assert "<svg" not in html


def test_une_ville_sans_quartiers_n_a_rien_a_comparer(tmp_path):
    valeurs = lire_publie(2010, ecrire_publie(tmp_path / "publie", avec_quartiers=False))
    for fragment in (
        observatoire.tableau_mixite(valeurs),
        observatoire.evolution_mixite(valeurs, "plafond", "theil_h"),
    ):
        assert isinstance(fragment, Absent)


def test_chaque_indice_a_sa_fiche_et_ses_valeurs(publie, tmp_path):
    ecrites = ecrire_fiches(publie, RACINE / "data" / "schemas", tmp_path)
    for code in ("dissimilarite", "dissimilarite_corrigee", "isolement", "theil_h", "entropie"):
        texte = (tmp_path / "indicateurs" / f"mixite_{code}.md").read_text(encoding="utf-8")
        assert "**Référence.**" in texte
        assert Path(f"indicateurs/mixite_{code}.md") in ecrites
    theil = (tmp_path / "indicateurs" / "mixite_theil_h.md").read_text(encoding="utf-8")
    assert "### Ressources, entre quartiers" in theil
    assert re.search(r"\| 2010 \| 0,\d{4} \| 0,\d{4} à 0,\d{4} \| 0,0500 \| 0,0040 \|", theil)
    assert 'class="obs-statut obs-statut-nd"' in theil
