"""Ce qui permet de servir le site sous une politique de contenu stricte : aucun style ni aucun script dans les pages.

Les styles des figures et des tableaux (« style=… », « <style> ») passent dans des feuilles, sous des noms tirés de leur
contenu ; un style qui appellerait une adresse est refusé. Un script dans une page, un attribut « on… », une adresse
« javascript: » n'ont pas de bonne raison d'y être : la page est refusée.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from lxml import etree, html

from observatoire.erreurs import EditionIncomplete
from observatoire.presentation.affichage import empreinte

#: Ce que dit chaque page d'elle-même, où qu'elle soit servie ; « wasm » est pour la recherche, qui vient du site.
POLITIQUE = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
#: La feuille des styles que portaient les balises, dans le site.
FEUILLE = "_static/styles-des-figures.css"
_FEUILLES = "_static/feuilles"
# Sans retour en arrière : une figure a des milliers de balises, dont la plupart n'ont pas de style.
_BALISE = re.compile(
    r"(<[a-zA-Z][^\s/>]*+)([^<>s]*+(?:(?:(?<!\s)s|s(?!tyle=))[^<>s]*+)*+)(?<=\s)style=(\"[^\"]*\"|'[^']*')([^<>]*>)"
)
_CLASSE = re.compile(r"\sclass=([\"'])")
_BLOC = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.S | re.I)
_LIEN = re.compile(rf'="((?:\.\./)*){re.escape(FEUILLE)}(?:\?[^"]*)?"')
# Une adresse, un import, une échappe ou une balise n'ont rien à faire dans un style ; « url(#…) » reste dans la page.
_DANGEREUX = re.compile(r"url\((?!#|'#|\"#)|@import|expression\(|[\\<]", re.I)
_ACCOLADES = re.compile(r"[{}]")
# Un motif, une découpe : le nom est celui d'un élément de la page, et une feuille le chercherait chez elle.
_LOCALE = re.compile(r"(?:^|;)\s*([a-z-]+)\s*:\s*(url\([\"']?#[\w.-]+[\"']?\))\s*(?=;|$)")
_VERS_UN_SCRIPT = re.compile(r"[\s\x00-\x20]*(?:javascript|vbscript|data)[\s\x00-\x20]*:", re.I)
_AILLEURS = re.compile(r"\s*(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")
_CHARGES = {"src", "srcset", "poster", "data", "action", "formaction"}
_CHARGENT = {"link", "use", "image"}
_IMAGES = ("data:image/png", "data:,")
_INTERDITES = etree.XPath(
    "//script | //style | //iframe | //object | //embed | //base | //applet | //frame | //frameset | //foreignobject"
    " | //body//meta"
)
_ATTRIBUTS = etree.XPath("//@*[starts-with(name(), 'on') or name() = 'style' or name() = 'srcdoc']")
_ADRESSES = etree.XPath(
    "//@href | //@src | //@action | //@formaction | //@data | //@poster | //@srcset | //@*[name() = 'xlink:href']"
)


def sortir_les_styles(site: Path) -> None:
    """Mettre les styles des pages dans des feuilles. Lève :class:`EditionIncomplete` pour ceux qui sont refusés."""
    regles: dict[str, str] = {}
    pages = {page: page.read_text(encoding="utf-8") for page in _pages(site)}
    sorties = {page: _sortir(texte, page.relative_to(site), regles) for page, texte in pages.items()}
    feuille = "".join(f":root {f'.{nom}' * 4} {{{dit}}}\n" for nom, dit in sorted(regles.items()))
    (site / FEUILLE).parent.mkdir(parents=True, exist_ok=True)
    (site / FEUILLE).write_text(feuille, encoding="utf-8")
    version = empreinte(feuille)
    for page, (texte, blocs) in sorties.items():
        for nom, bloc in blocs.items():
            (site / _FEUILLES).mkdir(exist_ok=True)
            (site / _FEUILLES / nom).write_text(bloc, encoding="utf-8")
        nouveau = _LIEN.sub(rf'="\1{FEUILLE}?v={version}"', texte)
        if nouveau != pages[page]:
            page.write_text(nouveau, encoding="utf-8")


def reproches(page: html.HtmlElement) -> Iterator[str]:
    """Ce qu'une page lue contient encore de quoi exécuter, ou appeler ailleurs."""
    for noeud in _INTERDITES(page):
        if noeud.tag != "script" or not _vient_du_site(noeud.get("src")):
            yield f"balise « {noeud.tag} »."
    for valeur in _ATTRIBUTS(page):
        yield f"attribut « {valeur.attrname} »."
    for valeur in _ADRESSES(page):
        balise = valeur.getparent()
        # L'adresse propre d'une page (« canonical ») se lit, et ne se charge pas.
        charge = valeur.attrname in _CHARGES or (balise.tag in _CHARGENT and balise.get("rel") != "canonical")
        ailleurs = charge and bool(_AILLEURS.match(valeur))
        if (ailleurs or _VERS_UN_SCRIPT.match(valeur)) and not valeur.startswith(_IMAGES):
            yield f"adresse « {valeur[:60]} »."


def _pages(site: Path) -> list[Path]:
    return [page for page in sorted(site.rglob("*.html")) if "pagefind" not in page.parts]


def _sortir(texte: str, page: Path, regles: dict[str, str]) -> tuple[str, dict[str, str]]:
    """La page sans styles, et ses feuilles ; les ``regles`` de ses balises s'ajoutent."""
    blocs: dict[str, str] = {}

    def lier(trouve: re.Match) -> str:
        dit = _accepter(trouve[1].strip(), page)
        nom = f"{empreinte(dit)}.css"
        blocs[nom] = dit + "\n"
        return f'<link rel="stylesheet" href="{"../" * (len(page.parts) - 1)}{_FEUILLES}/{nom}">'

    @functools.cache
    def traduire(style: str) -> tuple[str, str]:
        """Les attributs et la classe qui tiennent lieu d'un style."""
        dit = _accepter(unescape(style[1:-1]).strip(), page, seul=True)
        locales = "".join(f' {nom}="{vers.replace(chr(34), "")}"' for nom, vers in _LOCALE.findall(dit))
        dit = _LOCALE.sub("", dit).strip("; ")
        nom = empreinte("style", dit) if dit else ""
        regles.update({nom: dit} if dit else {})
        return locales, nom

    def classer(trouve: re.Match) -> str:
        nom_de_balise, avant, style, apres = trouve.groups()
        locales, nom = traduire(style)
        reste = avant.rstrip() + apres
        if nom and _CLASSE.search(reste):
            reste = _CLASSE.sub(rf" class=\1{nom} ", reste, count=1)
        elif nom:
            locales = f' class="{nom}"{locales}'
        return f"{nom_de_balise}{locales}{reste}"

    return _BALISE.sub(classer, _BLOC.sub(lier, texte)), blocs


def _accepter(dit: str, page: Path, seul: bool = False) -> str:
    if _DANGEREUX.search(dit) or (seul and _ACCOLADES.search(dit)):
        raise EditionIncomplete(f"{page.as_posix()} : le style « {dit[:80]} » n'est pas admis dans une page.")
    return dit


def _vient_du_site(adresse: str | None) -> bool:
    return bool(adresse) and not _AILLEURS.match(adresse)
