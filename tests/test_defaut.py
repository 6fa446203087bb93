"""Un défaut du programme : 70, une phrase, un journal sans donnée ; et ce qui n'en est pas un."""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys

import pytest

from observatoire import defaut
from observatoire.chaine import Chaine
from observatoire.cli import principal
from observatoire.erreurs import dire_panne

RESERVE = "Mme Dupont, 12 rue Battant"


@pytest.fixture
def journal(tmp_path, monkeypatch):
    monkeypatch.setattr(defaut, "user_log_path", lambda *_, **__: tmp_path)
    return tmp_path / "defauts.log"


def _lancer(capfd, *arguments):
    with pytest.raises(SystemExit) as sortie:
        principal([str(a) for a in arguments])
    return sortie.value.code, capfd.readouterr().err


def _echouer(*_arguments):
    try:
        int(RESERVE)
    except ValueError as erreur:
        raise KeyError(RESERVE) from erreur


def _echouer_ailleurs(*_arguments):
    with concurrent.futures.ProcessPoolExecutor(1) as ailleurs:
        ailleurs.submit(_echouer).result()


@pytest.mark.parametrize("echouer", [_echouer, _echouer_ailleurs])
def test_un_defaut_est_dit_ecrit_et_ne_cite_rien(journal, capfd, monkeypatch, echouer):
    monkeypatch.setattr(Chaine, "verifier", echouer)
    code, dit = _lancer(capfd, "verifier", "--brut", "chez_marie_martin", "--annee=2010")
    assert code == 70
    assert "la faute est de notre côté" in dit
    assert str(journal) in dit
    ecrit = journal.read_text(encoding="utf-8")
    assert "commande : verifier --brut --annee\n" in ecrit
    assert "builtins.KeyError" in ecrit
    assert "builtins.ValueError" in ecrit or "_RemoteTraceback" in ecrit
    assert "test_defaut.py:" in ecrit
    for tu in ("Dupont", "Battant", "marie", "Traceback (most"):
        assert tu not in dit + ecrit


def test_un_journal_impossible_se_lit_a_l_ecran(journal, capfd, monkeypatch):
    monkeypatch.setattr(Chaine, "verifier", _echouer)
    journal.mkdir()
    code, dit = _lancer(capfd, "verifier")
    assert code == 70
    assert "n'a pas pu être écrit" in dit
    assert "test_defaut.py:" in dit
    assert "Dupont" not in dit


def test_qui_ecrit_le_programme_peut_demander_la_trace(journal, monkeypatch):
    monkeypatch.setattr(Chaine, "verifier", _echouer)
    monkeypatch.setenv(defaut.VARIABLE, "1")
    with pytest.raises(KeyError):
        principal(["verifier"])
    assert not journal.exists()


@pytest.mark.parametrize("erreur", [MemoryError(), concurrent.futures.BrokenExecutor("ouvrier")])
def test_une_machine_a_bout_n_est_pas_notre_defaut(journal, capfd, monkeypatch, erreur):
    monkeypatch.setattr(Chaine, "verifier", lambda *_: (_ for _ in ()).throw(erreur))
    code, dit = _lancer(capfd, "verifier")
    assert code == 1
    assert "plus de mémoire" in dit
    assert dit.strip() == dire_panne(erreur)
    assert not journal.exists()


def test_une_sortie_fermee_ou_un_terminal_sans_accents_n_est_pas_notre_defaut():
    commande = f"{sys.executable} -m observatoire.cli --aide"
    ferme = subprocess.run(f"{commande} | true", shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in ferme.stderr
    assert "défaut" not in ferme.stderr
    absent = [sys.executable, "-m", "observatoire.cli", "verifier", "--config", "dépôts.yml"]
    sans_accents = subprocess.run(absent, capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii"})
    assert sans_accents.returncode == 2
    assert b"d?p?ts.yml : fichier de configuration introuvable" in sans_accents.stderr


def test_un_dossier_courant_efface_n_est_pas_notre_defaut(journal, capfd, monkeypatch, tmp_path):
    ici = tmp_path / "ici"
    ici.mkdir()
    monkeypatch.chdir(ici)
    ici.rmdir()
    code, dit = _lancer(capfd, "verifier")
    assert code == 2
    assert dit.strip() == "le dossier courant n'existe plus : aller dans un autre (cd), puis relancer."
    assert not journal.exists()
