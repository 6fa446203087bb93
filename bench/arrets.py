"""Tuer des commandes à des instants tirés au hasard, et compter ce qui se perd ou reste derrière elles.

    PYTHONPATH=tests python bench/arrets.py --dossier DIR --arrets 10 --graine 1

Une petite ville est publiée une fois : c'est la référence. Puis, à chaque arrêt, une étape tirée au hasard est refaite
et tuée (kill -9, elle seule ou tout son groupe de processus) à un instant tiré entre une demi-seconde et sa durée.
Après chaque arrêt : le site, les pages et ce qui est publié sont ceux de la référence, les dépôts aussi, aucun
processus ne vit encore, le dossier temporaire est vide. À la fin, une publication ordinaire, puis une qui refait tout,
redonnent les mêmes octets partout. Un dossier déjà employé sert de nouveau, avec une autre graine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
from petite_ville import commande, contenu, ecrire_petite_ville

ETAPES = ("calculer", "proteger", "executer", "livre")
DELAI = 20  # secondes laissées à ce qui s'efface de soi-même après un arrêt


class Essai:
    """La petite ville, sa référence et la durée de chaque étape."""

    def __init__(self, dossier: Path, graine: int):
        self.ville, self.temporaire = dossier / "ville", dossier / "tmp"
        self.temporaire.mkdir(parents=True, exist_ok=True)
        self.hasard = random.Random(graine)
        self.environnement = {**os.environ, "TMPDIR": str(self.temporaire)}
        self.fichier = self.ville / "observatoire.yml"
        mesures = dossier / "durees.json"
        if not mesures.is_file():
            ecrire_petite_ville(self.ville, quartiers=False)
            mesures.write_text(json.dumps({etape: self._mesurer(etape) for etape in ETAPES}))
        self.durees = json.loads(mesures.read_text())
        subprocess.run(commande("publier", self.fichier), check=True, capture_output=True, env=self.environnement)
        self.reference, self.depots = self._contenu(), self._depots()

    def _commande(self, etape: str) -> list[str]:
        """L'étape, à refaire toute ; le calcul écrit à part, pour que les étapes d'après gardent de quoi faire."""
        ailleurs = ["--prepare", str(self.ville / "prepare_a_tuer")] if etape == "calculer" else []
        return commande(etape, self.fichier, "--refaire", *ailleurs)

    def _mesurer(self, etape: str) -> float:
        depart = time.perf_counter()
        subprocess.run(commande(etape, self.fichier), check=True, capture_output=True, env=self.environnement)
        return time.perf_counter() - depart

    def _contenu(self) -> dict[str, bytes]:
        """Tout ce qui est écrit, sauf qui tient un dossier : la commande suivante le récrit."""
        return {nom: octets for nom, octets in contenu(self.ville).items() if not nom.endswith(".tenu")}

    def _differents(self, present: dict[str, bytes]) -> list[str]:
        """Les fichiers perdus, changés ou de trop."""
        noms = sorted(self.reference.keys() | present.keys())
        return [nom for nom in noms if present.get(nom) != self.reference.get(nom)]

    def _depots(self) -> dict[Path, bytes]:
        return {f: f.read_bytes() for f in sorted((self.ville / "brut").rglob("*")) if f.is_file()}

    def tuer(self) -> tuple[str, list[str]]:
        """(étape, ce qui ne va pas après l'arrêt)."""
        etape, groupe = self.hasard.choice(ETAPES), self.hasard.random() < 0.5
        muet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processus = subprocess.Popen(self._commande(etape), env=self.environnement, start_new_session=True, **muet)
        time.sleep(0.5 * (self.durees[etape] / 0.5) ** self.hasard.random())  # autant d'arrêts par ordre de grandeur
        if processus.poll() is not None:
            return "finie avant l'arrêt", []
        descendants = psutil.Process(processus.pid).children(recursive=True)
        (os.killpg if groupe else os.kill)(processus.pid, signal.SIGKILL)
        processus.wait()
        return etape, list(self._chercher(descendants))

    def _chercher(self, descendants: list[psutil.Process]):
        _, vivants = psutil.wait_procs(descendants, timeout=DELAI)
        if vivants := [p for p in vivants if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
            yield f"vivent encore : {[' '.join(p.cmdline()[:4]) for p in vivants]}"
        fin = time.monotonic() + DELAI
        while any(self.temporaire.iterdir()) and time.monotonic() < fin:
            time.sleep(0.1)
        if restes := sorted(f.name for f in self.temporaire.iterdir()):
            yield f"dans le dossier temporaire : {', '.join(restes)}"
        if perdus := [nom for nom in self._differents(self._contenu()) if nom in self.reference]:
            yield f"{len(perdus)} fichiers perdus ou changés, dont {perdus[0]}"
        if self._depots() != self.depots:
            yield "les dépôts ont changé"

    def finir(self) -> list[str]:
        """Ce qui ne va pas après une publication ordinaire, puis une qui refait tout."""
        fautes = []
        for reprise in (commande("publier", self.fichier), commande("publier", self.fichier, "--refaire")):
            fait = subprocess.run(reprise, capture_output=True, text=True, env=self.environnement)
            fautes += [fait.stderr] if fait.returncode else []
            fautes += [f"n'est plus le même après reprise : {nom}" for nom in self._differents(self._contenu())]
        calcul = subprocess.run(self._commande("calculer"), capture_output=True, text=True, env=self.environnement)
        fautes += [calcul.stderr] if calcul.returncode else []
        restes = [f.name for f in self.ville.rglob(".provisoire-*") if ".travail" not in str(f)]
        return fautes + ([f"restes : {restes}"] if restes else [])


def principal() -> None:
    """Faire les arrêts demandés et imprimer le compte, en JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("--dossier", type=Path, required=True)
    options.add_argument("--arrets", type=int, default=50)
    options.add_argument("--graine", type=int, default=2010)
    donnes = options.parse_args()
    essai, tues, fautes = Essai(donnes.dossier.resolve(), donnes.graine), Counter(), []
    while tues.total() < donnes.arrets:
        etape, trouvees = essai.tuer()
        if etape in ETAPES:
            tues[etape] += 1
            fautes += [f"{etape} : {faute}" for faute in trouvees]
            print(f"{tues.total()}/{donnes.arrets} {etape}", *trouvees, file=sys.stderr, flush=True)
    durees = {etape: round(duree, 1) for etape, duree in essai.durees.items()}
    fin = essai.finir()
    bilan = {"arrets": dict(tues), "fautes": fautes, "fin": fin, "durees_s": durees}
    bilan["fichiers_identiques_apres_reprise"] = 0 if fin else len(essai.reference)
    print(json.dumps(bilan, ensure_ascii=False))


if __name__ == "__main__":
    principal()
