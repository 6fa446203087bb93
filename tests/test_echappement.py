"""Chaque texte hostile, à la frontière de chaque langage : il se lit tel quel et n'y est jamais un ordre."""

from __future__ import annotations

import io

import pandas as pd
import pytest
import yaml
from atelier import RACINE
from docutils import nodes
from docutils.core import publish_doctree
from lxml import html
from myst_parser.parsers.docutils_ import Parser
from textes_hostiles import SUR_DES_LIGNES, TEXTES, manques, presents, serrer

from observatoire.echappement import (
    A_REPLIER,
    depuis_tableur,
    markdown_en_html,
    markdown_en_myst,
    pour_myst,
    pour_tableur,
    replier,
)
from observatoire.fichiers import ecrire_csv
from observatoire.rangement import lire_publiee
from observatoire.sujets.alertes.tables import LIBELLES

TOUS = [*TEXTES, *SUR_DES_LIGNES]
EXTENSIONS = yaml.safe_load((RACINE / "_config.yml").read_text(encoding="utf-8"))["parse"]["myst_enable_extensions"]
PLACES = (
    "# {}", "{}", "Avant {} après.", "- {}", "- [{}](<https://exemple.fr>)", "| a | b |\n|:--|:--|\n| {} | x |",
    "# Page\n\n## {}\n\n{}\n\nSuite.",
)  # fmt: skip
ATTENDUS = (
    nodes.document, nodes.title, nodes.section, nodes.paragraph, nodes.Text, nodes.bullet_list, nodes.list_item,
    nodes.reference, nodes.table, nodes.tgroup, nodes.colspec, nodes.thead, nodes.tbody, nodes.row, nodes.entry,
)  # fmt: skip
#: Ce que le Markdown des gens peut donner.
BALISES = {
    "a", "blockquote", "br", "code", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def _lire_myst(texte: str) -> nodes.document:
    reglages = {
        "myst_enable_extensions": EXTENSIONS,
        "report_level": 2,
        "warning_stream": io.StringIO(),
        "doctitle_xform": False,
    }
    return publish_doctree(texte, parser=Parser(), settings_overrides=reglages)


def _sortes(page: nodes.document) -> set[type]:
    """Les sortes de nœuds d'une page, sans les remarques que Sphinx ne dit pas (deux titres de même nom)."""
    dits = {n for dit in page.findall(nodes.system_message) if dit["level"] < 2 for n in dit.findall()}
    return {type(n) for n in page.findall() if n not in dits}


@pytest.mark.parametrize("place", PLACES)
def test_en_myst_un_texte_hostile_se_lit_tel_quel(place):
    for texte in TOUS:
        page = _lire_myst(place.replace("{}", pour_myst(texte)))
        assert serrer(replier(texte)) in serrer(page.astext()), texte
        assert _sortes(page) <= set(ATTENDUS), texte


def test_des_textes_hostiles_cote_a_cote_ne_s_allient_pas():
    page = _lire_myst("# Page\n\n" + "\n\n".join(f"## {pour_myst(t)}\n\n{pour_myst(t)} {pour_myst(t)}" for t in TOUS))
    assert not list(manques(page.astext()))
    assert len(presents(page.astext())) == len(TOUS)
    assert _sortes(page) <= set(ATTENDUS)


@pytest.mark.parametrize("texte", TOUS)
def test_le_markdown_des_gens_ne_donne_que_de_la_mise_en_forme(texte):
    page = _lire_myst("# Page\n\n## Texte\n\n" + markdown_en_myst(f"Avant.\n\n{texte}\n\n## {texte}\n\nAprès."))
    bruts = [n.astext() for n in page.findall(nodes.raw)]
    assert _sortes(page) <= {*ATTENDUS, nodes.raw}
    for rendu in [*bruts, markdown_en_html(texte)]:
        for noeud in html.fragment_fromstring(rendu, create_parent="div").iter():
            assert noeud.tag in BALISES, rendu
            assert noeud.keys() in ([], ["href"], ["class"]), rendu
            assert noeud.get("href", "https://").startswith(("http://", "https://", "mailto:")), rendu


def test_le_markdown_des_gens_garde_sa_mise_en_forme_et_ses_titres():
    texte = "## Constats\n\nUn **point** et un [lien](https://exemple.fr).\n\n1. un\n2. deux\n\n```\na\n\nb\n```"
    myst = markdown_en_myst(texte)
    assert myst.startswith("### Constats\n")
    assert '<strong>point</strong> et un <a href="https://exemple.fr">lien</a>' in myst
    assert markdown_en_myst("#### A\n\n###### B\n\n# C").split("\n\n") == ["### A", "#### B", "### C"]
    page = _lire_myst(f"# Séance\n\n## Compte rendu\n\n{myst}")
    (brut,) = page.findall(nodes.raw)  # un seul bloc, que la ligne vide du code n'a pas coupé
    assert html.fragment_fromstring(brut.astext()).xpath("string(.//pre)").splitlines() == ["a", "", "b"]


def test_un_texte_replie_tient_sur_une_ligne_sans_rien_d_invisible():
    assert replier(" Tour\r\n\tA\u200b \u202eB\x00\x1b ") == "Tour A B"
    assert replier("Saint-Claude\u00a0: l'été 2010") == "Saint-Claude\u00a0: l'été 2010"
    for texte in SUR_DES_LIGNES:
        assert not pd.Series([replier(texte)], dtype="str").str.contains(A_REPLIER).any()


def test_aucun_csv_ne_contient_de_formule_et_les_pages_relisent_le_texte(tmp_path):
    table = pd.DataFrame({"nom": TOUS, "valeur": -1.5, "ecart": ["-3"] * len(TOUS)})
    ecrire_csv(table, tmp_path / "libelles_du_suivi.csv")
    brut = pd.read_csv(tmp_path / "libelles_du_suivi.csv", dtype=str)
    assert not brut["nom"].str.match(r"[=+\-@\t\r]").any()
    assert brut["ecart"].eq("-3").all()
    lue = lire_publiee(LIBELLES, tmp_path)
    assert lue["nom"].tolist() == [replier(t) for t in TOUS]
    assert lue["valeur"].eq(-1.5).all()
    for texte in ("'=1", "''+1", "'", "l'été", "=1", "-a"):
        assert depuis_tableur(pour_tableur(texte)) == texte
