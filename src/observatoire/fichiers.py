"""Écrire à côté, puis mettre en place : un fichier ou un dossier est l'ancien ou le nouveau, jamais une moitié."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from observatoire.echappement import changer_textes, pour_tableur
from observatoire.marque import PROVISOIRE, exiger, marquer

if TYPE_CHECKING:
    import pandas as pd


def ecrire_octets(contenu: bytes, chemin: Path) -> None:
    """Remplacer ``chemin`` d'un coup ; le dossier est créé au besoin. Une ``OSError`` dit toujours quel fichier."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    provisoire = chemin.with_name(f"{PROVISOIRE}{os.getpid()}-{chemin.name}")
    try:
        provisoire.write_bytes(contenu)
        provisoire.replace(chemin)
    except OSError as erreur:
        erreur.filename = str(chemin)
        raise
    finally:
        with suppress(OSError):  # sur un disque en lecture seule, même effacer ce qui n'existe pas est une erreur
            provisoire.unlink()


@contextmanager
def ecrire_dossier(final: Path) -> Iterator[Path]:
    """Donner un dossier vide où écrire, puis le mettre à la place de ``final``.

    Si le bloc lève une erreur, ``final`` n'est pas touché et rien ne reste du dossier d'écriture. Lève
    :class:`ErreurConfiguration`, avant comme après, si ``final`` n'est pas à nous (:mod:`observatoire.marque`).
    """
    exiger(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    nouveau = final.with_name(f"{PROVISOIRE}{os.getpid()}-{final.name}")
    nouveau.mkdir()
    try:
        yield nouveau
        remplacer_dossier(nouveau, final)
    finally:
        shutil.rmtree(nouveau, ignore_errors=True)


def remplacer_dossier(nouveau: Path, final: Path) -> None:
    """Marquer le dossier ``nouveau`` et le mettre à la place de ``final``, qui doit être à nous."""
    exiger(final)
    marquer(nouveau)
    mettre_a_la_place(nouveau, final)


def mettre_a_la_place(nouveau: Path, final: Path) -> None:
    """Remplacer un dossier que l'on sait à nous, d'un seul geste quand le système le permet ; son .gitkeep reste."""
    if (final / ".gitkeep").is_file():
        (nouveau / ".gitkeep").touch()
    if not final.exists():
        nouveau.rename(final)
    elif _echanger(nouveau, final):
        shutil.rmtree(nouveau)
    else:
        ancien = Path(tempfile.mkdtemp(prefix=PROVISOIRE, suffix=f"-{final.name}", dir=final.parent))
        final.replace(ancien)
        nouveau.rename(final)
        shutil.rmtree(ancien)


def _echanger(un: Path, autre: Path) -> bool:
    """Échanger deux noms d'un seul geste (Linux) ; faux là où ce n'est pas possible, et rien n'est alors changé."""
    if sys.platform != "linux":
        return False
    ici, echange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    renommer = getattr(ctypes.CDLL(None), "renameat2", None)
    return renommer is not None and renommer(ici, os.fsencode(un), ici, os.fsencode(autre), echange) == 0


def balayer(sortie: Path) -> None:
    """Effacer ce qu'une commande tuée a laissé d'inachevé dans ``sortie`` et à côté."""
    voisins = sortie.parent.glob(f"{PROVISOIRE}*{sortie.name}*")  # d'un autre dossier, une autre commande s'occupe
    restes = [*voisins, *sortie.rglob(f"{PROVISOIRE}*")]
    for reste in restes:
        shutil.rmtree(reste, ignore_errors=True) if reste.is_dir() else reste.unlink(missing_ok=True)


def ecrire_texte(texte: str, chemin: Path) -> None:
    """Remplacer ``chemin`` par un texte en UTF-8."""
    ecrire_octets(texte.encode("utf-8"), chemin)


def ecrire_parquet(table: pd.DataFrame, chemin: Path) -> None:
    """Remplacer ``chemin`` par une table Parquet."""
    ecrire_octets(table.to_parquet(index=False), chemin)


def ecrire_csv(table: pd.DataFrame, chemin: Path) -> None:
    """Remplacer ``chemin`` par un CSV (UTF-8, virgule, point décimal), tel que les pages le lisent.

    Aucun texte n'y est une formule pour le tableur qui l'ouvrirait (:mod:`observatoire.echappement`).
    """
    textes = table.select_dtypes(["object", "string", "category"]).columns
    table = table.assign(**{nom: changer_textes(table[nom], pour_tableur) for nom in textes})
    ecrire_texte(table.to_csv(index=False, lineterminator="\n"), chemin)
