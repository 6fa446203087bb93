"""Les documents d'une édition et la page qui les présente, écrits avec ses pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from observatoire.documents.ecriture import ecrire_documents, presenter_documents, prevus
from observatoire.edition.carnet import Carnet
from observatoire.edition.travail import MARQUE
from observatoire.fichiers import ecrire_texte

PAGE = Path("documents.md")


def mettre_en_documents(carnet: Carnet, sorties: Sequence[str], edition: dict) -> list[Path]:
    """Écrire, en attente, les documents des pages faites et la page « Documents ».

    ``sorties`` : le chemin de chaque page, sans suffixe. ``edition`` : ``edition.json``. Rend le chemin de chaque
    fichier écrit, dans l'édition. Lève :class:`EditionIncomplete` comme
    :func:`~observatoire.documents.ecriture.ecrire_documents`.
    """
    faites = {sortie: carnet.fichier(Path(f"{sortie}.ipynb")) for sortie in sorties}
    prets = prevus(faites, carnet.etat.publie)
    documents = ecrire_documents(prets, faites, edition, carnet.attente)
    page = presenter_documents(prets)
    ecrire_texte(f"---\n{MARQUE}: {edition['public']}\n---\n\n{page}", carnet.attente / PAGE)
    return [*documents, PAGE]
