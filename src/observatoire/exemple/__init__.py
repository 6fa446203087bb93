"""Des dépôts fictifs, cohérents d'une année à l'autre, calés sur des chiffres publiés, avec des vérités plantées.

``scenario`` dit ce qu'il faut tirer, ``parc`` tire immeubles et logements, ``vie`` fait passer les années, ``flux``
ajoute attributions, demandes, signalements et programmes, ``verites`` plante ce que les alertes devront trouver,
``depots`` écrit le tout comme les bailleurs l'enverraient.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from observatoire.configuration import MARQUE_FICTIF, Configuration
from observatoire.erreurs import ErreurObservatoire
from observatoire.exemple import depots, flux
from observatoire.exemple.parc import tirer_parc
from observatoire.exemple.scenario import Scenario
from observatoire.exemple.verites import planter
from observatoire.exemple.vie import vivre

AVIS = """Ces dépôts sont fictifs : ils ont été tirés au sort par « observatoire exemple » (graine {graine}).
Aucun ménage, aucun immeuble, aucun loyer n'est réel. Les bailleurs, eux, existent : aucun chiffre n'est le leur.
Tant que ce fichier est là, chaque page du site le dit. Le retirer avec les dépôts fictifs, jamais seul.
"""


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
    :class:`ErreurObservatoire` si ``dossier`` contient des dépôts qui ne sont pas marqués fictifs.
    """
    dossier = Path(dossier)
    presents = [d for d in dossier.glob("*") if d.name not in (".gitkeep", MARQUE_FICTIF)] if dossier.is_dir() else []
    if presents and not (dossier / MARQUE_FICTIF).is_file():
        raise ErreurObservatoire(
            f"{dossier} contient des dépôts qui ne sont pas fictifs : rien n'a été écrit.\n"
            "    Choisir un autre dossier avec --dossier, ou retirer d'abord ces dépôts."
        )
    travail = dossier.with_name(f".{dossier.name}.nouveau")
    shutil.rmtree(travail, ignore_errors=True)
    travail.mkdir(parents=True, mode=0o700)
    resume, verites = _ecrire(travail, config, graine, logements)
    (travail / MARQUE_FICTIF).write_text(AVIS.format(graine=graine), encoding="utf-8")
    dossier.mkdir(mode=0o700, exist_ok=True)
    for ancien in presents:
        shutil.rmtree(ancien) if ancien.is_dir() else ancien.unlink()
    for nouveau in sorted(travail.iterdir()):
        nouveau.replace(dossier / nouveau.name)
    travail.rmdir()
    verites.to_csv(dossier.parent / "verite.csv", index=False, lineterminator="\n")
    return resume


def _ecrire(travail: Path, config: Configuration, graine: int, nombre: int):
    scenario, alea = Scenario(config), np.random.default_rng(graine)
    immeubles, logements = tirer_parc(scenario, nombre, alea)
    verites = planter(scenario, immeubles, alea)
    fichiers = 0
    for etat in vivre(scenario, immeubles, logements, verites, alea):
        annee = travail / str(etat.annee)
        annee.mkdir()
        tables = depots.tables_de_l_annee(etat, scenario, immeubles, logements, verites, alea)
        for bailleur in scenario.bailleurs:
            format_ = depots.FORMATS.get(bailleur.code, depots.ORDINAIRE)
            for nom, table in tables.items():
                sienne = table[table["bailleur"].eq(bailleur.code)]
                if len(sienne) and scenario.depose(bailleur, nom, etat.annee):
                    garde = sienne.drop(columns="bailleur") if nom in ("menages", "signalements") else sienne
                    depots.ecrire(garde, annee, f"{nom}_{bailleur.code}", format_)
                    fichiers += 1
    tiers = [d for d in config.deposants if not d.est_bailleur and "demandes" in d.tables]
    for annee, stock in flux.demandes(scenario, nombre, np.random.default_rng(graine + 1)):
        for deposant in tiers:
            depots.ecrire(stock, travail / str(annee), f"demandes_{deposant.code}", depots.ORDINAIRE)
            fichiers += 1
    return Resume(fichiers, len(immeubles), len(logements), len(verites)), verites
