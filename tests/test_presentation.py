"""Figures, carte, tableaux et phrases : déterministes, décrits, honnêtes sur ce qui manque."""

from __future__ import annotations

import re
import types
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from petit_publie import BAILLEURS, QUARTIERS, ecrire_publie
from scipy.stats import false_discovery_control
from statsmodels.stats.proportion import proportions_ztest

import observatoire
from observatoire.presentation import comparaisons, epreuves, reperes, selection
from observatoire.presentation.affichage import Absent, Fragment, absent, empreinte, section
from observatoire.presentation.nombres import STATUTS
from observatoire.presentation.tableaux import composer
from observatoire.publie import lire_publie

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
PLANOISE = "planoise-chateaufarine"
FIGURES = {
    "evolution": lambda v: observatoire.evolution(v, "taux_vacance", PLANOISE),
    "evolution_ville": lambda v: observatoire.evolution(v, "loyer_m2"),
    "evolution_trouee": lambda v: observatoire.evolution(v, "impayes_3_mois", PLANOISE),
    "quartiers": lambda v: observatoire.comparaison_quartiers(v, "taux_vacance", PLANOISE),
    "bailleurs": lambda v: observatoire.comparaison_bailleurs(v, "moins_40_plafond", bailleur="gbh"),
    "repartition": lambda v: observatoire.repartition(v, "dpe", PLANOISE),
    "carte": lambda v: observatoire.carte(v, "taux_vacance", PLANOISE),
}


@pytest.fixture(scope="module")
def valeurs(tmp_path_factory):
    return lire_publie(2010, ecrire_publie(tmp_path_factory.mktemp("publie"), CONTOURS))


@pytest.fixture(scope="module")
def sans_quartiers(tmp_path_factory):
    return lire_publie(2010, ecrire_publie(tmp_path_factory.mktemp("sans"), avec_quartiers=False))


class _Balises(HTMLParser):
    """Retenir les identifiants, et vérifier que chaque balise se ferme."""

    def __init__(self, html: str):
        super().__init__()
        self.ids, self.pile = [], []
        self.feed(html)

    def handle_starttag(self, balise, attributs):
        self.ids += [v for n, v in attributs if n == "id"]
        if balise not in {"br", "img", "input"}:
            self.pile.append(balise)

    def handle_startendtag(self, balise, attributs):
        self.ids += [v for n, v in attributs if n == "id"]

    def handle_endtag(self, balise):
        assert self.pile.pop() == balise


@pytest.mark.parametrize("nom", FIGURES)
def test_une_figure_est_identique_a_l_octet_pres(valeurs, nom):
    assert FIGURES[nom](valeurs).html == FIGURES[nom](valeurs).html


@pytest.mark.parametrize("nom", FIGURES)
def test_une_figure_a_un_titre_un_texte_de_remplacement_et_ses_donnees(valeurs, nom):
    html = FIGURES[nom](valeurs).html
    titre, description = re.search(r"<title[^>]*>(.+?)</title><desc[^>]*>(.+?)</desc>", html).groups()
    assert titre
    assert re.search(r"\d,\d|\d+\u202f%", description)
    assert "Données de la figure" in html
    assert all(f">{e}</th>" in html for e in ("Numérateur", "Dénominateur", "Date", "Couverture", "Réponse"))
    assert 'role="img"' in html or nom == "carte"
    ouvrant = html.partition("<svg")[2].partition(">")[0]
    assert f'width="{640 if nom == "carte" else 480}"' in ouvrant, (
        "sans feuille de style (JupyterLab), la largeur qu'elle a sur le site"
    )
    assert 'height="' not in ouvrant, "la hauteur suit la largeur, que la feuille du site règle"
    assert len(html.encode()) < 60_000


@pytest.mark.parametrize("nom", FIGURES)
def test_une_figure_est_bien_formee_et_ne_demande_rien_ailleurs(valeurs, nom):
    html = FIGURES[nom](valeurs).html
    assert _Balises(html).pile == []
    assert not re.search(r'(?:src|href)="https?:', html)


def test_les_identifiants_ne_se_repetent_pas_sur_une_page(valeurs):
    ids = _Balises("".join(f(valeurs).html for f in FIGURES.values())).ids
    assert len(ids) == len(set(ids))


