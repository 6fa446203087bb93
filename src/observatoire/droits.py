"""Qui peut lire ce qui dort sur le disque : le seul propriétaire, ou son groupe si la configuration le dit."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: « acces » -> droits refusés à ce qui s'écrit.
MASQUES = {"prive": 0o077, "groupe": 0o007}
#: « acces » -> ce que l'on écrit après chmod pour refermer un dossier.
REFERMER = {"prive": "go-rwx", "groupe": "o-rwx"}


@contextmanager
def reserver(acces: str) -> Iterator[None]:
    """Tout ce qui est créé dans le bloc, par ce processus et ceux qu'il lance, est fermé aux autres."""
    ancien = os.umask(MASQUES[acces])
    try:
        yield
    finally:
        os.umask(ancien)


def creer_dossier(dossier: Path) -> None:
    """Créer un dossier et ses parents, lisibles de leur seul propriétaire hors d'un bloc :func:`reserver`.

    (``mkdir`` n'en protège que le dernier.) Deux processus peuvent créer le même à la fois.
    """
    if not dossier.is_dir():
        creer_dossier(dossier.parent)
        dossier.mkdir(mode=0o770, exist_ok=True)


def creer_traversable(dossier: Path) -> None:
    """Créer un dossier et ses parents de sorte qu'un serveur puisse aller plus loin, quel que soit l'umask."""
    if not dossier.is_dir():
        creer_traversable(dossier.parent)
        dossier.mkdir(exist_ok=True)
        dossier.chmod(0o755)


def rendre_lisible(dossier: Path, a_tous: bool) -> None:
    """Ouvrir à la lecture tout ce que contient un dossier, quel que soit l'umask : à tous, ou au seul groupe."""
    autres = 0o777 if a_tous else 0o770
    for racine, _, fichiers in os.walk(dossier):
        os.chmod(racine, (0o755 & autres) | (os.stat(racine).st_mode & stat.S_ISGID))
        for nom in fichiers:
            os.chmod(os.path.join(racine, nom), 0o644 & autres)


def resserrer(dossier: Path, acces: str) -> None:
    """Retirer aux autres leurs droits sur un dossier, tout ce qu'il contient compris.

    Avec « groupe », ce qui s'y crée ensuite est du groupe du dossier.
    """
    for racine, _, fichiers in os.walk(dossier):
        for chemin in (racine, *(os.path.join(racine, nom) for nom in fichiers)):
            droits = stat.S_IMODE(os.lstat(chemin).st_mode)
            voulus = droits & ~MASQUES[acces]
            if acces == "groupe":
                voulus |= 0o2070 if chemin == racine else 0o060
            if voulus != droits and not os.path.islink(chemin):
                os.chmod(chemin, voulus)


def ouvert(dossier: Path, acces: str) -> bool:
    """D'autres que ceux que dit ``acces`` peuvent-ils entrer dans ce dossier ?"""
    return dossier.is_dir() and bool(dossier.stat().st_mode & MASQUES[acces])
