"""Un objectif d'attribution que la Conférence a adopté, et les mots de tout objectif."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator

from observatoire.configuration.commun import TOUS
from observatoire.configuration.fiche import Chemin, Fiche, dire, nombre, parmi, parmi_ceux
from observatoire.configuration.modeles.publiable import Publiable
from observatoire.vocabulaire import AU_MOINS, AU_PLUS, COTES

#: Une part s'écrit en fraction.
FRACTION = "{cle} s'écrit en fraction de [0 ; 1] : 0.25 pour un quart."
#: Chaque bailleur à part, au lieu de tous ensemble.
CHACUN = "chacun"
#: Les mots d'avant -> ceux d'aujourd'hui.
ANCIENS = {"plancher": AU_MOINS, "plafond": AU_PLUS}


def _en_mots_d_aujourd_hui(sens: Any) -> Any:
    if isinstance(sens, str) and sens in ANCIENS:
        raise dire(f"{{cle}} : « {sens} » s'écrit désormais « {ANCIENS[sens]} ».")
    return sens


class ObjectifAdopte(Fiche):
    """Un objectif. Sans ``territoire``, chacun du niveau ; ``bailleur`` : « tous » ensemble, « chacun », ou un code ;
    ``fictif`` : ne vaut qu'avec des dépôts fictifs."""

    code: Publiable
    indicateur: parmi_ceux("proportions", "une proportion du catalogue")
    sens: Annotated[parmi(*COTES), BeforeValidator(_en_mots_d_aujourd_hui)]
    cible: nombre()
    niveau: parmi_ceux("niveaux_juges")
    territoire: Publiable | None = None
    bailleur: parmi_ceux("bailleurs_ou_chacun") = TOUS
    depuis: dt.date
    jusque: dt.date | None = None
    source: Publiable
    fictif: bool = False

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if not 0 <= sain.get("cible", 0) <= 1:
            yield ("cible",), FRACTION
        niveau, lieu = sain.get("niveau"), sain.get("territoire")
        if niveau and contexte["est_inconnu"](niveau, lieu):
            yield ("territoire",), f"{{cle}} : « {lieu} » n'est pas un code du niveau « {niveau} »."
        if {"depuis", "jusque"} <= set(sain) and sain["jusque"] < sain["depuis"]:
            yield ("jusque",), "{cle} précède « depuis »."
