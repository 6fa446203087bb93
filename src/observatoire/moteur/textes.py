"""Les ``{{ nom }}`` du Markdown des modèles, remplacés avant l'exécution par des textes échappés.

Un titre qu'une cellule de code imprimerait n'entrerait pas dans le sommaire de la page. ``str.format`` est
exclu : il échoue sur les ``{role}`` de MyST.
"""

from __future__ import annotations

import re

import nbformat

from observatoire.echappement import pour_myst
from observatoire.erreurs import ParametreInconnu

_MOTIF = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def noms_des_textes(contenu: nbformat.NotebookNode) -> list[str]:
    """Les noms cités entre doubles accolades, sans doublon, dans l'ordre."""
    return list(
        dict.fromkeys(nom for c in contenu.cells if c.cell_type == "markdown" for nom in _MOTIF.findall(c.source))
    )


def poser_les_textes(contenu: nbformat.NotebookNode, textes: dict[str, object]) -> None:
    """:func:`remplacer`, dans tout le Markdown d'un notebook."""
    for cellule in contenu.cells:
        if cellule.cell_type == "markdown":
            cellule.source = remplacer(cellule.source, textes)


def remplacer(texte: str, textes: dict[str, object]) -> str:
    """Remplacer chaque ``{{ nom }}`` par un texte, qui se lira tel quel.

    Lève :class:`ParametreInconnu` si l'un d'eux n'est pas connu.
    """
    if inconnus := sorted({n for n in _MOTIF.findall(texte) if n not in textes}):
        raise ParametreInconnu(f"textes inconnus : {', '.join(inconnus)}.")
    return _MOTIF.sub(lambda trouve: pour_myst(textes[trouve.group(1)]), texte)
