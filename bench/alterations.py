"""Abîmer des fichiers au hasard, longtemps, et compter ce qui arrête la lecture.

``python bench/alterations.py --minutes 120`` : chaque essai abîme un dépôt (CSV, XLSX, ODS, Parquet), un YAML ou un
GeoJSON, et le lit dans un processus à part. Une faute donne sa graine, qui la refait : ``--graine N --essais 1``.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from alterations import TEXTES, essayer_a_part

from observatoire.isolement import Limites, Panne, faire_a_part
from observatoire.processus import coeurs


def principal() -> int:
    """Essayer pendant le temps donné ; rend 1 si un essai a échoué."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=15)
    arguments.add_argument("--graine", type=int, default=1)
    arguments.add_argument("--essais", type=int)
    arguments.add_argument("--processus", type=int, default=coeurs())
    arguments.add_argument("--textes", nargs="+", default=list(TEXTES), choices=TEXTES)
    choix = arguments.parse_args()
    fin = time.monotonic() + 60 * choix.minutes
    graines = itertools.islice(itertools.count(choix.graine), choix.essais)
    graines = itertools.takewhile(lambda _: time.monotonic() < fin, graines)
    comptes, fautes = Counter(), Counter()
    with tempfile.TemporaryDirectory() as dossier:
        ou = (dossier, tuple(choix.textes))
        while lot := tuple(itertools.islice(graines, 100)):
            essais = faire_a_part(essayer_a_part, lot, ou, lambda graine: Limites(secondes=60), choix.processus)
            for graine, resultat in zip(lot, essais, strict=True):
                comptes[resultat.cause if isinstance(resultat, Panne) else resultat] += 1
                if isinstance(resultat, Panne):
                    fautes[resultat.cause, resultat.faute] += 1
                    if fautes[resultat.cause, resultat.faute] <= 3:
                        print(f"graine {graine} : {resultat.cause} {resultat.faute}\n{resultat.trace}", flush=True)
            print(dict(comptes), flush=True)
    for (cause, faute), nombre in fautes.most_common():
        print(f"{nombre} x {cause} {faute}")
    return 1 if fautes else 0


if __name__ == "__main__":
    sys.exit(principal())
