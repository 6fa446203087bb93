"""Comparer sans faire dire aux chiffres plus qu'ils ne disent.

Règle, dite sur les pages : un écart n'est annoncé que si le hasard l'explique mal, compte tenu du nombre de
comparaisons de la page (:mod:`observatoire.presentation.epreuves`). Un dénombrement complet n'a pas d'intervalle : son
écart est donné tel quel. Aucune phrase ne dit pourquoi.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import reperes, selection
from observatoire.presentation.epreuves import SEUIL, TOUT, ZERO, eprouver_la_page, sans_lieu
from observatoire.presentation.nombres import ecrire, ecrire_difference, nommer_statut, statut_de
from observatoire.presentation.reperes import Repere
from observatoire.vocabulaire import EFFECTIF

if TYPE_CHECKING:
    from observatoire.publie import Publie

FLECHES = {"plus": "▲", "moins": "▼", "egal": "≈", "impossible": "–"}


@dataclass(frozen=True)
class Comparaison:
    """``signe`` : plus, moins, egal ou impossible ; ``texte`` : la phrase ; ``ecart`` : écrit, ou vide ; ``mot`` : ce
    que dit la phrase, sans l'écart."""

    signe: str
    texte: str
    ecart: str = ""
    mot: str = ""

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
        f"au-dessus {repere.de}", f"au-dessous {repere.de}", f"proche {repere.de}",
        f"identique {repere.a}",
    )  # fmt: skip


def regle(valeurs: Publie, territoire: str | None = None, bailleur: str = "tous") -> str:
    """La règle, telle qu'elle est dite sur la page d'un territoire ou d'un bailleur."""
    epreuves = eprouver_la_page(valeurs, territoire, bailleur)
    faites, par_hasard = ecrire(epreuves.faites, "comparaisons", decimales=0), ecrire(epreuves.par_hasard, decimales=0)
    return (
        f"« Proche » ou « sans changement net » : le hasard suffirait à expliquer l'écart. La page fait {faites} ; le "
        f"seul hasard en ferait paraître environ {par_hasard}, et la règle en tient compte : en moyenne, au plus un "
        "écart annoncé sur vingt n'est que du hasard. Un dénombrement complet n'a pas d'intervalle : son écart est "
        "donné sans test."
    )


def comparer(ligne: dict, repere: dict, declaration: dict, mots: Mots, probabilite: float) -> Comparaison:
    """Situer ``ligne`` par rapport à ``repere``, en ces ``mots`` ; voir :func:`juger_ecart`."""
    if not _publiee(ligne) or not _publiee(repere):
        cause = ligne if not _publiee(ligne) else repere
        return Comparaison("impossible", f"pas de comparaison : {nommer_statut(statut_de(cause))}")
    paire = float(ligne["valeur"]), float(repere["valeur"])
    return juger_ecart(paire[0] - paire[1], ecrire_ecart(*paire, declaration), mots, probabilite)


def juger_ecart(ecart: float, texte: str, mots: Mots, probabilite: float) -> Comparaison:
    """Dire un écart, écrit ``texte``, en ces ``mots``.

    ``probabilite`` : celle de l'écart, ajustée, s'il n'y en avait aucun ; absente quand rien ne l'éprouve.
    """
    teste = not pd.isna(probabilite)
    if teste and probabilite >= SEUIL:
        return Comparaison("egal", f"{mots.indecis} ({texte})", texte, mots.indecis)
    if not teste and not any(chiffre in texte for chiffre in "123456789"):
        return Comparaison("egal", mots.egal, texte, mots.egal)
    suffixe = "" if teste else ", sans intervalle"
    signe, mot = ("plus", mots.plus) if ecart > 0 else ("moins", mots.moins)
    return Comparaison(signe, f"{mot} ({texte}{suffixe})", texte, mot)


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
    if declaration["nature"] == EFFECTIF:
        return _part_de_la_ville(ligne, ville, repere)
    if raison := sans_lieu(valeurs, indicateur, bailleur):
        return Comparaison("impossible", f"pas de comparaison : {raison}")
    probabilite = eprouver_la_page(valeurs, territoire, bailleur).ajustees.get((indicateur, TOUT), math.nan)
    return comparer(ligne, ville, declaration, en_mots(repere), probabilite)


def comparer_zero(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> Comparaison | None:
    """Situer l'année de la page par rapport à l'état zéro ; ``None`` l'année de l'état zéro."""
    zero = valeurs.edition["annee_zero"]
    if zero >= valeurs.annee:
        return None
    probabilite = eprouver_la_page(valeurs, territoire, bailleur).ajustees.get((indicateur, ZERO), math.nan)
    lieu = (*selection.reperer(valeurs, territoire), bailleur)
    return comparer_annee(valeurs, indicateur, zero, lieu, probabilite)


def comparer_annee(
    valeurs: Publie,
    indicateur: str,
    avant: int,
    lieu: tuple[str, str, str],
    probabilite: float | None = None,
) -> Comparaison:
    """Situer l'année de la page par rapport à l'année ``avant`` ; une rupture de définition interdit la comparaison.

    ``lieu`` : le niveau, le territoire et le bailleur. ``probabilite`` : celle de la variation parmi d'autres (voir
    :func:`juger_ecart`) ; sans elle, la variation est éprouvée seule. Là où les bailleurs ont changé, elle est celle
    des bailleurs présents aux deux dates, et le dit.
    """
    if coupures := selection.ruptures_entre(valeurs, indicateur, avant):
        annees = " et ".join(str(a) for a in coupures)
        return Comparaison("impossible", f"non comparable à {avant} (rupture en {annees})")
    variation = selection.variations_en(valeurs, avant, lieu).get(indicateur)
    if variation is None:
        lignes = (valeurs.ligne(indicateur, *lieu, annee=annee) for annee in (None, avant))
        cause = next((ligne for ligne in lignes if not _publiee(ligne)), {"statut": "c"})
        return Comparaison("impossible", f"pas de comparaison : {nommer_statut(statut_de(cause))}")
    depuis = f"depuis {avant}"
    mots = Mots(
        f"en hausse {depuis}",
        f"en baisse {depuis}",
        f"sans changement net {depuis}",
        f"identique à {avant}",
    )
    texte = ecrire_ecart(variation["valeur"], variation["valeur_depart"], valeurs.catalogue[indicateur])
    if not pd.isna(variation["absents"]):
        texte += ", à périmètre constant"
    return juger_ecart(
        variation["variation"], texte, mots, variation["probabilite"] if probabilite is None else probabilite
    )


def ecrire_ecart(valeur: float, repere: float, declaration: dict) -> str:
    """L'écart des valeurs écrites : en points pour une proportion, sinon dans l'unité de l'indicateur."""
    return ecrire_difference(valeur, repere, declaration["unite"], 0 if declaration["nature"] == EFFECTIF else None)


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
