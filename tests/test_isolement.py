"""Une tâche à part ne fait tomber qu'elle-même."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest
from petite_grappe import attendre
from taches_a_part import obeir, qui

from observatoire.erreurs import DepotRefuse
from observatoire.isolement import Limites, faire_a_part


def _limites(tache):
    return Limites(memoire=1 << 30, secondes=1.5 if tache == "traîner" else 60)


def _faire(*taches, effectif=2):
    return list(faire_a_part(obeir, taches, "fait", _limites, effectif))


@pytest.mark.parametrize(("tache", "cause"), [("mourir", "mort"), ("enfler", "memoire"), ("traîner", "temps")])
def test_ce_qui_tue_un_processus_ne_tue_que_sa_tache(tache, cause):
    avant, panne, *apres = _faire("a", tache, "b", "c")
    assert (avant, apres) == ("a fait", ["b fait", "c fait"])
    assert panne.cause == cause


def test_une_faute_dit_ou_sans_dire_de_donnee():
    (panne,) = _faire("fauter")
    assert (panne.cause, panne.faute[:8]) == ("faute", "KeyError")
    assert "Personne" not in panne.faute


def test_un_refus_est_leve():
    with pytest.raises(DepotRefuse, match="non"):
        _faire("a", "refuser")


def test_les_resultats_viennent_dans_l_ordre_et_les_ouvriers_servent_encore():
    assert _faire(*map(str, range(40))) == [f"{n} fait" for n in range(40)]
    assert len(set(faire_a_part(qui, range(20), None, _limites))) == 1
    assert os.getpid() not in faire_a_part(qui, range(2), None, _limites)


def test_l_ouvrier_est_la_ou_est_qui_l_emploie(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OBSERVATOIRE_ESSAI", "oui")
    assert _faire("ou") == [(str(tmp_path), "oui")]


# Un programme sans « if __name__ == "__main__" » : il n'est pas exécuté une seconde fois.
PROGRAMME = """
import sys, time
from observatoire.isolement import Limites, faire_a_part
from taches_a_part import qui
print(*faire_a_part(qui, [1, 2], None, lambda t: Limites(), 2), flush=True)
"""


def test_ni_ouvrier_ni_pepiniere_ne_survit_a_qui_les_emploie(tmp_path):
    programme = tmp_path / "programme.py"
    programme.write_text(PROGRAMME + "time.sleep(600)\n")
    lance = subprocess.Popen([sys.executable, programme], stdout=subprocess.PIPE, text=True)
    assert len(set(lance.stdout.readline().split())) == 2
    (pepiniere,) = psutil.Process(lance.pid).children()
    lance.kill()
    lance.wait()
    attendre(lambda: not pepiniere.is_running(), delai=20)


def test_un_programme_finit_sans_rien_laisser(tmp_path):
    programme = tmp_path / "programme.py"
    programme.write_text(PROGRAMME)
    debut = time.monotonic()
    fini = subprocess.run([sys.executable, programme], capture_output=True, text=True, check=True)
    assert (len(fini.stdout.split()), fini.stderr) == (2, "")
    assert time.monotonic() - debut < 60
