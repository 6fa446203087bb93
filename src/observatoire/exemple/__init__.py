"""Des dépôts fictifs, cohérents d'une année à l'autre, calés sur des chiffres publiés, avec des vérités plantées.

``scenario`` dit ce qu'il faut tirer, ``parc`` tire immeubles et logements, ``menages`` ceux qui y entrent, ``vie`` fait
passer les années, ``flux`` ajoute attributions, demandes, signalements et programmes, ``verites`` plante ce que les
alertes devront trouver, ``depots`` compose les tables, ``formats`` les écrit comme les bailleurs les enverraient et
``place`` s'assure de n'effacer que des dépôts fictifs.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from observatoire.configuration import Configuration
from observatoire.droits import reserver, resserrer
from observatoire.exemple import depots, flux, formats, place
from observatoire.exemple.parc import tirer_parc
from observatoire.exemple.scenario import Scenario
from observatoire.exemple.vie import Annee, Vie
from observatoire.fichiers import ecrire_csv, mettre_a_la_place

SANS_BAILLEUR = ("menages", "signalements")
"""Tables dont le schéma n'a pas de colonne « bailleur »."""


@dataclass(frozen=True)
class Resume:
    """Ce qui a été écrit : nombre de fichiers, d'immeubles, de logements et de vérités plantées."""

    fichiers: int
    immeubles: int
    logements: int
    verites: int

    def __str__(self) -> str:
        return (
            f"{self.fichiers} fichiers, {self.immeubles} immeubles, {self.logements} logements, "
            f"{self.verites} vérités plantées"
        )


def ecrire_exemple(dossier: Path, config: Configuration, graine: int = 2007, logements: int = 16000) -> Resume:
    """Écrire les dépôts fictifs de toutes les années de ``config`` dans ``dossier``, et ``verite.csv`` à côté.

    Les mêmes arguments donnent les mêmes octets. Tout est écrit à l'écart puis mis en place d'un coup. Lève
    :class:`ErreurObservatoire` si ``dossier`` contient autre chose que des dépôts fictifs écrits par cette fonction.
    """
    with reserver(config.acces):
        return _ecrire(Path(dossier), config, graine, logements)


def _ecrire(dossier: Path, config: Configuration, graine: int, logements: int) -> Resume:
    place.exiger_fictif(dossier)
    travail = dossier.with_name(f".{dossier.name}.nouveau")
    shutil.rmtree(travail, ignore_errors=True)
    travail.mkdir(parents=True)
    scenario, alea = Scenario(config), np.random.default_rng(graine)
    parc = tirer_parc(scenario, logements, alea)
    for etat in Vie(scenario, parc, alea).annees():
        _deposer(etat, scenario, travail / str(etat.annee), alea)
    _deposer_les_demandes(scenario, logements, travail, np.random.default_rng([graine, 1]))
    fichiers = place.marquer_fictif(travail, graine, logements)
    ecrire_csv(parc.verites, dossier.parent / place.VERITES)
    mettre_a_la_place(travail, dossier)
    resserrer(dossier, config.acces)
    return Resume(fichiers, len(parc.immeubles), len(parc.logements), len(parc.verites))


def _deposer(etat: Annee, scenario: Scenario, dossier: Path, alea) -> None:
    """Écrire les dépôts des bailleurs pour une année, chacun avec ses tables et à son format."""
    dossier.mkdir()
    tables = depots.tables_de_l_annee(etat, scenario, alea)
    for bailleur in scenario.bailleurs:
        for nom, table in tables.items():
            sienne = table[table.index == bailleur.code]
            if len(sienne) and scenario.depose(bailleur, nom, etat.annee):
                champs = sienne.drop(columns="bailleur") if nom in SANS_BAILLEUR else sienne
                formats.ecrire(champs, dossier / f"{nom}_{bailleur.code}", bailleur.code)


def _deposer_les_demandes(scenario: Scenario, logements: int, dossier: Path, alea) -> None:
    tiers = [d for d in scenario.config.deposants if not d.est_bailleur and "demandes" in d.tables]
    for annee, stock in flux.demandes(scenario, logements, alea):
        for deposant in tiers:
            formats.ecrire(stock, dossier / str(annee) / f"demandes_{deposant.code}", deposant.code)
