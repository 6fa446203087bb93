"""Ce que coûte une édition, en une fois et en rapports : boucle de papermill, plancher, moteur, publications.

    python bench/edition.py [--pages N]

Les dépôts fictifs par défaut sont produits, calculés et protégés dans un dossier provisoire. Sont mesurées, comme des
commandes entières : la commande ``papermill`` dans une boucle, page après page, avec un noyau ordinaire ;
``observatoire executer`` à froid ; ``observatoire publier`` à froid, sans changement, après un commentaire ajouté à un
quartier (sa page change), après un logement changé (toute page qui montre la ville change).
Le plancher est celui de ``bench/plancher.py`` : les seules pages, dans un processus chaud. ``bench/moteur.py`` fait les
mêmes pages par le moteur ; ``executer`` démarre, écrit aussi fiches, données et documents.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import Travail, preparer
from observatoire.publie import VARIABLE

RACINE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Mesure:
    """Une durée en secondes, et ce qu'elle mesure."""

    nom: str
    secondes: float


class Chantier:
    """Un dossier provisoire où toute la chaîne s'écrit, livre compris ; les référentiels restent ceux du dépôt."""

    def __init__(self, dossier: Path):
        self.dossier, self.brut, self.publie = dossier, dossier / "data" / "brut", dossier / "data" / "publie"
        for nom in ("_config.yml", "_toc.yml"):
            shutil.copy(RACINE / nom, dossier)
        shutil.copytree(RACINE / "book", dossier / "book", ignore=shutil.ignore_patterns("edition", ".*"))
        reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
        for nom in ("schemas", "referentiels", "suivi", "notebooks"):
            reglages["chemins"][nom] = str(RACINE / reglages["chemins"][nom])
        (dossier / "observatoire.yml").write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")

    def observatoire(self, commande: str, *options: str) -> float:
        """Les secondes d'une commande, du lancement à la fin."""
        config = ["--config", str(self.dossier / "observatoire.yml")]
        return chronometrer([_outil("observatoire"), commande, *options, *config])

    def commenter_un_quartier(self) -> None:
        """Ajouter un commentaire à la page d'un quartier."""
        commentaire = self.dossier / "book" / "commentaires" / "2010" / "battant.md"
        commentaire.write_text("Un commentaire ajouté pour la mesure.\n", encoding="utf-8")


def chronometrer(commande: list[str], **environnement: str) -> float:
    """Exécuter une commande entière ; elle doit réussir."""
    depart = time.perf_counter()
    fait = subprocess.run(commande, env={**os.environ, **environnement}, capture_output=True, text=True, check=False)
    duree = time.perf_counter() - depart
    if fait.returncode:
        sys.exit(f"{' '.join(commande)}\n{fait.stdout}{fait.stderr}")
    return duree


def boucle_de_papermill(travaux: list[Travail], publie: Path, dossier: Path) -> float:
    """La commande ``papermill``, une page après l'autre, avec le noyau Python ordinaire."""
    total = 0.0
    for rang, travail in enumerate(travaux):
        modele = dossier / f"{rang}.ipynb"
        nbformat.write(nbformat.reads(travail.notebook, as_version=4), modele)
        donnes = [x for nom, valeur in travail.parametres.items() for x in ("-p", nom, str(valeur))]
        commande = [_outil("papermill"), str(modele), str(modele), "-k", "python3", *donnes]
        total += chronometrer(commande, **{VARIABLE: str(publie)})
    return total


def changer_un_logement(brut: Path) -> None:
    """Changer l'étiquette énergétique d'un seul logement, dans le dernier dépôt d'un bailleur."""
    fichier = brut / "2010" / "logements_gbh.csv"
    texte = fichier.read_text(encoding="utf-8")
    fichier.write_text(re.sub(r"(GBH0001-002;.*?;)C(;loue;)", r"\1B\2", texte, count=1), encoding="utf-8")


