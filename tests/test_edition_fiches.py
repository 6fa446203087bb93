"""Les fiches des indicateurs et le dictionnaire du format d'échange."""

from __future__ import annotations

import json
import re

import pytest
from atelier import RACINE, ecrire_publie
from petit_publie import ecrire_publie as ecrire_petit_publie

from observatoire.edition.carnet import Carnet, Etat
from observatoire.edition.fiches import ecrire_fiches

CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("fiches")
    ecrire_fiches(ecrire_publie(dossier / "publie", annees=(2009, 2010)), RACINE / "data" / "schemas", dossier)
    return dossier


def test_une_fiche_par_indicateur_ou_par_repartition(pages):
    assert {f.stem for f in (pages / "indicateurs").iterdir()} == {"taux_vacance", "financement"}


def test_une_fiche_porte_definition_carte_valeurs_et_rupture(pages):
    fiche = (pages / "indicateurs" / "taux_vacance.md").read_text(encoding="utf-8")
    assert fiche.startswith("---\nobservatoire_public: publique\n---\n\n# Taux de vacance\n")
    assert r"\frac{V}{L + V}" in fiche
    assert "| Source | RPLS |" in fiche
    assert "3,5\u202f%" in fiche
    assert "Entre 2009 et 2010" in fiche
    assert "0.035" not in fiche


def test_une_repartition_dit_chaque_modalite(pages):
    fiche = (pages / "indicateurs" / "financement.md").read_text(encoding="utf-8")
    assert "\n# Financement\n" in fiche
    assert "### PLAI" in fiche
    assert "### PLUS" in fiche


def test_le_dictionnaire_porte_chaque_colonne_de_chaque_schema(pages):
    page = (pages / "formats.md").read_text(encoding="utf-8")
    for fichier in (RACINE / "data" / "schemas").glob("*.json"):
        schema = json.loads(fichier.read_text(encoding="utf-8"))
        assert f"## {schema['title']}" in page
        for champ in schema["fields"]:
            assert f"| `{champ['name']}` |" in page


@pytest.fixture(scope="module")
def vivantes(tmp_path_factory):
    """Les fiches d'un dossier publié qui a des quartiers, des bailleurs, une carte et tous les statuts."""
    dossier = tmp_path_factory.mktemp("vivantes")
    ecrire_fiches(ecrire_petit_publie(dossier / "publie", CONTOURS), RACINE / "data" / "schemas", dossier)
    return dossier


def test_une_fiche_situe_classe_et_mene_plus_loin(vivantes):
    fiche = (vivantes / "indicateurs" / "apl.md").read_text(encoding="utf-8")
    etendue = r"\*\*En 2010, [\d,]+\u202f% à Besançon \(.+\) ; de .+ \(.+\) à .+ \((.+)\) selon les quartiers\."
    assert re.search(rf"{etendue} \1 : .+ depuis 2007.*\.\*\*", fiche)  # le plus mal placé, et s'il s'aggrave
    for titre in ("Par quartier, en 2010", "D'une année à l'autre", "Par bailleur, en 2010", "Indicateurs proches"):
        assert f"\n## {titre}\n" in fiche
    assert 'href="../2010/quartier-battant.html"' in fiche
    assert 'href="../explorateur.html?indicateur=apl"' in fiche
    assert 'href="../../../donnees/indicateurs/apl.csv" download' in fiche
    assert "](plus_65_ans.md) : " in fiche


def test_le_html_d_une_fiche_n_est_jamais_coupe_par_une_ligne_vide(vivantes):
    """En CommonMark, la suite d'un bloc coupé serait relue comme du Markdown."""
    for fichier in (vivantes / "indicateurs").glob("*.md"):
        for bloc in re.findall(r'<div class="obs-vivant".*?\n</div>\n', fichier.read_text(encoding="utf-8"), re.S):
            assert "\n\n" not in bloc, fichier.name


def test_la_liste_porte_chaque_fiche_et_l_ancre_de_chaque_famille(vivantes):
    liste = (vivantes / "indicateurs.md").read_text(encoding="utf-8")
    for fichier in (vivantes / "indicateurs").glob("*.md"):
        assert f'href="indicateurs/{fichier.stem}.html"' in liste
    for ancre in re.findall('href="#([^"]+)"', liste):
        assert liste.count(f'id="{ancre}"') == 1


def test_les_fiches_ne_sont_refaites_que_si_ce_qu_elles_montrent_a_change(tmp_path):
    carnet, faites = Carnet(tmp_path / "edition", Etat(tmp_path)), []

    def ecrire():
        faites.append(1)
        (carnet.attente).mkdir(parents=True, exist_ok=True)
        (carnet.attente / "fiche.md").write_text(f"{len(faites)}", encoding="utf-8")
        return [(carnet.attente / "fiche.md").relative_to(carnet.attente)]

    assert [f.name for f in carnet.garder_le_lot("fiches", "a", ecrire)] == ["fiche.md"]
    carnet.garder_le_lot("fiches", "a", ecrire)
    assert len(faites) == 1
    (carnet.attente / "fiche.md").write_text("récrit", encoding="utf-8")
    carnet.garder_le_lot("fiches", "a", ecrire)
    assert len(faites) == 2
    carnet.garder_le_lot("fiches", "b", ecrire)
    assert len(faites) == 3
