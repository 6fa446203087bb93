"""Ce qu'une page ne peut pas faire : lire un fichier hors du livre, en joindre un qui n'est pas nôtre, appeler un site.

Les directives qui lisent ou recopient un fichier sont éteintes par les réglages que docutils prévoit pour cela, quel
que soit le nom sous lequel on les appelle ; le reste se voit dans l'arbre de la page. Un refus est un avertissement de
Sphinx, donc l'échec du livre.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from myst_nb.core import read
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

from observatoire.livre.publics import GABARITS

#: Ni « include », « literalinclude », « csv-table » d'un fichier, ni « raw ».
REGLAGES = {"file_insertion_enabled": False, "raw_enabled": False}
_ADRESSES = ("http://", "https://", "mailto:", "#")
_journal = logging.getLogger(__name__)


def brancher(app: Sphinx) -> None:
    """Poser les gardes d'une construction."""
    DocutilsRenderer.render_restructuredtext = _refuser_le_rst
    # Une page en Markdown n'est jamais un notebook : son code pourrait charger un fichier.
    read.is_myst_markdown_notebook = lambda texte: False
    app.connect("builder-inited", lambda app: app.env.settings.update(REGLAGES))
    # Avant que Sphinx ne retienne les fichiers à copier.
    app.connect("doctree-read", garder, priority=100)


def garder(app: Sphinx, page: nodes.document) -> None:
    """Dire chaque image hors du livre, chaque fichier joint (sauf un gabarit), chaque adresse qui n'est pas celle d'une
    page ; les retirer, pour que rien n'en soit copié."""
    racines = [Path(app.srcdir).resolve(), (Path(app.outdir).parent / "jupyter_execute").resolve()]
    for image in list(page.findall(nodes.image)):
        adresse = image["uri"]
        chemin = Path(app.env.relfn2path(adresse, app.env.docname)[1]).resolve()
        if "//" in adresse and not adresse.startswith("data:"):
            _refuser("une image vient d'ailleurs", adresse, image)
        elif not adresse.startswith("data:") and not any(chemin.is_relative_to(racine) for racine in racines):
            _refuser("une image est hors du livre", adresse, image)
    for joint in list(page.findall(addnodes.download_reference)):
        chemin = Path(app.env.relfn2path(joint["reftarget"], app.env.docname)[1]).resolve()
        if not chemin.is_relative_to(Path(app.srcdir).resolve() / GABARITS):
            _refuser("un fichier ne se joint pas à une page", joint["reftarget"], joint)
    for lien in list(page.findall(nodes.reference)):
        adresse = lien.get("refuri", "#")
        if ":" in adresse.partition("/")[0] and not adresse.startswith(_ADRESSES):
            _refuser("un lien n'est ni une page du livre, ni une adresse http, https ou mailto", adresse, lien)


def _refuser_le_rst(rendu: DocutilsRenderer, jeton) -> None:
    _journal.warning("« eval-rst » est éteint dans ce livre", location=(rendu.sphinx_env.docname, jeton.map[0] + 1))


def _refuser(quoi: str, adresse: str, noeud: nodes.Node) -> None:
    _journal.warning("%s : %s", quoi, adresse, location=noeud)
    noeud.parent.remove(noeud)
