"""Une édition exécutée sur une grappe Dask réelle."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from atelier import CODE, compter_les_pages, configurer, ecrire_modele, ecrire_modeles, ecrire_publie
from petite_grappe import ouvrir_grappe

from observatoire.edition import executer
from observatoire.erreurs import ErreurConfiguration
from observatoire.grappe import chiffrer, en_clair

pytestmark = pytest.mark.bout_en_bout


@pytest.fixture
def grappe(tmp_path):
    with ouvrir_grappe(tmp_path) as ouverte:
        yield ouverte


def _ecrire(tmp_path, code=CODE % "annee, quartier"):
    ecrire_publie(tmp_path / "publie" / "publique")
    ecrire_modeles(tmp_path / "notebooks")
    ecrire_modele(
        tmp_path / "notebooks", "quartier", "# {{ quartier_nom }}", 'annee = 2010\nquartier = "battant"', code
    )
    return configurer(tmp_path)


def _pages(config):
    edition = config.chemin("edition")
    return {f.relative_to(edition).as_posix(): f.read_bytes() for f in edition.rglob("*.ipynb")}


def test_la_grappe_donne_les_memes_octets_sans_disque_commun(tmp_path, grappe):
    adresse, _ = grappe
    empreinte = hashlib.md5(str(tmp_path / "publie" / "publique").encode()).hexdigest()
    code = (
        "import hashlib, os, pathlib\n"
        f"assert hashlib.md5(os.environ['OBSERVATOIRE_PUBLIE'].encode()).hexdigest() != '{empreinte}'\n"
        "n = len(pathlib.Path(os.environ['OBSERVATOIRE_PUBLIE'], 'indicateurs.csv').read_text())\n"
        "print(annee > n, quartier)"
    )
    config = _ecrire(tmp_path, code)
    bilan = executer(config, dask=adresse)
    assert (bilan.pages, bilan.inchangees) == (compter_les_pages(config), 0)
    de_la_grappe = _pages(config)
    _ecrire(tmp_path, code.replace("!=", "=="))
    ici = _pages(config) if executer(config, ouvriers=1) else {}
    assert {nom: octets.replace(b"!=", b"==") for nom, octets in de_la_grappe.items()} == ici
    assert executer(config, dask=adresse).pages == 0


def test_un_ouvrier_qui_meurt_n_emporte_pas_ses_pages_ni_ses_noyaux(tmp_path, grappe):
    adresse, ouvriers = grappe
    config = _ecrire(tmp_path, "import time\ntime.sleep(2)\nprint(annee > 0, quartier)")
    noyaux, chez_eux = [], tmp_path / "tmp"

    def tuer(fait, total, sortie):
        if fait == 1:
            assert list(chez_eux.glob("obs-*/publie/indicateurs.csv"))
            noyaux.extend(psutil.Process(ouvriers[0].pid).children(recursive=True))
            ouvriers[0].kill()

    bilan = executer(config, dask=adresse, avancement=tuer)
    assert bilan.pages == len(_pages(config)) == compter_les_pages(config)
    _, restants = psutil.wait_procs(noyaux, timeout=10)
    assert not restants


#: Un processus à part : ce que l'on règle pour une grappe chiffrée vaut pour tout le processus.
EN_TLS = """
import sys
from pathlib import Path
from atelier import configurer
from observatoire.edition import executer
from observatoire.erreurs import ErreurConfiguration
from observatoire.grappe import chiffrer
adresse, dossier, pieces = sys.argv[1:]
try:
    executer(configurer(Path(dossier)), dask=adresse)
except ErreurConfiguration as refus:
    print("refus :", refus)
chiffrer(Path(pieces))
print(executer(configurer(Path(dossier)), dask=adresse).pages)
"""


def _signer(dossier) -> None:
    """Une autorité, et une clé qu'elle a signée."""
    cle = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    autorite = ["-x509", *cle, "-keyout", "autorite.cle", "-out", "autorite.pem", "-days", "2", "-subj", "/CN=autorite"]
    demande = [*cle, "-keyout", "cle.pem", "-out", "demande.pem", "-subj", "/CN=grappe"]
    signature = ["-req", "-in", "demande.pem", "-CA", "autorite.pem", "-CAkey", "autorite.cle", "-CAcreateserial"]
    signature += ["-out", "certificat.pem", "-days", "2"]
    dossier.mkdir()
    for commande in (["req", *autorite], ["req", *demande], ["x509", *signature]):
        subprocess.run(["openssl", *commande], cwd=dossier, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl n'est pas installé")
def test_une_grappe_chiffree_ne_s_ouvre_qu_avec_ses_pieces(tmp_path):
    _signer(pieces := tmp_path / "pieces")
    pages = compter_les_pages(_ecrire(tmp_path))
    with ouvrir_grappe(tmp_path, pieces) as (adresse, _):
        chemins = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        commande = [sys.executable, "-c", EN_TLS, adresse, str(tmp_path), str(pieces)]
        fini = subprocess.run(commande, env=chemins, capture_output=True, text=True, timeout=240)
    assert fini.stdout.splitlines() == [f"refus : aucune grappe Dask ne répond à {adresse}.", f"{pages}"], fini.stderr


def test_une_piece_qui_manque_a_la_grappe_chiffree_est_dite(tmp_path):
    with pytest.raises(ErreurConfiguration, match=r"autorite\.pem, certificat\.pem, cle\.pem manque"):
        chiffrer(tmp_path)


@pytest.mark.parametrize(
    ("adresse", "clair"),
    [("tcp://ordonnanceur:8786", True), ("tcp://127.0.0.1:8786", False), ("tls://ordonnanceur:8786", False)],
)
def test_ce_qui_voyage_en_clair_se_dit(adresse, clair):
    assert en_clair(adresse) == clair


def test_une_grappe_absente_est_dite_simplement(tmp_path, monkeypatch):
    monkeypatch.setattr("observatoire.grappe.ATTENTE", 1)
    with pytest.raises(ErreurConfiguration, match=r"aucune grappe Dask ne répond à tcp://127\.0\.0\.1:9\."):
        executer(_ecrire(tmp_path), dask="tcp://127.0.0.1:9")
