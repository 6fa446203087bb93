"""Tout ce qui est dans le dossier des dépôts : ce qui peut se lire, ce qui ne le peut pas, ce qui est à part."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from observatoire.lecture.fichiers import LUS, inaccessible
from observatoire.lecture.problemes import Probleme

#: Ce qu'un système ou un tableur pose à côté des dépôts, et les fichiers cachés : nommés, jamais lus.
LAISSES = re.compile(r"\.|~\$|~lock|thumbs\.db$|desktop\.ini$", re.IGNORECASE)
#: Ce que nous posons là nous-mêmes.
NOTRES = {"FICTIF", ".gitkeep"}


@dataclass(frozen=True)
class Trouve:
    """Un élément du dossier des dépôts ; ``probleme`` : pourquoi l'ouvrir ne donnerait rien."""

    chemin: Path
    probleme: Probleme | None = None
    laisse: bool = False


def parcourir(dossier: Path) -> list[Trouve]:
    """Ce que contiennent un dossier et ses sous-dossiers, trié. Aucun lien vers un dossier n'est suivi."""
    try:
        entrees = sorted(os.scandir(dossier), key=lambda entree: entree.name)
    except OSError as erreur:
        return [Trouve(dossier, inaccessible(erreur, "dossier"))]
    return [trouve for entree in entrees if entree.name not in NOTRES for trouve in _regarder(entree)]


def _regarder(entree: os.DirEntry) -> list[Trouve]:
    chemin = Path(entree.path)
    if LAISSES.match(entree.name):
        return [Trouve(chemin, laisse=True)]
    if entree.is_dir(follow_symlinks=False):
        contenu = parcourir(chemin)
        if chemin.suffix.lower().lstrip(".") in LUS:
            return [Trouve(chemin, _pas_un_fichier("c'est un dossier, qui porte le nom d'un fichier.")), *contenu]
        return contenu
    return [Trouve(chemin, _empechement(entree))]


def _empechement(entree: os.DirEntry) -> Probleme | None:
    """Ce qui empêche d'ouvrir un élément qui n'est pas un dossier."""
    try:
        genre = os.stat(entree.path).st_mode
    except PermissionError as erreur:
        return inaccessible(erreur)
    except (OSError, ValueError):
        if entree.is_symlink():
            return _pas_un_fichier("c'est un lien qui ne mène à rien.")
        return _pas_un_fichier("il ne peut pas être ouvert.")
    if stat.S_ISDIR(genre):
        return _pas_un_fichier("c'est un lien vers un dossier, qui n'est pas suivi.")
    return None if stat.S_ISREG(genre) else _pas_un_fichier("ce n'est pas un fichier ordinaire.")


def _pas_un_fichier(phrase: str) -> Probleme:
    return Probleme("element", phrase, "Le remplacer par le fichier lui-même, dans un dossier d'année, ou le retirer.")
