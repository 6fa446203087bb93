"""Le secret sur des parcs fictifs tirés au sort : ce qui est caché, ce que l'attaque trouve, avec et sans complément.

    python bench/secret.py --graines 20 --logements 16000

Chaque graine passe par les vraies commandes jusqu'à la protection ; le registre est celui des valeurs publiées, que les
pages ne font que redire. Une ligne par graine, puis le total ; sortie 1 si l'attaque trouve quoi que ce soit.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from observatoire.confidentialite.protection import cacher_sans_complement
from observatoire.confidentialite.publication import lire_matiere, preparer_outils
from observatoire.confidentialite.regles import lire_regles_du_secret

from observatoire.audit.attaque import Attaque
from observatoire.audit.dossier import Dossier
from observatoire.baremes import lire_baremes
from observatoire.chaine import Chaine
from observatoire.configuration import Configuration, lire_configuration
from observatoire.edition.execution import inscrire_l_edition
from observatoire.fichiers import ecrire_csv
from observatoire.publie import INDICATEURS

RACINE = Path(__file__).resolve().parents[1]


def mesurer(graine: int, logements: int, public: str, dossier: Path) -> dict:
    """Les comptes d'une graine : voir les clés du résultat."""
    chemins = {nom: dossier / nom for nom in ("brut", "prepare", "publie")}
    chaine = Chaine(lire_configuration(RACINE / "observatoire.yml").avec_chemins(**chemins))
    chaine.exemple(graine, logements)
    chaine.calculer(sans_les_refuses=False)
    depart = time.perf_counter()
    chaine.proteger(public)
    protege = time.perf_counter()
    trouves = _attaquer(chaine.config, public)
    attaque = time.perf_counter()
    secret = json.loads((chemins["publie"] / public / "edition.json").read_text(encoding="utf-8"))["secret"]
    return {
        "graine": graine, "secret": secret, "trouves": trouves, "protection_s": round(protege - depart, 1),
        "attaque_s": round(attaque - protege, 1), "sans_complement": _sans_complement(chaine.config, public),
    }  # fmt: skip


def _attaquer(config: Configuration, public: str) -> int:
    inscrire_l_edition(config, public, {})
    return len(Attaque(Dossier(config, public)).conclure().constats)


def _sans_complement(config: Configuration, public: str) -> dict[str, int]:
    """Ce que l'attaque trouve quand seule la suppression primaire est faite, et combien de valeurs elle cachait."""
    referentiels = config.chemin("referentiels")
    baremes = lire_baremes(referentiels)
    regles = lire_regles_du_secret(referentiels, baremes, public, max(config.annees))
    matiere, outils = lire_matiere(config), preparer_outils(config, baremes)
    table = cacher_sans_complement(matiere, outils, regles)
    ecrire_csv(table, config.chemin("publie") / public / INDICATEURS)
    return {"cachees": int(table["statut"].eq("c").sum()), "trouves": _attaquer(config, public)}


def principal() -> int:
    """Lire les arguments, mesurer, imprimer une ligne JSON par graine."""
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--graines", type=int, default=20)
    lecteur.add_argument("--premiere", type=int, default=1)
    lecteur.add_argument("--logements", type=int, default=16000)
    lecteur.add_argument("--public", default="publique")
    arguments = lecteur.parse_args()
    trouves = 0
    for graine in range(arguments.premiere, arguments.premiere + arguments.graines):
        with tempfile.TemporaryDirectory() as dossier:
            mesure = mesurer(graine, arguments.logements, arguments.public, Path(dossier))
        trouves += mesure["trouves"]
        print(json.dumps(mesure, ensure_ascii=False), flush=True)
    print(f"{arguments.graines} graines, {trouves} comptes trouvés")
    return int(trouves > 0)


if __name__ == "__main__":
    sys.exit(principal())
