"""Lire les dépôts par lots : assez de parts d'une même année pour occuper un processeur, jamais plus.

Un lot est lu, vérifié, préparé et écrit, puis oublié. Quand les dépôts sont gros, les lots se partagent entre les
processeurs ; le résultat est le même.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from observatoire.droits import creer_dossier
from observatoire.isolement import Panne, faire_a_part
from observatoire.lecture.decoupe import couper, nombre_de_morceaux
from observatoire.lecture.depots import Fichier, peser
from observatoire.lecture.parts import Outils, Trace, verifier_part
from observatoire.lecture.prudence import limites, lire_prudemment
from observatoire.lecture.tables import HORS, ecrire_table, preparer_tables, reunir
from observatoire.lecture.verification import Depots, Suivi
from observatoire.processus import coeurs, engager

#: Octets déposés d'un lot, ramenés à ceux d'un CSV (un logement en prend une centaine, une vingtaine en Parquet).
POIDS_DU_LOT = 60_000_000


@dataclass(frozen=True)
class Lot:
    """Des parts d'une même année. ``morceau`` : un morceau d'une part trop grosse."""

    rang: int
    annee: int
    parts: dict[str, list[Fichier]]
    morceau: bool = False

    @property
    def fichiers(self) -> list[Fichier]:
        """Les fichiers de toutes les parts."""
        return [f for fichiers in self.parts.values() for f in fichiers]

    @property
    def nom(self) -> str:
        """Le nom du fichier que le lot écrit pour chaque table."""
        return f"lot-{self.rang:05d}.parquet"


@dataclass(frozen=True)
class ReglagesDeLecture:
    """Comment traiter un lot ; ``dossier`` : où écrire les tables ; ``suite`` : voir :func:`lecture.lire`."""

    outils: Outils
    dossier: Path
    sans_les_refuses: bool = False
    suite: Callable[[int, dict[str, pd.DataFrame]], object] | None = None


@dataclass(frozen=True)
class Bilan:
    """Ce qui reste d'un lot écrit : ses fichiers sans leurs lignes, ses corrections, ses immeubles hors quartier, et ce
    que la suite a rendu.
    """

    fichiers: list[Fichier]
    traces: list[Trace] = field(default_factory=list)
    hors: pd.DataFrame = field(default_factory=lambda: HORS)
    lignes: int = 0
    suite: object = None


def decouper(depots: Depots, par_annee: bool = False) -> list[Lot]:
    """Ranger les parts en lots. ``par_annee`` : un lot par année, quelle que soit sa taille."""
    lots: list[Lot] = []
    poids = 0
    for (annee, deposant), fichiers in sorted(depots.parts.items(), key=lambda part: part[0][0]):
        sien = peser(fichiers)
        if not lots or lots[-1].annee != annee or (poids + sien > POIDS_DU_LOT and not par_annee):
            lots.append(Lot(len(lots), annee, {}))
            poids = 0
        lots[-1].parts[deposant] = fichiers
        poids += sien
    return lots


def couper_les_gros(lots: list[Lot], outils: Outils, dossier: Path) -> list[Lot]:
    """Remplacer le lot d'une part trop grosse pour la mémoire par un lot par morceau."""
    coupes: list[Lot] = []
    gros = [(lot, nombre) for lot in lots if len(lot.parts) == 1 and (nombre := nombre_de_morceaux(lot.fichiers))]
    coupures = faire_a_part(_couper, gros, (outils, dossier), lambda tache: limites(tache[0]))
    morceaux_de = {lot.rang: coupure for (lot, _), coupure in zip(gros, coupures, strict=True)}
    for lot in lots:
        morceaux = morceaux_de.get(lot.rang)
        if morceaux is None or isinstance(morceaux, Panne):  # lu d'un bloc, il dira ce qui ne va pas
            coupes.append(replace(lot, rang=len(coupes)))
            continue
        for fichiers in morceaux:
            parts = {fichiers[0].deposant: fichiers}
            coupes.append(replace(lot, rang=len(coupes), parts=parts, morceau=True))
    return coupes


def _couper(tache: tuple[Lot, int], ou: tuple[Outils, Path]) -> list[list[Fichier]] | None:
    (lot, nombre), (outils, dossier) = tache, ou
    return couper(lot.fichiers, outils.schemas, nombre, dossier)


def lire_lots(lots: list[Lot], reglages: ReglagesDeLecture, suivi: Suivi) -> list[Bilan]:
    """Lire tous les lots, dans leur ordre, un par cœur à la fois s'ils sont gros."""
    bilans = []
    for bilan in lire_prudemment(_traiter_lot, lots, reglages, reglages.outils):
        suivi.avancer(bilan.fichiers[0], len(bilan.fichiers))
        bilans.append(bilan)
    return bilans


def ouvriers(installer, *arguments) -> ProcessPoolExecutor:
    """Un ouvrier par cœur, qui ne calcule que sur un fil."""
    return engager(coeurs(), __name__, _installer, installer, *arguments)


def _installer(installer, *arguments) -> None:
    un_seul_fil()
    installer(*arguments)


def un_seul_fil() -> None:
    """Ne calculer que sur un fil, là où chaque cœur a déjà son processus."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def _traiter_lot(lot: Lot, reglages: ReglagesDeLecture) -> Bilan:
    """Lire, vérifier, préparer et écrire un lot ; ses fichiers n'ont ensuite plus de lignes."""
    un_seul_fil()
    traces = [t for fichiers in lot.parts.values() for t in verifier_part(fichiers, reglages.outils)]
    bilan = preparer_lot(lot, reglages)
    for fichier in lot.fichiers:
        fichier.donnees = {}
    return replace(bilan, traces=traces)


def preparer_lot(lot: Lot, reglages: ReglagesDeLecture) -> Bilan:
    """Préparer et écrire les fichiers acceptés d'un lot vérifié ; rien si l'un est refusé et que tous comptent."""
    if any(f.refuse for f in lot.fichiers) and not reglages.sans_les_refuses:
        return Bilan(lot.fichiers)
    deposants = {d.code: d for d in reglages.outils.config.deposants}
    morceaux: dict[str, list] = {}
    for fichier in lot.fichiers:
        if not fichier.refuse:
            for table, donnees in fichier.donnees.items():
                morceaux.setdefault(table, []).append((deposants[fichier.deposant], donnees))
    schemas, renumerotations = reglages.outils.schemas, reglages.outils.renumerotations
    tables = {
        nom: reunir(morceaux[nom], lot.annee, schemas[nom], renumerotations) for nom in schemas if nom in morceaux
    }
    return _ecrire(lot, tables, reglages)


def _ecrire(lot: Lot, tables: dict[str, pd.DataFrame], reglages: ReglagesDeLecture) -> Bilan:
    preparees, hors = preparer_tables(tables, reglages.outils)
    for nom, table in preparees.items():
        destination = reglages.dossier / "tables" / str(lot.annee) / f"{nom}.parquet"
        creer_dossier(destination)
        ecrire_table(table, destination / lot.nom)
    suite = reglages.suite(lot.annee, preparees) if reglages.suite else None
    return Bilan(lot.fichiers, [], hors, sum(map(len, preparees.values())), suite)
