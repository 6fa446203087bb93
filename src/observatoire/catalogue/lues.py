"""Ce que lit un indicateur : aucune donnée interdite, et des colonnes que les schémas déclarent.

Le code de la fonction est examiné quand l'indicateur se déclare ; les colonnes qu'elle lit le sont à chaque calcul.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import CodeType

import pandas as pd

from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import famille_interdite

#: Ce qui lirait des colonnes sans les nommer : on ne saurait plus dire sur quoi porte l'indicateur.
DETOURS = frozenset({"loc", "iloc", "at", "iat", "query", "eval", "iterrows", "itertuples", "filter"})


class ColonneRefusee(ErreurConfiguration):
    """Un indicateur lit une donnée interdite, ou une colonne que les schémas ne déclarent pas."""


class TableSuivie(pd.DataFrame):
    """Une table qui retient les colonnes qu'on y lit : la couverture en dépend, personne n'a à les déclarer."""

    _metadata = ["lues", "nom"]

    @property
    def _constructor(self):
        return pd.DataFrame

    @classmethod
    def suivre(cls, table: pd.DataFrame, nom: str = "") -> TableSuivie:
        """La même table, sans copie, où ``lues`` retient le nom de chaque colonne lue ; son index porte son nom, que
        gardent les colonnes qu'on en tire.
        """
        suivie = cls(table.set_axis(table.index.rename(nom)))
        suivie.lues, suivie.nom = set(), nom
        return suivie

    def __getitem__(self, cle):
        nommees = self.columns if isinstance(cle, slice) else cle  # des lignes, avec toutes leurs colonnes
        lues = [cle] if isinstance(cle, str) else [nom for nom in self.columns if nom in list(nommees)]
        for nom in lues:
            if famille := famille_interdite(nom):
                raise ColonneRefusee(f"aucun indicateur ne lit « {nom} » : donnée interdite ({famille}).")
            if nom not in self.columns:
                raise ColonneRefusee(f"« {nom} » n'est pas une colonne du schéma « {self.nom} ».")
        self.lues.update(lues)
        return super().__getitem__(cle)


def lit_un_interdit(fonction: Callable) -> bool:
    """La fonction nomme-t-elle une donnée interdite ?"""
    return any(map(famille_interdite, _mots_lus(fonction)))


def contourne(fonction: Callable) -> bool:
    """La fonction lit-elle des colonnes sans les nommer ?"""
    return bool(DETOURS & set(_noms(fonction.__code__)))


def _mots_lus(fonction: Callable) -> set[str]:
    """Les noms et les textes que la fonction emploie, les siens et ceux des constantes de son module.

    Ils sont lus dans le code compilé : ni un alias ni une fonction imbriquée ne les cache. Ce que la fonction lit
    vraiment est vérifié de nouveau à chaque calcul (:class:`TableSuivie`).
    """
    noms = set(_noms(fonction.__code__))
    globales = (fonction.__globals__.get(nom) for nom in noms)
    fermetures = (c.cell_contents for c in fonction.__closure__ or ())
    textes = {t for valeur in [*_constantes(fonction.__code__), *globales, *fermetures] for t in _textes(valeur)}
    textes.discard(fonction.__doc__)
    return {mot for mot in noms | textes for mot in (mot, *re.findall(r"\w+", mot))} - {""}


def _noms(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for interne in code.co_consts:
        if isinstance(interne, CodeType):
            yield from _noms(interne)


def _constantes(code: CodeType) -> Iterator[object]:
    for constante in code.co_consts:
        yield from _constantes(constante) if isinstance(constante, CodeType) else (constante,)


def _textes(valeur: object) -> Iterator[str]:
    """Les textes d'une valeur : elle-même, ou ce qu'elle contient."""
    if isinstance(valeur, str):
        yield valeur
    elif isinstance(valeur, dict):
        yield from (t for paire in valeur.items() for element in paire for t in _textes(element))
    elif isinstance(valeur, (tuple, list, set, frozenset)):
        yield from (t for element in valeur for t in _textes(element))
