"""L'aperçu : chaque enregistrement refait la page que l'on regarde, et elle seule ; le site publié n'est pas touché."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nbformat
import pytest
import yaml
from atelier import RACINE, ecrire_modele
from petite_ville import commande, ecrire_petite_ville

from observatoire.apercu.serveur import Etat, completer
from observatoire.apercu.veille import Veille
from observatoire.configuration import lire_configuration

VILLE, COUVERTURE = "book/edition/2010/ville", "book/edition/couverture"
COMMENTER = 'from observatoire import commentaire\n\ncommentaire(annee, "25056")'
PATIENCE = 90
CHROMIUM = Path("/usr/bin/chromium")


class Apercu:
    """L'aperçu en marche, tel que le navigateur le voit."""

    def __init__(self, adresse: str, dossier: Path):
        self.adresse, self.dossier = adresse, dossier

    def lire(self, page: str, hote: str | None = None) -> str:
        demande = Request(f"{self.adresse}{page}.html", headers={"Host": hote} if hote else {})
        with urlopen(demande, timeout=PATIENCE) as reponse:
            return reponse.read().decode()

    def apres(self, page: str, fichier: Path, texte: str, attendu: str, absent: str = "\0") -> str:
        """La page rechargée qui dit ``attendu`` et non ``absent``, ce fichier enregistré ; le flux des nouvelles dit
        quand la relire."""
        with urlopen(f"{self.adresse}_apercu/nouvelles?page=/{page}.html", timeout=PATIENCE) as flux:
            assert flux.readline().startswith(b"retry")
            time.sleep(0.5)  # que l'ouvrier sache ce que l'on regarde
            fichier.parent.mkdir(parents=True, exist_ok=True)
            fichier.write_text(texte, encoding="utf-8")
            limite = time.monotonic() + PATIENCE
            while time.monotonic() < limite:
                if not flux.readline().startswith(b"data:"):
                    continue
                lue = self.lire(page)
                if attendu in lue and absent not in lue:
                    return lue
        raise AssertionError(f"« {attendu} » ne vient pas :\n{self.lire(page)}")


def _ecrire_la_ville(dossier: Path) -> Path:
    """Une ville dont le livre est à elle : l'essai l'écrit."""
    config = ecrire_petite_ville(dossier, quartiers=False, immeubles=False)
    shutil.copytree(RACINE / "book", dossier / "book", ignore=shutil.ignore_patterns("edition", "commentaires"))
    for nom in ("_config.yml", "_toc.yml"):
        shutil.copy(RACINE / nom, dossier)
    reglages = yaml.safe_load(config.read_text(encoding="utf-8"))
    reglages["chemins"]["livre"] = "."
    config.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    ecrire_modele(dossier / "notebooks", "ville", "# {{ ville }} en {{ annee }}", "annee = 2010", COMMENTER)
    return config


