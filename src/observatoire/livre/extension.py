"""L'extension Sphinx du livre : formules en MathML, bandeaux, gabarits et ponctuation en français.

Tout ce qui dépend de Sphinx est ici et dans ``gabarits/``.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from lxml import etree, html
from myst_nb.sphinx_ext import add_global_html_resources
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from observatoire.configuration import PUBLIQUE
from observatoire.fichiers import ecrire_octets
from observatoire.livre import gardes, vignettes
from observatoire.livre.ecriture import AQuatreMains
from observatoire.livre.politique import FEUILLE, POLITIQUE
from observatoire.presentation.affichage import empreinte
from observatoire.typographie import ponctuer, ponctuer_html

GABARITS = Path(__file__).parent / "gabarits"
STATIQUE = Path(__file__).parent / "statique"
MEMOIRE = "book/edition/edition.json"
#: Ce qui, dans une page, appelle un script : un tableau à trier et à filtrer ; l'explorateur ; un tableau à emporter.
SCRIPTS = {"obs-registre": {"filename": "registre.js", "loading_method": "defer"},
           'id="explorateur"': {"filename": "explorateur.js", "type": "module"},
           "obs-defile": {"filename": "tableaux.js", "loading_method": "defer"}}  # fmt: skip
#: Ce qu'une description a de caractères : au moins, pour être une phrase ; au plus, pour se lire dans une liste.
_UNE_PHRASE, _DESCRIPTION = 30, 200
_UNE_PUCE = "not(preceding-sibling::li) and ancestor::*[contains(concat(' ', @class, ' '), ' obs-essentiel ')]"
_UN_PARAGRAPHE = "not(ancestor::figure or ancestor::table or ancestor::details)"
_MORCEAU = 1 << 14
_INTOUCHABLES = (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.math_block, nodes.raw, nodes.comment)
_ADRESSE_DE_FIGURE = re.compile(r'="(#?)figure-([\w-]+)"')
_D_UNE_ANNEE = re.compile(r"(book/edition/)(\d{4})(/.+)")
_SOUS_UNE_ANNEE = re.compile(r" en \d{4}$")
_journal = logging.getLogger(__name__)


class Ponctuation(SphinxPostTransform):
    """Poser les espaces insécables et les apostrophes, en dernier : les sorties des notebooks sont alors choisies."""

    default_priority = 900

    def run(self, **kwargs) -> None:
        for texte in list(self.document.findall(nodes.Text)):
            if not _est_dans(texte, _INTOUCHABLES):
                texte.parent.replace(texte, nodes.Text(ponctuer(str(texte))))
        for brut in self.document.findall(nodes.raw):
            if "html" in brut.get("format", ""):
                brut.children = [nodes.Text(ponctuer_html(brut.astext()))]


def setup(app: Sphinx) -> dict:
    """Brancher l'extension."""
    app.add_html_math_renderer("mathml", (_formule, None), (_formule_isolee, None))
    # Jupyter Book règle toujours ces extensions, que le livre ne charge pas.
    app.add_config_value("comments_config", {}, "")
    app.add_post_transform(Ponctuation)
    app.add_builder(AQuatreMains, override=True)
    gardes.brancher(app)
    app.connect("config-inited", _regler)
    app.connect("builder-inited", _preparer)
    app.connect("env-updated", _choisir_les_pages)
    app.connect("env-updated", _lire_le_sommaire)
    app.connect("html-page-context", _completer_la_page)
    app.connect("html-page-context", _retirer_des_scripts, priority=900)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": False}


def _regler(app: Sphinx, config: Config) -> None:
    config.templates_path = [*config.templates_path, str(GABARITS)]
    # Les fichiers d'une ville passent après ceux de la bibliothèque : de même nom, ils les remplacent.
    config.html_static_path = [str(STATIQUE), *config.html_static_path]
    config.html_logo = config.html_logo or str(STATIQUE / "logo.svg")
    config.html_favicon = config.html_favicon or str(STATIQUE / "logo.svg")
    config.html_math_renderer = "mathml"
    config.html_css_files = [*config.html_css_files, Path(FEUILLE).name]
    config.html_additional_pages = {**config.html_additional_pages, "search": "search.html"}


def _preparer(app: Sphinx) -> None:
    """Se passer de l'index de Sphinx, que Pagefind remplace et qui prendrait presque la moitié du temps.

    La feuille de myst-nb est posée d'avance : il la pose à la fin, et son adresse ne serait pas la même ensuite.
    """
    app.builder.search = False
    (Path(app.outdir) / "_static").mkdir(parents=True, exist_ok=True)
    add_global_html_resources(app, None)


