"""Mesurer « observatoire calculer » à quatre tailles, contre un SQL DuckDB écrit à la main qui prend les mêmes sommes.

    python bench/calculer.py [--tailles 16000,160000,1600000,5400000] [--dossier DOSSIER]

Chaque mesure a son processus : durée et mémoire de tout l'arbre de processus (PSS, relevée au fil de
l'exécution). Les deux lisent les mêmes dépôts Parquet, sur deux fils ou deux processus. ``calculer`` fait ce que le SQL
ne fait pas : vérifier les dépôts, écrire les tables préparées et les rapports, encadrer chaque valeur. Aux deux
premières tailles, toutes les sommes sont comparées.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
import psutil
from parc_national import ecrire, ecrire_rpls

TAILLES = (16_000, 160_000, 1_600_000, 5_400_000)
ANNEES = [2021, 2022, 2023, 2024]
TAILLES_RPLS = (16_000, 160_000)
COMPAREES = 160_000
SQL = Path(__file__).with_suffix(".sql")
TITRES = {
    "logements": "logements",
    "lignes": "lignes",
    "format": "format",
    "programme": "programme",
    "secondes": "secondes",
    "pic_mio": "mémoire (Mio)",
    "lignes_par_seconde": "lignes par seconde",
    "rapport": "rapport au SQL",
}

#: code de l'indicateur -> ses colonnes dans le SQL : numérateur, dénominateur.
SOMMES = {
    "nb_logements": ("logements", None),
    **{f"financement_{m}": (f"financement_{m}", "financement_connu") for m in ("plai", "plus", "pls", "pli")},
    **{f"taille_{m}": (f"taille_{m}", "taille_connue") for m in ("t1", "t2", "t3", "t4", "t5_plus")},
    **{
        f"epoque_{m}": (f"epoque_{m}", "epoque_connue")
        for m in ("avant_1949", "1949_1974", "1975_1989", "1990_2005", "depuis_2006")
    },
    **{f"dpe_{m}": (f"dpe_{m}", "dpe_connu") for m in "abcdefg"},
    "surface_moyenne": ("surfaces", "surface_connue"),
    "anciennete_moyenne": ("ages", "epoque_connue"),
    "loyer_m2": ("loyers", "surfaces_louees"),
    "taux_vacance": ("vacants", "offerts"),
    "taux_vacance_3_mois": ("vacants_3_mois", "offerts_connus"),
    "part_vides_techniques": ("vides_techniques", "occupation_connue"),
    "taux_mobilite": ("emmenages", "anciens_connus"),
}


def mesurer(tailles: tuple[int, ...] = TAILLES, dossier: Path | None = None, rpls: bool = True) -> list[dict]:
    """Une ligne par taille, format et programme : ``logements, lignes, format, programme, secondes,
    pic_mio, lignes_par_seconde``, et ``rapport`` (au SQL) pour ``calculer``.
    """
    mesures = []
    with tempfile.TemporaryDirectory(dir=dossier) as provisoire:
        for logements in tailles:
            lieu = Path(provisoire) / str(logements)
            ecrire(lieu, logements, ANNEES)
            ici = [_mesurer("SQL", commande_sql(lieu)), _mesurer("calculer", commande_calculer(lieu))]
            ici[1]["rapport"] = ici[1]["secondes"] / ici[0]["secondes"]
            if logements <= COMPAREES:
                comparer(lieu)
            mesures += [_situer(mesure, "parquet", logements, len(ANNEES)) for mesure in ici]
            shutil.rmtree(lieu)
        for logements in TAILLES_RPLS if rpls else ():
            lieu = Path(provisoire) / f"rpls{logements}"
            ecrire_rpls(lieu, logements, ANNEES[:1])
            mesures.append(_situer(_mesurer("calculer", commande_calculer(lieu)), "rpls", logements, 1))
            shutil.rmtree(lieu)
    return mesures


def _situer(mesure: dict, format_: str, logements: int, annees: int) -> dict:
    lignes = logements * annees
    return {"logements": logements, "lignes": lignes, "format": format_, **mesure,
            "lignes_par_seconde": round(lignes / mesure["secondes"])}  # fmt: skip


def commande_calculer(lieu: Path) -> list[str]:
    """La commande mesurée."""
    return [sys.executable, "-m", "observatoire.cli", "calculer", "--config", str(lieu / "observatoire.yml")]


def commande_sql(lieu: Path) -> list[str]:
    """Le SQL, dans un processus à lui, sur deux fils."""
    texte = SQL.read_text(encoding="utf-8")
    for cle, valeur in {"brut": lieu / "brut", "sortie": lieu / "sql.parquet", "territoire": "FICTIF"}.items():
        texte = texte.replace(f"{{{cle}}}", str(valeur))
    script = "import duckdb, sys; c = duckdb.connect(); c.execute('SET threads = 2'); c.execute(sys.argv[1])"
    return [sys.executable, "-c", script, texte]


def _mesurer(programme: str, commande: list[str]) -> dict:
    """Lancer une commande et la suivre jusqu'au bout ; lève ``CalledProcessError`` si elle échoue."""
    debut, pic = time.monotonic(), 0
    with tempfile.TemporaryFile() as sortie:
        lance = subprocess.Popen(commande, stdout=sortie, stderr=subprocess.STDOUT)
        arbre = psutil.Process(lance.pid)
        while lance.poll() is None:
            pic = max(pic, _memoire(arbre))
            time.sleep(0.5 if time.monotonic() - debut > 5 else 0.05)  # le relevé lui-même a un coût
        secondes = time.monotonic() - debut
        if lance.returncode:
            sortie.seek(0)
            raise subprocess.CalledProcessError(lance.returncode, commande[:5], sortie.read())
    return {
        "programme": programme,
        "secondes": round(secondes, 2),
        "pic_mio": round(pic / 2**20),
    }


