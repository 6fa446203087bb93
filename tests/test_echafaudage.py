"""Les échafaudages : ce qu'ils écrivent passe « verifier » et se publie, et rien de ce qui existe n'est écrasé."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from atelier import RACINE
from petite_ville import lancer

from observatoire.configuration import lire_configuration
from observatoire.echafaudage.commun import en_code
from observatoire.echafaudage.villes import situer
from observatoire.schemas import lire_schemas

FONDER = (
    "--nom", "Le Mans", "--code", "72181", "--bailleur", "Le Mans Métropole Habitat",
    "--bailleur", "sarthe:Sarthe Habitat",
    "--annee", 2023, "--config", RACINE / "observatoire.yml",
)  # fmt: skip
QUARTIERS = ("--quartier", "Centre", "--quartier", "Bords de l'Huisne")


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    """Une ville fondée, avec une page, un notebook et une année de plus (publiée : tests/test_tutoriel.py)."""
    dossier = tmp_path_factory.mktemp("ville") / "mans"
    config = dossier / "observatoire.yml"
    fondee = lancer("nouvelle-ville", dossier, *FONDER, *QUARTIERS, "--logements", 400)
    assert fondee.returncode == 0, fondee.stderr
    texte = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"^  notebooks: .*$", "  notebooks: notebooks", texte, flags=re.M), encoding="utf-8")
    for arguments in (
        ("nouvelle-page", "mon-quartier", "Mon quartier"),
        ("nouvelle-page", "ma_figure", "Ma figure", "--notebook", "--partie", "Indicateurs et données"),
        ("nouvelle-annee",),
    ):
        fait = lancer(*arguments, "--config", config)
        assert fait.returncode == 0, fait.stderr
    return config, fondee.stdout


def test_une_ville_est_fondee_d_apres_ce_que_l_on_en_dit(ville):
    config, dit = ville
    lue = lire_configuration(config)
    assert (lue.nom, lue.a, lue.de) == ("Le Mans", "au Mans", "du Mans")
    assert [b.code for b in lue.bailleurs] == ["le_mans_metropole_habitat", "sarthe"]
    assert lue.annees == (2023, 2024)
    assert "suivi/engagements.yml, ligne" in dit
    assert "baremes/delai_anormalement_long.yml, ligne 1" in dit
    carte = json.loads((config.parent / "referentiels" / "quartiers.geojson").read_text(encoding="utf-8"))
    assert [t["properties"]["code"] for t in carte["features"]] == ["centre", "bords-de-l-huisne"]


def test_le_sommaire_garde_ses_commentaires_et_son_ordre(ville):
    config, _ = ville
    texte = (config.parent / "_toc.yml").read_text(encoding="utf-8")
    assert texte.startswith("# Table des matières, écrite à la main.")
    parties = {p["caption"]: p["chapters"] for p in yaml.safe_load(texte)["parts"]}
    assert parties["L'observatoire"][-1] == {"file": "book/mon-quartier"}
    assert parties["Indicateurs et données"][-1] == {"file": "book/edition/ma_figure"}


def test_tout_ce_qui_est_echafaude_se_verifie(ville):
    config, _ = ville
    assert lancer("verifier", "--config", config).returncode == 0
    notebook = nbformat.read(config.parent / "notebooks" / "ma_figure.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert [c.id for c in notebook.cells][:2] == ["ma_figure-00", "ma_figure-01"]


@pytest.mark.parametrize(
    ("arguments", "dit"),
    [
        (("nouvelle-page", "Mon Quartier", "x"), "« mon-quartier »"),
        (("nouvelle-page", "mon-quartier", "x"), "existe déjà"),
        (("nouvelle-page", "autre", "x", "--partie", "Indicateur"), "Parties : Éditions, L'observatoire"),
        (("nouvelle-annee", "2023"), "déjà dans l'édition : 2023, 2024"),
        (("nouvel-indicateur", "Taux", "x"), "ne peut pas être un code"),
        (("nouvel-indicateur", "taux_vacance", "x"), "déjà au catalogue"),
        (("nouvel-indicateur", "neuf", "x", "--famille", "autre"), "Familles : parc"),
        (("nouvel-indicateur", "neuf", "x", "--table", "autre"), "Tables : "),
    ],
)
def test_une_faute_se_dit_avec_ce_qui_est_admis_et_rien_n_est_ecrit(ville, arguments, dit):
    config, _ = ville
    avant = {f: f.read_bytes() for f in config.parent.rglob("*") if f.is_file() and "_build" not in f.parts}
    fait = lancer(*arguments, "--config", config)
    assert fait.returncode in (1, 2)
    assert dit in " ".join(fait.stderr.split())
    assert {f: f.read_bytes() for f in avant} == avant


@pytest.mark.parametrize(
    ("options", "dit"),
    [
        (("--bailleur", "con:Console"), "ne peut pas nommer les fichiers"),
        (("--bailleur", "a/b:Barre"), "ne peut pas nommer les fichiers"),
        (("--bailleur", "sarthe:Double"), "« sarthe » est pris"),
        (("--code", "7218"), "n'est pas un code Insee"),
        (("--contours", "nulle-part.geojson"), "introuvable"),
        (("--contours", RACINE / "observatoire.yml"), "ne finit pas par .geojson"),
    ],
)
def test_une_ville_mal_dite_n_est_pas_fondee(tmp_path, options, dit):
    fait = lancer("nouvelle-ville", tmp_path / "v", *FONDER, *options)
    assert fait.returncode in (1, 2)
    assert dit in " ".join(fait.stderr.split())
    assert not (tmp_path / "v").exists()


def test_de_vrais_contours_sont_verifies(tmp_path):
    contours = json.loads((RACINE / "data/referentiels/quartiers.geojson").read_text(encoding="utf-8"))
    contours["features"][1]["properties"]["code"] = contours["features"][0]["properties"]["code"]
    faux = tmp_path / "contours.geojson"
    faux.write_text(json.dumps(contours), encoding="utf-8")
    fait = lancer("nouvelle-ville", tmp_path / "v", *FONDER, "--contours", faux)
    assert fait.returncode == 2
    assert "quartiers.geojson" in fait.stderr
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize(
    ("nom", "attendu"),
    [
        ("Le Mans", ("au Mans", "du Mans")), ("Les Sables", ("aux Sables", "des Sables")),
        ("Évreux", ("à Évreux", "d'Évreux")), ("La Rochelle", ("à La Rochelle", "de La Rochelle")),
    ],
)  # fmt: skip
def test_le_nom_d_une_commune_s_accorde(nom, attendu):
    assert situer(nom) == attendu


def test_une_annee_s_ajoute_aussi_a_une_liste_en_bloc(tmp_path):
    config = tmp_path / "observatoire.yml"
    config.write_text(
        "territoire: {nom: Ici, code: '25056'}\nedition:\n  annees:\n    - 2023   # la première\n  annee_zero: 2023\n"
        "bailleurs: [{code: gbh, nom: GBH, tables: [logements]}]\n",
        encoding="utf-8",
    )
    fait = lancer("nouvelle-annee", 2025, "--config", config)
    assert fait.returncode == 0, fait.stderr
    lue = lire_configuration(config)
    assert (lue.annees, lue.annee_zero) == ((2023, 2025), 2023)
    assert "2025/logements_gbh" in fait.stdout
    assert (tmp_path / "data/brut/2025").is_dir()


def test_un_code_se_lit_dans_un_nom_de_fichier():
    assert en_code("Bords de l'Huisne – Épau") == "bords-de-l-huisne-epau"


def test_un_indicateur_echafaude_compte_et_son_cas_le_dit(tmp_path):
    """Dans une copie, un par table : leur déclaration est admise, leur cas est juste, leur fiche est entière."""
    ignores = shutil.ignore_patterns("__pycache__", "*.ipynb")
    for nom in ("src", "tests", "data/schemas", "data/referentiels"):
        shutil.copytree(RACINE / nom, tmp_path / nom, ignore=ignores)
    shutil.copy(RACINE / "observatoire.yml", tmp_path)
    tables = lire_schemas(RACINE / "data/schemas")
    source = (
        "from observatoire.cli import principal\nfrom contextlib import suppress\n"
        f"for table in {[t for t in tables if t != 'immeubles']}:\n"
        "    with suppress(SystemExit):\n"
        "        principal(['nouvel-indicateur', f'neuf_{table}', f'Part neuve de {table}', '--table', table])\n"
    )
    chemins = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path / "src"), str(tmp_path / "tests")))}
    commun = {"env": chemins, "cwd": tmp_path, "capture_output": True, "text": True, "check": False}
    ecrits = subprocess.run([sys.executable, "-c", source], **commun)
    neufs = sorted(f.stem for f in (tmp_path / "tests/cas").glob("neuf_*.yml"))
    assert len(neufs) >= 4, ecrits.stderr
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "-k", "neuf or cas_un or autres_mots"]
    essais = subprocess.run([sys.executable, "-m", "pytest", *options, "tests/test_catalogue.py"], **commun)
    assert essais.returncode == 0, essais.stdout
    assert int(re.search(r"(\d+) passed", essais.stdout)[1]) >= 2 * len(neufs) + 2