@pytest.fixture(scope="module")
def apercu(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("apercu") / "ville"
    config = _ecrire_la_ville(dossier)
    lance = subprocess.Popen(
        commande("apercu", config, "ville", "--port", "0", "--sans-navigateur"),
        stdout=subprocess.PIPE, stderr=(dossier / "dit").open("w"), text=True, cwd=dossier,
    )  # fmt: skip
    adresse = re.search(r"http://127\.0\.0\.1:\d+/", lance.stdout.readline())[0]
    ouverte = lance.stdout.readline()
    assert ouverte.strip() == f"→ {adresse}{VILLE}.html", (dossier / "dit").read_text()
    yield Apercu(adresse, dossier)
    lance.send_signal(signal.SIGINT)
    assert lance.wait(timeout=20) == 130


def _recrire(fichier: Path, code: str) -> str:
    """Le même notebook, le code de sa dernière cellule changé."""
    contenu = nbformat.read(fichier, as_version=4)
    contenu.cells[-1].source = code
    return nbformat.writes(contenu)


def test_une_page_se_recharge_et_reste_sous_sa_politique(apercu):
    page = apercu.lire(VILLE)
    assert "Besançon en 2010" in page
    assert '<script src="/_apercu/recharger.js" defer>' in page
    with urlopen(f"{apercu.adresse}_apercu/recharger.js") as script:
        assert b"EventSource" in script.read()


def test_le_notebook_d_une_page_enregistre_la_refait(apercu):
    fichier = apercu.dossier / "notebooks" / "couverture.ipynb"
    code = 'from IPython.display import HTML, display\n\ndisplay(HTML(f"<p>Neuf, {annee}</p>"))'
    assert "Neuf, 2010" in apercu.apres(COUVERTURE, fichier, _recrire(fichier, code), "Neuf, 2010")


def test_une_erreur_se_montre_dans_la_page_avec_la_cellule_et_la_ligne_puis_s_efface(apercu):
    fichier = apercu.dossier / "notebooks" / "couverture.ipynb"
    juste = fichier.read_text(encoding="utf-8")
    faux = _recrire(fichier, "x = annee\n1 / (x - 2010)")
    page = apercu.apres(COUVERTURE, fichier, faux, "apercu-faute")
    assert "couverture.ipynb, cellule 3, ligne 2 (annee = 2010)" in page
    assert "ZeroDivisionError" in page
    apercu.apres(COUVERTURE, fichier, juste, "</html>", absent="apercu-faute")
    apercu.apres(VILLE, fichier, faux, "couverture.ipynb, cellule 3")  # celle que l'on ne regarde pas, derrière
    apercu.apres(VILLE, fichier, juste, "</html>", absent="apercu-faute")
    apercu.apres(COUVERTURE, fichier, juste[:-20], "couverture.ipynb, ligne ")
    apercu.apres(COUVERTURE, fichier, juste, "</html>", absent="apercu-faute")
    assert "apercu-faute" not in apercu.apres(COUVERTURE, fichier, _recrire(fichier, "annee + 1"), "2011")


def test_la_porte_reste_fermee_a_une_page_de_l_apercu(apercu):
    fichier = apercu.dossier / "notebooks" / "couverture.ipynb"
    interdit = apercu.dossier / "prepare" / "indicateurs.parquet"
    page = apercu.apres(COUVERTURE, fichier, _recrire(fichier, f"annee\nopen({str(interdit)!r})"), "apercu-faute")
    assert "« prepare/indicateurs.parquet », qui ne lui est pas ouvert" in page
    apercu.apres(COUVERTURE, fichier, _recrire(fichier, "annee + 2"), "2012")


def test_un_fichier_du_suivi_mal_ecrit_se_dit_puis_s_efface(apercu):
    fichier = apercu.dossier / "suivi" / "engagements.yml"
    juste = fichier.read_text(encoding="utf-8")
    assert "engagements.yml" in apercu.apres(VILLE, fichier, f"{juste}\nautre: oui\n", "apercu-faute")
    assert "apercu-faute" not in apercu.apres(VILLE, fichier, juste, "</html>")


def test_un_commentaire_enregistre_parait_et_une_faute_y_est_dite(apercu):
    fichier = apercu.dossier / "book" / "commentaires" / "2010" / "25056.md"
    assert "Une phrase" in apercu.apres(VILLE, fichier, "Une phrase de commentaire.\n", "Une phrase")
    page = apercu.apres(VILLE, fichier, "{{ valeur inconnu }}\n", "apercu-faute")
    assert "commentaires/2010/25056.md, ligne 1" in page
    apercu.apres(VILLE, fichier, "Mieux ainsi.\n", "Mieux ainsi")


def test_une_page_ecrite_a_la_main_dit_ce_que_sphinx_lui_reproche(apercu):
    fichier = apercu.dossier / "book" / "glossaire.md"
    texte = fichier.read_text(encoding="utf-8")
    page = apercu.apres("book/glossaire", fichier, f"{texte}\n\n[rien](nulle-part.md)\n", "apercu-faute")
    assert "ne mène nulle part" in page
    apercu.apres("book/glossaire", fichier, f"{texte}\n\nFin du glossaire.\n", "Fin du glossaire.")


def test_l_apercu_n_ecrit_que_chez_lui_et_ne_se_montre_qu_a_cette_machine(apercu):
    assert not (apercu.dossier / "site" / "html").exists()
    assert not (apercu.dossier / "book" / "edition").exists()
    assert not (apercu.dossier / "publie").exists()
    with pytest.raises(HTTPError) as refus:
        apercu.lire(VILLE, hote="ailleurs.exemple")
    assert refus.value.code == 404
    for chemin in ("../publie/publique/indicateurs.csv", "%2e%2e/%2e%2e/observatoire.yml", "donnees/../edition.json"):
        with pytest.raises(HTTPError):
            urlopen(f"{apercu.adresse}{chemin}")


@pytest.mark.skipif(not CHROMIUM.is_file(), reason="chromium n'est pas installé")
def test_une_faute_reste_a_l_ecran_et_n_en_prend_pas_la_moitie():
    code = {"ou": "ville.ipynb", "quoi": "ZeroDivisionError", "code": ["1 / 0"] * 200, "ligne": 1}
    page = completer('<html><body><p style="height:5000px">Besançon</p></body></html>', Etat(fautes={"a": code}))
    lieu = "document.querySelector('.apercu-faute').parentElement"
    with pytest.importorskip("playwright.sync_api").sync_playwright() as outil:
        navigateur = outil.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        fenetre = navigateur.new_page(viewport={"width": 1000, "height": 800})
        fenetre.set_content(page)
        fenetre.evaluate("scrollTo(0, 3000)")
        haut, hauteur = fenetre.evaluate(f"[{lieu}.getBoundingClientRect().top, {lieu}.clientHeight]")
        deborde = fenetre.evaluate(f"{lieu}.scrollHeight > {lieu}.clientHeight")
        navigateur.close()
    assert (haut, hauteur < 400, deborde) == (0, True, True)


def _premiere_nouvelle(config: Path, **environnement: str) -> dict:
    """Ce que dit d'abord l'ouvrier qui démarre."""
    reglages = {"config": str(config), "public": "publique", "chemins": {}, "renait": True, "demandee": None}
    commande_ = [sys.executable, "-m", "observatoire.apercu", json.dumps(reglages)]
    with subprocess.Popen(commande_, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, env=os.environ | environnement) as ouvrier:  # fmt: skip
        dit = ouvrier.stdout.readline()
        ouvrier.stdin.close()
    return json.loads(dit)


def test_des_reglages_mal_ecrits_se_disent_avec_leur_ligne(tmp_path):
    config = tmp_path / "observatoire.yml"
    config.write_text("territoire:\n  nom: Besançon\n nom: faux\n", encoding="utf-8")
    nouvelle = _premiere_nouvelle(config)
    assert nouvelle["faute"] == "reglages"
    assert "observatoire.yml, ligne 3" in nouvelle["quoi"]


def test_une_bibliotheque_cassee_dit_son_fichier_et_sa_ligne(tmp_path):
    module = "configuration/__init__.py"
    shutil.copytree(RACINE / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    casse = tmp_path / "src" / "observatoire" / module
    casse.write_text("x = 1\ny = (\n", encoding="utf-8")
    nouvelle = _premiere_nouvelle(RACINE / "observatoire.yml", PYTHONPATH=str(tmp_path / "src"))
    assert nouvelle["faute"] == "ouvrier"
    assert f"{module}, ligne 2" in nouvelle["quoi"]


def test_un_ouvrier_deja_mort_n_arrete_pas_l_apercu():
    veille = Veille(lire_configuration(RACINE / "observatoire.yml"), "publique")

    async def changer() -> bool:
        veille._a_relancer = asyncio.Event()
        veille._ouvrier = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(1)")
        await veille._ouvrier.wait()
        veille._changer({veille.config.fichier})
        return veille._a_relancer.is_set()

    assert asyncio.run(changer())


def test_une_page_inconnue_nomme_les_plus_proches(apercu, tmp_path):
    """Un second aperçu du même site est refusé ; celui-ci a le sien, et part de ce que le premier a publié."""
    config = apercu.dossier / "observatoire.yml"
    deja = apercu.dossier / "site" / "apercu"
    shutil.copytree(deja, tmp_path / "apercu", ignore=shutil.ignore_patterns("travail"))
    fait = subprocess.run(
        commande("apercu", config, "couvertrue", "--port", "0", "--sans-navigateur", "--site", str(tmp_path / "html")),
        capture_output=True, text=True, cwd=tmp_path, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert fait.returncode == 2, fait.stderr
    assert "couverture" in fait.stderr
    fait = subprocess.run(
        commande("apercu", config, "--port", "0", "--sans-navigateur"), capture_output=True, text=True, check=False
    )
    assert fait.returncode == 1
    assert "est tenu par" in fait.stderr
