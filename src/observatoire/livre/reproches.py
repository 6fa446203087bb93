"""Ce que Sphinx reproche au livre, dit comme à qui l'a écrit : où, quoi, et quoi écrire à la place."""

from __future__ import annotations

import re
from collections.abc import Iterable

_COULEURS = re.compile(r"\x1b\[[0-9;]*m")
_REPROCHE = re.compile(
    r"^(?:(?P<ou>.+?)(?::(?P<ligne>\d*))?: )?(?:WARNING|ERROR|CRITICAL): (?P<dit>.*?)(?: \[[\w.]+\])?$"
)
#: Ce que dit Sphinx -> ce que nous en disons. Le premier motif trouvé l'emporte.
_PHRASES = tuple(
    (re.compile(motif), phrase)
    for motif, phrase in (
        (r"document isn't included in any toctree", "cette page n'est rangée nulle part : l'ajouter à _toc.yml."),
        (r"toctree contains reference to nonexisting document '([^']+)'", "_toc.yml range « {0} », qui n'existe pas."),
        (r"toctree (?:glob )?pattern '([^']+)' didn't match", "le motif « {0} » de _toc.yml ne trouve aucune page."),
        (r"document is referenced in multiple toctrees", "cette page est rangée deux fois : n'en garder qu'une."),
        (r"cross-reference target not found: '([^']+)'",
         "le lien vers « {0} » ne mène nulle part : le chemin part du dossier de cette page (« autre-page.md »)."),
        (r"(?:unknown document|undefined label):? '?([^'\[]+?)'?$", "« {0} », où mène un renvoi, n'existe pas."),
        (r"image file not readable: (.+)", "l'image « {0} » n'existe pas : son chemin part du dossier de cette page."),
        (r"Non-consecutive header level increase; H(\d+) to H(\d+)",
         "un titre de niveau {1} suit un titre de niveau {0} : il en manque un entre les deux (« # », puis « ## »)."),
        (r"Document headings start at H(\d+)", "la page commence par un titre de niveau {0} : le premier est « # »."),
        (r"(?:Unknown directive type|No directive entry for):? [\"']?([^\s\"']+)", "« {{{0}}} » : directive inconnue."),
        (r"(?:Unknown interpreted text role|No role entry for):? [\"']?([^\s\"']+)", "« {{{0}}} » : rôle inconnu."),
        (r"[Dd]uplicate (?:explicit target name|label)[: ]+\"?([^\s\",]+)", "« {0} » nomme deux endroits du livre."),
        (r"Lexing literal_block .* as \"(\w+)\" resulted in an error", "ce bloc de code n'est pas du « {0} »."),
    )
)  # fmt: skip


def decolorer(dit: str) -> str:
    """Ce qu'un terminal montrerait, sans ses couleurs."""
    return _COULEURS.sub("", dit)


def lister(dit: str) -> list[str]:
    """Un reproche par phrase, sans répétition, de tout ce que Sphinx a écrit, sans couleurs, aux chemins du livre.

    >>> lister("book/charte.md:12: WARNING: image file not readable: plan.png [image.not_readable]")
    ["book/charte.md, ligne 12 : l'image « plan.png » n'existe pas : son chemin part du dossier de cette page."]
    """
    trouves = (_REPROCHE.match(ligne) for ligne in dit.splitlines())
    return list(dict.fromkeys(_dire(**trouve.groupdict()) for trouve in trouves if trouve))


def _dire(ou: str | None, ligne: str | None, dit: str) -> str:
    lieu = ", ligne ".join(filter(None, (ou, ligne)))
    return f"{lieu} : {_traduire(dit)}" if lieu else _traduire(dit)


def _traduire(dit: str) -> str:
    """La phrase française ; à défaut, celle de Sphinx, telle quelle."""
    trouvees: Iterable = ((motif.search(dit), phrase) for motif, phrase in _PHRASES)
    return next((phrase.format(*trouve.groups()) for trouve, phrase in trouvees if trouve), dit)
