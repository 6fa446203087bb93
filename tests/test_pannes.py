"""Disque plein, dossier interdit, Ctrl-C, kill -9 : un message, rien à moitié, aucun processus de reste."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from atelier import ecrire_modele
from petite_grappe import attendre
from petite_ville import SORTIES, commande, contenu

from observatoire.chaine import Chaine
from observatoire.configuration import lire_configuration
from observatoire.droits import rendre_lisible
from observatoire.erreurs import dire_panne

INTACT = "Ce qui était publié l'est encore."


@pytest.fixture(scope="module")
def deja_publie(un_logement_calcule, tmp_path_factory):
    dossier = shutil.copytree(un_logement_calcule, tmp_path_factory.mktemp("publie"), dirs_exist_ok=True)
    Chaine(lire_configuration(dossier / "observatoire.yml")).proteger("publique")
    return dossier


@pytest.fixture
def publie(deja_publie, tmp_path):
    """Une configuration dont une première publication est faite, et dont la suivante a de quoi faire."""
    shutil.copytree(deja_publie, tmp_path, dirs_exist_ok=True)
    return lire_configuration(tmp_path / "observatoire.yml")


def _lire(dossier):
    return {f: f.read_bytes() for f in dossier.rglob("*") if f.is_file()}


def _visibles(dossier):
    return sorted(f.name for f in dossier.iterdir() if not f.name.startswith("."))


# --- les pannes de la machine


def test_un_fichier_trop_gros_est_dit_et_rien_ne_change(publie):
    avant = _lire(publie.chemin("publie") / "publique")
    resultat = subprocess.run(
        commande("proteger", publie.fichier, "--refaire"),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)),
    )
    assert resultat.returncode == 1
    assert "fichier trop gros" in resultat.stderr
    assert "indicateurs.csv" in resultat.stderr
    assert INTACT in resultat.stderr
    assert "Traceback" not in resultat.stderr
    assert _lire(publie.chemin("publie") / "publique") == avant
    assert not list(publie.chemin("publie").glob(".provisoire-*"))


@pytest.fixture
def petit_disque(tmp_path):
    """Un disque de 64 Kio, pour qui a le droit d'en monter un."""
    disque = tmp_path / "disque"
    disque.mkdir()
    monter = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disque)]
    if not shutil.which("mount") or subprocess.run(monter, capture_output=True, check=False).returncode:
        pytest.skip("il faut pouvoir monter un disque")
    yield disque
    subprocess.run(["umount", str(disque)], check=True)


def test_un_disque_plein_est_dit_et_rien_n_y_reste(publie, petit_disque):
    ici = ["--publie", str(petit_disque / "publie")]
    resultat = subprocess.run(commande("proteger", publie.fichier, *ici), capture_output=True, text=True, check=False)
    assert resultat.returncode == 1
    assert "plus de place sur le disque" in resultat.stderr
    assert INTACT in resultat.stderr
    assert "Traceback" not in resultat.stderr
    assert not _visibles(petit_disque / "publie")
    assert not list((petit_disque / "publie").glob(".provisoire-*"))


# Sous root, aucun dossier n'est interdit : le processus devient « nobody » après s'être échauffé, car il ne
# pourrait plus lire ensuite ce qu'il n'a pas encore chargé.
DEVENIR_PERSONNE = """
import os, sys
from observatoire.cli import principal
def lancer(publie):
    try:
        principal(["proteger", "--config", sys.argv[1], "--publie", publie, "--refaire"])
    except SystemExit as sortie:
        return sortie.code
assert lancer(sys.argv[2]) == 0
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.exit(lancer(sys.argv[3]))
"""


