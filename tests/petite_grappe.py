"""Une grappe Dask réelle : un ordonnanceur et deux ouvriers, chacun son processus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DASK = str(Path(sys.executable).parent / "dask")


@contextmanager
def ouvrir_grappe(dossier: Path, tls: Path | None = None) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """(adresse, ouvriers) ; les ouvriers n'héritent de rien de ce processus et vivent dans un dossier à eux."""
    fichier, ailleurs = dossier / "ordonnanceur.json", dossier / "ailleurs"
    ailleurs.mkdir(parents=True)
    (dossier / "tmp").mkdir()
    commun = {"cwd": ailleurs, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commun["env"] = {**os.environ, "TMPDIR": str(dossier / "tmp")}
    lieu = ["--scheduler-file", str(fichier)]
    if tls:
        pieces = {"ca-file": "autorite.pem", "cert": "certificat.pem", "key": "cle.pem"}
        lieu += ["--protocol", "tls", *(f"--tls-{nom}={tls / piece}" for nom, piece in pieces.items())]
    ordonnanceur = [DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *lieu]
    ouvrier = [DASK, "worker", *lieu, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    processus = [subprocess.Popen(ordonnanceur, **commun)]
    try:
        attendre(fichier.is_file)
        processus += [subprocess.Popen([*ouvrier, "--name", nom], **commun) for nom in ("un", "deux")]
        yield json.loads(fichier.read_text())["address"], processus[1:]
    finally:
        for p in processus:
            p.kill()
            p.wait()
        # Rien de ce qui est publié ne reste chez eux ; Dask y laisse son propre dossier, vide, et le reprend ensuite.
        attendre(lambda: not list((dossier / "tmp").glob("obs-*")), 60)


def attendre(condition: Callable, delai: float = 90):
    """Ce que rend ``condition`` quand elle devient vraie ; échoue après ``delai`` secondes."""
    fin = time.monotonic() + delai
    while time.monotonic() < fin:
        if vu := condition():
            return vu
        time.sleep(0.05)
    raise AssertionError("rien n'est venu")
