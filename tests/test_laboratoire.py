"""JupyterLab : le notebook d'une page, ses titres et ses paramètres posés ; un paramètre faux dit ce qui est admis."""

from __future__ import annotations

import importlib.util

import nbformat
import pytest
from atelier import RACINE, ecrire_modeles, ecrire_publie

from observatoire.erreurs import ParametreInconnu
from observatoire.laboratoire import choisir_une_page, ecrire_une_page
from observatoire.publie import VARIABLE, lire_publie


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(ecrire_publie(tmp_path / "publie", (2009, 2010))))
    monkeypatch.chdir(tmp_path)
    return ecrire_modeles(tmp_path / "notebooks")


def test_une_page_s_ouvre_avec_ses_parametres_et_ses_titres(notebooks, tmp_path):
    fichier = ecrire_une_page("quartier", notebooks, annee=2009, quartier="battant")
    contenu = nbformat.read(tmp_path / fichier, as_version=4)
    assert contenu.cells[0].source == "# Battant en 2009"
    poses = next(c for c in contenu.cells if "injected-parameters" in c.metadata.get("tags", ()))
    assert "annee = 2009" in poses.source
    assert 'quartier = "battant"' in poses.source


def test_ce_qui_n_est_pas_donne_est_la_derniere_annee(notebooks):
    assert ecrire_une_page("ville", notebooks).name == "2010-ville.ipynb"
    assert ecrire_une_page("couverture", notebooks).name == "couverture.ipynb"


@pytest.mark.parametrize(
    ("modele", "parametres", "dit"),
    [
        ("quartier", {"quartier": "batant"}, "Valeurs admises : battant, planoise-chateaufarine"),
        ("quartier", {"annee": 2020}, "Valeurs admises : 2009, 2010"),
        ("ville", {"bailleur": "gbh"}, "ce modèle n'a pas ce paramètre"),
        ("quatier", {}, "quartier"),
    ],
)
def test_un_parametre_faux_dit_ce_qui_est_admis(notebooks, modele, parametres, dit):
    with pytest.raises(ParametreInconnu, match=dit):
        ecrire_une_page(modele, notebooks, **parametres)


def test_un_code_inconnu_dit_ceux_qui_le_sont(notebooks):
    with pytest.raises(ParametreInconnu, match="les plus proches : battant, planoise-chateaufarine"):
        lire_publie().nom("quartier", "batant")


@pytest.mark.skipif(
    importlib.util.find_spec("ipywidgets") is None, reason="ipywidgets est à l'environnement des analystes"
)
def test_la_barre_ne_montre_que_les_parametres_du_modele(notebooks):
    barre = choisir_une_page(notebooks).children[0]
    modele, *choix, ouvrir = barre.children
    modele.value = "quartier"
    assert {c.description for c in choix if c.layout.display == ""} == {"Année", "Quartier"}
    ouvrir.click()


def test_l_accueil_est_un_notebook_sans_sortie():
    contenu = nbformat.read(RACINE / "laboratoire" / "bienvenue.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(contenu)
    assert contenu.metadata.kernelspec.name == "observatoire"
    assert all(not c.get("outputs") for c in contenu.cells)
