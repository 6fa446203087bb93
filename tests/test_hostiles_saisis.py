"""Des textes hostiles dans tout ce qui s'écrit à la main, des contours aux comptes rendus : jusqu'au site, du texte."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pandas as pd
import pytest
import yaml
from fabrique import RACINE
from lxml import html
from petite_ville import SORTIES, commande, ecrire_petite_ville
from semeur import SANS_TITRE, TOUS
from test_echappement import BALISES
from textes_hostiles import TEXTES, lire_un_document, manques, presents, serrer

from observatoire.echappement import depuis_tableur, markdown_en_html, pour_tableur, replier
from observatoire.ecrits.nombres import lire_les_nombres

pytestmark = pytest.mark.bout_en_bout
#: Les clés dont la valeur est un texte libre, ou une liste de textes.
LIBRES = {"nom", "titre", "libelle", "article", "note", "source", "adoptee_par", "supports"}
#: Les pages qui disent les corrections et les écrits ; leurs documents aussi.
PAGES = ("corrections", "rapport", "conference", "bailleur")
#: Un nombre d'un écrit est refusé quand il est une valeur exacte du lieu, et des accolades qui ne citent rien le sont
#: toujours (:mod:`test_ecrits`) : il en reste les textes qui n'en ont pas.
ECRITS = [t for t in SANS_TITRE if not lire_les_nombres(t) and "{{" not in t]


def _semer(noeud: object, textes) -> None:
    for cle, valeur in noeud.items() if isinstance(noeud, dict) else ():
        if cle in LIBRES and isinstance(valeur, str):
            noeud[cle] = next(textes)
        if cle in LIBRES and isinstance(valeur, list):
            noeud[cle] = [next(textes) for _ in valeur]
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
    reglages["chemins"] |= {"referentiels": "referentiels", "livre": "livre"}
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")


def _ecrire_un_livre(ville: Path) -> None:
    """Donner à la ville son propre livre : des commentaires et des comptes rendus hostiles."""
    ailleurs = shutil.ignore_patterns("edition", "gouvernance", "commentaires")
    shutil.copytree(RACINE / "book", ville / "livre" / "book", ignore=ailleurs)
    for reglages in ("_config.yml", "_toc.yml"):
        shutil.copy(RACINE / reglages, ville / "livre")
    hostile, textes = "\n\n".join(["## Constats", *ECRITS]), cycle(ECRITS)
    commentaires, seances = (ville / "livre" / "book" / nom for nom in ("commentaires", "gouvernance"))
    seances.mkdir()
    (commentaires / "2010").mkdir(parents=True)
    for code in ("25056", "gbh", "revue"):
        (commentaires / "2010" / f"{code}.md").write_text(hostile, encoding="utf-8")
    for fichier in (RACINE / "book" / "gouvernance").glob("20*.md"):
        entete = yaml.safe_load(fichier.read_text(encoding="utf-8").split("---\n")[1])
        _semer(entete, textes)
        for decision in entete.get("decisions", ()):
            decision["texte"] = next(textes)
        ecrit = yaml.safe_dump(entete | {"alertes": []}, allow_unicode=True)
        (seances / fichier.name).write_text(f"---\n{ecrit}---\n\n{hostile}\n", encoding="utf-8")


def _demander_des_corrections(ville: Path) -> None:
    """Une correction par texte, qui ne change rien et dont tout ce qui est libre est ce texte."""
    logements = pd.read_csv(ville / "brut" / "2010" / "logements_gbh.csv", sep=";", dtype=str, encoding="utf-8-sig")
    demandees = [
        {
            "annee": 2010, "deposant": "gbh", "table": "logements", "id": logement, "colonne": "surface_m2",
            "attendu": surface, "remplacer_par": surface, "motif": texte, "auteur": texte, "date": dt.date(2011, 2, 14),
        }
        for texte, logement, surface in zip(TOUS, logements["id_logement"], logements["surface_m2"], strict=False)
    ]  # fmt: skip
    corrections = ville / "suivi" / "corrections.yml"
    corrections.write_text(yaml.safe_dump({"corrections": demandees}, allow_unicode=True), encoding="utf-8")


def _adopter_des_objectifs(fichier: Path, textes: Iterator[str]) -> None:
    adoptes = [
        {
            "code": f"o{rang}", "indicateur": "moins_40_entrants", "sens": "au_plus", "cible": 0.4, "niveau": "ville",
            "depuis": dt.date(2008, 6, 12), "source": next(textes),
        }
        for rang in range(20)
    ]  # fmt: skip
    with fichier.open("a", encoding="utf-8") as suite:
        suite.write(yaml.safe_dump({"objectifs": adoptes}, allow_unicode=True))


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    fichier, textes = ecrire_petite_ville(tmp_path_factory.mktemp("ville")), cycle(TEXTES)
    _semer_les_contours(fichier, textes)
    _adopter_des_objectifs(fichier.parent / "suivi" / "engagements.yml", textes)
    _ecrire_un_livre(fichier.parent)
    _demander_des_corrections(fichier.parent)
    for page in PAGES:
        shutil.copy(RACINE / "notebooks" / f"{page}.ipynb", fichier.parent / "notebooks")
    for saisie in (fichier, fichier.parent / "suivi" / "engagements.yml"):
        contenu = yaml.safe_load(saisie.read_text(encoding="utf-8"))
        a_part = contenu.pop("signataires", None)  # les séances du dépôt les nomment
        _semer(contenu, textes)
        contenu |= {"signataires": a_part} if a_part else {}
        saisie.write_text(yaml.safe_dump(contenu, allow_unicode=True, sort_keys=False), encoding="utf-8")
    fait = subprocess.run(commande("publier", fichier), capture_output=True, text=True)
    assert fait.returncode == 0, fait.stderr
    return fichier.parent


@pytest.fixture(scope="module")
def pages(ville):
    """Nom -> page lue, et chaque écrit qui y est mis en forme, à part."""
    fichiers = [p for p in (ville / SORTIES["site"]).rglob("*.html") if "pagefind" not in p.parts]
    lues = {p.name: html.fromstring(p.read_bytes()) for p in fichiers}
    ecrits = {nom: [e for e in page.find_class("obs-texte") if not e.drop_tree()] for nom, page in lues.items()}
    return lues, {nom: siens for nom, siens in ecrits.items() if siens}


def test_une_saisie_hostile_n_est_qu_un_texte_dans_le_site(pages):
    lues, _ = pages
    lus = {nom: page.text_content() for nom, page in lues.items()}
    assert [f"{nom} : {faute}" for nom, lu in lus.items() for faute in manques(lu)] == []
    assert len(presents(lus["corrections.html"])) == len(TOUS)
    assert any(presents(lus[nom]) for nom in lus if nom.startswith("2010-12-14-conference"))
    actifs = {"iframe", "form", "base", "object", "embed", "math"}
    assert not [nom for nom, page in lues.items() if presents(" ".join(n.text or "" for n in page.iter(*actifs)))]


def test_un_ecrit_hostile_n_est_que_mis_en_forme(pages):
    _, ecrits = pages
    assert {"rapport.html", "bailleur-gbh.html", "2010-12-14-conference.html"} <= ecrits.keys()
    attendus = presents(_mettre_en_forme("\n\n".join(ECRITS)))
    for nom, siens in ecrits.items():
        noeuds = [noeud for ecrit in siens for noeud in ecrit.iter()]
        assert {noeud.tag for noeud in noeuds} <= BALISES, nom
        assert {cle for noeud in noeuds for cle in noeud.attrib} <= {"href", "class"}, nom
        assert all(noeud.get("href", "https://").startswith("https://") for noeud in noeuds), nom
        assert presents(" ".join(ecrit.text_content() for ecrit in siens)) == attendus, nom


def test_un_ecrit_hostile_n_est_que_mis_en_forme_dans_un_document(ville):
    formes = presents(" ".join(t for t in ECRITS if serrer(_mettre_en_forme(t)) != serrer(replier(t))))
    textes = {d.stem: lire_un_document(d) for d in (ville / SORTIES["site"] / "documents").glob("*.pdf")}
    assert [m for t in textes.values() for m in manques(t) if not presents(m) & formes] == []
    assert len(presents(textes["rapport-annuel"])) >= len(ECRITS) - len(formes)


def _mettre_en_forme(texte: str) -> str:
    """Ce qui se lit d'un écrit."""
    return html.fragment_fromstring(markdown_en_html(texte), create_parent="div").text_content()


def test_une_saisie_hostile_n_ouvre_aucune_formule(ville):
    for fichier in (ville / SORTIES["publie"]).rglob("*.csv"):
        with fichier.open(encoding="utf-8-sig", newline="") as flux:
            cases = {case for ligne in csv.reader(flux) for case in ligne if presents(case)}
        assert not [c for c in cases if c != pour_tableur(depuis_tableur(c))], fichier.name
