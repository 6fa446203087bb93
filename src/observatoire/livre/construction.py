"""Construire le site : jupyter-book à l'écart, l'index de recherche, puis l'échange avec l'ancien site.

Rien n'est publié à moitié : tant que tout n'a pas réussi et n'a pas été prouvé (:mod:`observatoire.livre.preuve`), le
site en place reste celui d'avant.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from urllib.parse import quote

from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.documents.plan import DOSSIER as DOCUMENTS
from observatoire.droits import rendre_lisible
from observatoire.edition.explorateur import DOSSIER as DONNEES
from observatoire.erreurs import EditionIncomplete, dire_panne
from observatoire.fichiers import ecrire_dossier, ecrire_texte
from observatoire.livre.feuilles import reunir_les_feuilles
from observatoire.livre.politique import sortir_les_styles
from observatoire.livre.preparation import composition, oublier, pages_prevues, preparer_sources
from observatoire.livre.preuve import prouver
from observatoire.livre.publics import refuser_le_dossier_d_un_autre, verifier_edition, verifier_site
from observatoire.livre.recherche import indexer
from observatoire.livre.reproches import decolorer, lister
from observatoire.typographie import compter, ponctuer_html

Avancement = Callable[[int, int, str], None]
#: Ce que le site porte à côté de ses pages : dossiers de l'édition.
JOINTS = (DOCUMENTS, DONNEES)
ETAPES = ("sources", "livre", "recherche", "publication")
# Ce que Sphinx dit d'une erreur qui l'a arrêté, avant d'inviter à lui écrire.
_ARRET = re.compile(r"((?:Exception occurred|Sphinx error|Extension error)\b.*?)(?=The full traceback|\Z)", re.S)
_SORTIES_INUTILES = shutil.ignore_patterns("_sources", "objects.inv", ".buildinfo*", "searchindex.js", "*-macros.html")
_ACCUEIL = """<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><title>{titre}</title><link rel="icon" href="data:,">
<meta name="observatoire-public" content="{public}">
{robots}<meta http-equiv="refresh" content="0; url=book/edition/accueil.html"></head>
<body><p><a href="book/edition/accueil.html">{titre}</a></p></body>
</html>
"""

#: Servie à n'importe quelle adresse : ses liens partent de la racine du site.
_PERDUE = """<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Page introuvable – {titre}</title><link rel="icon" href="data:,">
<meta name="observatoire-public" content="{public}"><meta name="robots" content="noindex, nofollow">
<link rel="stylesheet" href="/_static/site.css"></head>
<body class="perdue"><main><p>{titre}</p><h1>Page introuvable</h1>
<p>Cette adresse ne mène à aucune page : elle a pu changer d'une édition à l'autre, ou être mal recopiée.</p>
<ul><li><a href="/book/edition/accueil.html">L'accueil</a></li><li><a href="/search.html">La recherche</a></li></ul>
</main></body>
</html>
"""


def construire(
    config: Configuration,
    public: str = "publique",
    avancement: Avancement | None = None,
    *,
    refaire: bool = False,
) -> Path:
    """Construire le site d'un public : le livre de ``config.chemin("livre")`` et l'édition de ce public.

    Seules les pages qui ont changé sont recomposées, sauf si ``refaire`` ; le site est le même à l'octet près.
    Rend le dossier du site. Lève :class:`EditionIncomplete` quand l'édition manque, quand une page est celle d'un autre
    public, que jupyter-book trouve quoi que ce soit à redire, ou que ce qu'il a écrit n'est pas tout le livre ; le site
    en place n'est alors pas touché.
    """
    dire = avancement or (lambda fait, total, libelle: None)
    site = config.chemin("site", public)
    edition = _lire_edition(config.chemin("edition", public), public)
    refuser_le_dossier_d_un_autre(site, public)
    travail = site.with_name(f".{site.name}.travail")
    if refaire:
        oublier(travail)
    dire(0, len(ETAPES), ETAPES[0])
    source = preparer_sources(config, travail, public)
    dire(1, len(ETAPES), ETAPES[1])
    with composition(travail) as sortie:
        html = _lancer_jupyter_book(source, sortie)
        # L'index, qu'un autre programme fait pendant ce temps, ne lit que les mots des pages : ils n'y changent plus.
        with ecrire_dossier(site) as nouveau, ThreadPoolExecutor(1) as fil:
            dire(2, len(ETAPES), ETAPES[2])
            index = fil.submit(indexer, html, nouveau / "pagefind")
            shutil.copytree(html, nouveau, ignore=_SORTIES_INUTILES, dirs_exist_ok=True)
            _joindre_les_fichiers(config.chemin("edition", public), nouveau)
            (nouveau / "index.html").write_text(_accueil(edition), encoding="utf-8")
            perdue = _PERDUE.format(titre=escape(edition["titre"]), public=edition["public"])
            (nouveau / "404.html").write_text(ponctuer_html(perdue), encoding="utf-8")
            _plan_du_site(nouveau, edition)
            verifier_site(nouveau, public)
            sortir_les_styles(nouveau)
            reunir_les_feuilles(nouveau)
            joints = [p for p in edition.get("pages", []) if p.partition("/")[0] in JOINTS]
            prouver(nouveau, pages_prevues(source), joints, index.result)
            dire(3, len(ETAPES), ETAPES[3])
            rendre_lisible(nouveau, a_tous=public == PUBLIQUE)
    dire(4, len(ETAPES), ETAPES[3])
    return site


def _lire_edition(dossier: Path, public: str) -> dict:
    fichier = dossier / "edition.json"
    if not fichier.is_file():
        raise EditionIncomplete("aucune édition à publier : lancer d'abord « observatoire executer ».")
    edition = json.loads(fichier.read_text(encoding="utf-8"))
    if edition["public"] != public:
        raise EditionIncomplete(
            f"l'édition en place est celle du public « {edition['public']} », pas « {public} » : lancer "
            f"« observatoire executer --public {public} »."
        )
    verifier_edition(dossier, edition.get("pages", []), public)
    return edition


def _joindre_les_fichiers(edition: Path, site: Path) -> None:
    """Les documents à imprimer et les données, à la racine du site."""
    for dossier in JOINTS:
        if (edition / dossier).is_dir():
            shutil.copytree(edition / dossier, site / dossier)


def _accueil(edition: dict) -> str:
    robots = "" if edition["public"] == PUBLIQUE else '<meta name="robots" content="noindex, nofollow">\n'
    return _ACCUEIL.format(titre=escape(edition["titre"]), public=edition["public"], robots=robots)


def _plan_du_site(site: Path, edition: dict) -> None:
    """Le plan que lit un moteur de recherche ; aucun pour une édition réservée, ou dont on ne sait pas l'adresse."""
    adresse = edition.get("publication", {}).get("adresse")
    if adresse is None or edition["public"] != PUBLIQUE:
        return
    pages = sorted(p.relative_to(site).as_posix() for p in (site / "book").rglob("*.html"))
    lieux = "".join(f"<url><loc>{escape(f'{adresse}/{quote(page)}')}</loc></url>\n" for page in pages)
    plan = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lieux}</urlset>\n'
    ecrire_texte(f'<?xml version="1.0" encoding="utf-8"?>\n{plan}', site / "sitemap.xml")
    ecrire_texte(f"User-agent: *\nAllow: /\nSitemap: {adresse}/sitemap.xml\n", site / "robots.txt")


