"""Comparer sans faire dire aux chiffres plus qu'ils ne disent.

Règle, dite sur les pages : un écart n'est annoncé que si les deux intervalles à 95 % ne se recouvrent pas.
C'est une règle prudente. Un dénombrement complet n'a pas d'intervalle : son écart est donné tel quel. Aucune
phrase ne dit pourquoi.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import reperes, selection
from observatoire.presentation.nombres import ecrire, nommer_statut, statut_de
from observatoire.presentation.reperes import Repere

if TYPE_CHECKING:
    from observatoire.publie import Publie

FLECHES = {"plus": "▲", "moins": "▼", "egal": "≈", "impossible": "–"}


@dataclass(frozen=True)
class Comparaison:
    """``signe`` : plus, moins, egal ou impossible ; ``texte`` : la phrase ; ``ecart`` : écrit, ou vide."""

    signe: str
    texte: str
    ecart: str = ""

    @property
    def fleche(self) -> str:
        return FLECHES[self.signe]


@dataclass(frozen=True)
class Mots:
    """Comment dire, face à un repère, plus, moins, qu'on ne peut trancher, et pareil."""

    plus: str
    moins: str
    indecis: str
    egal: str


def en_mots(repere: Repere) -> Mots:
    """Comment dire l'écart à un repère : « au-dessus de la ville »."""
    return Mots(
        f"au-dessus {repere.de}", f"au-dessous {repere.de}", f"écart non significatif avec {repere.article}",
        f"identique {repere.a}",
    )  # fmt: skip


def regle() -> str:
    """La règle, telle qu'elle est dite sur les pages."""
    return (
        "Un écart est dit non significatif quand les deux intervalles à 95 % se recouvrent. "
        "Un dénombrement complet n'a pas d'intervalle : son écart est donné sans test."
    )


def comparer(ligne: dict, repere: dict, declaration: dict, mots: Mots) -> Comparaison:
    """Situer ``ligne`` par rapport à ``repere``, en ces ``mots``."""
    if not _publiee(ligne) or not _publiee(repere):
        cause = ligne if not _publiee(ligne) else repere
        return Comparaison("impossible", f"pas de comparaison : {nommer_statut(statut_de(cause))}")
    ecart = float(ligne["valeur"]) - float(repere["valeur"])
    texte = ecrire_ecart(ecart, declaration)
    teste = not (pd.isna(ligne["borne_basse"]) or pd.isna(repere["borne_basse"]))
    if teste and _recouvrent(ligne, repere):
        return Comparaison("egal", f"{mots.indecis} ({texte})", texte)
    if not teste and not any(chiffre in texte for chiffre in "123456789"):
        return Comparaison("egal", mots.egal, texte)
    suffixe = "" if teste else ", sans intervalle"
    signe, mot = ("plus", mots.plus) if ecart > 0 else ("moins", mots.moins)
    return Comparaison(signe, f"{mot} ({texte}{suffixe})", texte)


def comparer_ville(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> Comparaison | None:
    """Situer un territoire ou un bailleur dans ce qui le contient (la ville) ; ``None`` pour le territoire entier."""
    repere = reperes.repere_de(valeurs, territoire, bailleur)
    if repere is None:
        return None
    declaration = valeurs.catalogue[indicateur]
    ligne = selection.ligne(valeurs, indicateur, territoire, bailleur)
    ville = reperes.ligne(valeurs, indicateur, repere)
    if declaration["nature"] == "effectif":
        return _part_de_la_ville(ligne, ville, repere)
    return comparer(ligne, ville, declaration, en_mots(repere))


def comparer_zero(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> Comparaison | None:
    """Situer l'année de la page par rapport à l'état zéro ; ``None`` l'année de l'état zéro."""
    zero = valeurs.edition["annee_zero"]
    if zero >= valeurs.annee:
        return None
    return comparer_annee(valeurs, indicateur, zero, territoire, bailleur)


def comparer_annee(
    valeurs: Publie, indicateur: str, avant: int, territoire: str | None = None, bailleur: str = "tous"
) -> Comparaison:
    """Situer l'année de la page par rapport à l'année ``avant`` ; une rupture interdit la comparaison."""
    coupures = {r["annee"] for r in selection.ruptures(valeurs, indicateur) if avant < r["annee"] <= valeurs.annee}
    if coupures:
        annees = " et ".join(str(a) for a in sorted(coupures))
        return Comparaison("impossible", f"non comparable à {avant} (rupture en {annees})")
    ligne = selection.ligne(valeurs, indicateur, territoire, bailleur)
    repere = selection.ligne(valeurs, indicateur, territoire, bailleur, annee=avant)
    depuis = f"depuis {avant}"
    mots = Mots(
        f"en hausse {depuis}",
        f"en baisse {depuis}",
        f"écart non significatif {depuis}",
        f"identique à {avant}",
    )
    return comparer(ligne, repere, valeurs.catalogue[indicateur], mots)


def ecrire_ecart(ecart: float, declaration: dict) -> str:
    """Un écart : en points pour une proportion, sinon dans l'unité de l'indicateur."""
    unite = "points" if declaration["unite"] == "%" else declaration["unite"]
    decimales = 0 if declaration["nature"] == "effectif" else None
    return ecrire(ecart, unite, signe=True, decimales=decimales)


def _part_de_la_ville(ligne: dict, ville: dict, repere: Repere) -> Comparaison:
    if not _publiee(ligne) or not _publiee(ville):
        cause = ligne if not _publiee(ligne) else ville
        return Comparaison("impossible", f"pas de part {repere.de} : {nommer_statut(statut_de(cause))}")
    if not ville["valeur"]:
        return Comparaison("impossible", "pas de part d'un total nul")
    part = ecrire(float(ligne["valeur"]) / float(ville["valeur"]), "%")
    return Comparaison("impossible", f"{part} du total {repere.de}", part)


def _publiee(ligne: dict) -> bool:
    return statut_de(ligne) == "publie"


def _recouvrent(a: dict, b: dict) -> bool:
    return bool(a["borne_basse"] <= b["borne_haute"] and b["borne_basse"] <= a["borne_haute"])
