"""Écrire les pages du livre sur deux cœurs, sans rien perdre de ce qui arrive à celui qui écrit à côté.

Résoudre les renvois d'une page et l'écrire prend plus de la moitié de la composition. L'écriture à plusieurs de
Sphinx 7 résout tout dans un seul processus, et perd l'erreur, et jusqu'à la mort, de ceux qui écrivent.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import SphinxError
from sphinx.util import logging

from observatoire.moteur.souche import fourche_possible
from observatoire.processus import coeurs

#: En dessous, se dédoubler coûte plus que cela ne rapporte.
ASSEZ = 20
_journal = logging.getLogger(__name__)


class EcritureArretee(SphinxError):
    """Ce qui a arrêté le processus qui écrivait l'autre moitié des pages."""

    category = "Sphinx error"


class AQuatreMains(StandaloneHTMLBuilder):
    """Le constructeur HTML de Sphinx, dont un double écrit la moitié des pages."""

    def _write_serial(self, docnames: Sequence[str]) -> None:
        if len(docnames) < ASSEZ or coeurs() < 2 or not fourche_possible():
            super()._write_serial(docnames)
            return
        super()._write_serial(docnames[:1])  # les gabarits sont alors compilés une fois pour les deux
        ici, la_bas = multiprocessing.Pipe(duplex=False)
        double = multiprocessing.get_context("fork").Process(target=self._ecrire_a_cote, args=(docnames[1::2], la_bas))
        double.start()
        la_bas.close()
        try:
            super()._write_serial(docnames[2::2])
            self._reprendre(ici, double)
        finally:
            double.kill()  # sans effet s'il a fini
            double.join()

    def _ecrire_a_cote(self, docnames: Sequence[str], bout: Connection) -> None:
        """Dans le double : écrire ces pages, puis dire ce qui s'est passé."""
        journal, panne = logging.LogCollector(), None
        try:
            with journal.collect():
                super()._write_serial(docnames)
        except Exception as erreur:  # noqa: BLE001 – quelle qu'elle soit, c'est l'original qui la dira
            cause = erreur.__cause__ or erreur  # Sphinx enveloppe celle d'une extension
            panne = f"{type(cause).__name__}: {cause}"
        logging.convert_serializable(journal.logs)
        bout.send((panne, journal.logs, self.images))

    def _reprendre(self, bout: Connection, double: BaseProcess) -> None:
        """Attendre le double ; reprendre ses avertissements et ses images, ou lever ce qui l'a arrêté."""
        try:
            panne, journal, images = bout.recv()
        except EOFError:
            double.join()
            comment = signal.Signals(-double.exitcode).name if double.exitcode < 0 else f"sortie {double.exitcode}"
            raise EcritureArretee(f"un processus qui écrivait des pages s'est arrêté ({comment}).") from None
        for avis in journal:
            _journal.handle(avis)
        if panne:
            raise EcritureArretee(panne)
        self.images.update(images)
