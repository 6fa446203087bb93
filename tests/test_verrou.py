"""Deux publications à la fois : la seconde s'arrête, nomme la première et ne touche à rien."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from observatoire.cli import principal
from observatoire.erreurs import DossierTenu
from observatoire.verrou import Verrou

TENIR = """
import sys, time
from pathlib import Path
from observatoire.verrou import Verrou
with Verrou(Path(sys.argv[1])):
    print("tenu", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def tenant(tmp_path):
    """Un autre processus, qui tient ``tmp_path/publie/publique``."""
    dossier = tmp_path / "publie" / "publique"
    processus = subprocess.Popen([sys.executable, "-c", TENIR, str(dossier)], stdout=subprocess.PIPE, text=True)
    assert processus.stdout.readline() == "tenu\n"
    yield processus
    processus.kill()
    processus.wait()


def test_le_second_nomme_le_premier_et_ne_touche_a_rien(tenant, tmp_path, capsys):
    with pytest.raises(SystemExit) as sortie:
        principal(["executer", "--publie", str(tmp_path / "publie"), "--edition", str(tmp_path / "edition")])
    assert sortie.value.code == 1
    message = capsys.readouterr().err
    for attendu in ("« publique » est tenu", f"processus {tenant.pid} sur {platform.node()}", "depuis", "Rien n'a été"):
        assert attendu in message
    assert {f.name for f in (tmp_path / "publie").iterdir()} == {".publique.verrou", ".publique.tenu"}


def test_un_processus_tue_ne_bloque_personne(tenant, tmp_path):
    dossier = tmp_path / "publie" / "publique"
    with pytest.raises(DossierTenu):
        Verrou(dossier).__enter__()
    tenant.kill()
    tenant.wait()
    assert (dossier.parent / ".publique.tenu").is_file()
    with Verrou(dossier):
        assert str(os.getpid()) in (dossier.parent / ".publique.tenu").read_text()


def test_le_verrou_se_reprend_par_qui_l_a_et_se_rend_a_la_fin(tmp_path):
    verrou = Verrou(tmp_path / "site")
    with verrou:
        with verrou:
            pass
        with pytest.raises(DossierTenu):
            Verrou(tmp_path / "site").__enter__()
    with Verrou(tmp_path / "site"):
        pass
    assert {f.name for f in tmp_path.iterdir()} == {".site.verrou"}


def test_une_lecture_seule_ne_prend_aucun_verrou(tmp_path, capsys):
    with pytest.raises(SystemExit):
        principal(["verifier", "--brut", str(tmp_path / "brut")])
    assert not list(tmp_path.iterdir())
