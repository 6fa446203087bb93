"""Effacer les lignes dont la conservation est échue, en gardant ce qui en a été calculé.

Trois temps, dans cet ordre : figer les valeurs de chaque année à côté (:mod:`observatoire.conserves`), effacer les
tables préparées, effacer les dépôts. Une purge interrompue se reprend : ce qui est figé ne l'est pas deux fois, et rien
n'est effacé d'une année qui ne l'est pas.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.conserves import ATTENTES_SUIVANTES, DEVENIRS_SUIVANTS, VIDE, annees_conservees, dossier_conserve
from observatoire.droits import reserver, resserrer
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.fichiers import balayer, ecrire_dossier, ecrire_parquet
from observatoire.indicateurs import parc_prepare, sommes_des_devenirs
from observatoire.rangement import lire_preparee
from observatoire.sujets.alertes.calcul.standards import anonymiser
from observatoire.sujets.objectifs.tables import ATTENTES
from observatoire.tables import Table, preparees
from observatoire.tables.colonnes import DEPART

PETIT_IMMEUBLE = 11


@dataclass(frozen=True)
class Echue:
    """Ce qu'il y a à effacer d'une année dans ``brut`` ou ``prepare`` ; ``depuis`` : la fin de sa conservation."""

    lieu: str
    annee: int
    fichiers: int
    depuis: dt.date

    def __str__(self) -> str:
        nombre = f"{self.fichiers} fichier{'s' if self.fichiers > 1 else ''}"
        return f"{self.lieu}, année {self.annee} : {nombre}, conservation échue le {self.depuis:%d/%m/%Y}"


def echeance(annee: int, mois: int) -> dt.date:
    """Le dernier jour de conservation : ``mois`` mois après le 31 décembre de l'année.

    >>> echeance(2010, 14)
    datetime.date(2012, 2, 29)
    """
    ans, rang = divmod(11 + mois, 12)
    return dt.date(annee + ans, rang + 1, calendar.monthrange(annee + ans, rang + 1)[1])


def chercher_echues(config: Configuration, jour: dt.date) -> list[Echue]:
    """Tout ce dont la conservation est échue au ``jour``, du plus ancien au plus récent.

    Lève :class:`ErreurConfiguration` si aucune durée n'est fixée.
    """
    durees = {lieu: config.conservation.get(f"{lieu}_mois") for lieu in ("brut", "prepare")}
    if not any(durees.values()):
        raise ErreurConfiguration(
            f"{config.fichier.name} : aucune durée de conservation n'est fixée. Écrire par exemple\n"
            "conservation:\n  brut_mois: 36\n  prepare_mois: 36"
        )
    trouvees = [
        Echue(lieu, annee, len(_fichiers(config, lieu, annee)), echeance(annee, mois))
        for lieu, mois in durees.items()
        if mois
        for annee in _annees(config, lieu)
        if echeance(annee, mois) < jour
    ]
    return sorted((e for e in trouvees if e.fichiers), key=lambda e: (e.annee, e.lieu))


def annees_a_figer(config: Configuration, echues: list[Echue]) -> list[int]:
    """Les années de l'édition dont les valeurs ne sont pas encore à l'abri."""
    deja = annees_conservees(config)
    return sorted({e.annee for e in echues if e.annee in config.annees and e.annee not in deja})


def figer(config: Configuration, annees: list[int]) -> None:
    """Mettre à l'abri les valeurs calculées de ces années, chacune d'un coup.

    Lève :class:`ErreurObservatoire` si elles ne sont pas calculées.
    """
    for annee in annees:
        with reserver(config.acces), ecrire_dossier(dossier_conserve(config, annee)) as travail:
            for nom, table in _valeurs(config, annee).items():
                ecrire_parquet(table, travail / f"{nom}.parquet")


def a_garder(table: Table, prepare: Path, annee: int, grands: set[str]) -> pd.DataFrame:
    """Ce qu'une purge garde d'une table ; ``grands`` : les immeubles qu'un public peut voir."""
    gardees = [[("annee", "in", [annee + n for n in table.purge.annees])]]
    if DEPART in table.cles:  # ce qui part de cette année ne pourra plus en être tiré
        gardees.append([(DEPART.nom, "==", annee)])
    contenu = lire_preparee(table, prepare, filters=gardees)
    if table.purge.petits == "retirés":
        gardees = contenu["niveau"].ne("immeuble") | contenu["territoire"].isin(grands)
        contenu = contenu[gardees].reset_index(drop=True)
    elif table.purge.petits == "fondus":
        contenu = anonymiser(contenu.drop(columns="annee"), grands).assign(annee=annee)
    return contenu.assign(**dict.fromkeys(table.purge.vider, ""))


