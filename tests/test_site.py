"""Le site, de bout en bout : des dépôts fictifs à des pages ouvertes dans Chromium."""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import re
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from lxml import html as lxml_html

CHROMIUM = Path("/usr/bin/chromium")
EN_CI = os.environ.get("CI") == "true"
ETIQUETTES_AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "RGAAv4", "best-practice"]
ANGLAIS = re.compile(
    r"\b(Toggle|Search|Skip to|Back to top|Previous|Next page|Contents|Home|Main|Copyright|Click|Show code"
    r"|Traceback|Error|Warning|Powered by|Last updated|Permalink)\b"
)
TYPES_DE_PAGE = (
    "accueil", "ville", "quartier", "bailleur", "couverture", "sources", "corrections", "fiche", "formats", "charte",
    "methode", "glossaire", "recherche", "alertes", "note", "alerte", "engagements", "engagement", "seances",
    "gouvernance", "explorateur", "indicateurs", "revue", "editions", "mentions", "accessibilite", "perdue",
    "reference", "donnees",
)  # fmt: skip

FICHE, ANNEE = "book/edition/indicateurs/", "book/edition/{annee}/"
#: Ce que demande un lecteur, en ses mots -> les pages dont l'une doit être parmi les trois premières.
REQUETES = {
    "HLM vides": [f"{FICHE}taux_vacance"],
    "logements inoccupés": [f"{FICHE}taux_vacance"],
    "combien de logements vides": [f"{FICHE}taux_vacance"],
    "loyers impayés": [f"{FICHE}impayes_3_mois"],
    "dettes de loyer": [f"{FICHE}impayes_3_mois"],
    "expulsions": [f"{FICHE}impayes_3_mois"],
    "passoires thermiques": [f"{FICHE}part_dpe_efg"],
    "précarité énergétique": [f"{FICHE}part_dpe_efg"],
    "liste d'attente": [f"{FICHE}demandes_actives"],
    "temps d’attente": [f"{FICHE}delai_attente"],
    "pauvreté": [f"{FICHE}moins_40_plafond"],
    "bas revenus": [f"{FICHE}moins_40_plafond"],
    "quels quartiers sont les plus pauvres": [f"{FICHE}moins_40_plafond", f"{FICHE}moins_20_plafond"],
    "RSA": [f"{FICHE}minima_sociaux"],
    "chômage": [f"{FICHE}sans_emploi"],
    "personnes agees": [f"{FICHE}plus_65_ans"],
    "parents isolés": [f"{FICHE}monoparentales"],
    "mères seules": [f"{FICHE}monoparentales"],
    "grandes familles": [f"{FICHE}familles_nombreuses"],
    "loyer moyen": [f"{FICHE}loyer_m2"],
    "DALO": [f"{FICHE}delai_anormalement_long", f"{FICHE}prioritaires"],
    "rénovation urbaine": [f"{FICHE}relogements"],
    "vandalisme": [f"{FICHE}signalements_degradation"],
    "saleté": [f"{FICHE}signalements_proprete"],
    "délinquance": [f"{FICHE}signalements_insecurite"],
    "ascenseur en panne": [f"{FICHE}signalements_technique"],
    "réclamations": [f"{FICHE}signalements"],
    "nombre de HLM": [f"{FICHE}nb_logements"],
    "construction neuve": [f"{FICHE}logements_livres"],
    "garanties d'emprunt": [f"{FICHE}part_emprunt_garanti"],
    "changer de HLM": [f"{FICHE}mutations"],
    "APL": [f"{FICHE}apl"],
    "ségrégation": [f"{FICHE}mixite_dissimilarite", f"{FICHE}mixite_isolement"],
    "Planoise": [f"{ANNEE}quartier-planoise-chateaufarine"],
    "impayés à Planoise": [f"{ANNEE}quartier-planoise-chateaufarine"],
    "Néolia": [f"{ANNEE}bailleur-neolia"],
    "alertes": [f"{ANNEE}alertes"],
    "charte communale": ["book/charte"],
    "déposer un fichier": ["book/deposer"],
    "télécharger les données": ["book/edition/explorateur"],
}
ECRAN, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: Octets transférés par page, comprimés.
POIDS_MAXIMAL = 300_000

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
    with _onglet(navigateur, adresse, ECRAN) as onglet:
        yield onglet


