"""D'une page exécutée au contenu d'un document : son résumé, puis ses sections."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt

from observatoire.configuration import PUBLIQUE
from observatoire.documents.blocs import Bloc, lire_html
from observatoire.documents.dessins import en_gris
from observatoire.documents.plan import DIAPOSITIVES, ETIQUETTES, FICHE, Document
from observatoire.erreurs import EditionIncomplete
from observatoire.presentation.nombres import ecrire_date
from observatoire.typographie import ponctuer

#: La marque que porte tout ce qui est fait pour un public (:mod:`observatoire.livre.publics`).
MARQUE = "observatoire-public: {public}"
_DIRECTIVE = re.compile(r"^```\{.*?^```\s*?$", re.S | re.M)
_MENTIONS = {PUBLIQUE: "Édition publique"}
_RESUMES = {"Résumé", "En résumé"}
_RESERVEE = "Réservé aux signataires de la charte"


@dataclass(frozen=True)
class Contenu:
    """``dit`` : ce que Typst compose, prêt pour JSON ; ``date`` : celle que porte le fichier."""

    dit: dict[str, object]
    date: dt.date


def lire_contenu(document: Document, page: Path, edition: dict) -> Contenu:
    """Le contenu d'un document, d'après le notebook exécuté ``page``.

    ``edition`` : ``edition.json``. Lève :class:`EditionIncomplete` si la page n'a pas de titre, ou rien à résumer.
    """
    notebook = nbformat.read(page, as_version=4)
    blocs = [b for cellule in notebook.cells if _en_est(document, cellule) for b in _blocs(cellule)]
    titres = [document.titre] if document.etiquette else titres_de(blocs)
    corps = [b for b in blocs if not (b["genre"] == "titre" and b["niveau"] == 1)]
    corps = corps if document.etiquette == DIAPOSITIVES else [_griser(b) for b in corps]
    resume, sections = (corps, []) if document.etiquette == FICHE else _ranger(corps)
    if not titres or not resume:
        raise EditionIncomplete(f"la page « {document.page} » n'a pas de titre, ou rien avant sa première section.")
    public, date = edition["public"], dt.date(edition["annees"][-1], 12, 31)
    dit = {
        "titre": titres[0],
        "destinataires": document.destinataires,
        "observatoire": ponctuer(edition["titre"]),
        "au": ecrire_date(date),
        "public": _MENTIONS.get(public, _RESERVEE),
        "fictif": bool(edition.get("fictif")),
        "marque": MARQUE.format(public=public),
        "resume": resume,
        "sections": sections,
    }
    return Contenu(dit, date)


def titres_de(blocs: list[Bloc]) -> list[str]:
    """Les titres de page que portent ces blocs."""
    return [b["texte"] for b in blocs if b["genre"] == "titre" and b["niveau"] == 1]


def _en_est(document: Document, cellule: nbformat.NotebookNode) -> bool:
    etiquettes = cellule.metadata.get("tags", ())
    return document.etiquette in etiquettes if document.etiquette else not set(ETIQUETTES) & set(etiquettes)


def _griser(bloc: Bloc) -> Bloc:
    """Une figure telle qu'elle s'imprime en noir et blanc ; ce qui se projette garde ses couleurs."""
    if bloc["genre"] != "figure":
        return bloc
    legende = [x | {"svg": x["svg"] and en_gris(x["svg"])} for x in bloc["legende"]]
    return bloc | {"svg": en_gris(bloc["svg"]), "legende": legende}


def _blocs(cellule: nbformat.NotebookNode) -> list[Bloc]:
    if cellule.cell_type == "markdown":
        return lire_markdown(cellule.source)
    blocs = []
    for sortie in cellule.get("outputs", ()):
        donnees = sortie.get("data", {})
        if "text/html" in donnees:
            blocs += lire_html(donnees["text/html"])
        elif "text/markdown" in donnees:
            blocs += _descendre(lire_markdown(donnees["text/markdown"]))
    return blocs


def lire_markdown(markdown: str) -> list[Bloc]:
    """Les blocs d'un texte, sans ses directives."""
    return lire_html(MarkdownIt("commonmark").render(_DIRECTIVE.sub("", markdown)))


def _descendre(blocs: list[Bloc]) -> list[Bloc]:
    """Les titres d'un texte déposé passent sous celui de la section qui le porte."""
    return [b | {"niveau": max(3, b["niveau"])} if b["genre"] == "titre" else b for b in blocs]


def _ranger(blocs: list[Bloc]) -> tuple[list[Bloc], list[dict[str, object]]]:
    """Ce qui précède la première section et ce qu'une page appelle son résumé, puis les autres sections."""
    resume: list[Bloc] = []
    sections: list[dict[str, object]] = []
    for bloc in blocs:
        if bloc["genre"] == "titre" and bloc["niveau"] == 2:
            sections.append({"titre": bloc["texte"], "blocs": resume if bloc["texte"] in _RESUMES else []})
        else:
            _ajouter(bloc, sections[-1]["blocs"] if sections else resume)
    return resume, [s for s in sections if s["blocs"] and s["blocs"] is not resume]


def _ajouter(bloc: Bloc, section: list[Bloc]) -> None:
    """Une même note n'est pas redite sous chaque tableau d'une section : la dernière fois suffit."""
    if bloc.get("note") and bloc in section:
        section.remove(bloc)
    section.append(bloc)


def en_json(contenu: Contenu) -> str:
    """Ce que Typst reçoit."""
    return json.dumps(contenu.dit, ensure_ascii=False, sort_keys=True)