def effacer(config: Configuration, echues: list[Echue]) -> None:
    """Effacer ce qui est échu ; les valeurs de ces années doivent être figées."""
    prepare = config.chemin("prepare")
    if any(e.lieu == "prepare" for e in echues):
        balayer(prepare)
        for table in preparees().values():
            table.dans(prepare).unlink(missing_ok=True)
    for e in echues:
        for dossier in _dossiers(config, e.lieu, e.annee):
            shutil.rmtree(dossier, ignore_errors=False)
    resserrer(prepare, config.acces)


def _annees(config: Configuration, lieu: str) -> list[int]:
    racine = config.chemin("prepare") / "tables" if lieu == "prepare" else config.chemin("brut")
    noms = [d.name for d in racine.iterdir() if d.is_dir()] if racine.is_dir() else []
    return sorted(int(nom) for nom in noms if re.fullmatch(r"\d{4}", nom))


def _dossiers(config: Configuration, lieu: str, annee: int) -> list[Path]:
    prepare = config.chemin("prepare")
    lieux = {
        "brut": [config.chemin("brut") / str(annee)],
        # Les devenirs de l'année d'après recopient les ménages de celle-ci. Ses tables s'en vont les dernières : tant
        # qu'elles sont là, une purge interrompue se reprend.
        "prepare": [
            prepare / "rapports" / str(annee),
            prepare / "tables" / str(annee + 1) / "devenirs.parquet",
            prepare / "tables" / str(annee),
        ],
    }
    return [dossier for dossier in lieux[lieu] if dossier.is_dir()]


def _fichiers(config: Configuration, lieu: str, annee: int) -> list[Path]:
    return [f for d in _dossiers(config, lieu, annee) for f in d.rglob("*") if f.is_file() and f.name != VIDE]


def _valeurs(config: Configuration, annee: int) -> dict[str, pd.DataFrame]:
    """Tout ce que la chaîne reprendra de l'année : des comptes, jamais une ligne de ménage ou de logement.

    Les valeurs des petits immeubles, qu'aucun public ne voit, ne sont pas gardées, ni l'identifiant de la ligne
    corrigée ou hors quartier.
    """
    prepare = config.chemin("prepare")
    if not all(table.dans(prepare).is_file() for table in preparees().values()):
        raise ErreurObservatoire("les valeurs ne sont pas calculées : lancer « observatoire calculer ».")
    parc = parc_prepare(config, annee)
    minimum = config.conservation.get("immeuble_logements", PETIT_IMMEUBLE)
    taille = parc.groupby("immeuble", observed=True)["connus"].sum()
    grands = set(taille.index[taille >= minimum])
    valeurs = {t.nom: a_garder(t, prepare, annee, grands) for t in preparees().values() if t.purge.annees}
    parc["immeuble"] = parc["immeuble"].astype("str").where(parc["immeuble"].isin(grands))
    cellules = [c for c in parc if c != "connus"]
    parc = parc.astype(dict.fromkeys(cellules, "str")).groupby(cellules, dropna=False, sort=False, as_index=False).sum()
    if annee + 1 in config.annees and annee + 1 not in annees_conservees(config):
        valeurs[DEVENIRS_SUIVANTS] = sommes_des_devenirs(config, annee + 1, grands)
        valeurs[ATTENTES_SUIVANTES] = lire_preparee(ATTENTES, prepare, filters=[("annee", "==", annee + 1)])
    return {**valeurs, "parc": parc}
