"""Écrire les documents d'une édition : chacun composé, rangé ; et la page qui les présente."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from observatoire.documents.composition import composer
from observatoire.documents.contenu import lire_contenu, lire_markdown, titres_de
from observatoire.documents.plan import DOCUMENTS, DOSSIER, FICHE, Document, fiche_de
from observatoire.echappement import pour_myst
from observatoire.fichiers import ecrire_octets


def ecrire_document(document: Document, page: Path, edition: dict, sortie: Path) -> None:
    """Écrire dans ``sortie`` le PDF d'un document, d'après le notebook exécuté ``page``.

    ``edition`` : ``edition.json``. Lève :class:`EditionIncomplete` si la page n'a rien à résumer, ou que Typst refuse
    le document.
    """
    ecrire_octets(composer(document, lire_contenu(document, page, edition)), sortie)


def prevus(pages: Mapping[str, str], annee: int, publie: Path) -> list[Document]:
    """Les documents dont la page est faite, et dont la table, s'il en faut une, a des lignes dans ``publie``, puis les
    fiches de l'année.

    ``pages`` : chemin de la page, sans suffixe -> le JSON de son modèle, textes remplacés.
    """
    communs = [
        d
        for d in DOCUMENTS
        if d.page in pages
        and (d.table is None or _a_des_lignes(publie / d.table))
        and (not d.etiquette or _porte(pages[d.page], d.etiquette))
    ]
    de_l_annee = {page: modele for page, modele in pages.items() if page.startswith(f"{annee}/")}
    return [*communs, *(d for page, modele in de_l_annee.items() for d in _fiche(page, modele))]


def _fiche(page: str, modele: str) -> list[Document]:
    """La fiche d'une page dont une cellule en porte l'étiquette."""
    if not _porte(modele, FICHE):
        return []
    textes = ("".join(c["source"]) for c in json.loads(modele)["cells"] if c["cell_type"] == "markdown")
    titres = [titre for texte in textes for titre in titres_de(lire_markdown(texte))]
    return [fiche_de(page, titres[0])]


def _porte(modele: str, etiquette: str) -> bool:
    return any(etiquette in c["metadata"].get("tags", ()) for c in json.loads(modele)["cells"])


def _a_des_lignes(fichier: Path) -> bool:
    return fichier.is_file() and len(fichier.read_text(encoding="utf-8").splitlines()) > 1


def presenter_documents(documents: Sequence[Document]) -> str:
    """Le Markdown de la page « Documents » : chacun, en un paragraphe, et ses deux formes."""
    parties = [
        "# Documents",
        "Chaque document se lit en ligne, ou s'imprime : A4, noir et blanc, résumé en première page ; les diapositives "
        "se projettent.",
    ]
    for document in (d for d in documents if d.etiquette != FICHE):
        parties += [f"## {document.titre}", f"{document.objet} {document.destinataires}"]
        parties.append(f"{_lier(document, f'{document.titre} (PDF)')} – [lire en ligne]({document.page})")
    if fiches := [d for d in documents if d.etiquette == FICHE]:
        parties += ["## Fiches à imprimer", fiches[0].objet]
        parties.append("\n".join(f"- {_lier(d, d.titre)} – [lire en ligne]({d.page})" for d in fiches))
    return "\n\n".join(parties) + "\n"


def _lier(document: Document, texte: str) -> str:
    return f'<a href="../../{DOSSIER}/{document.nom}.pdf">{pour_myst(texte)}</a>'
