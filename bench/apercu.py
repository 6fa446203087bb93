"""De l'enregistrement à la page rafraîchie : dix enregistrements de chaque sorte, dans une copie du dépôt.

    python bench/apercu.py                       sur l'édition fictive, faite pour l'occasion
    python bench/apercu.py --de DOSSIER          sur une édition déjà faite (brut, prepare, publie et edition y sont)

Le client fait ce que fait le navigateur : il tient ouvert le flux des nouvelles de sa page et, à la nouvelle, la relit.
Le temps est compté jusqu'à ce que la page relue dise ce qui vient d'être écrit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil

RACINE = Path(__file__).resolve().parents[1]
COPIES = ("book", "notebooks", "data/schemas", "data/referentiels", "data/suivi")
FICHIERS = ("observatoire.yml", "_config.yml", "_toc.yml")
QUARTIER, COUVERTURE = "book/edition/2010/quartier-battant", "book/edition/couverture"
#: L'objectif, en secondes.
OBJECTIFS = {"notebook d'une page": 1.5, "commentaire": 1.5, "page écrite": 1.5, "feuille de style": 1.5, "modèle": 3.0}


def copier_le_depot(dossier: Path, faite: Path | None) -> Path:
    """Une copie de ce que l'analyste écrit, et de l'édition déjà faite s'il y en a une ; rend sa configuration."""
    for nom in COPIES:
        shutil.copytree(RACINE / nom, dossier / nom, ignore=shutil.ignore_patterns("edition"))
    for nom in FICHIERS:
        shutil.copy(RACINE / nom, dossier / nom)
    # L'aperçu pose la feuille d'une ville à côté de celles de la bibliothèque.
    (dossier / "book" / "_static").mkdir(exist_ok=True)
    if faite is None:
        config = ["--config", str(dossier / "observatoire.yml")]
        subprocess.run([sys.executable, "-m", "observatoire.cli", "exemple", *config], check=True)
        return dossier
    for nom, cible in (
        ("brut", "data/brut"),
        ("prepare", "data/prepare"),
        ("publie", "data/publie"),
        ("edition", "book/edition"),
    ):
        shutil.copytree(faite / nom, dossier / cible)
    for nom, cible in ((".prepare.memoire", "data"), (".edition", "book")):
        origine = faite / nom
        (shutil.copytree if origine.is_dir() else shutil.copy2)(origine, dossier / cible / nom)
    return dossier


class Apercu:
    """L'aperçu en marche, et la page que l'on y regarde."""

    def __init__(self, adresse: str, processus: psutil.Process):
        self.adresse, self._processus = adresse, processus

    def cpu(self) -> float:
        """Secondes de processeur employées jusqu'ici, par tout ce que l'aperçu a lancé."""
        siens = [self._processus, *self._processus.children(recursive=True)]
        return sum(sum(p.cpu_times()[:4]) for p in siens)

    def lire(self, page: str) -> str:
        """La page telle que le navigateur la reçoit."""
        with urlopen(f"{self.adresse}{page}.html") as reponse:
            return reponse.read().decode()

    def chronometrer(self, page: str, ecrire: Callable[[str], None], marque: str) -> tuple[float, float]:
        """Secondes entre l'enregistrement et la page relue où ``marque`` se lit : à la montre, et de processeur."""
        with urlopen(f"{self.adresse}_apercu/nouvelles?page=/{page}.html", timeout=120) as flux:
            time.sleep(0.5)
            depart, avant = time.perf_counter(), self.cpu()
            ecrire(marque)
            for ligne in flux:
                if ligne.startswith(b"data:") and marque in self.lire(page):
                    return time.perf_counter() - depart, self.cpu() - avant
        raise RuntimeError("le flux s'est fermé")


@contextmanager
def ouvrir(dossier: Path) -> Iterator[Apercu]:
    """Lancer l'aperçu et attendre que tout soit au repos."""
    commande = [sys.executable, "-m", "observatoire.cli", "apercu", "quartier-battant", "--port", "0"]
    commande += ["--sans-navigateur", "--config", str(dossier / "observatoire.yml")]
    lance = subprocess.Popen(commande, stdout=subprocess.PIPE, text=True)
    try:
        adresse = next(m for m in lance.stdout.readline().split() if m.startswith("http"))
        while not lance.stdout.readline().startswith("  →"):
            if lance.poll() is not None:
                raise RuntimeError("l'aperçu s'est arrêté.")
        yield Apercu(adresse, psutil.Process(lance.pid))
    finally:
        lance.terminate()
        lance.wait()


def sortes(dossier: Path) -> dict[str, tuple[str, Callable[[str], None]]]:
    """Sorte d'enregistrement -> la page regardée, et comment y écrire une marque."""

    def dans_un_notebook(nom: str) -> Callable[[str], None]:
        fichier = dossier / "notebooks" / f"{nom}.ipynb"
        contenu = json.loads(fichier.read_text(encoding="utf-8"))

        def ecrire(marque: str) -> None:
            contenu["cells"].insert(-1, {"cell_type": "markdown", "id": "marque", "metadata": {}, "source": marque})
            fichier.write_text(json.dumps(contenu, ensure_ascii=False), encoding="utf-8")
            del contenu["cells"][-2]

        return ecrire

    def a_la_suite(fichier: Path) -> Callable[[str], None]:
        texte = fichier.read_text(encoding="utf-8") if fichier.exists() else ""
        return lambda marque: fichier.write_text(f"{texte}\n\n{marque}\n", encoding="utf-8")

    return {
        "notebook d'une page": (COUVERTURE, dans_un_notebook("couverture")),
        "commentaire": (QUARTIER, a_la_suite(dossier / "book" / "commentaires" / "2010" / "battant.md")),
        "page écrite": ("book/glossaire", a_la_suite(dossier / "book" / "glossaire.md")),
        "modèle": (QUARTIER, dans_un_notebook("quartier")),
    }


def principal() -> None:
    """Mesurer et imprimer, une ligne par sorte."""
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--de", type=Path, help="édition déjà faite")
    lecteur.add_argument("--fois", type=int, default=10)
    demande = lecteur.parse_args()
    with tempfile.TemporaryDirectory() as provisoire:
        dossier = copier_le_depot(Path(provisoire, "ville"), demande.de)
        depart = time.perf_counter()
        with ouvrir(dossier) as apercu:
            print(f"prêt en {time.perf_counter() - depart:.0f} s")
            for sorte, (page, ecrire) in sortes(dossier).items():
                mots = [f"marque{sorte[:2]}{'abcdefghijklmnop'[rang]}" for rang in range(demande.fois)]
                durees, cpu = zip(*(apercu.chronometrer(page, ecrire, mot) for mot in mots), strict=True)
                tenu = "" if max(durees) <= OBJECTIFS[sorte] else " : trop long"
                print(
                    f"{sorte} : médiane {statistics.median(durees):.2f} s, de {min(durees):.2f} à {max(durees):.2f} s"
                )
                print(f"    {OBJECTIFS[sorte]} s voulus{tenu} ; {statistics.median(cpu):.2f} s de processeur")
                print(f"    charge de la machine : {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    principal()
