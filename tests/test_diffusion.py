"""Ce qui se télécharge : des tables décrites, lisibles partout, les mêmes octets, et rien qui s'exécute."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from frictionless import Package, system
from petit_publie import ecrire_publie

from observatoire.configuration import PUBLICS
from observatoire.diffusion.classeur import en_clair
from observatoire.diffusion.ecriture import CATALOGUE, diffuser
from observatoire.diffusion.paquet import FRANCAIS, INTERNATIONAL, tables_a_diffuser
from observatoire.publie import Contenu

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
NOM = "observatoire-25056-2010"


@pytest.fixture(scope="module", params=PUBLICS)
def diffusion(request, tmp_path_factory):
    """(publie, dossier, chemins, page) d'un public."""
    racine = tmp_path_factory.mktemp("diffusion")
    publie = ecrire_publie(racine / "publie" / request.param, CONTOURS, public=request.param)
    return publie, racine / "donnees", *diffuser(publie, racine / "donnees", "../../donnees/")


UN_PUBLIC = pytest.mark.parametrize("diffusion", PUBLICS[:1], indirect=True)


def test_le_paquet_decrit_chaque_table_et_frictionless_n_y_trouve_rien(diffusion):
    publie, dossier, _, page = diffusion
    paquet = json.loads((dossier / "datapackage.json").read_text(encoding="utf-8"))
    attendues = {f"{INTERNATIONAL}/{t.fichier}" for t in tables_a_diffuser(publie, publie.name)}
    assert {r["path"] for r in paquet["resources"]} == attendues >= {f"{INTERNATIONAL}/indicateurs.csv"}
    with system.use_context(trusted=True):
        rapport = Package(str(dossier / "datapackage.json")).validate()
    assert rapport.valid, rapport.flatten(["name", "rowNumber", "fieldName", "type", "note"])
    assert all(f"`{c}`" in page for c in ("numerateur", "statut", "proba_alerte"))


def test_tout_ce_que_la_page_et_la_notice_citent_est_ecrit(diffusion):
    publie, dossier, chemins, page = diffusion
    assert sorted(chemins) == sorted(f.relative_to(dossier).as_posix() for f in dossier.rglob("*") if f.is_file())
    cites = {lien.split('"')[0] for lien in page.split('href="../../donnees/')[1:]}
    assert cites == set(chemins)
    assert "| Table | CSV international | CSV français | Ce qu'elle" in page  # sur un téléphone, les liens se voient
    notice = json.loads((dossier / CATALOGUE).read_text(encoding="utf-8"))
    for d in notice["dcat:distribution"]:
        fichier = dossier / d["dcat:downloadURL"]["@id"]
        assert fichier.stat().st_size == d["dcat:byteSize"], d
    ouverte = publie.name == "publique"
    assert ("Licence Ouverte" in page, "Réservé aux signataires" in page) == (ouverte, not ouverte)


def test_les_deux_csv_disent_les_memes_nombres(diffusion):
    publie, dossier, *_ = diffusion
    for table in tables_a_diffuser(publie, publie.name):
        ici = pd.read_csv(dossier / INTERNATIONAL / table.fichier)
        la = pd.read_csv(dossier / FRANCAIS / table.fichier, sep=";", decimal=",", encoding="utf-8-sig")
        pd.testing.assert_frame_equal(ici, la, check_dtype=False, obj=table.nom)


@UN_PUBLIC
def test_l_archive_est_complete_et_toujours_la_meme(diffusion, tmp_path):
    publie, dossier, chemins, _ = diffusion
    diffuser(publie, tmp_path, "")
    memes = [c for c in chemins if (tmp_path / c).read_bytes() != (dossier / c).read_bytes()]
    assert memes == []
    with zipfile.ZipFile(io.BytesIO((dossier / f"{NOM}.zip").read_bytes())) as archive:
        noms = {n.removeprefix(f"{NOM}/") for n in archive.namelist()}
        citation = yaml.safe_load(archive.read(f"{NOM}/CITATION.cff"))
    a_part = {f"{NOM}.zip", f"{NOM}.xlsx", CATALOGUE}
    assert noms == {*(set(chemins) - a_part), "CITATION.cff", "LISEZ-MOI.txt", "territoires.geojson"}
    assert (citation["type"], citation["version"]) == ("dataset", "2010")


@UN_PUBLIC
def test_le_classeur_se_lit_en_francais_et_n_execute_rien(diffusion, tmp_path):
    publie, *_ = diffusion
    hostile = '=HYPERLINK("http://exemple.invalid") [x](http://exemple.invalid) $$note$$'
    catalogue = json.loads((publie / "catalogue.json").read_text(encoding="utf-8"))
    catalogue[0]["libelle"] = hostile
    copie = tmp_path / "publique"
    copie.mkdir()
    for fichier in publie.iterdir():
        if fichier.is_file():
            (copie / fichier.name).write_bytes(fichier.read_bytes())
    (copie / "catalogue.json").write_text(json.dumps(catalogue), encoding="utf-8")
    diffuser(copie, tmp_path / "donnees", "")
    livre = openpyxl.load_workbook(tmp_path / "donnees" / f"{NOM}.xlsx")
    assert livre.sheetnames[0] == "Sommaire"
    cases = [c for feuille in livre for rang in feuille.iter_rows() for c in rang if c.value is not None]
    assert [c.value for c in cases if c.data_type == "f"] == []
    textes = {str(c.value) for c in cases}
    assert any(en_clair(hostile) in t for t in textes)
    assert not [c for c in cases if c.hyperlink and "exemple.invalid" in str(c.hyperlink.target)]
    assert not [t for t in textes if "worksheet" in t or "Contents" in t]
    valeurs = Contenu(copie).table("indicateurs")
    vue = valeurs[
        valeurs["annee"].eq(2010) & valeurs["niveau"].isin(["ville", "quartier"]) & valeurs["bailleur"].eq("tous")
    ]
    assert sum(f.max_row for f in livre) > len(vue)
    assert {"c : secret", "nd : non disponible"} <= textes
