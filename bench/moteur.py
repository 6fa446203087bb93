"""Le moteur seul : les mêmes pages que le plancher, chacune dans un enfant d'une souche déjà chaude.

    python bench/moteur.py PUBLIE NOTEBOOKS

Comme pour le plancher, ce qui précède la première page n'est pas compté ; à la différence de lui, une page s'exécute
à part, sans pouvoir ouvrir autre chose que ``PUBLIE``, et rend son notebook. Imprime les secondes de toutes les pages.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import observatoire.edition.page  # noqa: F401 – papermill compris : son import n'est pas d'une page
from observatoire.edition.equipe import Lieu, demarrer, executer_ici
from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import preparer
from observatoire.moteur.porte import Porte


def main(publie: Path, notebooks: Path) -> float:
    """Les secondes de toutes les pages, une fois la souche prête ; chacune doit réussir."""
    travaux = [preparer(p) for p in lister_pages(publie, notebooks)]
    porte = Porte.autour([publie.parent], [publie])
    with TemporaryDirectory(prefix="banc-") as atelier, demarrer(publie, porte) as souche:
        if not souche.prete:
            sys.exit(f"La souche n'a pas pu démarrer. {souche.panne}")
        depart = time.perf_counter()
        rates = [r.erreur for r in executer_ici(travaux, Lieu(publie, Path(atelier), porte, souche)) if r.erreur]
        duree = time.perf_counter() - depart
    if rates:
        sys.exit("\n".join(rates))
    return duree


if __name__ == "__main__":
    print(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2])))
