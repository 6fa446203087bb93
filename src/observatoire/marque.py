"""Ne vider que ce que nous avons rempli : un dossier à nous porte une marque, la liste de ce que nous y avons mis.

Un dossier donné par erreur, ou à qui quelqu'un a ajouté un fichier, n'est pas touché.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from observatoire.erreurs import ErreurConfiguration
from observatoire.typographie import compter

MARQUE = ".observatoire"
_LA_MARQUE = re.compile(re.escape(MARQUE) + r"(?:-\d+)?")  # un nombre : celui qui l'écrivait a été tué
#: Ce que git, un système ou JupyterLab posent d'eux-mêmes, et qui ne vaut pas d'être gardé.
NEGLIGES = (".gitkeep", ".DS_Store", ".ipynb_checkpoints")
#: Début du nom de ce qui est écrit à l'écart ; ce qu'une commande tuée a laissé se reconnaît ainsi.
PROVISOIRE = ".provisoire-"
#: Une marque qui ne dit que cela adopte tout ce que le dossier contient ; elle ne s'écrit qu'à la main.
TOUT = "tout"


def marquer(dossier: Path, aussi: Iterable[str] = ()) -> None:
    """Écrire dans ``dossier`` la liste de ses fichiers, et des chemins relatifs ``aussi`` qui vont y venir."""
    liste = "".join(f"{nom}\n" for nom in sorted({*lister(dossier), *aussi}))
    provisoire = dossier / f"{MARQUE}-{os.getpid()}"
    provisoire.write_text(liste, encoding="utf-8", errors="surrogateescape")
    provisoire.replace(dossier / MARQUE)


def exiger(*dossiers: Path) -> None:
    """Lever :class:`ErreurConfiguration` si l'un de ces dossiers contient ce que nous n'y avons pas mis."""
    refus = [f"  - {_lisible(dossier)} : {pourquoi}" for dossier in dossiers if (pourquoi := _pourquoi(dossier))]
    if refus:
        raise ErreurConfiguration(
            "rien n'a été touché : ce qui suit n'est pas à l'observatoire, et aurait été remplacé ou effacé.\n"
            + "\n".join(refus)
            + "\n    Donner un autre dossier, ou en sortir ces fichiers. Un dossier écrit avant que la marque existe "
            f"s'adopte ainsi :\n    echo {TOUT} > DOSSIER/{MARQUE}"
        )


def exiger_partage(dossier: Path, *parts: Path, aussi: Iterable[Path] = ()) -> None:
    """De même pour un dossier que nous ne vidons pas, mais où nous écrivons à côté de ces ``parts`` à nous.

    Il est à nous dès que l'une d'elles, ou l'un des dossiers ``aussi``, porte notre marque : elles s'écrivent avant le
    reste.
    """
    a_nous = any((sien / MARQUE).is_file() for sien in (*parts, *aussi))
    exiger(*parts, *([] if a_nous else [dossier]))


def lister(dossier: Path) -> Iterator[str]:
    """Les chemins relatifs de ce que contient un dossier (fichiers et liens), hors marque et ce qui se néglige."""
    for racine, sous_dossiers, fichiers in os.walk(dossier):
        liens = [nom for nom in sous_dossiers if os.path.islink(os.path.join(racine, nom))]
        sous_dossiers[:] = [nom for nom in sous_dossiers if not _se_neglige(nom)]
        for nom in (*fichiers, *liens):
            if not _se_neglige(nom) and not (_LA_MARQUE.fullmatch(nom) and Path(racine) == dossier):
                yield Path(racine, nom).relative_to(dossier).as_posix()


def _se_neglige(nom: str) -> bool:
    return nom in NEGLIGES or nom.startswith(PROVISOIRE)


def _pourquoi(dossier: Path) -> str:
    """Pourquoi un dossier n'est pas à nous ; rien s'il l'est, ou s'il n'y a rien à y perdre."""
    if dossier.is_symlink():
        return "c'est un lien, pas un dossier."
    if dossier.exists() and not dossier.is_dir():
        return "c'est un fichier, pas un dossier."
    presents = sorted(lister(dossier)) if dossier.is_dir() else []
    if not presents:
        return ""
    if not (dossier / MARQUE).is_file():
        return f"ce dossier n'a pas notre marque (on y trouve « {_nommer(dossier, presents[0])} »)."
    siens = (dossier / MARQUE).read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    if siens[0].strip() == TOUT:
        return ""
    etrangers = [nom for nom in presents if nom not in set(siens)]
    reste = f" et {compter(len(etrangers) - 1, 'autre')}" if len(etrangers) > 1 else ""
    return f"« {_nommer(dossier, etrangers[0])} »{reste} n'est pas de nous." if etrangers else ""


def _nommer(dossier: Path, relatif: str) -> str:
    """Un chemin, où ce qui porte le nom de quelqu'un n'est désigné que par son rang."""
    from observatoire.interdits import nommer  # charge pandas, inutile tant que tout est à nous

    lieux = (dossier / relatif, *(dossier / relatif).parents)
    return "/".join(nommer(lieu) for lieu in reversed(lieux) if dossier in lieu.parents)


def _lisible(dossier: Path) -> str:
    return os.path.relpath(dossier) if dossier.is_relative_to(Path.cwd()) else str(dossier)
