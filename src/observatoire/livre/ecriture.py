"""Lire et écrire les pages du livre sur deux cœurs, sans rien perdre de ce qui arrive à celui qui travaille à côté.

Sphinx 7 sait lire et écrire à plusieurs, mais résout alors tout dans un seul processus, et perd l'erreur, et jusqu'à la
mort, de ceux qu'il emploie.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from functools import partial
from typing import Any

from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import SphinxError
from sphinx.util import logging

from observatoire.processus import a_cote, coeurs, fourche_possible

#: En dessous, se dédoubler coûte plus que cela ne rapporte.
ASSEZ = 20
_journal = logging.getLogger(__name__)


class TravailArrete(SphinxError):
    """Ce qui a arrêté le processus qui lisait ou écrivait l'autre moitié des pages."""

    category = "Sphinx error"


class AQuatreMains(StandaloneHTMLBuilder):
    """Le constructeur HTML de Sphinx, dont un double lit, puis un autre écrit, la moitié des pages."""

    def _read_serial(self, docnames: Sequence[str]) -> None:
        if not _a_deux(docnames):
            super()._read_serial(docnames)
            return
        siennes = docnames[1::2]
        for page in siennes:
            self.events.emit("env-purge-doc", self.env, page)
            self.env.clear_doc(page)
        lues = _partager(super()._read_serial, docnames[::2], siennes, lambda: pickle.dumps(self.env))
        self.env.merge_info_from(siennes, pickle.loads(lues), self.app)

    def _write_serial(self, docnames: Sequence[str]) -> None:
        if not _a_deux(docnames):
            super()._write_serial(docnames)
            return
        super()._write_serial(docnames[:1])  # les gabarits sont alors compilés une fois pour les deux
        self.images.update(_partager(super()._write_serial, docnames[2::2], docnames[1::2], lambda: self.images))


def _a_deux(docnames: Sequence[str]) -> bool:
    return len(docnames) >= ASSEZ and coeurs() > 1 and fourche_possible()


def _partager(faire: Callable, ici: Sequence[str], a_part: Sequence[str], rendre: Callable[[], Any]) -> Any:
    """Faire les pages d'``ici`` pendant qu'un double fait celles d'``a_part`` ; rend ce que le double a à rendre.

    Ses avertissements sont repris ; ce qui l'a arrêté est levé (:class:`TravailArrete`).
    """
    try:
        with a_cote(partial(_faire_a_part, faire, a_part, rendre)) as fait:
            faire(ici)
    except BrokenExecutor as perdu:
        raise TravailArrete(str(perdu)) from None
    ((panne, journal, rendu),) = fait
    for avis in journal:
        _journal.handle(avis)
    if panne:
        raise TravailArrete(panne)
    return rendu


def _faire_a_part(faire: Callable, docnames: Sequence[str], rendre: Callable[[], Any]) -> tuple[str, list, Any]:
    """Dans le double : ce qui l'a arrêté, ses avertissements, ce qu'il rend."""
    journal, panne, rendu = logging.LogCollector(), "", None
    try:
        with journal.collect():
            faire(docnames)
            rendu = rendre()
    except Exception as erreur:  # noqa: BLE001 – quelle qu'elle soit, c'est l'original qui la dira
        cause = erreur.__cause__ or erreur  # Sphinx enveloppe celle d'une extension
        panne = f"{type(cause).__name__}: {cause}"
    logging.convert_serializable(journal.logs)
    return panne, journal.logs, rendu
