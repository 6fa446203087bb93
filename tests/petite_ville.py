"""Un observatoire entier et minuscule, tout à fait hors du dépôt : quelques logements, une année, des pages courtes."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import yaml
from atelier import RACINE, ecrire_modeles

from observatoire.chaine import Chaine
from observatoire.cli import principal
from observatoire.configuration import lire_configuration

#: Un fichier coûte à lire autant que ses lignes sont peu nombreuses : deux bailleurs, dont un hors du RPLS.
BAILLEURS = ("gbh", "adoma")
SORTIES = {"prepare": "prepare", "publie": "publie", "edition": "book/edition", "site": "site/html"}


def ecrire_petite_ville(
    dossier: Path, quartiers: bool = True, immeubles: bool = True, tous_les_bailleurs: bool = False
) -> Path:
    """Écrire la configuration, les modèles et les dépôts dans ``dossier`` ; rend le fichier de configuration.

    Sans ``quartiers``, la ville se protège six fois plus vite ; sans ``immeubles`` non plus, il n'en reste que le tout.
    """
    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["edition"] |= {"annees": [2010], "annee_zero": 2010}
    if not tous_les_bailleurs:
        garder_peu_de_bailleurs(reglages)
    if not quartiers:
        reglages["niveaux"] = ["immeuble", "ville"] if immeubles else ["ville"]
        reglages["edition"]["immeubles"] = immeubles
    du_depot = {"schemas": "data/schemas", "referentiels": "data/referentiels", "livre": "."}
    reglages["chemins"] = {nom: str(RACINE / chemin) for nom, chemin in du_depot.items()}
    reglages["chemins"] |= {"brut": "brut", "suivi": "suivi", "notebooks": "notebooks", **SORTIES}
    dossier.mkdir(parents=True, exist_ok=True)
    fichier = dossier / "observatoire.yml"
    _ecrire_engagements(dossier / "suivi")
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    ecrire_modeles(dossier / "notebooks")
    Chaine(lire_configuration(fichier)).exemple(2007, 400)
    return fichier


def garder_peu_de_bailleurs(reglages: dict) -> None:
    """Ne laisser dans une configuration que :data:`BAILLEURS`."""
    reglages["bailleurs"] = [b for b in reglages["bailleurs"] if b["code"] in BAILLEURS]


def _ecrire_engagements(suivi: Path) -> None:
    """Deux des engagements du dépôt : le livre a des pages pour eux."""
    contenu = yaml.safe_load((RACINE / "data" / "suivi" / "engagements.yml").read_text(encoding="utf-8"))
    contenu["engagements"] = contenu["engagements"][:2]
    contenu.pop("objectifs")
    suivi.mkdir(exist_ok=True)
    (suivi / "engagements.yml").write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")


def commande(nom: str, config: Path, *options: str) -> list[str]:
    """La ligne de commande d'un vrai processus ``observatoire``."""
    return [sys.executable, "-m", "observatoire.cli", nom, "--config", str(config), *options]


def lancer(nom: str, *options: object) -> subprocess.CompletedProcess:
    """La commande entière, dans ce processus : un processus neuf mettrait surtout du temps à naître."""
    arguments = [nom, *map(str, options)]
    sortie, erreurs = io.StringIO(), io.StringIO()
    with redirect_stdout(sortie), redirect_stderr(erreurs), pytest.raises(SystemExit) as fin:
        principal(arguments)
    return subprocess.CompletedProcess(arguments, fin.value.code, sortie.getvalue(), erreurs.getvalue())


def contenu(dossier: Path) -> dict[str, bytes]:
    """Chemin -> octets de tout ce qui est écrit dans les quatre dossiers de sortie, restes cachés compris.

    Sauf la mémoire des étapes et les verrous, qui portent des dates.
    """
    return {
        f"{nom}/{f.relative_to(dossier / chemin)}": f.read_bytes()
        for nom, chemin in SORTIES.items()
        for f in sorted((dossier / chemin).rglob("*"))
        if f.is_file() and f.suffix not in (".memoire", ".verrou")
    }