def _choisir_les_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Faire récrire toutes les pages quand change un titre, ou une ancre à laquelle l'une d'elles peut renvoyer.

    Sphinx, de lui-même, ne récrit que les pages dont la source a changé.
    """
    titres = {(page, titre.astext()) for page, titre in env.titles.items()}
    titres |= {(page, *dessous) for page, dessous in env.toctree_includes.items()}
    ancres = {(page, ancre) for page, memoire in env.metadata.items() for ancre in memoire.get("myst_slugs", ())}
    ancres |= {(nom, *ou) for nom, ou in env.domaindata["std"]["anonlabels"].items()}
    anciens_titres, anciennes_ancres = getattr(env, "reperes_du_livre", (titres, ancres))
    env.reperes_du_livre = (titres, ancres)
    return sorted(env.found_docs) if titres != anciens_titres or anciennes_ancres - ancres else []


def _completer_la_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Donner aux gabarits ce qu'ils disent de l'édition, et à la page les scripts qu'elle appelle."""
    edition = _lire_edition(Path(app.srcdir) / MEMOIRE)
    context["edition"] = {**edition, "titre": ponctuer(edition["titre"])}
    context["default_mode"], context["politique"] = "light", POLITIQUE
    context["menu"], context["lignee"] = _menu(app.env, pagename), _lignee(app.env, pagename)
    context["autres_annees"] = _autres_annees(app.env, pagename, edition["annees"])
    context["body"] = _distinguer_les_figures(context.get("body", ""))
    dite = decrire(context["body"])
    context["description"] = f"Données fictives. {dite}" if dite and edition.get("fictif") else dite
    if edition["public"] == PUBLIQUE:
        context["vignette"] = _illustrer(app, pagename, context, dite)
    for appel, script in SCRIPTS.items():
        if appel in context.get("body", ""):
            app.add_js_file(**script)


@cache
def _lire_edition(fichier: Path) -> dict:
    return json.loads(fichier.read_text(encoding="utf-8"))


def _illustrer(app: Sphinx, pagename: str, context: dict, constat: str) -> str:
    """Dessiner l'image d'une page, refaite chaque fois qu'elle est récrite ; rend son adresse dans le site."""
    edition, titre = context["edition"], html.fromstring(f"<p>{context.get('title', '')}</p>").text_content()
    octets = vignettes.dessiner(edition["titre"], titre, constat, fictif=bool(edition.get("fictif")))
    chemin = f"{vignettes.DOSSIER}/{pagename}.png"
    ecrire_octets(octets, Path(app.outdir) / chemin)
    return f"{chemin}?v={empreinte(octets.decode('latin-1'))}"


def decrire(corps: str) -> str:
    """Ce qu'un moteur de recherche dit d'une page : son premier constat, sinon son premier paragraphe.

    ``corps`` : son HTML. Un tableau, une figure ou une formule n'en sont pas ; une page sans phrase n'a rien.
    """
    premieres = {"li": "", "p": ""}  # la première phrase de chaque sorte
    for noeud in _lire_les_phrases(corps):
        texte = " ".join(noeud.text_content().split())
        if not premieres[noeud.tag] and len(texte) >= _UNE_PHRASE:
            premieres[noeud.tag] = texte
            if noeud.tag == "li" or "obs-essentiel" not in corps:
                break
    return textwrap.shorten(premieres["li"] or premieres["p"], _DESCRIPTION, placeholder="…").replace(".…", ".")


def _lire_les_phrases(corps: str) -> Iterator[html.HtmlElement]:
    """Les premiers points de l'essentiel et les paragraphes, à mesure : le plus souvent le début d'une page suffit."""
    lecteur = etree.HTMLPullParser(events=("end",), tag=("li", "p"))
    lecteur.set_element_class_lookup(html.HtmlElementClassLookup())
    for debut in range(0, len(corps), _MORCEAU):
        lecteur.feed(corps[debut : debut + _MORCEAU])
        for _, noeud in lecteur.read_events():
            if noeud.xpath(_UNE_PUCE if noeud.tag == "li" else _UN_PARAGRAPHE):
                yield noeud


def _distinguer_les_figures(corps: str) -> str:
    """Une figure montrée deux fois sur une page y a deux adresses : la seconde finit par « -2 »."""
    vues: Counter[str] = Counter()

    def numeroter(trouve: re.Match) -> str:
        diese, nom = trouve.groups()
        vues[nom] += not diese
        rang = f"-{vues[nom]}" if vues[nom] > 1 else ""
        return f'="{diese}figure-{nom}{rang}"'

    return _ADRESSE_DE_FIGURE.sub(numeroter, corps)


