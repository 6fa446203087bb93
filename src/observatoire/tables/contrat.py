"""Ce qu'une table dit d'elle-même : le reste de la bibliothèque s'en tire, et n'en garde aucune liste."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

PREPARE, PUBLIE = "prepare", "publie"
#: Un code désigne quelque chose, un texte se lit ; l'un et l'autre restent du texte, fussent-ils faits de chiffres.
CODE, TEXTE, DATE, ENTIER, NOMBRE, BOOLEEN = "code", "texte", "date", "entier", "nombre", "booléen"
EN_TEXTE = (CODE, TEXTE, DATE)


@dataclass(frozen=True)
class Colonne:
    """Une colonne. ``unite`` : vide pour une fraction de [0, 1]. ``reservee`` : les partenaires seuls la lisent.
    ``au_choix`` : elle peut manquer."""

    genre: str
    nom: str
    libelle: str
    unite: str = ""
    reservee: bool = False
    au_choix: bool = False


@dataclass(frozen=True)
class Etape:
    """Ce qui écrit des tables. ``fonction`` : celle de ``module`` que la chaîne appelle avec un :class:`Travail`."""

    nom: str
    module: str
    fonction: str = "faire"

    def faire(self, travail: Travail) -> str:
        """L'exécuter ; rend son bilan."""
        return getattr(import_module(self.module), self.fonction)(travail)


@dataclass(frozen=True)
class Purge:
    """Ce qu'une purge garde de chaque année d'une table, une fois la table effacée.

    ``annees`` : celles qui sont gardées avec une année purgée (0 : elle-même, 1 : la suivante) ; aucune, si rien ne
    reste. ``petits`` : ce que deviennent les immeubles qu'aucun public ne voit. ``vider`` : les colonnes qui nomment
    une ligne.
    """

    annees: tuple[int, ...] = (0,)
    petits: Literal["", "retirés", "fondus"] = ""
    vider: tuple[str, ...] = ()


RIEN = Purge(annees=())
PROTECTION = Etape("protection", "observatoire.publication")
ECRITS = Etape("écrits", "observatoire.publication")


@dataclass(frozen=True, eq=False)
class Table:
    """Une table de ``prepare`` ou de ``publie``.

    ``de`` : les tables dont elle se tire ; ``sources`` : ce qu'elle lit d'autre. ``ouverte`` : elle a d'autres
    colonnes, que la configuration ou les barèmes décident. ``facultative`` : un territoire peut ne pas l'avoir.
    ``extraite`` : les pages en lisent des lignes choisies par leurs clés, et ne sont refaites que si celles-là
    changent. ``reservee`` : les partenaires seuls la lisent. ``protection`` : ce qui empêche d'y lire un ménage.
    """

    nom: str
    etage: str
    libelle: str
    etape: Etape
    cles: tuple[Colonne, ...] = ()
    mesures: tuple[Colonne, ...] = ()
    de: tuple[Table, ...] = ()
    sources: tuple[str, ...] = ()
    protection: str = ""
    purge: Purge = RIEN
    ouverte: bool = False
    facultative: bool = False
    extraite: bool = False
    reservee: bool = False
    nom_du_fichier: str = ""

    @property
    def fichier(self) -> str:
        """Le nom de son fichier."""
        return self.nom_du_fichier or f"{self.nom}.{'parquet' if self.etage == PREPARE else 'csv'}"

    @property
    def colonnes(self) -> tuple[Colonne, ...]:
        """Ses colonnes, dans l'ordre du fichier."""
        return (*self.cles, *self.mesures)

    @property
    def noms(self) -> list[str]:
        """Le nom de ses colonnes, dans l'ordre du fichier."""
        return [c.nom for c in self.colonnes]

    @property
    def noms_des_cles(self) -> list[str]:
        """Le nom des colonnes qui désignent une ligne."""
        return [c.nom for c in self.cles]

    @property
    def noms_des_mesures(self) -> list[str]:
        """Le nom des autres."""
        return [c.nom for c in self.mesures]

    def paraissent(self, public_large: bool) -> list[Colonne]:
        """Celles de ses colonnes qu'un public lit : le plus large, ou les partenaires."""
        return [c for c in self.colonnes if not (public_large and (self.reservee or c.reservee))]

    def dans(self, dossier: Path) -> Path:
        """Son fichier dans un dossier."""
        return dossier / self.fichier


@dataclass
class Travail:
    """Ce que reçoit une étape du calcul : la configuration, de quoi dire où elle en est, l'adresse d'une grappe.

    ``lots`` : ce que la lecture a déjà sommé, pour les indicateurs. ``avertissements`` : ce qu'elle donne à dire.
    """

    config: Any
    dask: str | None = None
    sans_les_refuses: bool = False
    avancer: Callable[[int, int, str], None] | None = None
    lots: dict[tuple[int, str], Any] = field(default_factory=dict)
    avertissements: tuple[str, ...] = ()


def en_texte(colonnes: Iterable[Colonne]) -> list[str]:
    """Le nom de celles qui se lisent en texte."""
    return [c.nom for c in colonnes if c.genre in EN_TEXTE]