@pytest.fixture(scope="module")
def ouverte(request, navigateur, adresse, types):
    """Une telle page d'un type, ouverte une fois, sur un téléphone ; qui en voit une autre taille la lui donne."""
    if request.param not in types:
        pytest.skip("ce site n'a pas de page de cette sorte")
    with _onglet(navigateur, adresse, TELEPHONE) as onglet:
        onglet.goto(adresse + types[request.param], wait_until="networkidle")
        yield onglet


@contextmanager
def _onglet(navigateur, adresse: str, taille: dict[str, int]):
    contexte = navigateur.new_context(locale="fr-FR", viewport=taille)
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

    noms = ("accueil", "couverture", "sources", "corrections", "formats", "note", "engagements", "explorateur")
    noms += ("indicateurs", "revue", "editions", "mentions", "accessibilite", "reference", "donnees")
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
        "perdue": "404.html",
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
        if chemin in ("index.html", "404.html"):  # elles ne disent aucune valeur
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
            page = page.split("?")[0].lstrip("/")  # la page 404 se lit de partout
            if not page.endswith(".html") and (site_construit / page).is_file():
                continue  # un document à télécharger
            if page not in documents or (ancre and unquote(ancre) not in ancres[page]):
                morts.append(f"{chemin} -> {lien}")
    assert not morts


# --- une page de chaque type, ouverte


@pytest.mark.parametrize("ouverte", TYPES_DE_PAGE, indirect=True)
def test_une_page_tient_sur_un_telephone(ouverte):
    ouverte.set_viewport_size(TELEPHONE)
    assert ouverte.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    assert not _defauts(ouverte)


@pytest.mark.parametrize("ouverte", TYPES_DE_PAGE, indirect=True)
def test_une_page_s_ouvre_sans_erreur_et_axe_n_y_trouve_rien(ouverte):
    ouverte.set_viewport_size(ECRAN)
    assert ouverte.locator("h1").first.is_visible()
    assert not _defauts(ouverte)


