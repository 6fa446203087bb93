"""Deux éditions côte à côte, et rien de ce qui est pour les partenaires dans le site public."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from atelier import ALERTE, configurer, ecrire_gouvernance, ecrire_modeles, ecrire_publie
from pypdf import PdfWriter

from observatoire.chaine import Chaine
from observatoire.configuration import PUBLICS
from observatoire.edition import executer
from observatoire.erreurs import EditionIncomplete, ErreurConfiguration
from observatoire.livre.construction import construire
from observatoire.livre.publics import publics_de, verifier_site

RESERVEE = "Édition réservée aux partenaires"
BATTANT = "2010/quartier-battant.ipynb"

pytestmark = pytest.mark.bout_en_bout


@pytest.fixture(scope="module")
def faites(tmp_path_factory):
    """Les deux éditions d'une ville minuscule, celle des partenaires par la chaîne ; la configuration, et ce qu'il y
    avait chez l'autre public avant puis après."""
    dossier = tmp_path_factory.mktemp("publics")
    ecrire_modeles(dossier / "notebooks")
    config = configurer(dossier)
    for public in PUBLICS:
        ecrire_gouvernance(ecrire_publie(dossier / "publie" / public, public=public))
    executer(config)
    construire(config)
    avant = _chez_le_public(config)
    chaine = Chaine(config)
    chaine.executer("partenaires", None)
    chaine.livre("partenaires")
    return config, avant, _chez_le_public(config)


def _chez_le_public(config) -> set[Path]:
    return {f for nom in ("edition", "site") for f in config.chemin(nom).parent.iterdir()}


@pytest.fixture(scope="module")
def editions(faites):
    return faites[0]


@pytest.fixture
def propre(editions, tmp_path):
    """Une copie de l'édition publique et du livre, que l'on peut abîmer, et dont le site n'est pas construit."""
    livre = tmp_path / "livre"
    shutil.copytree(editions.chemin("edition"), tmp_path / "edition")
    shutil.copytree(editions.chemin("livre") / "book", livre / "book", ignore=shutil.ignore_patterns("edition"))
    for nom in ("_config.yml", "_toc.yml"):
        shutil.copy(editions.chemin("livre") / nom, livre / nom)
    return editions.avec_chemins(edition=tmp_path / "edition", site=tmp_path / "site", livre=livre)


# --- deux éditions côte à côte


def test_refaire_l_une_n_ecrit_rien_chez_l_autre(editions):
    dossiers = [editions.chemin(nom).parent for nom in ("edition", "site")]
    avant = {f: f.stat().st_mtime_ns for dossier in dossiers for f in dossier.rglob("*") if f.is_file()}
    executer(editions, "partenaires", refaire=True)
    construire(editions, "partenaires", refaire=True)
    assert {f: f.stat().st_mtime_ns for dossier in dossiers for f in dossier.rglob("*") if f.is_file()} == avant


@pytest.mark.parametrize("public", PUBLICS)
def test_chaque_page_dit_son_public_et_celles_des_partenaires_le_disent_a_qui_les_lit(editions, public):
    site, edition = editions.chemin("site", public), editions.chemin("edition", public)
    pages = {f.relative_to(site).as_posix(): f.read_text(encoding="utf-8") for f in site.rglob("*.html")}
    assert "book/edition/2010/quartier-battant.html" in pages
    for nom, html in pages.items():
        assert f'name="observatoire-public" content="{public}"' in html, nom
        assert ('name="robots" content="noindex' in html) == (public == "partenaires" or nom == "404.html"), nom
        if nom not in ("index.html", "404.html"):
            assert (RESERVEE in html) == (public == "partenaires"), nom
    notebooks = [nbformat.read(f, as_version=4) for f in edition.rglob("*.ipynb")]
    assert {n.metadata["observatoire_public"] for n in notebooks} == {public}
    assert all(publics_de(f) == {public} for f in edition.rglob("*.md"))


def test_une_alerte_ouverte_n_a_de_page_que_chez_les_partenaires_et_le_registre_est_chez_chacun(editions):
    for public in PUBLICS:
        pages = editions.chemin("site", public) / "book" / "edition" / "2010"
        assert (pages / "alertes.html").is_file()
        assert [f.stem for f in pages.glob("alerte-*")] == [f"alerte-{ALERTE}"] * (public == "partenaires")
    reservee = pages / f"alerte-{ALERTE}.html"
    assert "Taux de vacance, Battant" in reservee.read_text(encoding="utf-8")
    assert f"alerte-{ALERTE}.html" in (pages / "alertes.html").read_text(encoding="utf-8")


