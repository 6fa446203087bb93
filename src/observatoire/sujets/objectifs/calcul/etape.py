"""Ce que l'on tire des lignes pour parler des attributions : ``prepare/attributions_*.parquet``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from observatoire.baremes import lire_baremes
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, avec_les_conservees
from observatoire.droits import reserver
from observatoire.rangement import ecrire_preparee
from observatoire.sujets.objectifs.calcul import attente, deplacements
from observatoire.sujets.objectifs.tables import ATTENTES, DEPLACEMENTS
from observatoire.tables import Table, Travail, en_texte
from observatoire.typographie import compter


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été écrit : combien d'écarts entre bailleurs, et d'attentes."""

    ecarts: int
    attentes: int

    def __str__(self) -> str:
        ecarts = compter(self.ecarts, "écart entre bailleurs", "écarts entre bailleurs")
        return f"{ecarts} à logements égaux, {compter(self.attentes, 'attente estimée', 'attentes estimées')}"


def ecrire_attributions(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> Bilan:
    """Écrire dans ``prepare`` ce que l'on tire des tables préparées ; une année purgée garde ses lignes."""
    dire = avancement or (lambda fait, total, libelle: None)
    baremes = lire_baremes(config.chemin("referentiels"))
    dire(0, 2, "attributions, bailleurs")
    tables = {DEPLACEMENTS: deplacements.deplacer(config, baremes, dask)}
    dire(1, 2, "attributions, attentes")
    tables[ATTENTES] = attente.estimer_les_attentes(config, baremes)
    with reserver(config.acces):
        for table, contenu in tables.items():
            typee = _typer(table, contenu[table.noms])
            entiere = avec_les_conservees(typee, config, table.nom, annees_conservees(config))
            ecrire_preparee(table, entiere.reset_index(drop=True), config.chemin("prepare"))
    return Bilan(*map(len, tables.values()))


def faire(travail: Travail) -> str:
    """L'étape, telle que la chaîne l'appelle."""
    return str(ecrire_attributions(travail.config, travail.avancer, travail.dask))


def _typer(table: Table, contenu: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes types que la table soit vide ou non."""
    textes = en_texte(table.colonnes)
    return contenu.astype({c: "int64" if c == "annee" else "str" if c in textes else "float64" for c in contenu})
