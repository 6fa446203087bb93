"""L'explorateur dans Chromium, sous la politique du site : choisir, comparer, envoyer l'adresse, au clavier."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from pathlib import Path

import pandas as pd
import pytest
from petit_publie import ecrire_publie
from test_site import _defauts, _Muet, navigateur  # noqa: F401 – la même façon d'ouvrir Chromium

from observatoire.edition.explorateur import ecrire_donnees, page_de_l_explorateur
from observatoire.livre import extension
from observatoire.livre.politique import POLITIQUE
from observatoire.presentation.nombres import ecrire_bornes, ecrire_ligne
from observatoire.publie import lire_publie

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
HOSTILE = "<img src=x onerror=document.title='pris'> \"Velotte\", '=1+1'"
PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Explorer</title>
<meta http-equiv="Content-Security-Policy" content="{politique}">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="../../_static/observatoire.css"></head>
<body><main><h1>Explorer</h1>{corps}</main>
<script type="module" src="../../_static/explorateur.js"></script></body></html>"""
LISTE = ".obs-grille .obs-table tbody tr"

pytestmark = [pytest.mark.bout_en_bout, pytest.mark.site]


@pytest.fixture(scope="module")
def valeurs(tmp_path_factory):
    """Un dossier publié inventé, avec tous les statuts, dont un quartier a un nom hostile."""
    publie = ecrire_publie(tmp_path_factory.mktemp("explorateur"), CONTOURS)
    lieux = pd.read_csv(publie / "territoires.csv", dtype=str, keep_default_na=False)
    lieux.loc[lieux["code"].eq("velotte"), "nom"] = HOSTILE
    lieux.to_csv(publie / "territoires.csv", index=False)
    officiels = json.loads(CONTOURS.read_text(encoding="utf-8"))
    for trait in officiels["features"]:
        trait["properties"]["source"] = HOSTILE
    (publie / "contours_officiels.geojson").write_text(json.dumps(officiels), encoding="utf-8")
    return lire_publie(2010, publie)


@pytest.fixture(scope="module")
def adresse(valeurs, tmp_path_factory):
    """L'adresse de la page de l'explorateur, servie avec ses données et ses scripts."""
    site = tmp_path_factory.mktemp("site")
    ecrire_donnees(valeurs, site)
    (site / "_static").symlink_to(extension.STATIQUE)
    page = site / "book" / "edition" / "explorateur.html"
    page.parent.mkdir(parents=True)
    corps = page_de_l_explorateur(valeurs).partition('<div id="explorateur"')
    page.write_text(PAGE.format(politique=POLITIQUE, corps="".join(corps[1:])), encoding="utf-8")
    serveur = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Muet, directory=str(site)))
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serveur.server_port}/book/edition/explorateur.html"
    serveur.shutdown()


@pytest.fixture
def ouvrir(navigateur, adresse):  # noqa: F811
    """Ouvrir l'explorateur sur un choix ; une erreur de script ou un refus de la politique fait échouer."""
    contextes, incidents = [], []

    def ouvrir_la_page(choix: str = "", largeur: int = 1280, scripts: bool = True):
        vue = {"width": largeur, "height": 900}
        contextes.append(navigateur.new_context(locale="fr-FR", viewport=vue, java_script_enabled=scripts))
        onglet = contextes[-1].new_page()
        onglet.on("pageerror", lambda e: incidents.append(str(e)))
        onglet.on("console", lambda m: incidents.append(m.text) if m.type == "error" else None)
        onglet.goto(f"{adresse}{choix}", wait_until="networkidle")
        return onglet

    yield ouvrir_la_page
    for contexte in contextes:
        contexte.close()
    assert not incidents


def test_la_carte_s_ouvre_aussi_sur_les_contours_officiels(ouvrir):
    """Le pli reste ouvert d'un choix à l'autre, et la seconde carte suit."""
    onglet = ouvrir()
    onglet.get_by_text("Sur les contours officiels").click()
    for _ in range(2):
        cartes = onglet.locator(".obs-carte .obs-fond:visible")
        assert cartes.count() == 2
        dites = [carte.locator("text:visible").all_inner_texts() for carte in cartes.all()]
        assert dites[0]
        assert dites[0] == dites[1]
        onglet.locator("select").nth(1).select_option(index=0)


