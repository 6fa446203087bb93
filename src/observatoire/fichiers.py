"""Écrire à côté, puis renommer : un fichier est l'ancien ou le nouveau, jamais une moitié."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd


def ecrire_octets(contenu: bytes, chemin: Path) -> None:
    """Remplacer ``chemin`` d'un coup ; le dossier est créé au besoin."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    provisoire = chemin.with_name(f".{chemin.name}.{os.getpid()}")
    try:
        provisoire.write_bytes(contenu)
        provisoire.replace(chemin)
    finally:
        provisoire.unlink(missing_ok=True)


def remplacer_dossier(nouveau: Path, final: Path) -> None:
    """Mettre le dossier ``nouveau`` à la place de ``final``, qui reste entier jusque-là."""
    ancien = final.with_name(f".{final.name}.ancien")
    shutil.rmtree(ancien, ignore_errors=True)
    if final.exists():
        final.rename(ancien)
    nouveau.rename(final)
    shutil.rmtree(ancien, ignore_errors=True)


def ecrire_texte(texte: str, chemin: Path) -> None:
    """Remplacer ``chemin`` par un texte en UTF-8."""
    ecrire_octets(texte.encode("utf-8"), chemin)


def ecrire_parquet(table: pd.DataFrame, chemin: Path) -> None:
    """Remplacer ``chemin`` par une table Parquet."""
    ecrire_octets(table.to_parquet(index=False), chemin)


def ecrire_csv(table: pd.DataFrame, chemin: Path) -> None:
    """Remplacer ``chemin`` par un CSV (UTF-8, virgule, point décimal), tel que les pages le lisent."""
    ecrire_texte(table.to_csv(index=False, lineterminator="\n"), chemin)
