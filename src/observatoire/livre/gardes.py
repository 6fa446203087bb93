"""Ce qu'une page ne peut pas faire : lire un fichier hors du livre, en donner à télécharger, appeler un autre site.

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
    # Après les collecteurs de Sphinx, qui ont alors situé chaque image.
    app.connect("doctree-read", garder, priority=900)


def garder(app: Sphinx, page: nodes.document) -> None:
    """Dire chaque image hors du livre, chaque fichier joint, chaque adresse qui n'est pas celle d'une page."""
    racines = [Path(app.srcdir).resolve(), (Path(app.outdir).parent / "jupyter_execute").resolve()]
    for image in page.findall(nodes.image):
        for sorte, adresse in image["candidates"].items():
            if sorte == "?":
                _refuser("une image vient d'ailleurs", image)
            elif not any((racines[0] / adresse).resolve().is_relative_to(racine) for racine in racines):
                _refuser("une image est hors du livre", image)
    for joint in page.findall(addnodes.download_reference):
        _refuser("un fichier ne se joint pas à une page", joint)
    for lien in page.findall(nodes.reference):
        adresse = lien.get("refuri", "#")
        if ":" in adresse.partition("/")[0] and not adresse.startswith(_ADRESSES):
            _refuser("un lien n'est ni une page du livre, ni une adresse http, https ou mailto", lien)


def _refuser_le_rst(rendu: DocutilsRenderer, jeton) -> None:
    _journal.warning("« eval-rst » est éteint dans ce livre", location=(rendu.sphinx_env.docname, jeton.map[0] + 1))


def _refuser(quoi: str, ou: nodes.Node) -> None:
    _journal.warning("%s", quoi, location=ou)