def test_ses_textes_ont_l_apostrophe_des_autres_pages(ouvrir):
    textes = ouvrir().locator("#explorateur").inner_text()
    assert "D’une année à l’autre" in textes
    assert not re.search(r"(?<=[^\W\d])'(?=[^\W\d])", textes)


def test_un_choix_change_l_adresse_et_l_adresse_rend_le_choix(ouvrir):
    page = ouvrir()
    page.get_by_label("Indicateur").select_option("impayes_3_mois")
    page.get_by_label("Année").select_option("2009")
    page.get_by_label("Bailleur").select_option("gbh")
    titre = "Impayés de plus de 3 mois par quartier, 2009, Grand Besançon Habitat"
    page.get_by_role("heading", name=titre).wait_for()
    assert "indicateur=impayes_3_mois&annee=2009&niveau=quartier&bailleur=gbh" in page.url
    envoyee = ouvrir(f"?{page.url.partition('?')[2]}")
    assert envoyee.get_by_role("heading", name=titre).is_visible()
    page.go_back()
    page.get_by_role("heading", name="Impayés de plus de 3 mois par quartier, 2009", exact=True).wait_for()
    assert page.get_by_label("Bailleur").input_value() == "tous"


def test_une_adresse_absurde_retombe_sur_ce_qui_existe(ouvrir):
    page = ouvrir("?indicateur=<script>&annee=1789&niveau=x&lieu=quartier:__proto__&avec=constructor")
    assert page.get_by_label("Année").input_value() == "2010"
    assert page.get_by_label("Territoire").input_value() == "ville:25056"
    assert page.locator(LISTE).count() > 7


def test_deux_territoires_cote_a_cote_sur_toutes_les_annees(ouvrir, valeurs):
    page = ouvrir("?indicateur=taux_vacance&lieu=quartier:battant&avec=ville:25056")
    table = page.get_by_role("region", name="Taux de vacance, Battant et Besançon")
    assert table.locator("thead th").all_inner_texts() == ["Année", "Battant", "Besançon"]
    declaration = valeurs.catalogue["taux_vacance"]
    for annee, rangee in zip(valeurs.edition["annees"], table.locator("tbody tr").all(), strict=True):
        lignes = [valeurs.ligne("taux_vacance", *lieu, annee=annee) for lieu in (("quartier", "battant"), valeurs.tout)]
        attendu = [f"{ecrire_ligne(x, declaration)}\n{ecrire_bornes(x, declaration)}" for x in lignes]
        assert rangee.locator("td").all_inner_texts() == attendu
    assert page.locator("figure [role=img]").last.get_attribute("aria-label").startswith("Battant, 2007 : ")


def test_un_territoire_se_choisit_au_clavier_et_sur_la_carte(ouvrir):
    page = ouvrir("?indicateur=taux_vacance")
    bouton = page.get_by_role("button", name="Battant")
    bouton.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="D’une année à l’autre : Battant").wait_for()
    assert page.evaluate("document.activeElement.dataset.lieu") == "quartier:battant"
    assert page.get_by_role("button", name="Battant").get_attribute("aria-pressed") == "true"
    page.locator('.obs-lieu[data-code="bregille"] path:visible').click()
    page.get_by_role("heading", name="D’une année à l’autre : Bregille").wait_for()
    assert "lieu=quartier%3Abregille" in page.url


