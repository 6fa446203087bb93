"""Le plancher : les cellules de toutes les pages, l'une après l'autre, dans un seul processus chaud et sans noyau.

    python bench/plancher.py PUBLIE NOTEBOOKS

Une page de chaque modèle est d'abord exécutée sans être comptée. Imprime les secondes que prennent toutes les pages.
"""

from __future__ import annotations

import ast
import os
import sys
import time
from pathlib import Path

import nbformat
from IPython.core.formatters import DisplayFormatter

from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import Travail, preparer
from observatoire.publie import VARIABLE


def executer(travail: Travail, montrer: DisplayFormatter) -> None:
    """Les cellules de code d'une page, dans un espace de noms neuf ; ce que chacune rend est mis en forme."""
    noms: dict[str, object] = {"__name__": "__main__"}
    for cellule in nbformat.reads(travail.notebook, as_version=4).cells:
        if cellule.cell_type != "code":
            continue
        code = ast.parse(cellule.source)
        derniere = code.body.pop() if isinstance(code.body[-1], ast.Expr) else None
        exec(compile(code, travail.modele, "exec"), noms)
        if derniere is not None:
            montrer.format(eval(compile(ast.Expression(derniere.value), travail.modele, "eval"), noms))
        if "parameters" in cellule.metadata.get("tags", ()):
            noms.update(travail.parametres)


def main(publie: Path, notebooks: Path) -> float:
    """Les secondes de toutes les pages, une fois le processus chaud."""
    os.environ[VARIABLE] = str(publie)
    travaux = [preparer(page) for page in lister_pages(publie, notebooks)]
    montrer = DisplayFormatter()
    for travail in {t.modele: t for t in travaux}.values():
        executer(travail, montrer)
    depart = time.perf_counter()
    for travail in travaux:
        executer(travail, montrer)
    return time.perf_counter() - depart


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), Path(sys.argv[2])))
