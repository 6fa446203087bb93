"""Ce qui se fait à côté, dans une copie du processus : ce qui l'arrête se dit, et rien n'en survit."""

import os
import signal
import time
from concurrent.futures import BrokenExecutor

import numpy as np
import pandas as pd
import pytest

from observatoire import fichiers
from observatoire.configuration.saisie import FichierFautif
from observatoire.processus import a_cote


@pytest.fixture(params=[True, False], ids=["copie", "sur place"])
def copie(request, monkeypatch):
    """Avec une copie du processus, puis sans : le résultat est le même."""
    monkeypatch.setattr("observatoire.processus.coeurs", lambda: 2 if request.param else 1)
    return request.param


def test_la_tache_est_faite_quand_le_bloc_se_ferme(tmp_path, copie):
    with a_cote((tmp_path / "fait").touch):
        pass
    assert (tmp_path / "fait").exists()


def test_l_erreur_d_une_tache_est_levee_telle_quelle(copie):
    def echouer():
        raise FichierFautif("objectifs.yml", [(3, "une date impossible.")])

    with pytest.raises(FichierFautif, match="objectifs") as levee, a_cote(echouer):
        pass
    assert levee.value.lignes == ["objectifs.yml, ligne 3 : une date impossible."]


def test_une_copie_tuee_est_une_panne(monkeypatch):
    monkeypatch.setattr("observatoire.processus.coeurs", lambda: 2)
    with pytest.raises(BrokenExecutor), a_cote(lambda: os.kill(os.getpid(), signal.SIGKILL)):
        pass


def test_une_erreur_du_bloc_arrete_la_copie(tmp_path, monkeypatch):
    monkeypatch.setattr("observatoire.processus.coeurs", lambda: 2)

    def attendre():
        time.sleep(60)

    depart = time.monotonic()
    with pytest.raises(KeyError), a_cote(attendre):
        raise KeyError
    assert time.monotonic() - depart < 30


def test_un_long_csv_est_le_meme_ecrit_valeur_par_valeur(tmp_path, monkeypatch):
    table = pd.DataFrame(
        {
            "nombre": [0.0, -0.0, 1e-7, np.nan, 1e22],
            "entier": pd.array([1, 2, None, 4, 5], "Int64"),
            "jour": pd.to_datetime(["2010-01-01", None, "2010-12-31", None, "2009-01-01"]),
            "melange": [1, 1.0, True, None, "x"],
            "texte": ["a,b", 'dit "q"', "", "é", None],
            "formule": pd.Categorical(["=1+1", "v", None, "=1+1", "v"]),
            "vrai": [True, False, True, True, False],
            "lettre": pd.array(["s", None, "t", "", "u"], "str"),
        }
    )
    for nom, longue in (("court", 10**9), ("long", 1)):
        monkeypatch.setattr(fichiers, "_LONGUE", longue)
        fichiers.ecrire_csv(table, tmp_path / nom)
    assert (tmp_path / "long").read_bytes() == (tmp_path / "court").read_bytes()
