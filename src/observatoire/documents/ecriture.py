"""Écrire les documents d'une édition : chacun vérifié, composé, rangé ; et la page qui les présente."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pypdf import PdfReader

from observatoire.documents.composition import composer
from observatoire.documents.contenu import Contenu, lire_contenu
from observatoire.documents.plan import DOCUMENTS, DOSSIER, Document
from observatoire.erreurs import EditionIncomplete
from observatoire.fichiers import ecrire_octets
from observatoire.registre.impressions import Impression, hors_valeur
from observatoire.registre.sorties import NOMBRE


class Faite(NamedTuple):
    """Une page exécutée : son notebook, et les nombres qu'elle a imprimés."""

    notebook: Path
    impressions: Sequence[Impression]


def ecrire_documents(
    documents: Sequence[Document], pages: Mapping[str, Faite], edition: dict, sortie: Path
) -> dict[str, list[Impression]]:
    """Écrire ``documents/<nom>.pdf`` dans ``sortie`` pour chacun de ces ``documents``.

    ``pages`` : chemin de la page, sans suffixe -> ce qui en est fait. ``edition`` : ``edition.json``. Rend, pour le
    registre, ce que chaque fichier imprime, nommé par son chemin dans ``sortie``. Lève :class:`EditionIncomplete` si un
    document porte un nombre que sa page n'a pas imprimé, ou que Typst le refuse.
    """
    imprimees = {}
    for document in documents:
        faite = pages[document.page]
        contenu = lire_contenu(document, faite.notebook, edition)
        connues = retenir(document, contenu, [*faite.impressions, *contenu.impressions])
        pdf = composer(document, contenu)
        chemin = f"{DOSSIER}/{document.nom}.pdf"
        ecrire_octets(pdf, sortie / chemin)
        imprimees[chemin] = [*connues, *_reperes(pdf, contenu)]
    return imprimees


def prevus(pages: Mapping[str, Faite], publie: Path) -> list[Document]:
    """Les documents dont la page est faite, et dont la table, s'il en faut une, a des lignes dans ``publie``."""
    return [d for d in DOCUMENTS if d.page in pages and (d.table is None or _a_des_lignes(publie / d.table))]


def _a_des_lignes(fichier: Path) -> bool:
    return fichier.is_file() and len(fichier.read_text(encoding="utf-8").splitlines()) > 1


def retenir(document: Document, contenu: Contenu, impressions: Sequence[Impression]) -> list[Impression]:
    """Celles de ces ``impressions`` que le document reprend.

    Lève :class:`EditionIncomplete` s'il porte un nombre qui n'est celui d'aucune.
    """
    dits = {n for texte in contenu.textes() for n in NOMBRE.findall(texte)}
    nombres = [(i, set(NOMBRE.findall(str(i[0])))) for i in impressions]
    if inconnus := sorted(dits.difference(*(siens for _, siens in nombres))):
        liste = ", ".join(f"« {n} »" for n in inconnus[:3])
        raise EditionIncomplete(
            f"le document « {document.nom} » porte {len(inconnus)} nombre(s) que la page « {document.page} » n'a pas "
            f"inscrits au registre : {liste}."
        )
    return list(dict.fromkeys(tuple(i) for i, siens in nombres if siens and siens <= dits))


def presenter_documents(documents: Sequence[Document]) -> str:
    """Le Markdown de la page « Documents » : chacun, en un paragraphe, et ses deux formes."""
    parties = [
        "# Documents",
        "Chaque document se lit en ligne, ou s'imprime : A4, noir et blanc, résumé en première page.",
    ]
    for document in documents:
        lien = f'<a href="../../{DOSSIER}/{document.nom}.pdf">{document.titre} (PDF)</a>'
        parties += [f"## {document.titre}", f"{document.objet} {document.destinataires}"]
        parties.append(f"{lien} – [lire en ligne]({document.page})")
    return "\n\n".join(parties) + "\n"


def _reperes(pdf: bytes, contenu: Contenu) -> list[Impression]:
    """Les numéros que Typst écrit : pages, sections, tableaux, figures."""
    blocs = [*contenu.dit["resume"], *(b for s in contenu.dit["sections"] for b in s["blocs"])]
    genres = [b["genre"] for b in blocs]
    dernier = max(
        len(PdfReader(io.BytesIO(pdf)).pages), len(contenu.dit["sections"]), *map(genres.count, ("table", "figure")),
        genres.count("titre"),
    )  # fmt: skip
    return hors_valeur(str(n) for n in range(1, dernier + 1))