def test_une_page_d_un_public_n_est_pas_reprise_pour_l_autre(editions):
    """Mêmes valeurs et même notebook : c'est le carnet de chacun qui sait, et rien n'est à refaire chez soi."""
    for public in PUBLICS:
        assert executer(editions, public).pages == 0
    carnets = [editions.chemin("edition", public) for public in PUBLICS]
    assert carnets[0].parent != carnets[1].parent
    notes = [(e.parent / f".{e.name}" / "memoire" / "2010" / "ville.json").read_text() for e in carnets]
    assert notes[0] != notes[1]


def test_la_chaine_tient_et_se_souvient_de_chaque_public_chez_lui(faites):
    """Verrous et mémoires sont à côté des dossiers de ce public, et l'autre ne les voit pas."""
    config, avant, apres = faites
    restes = {f.name for f in config.chemin("edition", "partenaires").parent.iterdir() if f.name.startswith(".")}
    assert {".edition.memoire", ".edition.verrou", ".site.memoire", ".site.verrou", ".site.travail"} <= restes
    assert apres == avant


def test_deux_publics_ne_partagent_pas_un_dossier(editions):
    for nom, public in (("edition", "partenaires"), ("site", "publique")):
        autre = next(p for p in PUBLICS if p != public)
        for dossier in (editions.chemin(nom, autre), editions.chemin(nom, autre) / "dedans"):
            with pytest.raises(ErreurConfiguration, match="chaque dossier a sa place"):
                editions.avec_chemins(public, **{nom: dossier})
    with pytest.raises(ErreurConfiguration, match="public « presse » inconnu"):
        editions.chemin("edition", "presse")


def test_un_public_n_ecrit_pas_sur_l_edition_ni_sur_le_site_d_un_autre(editions, tmp_path):
    ici = editions.avec_chemins("partenaires", edition=tmp_path / "a", site=tmp_path / "b")
    shutil.copytree(editions.chemin("edition"), tmp_path / "a")
    with pytest.raises(ErreurConfiguration, match="déjà l'édition du public « publique »"):
        executer(ici, "partenaires")
    with pytest.raises(EditionIncomplete, match="est celle du public « publique »"):
        construire(ici, "partenaires")
    shutil.rmtree(tmp_path / "a")
    shutil.copytree(editions.chemin("edition", "partenaires"), tmp_path / "a")
    shutil.copytree(editions.chemin("site"), tmp_path / "b")
    with pytest.raises(EditionIncomplete, match="déjà le site du public « publique »"):
        construire(ici, "partenaires")


def test_ce_qui_est_publie_pour_un_autre_public_n_est_pas_execute(tmp_path):
    ecrire_publie(tmp_path / "publie" / "publique", public="partenaires")
    ecrire_modeles(tmp_path / "notebooks")
    with pytest.raises(ErreurConfiguration, match="publié pour le public « partenaires »"):
        executer(configurer(tmp_path))
    assert not (tmp_path / "livre").exists()


# --- une page des partenaires n'entre pas dans le site public


def _refus(config) -> list[str]:
    """Les fautes que la construction nomme ; rien n'est mis en place."""
    with pytest.raises(EditionIncomplete, match="rien n'a été publié") as refus:
        construire(config)
    assert not config.chemin("site").exists()
    return [ligne.removeprefix("  - ") for ligne in str(refus.value).splitlines()[1:]]


@pytest.mark.parametrize("page", [BATTANT, f"2010/alerte-{ALERTE}.ipynb", "indicateurs/taux_vacance.md"])
def test_une_page_des_partenaires_copiee_dans_l_edition_publique_est_refusee(propre, editions, page):
    shutil.copy(editions.chemin("edition", "partenaires") / page, propre.chemin("edition") / page)
    inconnue = [f"{page} : cette page n'est pas de l'édition."] * ("alerte-" in page)
    assert _refus(propre) == [*inconnue, f"{page} : page du public « partenaires »."]


