"""Les documents d'une édition et la page qui les présente, écrits avec ses pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from observatoire.documents.ecriture import ecrire_document, presenter_documents, prevus
from observatoire.documents.plan import DOSSIER, Document
from observatoire.edition.carnet import Carnet
from observatoire.edition.travail import MARQUE, Travail
from observatoire.fichiers import ecrire_texte
from observatoire.memoire import empreinte, empreinte_du_code
from observatoire.processus import coeurs

PAGE = Path("documents.md")


def mettre_en_documents(carnet: Carnet, travaux: Sequence[Travail], edition: dict) -> list[Path]:
    """Écrire, en attente, les documents des pages faites, ceux qui ont changé seulement, et la page « Documents ».

    ``edition`` : ``edition.json``. Rend le chemin de chaque fichier, dans l'édition. Lève :class:`EditionIncomplete`
    comme :func:`~observatoire.documents.ecriture.ecrire_document`.
    """
    prets = prevus({t.sortie: t.notebook for t in travaux}, edition["annees"][-1], carnet.etat.publie)
    commun = [json.dumps(edition, sort_keys=True), empreinte_du_code()]

    def garder(document: Document) -> None:
        cle = empreinte(_page(carnet, document), autres=[repr(document), *commun])
        carnet.garder_le_lot(f"{DOSSIER}/{document.nom}", cle, partial(_composer, carnet, document, edition))

    with ThreadPoolExecutor(coeurs()) as equipe:  # Typst compose hors du verrou de Python
        list(equipe.map(garder, prets))
    texte = presenter_documents(prets)
    ecrire_texte(f"---\n{MARQUE}: {edition['public']}\n---\n\n{texte}", carnet.attente / PAGE)
    return [*map(_chemin, prets), PAGE]


def _composer(carnet: Carnet, document: Document, edition: dict) -> list[Path]:
    ecrire_document(document, _page(carnet, document), edition, carnet.attente / _chemin(document))
    return [_chemin(document)]


def _page(carnet: Carnet, document: Document) -> Path:
    return carnet.fichier(Path(f"{document.page}.ipynb"))


def _chemin(document: Document) -> Path:
    return Path(DOSSIER, f"{document.nom}.pdf")
