"""Composer un document : Typst, ses gabarits, des polices à nous, une date fixe ; mêmes données, mêmes octets."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import typst

from observatoire.documents.contenu import Contenu, en_json
from observatoire.documents.plan import Document
from observatoire.erreurs import EditionIncomplete

GABARITS = Path(__file__).parent / "gabarits"
#: PDF/UA-1 (ISO 14289-1) : balisé, titré, chaque figure avec son texte de remplacement. Typst refuse ce qui n'en est
# pas.
NORME = "ua-1"


def composer(document: Document, contenu: Contenu) -> bytes:
    """Le PDF d'un document. Lève :class:`EditionIncomplete` avec ce que Typst lui reproche."""
    midi = dt.datetime.combine(contenu.date, dt.time(12), tzinfo=dt.UTC)
    try:
        pdf, reproches = typst.compile_with_warnings(
            GABARITS / document.gabarit, root=GABARITS, font_paths=polices(), format="pdf", pdf_standards=NORME,
            sys_inputs={"contenu": en_json(contenu)}, timestamp=midi,
        )  # fmt: skip
    except typst.TypstError as erreur:
        raise EditionIncomplete(f"le document « {document.nom} » n'a pas été composé : {erreur.message}") from erreur
    if reproches:
        dits = " ; ".join(dict.fromkeys(r.message for r in reproches))
        raise EditionIncomplete(f"le document « {document.nom} » n'a pas été composé : {dits}")
    return pdf


@lru_cache(maxsize=1)
def polices() -> typst.Fonts:
    """Celles que Typst apporte, et la DejaVu de matplotlib, que les figures emploient ; aucune de la machine."""
    dejavu = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[dejavu])
