"""Le site, de bout en bout : des dépôts fictifs à des pages ouvertes dans Chromium."""

from __future__ import annotations

import functools
import http.server
import os
import re
import threading
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from lxml import html as lxml_html

CHROMIUM = Path("/usr/bin/chromium")
EN_CI = os.environ.get("CI") == "true"
ETIQUETTES_AXE = ["wcag2a", "wcag2aa", "RGAAv4"]
ANGLAIS = re.compile(
    r"\b(Toggle|Search|Skip to|Back to top|Previous|Next page|Contents|Home|Main|Copyright|Click|Show code"
    r"|Traceback|Error|Warning|Powered by|Last updated|Permalink)\b"
)
TYPES_DE_PAGE = (
    "accueil", "ville", "quartier", "bailleur", "couverture", "sources", "corrections", "fiche", "formats", "charte",
    "methode", "glossaire", "recherche", "alertes", "note", "alerte", "engagements", "engagement", "seances",
    "gouvernance",
)  # fmt: skip

pytestmark = [pytest.mark.bout_en_bout, pytest.mark.site]


class _Muet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Ne rien imprimer."""


@pytest.fixture(scope="module")
def adresse(site_construit):
    """L'adresse locale où le site est servi."""
    serveur = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Muet, directory=str(site_construit)))
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serveur.server_port}/"
    serveur.shutdown()


