"""Les textes hostiles dans chaque champ de texte des dépôts : repliés à la lecture, inertes dans les rapports."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from atelier_lecture import SCHEMAS, Atelier
from lxml import html
from semeur import TOUS

from observatoire.echappement import A_REPLIER
from observatoire.lecture import ecrire_rapports, preparer
from observatoire.livre.politique import reproches
from observatoire.schemas import lire_schemas

SCHEMAS_LUS = lire_schemas(SCHEMAS)
CHAMPS = [
    (table, champ.nom)
    for table, schema in SCHEMAS_LUS.items()
    for champ in schema.champs.values()
    if champ.type == "string" and not champ.admises
]
#: Les balises des rapports ; une autre viendrait d'un texte.
BALISES = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "h1", "h2", "h3", "p",
    "ul", "li", "span", "div", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary",
}  # fmt: skip


def test_les_champs_de_texte_sont_trouves():
    assert ("immeubles", "libelle") in CHAMPS
    assert len(CHAMPS) > 10


@pytest.mark.parametrize(("table", "champ"), CHAMPS)
def test_un_depot_hostile_est_replie_et_son_rapport_n_interprete_rien(tmp_path, table, champ):
    atelier, schema = Atelier(tmp_path), SCHEMAS_LUS[table]
    modele = atelier.lignes[table][-1]
    atelier.lignes[table] += [
        modele | {cle: f"{modele[cle]}-{rang}" for cle in schema.cle} | {champ: texte}
        for rang, texte in enumerate(TOUS)
    ]
    atelier.deposer_tout()
    depots = atelier.verifier()
    ecrire_rapports(depots, tmp_path / "rapports")
    preparer(atelier.config, depots, sans_les_refuses=True)
    for rapport in (tmp_path / "rapports").rglob("*.html"):
        page = html.fromstring(rapport.read_bytes())
        assert {n.tag for n in page.iter()} <= BALISES
        assert list(reproches(page)) in ([], ["balise « style »."])
    for rapport in (tmp_path / "rapports").rglob("*.csv"):
        with rapport.open(encoding="utf-8-sig", newline="") as flux:
            cases = [case for ligne in csv.reader(flux, delimiter=";") for case in ligne]
        assert not [c for c in cases if c.startswith(("=", "+", "-", "@", "\t", "\r"))]
    for fichier in (tmp_path / "data" / "prepare").rglob("*.parquet"):
        lue = pd.read_parquet(fichier).select_dtypes(["object", "string"]).astype("str")
        assert not any(lue[c].str.contains(A_REPLIER).any() for c in lue), fichier.name


def test_un_libelle_hostile_est_utilise_tel_quel_une_fois_replie(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"][0]["libelle"] = "Tour\r\n\r\n```{include} /etc/passwd\u202e"
    atelier.deposer_tout()
    preparer(atelier.config, atelier.verifier())
    (fichier,) = (tmp_path / "data" / "prepare").rglob("tables/2010/immeubles.parquet")
    assert "Tour ```{include} /etc/passwd" in pd.read_parquet(fichier)["libelle"].tolist()