def mesurer(echantillon: int | None = None) -> tuple[int, list[Mesure]]:
    """Le nombre de pages et toutes les mesures ; ``echantillon`` limite la boucle de papermill, qui est extrapolée."""
    with tempfile.TemporaryDirectory(prefix="banc-") as provisoire:
        chantier = Chantier(Path(provisoire))
        chantier.observatoire("exemple", "--dossier", str(chantier.brut))
        mesures = [Mesure("publier, à froid", chantier.observatoire("publier"))]
        publie = chantier.publie / "publique"
        travaux = [preparer(page) for page in lister_pages(publie, RACINE / "notebooks")]
        mesures.append(Mesure("executer, à froid", chantier.observatoire("executer", "--refaire")))
        for nom, programme in (("plancher, un processus chaud", "plancher"), ("moteur, une souche chaude", "moteur")):
            fichier = RACINE / "bench" / f"{programme}.py"
            commande = [sys.executable, str(fichier), str(publie), str(RACINE / "notebooks")]
            mesures.append(Mesure(nom, float(_sortie(commande))))
        pages = travaux[:: max(1, len(travaux) // (echantillon or len(travaux)))]
        boucle = boucle_de_papermill(pages, publie, chantier.dossier) * len(travaux) / len(pages)
        mesures.append(Mesure(f"boucle de papermill ({len(pages)} pages mesurées)", boucle))
        mesures.append(Mesure("publier, rien n'a changé", chantier.observatoire("publier")))
        chantier.commenter_un_quartier()
        mesures.append(Mesure("publier, un commentaire ajouté à un quartier", chantier.observatoire("publier")))
        changer_un_logement(chantier.brut)
        mesures.append(Mesure("publier, un logement changé dans un dépôt", chantier.observatoire("publier")))
        return len(travaux), mesures


def rapports(mesures: list[Mesure]) -> list[tuple[str, float, str]]:
    """Les rapports demandés, et ce qu'ils visent."""
    froid, executer, plancher, moteur, boucle, rien, quartier, depot = (m.secondes for m in mesures)
    coeurs = os.cpu_count() or 1
    return [
        ("boucle de papermill / executer", boucle / executer, "au moins 15"),
        (f"moteur / (plancher / {coeurs} cœurs)", moteur / (plancher / coeurs), "au plus 1,3"),
        (f"executer / (plancher / {coeurs} cœurs)", executer / (plancher / coeurs), "–"),
        ("publication sans changement / à froid", rien / froid, "au plus 0,03"),
        ("publication d'un quartier changé / à froid", quartier / froid, "–"),
        ("publication d'un dépôt changé / à froid", depot / froid, "–"),
    ]


def imprimer(echantillon: int | None = None) -> str:
    """Les mesures et les rapports, en Markdown."""
    pages, mesures = mesurer(echantillon)
    lignes = [f"| Mesure ({pages} pages) | Secondes |", "|:--|--:|"]
    lignes += [f"| {m.nom} | {_nombre(m.secondes)} |" for m in mesures]
    lignes += ["", "| Rapport | Mesuré | Visé |", "|:--|--:|--:|"]
    lignes += [f"| {nom} | {_nombre(valeur)} | {vise} |" for nom, valeur, vise in rapports(mesures)]
    return "\n".join(lignes)


def _nombre(valeur: float) -> str:
    decimales = 3 if valeur < 1 else 2 if valeur < 10 else 1
    return f"{valeur:.{decimales}f}".replace(".", ",")


def _sortie(commande: list[str]) -> str:
    return subprocess.run(commande, capture_output=True, text=True, check=True).stdout


def _outil(nom: str) -> str:
    return str(Path(sys.executable).parent / nom)


if __name__ == "__main__":
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--pages", type=int, help="nombre de pages de la boucle de papermill (toutes par défaut)")
    print(imprimer(analyseur.parse_args().pages))
