"""``ruptures.yml`` : ce qui a changé, entre quelles années, pour quels indicateurs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field

from observatoire.configuration.fiche import Chemin, Fiche, Texte, entier, parmi, parmi_ceux
from observatoire.vocabulaire import DE_DEFINITION, RUPTURES

_Vise = parmi_ceux("vises", "un indicateur du catalogue, ni une table")


def _en_liste(vises: object) -> object:
    return [vises] if isinstance(vises, str) else vises


class Rupture(Fiche):
    """Une rupture entre l'année précédente et ``annee``. ``genre`` : qui dépose, ou ce que l'on compte, a changé."""

    annee: entier(1900, "une année", 2100)
    genre: parmi(*RUPTURES) = DE_DEFINITION
    indicateurs: Annotated[list[_Vise], Field(min_length=1), BeforeValidator(_en_liste)]
    libelle: Texte
    description: Texte
    source: Texte


class Ruptures(Fiche):
    """Le fichier, qui est une liste."""

    ruptures: list[Rupture] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "ruptures" not in contexte["ecrites"] and contexte["ecrites"]:
            yield (), "le fichier doit être une liste (un tiret par rupture)."
