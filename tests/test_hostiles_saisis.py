"""Des textes hostiles dans ce qui s'écrit à la main (configuration, contours, engagements, objectifs) : du texte."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
import yaml
from fabrique import RACINE
from lxml import html
from petite_ville import SORTIES, commande, ecrire_petite_ville
from textes_hostiles import TEXTES, manques, presents

from observatoire.echappement import depuis_tableur, pour_tableur

pytestmark = pytest.mark.bout_en_bout
#: Les clés dont la valeur est un texte libre.
LIBRES = {"nom", "titre", "libelle", "article", "note", "source", "adoptee_par"}


def _semer(noeud: object, textes) -> None:
    for cle, valeur in noeud.items() if isinstance(noeud, dict) else ():
        if cle in LIBRES and isinstance(valeur, str):
            noeud[cle] = next(textes)
    for enfant in noeud.values() if isinstance(noeud, dict) else noeud if isinstance(noeud, list) else ():
        _semer(enfant, textes)


def _semer_les_contours(fichier: Path, textes: Iterator[str]) -> None:
    """Donner à la ville ses propres référentiels, où le nom de chaque quartier est hostile."""
    referentiels = fichier.parent / "referentiels"
    shutil.copytree(RACINE / "data" / "referentiels", referentiels)
    contours = json.loads((referentiels / "quartiers.geojson").read_text(encoding="utf-8"))
    for trait in contours["features"]:
        trait["properties"]["nom"] = next(textes)
    (referentiels / "quartiers.geojson").write_text(json.dumps(contours), encoding="utf-8")
    reglages = yaml.safe_load(fichier.read_text(encoding="utf-8"))
    reglages["chemins"]["referentiels"] = "referentiels"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")


def _adopter_des_objectifs(fichier: Path, textes: Iterator[str]) -> None:
    adoptes = [
        {
            "code": f"o{rang}", "indicateur": "moins_40_entrants", "sens": "au_plus", "cible": 0.4, "niveau": "ville",
            "depuis": dt.date(2008, 6, 12), "source": next(textes),
        }
        for rang in range(20)
    ]  # fmt: skip
    fichier.write_text(yaml.safe_dump({"objectifs": adoptes}, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    fichier, textes = ecrire_petite_ville(tmp_path_factory.mktemp("ville")), cycle(TEXTES)
    _semer_les_contours(fichier, textes)
    _adopter_des_objectifs(fichier.parent / "suivi" / "objectifs.yml", textes)
    for saisie in (fichier, fichier.parent / "suivi" / "engagements.yml"):
        contenu = yaml.safe_load(saisie.read_text(encoding="utf-8"))
        a_part = contenu.pop("signataires", None)  # les séances du dépôt les nomment
        _semer(contenu, textes)
        contenu |= {"signataires": a_part} if a_part else {}
        saisie.write_text(yaml.safe_dump(contenu, allow_unicode=True, sort_keys=False), encoding="utf-8")
    fait = subprocess.run(commande("publier", fichier), capture_output=True, text=True)
    assert fait.returncode == 0, fait.stderr
    return fichier.parent


def test_une_saisie_hostile_n_est_qu_un_texte_dans_le_site(ville):
    pages = {p.name: html.fromstring(p.read_bytes()) for p in (ville / SORTIES["site"]).rglob("*.html")}
    lus = {nom: page.text_content() for nom, page in pages.items() if page is not None}
    assert [f"{nom} : {faute}" for nom, lu in lus.items() for faute in manques(lu)] == []
    assert len(set().union(*map(presents, lus.values()))) >= 20
    actifs = {"iframe", "form", "base", "object", "embed", "math"}
    assert not [nom for nom, page in pages.items() if presents(" ".join(n.text or "" for n in page.iter(*actifs)))]


def test_une_saisie_hostile_n_ouvre_aucune_formule(ville):
    for fichier in (ville / SORTIES["publie"]).rglob("*.csv"):
        with fichier.open(encoding="utf-8-sig", newline="") as flux:
            cases = {case for ligne in csv.reader(flux) for case in ligne if presents(case)}
        assert not [c for c in cases if c != pour_tableur(depuis_tableur(c))], fichier.name