def _defauts(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    # Sans « preload », qui redemande les feuilles de style à une adresse fausse. D'une grande page, axe mettrait
    # surtout du temps à décrire ce qui va bien : seuls les défauts se lisent.
    regles = {"runOnly": {"type": "tag", "values": ETIQUETTES_AXE}, "preload": False, "resultTypes": ["violations"]}
    resultat = Axe().run(page, options=regles)
    return [f"{v['id']} : {v['nodes'][0]['html'][:160]}" for v in resultat.response["violations"]]


def test_le_logo_et_la_recherche_restent_en_vue_et_sans_script_le_menu_suit_la_page(navigateur, adresse, types):
    large = navigateur.new_page(viewport={"width": 1280, "height": 600})
    large.goto(adresse + types["quartier"], wait_until="networkidle")
    large.evaluate("document.querySelector('.bd-sidebar-primary').scrollTo(0, 1e6)")
    for selecteur in (".marque img", ".chercher input"):
        assert 0 <= large.locator(selecteur).first.bounding_box()["y"] < 200, selecteur
    etroit = navigateur.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    etroit.goto(adresse + types["quartier"])
    etroit.locator(".sans-script").click()
    assert etroit.locator(".bd-sidebar-primary nav a").first.is_visible()
    assert not etroit.locator(".primary-toggle").is_visible()
    etroit.evaluate("document.querySelector('h2').scrollIntoView()")
    assert etroit.locator(".marque-courte img").bounding_box()["y"] < 60


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


@pytest.fixture(scope="module")
def trouver(navigateur, adresse):
    """Phrases -> les premières pages que donne la recherche du site, l'index réel."""
    onglet = navigateur.new_page()
    onglet.goto(f"{adresse}search.html", wait_until="networkidle")
    script = """async (phrases) => {
      const { classer } = await import(new URL("_static/recherche.js", location));
      const pages = async (phrase) => Promise.all((await classer(phrase)).slice(0, 40).map((page) => page.data()));
      return Promise.all(phrases.map(async (phrase) => (await pages(phrase)).map((page) => page.url)));
    }"""
    yield lambda phrases: [
        [u.lstrip("/").removesuffix(".html") for u in urls] for urls in onglet.evaluate(script, phrases)
    ]
    onglet.close()


def test_la_recherche_comprend_les_mots_du_lecteur(trouver, types):
    annee = types["ville"].split("/")[2]
    trouvees = dict(zip(REQUETES, trouver(list(REQUETES)), strict=True))
    manquees = {
        phrase: trouvees[phrase][:3]
        for phrase, attendues in REQUETES.items()
        if not {page.format(annee=annee) for page in attendues} & set(trouvees[phrase][:3])
    }
    assert len(REQUETES) == 40
    assert len(manquees) <= 2, manquees


def test_la_recherche_donne_la_derniere_edition_d_abord(trouver, types):
    annee = types["ville"].split("/")[2]
    (pages,) = trouver(["Battant"])
    quartiers = [page for page in pages if page.endswith("quartier-battant")]
    assert quartiers[0] == f"book/edition/{annee}/quartier-battant"
    assert len(quartiers) > 1


def test_le_meme_quartier_une_autre_annee_en_un_clic_et_le_fil_d_ariane(page, adresse, types):
    page.goto(adresse + types["quartier"])
    fil = page.get_by_role("navigation", name="Fil d'Ariane").get_by_role("link")
    assert fil.all_inner_texts()[0] == "Accueil"
    assert page.locator(".prev-next-footer a").count() == 2
    titre, autres = (
        page.locator("h1").inner_text(),
        page.get_by_role("navigation", name="La même page, une autre année"),
    )
    avant = autres.get_by_role("link").first.inner_text()
    autres.get_by_role("link").first.click()
    page.wait_for_load_state()
    assert page.locator("h1").inner_text().split(" en ")[0] == titre.split(" en ")[0]
    assert f"/{avant}/" in page.url
    fil.last.click()
    page.wait_for_load_state()
    assert page.url.endswith(f"{avant}/ville.html")


def test_ce_qui_decide_d_une_alerte_se_lit_sans_faire_defiler_le_registre(page, adresse, types):
    page.goto(adresse + types["alertes"])
    bords = page.locator(".obs-registre thead th").evaluate_all(
        "th => Object.fromEntries(th.map(t => [t.textContent.trim(), t.getBoundingClientRect().right]))"
    )
    cadre = page.locator(".obs-defile:has(.obs-registre)").evaluate("c => c.getBoundingClientRect().right")
    voulues = ["Territoire", "Indicateur", "Verdict", "Taux", "Ouverte", "Examinée", "Décidé", "Prochaine étape"]
    assert {nom for nom in voulues if bords[nom] > cadre} == set()


def test_l_explorateur_a_les_couleurs_que_ses_scripts_composent(page, adresse, types):
    """La feuille réunie garde les classes dont un script ne dit que le début : « obs-classe-${rang} »."""
    page.goto(adresse + types["explorateur"], wait_until="networkidle")
    couleur = "noeuds => noeuds.map(n => getComputedStyle(n).fill)"
    classes = page.locator('#explorateur [class^="obs-classe-"]').evaluate_all(couleur)
    assert classes
    assert "rgb(0, 0, 0)" not in classes
    traits = page.locator("#explorateur .obs-serie-0 line").evaluate_all(couleur.replace("fill", "stroke"))
    assert traits
    assert "none" not in traits


@pytest.mark.parametrize("nom", ["explorateur", "fiche", "indicateurs"])
def test_une_page_reste_legere(page, adresse, types, nom):
    recues = []
    page.on("response", lambda reponse: recues.append(reponse))
    page.goto(adresse + types[nom], wait_until="networkidle")
    assert sum(len(gzip.compress(r.body())) for r in recues) < POIDS_MAXIMAL


def test_le_bandeau_s_imprime(page, adresse, types):
    page.goto(adresse + types["ville"])
    page.emulate_media(media="print")
    assert page.locator(".bandeau-fictif").is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()
