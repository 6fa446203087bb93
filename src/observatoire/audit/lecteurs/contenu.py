"""Ce qu'un lecteur rend d'un fichier : son texte entier, où chaque morceau se trouve, et ses tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from observatoire.audit.jetons import atomes

if TYPE_CHECKING:
    import pandas as pd
    from lxml.etree import _Element

_CLAIR = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{6,}")


class Illisible(ValueError):
    """Le fichier n'est pas ce que son nom annonce ; le message dit pourquoi, sans rien citer de son contenu."""


@dataclass
class Contenu:
    """Le contenu d'un fichier.

    ``texte`` : tout ce qui se lit, pour chercher vite. ``lieux`` : rend chaque (lieu, texte), pour dire où.
    ``colle`` : ce qui ne se lit que d'un bloc à l'autre (un mot coupé par une balise, les restes d'un binaire), où les
    nombres n'ont pas de sens. ``tables`` : (lieu, table) des données en lignes et colonnes. ``racine`` : la page
    analysée, pour le HTML. ``muet`` : ce fichier ne porte pas de texte que l'on sache lire (une police).
    ``defauts`` : ce qu'il contient et qui n'a pas pu être lu.
    """

    texte: str
    lieux: Callable[[], Iterator[tuple[str, str]]]
    tables: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    racine: _Element | None = None
    muet: bool = False
    colle: str = ""
    defauts: list[str] = field(default_factory=list)


@dataclass
class Fichier:
    """Un fichier du site, lu. ``defaut`` : pourquoi il n'a pas pu être lu comme il faut, ou ``None``."""

    nom: str
    genre: str
    contenu: Contenu
    defaut: str | None

    @property
    def defauts(self) -> list[str]:
        """Tout ce qui n'a pas pu être lu, du fichier et de ce qu'il contient."""
        return [*([self.defaut] if self.defaut else []), *self.contenu.defauts]

    @cached_property
    def atomes(self) -> list[str]:
        """Les atomes de son nom et de tout son texte, dans l'ordre."""
        return [*atomes(self.nom), *atomes(self.contenu.texte), *atomes(self.contenu.colle)]

    def lieux(self) -> Iterator[tuple[str, str]]:
        """Chaque (lieu, texte) du fichier, son nom d'abord."""
        yield "nom du fichier", self.nom
        yield from self.contenu.lieux()


def seul(lieu: str, texte: str, **autres) -> Contenu:
    """Un contenu d'un seul morceau."""
    return Contenu(texte, lambda: iter([(lieu, texte)]), **autres)


def par_morceaux(morceaux: list[tuple[str, str]], clair: str = "", **autres) -> Contenu:
    """Un contenu fait de morceaux (lieu, texte) déjà en mémoire, et de ce qui y est lisible sans le décoder."""
    texte = "\n".join(texte for _, texte in morceaux)
    return Contenu(texte, lambda: chain(morceaux, [("en clair", clair)]), colle=clair, **autres)


def reunir(dedans: list[Fichier], morceaux: list[tuple[str, str]], clair: str = "") -> Contenu:
    """Un contenu qui en contient d'autres : une archive, un PDF et ses pièces jointes."""
    return par_morceaux(
        [*morceaux, *((f"{f.nom}, {lieu}", texte) for f in dedans for lieu, texte in f.contenu.lieux())],
        clair,
        tables=[table for f in dedans for table in f.contenu.tables],
        defauts=[f"{f.nom} : {defaut}" for f in dedans for defaut in f.defauts],
    )


def opaque(octets: bytes, **autres) -> Contenu:
    """Un binaire : les suites d'au moins six caractères lisibles, et rien d'autre."""
    clair = en_clair(octets)
    return Contenu("", lambda: iter([("en clair", clair)]), colle=clair, **autres)


def en_clair(octets: bytes) -> str:
    """Les suites d'au moins six caractères lisibles d'un binaire."""
    return "\n".join(suite.decode("utf-8", "ignore") for suite in _CLAIR.findall(octets))