def _lancer_jupyter_book(source: Path, sortie: Path) -> Path:
    """Lancer jupyter-book ; ce qu'il dit n'est montré que s'il échoue."""
    commande = [sys.executable, "-m", "observatoire.livre.compositeur", "build", str(source)]
    resultat = _lancer_lie([*commande, "--path-output", str(sortie), "-W", "-n", "--keep-going"], sortie)
    html = sortie / "_build" / "html"
    if resultat.returncode or not html.is_dir():
        _lever_la_panne(resultat.stderr, sortie)
        raise EditionIncomplete(_message(resultat, source))
    return html


def _lancer_lie(commande: list[str], sortie: Path) -> subprocess.CompletedProcess:
    """Lancer le compositeur ; son entrée est un tube dont nous tenons l'autre bout, pour qu'il nous sache vivants.

    Ce qu'il laisse de provisoire, comme le récit d'une erreur, reste dans ``sortie``.
    """
    son_bout, notre_bout = os.pipe()
    sortie.mkdir(parents=True, exist_ok=True)
    environnement = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1", "TMPDIR": str(sortie)}
    try:
        return subprocess.run(
            commande, stdin=son_bout, capture_output=True, encoding="utf-8", env=environnement, check=False,
            start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(son_bout)
        os.close(notre_bout)


def _lever_la_panne(dit: str, dossier: Path) -> None:
    """Un disque plein ou en lecture seule est une panne de la machine, pas un défaut du livre."""
    panne = re.search(r"\[Errno (\d+)\]", dit)
    if panne and dire_panne(erreur := OSError(int(panne[1]), os.strerror(int(panne[1])), str(dossier))):
        raise erreur


def _message(resultat: subprocess.CompletedProcess, source: Path) -> str:
    """Ce qui a arrêté Sphinx, puis ses reproches, aux chemins du dépôt ; à défaut, la fin de ce qu'il a dit."""
    dit = decolorer(f"{resultat.stderr}\n{resultat.stdout}").replace(f"{source}{os.sep}", "")
    reproches = lister(dit)
    raisons = [f"{compter(len(reproches), 'reproche')} de Sphinx"] * bool(reproches)
    if resultat.returncode < 0:
        nom = signal.Signals(-resultat.returncode).name
        raisons.insert(0, f"jupyter-book a été tué ({nom} ; la mémoire a pu manquer)")
    arret = _ARRET.search(resultat.stderr)
    lignes = [x.strip() for x in decolorer(arret[1]).splitlines() if x.strip()] if arret else []
    if not raisons or lignes:
        raisons.insert(0, "jupyter-book a échoué")
    lignes = [*lignes, *reproches] or dit.splitlines()[-40:]
    tete = f"le livre n'a pas été publié : {', '.join(raisons)}."
    return "\n".join([tete, *(f"  {ligne}" for ligne in lignes)])
