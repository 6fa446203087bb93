"""Le livre : tout ce qui manque ou mène nulle part fait échouer la construction, et le site d'avant reste entier."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from atelier import RACINE, configurer, ecrire_gouvernance, ecrire_modeles, ecrire_publie
from lxml import html as lxml_html
from PIL import Image

from observatoire.chaine import Chaine
from observatoire.edition import executer
from observatoire.erreurs import EditionIncomplete
from observatoire.livre.construction import construire
from observatoire.livre.extension import decrire
from observatoire.livre.feuilles import reunir_les_feuilles
from observatoire.livre.politique import sortir_les_styles
from observatoire.livre.preparation import composition, pages_prevues
from observatoire.livre.preuve import prouver
from observatoire.livre.reproches import lister

pytestmark = pytest.mark.bout_en_bout


@pytest.fixture(scope="module")
def livre(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("livre")
    ecrire_gouvernance(ecrire_publie(dossier / "publie" / "publique"))
    ecrire_modeles(dossier / "notebooks")
    config = configurer(dossier)
    executer(config)
    construire(config)
    return config


@pytest.fixture
def edition(livre):
    """L'édition, remise en l'état après chaque test."""
    with _a_abimer(livre) as dossier:
        yield dossier


@contextmanager
def _a_abimer(livre):
    dossier = livre.chemin("edition")
    copie = dossier.with_name("copie")
    shutil.copytree(dossier, copie)
    try:
        yield dossier
    finally:
        shutil.rmtree(dossier)
        copie.rename(dossier)


def _pages(site):
    return {f.relative_to(site): f.read_bytes() for f in site.rglob("*.html")}


def test_le_site_est_entier_et_ne_garde_ni_source_ni_notebook(livre):
    site = livre.chemin("site")
    for page in ("index", "search", "book/edition/accueil", "book/edition/2010/quartier-battant", "book/charte"):
        assert (site / f"{page}.html").is_file()
    assert (site / "pagefind" / "pagefind.js").is_file()
    assert not list(site.rglob("*.ipynb"))
    assert not (site / "_sources").exists()


def test_chaque_page_dit_ce_qu_elle_montre_a_qui_la_cherche_ou_l_envoie(livre):
    page = lxml_html.parse(livre.chemin("site") / "book" / "charte.html")
    (dite,) = page.xpath("//meta[@name='description']/@content")
    assert "La charte a été adoptée en décembre 2007" in dite
    assert page.xpath("//meta[@property='og:description']/@content") == [dite]
    assert page.xpath("//meta[@property='og:title']/@content")[0] in page.findtext(".//title")
    cellule = "<table><tr><td><p>Une cellule est une donnée, jamais une phrase.</p></td></tr></table>"
    assert decrire(f"<p>Court.</p>{cellule}") == ""
    longue = decrire(f"<p>Un premier paragraphe <b>gras</b>, {'mot ' * 100}</p><p>Le second n'y est pas du tout.</p>")
    assert re.fullmatch("Un premier paragraphe gras, mot .{1,170}…", longue)
    constat = '<ul class="obs-essentiel"><li>Le constat : les impayés montent.</li></ul>'
    assert decrire(f"<p>Un paragraphe de la page, avant.</p>{constat}") == "Le constat : les impayés montent."


def _travail(livre) -> Path:
    return livre.chemin("site").parent / ".html.travail"


def _tenir_a_jour(livre) -> None:
    """Ce qui a été composé l'a été jusqu'au bout : la construction suivante ne refera que ce qui a changé."""
    if not (_travail(livre) / "empreinte").is_file():
        construire(livre)


def _changer(fiche, avant: str, apres: str) -> None:
    texte = fiche.read_text(encoding="utf-8")
    assert avant in texte
    fiche.write_text(texte.replace(avant, apres), encoding="utf-8")


def _composer_a_moitie(travail):
    with composition(travail) as sortie:
        (sortie / "_build" / "html" / "book" / "charte.html").write_text("à moitié")
        raise KeyboardInterrupt


def test_une_composition_inachevee_est_refaite_en_entier(livre, edition):
    _tenir_a_jour(livre)
    avant = _pages(livre.chemin("site"))
    with pytest.raises(KeyboardInterrupt):
        _composer_a_moitie(_travail(livre))
    construire(livre)
    assert _pages(livre.chemin("site")) == avant


def _ecrites(livre, depuis: int) -> set[str]:
    composees = (_travail(livre) / "sortie" / "_build" / "html").rglob("*.html")
    return {f.name for f in composees if f.stat().st_mtime_ns > depuis}


@pytest.mark.parametrize(
    ("avant", "apres", "toutes"),
    [("Part des logements", "Part de tous les logements", False), ("# Taux de vacance", "# Taux de vide", True)],
)
def test_ce_qui_change_est_recompose_et_le_site_est_celui_d_une_construction_a_neuf(
    livre, edition, avant, apres, toutes
):
    _tenir_a_jour(livre)
    depuis = time.time_ns()
    _changer(edition / "indicateurs" / "taux_vacance.md", avant, apres)
    construire(livre)
    ecrites = _ecrites(livre, depuis)
    assert "taux_vacance.html" in ecrites
    assert ("charte.html" in ecrites) == toutes
    site = {f.relative_to(livre.chemin("site")): f.read_bytes() for f in livre.chemin("site").rglob("*") if f.is_file()}
    construire(livre, refaire=True)
    neuf = {f.relative_to(livre.chemin("site")): f.read_bytes() for f in livre.chemin("site").rglob("*") if f.is_file()}
    assert site == neuf


# --- la preuve d'un site


@pytest.fixture
def site(livre, tmp_path):
    """Une copie du site, à abîmer."""
    shutil.copytree(livre.chemin("site"), tmp_path / "site")
    return tmp_path / "site"


def _prouver(livre, site):
    prouver(site, pages_prevues(_travail(livre) / "source"), ["documents/rapport.pdf"], lambda: None)


def _ajouter(fichier: Path, texte: str) -> None:
    fichier.write_text(fichier.read_text(encoding="utf-8").replace("</article>", f"{texte}</article>"), "utf-8")


CHARTE = "book/charte.html"
DEFAUTS = {
    "une page manque": (lambda s: (s / CHARTE).unlink(), f"{CHARTE} : manque"),
    "l'accueil manque": (lambda s: (s / "index.html").unlink(), "index.html : manque"),
    "une page est coupée": (lambda s: os.truncate(s / CHARTE, 2000), f"{CHARTE} : n'est pas entière"),
    "une page est vide": (lambda s: os.truncate(s / CHARTE, 0), f"{CHARTE} : n'est pas entière"),
    "une page est vieille": (lambda s: os.utime(s / CHARTE, (1, 1)), f"{CHARTE} : est plus vieille que sa source"),
    "une page sans article": (
        lambda s: _changer(s / CHARTE, "bd-article", "autre"), f"{CHARTE} : n'a ni article ni titre",
    ),
    "une page de trop": (
        lambda s: shutil.copy(s / CHARTE, s / "book/ancienne.html"), "book/ancienne.html : ne vient d'aucune source",
    ),
    "une page liée": (lambda s: _ajouter(s / CHARTE, '<a href="rien.html">x</a>'), "« rien.html » ne mène nulle part"),
    "une ancre": (lambda s: _ajouter(s / CHARTE, '<a href="#rien">x</a>'), "« #rien » ne mène nulle part"),
    "une ancre d'ailleurs": (
        lambda s: _ajouter(s / CHARTE, '<a href="methode.html#rien">x</a>'), "« methode.html#rien » ne mène nulle part",
    ),
    "une image": (lambda s: _ajouter(s / CHARTE, '<img src="rien.svg" alt="">'), "« rien.svg » ne mène nulle part"),
    "hors du site": (lambda s: _ajouter(s / CHARTE, '<a href="../../x.html">x</a>'), "« ../../x.html » ne mène nulle"),
    "un style du thème": (
        lambda s: next((s / "_static").glob("site-*.css")).unlink(), "_static/site-",
    ),
    "l'index de recherche": (lambda s: shutil.rmtree(s / "pagefind"), "l'index de recherche manque"),
    "un document": (lambda s: (s / "documents/rapport.pdf").write_bytes(b"%PDF-1.7\n"), "documents/rapport.pdf"),
    "un script": (lambda s: _ajouter(s / CHARTE, "<script>1</script>"), "balise « script »"),
    "un script d'ailleurs": (lambda s: _ajouter(s / CHARTE, "<script src=//x.fr/y></script>"), "balise « script »"),
    "un attribut": (lambda s: _ajouter(s / CHARTE, "<p onclick='x'>x</p>"), "attribut « onclick »"),
    "une adresse": (lambda s: _ajouter(s / CHARTE, "<a href=' JavaScript:x'>x</a>"), "adresse « "),
    "un cadre": (lambda s: _ajouter(s / CHARTE, "<iframe src=x></iframe>"), "balise « iframe »"),
    "une image d'ailleurs": (lambda s: _ajouter(s / CHARTE, "<img src=https://x.fr/y alt=''>"), "adresse « https"),
    "un style": (lambda s: _ajouter(s / CHARTE, "<p style='color:red'>x</p>"), "attribut « style »"),
}  # fmt: skip


@pytest.fixture(scope="module")
def prouve(livre, tmp_path_factory):
    """Un site prouvé : chacun de ses défauts sera donc celui qu'on y met."""
    site = shutil.copytree(livre.chemin("site"), tmp_path_factory.mktemp("prouve") / "site")
    (site / "documents").mkdir(exist_ok=True)
    (site / "documents" / "rapport.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    _prouver(livre, site)
    return site


@pytest.mark.parametrize("defaut", DEFAUTS)
def test_un_site_abime_n_est_pas_prouve(livre, prouve, tmp_path, defaut):
    site = shutil.copytree(prouve, tmp_path / "site")
    abimer, dit = DEFAUTS[defaut]
    abimer(site)
    with pytest.raises(EditionIncomplete) as echec:
        _prouver(livre, site)
    assert dit in str(echec.value)


# --- les styles des figures


def test_les_styles_des_figures_passent_dans_des_feuilles(livre, site):
    ajout = (
        '<p class="a" style="color: red">x</p><p style="color: red;">y</p>'
        '<svg><path style="fill: url(#m); stroke: #123" d=""/></svg><style scoped>.dataframe td {color: blue}</style>'
    )
    _ajouter(site / CHARTE, ajout)
    sortir_les_styles(site)
    page = (site / CHARTE).read_text(encoding="utf-8")
    assert "style=" not in page
    assert "<style" not in page
    assert 'fill="url(#m)"' in page
    feuille = (site / "_static" / "styles-des-figures.css").read_text(encoding="utf-8")
    assert feuille.count("{color: red}") == 1
    assert "{stroke: #123}" in feuille
    (bloc,) = (site / "_static" / "feuilles").iterdir()
    assert bloc.read_text(encoding="utf-8") == ".dataframe td {color: blue}\n"
    assert f'href="../_static/feuilles/{bloc.name}"' in page


def test_une_page_charge_une_seule_feuille_qui_n_a_que_ce_qui_sert(tmp_path):
    styles = tmp_path / "_static" / "styles"
    styles.mkdir(parents=True)
    (tmp_path / "_static" / "basic.css").write_text("p {margin: 0}", encoding="utf-8")
    (styles / "theme.css").write_text('@charset "utf-8";\n@import "../basic.css";', encoding="utf-8")
    (styles / "gros.css").write_text(
        ".vu, .jamais {color: red}\n.jamais {color: blue}\n#ici:not(.jamais) {x: url(../polices/a.woff2)}\n"
        "@media print {.jamais {x: y}}\n@media (width > 3px) {.par-script {x: y}}\n"
        ".serie-2 {a: b}\n.classe-0 {a: b}\n.autre-1 {a: b}\n"
        ":is(.jamais, .vu) {z: url(data:x)}\n@font-face {font-family: f; src: url('b.woff2')}\n",
        encoding="utf-8",
    )
    (styles / "gros.css.map").write_text("{}", encoding="utf-8")
    (tmp_path / "_static" / "a.js").write_text(
        'noeud.classList.add("par-script", `x serie-${n}`, "classe-" + n)', encoding="utf-8"
    )
    (tmp_path / "sous").mkdir()
    liens = (
        '<link href="../_static/styles/theme.css?d=1" rel="stylesheet" />'
        '<link rel="stylesheet" href="../_static/styles/gros.css">'
    )
    corps = "<p class=\"vu\" id='ici'>x</p></body></html>"
    (tmp_path / "sous" / "p.html").write_text(f"<html><head>{liens}</head><body>{corps}", encoding="utf-8")
    (tmp_path / "_static" / "site.css").write_text("a {b: c}", encoding="utf-8")
    perdue = '<html><head><link rel="stylesheet" href="/_static/site.css"></head></html>'
    (tmp_path / "404.html").write_text(perdue, encoding="utf-8")
    reunir_les_feuilles(tmp_path)
    assert (tmp_path / "404.html").read_text(encoding="utf-8") == perdue
    page = (tmp_path / "sous" / "p.html").read_text(encoding="utf-8")
    feuille, _ = sorted((tmp_path / "_static").rglob("*.css*"))
    assert feuille.name.startswith("site-")
    assert page == f'<html><head><link rel="stylesheet" href="../_static/{feuille.name}"></head><body>{corps}'
    assert feuille.read_text(encoding="utf-8").splitlines() == [
        "p{margin: 0}", ".vu{color: red}", "#ici:not(.jamais){x: url(polices/a.woff2)}",
        "@media (width > 3px) {", ".par-script{x: y}", "}", ".serie-2{a: b}", ".classe-0{a: b}",
        ":is(.jamais, .vu){z: url(data:x)}",
        '@font-face {font-family: f; src: url("styles/b.woff2")}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    "style",
    [
        "background: url(https://x.fr/y)",
        "background: u\\72l(//x)",
        "} body {display: none",
        "width: expression(alert(1))",
    ],
)
def test_un_style_qui_appelle_ailleurs_est_refuse(site, style):
    _ajouter(site / CHARTE, f'<p style="{style}">x</p>')
    with pytest.raises(EditionIncomplete, match=r"book/charte\.html : le style"):
        sortir_les_styles(site)


# --- ce qui fait échouer, et ce que dit une page à qui l'envoie


def test_chaque_page_a_son_image_que_l_adresse_du_site_rend_entiere(livre, edition):
    """L'image suit le titre et le constat de la page, et d'elle seule."""
    site = livre.chemin("site")

    def lire() -> tuple[lxml_html.HtmlElement, str]:
        page = lxml_html.parse(site / "book" / "charte.html")
        assert page.xpath("//meta[@name='twitter:card']/@content") == ["summary_large_image"]
        return page, page.xpath("//meta[@property='og:image']/@content")[0]

    assert re.fullmatch(r"\.\./_vignettes/book/charte\.png\?v=[a-z]+", lire()[1])
    memoire = edition / "edition.json"
    dite = {**json.loads(memoire.read_text(encoding="utf-8")), "publication": {"adresse": "https://obs.exemple.fr"}}
    memoire.write_text(json.dumps(dite), encoding="utf-8")
    construire(livre)
    page, image = lire()
    assert image.startswith("https://obs.exemple.fr/_vignettes/book/charte.png?v=")
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://obs.exemple.fr/book/charte.html"]
    images = {f.relative_to(site / "_vignettes").with_suffix("") for f in (site / "_vignettes").rglob("*.png")}
    pages = {f.relative_to(site).with_suffix("") for f in [*(site / "book").rglob("*.html"), site / "search.html"]}
    assert images == pages
    (constat,) = page.xpath("//meta[@name='description']/@content")
    with Image.open(site / "_vignettes" / "book" / "charte.png") as image:
        assert image.size == (1200, 630)
        titre, *_, dit = image.text["Description"].splitlines()[1:]
    assert titre in page.findtext(".//title")
    assert constat.endswith(dit)


# Motif d'une page -> ce qu'en dit la construction quand rien n'y répond.
SANS_PAGE = {"2010/bailleur-*.ipynb": "bailleur-*", "indicateurs/*.md": "indicateurs/*", "2010/*.ipynb": "[12]*/ville"}


def _echouer(livre) -> str:
    """Ce que dit une construction qui échoue ; le site est celui d'avant."""
    avant = _pages(livre.chemin("site"))
    with pytest.raises(EditionIncomplete) as echec:
        construire(livre)
    assert _pages(livre.chemin("site")) == avant
    return str(echec.value)


@pytest.fixture(scope="module")
def reproches(livre):
    """Ce que disent deux constructions de suite d'une édition fautive, puis une d'une édition à qui des pages
    manquent ; les fautes, indépendantes, sont plantées côte à côte."""
    with _a_abimer(livre) as edition:
        for nom, faute in {"taux_vacance": "[rien](absent.md)", "financement": "$$ \\frac{a $$"}.items():
            fiche = edition / "indicateurs" / f"{nom}.md"
            fiche.write_text(fiche.read_text(encoding="utf-8") + f"\n{faute}\n", encoding="utf-8")
        _oter(edition, "2010/bailleur-*.ipynb")
        fautive = [_echouer(livre), _echouer(livre)]
    with _a_abimer(livre) as edition:
        _oter(edition, "indicateurs/*.md")
        _oter(edition, "2010/*.ipynb")
        return [*fautive, _echouer(livre)]


def _oter(edition: Path, motif: str) -> None:
    otees = list(edition.glob(motif))
    assert otees
    for fichier in otees:
        fichier.unlink()


@pytest.mark.parametrize("motif", SANS_PAGE)
def test_un_motif_qui_ne_trouve_rien_fait_echouer_et_le_site_reste(reproches, motif):
    dit = re.escape(SANS_PAGE[motif])
    assert re.search(rf"le motif « [^»]*{dit} »[^\n]* ne trouve aucune page", reproches[0] + reproches[2])


def test_un_lien_mort_est_dit_au_chemin_du_depot(livre, reproches):
    assert re.search(r"book/edition/indicateurs/taux_vacance\.md[^\n]*absent", reproches[0])
    assert str(livre.chemin("site").parent) not in reproches[0]


def test_une_formule_illisible_fait_echouer(reproches):
    assert re.search(r"book/edition/indicateurs/financement\.md[^\n]*formule", reproches[0])


def test_un_reproche_est_redit_a_chaque_fois(reproches):
    assert reproches[0] == reproches[1]


# --- un écrivain qui échoue ou qui meurt


def _copier_le_livre(livre, dossier: Path, reglages=lambda texte: texte):
    """Les pages écrites à la main et leurs réglages, que l'on peut changer ; l'édition et le site restent ceux-là."""
    shutil.copytree(RACINE / "book", dossier / "book", ignore=shutil.ignore_patterns("edition"))
    for nom in ("_config.yml", "_toc.yml"):
        texte = (RACINE / nom).read_text(encoding="utf-8")
        (dossier / nom).write_text(reglages(texte) if nom == "_config.yml" else texte, encoding="utf-8")
    return livre.avec_chemins(livre=dossier)


@pytest.mark.parametrize(("panne", "dit"), [("erreur", "RuntimeError: panne d'essai"), ("mort", "SIGKILL")])
def test_un_ecrivain_qui_tombe_est_dit_et_la_fois_d_apres_aussi(livre, tmp_path, monkeypatch, panne, dit):
    monkeypatch.setenv("OBS_PANNE", panne)
    monkeypatch.setenv("PYTHONPATH", str(RACINE / "tests"), prepend=os.pathsep)
    extension = ("observatoire.livre.extension]", "observatoire.livre.extension, panne_a_l_ecriture]")
    config = _copier_le_livre(livre, tmp_path / "livre", lambda texte: texte.replace(*extension))
    avant = _pages(livre.chemin("site"))
    for _ in range(2):
        with pytest.raises(EditionIncomplete) as echec:
            Chaine(config).livre("publique")
        assert dit in str(echec.value)
        assert _pages(livre.chemin("site")) == avant
    assert not list(livre.chemin("site").parent.glob(".provisoire-*"))


# --- ce qu'une page, même écrite à la main, ne peut pas faire

INTERDITS = (
    "```{{include}} {secret}\n```", "```{{literalinclude}} {secret}\n```", "```{{inclure}} {secret}\n```",
    "```{{raw}} html\n<b>x</b>\n```", "```{{csv-table}}\n:file: {secret}\n```", "```{{image}} {secret}\n```",
    "```{{figure}} {secret}\n```", "```{{eval-rst}}\n.. include:: {secret}\n```", "{{download}}`x <{secret}>`",
    "![x]({secret})", "[x](<{secret}>)", "[x](path:{secret})", "![x](https://exemple.invalid/x.png)",
    "[x](ftp://exemple.invalid)", "```{{code-cell}}\n:load: {secret}\n```",
)  # fmt: skip


def test_aucune_directive_ne_lit_un_fichier_hors_du_livre(livre, tmp_path):
    config = _copier_le_livre(livre, tmp_path / "livre")
    depuis = _travail(livre) / "source" / "book"
    lignes, vers = ["# Essai", ""], {}
    for interdit in INTERDITS:
        secret = tmp_path / f"secret-{len(lignes) + 1}.txt"
        secret.write_text("MOT-DE-PASSE", encoding="utf-8")
        vers[len(lignes) + 1] = interdit
        lignes += [*interdit.format(secret=os.path.relpath(secret, depuis)).split("\n"), ""]
    (tmp_path / "livre" / "book" / "essai.md").write_text("\n".join(lignes), encoding="utf-8")
    notebook = "---\nfile_format: mystnb\n---\n# Essai\n\n```{code-cell} python\n:load: {secret}\n```\n"
    (tmp_path / "livre" / "book" / "notebook.md").write_text(
        notebook.replace("{secret}", os.path.relpath(secret, depuis)), encoding="utf-8"
    )
    avant = _pages(livre.chemin("site"))
    with pytest.raises(EditionIncomplete) as echec:
        construire(config)
    assert "MOT-DE-PASSE" not in str(echec.value)
    dites = {int(n) for deux in re.findall(r"essai\.md, ligne (\d+)|secret-(\d+)", str(echec.value)) for n in deux if n}
    assert [interdit for rang, interdit in vers.items() if not dites & {rang, rang + 1}] == []
    assert "book/notebook.md" in str(echec.value)
    assert _pages(livre.chemin("site")) == avant
    composees = (_travail(livre) / "sortie").rglob("*")
    assert not [f for f in composees if f.is_file() and b"MOT-DE-PASSE" in f.read_bytes()]


def test_un_lien_symbolique_ne_fait_rien_entrer_dans_le_livre(livre, tmp_path):
    config = _copier_le_livre(livre, tmp_path / "livre")
    (tmp_path / "secret.md").write_text("# Secret", encoding="utf-8")
    (tmp_path / "livre" / "book" / "essai.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(EditionIncomplete, match=r"book/essai\.md mène hors du livre"):
        construire(config)


@pytest.mark.parametrize(
    ("dit", "attendu"),
    [
        ("book/charte.md:: WARNING: document isn't included in any toctree [toc.not_included]",
         "book/charte.md : cette page n'est rangée nulle part : l'ajouter à _toc.yml."),
        ("book/m.md:3: WARNING: Non-consecutive header level increase; H1 to H3 [myst.header]",
         "book/m.md, ligne 3 : un titre de niveau 3 suit un titre de niveau 1"),
        ("book/m.md:9: WARNING: Unknown directive type: 'tructruc' [myst.directive_unknown]",
         "book/m.md, ligne 9 : « {tructruc} » : directive inconnue."),
        ("book/m.md:9: WARNING: une image vient d'ailleurs : x", "book/m.md, ligne 9 : une image vient d'ailleurs : x"),
    ],
)  # fmt: skip
def test_un_reproche_de_sphinx_se_dit_a_qui_a_ecrit_la_page(dit, attendu):
    (phrase,) = lister(f"lecture…\n{dit}\n{dit}\n")
    assert phrase.startswith(attendu)
