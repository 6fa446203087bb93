"""Tout ce qui est dans le dossier des dépôts est lu, ou nommé avec la raison de ne pas l'être."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from atelier_lecture import Atelier

from observatoire.lecture.verification import inventaire
from observatoire.memoire import empreinte


@pytest.fixture
def atelier(tmp_path):
    """Des dépôts en ordre pour 2010."""
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    return atelier


def _ailleurs(brut):
    dossier = brut.parent / "ailleurs"
    dossier.mkdir()
    (dossier / "logements_neolia.csv").write_text("a;b\n1;2\n")
    return dossier


ELEMENTS = {
    "année qui est un lien": (lambda brut: (brut / "2009").symlink_to(_ailleurs(brut)), "2009", "lien vers un dossier"),
    "lien vers soi-même": (lambda brut: (brut / "2010" / "boucle").symlink_to(brut), "2010/boucle", "lien vers un"),
    "lien en boucle": (
        lambda brut: (brut / "2010" / "rpls_gbh.csv").symlink_to(brut / "2010" / "rpls_gbh.csv"),
        "2010/rpls_gbh.csv",
        "lien qui ne mène à rien",
    ),
    "lien cassé": (lambda brut: (brut / "2010" / "rpls_gbh.csv").symlink_to("nulle part"), "2010/rpls_gbh.csv", "rien"),
    "tube": (lambda brut: os.mkfifo(brut / "2010" / "rpls_gbh.csv"), "2010/rpls_gbh.csv", "fichier ordinaire"),
    "dossier": (lambda brut: (brut / "2010" / "rpls_gbh.csv").mkdir(), "2010/rpls_gbh.csv", "un dossier, qui porte"),
    "nom indécodable": (
        lambda brut: Path(os.fsdecode(os.fsencode(brut) + b"/2010/logements_n\xe9olia.csv")).write_text("a\n"),
        "2010/logements_n�olia.csv",
        "un caractère illisible",
    ),
    "nom sur deux lignes": (
        lambda brut: (brut / "2010" / "a\n\x1b[31mb.csv").write_text("a\n"),
        "2010/a��[31mb.csv",
        "contient un saut de ligne",
    ),
    "saut de ligne à la fin": (
        lambda brut: (brut / "2010" / "logements_gbh\n").write_text("a\n"),
        "2010/logements_gbh�",
        "Le renommer en retapant son nom. Écrire <table>_<déposant>, par exemple logements_neolia.csv",
    ),
    "espace à la fin": (
        lambda brut: (brut / "2010" / "logements_gbh .csv").write_text("a\n"),
        "2010/logements_gbh .csv",
        "une espace de trop",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("poser", "relatif", "raison"), ELEMENTS.values(), ids=ELEMENTS)
def test_ce_qui_ne_se_lit_pas_est_refuse_sous_son_nom(atelier, poser, relatif, raison):
    poser(atelier.racine / "data" / "brut")
    depots = atelier.verifier()
    (refuse,) = depots.refuses
    assert refuse.relatif == f"data/brut/{relatif}"
    assert raison in refuse.message()
    assert len(depots.acceptes) == 7
    assert f"{relatif} : fichier refusé" in depots.message()
    depots.message().encode()  # tout s'imprime


def test_l_empreinte_des_depots_ne_s_arrete_sur_aucun_d_eux(atelier):
    brut = atelier.racine / "data" / "brut"
    avant = empreinte(brut)
    for poser, relatif, _ in ELEMENTS.values():
        if not os.path.lexists(brut / relatif):
            poser(brut)
    assert empreinte(brut) != avant


def test_un_fichier_cache_est_nomme_sans_etre_refuse(atelier):
    for nom in (".logements_gbh.csv", "~$logements_gbh.xlsx", "Thumbs.db"):
        atelier.deposer("logements", nom=nom)
    (atelier.racine / "data" / "brut" / "FICTIF").write_text("")
    depots = atelier.verifier()
    assert depots.accepte
    assert "Laissés de côté, cachés ou du système : data/brut/2010/.logements_gbh.csv" in depots.message()
    assert "Thumbs.db" in depots.message()
    assert "FICTIF" not in depots.message()


# Sous root, rien n'est interdit : le processus devient « nobody » une fois que tout est chargé.
DEVENIR_PERSONNE = """
import os, sys
from pathlib import Path
from observatoire.configuration import lire_configuration
from observatoire.lecture import verifier
config = lire_configuration(Path(sys.argv[1]))
verifier(config)
if os.getuid() == 0:
    os.seteuid(65534)
for annee in (None, 2009, 2010):
    print(verifier(config, annee).message())
    print("-----")
"""


def test_une_annee_ou_un_fichier_sans_permission_est_un_refus_et_non_une_absence():
    with tempfile.TemporaryDirectory() as dossier:
        racine = Path(dossier)
        racine.chmod(0o755)
        atelier = Atelier(racine)
        atelier.deposer_tout()
        atelier.deposer("demandes", "sne", annee=2009)
        (racine / "data" / "brut" / "2009").chmod(0)
        lignes = [sys.executable, "-c", DEVENIR_PERSONNE, str(racine / "observatoire.yml")]
        resultat = subprocess.run(lignes, capture_output=True, text=True, check=True)
    toutes, de_2009, de_2010, _ = resultat.stdout.split("-----\n")
    assert "data/brut/2009 : fichier refusé, 1 problème." in toutes
    assert "Le droit de lire ce dossier manque." in de_2009
    assert "2009" not in de_2010


def test_un_dossier_de_depots_illisible_est_un_refus_quelle_que_soit_l_annee(tmp_path, monkeypatch):
    atelier = Atelier(tmp_path)

    def interdire(dossier):
        raise PermissionError(13, "interdit", str(dossier))

    monkeypatch.setattr("observatoire.lecture.inventaires.os.scandir", interdire)
    depots, _ = inventaire(atelier.config, 2010)
    assert "data/brut : fichier refusé" in depots.message()
