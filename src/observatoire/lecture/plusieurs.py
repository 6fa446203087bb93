"""Une table donnée en plusieurs fichiers, que leur correspondance décrit : deux agences, deux logiciels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from observatoire.lecture.depots import Fichier, cles
from observatoire.lecture.problemes import Lignes, Probleme, enumerer
from observatoire.schemas import Schema


def reunis(fichiers: Iterable[Fichier]) -> dict[tuple[int, str, str], Fichier]:
    """(année, déposant, table) -> son fichier ; un seul, fait de tous, quand ils sont plusieurs."""
    par_cle: dict[tuple, list[Fichier]] = {}
    for fichier in fichiers:
        for cle in cles(fichier):
            par_cle.setdefault(cle, []).append(fichier)
    return {cle: ceux[0] if len(ceux) == 1 else _en_un(ceux, cle[2]) for cle, ceux in par_cle.items()}


def _en_un(fichiers: list[Fichier], table: str) -> Fichier:
    lues = [f.donnees[table] for f in fichiers if table in f.donnees]
    return replace(
        fichiers[0],
        relatif=enumerer(Path(f.relatif).name for f in fichiers),
        problemes=[p for f in fichiers for p in f.problemes],
        donnees={table: pd.concat(lues, ignore_index=True)} if lues else {},
        siennes={},
    )


def solidaires(fichiers: list[Fichier]) -> None:
    """Une table dont un fichier est refusé l'est en entier : la moitié d'un parc tromperait."""
    for cle, entier in reunis(fichiers).items():
        siens = [f for f in fichiers if cle in cles(f)]
        if len(siens) > 1 and entier.refuse:
            for fichier in (f for f in siens if not f.refuse):
                fautifs = enumerer(Path(f.relatif).name for f in siens if f.refuse)
                conseil = "Corriger d'abord cet autre fichier ; celui-ci est mis à part en attendant."
                fichier.problemes.append(Probleme("dependance", f"il complète {fautifs}, qui est refusé.", conseil))


def partager(fichiers: list[Fichier], schema: Schema) -> None:
    """Refuser les lignes que deux fichiers d'une même table donnent l'un et l'autre."""
    lus = [f for f in fichiers if schema.nom in f.donnees]
    if len(lus) < 2 or not schema.cle:
        return
    cle = schema.cle[0]
    numeros = pd.concat([f.donnees[schema.nom][cle].astype("str") for f in lus], keys=range(len(lus)))
    doubles = numeros[numeros.duplicated(keep=False)]
    for rang, fichier in enumerate(lus):
        if rang in doubles.index.get_level_values(0):
            lignes = Lignes.de(doubles.loc[rang].index)
            autres = enumerer(Path(f.relatif).name for f in lus if f is not fichier)
            conseil = "Ces fichiers se complètent : ne donner chaque ligne que dans l'un."
            fichier.problemes.append(
                Probleme("unicite", f"des identifiants sont aussi dans {autres}.", conseil, cle, lignes)
            )
