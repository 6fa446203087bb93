"""Ce que coûte le refus d'un dépôt dont toutes les cellules sont fausses, et presque toutes différentes.

    PYTHONPATH=tests python bench/faux_partout.py [--lignes 125000 250000 500000 1000000]

Le temps est celui du processeur ; les fautes sont comptées une à une, et les premières de chaque sorte citées.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from atelier_lecture import Atelier, colonnes

from observatoire.lecture.depots import Fichier
from observatoire.lecture.parts import Outils, controler_fichier
from observatoire.lecture.verification import inventaire


def deposer(dossier: Path, lignes: int) -> tuple[Fichier, Outils]:
    """Un dépôt de logements où rien n'est juste, pas encore lu, et de quoi le lire."""
    rangs = np.arange(lignes)
    fausses = pd.Series(rangs.astype(str)).radd("zz") + "." + pd.Series((rangs % 10).astype(str))
    table = pd.DataFrame(dict.fromkeys(colonnes("logements"), fausses))
    atelier = Atelier(dossier)
    atelier.deposer("logements", octets=table.to_csv(sep=";", index=False).encode())
    depots, outils = inventaire(atelier.config)
    return depots.fichiers[0], outils


def mesurer(lignes: int) -> dict:
    """Taille du fichier, problèmes gardés, longueur du refus et temps de processeur de sa lecture et de ce refus."""
    with tempfile.TemporaryDirectory() as aside:
        fichier, outils = deposer(Path(aside), lignes)
        depart = time.process_time()
        controler_fichier(fichier, outils)
        message = fichier.message()
        duree = time.process_time() - depart
        octets = fichier.chemin.stat().st_size
    problemes, fautes = len(fichier.problemes), sum(p.nombre for p in fichier.problemes)
    return {"lignes": lignes, "Mo": round(octets / 1e6), "fautes comptées": fautes, "problèmes gardés": problemes,
            "refus (caractères)": len(message), "processeur (s)": round(duree, 1)}  # fmt: skip


def principal() -> None:
    """Mesurer chaque taille et imprimer le tableau."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--lignes", type=int, nargs="+", default=[125_000, 250_000, 500_000, 1_000_000])
    mesures = [mesurer(n) for n in options.parse_args().lignes]
    print(pd.DataFrame(mesures).to_string(index=False))


if __name__ == "__main__":
    principal()
