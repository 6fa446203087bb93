"""Le texte d'un PDF, page par page, ses métadonnées, ses annotations, ses signets et ses pièces jointes."""

from __future__ import annotations

import io
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from observatoire.audit.lecteurs.contenu import Contenu, Illisible, en_clair, reunir

# Devant un fichier abîmé, pypdf laisse aussi passer les erreurs de ses propres tables.
_ABIME = (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError)


def lire_pdf(octets: bytes, ouvrir) -> Contenu:
    """Un PDF ; lève :class:`Illisible` s'il est abîmé, ou chiffré par un mot de passe."""
    try:
        document = PdfReader(io.BytesIO(octets))
        morceaux = list(_morceaux(document))
        joints = [ouvrir(nom, corps) for nom, corps in _pieces(document)]
    except _ABIME as erreur:
        raise Illisible("PDF abîmé") from erreur
    return reunir(joints, morceaux, en_clair(octets))


def _morceaux(document: PdfReader) -> Iterator[tuple[str, str]]:
    yield "métadonnées", " ".join(str(valeur) for valeur in (document.metadata or {}).values())
    yield "signets", " ".join(_titres(document.outline))
    for rang, page in enumerate(document.pages, start=1):
        yield f"page {rang}", page.extract_text()
        for annotation in page.get("/Annots") or ():
            yield f"page {rang}, annotation", str(annotation.get_object())


def _titres(signets: list) -> Iterator[str]:
    for signet in signets:
        if isinstance(signet, list):
            yield from _titres(signet)
        else:
            yield str(signet.title)


def _pieces(document: PdfReader) -> Iterator[tuple[str, bytes]]:
    for nom, versions in document.attachments.items():
        for corps in versions:
            yield nom, corps
