"""Tenir une table d'une page de docs, entre deux repères, telle qu'un programme d'ici la fait."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "architecture.md"


def montrer(tabler: Callable[[], str], debut: str, fin: str, page: Path = PAGE) -> None:
    """Imprimer la table ; avec ``--ecrire``, la mettre à jour dans une page, entre ``debut`` et ``fin``."""
    if "--ecrire" not in sys.argv:
        print(tabler())
        return
    avant, _, reste = page.read_text(encoding="utf-8").partition(debut)
    page.write_text(f"{avant}{debut}\n{tabler()}\n{fin}{reste.partition(fin)[2]}", encoding="utf-8")