def test_le_style_des_figures_ne_reste_pas_dans_matplotlib(valeurs):
    avant = dict(mpl.rcParams)
    observatoire.evolution(valeurs, "taux_vacance")
    assert dict(mpl.rcParams) == avant


def test_aucun_trait_ne_franchit_une_rupture_ni_une_annee_absente(valeurs):
    loyers = selection.serie(valeurs, "loyer_m2")
    assert selection.segments(valeurs, "loyer_m2", loyers) == [1, 1, 2, 2]
    impayes = selection.serie(valeurs, "impayes_3_mois", PLANOISE)
    morceaux = selection.segments(valeurs, "impayes_3_mois", impayes)
    assert morceaux[0] != morceaux[2] == morceaux[3]


def test_une_rupture_interdit_de_comparer_a_l_etat_zero(valeurs):
    ecart = comparaisons.comparer_zero(valeurs, "loyer_m2", PLANOISE)
    assert ecart.signe == "impossible"
    assert "rupture en 2009" in ecart.texte


def test_un_ecart_n_est_annonce_que_si_le_hasard_l_explique_mal(valeurs):
    declaration = {"unite": "%", "nature": "proportion"}
    ligne, repere = ({"valeur": v, "statut": "publie"} for v in (0.2, 0.28))
    ville = comparaisons.en_mots(reperes.tout(valeurs))

    def comparer(probabilite):
        return comparaisons.comparer(ligne, repere, declaration, ville, probabilite)

    assert comparer(0.2).texte.startswith("proche de la ville")
    assert comparer(0.01).texte == "au-dessous de la ville (\u22128,0\u00a0points)"
    assert comparer(float("nan")).texte == "au-dessous de la ville (\u22128,0\u00a0points, sans intervalle)"


def test_les_comparaisons_d_une_page_sont_comptees_et_corrigees_ensemble(valeurs):
    """Les mêmes que deux bibliothèques de référence, sur les comptes publiés."""
    page = epreuves.eprouver_la_page(valeurs, PLANOISE, "tous")
    codes = [c for c, _ in page.ajustees]
    assert not {c for c in codes if valeurs.catalogue[c].get("groupe")}
    assert ("nb_logements", epreuves.TOUT) not in page.ajustees
    assert ("loyer_m2", epreuves.ZERO) not in page.ajustees  # une rupture
    seules = {}
    for code, repere in page.ajustees:
        ici = selection.ligne(valeurs, code, PLANOISE)
        autre = (
            selection.ligne(valeurs, code)
            if repere == epreuves.TOUT
            else selection.ligne(valeurs, code, PLANOISE, annee=2007)
        )
        contenue = repere == epreuves.TOUT
        seules[code, repere] = float(epreuves.eprouver(valeurs, [code], [ici], [autre], contenue)[0])
    attendues = false_discovery_control(list(seules.values()))
    np.testing.assert_allclose(list(page.ajustees.values()), attendues)
    assert f"{page.faites}\u00a0comparaisons" in comparaisons.regle(valeurs, PLANOISE)


def test_la_partie_est_eprouvee_face_au_reste_du_tout(valeurs):
    """Sans bruit ou presque, l'épreuve est celle de la partie face au reste ; le bruit la rend moins sûre."""
    code = "taux_vacance"
    ici, ville = selection.ligne(valeurs, code, PLANOISE), selection.ligne(valeurs, code)
    x, n, x_tout, n_tout = (r[c] for r in (ici, ville) for c in ("numerateur", "denominateur"))
    trouvee = float(epreuves.eprouver(valeurs, [code], [ici], [ville], contenue=True)[0])
    reste = proportions_ztest([x, x_tout - x], [n, n_tout - n])[1]
    assert reste <= trouvee < reste + 0.1


def test_la_carte_distingue_les_statuts_par_des_motifs(valeurs):
    html = observatoire.carte(valeurs, "taux_vacance").html
    motifs = re.findall(r"<pattern[^>]*>(.*?)</pattern>", html)
    assert len(motifs) == len(set(motifs)) == 3
    assert all(f"{s} : {STATUTS[s].libelle}" in html for s in ("c", "nd", "ne"))
    assert "carte schématique" in html


@pytest.mark.parametrize(("depuis", "debut"), [("annee", ""), ("edition", "2010/")])
def test_chaque_quartier_de_la_carte_mene_a_sa_page(valeurs, depuis, debut):
    html = observatoire.carte(valeurs, "taux_vacance", depuis=depuis).html
    assert set(re.findall(r'<a class="obs-lieu" href="([^"]+)"', html)) == {
        f"{debut}quartier-{code}.html" for code in QUARTIERS
    }


