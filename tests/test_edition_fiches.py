"""Les fiches des indicateurs et le dictionnaire du format d'échange."""

from __future__ import annotations

import json

import pytest
from atelier import RACINE, ecrire_publie

from observatoire.edition.fiches import ecrire_fiches


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
