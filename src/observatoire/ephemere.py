"""Un dossier temporaire qui disparaît avec qui l'emploie, même tué : un veilleur attend sa fin et efface.

Tout ce que la commande, ses ouvriers et les bibliothèques posent dans le dossier temporaire va là : sockets, dossiers
de ``multiprocessing``, copies de ce qui est publié.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VEILLEUR = "veilleur-de-l-observatoire"
# L'entrée finit quand meurt celui qui en tient l'autre bout. Plusieurs fois : ses ouvriers écrivent peut-être encore.
_VEILLER = 'read -r _; n=60; while rm -rf -- "$1"; [ -e "$1" ] && [ $n -gt 0 ]; do n=$((n - 1)); sleep 0.5; done'
_SHELL = "/bin/sh"


@contextmanager
def dossier_ephemere() -> Iterator[Path]:
    """Un dossier temporaire lisible de nous seuls, effacé à la fin du bloc ou à la mort de ce processus.

    Hors d'un système POSIX, seule la fin du bloc l'efface.
    """
    dossier = Path(tempfile.mkdtemp(prefix="obs-"))
    veilleur = None
    if os.path.exists(_SHELL):
        commande = [_SHELL, "-c", _VEILLER, VEILLEUR, str(dossier)]
        veilleur = subprocess.Popen(commande, stdin=subprocess.PIPE, cwd="/", start_new_session=True)
    try:
        yield dossier
    finally:
        if _vider(dossier) and veilleur:
            veilleur.stdin.close()
            veilleur.wait()


def _vider(dossier: Path) -> bool:
    """Efface le dossier ; ``False`` s'il en reste ce que ``multiprocessing`` emploie jusqu'à la fin du processus, et
    qu'il effacera lui-même : le veilleur effacera le reste."""
    restes = [p for p in dossier.glob("pymp-*") if p.is_dir()]
    for chemin in dossier.iterdir():
        if chemin not in restes:
            shutil.rmtree(chemin, ignore_errors=True) if chemin.is_dir() else chemin.unlink(missing_ok=True)
    if not restes:
        shutil.rmtree(dossier, ignore_errors=True)
    return not restes


@contextmanager
def tout_y_mettre() -> Iterator[None]:
    """Le temps du bloc, le dossier temporaire de ce processus et de ceux qu'il lance est un dossier éphémère."""
    with dossier_ephemere() as dossier:
        anciens = tempfile.tempdir, os.environ.get("TMPDIR")
        tempfile.tempdir = os.environ["TMPDIR"] = str(dossier)
        try:
            yield
        finally:
            tempfile.tempdir = anciens[0]
            os.environ.pop("TMPDIR")
            if anciens[1] is not None:
                os.environ["TMPDIR"] = anciens[1]
