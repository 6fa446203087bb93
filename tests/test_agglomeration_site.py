"""Le livre de l'agglomération fictive, fait comme son mode d'emploi le dit : ses pages, ses niveaux, ses nombres."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from atelier import RACINE

from observatoire.chaine import Chaine
from observatoire.configuration import PUBLIQUE, lire_configuration

pytestmark = pytest.mark.bout_en_bout

EXEMPLE = RACINE / "exemples" / "agglomeration"
#: Ce que produit la chaîne ; le reste de « chemins » est celui de l'exemple.
PRODUITS = ("brut", "prepare", "publie", "edition", "site", "edition_partenaires", "site_partenaires")
TITRES = {
    "accueil": "Observatoire du logement public du Val d’Ombre", "2010/agglomeration": "Val d’Ombre en 2010",
    "2010/ville-99103": "Les Essarts en 2010", "2010/quartier-rc-port": "Le Port en 2010",
    "2010/alertes": "Alertes en 2010", "2010/attributions": "Attributions dans le Val d’Ombre en 2010",
    "2009/bailleur-hvo": "Habitat du Val d’Ombre en 2009", "documents": "Documents", "revue": "La revue de la charte",
    "rapport": "Rapport annuel d’évaluation, 2010", "conference": "Dossier de la Conférence, 2010",
    "note": "Note trimestrielle sur les alertes", "simulation": "Simulation : ce que la rotation permet",
    "sources": "Sources",
}  # fmt: skip


@pytest.fixture(scope="module")
def chaine(tmp_path_factory) -> Chaine:
    """Toute la chaîne de l'exemple, à la taille du mode d'emploi ; un avertissement du livre la fait échouer."""
    ici = tmp_path_factory.mktemp("agglo")
    reglages = yaml.safe_load((EXEMPLE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["chemins"] = {
        nom: str(ici / chemin) if nom in PRODUITS else str((EXEMPLE / chemin).resolve())
        for nom, chemin in reglages["chemins"].items()
    }
    fichier = ici / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    chaine = Chaine(lire_configuration(fichier))
    chaine.exemple(2007, 8000)
    chaine.calculer(sans_les_refuses=False)
    chaine.proteger(PUBLIQUE)
    chaine.executer(PUBLIQUE, None)
    chaine.livre(PUBLIQUE)
    return chaine


@pytest.fixture(scope="module")
def site(chaine):
    return chaine.config.chemin("site")


def _lire(site, page: str) -> str:
    return (site / "book" / "edition" / f"{page}.html").read_text(encoding="utf-8")


def _corps(page: str) -> str:
    return re.search(r"<article.*?</article>", page, flags=re.S)[0]


@pytest.mark.parametrize(("page", "titre"), TITRES.items())
def test_la_page_a_son_titre(site, page, titre):
    premier = re.search(r"<h1>(.*?)<a ", _lire(site, page), flags=re.S)[1]
    assert re.sub(r"\s", " ", unescape(premier)).strip() == titre


def test_on_va_de_l_agglomeration_a_ses_quartiers_et_l_on_revient(site):
    for page, voisins in (
        ("2010/agglomeration", {"ville-99101.html", "ville-99102.html", "ville-99103.html"}),
        ("2010/ville-99102", {"agglomeration.html", "quartier-rc-bourg.html", "quartier-rc-cites.html"}),
        ("2010/quartier-rc-cites", {"agglomeration.html", "ville-99102.html", "quartier-rc-port.html"}),
    ):
        assert voisins <= set(re.findall(r'href="([^"#]+)"', _lire(site, page))), page
    assert 'href="ville-99102.html"' in _corps(_lire(site, "2010/quartier-rc-cites"))


def test_aucun_lien_ne_mene_nulle_part(site):
    perdus = set()
    for page in site.rglob("*.html"):
        for adresse in re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8")):
            lien = urlsplit(unescape(adresse))
            if lien.scheme or lien.netloc or not lien.path:
                continue
            depart = site if lien.path.startswith("/") else page.parent  # la page 404 se lit de partout
            if not (depart / unquote(lien.path).lstrip("/")).exists():
                perdus.add((page.relative_to(site).as_posix(), adresse))
    assert not perdus


def test_aucune_page_ne_prend_l_agglomeration_pour_une_ville(site):
    """Ni « la ville », ni un nom doublement échappé."""
    for page in (site / "book" / "edition").rglob("*.html"):
        corps = _corps(page.read_text(encoding="utf-8"))
        assert "&amp;#x27;" not in corps, page
        # Le catalogue et le format d'échange, communs à tous, parlent de « la ville » qui garantit un emprunt.
        if page.parent.name != "indicateurs" and page.stem != "formats":
            texte = re.sub(r"<[^>]+>", " ", corps).replace("garantie par la ville", "")
            assert not re.search(r"\b(dans|de|à) la ville\b", texte), page
