"""Les identifiants à chercher et la façon de les retrouver vite, entiers, dans une suite d'atomes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow.parquet as pq

from observatoire.audit.jetons import atomes, plier

# Un identifiant plus court se confondrait avec un mot ou un nombre ordinaire.
_AVEC_LETTRES_ET_CHIFFRES, _EN_CHIFFRES, _EN_LETTRES = 6, 7, 10


class Place(NamedTuple):
    """D'où vient un identifiant : sa table et sa colonne."""

    table: str
    colonne: str


class Recueil:
    """Les identifiants à chercher, chacun réduit à la suite de ses atomes.

    ``places`` : suite -> table et colonne d'où elle vient ; ``courants`` : de même, pour ce qui est trop court pour
    être cherché. Une suite est retrouvée par son atome le plus long, puis comparée en entier : la recherche d'un
    fichier coûte une intersection d'ensembles.
    """

    def __init__(self):
        self.places: dict[tuple[str, ...], Place] = {}
        self.courants: dict[tuple[str, ...], Place] = {}
        self.publies = self.tables = 0
        self._ancres: dict[str, set[tuple[str, ...]]] | None = None

    def ajouter(self, chemin: Path, table: str, colonnes: Iterable[str], prefixe: str) -> None:
        """Les valeurs des ``colonnes`` d'une table préparée, sans le ``prefixe`` du déposant."""
        self.tables += 1
        presentes = sorted(set(colonnes) & set(pq.read_schema(chemin).names))
        lue = pd.read_parquet(chemin, columns=presentes)
        for colonne in presentes:
            for suite in {tuple(s) for s in map(atomes, _formes(lue[colonne].dropna(), prefixe))} - self.places.keys():
                (self.places if distinctif(suite) else self.courants)[suite] = Place(table, colonne)

    def retirer(self, noms: Iterable[str]) -> None:
        """Ne pas chercher ce qui est un territoire publié, par son code ou par son nom."""
        for nom in noms:
            for forme in {nom, nom.partition(":")[2] or nom}:
                self.publies += self.places.pop(tuple(atomes(forme)), None) is not None

    def chercher(self, lus: list[str]) -> set[tuple[str, ...]]:
        """Les identifiants qui se lisent dans une suite d'atomes."""
        if self._ancres is None:
            self._ancres = defaultdict(set)
            for suite in self.places:
                self._ancres[max(suite, key=len)].add(suite)
        presentes = self._ancres.keys() & set(lus)
        if not presentes:
            return set()
        return {
            suite
            for rang, atome in enumerate(lus)
            if atome in presentes
            for suite in self._ancres[atome]
            if tuple(lus[(debut := rang - suite.index(atome)) : debut + len(suite)]) == suite and debut >= 0
        }

    def censurer(self, texte: str) -> str:
        """Un nom de fichier ou de clé, sans les identifiants qu'il porte."""
        trouves = self.chercher(atomes(texte))
        for suite in sorted(trouves, key=len, reverse=True):
            texte = re.sub(_motif(suite), masquer(suite), plier(texte))
        return texte


def _formes(valeurs: pd.Series, prefixe: str) -> Iterator[str]:
    """Les écritures d'une colonne : un nombre (une coordonnée) s'écrit aussi arrondi, ou avec ses milliers séparés."""
    if pd.api.types.is_numeric_dtype(valeurs):
        return chain.from_iterable((repr(v), f"{v:.0f}", f"{v:,}") for v in valeurs.unique().tolist())
    return iter(valeurs.astype(str).str.replace(prefixe, "", regex=True).unique())


def entiers(suites: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Les identifiants qui ne sont pas une partie d'un autre : celui d'un immeuble commence ceux de ses logements."""
    parties = {s[i:j] for s in suites for i in range(len(s)) for j in range(i + 1, len(s) + 1) if j - i < len(s)}
    return suites - parties


def _motif(suite: tuple[str, ...]) -> str:
    return r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, suite)) + r"(?![^\W_])"


def distinctif(suite: tuple[str, ...]) -> bool:
    """Un identifiant assez long pour ne pas être un mot ou un nombre ordinaire."""
    colle = "".join(suite)
    if colle.isdigit():
        return len(colle) >= _EN_CHIFFRES
    if any(c.isdigit() for c in colle):
        return len(colle) >= _AVEC_LETTRES_ET_CHIFFRES
    return len(suite) > 1 and len(colle) >= _EN_LETTRES


def masquer(suite: tuple[str, ...]) -> str:
    """Un identifiant reconnaissable par qui le détient, et par personne d'autre : « ad••••• »."""
    colle = "".join(suite)
    return f"« {colle[:2]}{'•' * min(len(colle) - 2, 8)} »"
