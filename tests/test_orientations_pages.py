"""Ce que les pages montrent des orientations : l'échange d'abord, des rangs encadrés, à qui peut le voir."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from fabrique import RACINE
from petit_publie import BAILLEURS, QUARTIERS, ecrire_publie
from petites_orientations import REGLES, TOUT, batir, lieux_de

import observatoire
from observatoire.publie import lire_publie
from observatoire.rangement import ecrire_publiee
from observatoire.sujets.orientations.calcul.parc import compter_le_parc
from observatoire.sujets.orientations.calcul.proposition import proposer
from observatoire.sujets.orientations.calcul.qualification import qualifier, situer
from observatoire.sujets.orientations.calcul.sensibilite import eprouver_les_poids
from observatoire.sujets.orientations.tables import (
    CONFRONTATION,
    PARC_PAR_CLASSE,
    PROPOSITIONS,
    QUALIFICATIONS,
    SENSIBILITE,
)
from observatoire.sujets.orientations.vue.qualification import dessiner_le_rang, lire_les_qualifies
from observatoire.vocabulaire import VARIANTES

CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"
RESERVEES = (
    "tableau_des_echanges", "tableau_des_profils_proposes", "resume_de_la_qualification",
    "tableau_des_quartiers_qualifies", "tableau_des_residences", "tableau_de_sensibilite",
)  # fmt: skip
LIEU = next(iter(QUARTIERS))


def _publier(dossier, public):
    ecrire_publie(dossier, CONTOURS, public=public)
    noms = {f"q{rang}": code for rang, code in enumerate(QUARTIERS)}
    ville = batir(np.random.default_rng(1))
    publiees = ville.publier(2010, np.random.default_rng(2))
    qualifiees = qualifier(publiees, lieux_de(ville, [2010]), {2010: REGLES}, TOUT)
    proposees = proposer(publiees, qualifiees.table, REGLES, TOUT, 3)
    poids = eprouver_les_poids(qualifiees.derniers)
    connus = poids["indicateur"].isin(["", "moins_40_plafond"])  # le petit catalogue n'a pas les autres
    tables = {
        QUALIFICATIONS: qualifiees.table, SENSIBILITE: poids[connus], PROPOSITIONS: proposees,
        PARC_PAR_CLASSE: compter_le_parc(qualifiees.table, situer(lieux_de(ville, [2010]), 2010), 2010, 11),
        CONFRONTATION: _confronter(),
    }  # fmt: skip
    for table, contenu in tables.items():
        ecrire_publiee(
            table, contenu.replace({c: noms for c in ("territoire", "quartier") if c in contenu}), dossier, public
        )
    return lire_publie(2010, dossier)


def _confronter():
    communes = dict.fromkeys(CONFRONTATION.noms, None) | {
        "annee": 2010, "indicateur": "moins_40_entrants", "objectif": "planoise", "quartier": LIEU, "sens": "au_plus",
        "cible": 0.48, "depuis": "2009-12-15", "adoptee_par": "Conférence", "source": "compte rendu",
        "statut": "publie",
    }  # fmt: skip
    lues = [
        ("quartier", LIEU, "tous", 0.52, "non_tenu"), ("quartier", LIEU, "gbh", 0.3, "tenu"),
        ("quartier", LIEU, "neolia", 0.5, "non_concluant"), ("secteur", "muet", "tous", 0.4, "non_concluant"),
    ]  # fmt: skip
    lignes = [
        communes | {"niveau": n, "territoire": t, "bailleur": b, "observe": x, "denominateur": 80, "verdict": v}
        for n, t, b, x, v in lues
    ]
    cachee = {"niveau": "secteur", "territoire": "muet", "bailleur": "gbh", "statut": "c", "verdict": None}
    return pd.DataFrame([*lignes, communes | cachee])


@pytest.fixture(scope="module")
def partenaires(tmp_path_factory):
    return _publier(tmp_path_factory.mktemp("partenaires"), "partenaires")


@pytest.fixture(scope="module")
def publique(tmp_path_factory):
    return _publier(tmp_path_factory.mktemp("publique"), "publique")


def test_le_public_ne_lit_que_le_parc_de_chaque_classe(publique):
    phrases = [getattr(observatoire, nom)(publique).html for nom in RESERVEES]
    assert not any("<table" in phrase for phrase in phrases)
    assert len(set(filter(None, phrases))) == len([*filter(None, phrases)]) == 4  # une par partie de la page
    assert all("partenaires" in phrase for phrase in filter(None, phrases))
    assert observatoire.orientation_du_quartier(publique, LIEU).html == ""
    assert "<table" in observatoire.parc_par_classe(publique).html
    assert not [f.name for f in publique.dossier.glob("orientations_*")]
    assert not QUALIFICATIONS.dans(publique.dossier).exists()


def test_l_echange_montre_chaque_bailleur_du_meme_lieu_et_tait_ce_qui_n_est_que_cache(partenaires):
    html = observatoire.tableau_des_echanges(partenaires).html
    lignes = re.findall(r"<tr>.*?</tr>", html, flags=re.S)
    assert all(BAILLEURS[b] in html for b in ("gbh", "neolia"))
    (planoise,) = (x for x in lignes if "<strong>" in x)
    assert [signe in planoise for signe in "✗✓≈"] == [True] * 3
    assert "au plus 48" in html.replace("\u202f", " ")
    assert not any("muet" in x or "sans nom" in x for x in lignes)
    assert "assez de baux pour être lu" in html


def test_les_residences_vont_de_la_plus_fragile_a_la_moins_fragile_avec_leur_rang_dessine(partenaires):
    html = observatoire.tableau_des_residences(partenaires).html
    qualifiees = [r for r in lire_les_qualifies(partenaires, "immeuble") if r["statut"] == "publie"]
    scores = [r["fragilite"] for r in qualifiees]
    assert scores == sorted(scores, reverse=True)
    assert html.count('class="obs-rang"') == 2 * len(qualifiees)
    assert 'data-observatoire-public="partenaires"' in html


def test_l_intervalle_d_un_rang_se_dessine_sur_la_longueur_de_tous():
    r = {"classes_de": 101, "f_rang": 11, "f_rang_bas": 1, "f_rang_haut": 101}
    dessin = dessiner_le_rang(r, "f")
    assert "M3.0 6H117.0" in dessin
    assert 'cx="14.4"' in dessin
    assert "du 1er au 101e rang sur 101" in dessin


def test_la_page_de_quartier_dit_sa_classe_ce_qui_est_propose_adopte_et_mene_aux_orientations(partenaires):
    html = observatoire.orientation_du_quartier(partenaires, LIEU).html
    assert "Qualification" in html
    assert "Proposé" in html
    assert "Orientation adoptée : au plus" in html
    assert "non conforme" in html
    assert 'href="../orientations.html"' in html


def test_les_profils_proposes_disent_qu_autant_de_menages_sont_loges(partenaires):
    html = observatoire.tableau_des_profils_proposes(partenaires).html
    assert "la ville en loge autant" in html
    assert "résidence sans classe suit" in html


def test_d_autres_poids_sont_tous_montres(partenaires):
    html = observatoire.tableau_de_sensibilite(partenaires).html
    assert [html.count(v.libelle) for v in VARIANTES.values()] == [1] * len(VARIANTES)


def test_sans_bareme_chaque_section_le_dit(tmp_path):
    valeurs = lire_publie(2010, ecrire_publie(tmp_path, CONTOURS, public="partenaires"))
    for nom in (*RESERVEES, "parc_par_classe"):
        assert 'class="obs-absent"' in getattr(observatoire, nom)(valeurs).html, nom
    assert observatoire.orientation_du_quartier(valeurs, LIEU).html == ""