def test_un_nombre_cache_n_est_ecrit_nulle_part_ailleurs(valeurs):
    html = observatoire.chiffres_cles(valeurs, "tilleroyes").html
    assert not re.search(r"\d,\d", html)


def test_une_figure_sans_valeur_dit_pourquoi_en_une_phrase(valeurs, sans_quartiers):
    vide = observatoire.evolution(valeurs, "premier_quartile_hors_qpv")
    assert isinstance(vide, Absent)
    assert "na (non applicable)" in vide.resume
    for fragment in (
        observatoire.carte(sans_quartiers, "taux_vacance"),
        observatoire.comparaison_quartiers(sans_quartiers, "nb_logements"),
    ):
        assert isinstance(fragment, Absent)
    rien = section("Occupation", vide, observatoire.tableau_famille(sans_quartiers, "Occupation"))
    assert rien.html.count("<p") == 1


def test_ce_qui_est_cache_se_dit_et_ce_que_fait_le_bruit_aussi(valeurs):
    dit = observatoire.bilan_du_secret(valeurs).resume
    assert dit.startswith("38 valeurs cachées sur 2\u202f000")
    assert "un total peut différer un peu de la somme de ses parties" in dit
    anciennes = pd.DataFrame([(2008, "suppression"), (2009, "bruit")], columns=["edition", "methode"])
    rien = types.SimpleNamespace(edition={"secret": {"masquees": [], "phrases": []}}, editions=anciennes)
    dit = observatoire.bilan_du_secret(rien).resume
    assert dit.startswith("Aucune valeur n'est cachée.")
    assert "éditions d'avant (2008)" in dit


def test_les_tableaux_ont_des_entetes_et_leur_cadre(valeurs):
    for tableau in (
        observatoire.tableau_famille(valeurs, "Occupation", PLANOISE),
        observatoire.tableau_quartiers(valeurs, ("nb_logements", "taux_vacance"), "Quartiers"),
        observatoire.tableau_bailleurs(valeurs, ("nb_logements",), "Bailleurs"),
        observatoire.matrice_couverture(valeurs),
        observatoire.couverture_annee(valeurs),
        observatoire.tableau_depots(valeurs),
        observatoire.tableau_corrections(valeurs),
        observatoire.tableau_ruptures(valeurs),
        observatoire.tableau_baremes(valeurs),
        observatoire.nouveautes(valeurs),
    ):
        assert isinstance(tableau, Fragment)
        assert 'role="region" tabindex="0" aria-label=' in tableau.html
        assert 'scope="col"' in tableau.html
        assert 'scope="row"' in tableau.html
        assert "<caption>" in tableau.html
        assert "&lt;" not in tableau.html
        assert "<th></th>" not in tableau.html
        assert not re.search(r"<style|nan|None", tableau.html)


def test_la_famille_d_un_quartier_porte_tout_ce_qui_permet_de_la_lire(valeurs):
    html = observatoire.tableau_famille(valeurs, "Occupation", PLANOISE).html
    for entete in (
        "Valeur et intervalle",
        "Numérateur / dénominateur",
        "Date, couverture, réponse",
        "Ville",
        "Écart à la ville",
        "Depuis l'état zéro",
    ):
        assert entete.replace("'", "&#x27;") in html or entete in html
    assert 'href="../indicateurs/moins_40_plafond.html"' in html


def test_les_bailleurs_sont_nommes_et_les_autres_deposants_absents(valeurs):
    html = observatoire.comparaison_bailleurs(valeurs, "nb_logements").html
    assert all(nom in html for nom in BAILLEURS.values())
    assert "Gestionnaire" not in html


def test_le_commentaire_est_lu_ou_son_absence_est_dite(valeurs, monkeypatch):
    monkeypatch.setenv("OBSERVATOIRE_PUBLIE", str(valeurs.dossier))
    lu = observatoire.commentaire(2010, PLANOISE)._repr_mimebundle_()
    assert "<p>Un <strong>commentaire</strong> du groupe.</p>" in lu["text/html"]
    assert "Aucun commentaire" in observatoire.commentaire(2010, "battant").html


