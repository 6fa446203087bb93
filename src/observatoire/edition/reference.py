"""La page « Référence de la bibliothèque » : ce qu'un analyste appelle, d'après les docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

import observatoire
from observatoire.publie import Publie

#: Ce qui se calcule sur ses propres données : les noms de la racine qui viennent d'ici.
CALCUL = ("observatoire.indicateurs", "observatoire.statistique")
_INTRODUCTION = """# Référence de la bibliothèque

Ce qu'un notebook, ou un programme à soi, appelle d'`observatoire`. Une part est partout une fraction de 0 à 1 ; les
intervalles sont à 95 %. Chaque exemple est exécuté par les essais. Les définitions des indicateurs sont sur leurs
[fiches](indicateurs)."""


def fonctions_de_calcul() -> list[Callable]:
    """Les fonctions de la racine qui calculent, par ordre alphabétique."""
    noms = [nom for nom, module in observatoire._ORIGINES.items() if module.startswith(CALCUL)]
    return [getattr(observatoire, nom) for nom in sorted(noms)]


def page_de_la_reference() -> str:
    """Le Markdown de la page."""
    methodes = [m for nom, m in inspect.getmembers(Publie, inspect.isfunction) if not nom.startswith("_")]
    parties = [
        _INTRODUCTION,
        "## Sur ses propres données",
        *(texte for f in fonctions_de_calcul() for texte in _decrire(f, f.__name__)),
        "## Sur ce qui est publié",
        *_decrire(observatoire.lire_publie, "lire_publie"),
        *(texte for m in methodes for texte in _decrire(m, f"valeurs.{m.__name__}")),
    ]
    return "\n\n".join(parties) + "\n"


def _decrire(fonction: Callable, nom: str) -> Iterator[str]:
    """Le nom, la signature, puis la docstring en Markdown."""
    signature = re.sub(r"\(self(, )?", "(", str(inspect.signature(fonction)).replace("'", ""))
    yield f"### `{nom}`"
    yield f"```python\n{nom}{signature}\n```"
    yield _en_markdown(inspect.getdoc(fonction) or "")


def _en_markdown(docstring: str) -> str:
    """Les renvois et les mots de code de reStructuredText s'écrivent en Markdown, les exemples dans un bloc."""
    texte = re.sub(r":\w+:`~?\.?([\w.]+)`", lambda renvoi: f"`{renvoi[1].rpartition('.')[2]}`", docstring)
    texte = re.sub(r"``([^`]+)``", r"`\1`", texte)
    return re.sub(r"(?m)^>>> (?:.*\n?)(?:(?!\n).+\n?)*", lambda bloc: f"```pycon\n{bloc[0].rstrip()}\n```\n", texte)
