"""Toutes les mesures, en une fois : ``make bench`` écrit ``bench/RESULTATS.md``.

    python bench/resultats.py [--pages N] [--tailles 16000,160000]

Les rapports n'ont de sens qu'à l'intérieur d'une même exécution, sur une machine qui ne fait rien d'autre.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
from pathlib import Path

import alertes
import calculer
import edition
import psutil

from observatoire.fichiers import ecrire_texte

RESULTATS = Path(__file__).with_name("RESULTATS.md")


def decrire_la_machine() -> str:
    """La taille de la machine, en une phrase."""
    memoire = psutil.virtual_memory().total / 2**30
    systeme = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cœurs, {memoire:.0f} Gio de mémoire, {systeme}."


def garder(texte: str, titre: str) -> list[str]:
    """La partie de ce titre, telle qu'elle est."""
    _, trouve, suite = texte.partition(titre + "\n")
    return [titre + "\n" + suite.split("\n## ")[0].rstrip()] if trouve else []


def remplacer(titre: str, corps: str) -> None:
    """Mettre cette partie à la place de l'ancienne, ou à la fin."""
    avant, _, reste = RESULTATS.read_text(encoding="utf-8").partition(titre + "\n")
    suite = "\n## " + reste.split("\n## ", 1)[1] if "\n## " in reste else ""
    ecrire_texte(f"{avant.rstrip()}\n\n{titre}\n\n{corps}\n{suite}", RESULTATS)


def main() -> None:
    """Mesurer, puis écrire les résultats."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--pages", type=int, help="nombre de pages de la boucle de papermill (toutes par défaut)")
    analyseur.add_argument("--tailles", default=",".join(map(str, calculer.TAILLES)), help="logements, par année")
    choix = analyseur.parse_args()
    anciens = RESULTATS.read_text(encoding="utf-8")
    parties = [
        "# Résultats",
        "Fichier écrit par `make bench`. Chaque tableau vient d'une seule exécution ; seuls les rapports se comparent.",
        f"Machine : {decrire_la_machine()}",
        "## L'édition",
        edition.imprimer(choix.pages),
        "## Le calcul",
        calculer.imprimer([int(taille) for taille in choix.tailles.split(",")]),
        "## Les alertes",
        alertes.imprimer_le_pays(),
        alertes.imprimer(),
    ]
    # Ce que d'autres scripts mesurent, souvent en bien plus de temps.
    titres = re.findall(r"^## .+$", anciens, re.MULTILINE)
    parties += [partie for titre in titres if titre not in parties for partie in garder(anciens, titre)]
    ecrire_texte("\n\n".join(parties) + "\n", RESULTATS)
    print(RESULTATS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
