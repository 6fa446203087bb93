"""Une édition entière dont chaque texte est hostile : rien n'est interprété, ni dans le site ni dans les documents."""

from __future__ import annotations

import json
import re

import pandas as pd
import petit_publie
import pytest
from atelier import RACINE, configurer
from lxml import html
from semeur import TOUS, semer
from textes_hostiles import lire_un_document, manques, presents

from observatoire.echappement import replier
from observatoire.edition import executer
from observatoire.livre.construction import construire

pytestmark = pytest.mark.bout_en_bout
#: Les attributs où un texte venu d'ailleurs a sa place ; ailleurs, il n'en reste au plus que des lettres et des tirets.
_LUS = {"title", "aria-label", "alt", "content", "placeholder", "value", "data-nom"}
_INERTE = re.compile(r"[\w\s#./-]*")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """L'édition des partenaires, avec les vrais modèles, de quoi que ce soit d'hostile ; et les champs semés."""
    dossier, avant = tmp_path_factory.mktemp("hostile"), dict(petit_publie.IMMEUBLES)
    petit_publie.IMMEUBLES.update({f"gbh:{replier(t)}": (t, "battant") for t in TOUS})
    try:
        contours = RACINE / "data" / "referentiels" / "quartiers.geojson"
        publie = petit_publie.ecrire_publie(dossier / "publie" / "partenaires", contours, public="partenaires")
    finally:
        petit_publie.IMMEUBLES.clear()
        petit_publie.IMMEUBLES.update(avant)
    (publie / "seances").mkdir()
    for seance in pd.read_csv(publie / "seances.csv")["seance"]:
        (publie / "seances" / f"{seance}.md").write_text("à semer", encoding="utf-8")
    champs = semer(publie)
    config = configurer(dossier).avec_chemins(notebooks=RACINE / "notebooks")
    executer(config, "partenaires")
    construire(config, "partenaires")
    return config.chemin("site", "partenaires"), champs


@pytest.fixture(scope="module")
def pages(hostile):
    """Chemin -> page lue, de tout le site."""
    site, _ = hostile
    fichiers = [f for f in sorted(site.rglob("*.html")) if "pagefind" not in f.parts]
    lues = {f.relative_to(site).as_posix(): html.fromstring(f.read_bytes()) for f in fichiers}
    for page in lues.values():
        for texte in page.find_class("obs-texte"):  # le Markdown des gens est mis en forme : voir test_echappement.py
            texte.drop_tree()
    return lues


def test_chaque_sorte_de_champ_est_semee(hostile):
    _, champs = hostile
    for attendu in (
        "territoires.csv, nom", "bailleurs.csv, nom", "corrections.csv, motif", "ruptures.csv, description",
        "seances.csv, presents", "decisions.csv, texte", "engagements.csv, libelle", "baremes.csv, source",
        "edition.json, /titre", "libelles_du_suivi.csv, libelle",
    ):  # fmt: skip
        assert attendu in champs
    assert {c.partition("/")[0] for c in champs if c.endswith(".md")} == {"commentaires", "seances"}


def test_aucun_texte_n_est_interprete_dans_une_page(pages):
    fautes = [f"{chemin} : {m}" for chemin, page in pages.items() for m in manques(page.text_content())]
    assert fautes == []


def test_les_soixante_textes_se_lisent(pages):
    lus = set().union(*(presents(page.text_content()) for page in pages.values()))
    assert len(lus) == len(TOUS)


def test_aucun_texte_ne_devient_attribut_ni_adresse(pages):
    fautes = []
    for chemin, page in pages.items():
        for noeud in page.iter():
            dits = noeud.attrib.items() if isinstance(noeud.tag, str) else [("commentaire", noeud.text or "")]
            for nom, valeur in dits:
                lisible = nom in _LUS and not list(manques(valeur))
                if presents(nom) or (presents(valeur) and not lisible and not _INERTE.fullmatch(valeur)):
                    fautes.append(f"{chemin} : {nom} = {valeur[:80]}")
    assert fautes == []


def test_aucun_texte_n_est_interprete_dans_un_document(hostile):
    site, _ = hostile
    lus = set()
    documents = sorted((site / "documents").glob("*.pdf"))
    assert documents
    for document in documents:
        texte = lire_un_document(document)
        assert list(manques(texte)) == [], document.name
        lus |= presents(texte)
    assert lus


def test_l_index_de_recherche_ne_connait_que_des_pages(hostile, pages):
    site, _ = hostile
    entree = json.loads((site / "pagefind" / "pagefind-entry.json").read_text(encoding="utf-8"))
    assert sum(langue["page_count"] for langue in entree["languages"].values()) >= len(pages) - 2
