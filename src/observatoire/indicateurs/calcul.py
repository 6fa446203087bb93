"""Calculer les indicateurs d'un dossier ``prepare``, un lot de dépôts à la fois."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, lire_conserve
from observatoire.couverture import etats_en_long, etendre, ranger, tableau_couverture
from observatoire.droits import reserver
from observatoire.erreurs import ErreurObservatoire
from observatoire.indicateurs.devenirs import lots_conserves
from observatoire.indicateurs.ecriture import Ecriture
from observatoire.indicateurs.evaluation import (
    PAR_SECTEUR_ET_BAILLEUR,
    croisements,
    croiser_les_secteurs,
    evaluer_par_tranches,
    livrer,
)
from observatoire.indicateurs.lots import LotSomme, regler_les_lots, sommer_lot, sommeur
from observatoire.indicateurs.ouvrage import distribuer
from observatoire.indicateurs.perimetre import Livraison, PerimetreConstant
from observatoire.indicateurs.prepares import lots_prepares, tables_vides
from observatoire.indicateurs.sommes import additionner
from observatoire.lecture import Depots, lire
from observatoire.rangement import ecrire_preparee, lire_preparee
from observatoire.tables import Travail
from observatoire.tables.depots import DEPOTS
from observatoire.tables.indicateurs import COMPTES, CONSTANTS, COUVERTURE, INDICATEURS, LIEUX
from observatoire.typographie import grouper


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été écrit : nombre de valeurs et d'indicateurs."""

    valeurs: int
    indicateurs: int


