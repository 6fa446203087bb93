"""``objectifs.yml`` : les objectifs d'attribution que la Conférence a adoptés."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from observatoire.configuration.commun import TOUS
from observatoire.configuration.fiche import Chemin, Fiche, Texte, dire, doubles, nombre, parmi, parmi_ceux
from observatoire.configuration.modeles.engagements import AU_MOINS, AU_PLUS, FRACTION, SENS

#: Les mots d'avant ceux d'engagements.yml -> ceux d'aujourd'hui.
ANCIENS = {"plancher": AU_MOINS, "plafond": AU_PLUS}


def _en_mots_d_aujourd_hui(sens: Any) -> Any:
    if isinstance(sens, str) and sens in ANCIENS:
        raise dire(f"{{cle}} : « {sens} » s'écrit désormais « {ANCIENS[sens]} », comme dans engagements.yml.")
    return sens


class ObjectifAdopte(Fiche):
    """Un objectif. Sans ``territoire``, chacun du niveau ; ``bailleur`` : « tous » ensemble, « chacun », ou un code."""

    code: Texte
    indicateur: parmi_ceux("indicateurs", "une proportion du catalogue")
    sens: Annotated[parmi(*SENS), BeforeValidator(_en_mots_d_aujourd_hui)]
    cible: nombre()
    niveau: parmi_ceux("niveaux")
    territoire: Texte | None = None
    bailleur: parmi_ceux("bailleurs") = TOUS
    depuis: dt.date
    jusque: dt.date | None = None
    source: Texte

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if not 0 <= sain.get("cible", 0) <= 1:
            yield ("cible",), FRACTION
        niveau, lieu = sain.get("niveau"), sain.get("territoire")
        if niveau and contexte["est_inconnu"](niveau, lieu):
            yield ("territoire",), f"{{cle}} : « {lieu} » n'est pas un code du niveau « {niveau} »."
        if {"depuis", "jusque"} <= set(sain) and sain["jusque"] < sain["depuis"]:
            yield ("jusque",), "{cle} précède « depuis »."


class Objectifs(Fiche):
    """Le fichier entier."""

    objectifs: list[ObjectifAdopte] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        for rang, code in doubles((o or {}).get("code") for o in sain.get("objectifs", ())):
            yield ("objectifs", rang, "code"), f"le code « {code} » est donné deux fois."
