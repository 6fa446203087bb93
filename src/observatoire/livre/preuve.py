"""La preuve d'un site, faite avant qu'il ne remplace l'ancien : tout y est, rien n'y est vieux, chaque lien aboutit.

Elle ne croit pas l'outil qui compose les pages : elle regarde ce qu'il a écrit.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import html

from observatoire.erreurs import EditionIncomplete
from observatoire.livre.politique import reproches
from observatoire.processus import a_cote
from observatoire.typographie import compter

#: Les pages du site qui ne viennent d'aucune source du livre.
HORS_PLAN = {"index.html", "search.html", "404.html"}
_LIENS = (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src"), ("use", "href"), ("form", "action"))
_FIN = b"</html>"
_MONTREES = 20


@dataclass
class Lue:
    """Une page du site, telle qu'elle est écrite : ses ancres, et où mènent ses liens internes."""

    ancres: set[str] = field(default_factory=set)
    liens: list[str] = field(default_factory=list)


def prouver(site: Path, sources: Mapping[str, Path], fichiers: list[str], indexe: Callable[[], object]) -> None:
    """Lever :class:`EditionIncomplete` avec tout ce qui manque, si le site n'est pas celui de ces sources.

    ``sources`` : chemin de chaque page dans le site, sans suffixe -> la source dont elle vient. ``fichiers`` : chemins
    des documents et des données attendus. ``indexe`` : attend que l'index de recherche soit fait. Chaque page doit être
    là, entière, pas plus vieille que sa source ; aucune autre ne doit y être ; tout lien, toute image, toute ancre doit
    exister ; rien ne doit s'y exécuter ni appeler un autre site ; l'index doit connaître chaque page.
    """
    fautes = [f"{chemin} : manque." for chemin in fichiers if not _est_entier(site / chemin)]
    presentes = {p.relative_to(site).as_posix(): p for p in sorted(site.rglob("*.html")) if "pagefind" not in p.parts}
    attendues = {f"{page}.html": source for page, source in sources.items()}
    fautes += [f"{page} : manque." for page in sorted({*attendues, *HORS_PLAN} - presentes.keys())]
    fautes += [
        f"{page} : ne vient d'aucune source." for page in sorted(presentes.keys() - attendues.keys() - HORS_PLAN)
    ]
    a_lire = [(page, fichier, attendues.get(page)) for page, fichier in presentes.items()]
    with a_cote(partial(_lire_les_pages, a_lire[1::2])) as autres:
        lectures = _lire_les_pages(a_lire[::2])
    lectures |= autres[0]
    fautes += [f"{page} : {faute}" for page in presentes for faute in lectures[page][1]]
    lues = {page: lectures[page][0] for page in presentes}
    indexe()
    fautes += [f"{page} : « {lien} » ne mène nulle part." for page, lien in _morts(site, lues)]
    fautes += _defauts_de_l_index(site, len(attendues))
    if fautes:
        defauts = compter(len(fautes), "défaut")
        suite = [f"  … et {compter(len(fautes) - _MONTREES, 'autre')}."] * (len(fautes) > _MONTREES)
        raise EditionIncomplete(
            "\n".join([f"le site n'a pas été publié : {defauts} dans ce qui vient d'être composé.",
                       *(f"  - {faute}" for faute in fautes[:_MONTREES]), *suite])
        )  # fmt: skip


def _lire_les_pages(a_lire: list[tuple[str, Path, Path | None]]) -> dict[str, tuple[Lue, list[str]]]:
    return {page: _lire_la_page(fichier, source) for page, fichier, source in a_lire}


def _lire_la_page(fichier: Path, source: Path | None) -> tuple[Lue, list[str]]:
    """Ce que dit une page, et ce qui en elle n'est pas entier."""
    octets, lue = fichier.read_bytes(), Lue()
    if not octets.rstrip().endswith(_FIN):
        return lue, ["n'est pas entière."]
    document = html.fromstring(octets)
    lue.ancres = {*document.xpath("//@id"), *document.xpath("//a/@name")}
    lue.liens = [a for balise, attribut in _LIENS for a in document.xpath(f"//{balise}/@{attribut}")]
    fautes = list(dict.fromkeys(reproches(document)))
    if source is not None:
        if fichier.stat().st_mtime_ns < source.stat().st_mtime_ns:
            fautes.append("est plus vieille que sa source.")
        if not document.xpath("//article[contains(@class, 'bd-article')]//h1"):
            fautes.append("n'a ni article ni titre.")
    return lue, fautes


def _morts(site: Path, lues: Mapping[str, Lue]) -> Iterator[tuple[str, str]]:
    """(page, lien) de chaque lien interne dont la page, le fichier ou l'ancre n'existe pas."""
    for page, lue in lues.items():
        for lien in dict.fromkeys(lue.liens):
            morceaux = urlsplit(lien)
            if morceaux.scheme or morceaux.netloc or lien == "#":
                continue
            cible = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(morceaux.path)))
            cible = (cible if morceaux.path else page).removeprefix("/")  # depuis la racine du site
            ancre = unquote(morceaux.fragment)
            if cible in lues:
                if ancre and ancre not in lues[cible].ancres:
                    yield page, lien
            elif cible.startswith("..") or not (site / cible).is_file():
                yield page, lien


def _est_entier(fichier: Path) -> bool:
    """Un fichier de données, qui n'est pas vide ; un PDF, de son début à sa fin."""
    if not fichier.is_file():
        return False
    octets = fichier.read_bytes()
    if fichier.suffix != ".pdf":
        return bool(octets)
    return octets.startswith(b"%PDF-") and octets.rstrip().endswith(b"%%EOF")


def _defauts_de_l_index(site: Path, pages: int) -> list[str]:
    entree = site / "pagefind" / "pagefind-entry.json"
    if not entree.is_file():
        return ["pagefind : l'index de recherche manque."]
    langues = json.loads(entree.read_text(encoding="utf-8"))["languages"].values()
    connues = sum(langue["page_count"] for langue in langues)
    return [] if connues >= pages else [f"pagefind : l'index ne connaît que {connues} pages sur {pages}."]