def _memoire(arbre: psutil.Process) -> int:
    """Mémoire de l'arbre de processus : chaque page partagée n'est comptée qu'une fois (PSS)."""
    total = 0
    for processus in [arbre, *_enfants(arbre)]:
        try:
            total += processus.memory_full_info().pss
        except psutil.Error:  # fini entre-temps
            continue
    return total


def _enfants(arbre: psutil.Process) -> list[psutil.Process]:
    try:
        return arbre.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def comparer(lieu: Path) -> int:
    """Vérifier que les deux ont pris les mêmes sommes, à 1e-9 près ; rend le nombre de sommes comparées."""
    cles = ["annee", "niveau", "territoire", "bailleur"]
    sql = duckdb.sql(f"SELECT * FROM '{lieu / 'sql.parquet'}'").df()
    sql.columns = [c.removeprefix("sum(").removesuffix(")") for c in sql.columns]
    sql = sql.set_index(cles)
    valeurs = pd.read_parquet(lieu / "prepare" / "indicateurs.parquet").query("statut == 'calcule'")
    comparees = 0
    for code, colonnes in SOMMES.items():
        siennes = valeurs[valeurs["indicateur"].eq(code)].set_index(cles)
        for role, colonne in zip(("numerateur", "denominateur"), colonnes, strict=True):
            if colonne is None:
                continue
            attendues = sql[colonne].reindex(siennes.index).fillna(0).astype(float)
            ecart = (siennes[role] - attendues).abs() / attendues.abs().clip(lower=1)
            if not (ecart <= 1e-9).all():
                raise AssertionError(f"{code}, {role} : écart de {ecart.max()} avec le SQL")
            comparees += len(siennes)
    return comparees


def pente(mesures: list[dict], programme: str, format_: str = "parquet") -> float:
    """Pente de la durée selon les lignes, en échelles logarithmiques, entre les deux plus grandes tailles."""
    points = [(m["lignes"], m["secondes"]) for m in mesures if (m["programme"], m["format"]) == (programme, format_)]
    (x1, y1), (x2, y2) = sorted(points)[-2:]
    return math.log(y2 / y1) / math.log(x2 / x1)


def imprimer(tailles: list[int], dossier: Path | None = None) -> str:
    """Mesurer ``calculer`` et le SQL à ces tailles (logements par année) ; rend le tableau et les pentes, en Markdown.

    Les plus petites sont aussi déposées au format RPLS. Lève ``AssertionError`` si une somme n'est pas celle du SQL.
    """
    mesures = mesurer(tuple(tailles), dossier)
    titres = list(TITRES.values())
    lignes = [[_cellule(mesure.get(cle)) for cle in TITRES] for mesure in mesures]
    tableau = "\n".join(f"| {' | '.join(ligne)} |" for ligne in [titres, ["---"] * len(titres), *lignes])
    if len(tailles) < 2:
        return tableau
    pentes = [f"{programme}, {_cellule(pente(mesures, programme))}" for programme in ("SQL", "calculer")]
    phrase = "Pente de la durée selon les lignes, en échelles logarithmiques, entre les deux plus grandes tailles"
    return f"{tableau}\n\n{phrase} : {' ; '.join(pentes)}."


def _cellule(valeur: object) -> str:
    """Un nombre à la française, espaces insécables entre les milliers ; vide sans valeur."""
    if valeur is None:
        return ""
    if isinstance(valeur, str):
        return valeur
    texte = f"{valeur:,}" if isinstance(valeur, int) else f"{valeur:,.2f}"
    return texte.replace(",", "\u202f").replace(".", ",")


def principal() -> None:
    """Mesurer et imprimer le tableau."""
    arguments = argparse.ArgumentParser(description="Mesurer « calculer » contre un SQL.")
    arguments.add_argument("--tailles", default=",".join(map(str, TAILLES)))
    arguments.add_argument("--dossier", type=Path, help="où écrire les dépôts fictifs, le temps de la mesure")
    lus = arguments.parse_args()
    print(f"{os.cpu_count()} processeurs, {psutil.virtual_memory().total / 2**30:.0f} Gio\n")
    print(imprimer([int(taille) for taille in lus.tailles.split(",")], lus.dossier))


if __name__ == "__main__":
    principal()
