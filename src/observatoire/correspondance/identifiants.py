"""Retrouver des identifiants que le tableur ou le progiciel a écrits autrement : zéros, lettres et tirets perdus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from observatoire.configuration import TABLES, Configuration
from observatoire.interdits import normaliser
from observatoire.lecture.depots import nommer_le_depot
from observatoire.lecture.fichiers import lire_fichier
from observatoire.lecture.refus import FichierIllisible
from observatoire.lecture.traductions import mettre_en_forme
from observatoire.schemas import Schema

#: Part des identifiants, les siens ou ceux connus d'ailleurs, qu'une forme doit retrouver.
RETROUVES = 0.9


class Connus:
    """Les identifiants des autres fichiers que le déposant a dans notre format, cette année ou une autre."""

    def __init__(self, config: Configuration, schemas: dict[str, Schema], chemin: Path):
        self._schemas, self._chemin = schemas, chemin
        self._deposants = [d.code for d in config.deposants]
        self._lus: dict[Path, dict[str, pd.Series]] = {}

    def de(self, champ: str) -> Iterator[tuple[str, pd.Series]]:
        """(nom du fichier, ses identifiants distincts), le même dossier d'abord."""
        dossiers = [self._chemin.parent, *sorted((d for d in self._chemin.parent.parent.glob("[0-9]*")), reverse=True)]
        for dossier in dict.fromkeys(dossiers):
            for autre, table in self._du_meme(dossier):
                if champ in (lus := self._lire(autre, table)):
                    yield autre.name, lus[champ]

    def tables_deposees(self) -> set[str]:
        """Celles que d'autres fichiers du même dossier donnent."""
        return {table for _, table in self._du_meme(self._chemin.parent)}

    def _du_meme(self, dossier: Path) -> Iterator[tuple[Path, str]]:
        """Les autres fichiers du déposant qui sont dans notre format, et leur table."""
        nom = nommer_le_depot(self._chemin, self._deposants)
        for autre in sorted(dossier.glob("*.*")):
            sien = nommer_le_depot(autre, self._deposants)
            if sien and nom and sien[0] == nom[0] and sien[1] in TABLES and autre != self._chemin:
                yield autre, sien[1]

    def _lire(self, chemin: Path, table: str) -> dict[str, pd.Series]:
        if chemin not in self._lus:
            schema = self._schemas[table]
            try:
                lu = lire_fichier(chemin, [schema.colonnes])
            except FichierIllisible:
                return self._lus.setdefault(chemin, {})
            noms = [normaliser(nom) for nom in lu.entete]
            siens = {c for c, champ in schema.champs.items() if champ.role == "identifiant"}
            colonnes = {c: lu.cadre[noms.index(c)] for c in siens if c in noms}
            self._lus[chemin] = {c: v[v.ne("")].drop_duplicates() for c, v in colonnes.items()}
        return self._lus[chemin]


def trouver_la_forme(siens: pd.Series, champ: str, connus: Connus) -> tuple[str, float, str]:
    """(forme, part retrouvée, fichier où) des identifiants d'une colonne ; forme vide s'ils sont déjà les mêmes."""
    siens = siens[siens.ne("")].drop_duplicates()
    for fichier, autres in connus.de(champ):
        if (part := _communs(siens, autres)) >= RETROUVES:
            return "", part, fichier
        forme = _forme_de(autres)
        if forme and (part := _communs(mettre_en_forme(siens, forme), autres)) >= RETROUVES:
            return forme, part, fichier
    return "", 0.0, ""


def _communs(siens: pd.Series, autres: pd.Series) -> float:
    """La part des uns qui sont parmi les autres : les attributions n'ont que quelques logements du parc."""
    return float(max(autres.isin(siens).mean(), siens.isin(autres).mean())) if len(siens) and len(autres) else 0.0


def _forme_de(identifiants: pd.Series) -> str:
    """« NEO0000-000 » : là où tous ont un chiffre, un zéro ; là où tous ont le même signe, ce signe. Sinon, rien."""
    longueurs = identifiants.str.len().unique()
    if len(longueurs) != 1:
        return ""
    forme = ""
    for rang in range(longueurs[0]):
        signes = identifiants.str[rang].unique()
        if all(s.isdigit() for s in signes):
            forme += "0"
        elif len(signes) == 1:
            forme += signes[0]
        else:
            return ""
    return forme if "0" in forme else ""
