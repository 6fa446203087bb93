"""À quoi un territoire se compare, et comment cela se dit : la ville ; d'une agglomération, sa commune ou le tout."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from observatoire.presentation import selection
from observatoire.vocabulaire import AGGLOMERATION, VILLE

if TYPE_CHECKING:
    from observatoire.publie import Publie


class Repere(NamedTuple):
    """Un territoire qui sert de repère. ``nom`` : dans une figure ou un tableau ; ``genre`` : en tête de colonne ;
    ``court`` : où la place manque ; ``article``, ``de``, ``a``, ``dans`` : dans une phrase."""

    niveau: str
    code: str
    nom: str
    genre: str
    court: str
    article: str
    de: str
    a: str
    dans: str


_MOTS = {
    VILLE: ("Ville", "Ville", "la ville", "de la ville", "à la ville", "dans la ville"),
    "commune": ("Commune", "Commune", "la commune", "de la commune", "à la commune", "dans la commune"),
    AGGLOMERATION: (
        "Agglomération", "Agglo", "l'agglomération", "de l'agglomération", "à l'agglomération", "dans l'agglomération",
    ),
}  # fmt: skip


def tout(valeurs: Publie) -> Repere:
    """Le territoire entier."""
    niveau, code = valeurs.tout
    mots = _MOTS[niveau]
    return Repere(niveau, code, mots[0], *mots)


def englober(valeurs: Publie, territoire: str | None = None) -> Repere:
    """Ce dont ``territoire`` est une partie, ou lui-même s'il a des parties : la commune d'un quartier, ou le tout."""
    commune = valeurs.commune(*selection.reperer(valeurs, territoire)) if territoire is not None else None
    if commune is None or (VILLE, commune) not in valeurs.noms:
        return tout(valeurs)
    return Repere(VILLE, commune, valeurs.nom(VILLE, commune), *_MOTS["commune"])


def repere_de(valeurs: Publie, territoire: str | None = None, bailleur: str = "tous") -> Repere | None:
    """Le repère d'un territoire ou d'un bailleur ; ``None`` pour le territoire entier, qui n'en a pas."""
    niveau, code = selection.reperer(valeurs, territoire)
    repere = englober(valeurs, territoire)
    if bailleur != "tous":
        return repere
    if (niveau, code) == (repere.niveau, repere.code):
        repere = tout(valeurs)
    return None if (niveau, code) == (repere.niveau, repere.code) else repere


def ligne(valeurs: Publie, indicateur: str, repere: Repere) -> dict:
    """La valeur du repère, l'année de la page."""
    return valeurs.ligne(indicateur, repere.niveau, repere.code)
