"""Les immeubles : dans l'édition des partenaires seulement, tous là, avec ce qui en est caché."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from petit_publie import IMMEUBLES, ecrire_publie

import observatoire
from observatoire.livre.publics import publics_de
from observatoire.presentation.affichage import Absent
from observatoire.publie import lire_publie

PLANOISE = "planoise-chateaufarine"
CODES = ("nb_logements", "taux_vacance", "inconnu_ici", "impayes_3_mois")
SIENS = [nom for nom, parent in IMMEUBLES.values() if parent in {PLANOISE, "cassin"}]


def _lire(dossier, public):
    return lire_publie(2010, ecrire_publie(dossier / public, public=public))


@pytest.fixture
def partenaires(tmp_path):
    return _lire(tmp_path, "partenaires")


def _noms(html: str) -> list[str]:
    return re.findall(r'<th scope="row">(.*?)</th>', html)


def test_l_edition_publique_n_en_dit_qu_une_phrase_et_rien_d_eux(tmp_path):
    html = observatoire.tableau_immeubles(_lire(tmp_path, "publique"), CODES, "Immeubles", PLANOISE).html
    assert html.count("<p") == 1
    assert "édition réservée aux partenaires" in html
    assert "<table" not in html
    assert not any(nom in html for nom in SIENS)


def test_tous_les_immeubles_du_quartier_et_de_ses_secteurs_sont_la_par_ordre_de_nom(partenaires):
    html = observatoire.tableau_immeubles(partenaires, CODES, "Immeubles", PLANOISE).html
    visibles, _, replies = html.partition("<details")
    assert _noms(visibles) == sorted(set(SIENS) - {"Bâtiment A (secret)"})
    assert _noms(replies) == ["Bâtiment A (secret)"]
    assert "1\u00a0immeuble sans valeur publiée" in replies
    assert "Rue Battant" not in html


def test_un_secteur_a_les_siens(partenaires):
    html = observatoire.tableau_immeubles(partenaires, CODES, "Immeubles", "cassin").html
    assert _noms(html) == ["Bâtiment D", "Bâtiment E"]


def test_le_bilan_compte_ce_qui_est_publie_et_ce_qui_est_cache_statut_par_statut(partenaires):
    html = observatoire.tableau_immeubles(partenaires, CODES, "Immeubles", PLANOISE).html
    assert (
        "6\u00a0immeubles. Sur 18 valeurs : 9 publiées, 3 c (secret), 2 nd (non disponible), 2 na (non applicable), "
        "2 ne (non évaluable)." in html
    )


def test_aucun_identifiant_de_depot_n_est_montre(partenaires):
    html = observatoire.tableau_immeubles(partenaires, CODES, "Immeubles", PLANOISE).html
    assert not any(code in html for code in IMMEUBLES)


def test_le_tableau_porte_la_marque_de_son_public(partenaires, tmp_path):
    fragment = observatoire.tableau_immeubles(partenaires, CODES, "Immeubles", PLANOISE)
    (tmp_path / "fragment.html").write_text(fragment.html, encoding="utf-8")
    assert publics_de(tmp_path / "fragment.html") == {"partenaires"}


def test_les_numeros_se_suivent_comme_des_nombres(partenaires):
    fichier = partenaires.dossier / "territoires.csv"
    lieux = pd.read_csv(fichier, dtype=str)
    noms = dict(
        zip(["gbh:1", "gbh:3", "gbh:4", "gbh:5", "gbh:6"], ["12 rue A", "3 rue A", "Éole", "Zoé", "Ecole"], strict=True)
    )
    lieux["nom"] = lieux["code"].map(noms).fillna(lieux["nom"])
    lieux.to_csv(fichier, index=False)
    valeurs = lire_publie(2010, partenaires.dossier)
    valeurs.contenu._tables.pop("territoires", None)
    html = observatoire.tableau_immeubles(valeurs, CODES, "Immeubles", PLANOISE).html
    assert _noms(html.partition("<details")[0]) == ["3 rue A", "12 rue A", "Ecole", "Éole", "Zoé"]


def test_un_quartier_sans_immeuble_le_dit(partenaires):
    rien = observatoire.tableau_immeubles(partenaires, CODES, "Immeubles", "velotte")
    assert isinstance(rien, Absent)
    assert "aucun immeuble" in rien.html


def test_la_carte_des_immeubles_n_est_que_pour_les_partenaires(tmp_path, partenaires):
    assert observatoire.carte_immeubles(_lire(tmp_path, "publique"), "impayes_3_mois", PLANOISE).html == ""
    fragment = observatoire.carte_immeubles(partenaires, "impayes_3_mois", PLANOISE)
    (tmp_path / "carte.html").write_text(fragment.html, encoding="utf-8")
    assert publics_de(tmp_path / "carte.html") == {"partenaires"}
    assert not any(code in fragment.html for code in IMMEUBLES)


def test_sur_la_carte_chaque_immeuble_a_sa_classe_ou_dit_pourquoi_il_n_en_a_pas(partenaires):
    """Un losange par immeuble signalé, un rond par immeuble conforme ; gris s'il est trop petit, blanc sans valeur."""
    html = observatoire.carte_immeubles(partenaires, "impayes_3_mois", PLANOISE).html
    dessin, _, table = html.partition('<ul class="obs-legende')
    marques = dict(re.findall(r"<g><title>(.*?)</title><(polygon|circle)", dessin))
    assert {nom.partition(" : ")[0]: forme for nom, forme in marques.items()} == {
        "Tour Europe": "polygon", "Bâtiment B": "polygon", "Bâtiment D": "polygon",
        "Bâtiment A (secret)": "circle", "Bâtiment C": "circle",
    }  # fmt: skip
    assert "Tour Europe : 25,0\u202f% (25,0 à 35,0\u202f%) ; signalé : Impayés de plus de 3 mois" in marques
    gris = re.search(r"<title>Bâtiment A \(secret\) : c \(secret\)</title><circle[^>]*>", dessin)[0]
    assert gris.count("#9aa5ad") == dessin.count("#9aa5ad") == 1
    assert "moins de 11 ménages ou logements (c)" in table
    assert "sans valeur : nd (non disponible), na (non applicable), ne (non évaluable)" in table
    autres = ["Bâtiment A (secret)", "Bâtiment C", "Bâtiment E"]
    assert _noms(table) == ["Bâtiment B", "Bâtiment D", "Tour Europe", *autres]
    assert "1 sans place connue" in table
    assert "3\u00a0immeubles sur 6 sont signalés" in html


def test_sur_la_carte_aucun_nom_n_en_couvre_un_autre(partenaires):
    """Trois immeubles au même endroit : les noms qui ne tiennent pas ne restent que dans le tableau."""
    fichier = partenaires.dossier / "territoires.csv"
    lieux = pd.read_csv(fichier, dtype={"code": str})
    ici = lieux["niveau"].eq("immeuble")
    lieux["lon"], lieux["lat"] = lieux["lon"].where(~ici, 5.96), lieux["lat"].where(~ici, 47.22)
    lieux.loc[lieux["code"].eq("gbh:1"), "nom"] = (
        "<b>Tour</b> au nom bien trop long pour tenir d'un côté ou de l'autre " * 3
    )
    lieux.to_csv(fichier, index=False)
    valeurs = lire_publie(2010, partenaires.dossier)
    valeurs.contenu._tables.pop("territoires", None)
    html = observatoire.carte_immeubles(valeurs, "impayes_3_mois", PLANOISE).html
    ecrits = re.findall(r"<text [^>]*>(.*?)</text>", html)
    assert 1 <= len(ecrits) <= 2
    assert "<b>" not in html
    assert not any("Tour" in nom for nom in ecrits)
