"""Écrire les documents d'une édition : chacun composé, rangé ; et la page qui les présente."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from observatoire.documents.composition import composer
from observatoire.documents.contenu import lire_contenu
from observatoire.documents.plan import DOCUMENTS, DOSSIER, Document
from observatoire.fichiers import ecrire_octets


def ecrire_documents(
    documents: Sequence[Document], pages: Mapping[str, Path], edition: dict, sortie: Path
) -> list[Path]:
    """Écrire ``documents/<nom>.pdf`` dans ``sortie`` pour chacun de ces ``documents`` ; rend leurs chemins.

    ``pages`` : chemin de la page, sans suffixe -> son notebook exécuté. ``edition`` : ``edition.json``. Lève
    :class:`EditionIncomplete` si une page n'a rien à résumer, ou que Typst refuse un document.
    """
    chemins = []
    for document in documents:
        pdf = composer(document, lire_contenu(document, pages[document.page], edition))
        chemins.append(Path(DOSSIER, f"{document.nom}.pdf"))
        ecrire_octets(pdf, sortie / chemins[-1])
    return chemins


def prevus(pages: Mapping[str, Path], publie: Path) -> list[Document]:
    """Les documents dont la page est faite, et dont la table, s'il en faut une, a des lignes dans ``publie``."""
    return [d for d in DOCUMENTS if d.page in pages and (d.table is None or _a_des_lignes(publie / d.table))]


def _a_des_lignes(fichier: Path) -> bool:
    return fichier.is_file() and len(fichier.read_text(encoding="utf-8").splitlines()) > 1


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