def test_une_page_que_l_edition_ne_connait_pas_est_refusee(propre):
    inconnue = propre.chemin("edition") / "2010" / "quartier-inconnu.ipynb"
    shutil.copy(propre.chemin("edition") / BATTANT, inconnue)
    assert _refus(propre) == ["2010/quartier-inconnu.ipynb : cette page n'est pas de l'édition."]


def test_une_page_qui_ne_dit_pas_son_public_est_refusee(propre):
    page = propre.chemin("edition") / BATTANT
    contenu = nbformat.read(page, as_version=4)
    del contenu.metadata["observatoire_public"]
    nbformat.write(contenu, page)
    assert _refus(propre) == [f"{BATTANT} : cette page ne dit pas pour quel public elle a été exécutée."]


@pytest.mark.parametrize("ou", ["bilan.html", "_static/bilan.html", "_static/bilan.txt", "bilan.ipynb"])
def test_une_page_des_partenaires_deposee_dans_le_livre_est_refusee(propre, editions, ou):
    if ou.endswith("ipynb"):
        page = editions.chemin("edition", "partenaires") / BATTANT
    else:
        page = editions.chemin("site", "partenaires") / "book" / "edition" / BATTANT.replace("ipynb", "html")
    cible = propre.chemin("livre") / "book" / ou
    cible.parent.mkdir(exist_ok=True)
    shutil.copy(page, cible)
    assert _refus(propre) == [f"{ou} : page du public « partenaires »."]


def test_une_page_html_sans_marque_n_est_pas_mise_en_place(propre):
    statique = propre.chemin("livre") / "book" / "_static"
    statique.mkdir(exist_ok=True)
    (statique / "immeubles.html").write_text("<p>12 impayés au 3 rue des Granges</p>", encoding="utf-8")
    reglages = propre.chemin("livre") / "_config.yml"
    avant = "    html_css_files:"
    texte = reglages.read_text(encoding="utf-8")
    assert avant in texte
    reglages.write_text(texte.replace(avant, f"    html_static_path: [book/_static]\n{avant}"), encoding="utf-8")
    assert _refus(propre) == ["_static/immeubles.html : cette page ne dit pas pour quel public elle est."]


def test_les_documents_d_un_public_sont_dans_son_site_et_dans_aucun_autre(editions, propre):
    noms = {f"{nom}.pdf" for nom in ("rapport-annuel", "note-trimestrielle", "dossier-de-la-conference")}
    for public in PUBLICS:
        site = editions.chemin("site", public)
        assert {f.name: publics_de(f) for f in (site / "documents").iterdir()} == {n: {public} for n in noms}
        page = (site / "book" / "edition" / "documents.html").read_text(encoding="utf-8")
        assert all(f'href="../../documents/{nom}"' in page for nom in noms)
    documents = propre.chemin("edition") / "documents"
    nu = PdfWriter()
    nu.add_blank_page(100, 100)
    nu.write(documents / "rapport-annuel.pdf")
    shutil.copy(editions.chemin("edition", "partenaires") / "documents" / "note-trimestrielle.pdf", documents)
    assert sorted(_refus(propre)) == [
        "documents/note-trimestrielle.pdf : page du public « partenaires ».",
        "documents/rapport-annuel.pdf : cette page ne dit pas pour quel public elle a été exécutée.",
    ]


def test_un_fragment_des_partenaires_trouve_dans_un_fichier_du_site_est_nomme(editions, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(editions.chemin("site"), site)
    verifier_site(site, "publique")
    (site / "donnees.json").write_text(
        '{"html": "<div data-observatoire-public=\\"partenaires\\">3"}', encoding="utf-8"
    )
    with pytest.raises(EditionIncomplete, match=r"donnees\.json : page du public « partenaires »"):
        verifier_site(site, "publique")


def test_la_commande_refuse_avec_1_et_nomme_la_page(propre, editions, tmp_path):
    shutil.copy(editions.chemin("edition", "partenaires") / BATTANT, propre.chemin("edition") / BATTANT)
    dossiers = ["--edition", propre.chemin("edition"), "--site", tmp_path / "rien"]
    commande = [sys.executable, "-m", "observatoire.cli", "livre", "--config", editions.fichier, *dossiers]
    resultat = subprocess.run(list(map(str, commande)), capture_output=True, text=True, check=False)
    assert resultat.returncode == 1
    assert BATTANT in resultat.stderr
    assert "Traceback" not in resultat.stderr
    assert not (tmp_path / "rien").exists()
