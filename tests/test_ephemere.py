"""Un dossier temporaire ne survit pas à qui l'emploie, de quelque façon qu'il meure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile

import pytest
from petite_grappe import attendre

from observatoire.ephemere import dossier_ephemere, tout_y_mettre

EMPLOYER = """
import concurrent.futures, os, signal, subprocess, sys, tempfile, time
from observatoire.ephemere import tout_y_mettre
from observatoire.processus import engager
with tout_y_mettre():
    equipe = engager(1, "json")
    equipe.submit(os.getpid).result()
    open(os.path.join(tempfile.gettempdir(), "copie"), "w").close()
    subprocess.run(["mktemp"], check=True)
    print(tempfile.gettempdir(), flush=True)
    if sys.argv[1] != "rien":
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        time.sleep(60)
    equipe.shutdown()
"""


@pytest.mark.parametrize("fin", ["rien", "SIGKILL", "SIGTERM", "SIGINT"])
def test_rien_ne_reste_du_dossier_temporaire(tmp_path, fin):
    environnement = {**os.environ, "TMPDIR": str(tmp_path)}
    rendu = subprocess.run(
        [sys.executable, "-c", EMPLOYER, fin], env=environnement, capture_output=True, text=True, check=False
    )
    assert rendu.stdout.startswith(str(tmp_path / "obs-"))
    attendu = {"rien": {0}, "SIGINT": {1, -signal.SIGINT}}.get(fin, {-getattr(signal, fin, 0)})
    assert rendu.returncode in attendu, rendu.stderr
    attendre(lambda: not list(tmp_path.iterdir()), 10)


def test_le_bloc_fini_tout_est_comme_avant():
    avant = tempfile.gettempdir(), os.environ.get("TMPDIR")
    with tout_y_mettre():
        dedans = tempfile.mkdtemp()
        assert tempfile.gettempdir() == os.environ["TMPDIR"] == os.path.dirname(dedans)
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == avant
    assert not os.path.exists(dedans)


def test_le_dossier_est_a_nous_seuls():
    with dossier_ephemere() as dossier:
        assert dossier.stat().st_mode & 0o077 == 0
    assert not dossier.exists()
