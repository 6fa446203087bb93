"""Les pages des alertes dans un navigateur : lisibles sans script, triées et filtrées avec lui, accessibles."""

from __future__ import annotations

from pathlib import Path

import pytest
from petit_publie import ecrire_publie
from test_site import _defauts, navigateur  # noqa: F401 – la même façon d'ouvrir Chromium

import observatoire
from observatoire.livre import extension
from observatoire.publie import lire_publie

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
LIGNES = "table.obs-registre tbody tr:not([hidden])"
PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Alertes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{statique}/observatoire.css"></head>
<body><main class="bd-article"><h1>Alertes</h1>{corps}
<p><code><span class="pre">statsmodels.stats.proportion.confint_proportions_2indep(method="score")</span></code></p>
</main>
<script src="{statique}/registre.js" defer></script></body></html>"""

pytestmark = [pytest.mark.bout_en_bout, pytest.mark.site]


@pytest.fixture(scope="module")
def fichier(tmp_path_factory):
    """Tout ce que les pages des alertes montrent, dans une seule page."""
    dossier = tmp_path_factory.mktemp("alertes")
    valeurs = lire_publie(2010, ecrire_publie(dossier / "partenaires", CONTOURS, public="partenaires"))
    fragments = [
        observatoire.registre_des_alertes(valeurs),
        observatoire.entonnoirs(valeurs, "quartier"),
        observatoire.ouvrir_dossier(valeurs, "cccccccccccc"),
        observatoire.preuves(valeurs, "bbbbbbbbbbbb"),
        observatoire.ampleur(valeurs, "cccccccccccc"),
        observatoire.voisins(valeurs, "cccccccccccc"),
        observatoire.a_decider(valeurs),
        observatoire.alertes_a_suivre(valeurs),
        observatoire.tableau_de_bord(valeurs),
    ]
    page = PAGE.format(statique=extension.STATIQUE.as_uri(), corps="".join(f.html for f in fragments))
    (dossier / "page.html").write_text(page, encoding="utf-8")
    return (dossier / "page.html").as_uri()


@pytest.fixture
def ouvrir(navigateur, fichier):  # noqa: F811
    """Ouvrir la page, avec ou sans script, à une largeur donnée ; une erreur de script fait échouer."""
    contextes, erreurs = [], []

    def ouvrir_la_page(scripts: bool = True, largeur: int = 1280):
        contextes.append(
            navigateur.new_context(java_script_enabled=scripts, viewport={"width": largeur, "height": 900})
        )
        onglet = contextes[-1].new_page()
        onglet.on("pageerror", lambda e: erreurs.append(str(e)))
        onglet.goto(fichier)
        return onglet

    yield ouvrir_la_page
    for contexte in contextes:
        contexte.close()
    assert not erreurs


def _premieres(page) -> list[str]:
    return page.locator(f"{LIGNES} > th").all_inner_texts()


def test_sans_script_le_registre_est_entier_et_dans_son_ordre(ouvrir):
    page = ouvrir(scripts=False)
    assert len(_premieres(page)) == 6
    assert _premieres(page)[0] == "Tour Europe"
    assert page.locator("table.obs-registre button, .obs-filtres").count() == 0


def test_le_registre_se_trie_par_nom_et_par_nombre_au_clavier(ouvrir):
    page = ouvrir()
    page.get_by_role("button", name="Excès", exact=True).press("Enter")
    noms = [nom.strip(" ▴▾") for nom in page.locator("table.obs-registre thead th").all_inner_texts()]
    cases = page.locator(f"{LIGNES} > :nth-child({noms.index('Excès') + 1})").all_inner_texts()
    exces = [texte.split("\n")[0] for texte in cases]
    assert exces == ["+3", "+4", "+6", "+9", "+17", "+31"]  # à l'unité, rangés par leur vraie valeur
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Excès")
    page.get_by_role("button", name="Territoire").click()
    assert _premieres(page)[0] == "Bâtiment B"
    page.get_by_role("button", name="Verdict").click()
    assert page.locator(f"{LIGNES} .obs-verdict").first.inner_text().endswith("Alerte confirmée")


def test_le_registre_se_filtre_par_mot_sans_accent_et_par_niveau(ouvrir):
    page = ouvrir()
    page.get_by_label("Contient").fill("batiment")
    assert sorted(_premieres(page)) == ["Bâtiment B", "Bâtiment D"]
    assert page.locator(".obs-filtres [role=status]").inner_text() == "Lignes montrées : 2 sur 6."
    page.get_by_label("Contient").fill("")
    page.get_by_label("Niveau").select_option("quartier")
    assert len(_premieres(page)) == 3


@pytest.mark.parametrize("largeur", [1280, 390])
def test_axe_n_y_trouve_rien_et_rien_ne_deborde(ouvrir, largeur):
    page = ouvrir(largeur=largeur)
    for pli in page.locator("details").all():
        pli.evaluate("pli => pli.open = true")
    assert not _defauts(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= largeur


def test_sur_un_telephone_l_examen_la_suite_et_le_verdict_se_voient_sans_defiler(ouvrir):
    """Les lignes du registre y sont des fiches ; le verdict d'un engagement suit son nom. Le filtre cache encore."""
    page = ouvrir(largeur=390)
    for colonne in ("Examinée", "Prochaine étape"):
        cases = page.locator(f'.obs-fiches td[data-colonne="{colonne}"]').all()
        assert len(cases) > 6
        assert all(case.bounding_box()["x"] + case.bounding_box()["width"] <= 390 for case in cases)
    assert all(v.bounding_box()["x"] < 250 for v in page.locator("td .obs-verdict-partiel").all())
    page.get_by_label("Contient").fill("batiment")
    assert page.locator("table.obs-registre tbody tr:visible").count() == 2
