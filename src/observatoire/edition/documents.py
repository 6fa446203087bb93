"""Les documents d'une édition et la page qui les présente, écrits avec ses pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from observatoire.documents.ecriture import Faite, ecrire_documents, presenter_documents, prevus
from observatoire.edition.carnet import Carnet
from observatoire.edition.travail import MARQUE
from observatoire.fichiers import ecrire_texte
from observatoire.registre.impressions import Impression
from observatoire.registre.sorties import impressions_libres

PAGE = "documents"


def mettre_en_documents(
    carnet: Carnet, imprimees: Mapping[str, Sequence[Impression]], edition: dict
) -> dict[str, list[Impression]]:
    """Écrire, en attente, les documents des pages faites et la page « Documents ».

    ``imprimees`` : chemin de chaque page exécutée -> ses nombres. ``edition`` : ``edition.json``. Rend ce que chaque
    fichier imprime, nommé par son chemin dans l'édition ; celui d'une page est sans suffixe. Lève
    :class:`EditionIncomplete` comme :func:`~observatoire.documents.ecriture.ecrire_documents`.
    """
    faites = {sortie: Faite(carnet.fichier(Path(f"{sortie}.ipynb")), dites) for sortie, dites in imprimees.items()}
    prets = prevus(faites, carnet.etat.publie)
    documents = ecrire_documents(prets, faites, edition, carnet.attente)
    page = presenter_documents(prets)
    ecrire_texte(f"---\n{MARQUE}: {edition['public']}\n---\n\n{page}", carnet.attente / f"{PAGE}.md")
    return documents | {PAGE: impressions_libres(page)}