def test_chaque_valeur_s_ecrit_comme_dans_les_pages(ouvrir, valeurs):
    """Toutes les valeurs et toutes les bornes de tous les indicateurs, et quelques nombres à la limite d'un arrondi."""
    page = ouvrir()
    declarations = [d for d in valeurs.catalogue.values() if not d["groupe"]]
    limites = [0.0345, 1e-05, 0.999949, 0.0, -0.00049, 0.005, 12345.678, 1.0]
    for declaration in declarations:
        lignes = valeurs.extrait(indicateur=declaration["code"]).dropna(subset="valeur").to_dict("records")
        lignes += [{"valeur": v, "borne_basse": v, "borne_haute": v, "statut": "publie"} for v in limites]
        envoyees = [
            {c: repr(x[c]) if x[c] == x[c] else "" for c in ("valeur", "borne_basse", "borne_haute")} for x in lignes
        ]
        ecrites = page.evaluate(
            """async ([code, lignes]) => {
              const m = await import(new URL("../../_static/explorateur-donnees.js", location));
              const d = m.sommaire.indicateurs.find((x) => x.code === code);
              return lignes.map((l) => [m.ecrire({ ...l, statut: "publie" }, d), m.borner(l, d)]);
            }""",
            [declaration["code"], envoyees],
        )
        assert ecrites == [[ecrire_ligne(x, declaration), ecrire_bornes(x, declaration)] for x in lignes]


def test_les_statuts_restent_distincts_en_liste_et_sur_la_carte(ouvrir):
    page = ouvrir("?indicateur=taux_vacance")
    statuts = page.locator(f"{LISTE} abbr").all()
    assert {s.inner_text(): s.get_attribute("title").split(" :")[0] for s in statuts} == {
        "c": "secret statistique", "nd": "non disponible", "ne": "non évaluable",
    }  # fmt: skip
    motifs = {
        c: page.locator(f'[data-code="{c}"] path:visible').get_attribute("fill")
        for c in ("tilleroyes", "bregille", "velotte")
    }
    assert motifs == {
        "tilleroyes": "url(#motif-explorateur-c)", "bregille": "url(#motif-explorateur-nd)",
        "velotte": "url(#motif-explorateur-ne)",
    }  # fmt: skip
    page.get_by_label("Indicateur").select_option("premier_quartile_hors_qpv")
    page.get_by_text("Aucune valeur publiée ; 7 na (non applicable).").wait_for()
    assert page.locator("figure svg[role=img]").count() == 0


def test_un_compte_n_est_jamais_une_teinte(ouvrir):
    page = ouvrir("?indicateur=nb_logements")
    assert page.locator(".obs-noms circle:visible").count() == 6
    assert page.locator('.obs-carte path[class^="obs-classe-"]:not(.obs-classe-aucune)').count() == 0


def test_un_nom_hostile_se_lit_et_ne_s_execute_pas(ouvrir):
    page = ouvrir("?indicateur=loyer_m2&lieu=quartier:velotte")
    assert page.get_by_role("button", name=HOSTILE).is_visible()
    assert page.get_by_role("heading", name=HOSTILE).is_visible()
    assert page.locator("#explorateur img").count() == 0
    assert page.title() != "pris"


@pytest.mark.parametrize(
    "choix", ["?indicateur=nb_logements&avec=quartier:battant", "?indicateur=taux_vacance&bailleur=adoma"]
)
def test_axe_n_y_trouve_rien_et_un_telephone_la_tient(ouvrir, choix):
    assert not _defauts(ouvrir(choix))
    etroite = ouvrir(choix, largeur=390)
    assert etroite.evaluate("document.documentElement.scrollWidth") <= 390
    assert not _defauts(etroite)


def test_sans_script_l_explorateur_renvoie_aux_fiches(ouvrir):
    page = ouvrir(scripts=False)
    assert page.get_by_role("link", name="chaque indicateur a sa fiche").get_attribute("href") == "indicateurs.html"
    assert page.locator("select").count() == 0


def test_les_donnees_sont_les_lignes_publiees_de_chaque_indicateur(valeurs, tmp_path):
    ecrites = ecrire_donnees(valeurs, tmp_path)
    assert len(ecrites) == 1 + len(valeurs.catalogue)
    lues = pd.concat([pd.read_csv(tmp_path / fichier, dtype=str) for fichier in ecrites[1:]])
    publiees = pd.read_csv(valeurs.dossier / "indicateurs.csv", dtype=str)
    cles = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
    trie = [t.sort_values(cles).reset_index(drop=True) for t in (lues, publiees)]
    pd.testing.assert_frame_equal(trie[0], trie[1], check_dtype=False)