def calculer(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> pd.DataFrame:
    """Calculer tous les indicateurs, les écrire dans ``prepare`` et les rendre.

    Le tableau est relu en entier : pour un très grand parc, :func:`ecrire_indicateurs` s'en passe.
    """
    ecrire_indicateurs(config, avancement, dask)
    return lire_preparee(INDICATEURS, config.chemin("prepare"))


def ecrire_indicateurs(
    config: Configuration,
    avancement: Callable | None = None,
    dask: str | None = None,
    deja: dict[tuple[int, str], LotSomme] | None = None,
) -> Bilan:
    """Calculer tous les indicateurs et les écrire dans ``prepare``.

    Écrit ``indicateurs.parquet``, ``constants.parquet`` et ``couverture.parquet``, et ce dont le secret a besoin :
    ``comptes.parquet`` (les unités et la clé de chaque compte) et ``lieux.parquet``
    (logements de chaque combinaison de territoires et de bailleur).
    ``avancement(fait, total, libelle)`` suit les années. ``dask`` : adresse d'un ordonnanceur Dask, à qui les lots sont
    envoyés ; sinon, les processeurs de cette machine se les partagent quand ils sont gros. ``deja`` : (année, nom) ->
    les lots que :func:`sommeur` a sommés en les préparant ; ils ne sont pas relus.
    """
    with reserver(config.acces):
        return _ecrire_indicateurs(config, avancement, dask, deja or {})


def _ecrire_indicateurs(
    config: Configuration, avancement: Callable | None, dask: str | None, deja: dict[tuple[int, str], LotSomme]
) -> Bilan:
    prepare = config.chemin("prepare")
    if not DEPOTS.dans(prepare).is_file():
        raise ErreurObservatoire("aucun dépôt n'est préparé : lancer « observatoire calculer » sur des dépôts.")
    dire = avancement or (lambda fait, total, libelle: None)
    dire(0, len(config.annees), f"indicateurs {config.annees[0]}")
    gardees = annees_conservees(config)
    vives = [annee for annee in config.annees if annee not in gardees]
    par_annee = dict(_sommer_par_annee(config, vives, dask, deja, dire))
    lieux = _connus_par_annee(config, gardees, par_annee)
    connus = etendre(lieux, config)
    depots = lire_preparee(DEPOTS, prepare)
    longues = {a: etats_en_long(depots, regles.lues, config, a) for a, (regles, _) in par_annee.items()}
    etats = {a: t.pivot(index="bailleur", columns="indicateur", values="statut") for a, t in longues.items()}
    couverture = pd.concat(
        [
            lire_conserve(config, a, COUVERTURE.nom) if a in gardees else tableau_couverture(connus, longues[a])
            for a in config.annees
        ],
        ignore_index=True,
    )
    constants = PerimetreConstant(config, couverture)
    with Ecriture(prepare) as ecriture:
        for rang, annee in enumerate(config.annees):
            dire(rang, len(config.annees), f"valeurs {annee}")
            if annee in gardees:
                ecriture.reprendre(*(lire_conserve(config, annee, t.nom) for t in (INDICATEURS, COMPTES)))
                continue
            regles, lots = par_annee[annee]
            restes = lots_conserves(config, annee, _dimensions(lots))
            brutes = additionner([lot.sommes for lot in (*lots, *restes)], _dimensions(lots))
            sommes, parc = livrer(brutes, etats[annee]), connus[connus["annee"].eq(annee)]
            constants.evaluer(annee, regles, Livraison(brutes, etats[annee], parc))
            des_secteurs = [d for d in regles.lues if d.code in PAR_SECTEUR_ET_BAILLEUR]
            a_evaluer = [(c, list(regles.lues)) for c in croisements(config)]
            a_evaluer += [(c, des_secteurs) for c in croiser_les_secteurs(config)]
            for croisement, lues in a_evaluer:
                siens = etats[annee][[d.code for d in lues]]
                for tranche in evaluer_par_tranches(sommes, croisement, siens, parc, lues, regles.sans_regle):
                    ecriture.ajouter(annee, tranche)
            if avancement:
                avancement(rang + 1, len(config.annees), f"indicateurs {annee}")
    par_lieu = pd.concat([lieu.assign(annee=annee) for annee, lieu in lieux.items()], ignore_index=True)
    textes = dict.fromkeys([c for c in par_lieu if c not in ("annee", "connus")], "str")
    ecrire_preparee(LIEUX, par_lieu.astype(textes).rename(columns={"connus": "logements"}), prepare)
    ecrire_preparee(COUVERTURE, couverture, prepare)
    ecrire_preparee(CONSTANTS, constants.table(), prepare)
    return Bilan(ecriture.valeurs, len(catalogue()))


def lire_les_depots(travail: Travail) -> str:
    """L'étape de lecture : préparer les dépôts, en sommant chaque lot tant que ses lignes sont là."""
    sommer = None if travail.dask else sommeur(travail.config)
    depots = lire(travail.config, travail.avancer, travail.sans_les_refuses, sommer, _conseiller)
    travail.lots, travail.avertissements = depots.suites, tuple(depots.a_dire)
    return depots.bilan()


def _conseiller(depots: Depots) -> None:
    from observatoire.correspondance import conseiller  # rien à charger tant que rien n'est refusé

    conseiller(depots)


def faire(travail: Travail) -> str:
    """L'étape, telle que la chaîne l'appelle."""
    bilan = ecrire_indicateurs(travail.config, travail.avancer, travail.dask, travail.lots)
    travail.lots = {}
    return f"{grouper(bilan.valeurs)} valeurs, {bilan.indicateurs} indicateurs"


def parc_prepare(config: Configuration, annee: int) -> pd.DataFrame:
    """Les logements connus d'une année préparée, par cellule."""
    lots = lots_prepares(config.chemin("prepare"), annee)
    reglages = regler_les_lots(config, {annee: tables_vides(lots)})
    return _connus([sommer_lot(lot, reglages) for lot in lots])


def _connus_par_annee(config: Configuration, gardees: tuple[int, ...], par_annee: dict) -> dict[int, pd.DataFrame]:
    return {
        annee: lire_conserve(config, annee, "parc") if annee in gardees else _connus(par_annee[annee][1])
        for annee in config.annees
    }


def _dimensions(lots: list[LotSomme]) -> list[str]:
    return list(lots[0].sommes.cellules.columns)


def _sommer_par_annee(
    config: Configuration, annees: list[int], dask: str | None, deja: dict[tuple[int, str], LotSomme], dire: Callable
) -> Iterator[tuple]:
    """(année, (règles, lots sommés)), toutes les années en une seule distribution."""
    lots = {annee: lots_prepares(config.chemin("prepare"), annee) for annee in annees}
    reglages = regler_les_lots(config, {annee: tables_vides(siens) for annee, siens in lots.items()})
    taches = [lot for annee in annees for lot in lots[annee] if (annee, lot.nom) not in deja]
    sommes = dict(deja)
    for tache, lot in zip(taches, distribuer(sommer_lot, taches, reglages, dask), strict=True):
        sommes[tache.annee, tache.nom] = lot
        dire(config.annees.index(tache.annee), len(config.annees), f"indicateurs {tache.annee}")
    for annee in annees:
        yield annee, (reglages[annee].regles, [sommes[annee, lot.nom] for lot in lots[annee]])


def _connus(lots: list[LotSomme]) -> pd.DataFrame:
    """Les logements connus d'une année, tous lots réunis."""
    cles = [c for c in lots[0].connus if c != "connus"]
    tous = pd.concat([lot.connus.astype(dict.fromkeys(cles, "str")) for lot in lots], ignore_index=True)
    groupe, cellules = ranger(tous, cles)
    nombres = np.bincount(groupe, weights=tous["connus"], minlength=len(cellules))
    return cellules.assign(connus=nombres.astype(np.int64))