def _retirer_des_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Ni les réglages que le thème écrit dans chaque page (versions, recherche de Sphinx), qui n'y servent pas, ni les
    traductions de Sphinx, qui demandent d'évaluer du texte. Aucun des autres ne retarde l'affichage de la page."""
    noms = [(script, getattr(script, "filename", script)) for script in context["script_files"]]
    gardees = [script for script, nom in noms if nom and "translations.js" not in nom]
    for script in gardees:
        if "module" not in script.attributes.values():
            script.attributes["defer"] = "defer"
    context["script_files"] = gardees


def _lire_le_sommaire(app: Sphinx, env: BuildEnvironment) -> None:
    """Lire une fois ce que le menu de chaque page montre : le composer page après page prenait le tiers du temps."""
    env.sommaire_du_livre = {
        page: [(t.get("caption"), t["entries"]) for t in env.get_doctree(page).findall(addnodes.toctree)]
        for page in env.toctree_includes
    }
    env.dessus_du_livre = {d: page for page, dessous in env.toctree_includes.items() for d in dessous}


def _menu(env: BuildEnvironment, courante: str) -> list[dict]:
    """Les parties du menu : leur nom et leurs pages, dont celle où l'on est ; seule sa branche est dépliée.

    Dans la branche d'une année, « Battant en 2010 » se lit « Battant ».
    """
    lignee = {courante}
    while (dessus := env.dessus_du_livre.get(courante)) and dessus not in lignee:
        lignee.add(courante := dessus)

    def lister(entrees: list[tuple[str | None, str]], profond: bool) -> Iterator[dict]:
        for titre, cible in entrees:
            nom = ponctuer(titre or env.titles[cible].astext())
            dedans = cible in lignee
            dessous = [e for _, suite in env.sommaire_du_livre.get(cible, []) for e in suite] if dedans else []
            yield {
                "page": cible,
                "titre": _SOUS_UNE_ANNEE.sub("", nom) if profond else nom,
                "courante": dedans,
                "dessous": list(lister(dessous, True)) if not profond else [],
            }

    parties = env.sommaire_du_livre.get(env.config.root_doc, [])
    return [{"nom": ponctuer(nom or ""), "pages": list(lister(entrees, False))} for nom, entrees in parties]


def _lignee(env: BuildEnvironment, page: str) -> list[dict]:
    """De l'accueil à la page qui range celle-ci : le fil d'Ariane."""
    lignee: list[dict] = []
    while (page := env.dessus_du_livre.get(page)) and page not in [p["page"] for p in lignee]:
        accueil = page == env.config.root_doc
        lignee.insert(0, {"page": page, "titre": "Accueil" if accueil else ponctuer(env.titles[page].astext())})
    return lignee


def _autres_annees(env: BuildEnvironment, page: str, annees: list[int]) -> list[dict]:
    """La même page de chaque année qui l'a ; aucune pour une page qui n'est d'aucune année."""
    trouvee = _D_UNE_ANNEE.match(page)
    pages = [(annee, f"{trouvee[1]}{annee}{trouvee[3]}") for annee in annees] if trouvee else []
    return [{"annee": annee, "page": autre} for annee, autre in pages if autre in env.found_docs]


def _est_dans(noeud: nodes.Node, sortes: tuple[type, ...]) -> bool:
    while noeud.parent is not None:
        noeud = noeud.parent
        if isinstance(noeud, sortes):
            return True
    return False


def _formule(visiteur, noeud: nodes.math) -> None:
    visiteur.body.append(_mathml(noeud, "inline"))
    raise nodes.SkipNode


def _formule_isolee(visiteur, noeud: nodes.math_block) -> None:
    visiteur.body.append(f'<div class="formule" role="math" tabindex="0">{_mathml(noeud, "block")}</div>')
    raise nodes.SkipNode


def _mathml(noeud: nodes.Node, affichage: str) -> str:
    """La formule en MathML : elle se lit sans script, s'imprime et se vocalise."""
    formule = noeud.astext().strip()
    try:
        mathml = convert(formule, display=affichage)
    except Exception as erreur:  # noqa: BLE001 – la bibliothèque lève des erreurs de toute sorte : Sphinx les dit
        _journal.warning("formule illisible : %s", type(erreur).__name__, location=noeud)
        return ""
    # La bibliothèque laisse passer une accolade de trop et recopie telle quelle une commande inconnue.
    if formule.count("{") != formule.count("}") or "<mi>\\" in mathml:
        _journal.warning("formule illisible : accolade ou commande inconnue", location=noeud)
    return mathml
