"""Fouiller : des fichiers de bailleurs abîmés au hasard, de chaque format, proposés puis lus à travers la proposition.

    python bench/fouille.py --exemples 2000 [--graine N]

Rien ne doit tomber, ni durer, ni nommer une valeur personnelle. Chaque faute est imprimée avec la graine qui la refait.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import alterations
from archive_bailleurs import PROGICIELS, Facon, composer, configurer

from observatoire.configuration.modeles.correspondances import FichierEcrit
from observatoire.correspondance.examen import Examen, examiner_ici
from observatoire.lecture.correspondances import lire_a_travers
from observatoire.lecture.depots import Fichier
from observatoire.lecture.refus import FichierIllisible
from observatoire.schemas import lire_schemas

#: Ce qui ne doit sortir nulle part ; un dépôt n'a pas d'autre occasion de le dire.
PERSONNE = "Duchemolle"
HOSTILES = (
    "", "TOTAL", "=1+1", "#REF!", "1e400", "nan", "\u200b", "\ud7ff", "0" * 400, "T99", "31/02/2010", "-1", "[", "\\",
    "Nom", "Total général", f"Mme {PERSONNE} Josette", "n° 3", "²", "1.234.567,89", "99999999999999999999",
)  # fmt: skip
FORMATS = ("csv", "xlsx", "ods", "parquet")
SECONDES = 20
VUS: Counter[str] = Counter()


def fabriquer(table: str, format_: str, graine: int) -> bytes:
    """Un extrait où une colonne porte un nom, dans ce format."""
    progiciel = sorted(PROGICIELS[table])[graine % len(PROGICIELS[table])]
    facon = Facon(["mots", "codes", "rpls"][graine % 3], "csv", titres=graine % 3, total=graine % 2 == 1)
    extrait = composer(table, progiciel, "gbh", 2010, facon, graine=graine, n=24)
    extrait.octets = _deranger(extrait.octets.decode("utf-8-sig"), random.Random(graine)).encode()
    if format_ == "csv":
        return extrait.octets.replace(b"Agence Nord", f"Mme {PERSONNE} Josette".encode())
    lignes = [ligne.split(";") for ligne in extrait.octets.decode("utf-8-sig").split("\r\n")]
    cadre = pd.DataFrame(lignes[1:], columns=[str(n) if n in lignes[0][:i] else n for i, n in enumerate(lignes[0])])
    cadre = cadre.fillna("").replace("Agence Nord", f"Mme {PERSONNE} Josette")
    flux = io.BytesIO()
    if format_ == "parquet":
        cadre.loc[:, ~cadre.columns.duplicated()].to_parquet(flux, index=False)
    else:
        cadre.to_excel(flux, index=False, engine={"xlsx": "openpyxl", "ods": "odf"}[format_])
    return flux.getvalue()


def _deranger(texte: str, alea: random.Random) -> str:
    """Quelques cellules, en-tête compris, remplacées par ce qui gêne."""
    lignes = [ligne.split(";") for ligne in texte.split("\r\n")]
    for _ in range(alea.randrange(4)):
        ligne = alea.choice(lignes)
        ligne[alea.randrange(len(ligne))] = alea.choice(HOSTILES)
    return "\r\n".join(map(";".join, lignes))


def essayer(octets: bytes, table: str, format_: str, config, schemas) -> None:
    """Proposer, puis lire à travers la proposition ; tout refus est permis, aucune exception."""
    with tempfile.TemporaryDirectory() as nom:
        chemin = Path(nom) / f"{table}_gbh.{format_}"
        chemin.write_bytes(octets)
        debut = time.process_time()  # non la durée : la machine peut être chargée
        faulthandler.dump_traceback_later(6 * SECONDES, exit=True)  # le fichier reste dans le dossier provisoire
        examen = examiner_ici(Fichier(chemin, chemin.name), config)
        dites = examen if isinstance(examen, str) else f"{examen.proposition}"
        if isinstance(examen, Examen):
            VUS["proposé"] += 1
            ecrit = FichierEcrit.model_validate(
                {"fichier": table, "tables": examen.proposition.tables, "laissees": examen.proposition.laissees},
                context={"champs": {t: s.champs for t, s in schemas.items()}},
            )
            fichier = Fichier(chemin, chemin.name, 2010, "gbh", table)
            try:
                lire_a_travers(fichier, ecrit, schemas[table])
                VUS["lu"] += 1
            except FichierIllisible as refus:
                VUS["refusé"] += 1
                dites += "\n".join(p.texte for p in refus.problemes)
        else:
            VUS["sans tableau"] += 1
        assert PERSONNE not in dites, "une valeur personnelle est nommée"
        faulthandler.cancel_dump_traceback_later()
        assert time.process_time() - debut < SECONDES, "trop long"


def main() -> int:
    """Fouiller ; 1 si quelque chose est tombé."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--exemples", type=int, default=2000)
    analyseur.add_argument("--graine", type=int, default=0)
    choix = analyseur.parse_args()
    dossier = Path(tempfile.mkdtemp())
    config = configurer(dossier)
    schemas = lire_schemas(config.chemin("schemas"))
    sains: dict[tuple, bytes] = {}

    @seed(choix.graine)
    @settings(
        max_examples=choix.exemples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(sorted(PROGICIELS)), st.sampled_from(FORMATS), st.integers(0, 99), st.integers(0, 2**32))
    def fouiller(table: str, format_: str, modele: int, graine: int) -> None:
        cle = (table, format_, modele)
        if cle not in sains:
            sains[cle] = fabriquer(*cle)
        alea = random.Random(graine)
        octets = alterations.abimer(sains[cle], alea) if alea.random() < 0.5 else sains[cle]
        essayer(octets, table, format_, config, schemas)
        VUS["essais"] += 1
        if VUS["essais"] % 100 == 0:
            print(dict(VUS), flush=True)

    try:
        fouiller()
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        return 1
    finally:
        print(", ".join(f"{n} {quoi}" for quoi, n in VUS.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
