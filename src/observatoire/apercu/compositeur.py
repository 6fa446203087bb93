"""Sphinx gardé chaud : une page du livre recomposée sans que les autres soient relues ni récrites."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.build_phase import BuildPhase
from sphinx.util.docutils import docutils_namespace, patch_docutils

from observatoire.livre.preparation import REGLAGES
from observatoire.livre.reproches import decolorer, lister

#: Ce que Sphinx change à docutils, pour la vie du processus : il n'y a qu'un livre par processus.
_a_jamais = ExitStack()


class Compositeur:
    """Un livre tenu ouvert : ses sources, ce que Sphinx en a retenu, et le dossier de ses pages, ``html``.

    Ce que fait la construction du site (:mod:`observatoire.livre.construction`), moins ce qui suit la composition : la
    recherche, les feuilles de style, la preuve.
    """

    def __init__(self, source: Path, sortie: Path):
        """``source`` : les sources rassemblées ; ``sortie`` : où Sphinx travaille, et retrouve ce qu'il avait fait."""
        self.source, self.html = source, sortie / "html"
        self._dit = io.StringIO()
        demandes = {"external_toc_path": str(source / REGLAGES[1]), "latex_individualpages": False, "nitpicky": True}
        reglages, _ = get_final_config(user_yaml=source / REGLAGES[0], cli_config=demandes, sourcedir=source)
        _a_jamais.enter_context(patch_docutils(None))
        _a_jamais.enter_context(docutils_namespace())
        self._app = Sphinx(
            source, None, self.html, sortie / ".doctrees", "html", reglages, status=None, warning=self._dit
        )
        self.neuf = not self._app.env.all_docs
        self._app.env.find_files(self._app.config, self._app.builder)

    def perimees(self) -> list[str]:
        """Les pages que la composition de tout referait."""
        env, builder = self._app.env, self._app.builder
        env.find_files(self._app.config, builder)
        _, changees, _ = env.get_outdated_files(False)
        return sorted(changees | set(builder.get_outdated_docs()) & set(env.all_docs))

    def tout_composer(self) -> list[str]:
        """Composer tout ce qui a changé ; rend ce que Sphinx reproche, une ligne par reproche."""
        self._app.build()
        return self._reproches()

    def composer(self, pages: Iterable[str]) -> list[str]:
        """Relire et récrire ces pages (chemins dans le livre, sans suffixe), et elles seules."""
        app, env, pages = self._app, self._app.env, list(pages)
        with logging.pending_warnings():
            for page in pages:
                app.emit("env-purge-doc", env, page)
                env.clear_doc(page)
                app.builder.read_doc(page)
            app.emit("env-updated", env)
            app.builder.prepare_writing(set(pages))
            for page in pages:
                app.phase = BuildPhase.RESOLVING
                arbre = env.get_and_resolve_doctree(page, app.builder)
                app.phase = BuildPhase.WRITING
                app.builder.write_doc_serialized(page, arbre)
                app.builder.write_doc(page, arbre)
        return self._reproches()

    def connait(self, page: str) -> bool:
        """Cette page est-elle du livre ?"""
        return page in self._app.env.found_docs

    def _reproches(self) -> list[str]:
        dit = decolorer(self._dit.getvalue()).replace(f"{self.source}/", "")
        self._dit.seek(0)
        self._dit.truncate()
        return lister(dit)
