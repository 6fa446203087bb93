"""Un défaut du programme : dire qu'il est de notre côté, et l'écrire dans un journal qui ne cite aucune donnée.

Le message d'une erreur imprévue cite souvent la valeur qui l'a causée, et cette valeur peut venir d'un dépôt. Le
journal garde donc les genres d'erreurs et les lignes du programme, jamais un message, ni une valeur, ni un argument.
"""

from __future__ import annotations

import platform
import re
import time
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_log_path

CODE = 70  # EX_SOFTWARE, dans sysexits.h
VARIABLE = "OBSERVATOIRE_TRACE"
#: Ce qu'une trace venue d'un autre processus dit d'une ligne de programme : elle n'arrive que sous forme de texte.
_LIGNE = re.compile(r'^  File "(.+\.py)", line (\d+), in (.+)$', re.MULTILINE)


def dire_defaut(erreur: BaseException, arguments: Sequence[str]) -> str:
    """Consigner une erreur imprévue ; rend la phrase à dire."""
    detail = "\n".join(_decrire(erreur, arguments)) + "\n"
    try:
        fichier = user_log_path("observatoire", appauthor=False, ensure_exists=True) / "defauts.log"
        with fichier.open("a", encoding="utf-8") as journal:
            journal.write(f"{detail}\n")
        suite = f"Le détail, qui ne cite aucune donnée, est dans {fichier} : le joindre à votre signalement."
    except OSError:
        suite = f"Le journal n'a pas pu être écrit ; en voici le contenu, qui ne cite aucune donnée.\n{detail}"
    return (
        f"l'observatoire a un défaut ({type(erreur).__name__}) : la faute est de notre côté. Ce qui était publié l'est "
        f"encore.\n{suite}\nPour voir la trace entière, qui peut citer les dépôts : {VARIABLE}=1 devant la commande."
    )


def _decrire(erreur: BaseException, arguments: Sequence[str]) -> Iterator[str]:
    options = [mot.partition("=")[0] for mot in arguments if mot.startswith("-")]
    versions = f"observatoire {version('observatoire')}, Python {platform.python_version()}, {platform.system()}"
    yield f"{time.strftime('%Y-%m-%d %H:%M:%S')} {versions}"
    yield f"commande : {' '.join([*arguments[:1], *options])}"
    while erreur is not None:
        yield f"{type(erreur).__module__}.{type(erreur).__name__}"
        for cadre in traceback.extract_tb(erreur.__traceback__):
            yield f"  {_lisible(cadre.filename)}:{cadre.lineno} {cadre.name}"
        d_ailleurs = str(erreur) if type(erreur).__name__ == "_RemoteTraceback" else ""
        for fichier, ligne, fonction in _LIGNE.findall(d_ailleurs):
            yield f"  {_lisible(fichier)}:{ligne} {fonction}"
        erreur = erreur.__cause__ or erreur.__context__


def _lisible(fichier: str) -> str:
    """Un fichier du programme ou d'une bibliothèque, sans le dossier où elle est installée."""
    parts = Path(fichier).parts
    for repere in ("site-packages", "src"):
        if repere in parts:
            return "/".join(parts[parts.index(repere) + 1 :])
    return Path(fichier).name
