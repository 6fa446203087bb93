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
    import numpy as np
    import pandas as pd

#: Lignes à partir desquelles écrire un CSV valeur par valeur est plus rapide que ligne par ligne.
_LONGUE = 2000


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
    longue = len(table) >= _LONGUE and table.shape[1] > 1
    ecrire_octets(_par_valeurs_distinctes(table) if longue else _en_csv(table), chemin)


def _en_csv(table: pd.DataFrame | pd.Series, entete: bool = True) -> bytes:
    return table.to_csv(index=False, header=entete, lineterminator="\n").encode()


def _par_valeurs_distinctes(table: pd.DataFrame) -> bytes:
    """Le même CSV, octet pour octet, d'une table longue : chaque valeur d'une colonne n'y est écrite qu'une fois."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texte = pa.large_string()
    colonnes = [_ecrire_les_distinctes(colonne) for _, colonne in table.items()]
    cases = [pa.array(ecrites, texte).take(pa.array(rangs, mask=rangs < 0)) for rangs, ecrites in colonnes]
    lignes = pc.binary_join_element_wise(*cases, pa.scalar(",", texte), null_handling="replace")
    corps = pc.binary_join(pa.LargeListArray.from_arrays([0, len(lignes)], lignes), pa.scalar("\n", texte))
    return _en_csv(table.iloc[:0]) + corps[0].as_buffer().to_pybytes() + b"\n"


def _ecrire_les_distinctes(colonne: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Le rang de la valeur de chaque ligne (-1 : manquante), et les valeurs telles qu'elles s'écrivent."""
    import numpy as np
    import pandas as pd

    if colonne.dtype == float:  # au bit près : -0.0 n'est pas 0.0
        nombres = colonne.to_numpy()
        rangs, bits = pd.factorize(nombres.view(np.int64))
        return np.where(np.isnan(nombres), -1, rangs), list(map(repr, bits.view(float).tolist()))
    if colonne.dtype == object and pd.api.types.infer_dtype(colonne) != "string":  # 1, 1.0 et True y seraient égaux
        rangs, distinctes = np.where(colonne.isna(), -1, np.arange(len(colonne))), colonne
    else:
        rangs, distinctes = pd.factorize(colonne)
    ecrites = _en_csv(pd.Series(distinctes), entete=False).decode().split("\n")[:-1]
    return rangs, ["" if e == '""' else e for e in ecrites]


def lister_visibles(dossier: Path, motif: str = "*") -> list[Path]:
    """Les fichiers d'un arbre, triés, sans ceux qui sont cachés ou dans un dossier caché (« .ipynb_checkpoints »)."""
    trouves = (f for f in dossier.rglob(motif) if f.is_file())
    return sorted(f for f in trouves if not any(p.startswith(".") for p in f.relative_to(dossier).parts))