@pytest.fixture(scope="module")
def navigateur():
    if not CHROMIUM.exists():
        if EN_CI:
            pytest.fail("Chromium est absent de la machine d'intégration.")
        pytest.skip(f"{CHROMIUM} est absent : le site n'est pas ouvert dans un navigateur.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as outil:
        navigateur = outil.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield navigateur
        navigateur.close()


@pytest.fixture
def page(navigateur, adresse):
    """Une page qui refuse toute requête hors du site, et qui échoue à la première erreur de la console."""
    contexte = navigateur.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
    incidents = []
    contexte.route("**/*", lambda route: _filtrer(route, adresse, incidents))
    onglet = contexte.new_page()
    onglet.on("console", lambda m: incidents.append(f"console : {m.text}") if m.type == "error" else None)
    onglet.on("pageerror", lambda e: incidents.append(f"script : {e}"))
    onglet.on("response", lambda r: incidents.append(f"{r.status} : {r.url}") if r.status >= 400 else None)
    yield onglet
    contexte.close()
    assert not incidents


def _filtrer(route, adresse, incidents):
    if route.request.url.startswith((adresse, "data:", "blob:")):
        route.continue_()
    else:
        incidents.append(f"requête extérieure : {route.request.url}")
        route.abort()


@pytest.fixture(scope="module")
def types(site_construit) -> dict[str, str]:
    """Une page de chaque type, par son chemin dans le site."""
    edition = "book/edition"
    annee = max(p.name for p in (site_construit / edition).iterdir() if p.name.isdigit())

    def premiere(motif: str) -> str:
        return next(iter(sorted((site_construit / edition).glob(motif)))).relative_to(site_construit).as_posix()

    noms = ("accueil", "couverture", "sources", "corrections", "formats", "note", "engagements")
    pages = {nom: f"{edition}/{nom}.html" for nom in noms}
    # Les pages d'alerte sont pour les partenaires : OBSERVATOIRE_SITE donne leur site.
    if reservees := sorted((site_construit / edition).glob(f"{annee}/alerte-*.html")):
        pages["alerte"] = reservees[0].relative_to(site_construit).as_posix()
    pages |= {nom: f"book/{nom}.html" for nom in ("charte", "methode", "glossaire", "gouvernance")}
    return pages | {
        "ville": f"{edition}/{annee}/ville.html",
        "alertes": f"{edition}/{annee}/alertes.html",
        "quartier": premiere(f"{annee}/quartier-*.html"),
        "bailleur": premiere(f"{annee}/bailleur-*.html"),
        "fiche": f"{edition}/indicateurs/taux_vacance.html",
        "engagement": f"{edition}/engagements/production_annuelle.html",
        "seances": f"{edition}/seances/calendrier.html",
        "recherche": "search.html",
    }


@pytest.fixture(scope="module")
def documents(site_construit):
    """Chemin -> page lue, pour toutes les pages du site."""
    return {
        f.relative_to(site_construit).as_posix(): lxml_html.fromstring(f.read_bytes())
        for f in sorted(site_construit.rglob("*.html"))
        if "pagefind" not in f.parts
    }


# --- toutes les pages, lues comme des fichiers


def test_chaque_page_est_en_francais_et_porte_les_bandeaux(documents):
    for chemin, document in documents.items():
        assert document.get("lang") == "fr", chemin
        if chemin == "index.html":
            continue
        texte = document.text_content()
        assert "Données fictives." in texte, chemin
        assert "Secret" in texte, chemin
        assert len(document.xpath("//h1")) == 1, chemin


def test_aucune_page_ne_montre_de_code_ni_de_trace(documents):
    for chemin, document in documents.items():
        assert not document.xpath("//div[contains(@class, 'cell_input')]"), chemin
        assert not document.xpath("//*[contains(@class, 'traceback') or contains(@class, 'stderr')]"), chemin
        assert "Traceback (most recent" not in document.text_content(), chemin


def test_rien_ne_reste_en_anglais_dans_l_interface(documents):
    for chemin, document in documents.items():
        attributs = document.xpath("//body//@title | //body//@aria-label | //body//@placeholder | //body//@alt")
        visibles = document.xpath("//button//text() | //nav//text() | //footer//text() | //label//text()")
        restes = {t.strip() for t in [*attributs, *visibles] if ANGLAIS.search(t)}
        assert not restes, f"{chemin} : {restes}"


def test_tous_les_liens_internes_menent_quelque_part(documents, site_construit):
    ancres = {c: {*d.xpath("//@id"), *d.xpath("//a/@name")} for c, d in documents.items()}
    morts = []
    for chemin, document in documents.items():
        for lien in document.xpath("//body//@href"):
            cible, ancre = urldefrag(lien)
            if urlsplit(lien).scheme or lien == "#":
                continue
            page = unquote(urljoin(chemin, cible)) if cible else chemin
            page = page.split("?")[0]
            if not page.endswith(".html") and (site_construit / page).is_file():
                continue  # un document à télécharger
            if page not in documents or (ancre and unquote(ancre) not in ancres[page]):
                morts.append(f"{chemin} -> {lien}")
    assert not morts


# --- une page de chaque type, ouverte


@pytest.mark.parametrize("nom", TYPES_DE_PAGE)
def test_une_page_s_ouvre_sans_erreur_et_axe_n_y_trouve_rien(page, adresse, types, nom):
    page.goto(adresse + _adresse(types, nom), wait_until="networkidle")
    assert page.locator("h1").first.is_visible()
    assert not _defauts(page)


def _adresse(types: dict[str, str], nom: str) -> str:
    if nom not in types:
        pytest.skip("ce site n'a pas de page de cette sorte")
    return types[nom]


def _defauts(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    # Sans « preload », qui redemande les feuilles de style à une adresse fausse. D'une grande page, axe mettrait
    # surtout du temps à décrire ce qui va bien : seuls les défauts se lisent.
    regles = {"runOnly": {"type": "tag", "values": ETIQUETTES_AXE}, "preload": False, "resultTypes": ["violations"]}
    resultat = Axe().run(page, options=regles)
    return [f"{v['id']} : {v['nodes'][0]['html'][:160]}" for v in resultat.response["violations"]]


@pytest.mark.parametrize("nom", TYPES_DE_PAGE)
def test_une_page_tient_sur_un_telephone(page, adresse, types, nom):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(adresse + _adresse(types, nom), wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("mots", ["évaluation", "evaluation", "vacants", "besancon"])
def test_la_recherche_trouve(page, adresse, types, mots):
    page.goto(adresse + types["accueil"])
    page.locator("form.chercher input").fill(mots)
    page.locator("form.chercher button").click()
    page.locator("#resultats a").first.wait_for()
    assert "trouvée" in page.locator("#compte").inner_text()
    page.locator("#resultats a").first.click()
    page.wait_for_load_state()
    assert page.locator("h1").first.is_visible()


def test_le_bandeau_s_imprime(page, adresse, types):
    page.goto(adresse + types["ville"])
    page.emulate_media(media="print")
    assert page.locator(".bandeau-fictif").is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()
