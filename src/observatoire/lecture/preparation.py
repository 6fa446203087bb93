"""Écrire les tables préparées : les dépôts acceptés, rattachés à leur territoire.

Les tables d'une année sont des dossiers Parquet, ``tables/<annee>/<table>.parquet/``, d'un fichier par lot de dépôts :
rien n'oblige à tenir une année en mémoire.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire import isolement
from observatoire.cles import cle_de
from observatoire.configuration import MARQUE_FICTIF, Configuration
from observatoire.conserves import avec_les_conservees
from observatoire.droits import creer_dossier, reserver, resserrer
from observatoire.erreurs import DepotRefuse
from observatoire.fichiers import remplacer_dossier
from observatoire.lecture.bilans import tableau_des_avertissements, tableau_des_depots
from observatoire.lecture.decoupe import recoller
from observatoire.lecture.depots import Fichier
from observatoire.lecture.devenirs import ecrire_devenirs
from observatoire.lecture.lots import Bilan, Lot, ReglagesDeLecture, couper_les_gros, decouper, lire_lots, preparer_lot
from observatoire.lecture.parts import Outils
from observatoire.lecture.rapports import ecrire_rapports
from observatoire.lecture.tables import HORS, ecrire_table, table_vide
from observatoire.lecture.verification import Depots, Suivi, conclure, inventaire
from observatoire.marque import PROVISOIRE
from observatoire.rangement import ecrire_preparee
from observatoire.tables import preparees
from observatoire.tables.depots import AVERTISSEMENTS, CORRECTIONS, DEPOTS, IMMEUBLES_HORS_QUARTIER, LECTURE, ORIGINE

#: Dossier provisoire des fichiers coupés.
MORCEAUX = "morceaux"


def lire(
    config: Configuration,
    avancement: Callable[[int, int, str], None] | None = None,
    sans_les_refuses: bool = False,
    suite: Callable[[int, dict[str, pd.DataFrame]], object] | None = None,
    conseiller: Callable[[Depots], None] | None = None,
) -> Depots:
    """De ``brut`` à ``prepare``, un lot de dépôts à la fois : vérifier, préparer, écrire, oublier les lignes.

    La mémoire ne dépend que de la taille d'un lot. Comme :func:`verifier` puis :func:`preparer` : lève
    :class:`DepotRefuse` si un dépôt est refusé ; ``prepare`` reste alors ce qu'il était, rapports mis à part.

    ``suite(annee, tables)`` reçoit les tables préparées d'un lot, là où elles viennent de l'être (elle voyage donc vers
    d'autres processus) ; ce qu'elle rend est dans ``depots.suites``. ``conseiller(depots)`` complète un refus.
    """
    isolement.preparer(__package__)
    depots, outils = inventaire(config)
    outils = replace(outils, cle=cle_de(config))
    suivi = Suivi(avancement, len(depots.fichiers))
    with _a_cote(config) as aside:
        lots = couper_les_gros(decouper(depots), outils, aside / MORCEAUX)
        lus = lire_lots(lots, ReglagesDeLecture(outils, aside, sans_les_refuses, suite), suivi)
        shutil.rmtree(aside / MORCEAUX, ignore_errors=True)
        depots.fichiers = _a_leur_place(depots, lus)
        depots.suites = {(lot.annee, lot.nom): lu.suite for lot, lu in zip(lots, lus, strict=True) if lu.suite}
        _retirer_les_refuses(aside, depots, lots)
        suivi.finir()
        conclure(depots, outils, [t for lu in lus for t in lu.traces])
        if not depots.accepte:
            if conseiller and depots.refuses:
                conseiller(depots)
            ecrire_rapports(depots, config.chemin("prepare") / "rapports")
        _refuser(depots, sans_les_refuses)
        _ecrire_le_reste(aside, config, depots, lus)
        _mettre_en_place(aside, config.chemin("prepare"))
    return depots


def _a_leur_place(depots: Depots, lus: list[Bilan]) -> list[Fichier]:
    """Les fichiers tels que leur lot les a lus, morceaux recollés, dans l'ordre de l'inventaire."""
    vus: dict[tuple, list[Fichier]] = {}
    for fichier in (f for lu in lus for f in lu.fichiers):
        vus.setdefault((fichier.relatif, fichier.table), []).append(fichier)
    communes, schemas = depots.config.communes_retenues, depots.schemas
    lus_en_place = []
    for fichier in depots.fichiers:
        siens = vus.get((fichier.relatif, fichier.table), [fichier])
        entier = len(siens) == 1 and siens[0].chemin == fichier.chemin
        lus_en_place.append(siens[0] if entier else recoller(fichier, siens, communes, schemas.get(fichier.table)))
    return lus_en_place


def _retirer_les_refuses(aside: Path, depots: Depots, lots: list[Lot]) -> None:
    """Un fichier refusé pour un de ses morceaux l'est en entier : ses autres morceaux sont retirés."""
    refuses = {f.relatif for f in depots.refuses}
    for lot in lots:
        if lot.morceau and any(f.relatif in refuses for f in lot.fichiers):
            for table in aside.glob(f"tables/{lot.annee}/*/{lot.nom}"):
                table.unlink()


def preparer(config: Configuration, depots: Depots, sans_les_refuses: bool = False) -> dict:
    """Écrire ``prepare`` à partir de dépôts vérifiés ; tout est écrit à côté, puis mis en place.

    Les indicateurs calculés des tables précédentes sont effacés.

    Lève :class:`DepotRefuse` sans rien écrire si un dépôt est refusé, sauf avec ``sans_les_refuses`` : les fichiers
    refusés sont alors laissés de côté, et la couverture le dit. Retourne le bilan : fichiers, lignes, avertissements.
    """
    _refuser(depots, sans_les_refuses)
    outils = Outils(config, depots.schemas, depots.contours, cle=cle_de(config))
    with _a_cote(config) as aside:
        reglages = ReglagesDeLecture(outils, aside, sans_les_refuses)
        bilans = [preparer_lot(lot, reglages) for lot in decouper(depots, par_annee=True)]
        bilan = _ecrire_le_reste(aside, config, depots, bilans)
        _mettre_en_place(aside, config.chemin("prepare"))
    return bilan


def _refuser(depots: Depots, sans_les_refuses: bool) -> None:
    rien = not depots.fichiers and not depots.conservees
    fautifs = bool(depots.refuses or depots.corrections_refusees)
    if rien or (fautifs and not sans_les_refuses):
        raise DepotRefuse(depots.message())


@contextmanager
def _a_cote(config: Configuration) -> Iterator[Path]:
    """Un dossier d'écriture dans ``prepare``, fermé comme le dit la configuration et effacé à la fin."""
    prepare = config.chemin("prepare")
    neuf = not prepare.exists()
    with reserver(config.acces):
        creer_dossier(prepare)
        resserrer(prepare, config.acces)
        with tempfile.TemporaryDirectory(prefix=PROVISOIRE, dir=prepare) as aside:
            yield Path(aside)
    if neuf and not any(prepare.iterdir()):
        prepare.rmdir()


def _ecrire_le_reste(dossier: Path, config: Configuration, depots: Depots, bilans: list[Bilan]) -> dict:
    """Les tables que personne n'a déposées, puis ce que l'on sait des dépôts."""
    _garder_les_conservees(dossier, config, depots, "tables")
    for annee in config.annees:
        for nom, schema in depots.schemas.items():
            destination = dossier / "tables" / str(annee) / f"{nom}.parquet"
            if not destination.is_dir():
                creer_dossier(destination)
                ecrire_table(table_vide(nom, schema, depots.schemas), destination / "vide.parquet")
    ecrire_devenirs(dossier, config, depots.schemas, depots.renumerotes)
    hors = pd.concat([HORS, *(b.hors for b in bilans if len(b.hors))], ignore_index=True)
    hors = avec_les_conservees(hors, config, IMMEUBLES_HORS_QUARTIER.nom, depots.conservees)
    hors = hors.sort_values("annee", kind="stable")
    deposes = avec_les_conservees(tableau_des_depots(config, depots), config, DEPOTS.nom, depots.conservees)
    corrections = depots.corrections.astype({"annee": "int64"})
    corrections = avec_les_conservees(corrections, config, CORRECTIONS.nom, depots.conservees)
    doutes = tableau_des_avertissements(depots)
    ecrites = {IMMEUBLES_HORS_QUARTIER: hors, DEPOTS: deposes, AVERTISSEMENTS: doutes, CORRECTIONS: corrections}
    for table, contenu in ecrites.items():
        ecrire_preparee(table, contenu, dossier)
    origine = {"fictif": (config.chemin("brut") / MARQUE_FICTIF).is_file()}
    ORIGINE.dans(dossier).write_text(json.dumps(origine), encoding="utf-8")
    ecrire_rapports(depots, dossier / "rapports")
    _garder_les_conservees(dossier, config, depots, "rapports")
    return {
        "fichiers": len(depots.fichiers),
        "acceptes": len(depots.acceptes),
        "refuses": len(depots.refuses),
        "lignes": int(np.sum([b.lignes for b in bilans])),
        "avertissements": len(doutes),
        "corrections": int(depots.corrections["statut"].ne("refusee").sum()),
        "immeubles_hors_quartier": len(hors),
    }


def _garder_les_conservees(dossier: Path, config: Configuration, depots: Depots, genre: str) -> None:
    """Les tables, ou les rapports, d'une année dont les dépôts sont effacés, tant que leur tour n'est pas venu."""
    for annee in map(str, depots.conservees):
        ancien = config.chemin("prepare") / genre / annee
        if ancien.is_dir():
            shutil.copytree(ancien, dossier / genre / annee)


def _mettre_en_place(aside: Path, prepare: Path) -> None:
    """Effacer d'abord ce qui se calcule des anciennes tables, puis remplacer le reste, dossiers (marqués) en tête.

    Interrompue, la mise en place laisse ``prepare`` sans rien qui s'en tire : rien ne peut alors être publié, ni de
    l'ancien, ni d'un mélange des deux.
    """
    for table in preparees().values():
        if table.etape is not LECTURE:
            table.dans(prepare).unlink(missing_ok=True)
    for nouveau in sorted(aside.iterdir(), key=lambda element: (element.is_file(), element.name)):
        ancien = prepare / nouveau.name
        if nouveau.is_dir():
            remplacer_dossier(nouveau, ancien)
        else:
            nouveau.replace(ancien)