def test_un_dossier_interdit_est_dit(publie, tmp_path):
    tmp_path.chmod(0o755)
    interdit = tmp_path / "interdit"
    interdit.mkdir(mode=0o555)
    lignes = [sys.executable, "-c", DEVENIR_PERSONNE, str(publie.fichier), str(tmp_path / "la"), str(interdit)]
    resultat = subprocess.run(lignes, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert resultat.returncode == 1, resultat.stderr
    assert "accès refusé : " in resultat.stderr
    assert INTACT in resultat.stderr
    assert "Traceback" not in resultat.stderr
    assert not list(interdit.iterdir())


def test_un_fichier_a_la_place_d_un_dossier_est_dit(publie, tmp_path):
    (tmp_path / "fichier").write_text("là\n")
    lignes = commande("proteger", publie.fichier, "--publie", str(tmp_path / "fichier"))
    resultat = subprocess.run(lignes, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert resultat.returncode == 1
    assert "un fichier est à la place d'un dossier : fichier" in resultat.stderr
    assert (tmp_path / "fichier").read_text() == "là\n"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENOTDIR, errno.ENOMEM])
def test_chaque_panne_a_sa_phrase_avec_ou_sans_chemin(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dire_panne(OSError(code, "panne")).endswith(INTACT)
    assert "None" not in dire_panne(OSError(code, "panne"))
    if code != errno.ENOMEM:
        assert " : a/b" in dire_panne(OSError(code, "panne", str(tmp_path / "a" / "b")))


def test_un_defaut_du_programme_n_est_pas_une_panne():
    assert dire_panne(OSError(errno.ENOENT, "absent", "a")) is None
    assert dire_panne(OSError("sans code")) is None


# --- Ctrl-C et SIGTERM


@pytest.fixture(scope="module")
def petite_ville(ville_seule):
    """Le dossier d'une petite ville publiée, que chaque essai remet en l'état."""
    return ville_seule[0]


@pytest.mark.bout_en_bout
def test_le_serveur_lit_le_site_quel_que_soit_l_umask_et_lui_seul(petite_ville):
    site = petite_ville / SORTIES["site"]
    assert all(f.stat().st_mode & 0o444 == 0o444 for f in site.rglob("[!.]*"))
    assert all(d.stat().st_mode & 0o111 == 0o111 for d in (site.parent, site, *site.rglob("*")) if d.is_dir())
    assert petite_ville.joinpath(SORTIES["prepare"]).stat().st_mode & 0o077 == 0


def test_le_site_des_partenaires_n_est_lisible_que_du_groupe(tmp_path):
    (tmp_path / "site" / "book").mkdir(parents=True)
    (tmp_path / "site" / "book" / "page.html").touch(mode=0o600)
    rendre_lisible(tmp_path / "site", a_tous=False)
    assert oct((tmp_path / "site" / "book").stat().st_mode & 0o777) == "0o750"
    assert oct((tmp_path / "site" / "book" / "page.html").stat().st_mode & 0o777) == "0o640"


def _descendants(processus) -> list[psutil.Process]:
    try:
        return psutil.Process(processus.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _vivants(processus: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processus if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def _au_livre(processus) -> bool:
    try:
        return any("observatoire.livre.compositeur" in p.cmdline() for p in _descendants(processus))
    except psutil.NoSuchProcess:
        return False


def _interrompre(lignes: list[str], moment, recu: signal.Signals) -> tuple[int, str, float]:
    """Lancer une commande, l'interrompre au moment dit ; rend son code, ce qu'elle a dit et le temps (s) pris."""
    processus = subprocess.Popen(lignes, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    attendre(lambda: moment(processus))
    descendants = _descendants(processus)
    assert descendants
    debut = time.monotonic()
    processus.send_signal(recu)
    _, dit = processus.communicate(timeout=30)
    duree = time.monotonic() - debut
    attendre(lambda: not _vivants(descendants), 5)
    return processus.returncode, dit, duree


@pytest.mark.bout_en_bout
@pytest.mark.parametrize(("recu", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_une_publication_interrompue_pendant_les_notebooks_s_arrete_aussitot(petite_ville, tmp_path, recu, code):
    fichier, avant = petite_ville / "observatoire.yml", contenu(petite_ville)
    modele = petite_ville / "notebooks" / "ville.ipynb"
    garde, marque = modele.read_bytes(), tmp_path / "commence"
    ecrire_modele(
        modele.parent, "ville", "# {{ ville }}", "annee = 2010",
        f"import time\nopen({str(marque)!r}, 'w').close()\ntime.sleep(100 + annee)",
    )  # fmt: skip
    try:
        rendu, dit, duree = _interrompre(commande("publier", fichier), lambda _: marque.is_file(), recu)
    finally:
        modele.write_bytes(garde)
    assert rendu == code
    assert "Interrompu : ce qui était publié l'est encore." in dit
    assert "Traceback" not in dit
    assert duree < 5  # une seconde sur une machine libre ; celle des essais ne l'est pas
    assert contenu(petite_ville) == avant


@pytest.mark.bout_en_bout
def test_une_publication_interrompue_pendant_le_livre_s_arrete_et_la_suivante_aboutit(petite_ville):
    fichier, avant = petite_ville / "observatoire.yml", contenu(petite_ville)
    code, dit, duree = _interrompre(commande("livre", fichier, "--refaire"), _au_livre, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in dit
    assert duree < 5
    assert contenu(petite_ville) == avant
    subprocess.run(commande("publier", fichier), check=True, capture_output=True)
    assert contenu(petite_ville) == avant


# --- kill -9


#: Où la publication est tuée, dans l'ordre où elle y passe ; et au hasard un peu après.
MOMENTS = (
    lambda ville, _: (ville / SORTIES["prepare"]).is_dir(),
    lambda ville, _: (ville / SORTIES["prepare"] / "indicateurs.parquet").is_file(),
    lambda ville, _: (ville / SORTIES["publie"] / "publique").is_dir(),
    lambda ville, _: any((ville / SORTIES["edition"]).parent.rglob("*.ipynb")),
    lambda _, processus: _au_livre(processus),
)


@pytest.mark.bout_en_bout
def test_tuee_n_importe_quand_la_publication_suivante_donne_les_memes_octets(petite_ville, tmp_path):
    ville = tmp_path / "ville"
    for nom in ("brut", "notebooks", "suivi"):
        shutil.copytree(petite_ville / nom, ville / nom)
    shutil.copy(petite_ville / "observatoire.yml", ville)
    lignes, hasard = commande("publier", ville / "observatoire.yml"), random.Random(2010)
    for venu in MOMENTS:
        processus = subprocess.Popen(lignes, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        attendre(lambda venu=venu, processus=processus: venu(ville, processus))
        time.sleep(hasard.uniform(0, 1))
        assert processus.poll() is None
        descendants = _descendants(processus)
        processus.kill()
        processus.wait()
        attendre(lambda restes=descendants: not _vivants(restes), 20)
    fini = subprocess.run(lignes, capture_output=True, text=True, check=False)
    assert fini.returncode == 0, fini.stderr
    assert contenu(ville) == contenu(petite_ville)
    assert not [f for f in ville.rglob(".provisoire-*") if ".travail" not in str(f)]


@pytest.mark.bout_en_bout
def test_sans_changement_rien_n_est_refait_et_le_resultat_est_le_meme(petite_ville):
    avant = {f: os.stat(f).st_mtime_ns for f in petite_ville.rglob("*") if f.is_file() and ".verrou" not in f.name}
    resultat = subprocess.run(
        [sys.executable, "-X", "importtime", *commande("publier", petite_ville / "observatoire.yml")[1:]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert resultat.stderr.count("inchangé :") == 8  # quatre étapes, dites au fil de l'eau puis au bilan
    charges = {ligne.rpartition("|")[2].strip().partition(".")[0] for ligne in resultat.stderr.splitlines()}
    assert not charges & {"pandas", "numpy", "papermill", "nbformat", "nbclient", "sphinx", "jupyter_book"}
    apres = {f: os.stat(f).st_mtime_ns for f in avant}
    assert apres == avant