def test_la_phrase_d_ouverture_vient_des_valeurs(valeurs):
    texte = observatoire.presenter(valeurs, PLANOISE).resume
    assert texte.startswith("Planoise - Châteaufarine : ")
    assert "dans les fichiers déposés au 31\u00a0décembre\u00a02010, soit " in texte
    assert "du total de la ville" in texte


def test_un_identifiant_de_figure_n_a_aucun_chiffre():
    """Un condensé hexadécimal finit par contenir, par hasard, les décimales d'une valeur cachée."""
    identifiants = {empreinte("loyer_m2", str(rang)) for rang in range(500)}
    assert len(identifiants) == 500
    assert all(identifiant.isalpha() and identifiant.isascii() for identifiant in identifiants)


def test_le_titre_d_un_tableau_n_est_pas_un_motif():
    """Une barre oblique inverse d'un nom déposé se lit telle quelle."""
    tableau = composer(pd.DataFrame({"a": ["1"]}), r"Résidence \1 \z <b>")
    assert r"<caption>Résidence \1 \z &lt;b&gt;</caption>" in tableau.html


def test_l_essentiel_dit_ce_qui_compte_et_tait_ce_qui_manque(valeurs):
    dites = [
        observatoire.alertes_en_bref(valeurs), observatoire.promesses_en_bref(valeurs),
        observatoire.decisions_en_bref(valeurs), observatoire.changements_en_bref(valeurs),
        observatoire.silences_en_bref(valeurs),
    ]  # fmt: skip
    html = str(observatoire.essentiel(*dites))
    texte = re.sub(r"<[^>]+>", "", html).replace("\xa0", " ")
    assert html.count("<li>") == len(dites)
    assert "Promesses. En 2010 : 1 tenu en partie, 1 non concluant, 1 sans verdict." in texte
    assert "Conférence communale du 14 décembre 2010 (fictive) : Se réunir 4 fois en 2011." in texte
    assert re.search(
        r"Ce que l&#x27;on ne sait pas\. (Sans dépôt accepté en 2010|Tous les bailleurs ont déposé)", texte
    )
    for adresse in (
        "engagements.html",
        "seances/2010-12-14-conference.html",
        "2010/alertes.html",
        "sources.html#secret-statistique",
    ):
        assert f'href="{adresse}"' in html
    premiere = observatoire.lire_publie(2007, valeurs.dossier)
    assert "Ce qui change" not in str(observatoire.essentiel(observatoire.changements_en_bref(premiere)))


def test_tous_les_changements_annonces_se_lisent_et_celui_qui_est_mis_en_avant_d_abord(valeurs, monkeypatch):
    """L'accueil a le reste dans un pli ; ailleurs, un lien y mène."""
    monkeypatch.setattr("observatoire.presentation.suivi.PREMIERS", 2)
    entier, court = (str(observatoire.nouveautes(valeurs, n)) for n in (None, 2))
    en_bref = str(observatoire.changements_en_bref(valeurs))
    annonces = int(re.search(r"(\d+)\s+changements nets", re.sub(r"<[^>]+>", "", en_bref).replace("\xa0", " "))[1])
    assert annonces > 3
    corps = [re.findall(r'<tr>\s*<th[^>]*scope="row".*?</tr>', html, flags=re.S) for html in (entier, court)]
    assert [len(lignes) for lignes in corps] == [annonces, 2]
    vedette = re.findall(r'href="([^"]+)"', en_bref.split("dont")[1])
    assert all(adresse in corps[1][0] for adresse in vedette)
    assert entier.index("<details") > entier.index(vedette[0])
    autres = f"{annonces - 2} autres changements"
    assert f"<summary>{autres}</summary>" in entier
    assert f'Et <a href="accueil.html#ce-qui-est-nouveau">{autres}</a>' in court


def test_un_theme_est_replie_et_ce_qui_est_vide_le_dit_sans_pli(valeurs):
    html = str(observatoire.theme("Parc", observatoire.tableau_famille(valeurs, "Parc", PLANOISE)))
    assert html.startswith('<details class="obs-theme"><summary>Parc : tableaux et figures</summary>')
    assert html.count("<details") == html.count("</details>")
    vide = observatoire.theme("Parc", absent("Loyers", "rien n'est déposé"))
    assert "<details" not in str(vide)
    assert "rien n'est déposé" in str(vide).replace("&#x27;", "'")
