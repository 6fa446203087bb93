"""``engagements.yml`` : les textes qui engagent, leurs engagements, et les objectifs d'attribution adoptés."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from observatoire.configuration.commun import TABLES, TOUS
from observatoire.configuration.fiche import (
    Chemin,
    Fiche,
    JourOuAnnee,
    doubles,
    entier,
    forme,
    nombre,
    parmi,
    parmi_ceux,
)
from observatoire.configuration.modeles.objectifs import FRACTION, ObjectifAdopte
from observatoire.configuration.modeles.publiable import Publiable
from observatoire.vocabulaire import (
    AU_MOINS,
    COTES,
    OBLIGATIONS,
    PAR_ACTIONS,
    PAR_ALERTES,
    PAR_DEPOTS,
    PAR_PIECES,
    PAR_SEANCES,
    RYTHMES,
    UNE_FOIS,
)

#: D'où viennent les faits (les comptes rendus, les dépôts, les alertes, les actions sur elles, les pièces versées ici),
#: et ce qui se précise pour chacun.
PRECISIONS = {
    PAR_SEANCES: {"rythme", "seance", "avec", "presents"}, PAR_DEPOTS: {"tables"}, PAR_ALERTES: set(),
    PAR_ACTIONS: {"rythme", "reponse", "outil"}, PAR_PIECES: {"rythme"},
}  # fmt: skip
_Annee = entier(1800, "une année", 2200)


class TexteQuiEngage(Fiche):
    """Un texte. ``depuis`` : son entrée en vigueur ; ``note`` : ce qu'il faut savoir de son terme."""

    code: Publiable
    nom: Publiable
    depuis: JourOuAnnee
    duree_ans: entier(1) = None
    source: Publiable
    note: Publiable = ""


class Mesure(Fiche):
    """Un indicateur, en un lieu et pour un bailleur."""

    indicateur: parmi_ceux("indicateurs", "un indicateur du catalogue")
    niveau: parmi_ceux("niveaux") = None
    territoire: Publiable = None
    bailleur: parmi_ceux("bailleurs") = TOUS

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "niveau" in contexte["ecrites"] - set(sain):
            return
        niveau, lieu = sain.get("niveau", contexte["entier"]), sain.get("territoire")
        if niveau != contexte["entier"] and "territoire" not in contexte["ecrites"]:
            yield ("territoire",), "{cle} manque."
        elif contexte["est_inconnu"](niveau, lieu):
            yield ("territoire",), f"{{cle}}, « {lieu} » n'est pas un code du niveau « {niveau} »."


class Preuve(Fiche):
    """Des faits datés."""

    genre: parmi(*PRECISIONS)
    rythme: parmi(*RYTHMES) = None
    seance: parmi_ceux("genres") = None
    avec: parmi_ceux("avec") = None
    presents: list[parmi_ceux("signataires", "un signataire d'observatoire.yml")] = None
    tables: list[parmi(*TABLES)] = None
    reponse: Publiable = None
    outil: bool = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        genre = sain.get("genre")
        for cle in sorted(set(sain) - {"genre"} - PRECISIONS.get(genre, set(sain))):
            yield (cle,), f"{{cle}} ne va pas avec le genre « {genre} »."


class CibleEcrite(Fiche):
    """Un objectif adopté. ``valeur_haute`` : le haut de la fourchette, si c'en est une ; ``fictif`` : ne vaut
    qu'avec des dépôts fictifs."""

    abandonnees: ClassVar[dict[str, str]] = {"jusque": "{cle} s'écrit désormais « valeur_haute »."}
    depuis: JourOuAnnee
    valeur: nombre()
    valeur_haute: nombre() = None
    echeance: _Annee = None
    adoptee_par: Publiable
    source: Publiable
    fictif: bool = False

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if {"valeur", "valeur_haute"} <= set(sain) and sain["valeur_haute"] < sain["valeur"]:
            yield ("valeur_haute",), "{cle} est plus petit que « valeur »."


class EtatZeroEcrit(Fiche):
    """L'état zéro d'une mesure ; à défaut de valeur, celle de l'indicateur cette année-là."""

    annee: _Annee
    valeur: nombre() = None
    source: Publiable = ""


class Piece(Fiche):
    """Un fait daté, versé ici ; ``fictif`` : ne compte qu'avec des dépôts fictifs."""

    date: JourOuAnnee
    libelle: Publiable
    source: Publiable
    fictif: bool = False


class EngagementEcrit(Fiche):
    """Un engagement."""

    code: forme(r"[a-z0-9_]+", "{cle} : des minuscules sans accent, des chiffres et des « _ ».")
    texte: Publiable
    article: Publiable
    libelle: Publiable
    titulaires: list[Publiable] = Field(min_length=1)
    nature: parmi(*OBLIGATIONS)
    mesure: Mesure | None = None
    preuve: Preuve | None = None
    sans_mesure: Publiable = ""
    sens: parmi(*COTES) = AU_MOINS
    tolerance: nombre("[0 ; 1 000 000 000]") = 0
    arithmetique: bool = False
    cibles: list[CibleEcrite] = Field(default_factory=list)
    etat_zero: EtatZeroEcrit | None = None
    echeance: _Annee = None
    pieces: list[Piece] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        preuve = sain.get("preuve") or {}
        if len({"mesure", "preuve", "sans_mesure"} & contexte["ecrites"]) != 1:
            yield (
                (),
                "{cle} : il porte une « mesure », une « preuve » ou « sans_mesure » (pourquoi), une seule des trois.",
            )
        if sain.get("cibles") and "mesure" not in contexte["ecrites"]:
            yield ("cibles",), "{cle} : un objectif chiffré demande une « mesure »."
        if sain.get("pieces") and preuve.get("genre", "") != PAR_PIECES:
            yield ("pieces",), "{cle} : la preuve n'est pas « {genre: pieces} »."
        if preuve.get("rythme") == UNE_FOIS and not sain.get("echeance"):
            yield ("echeance",), "{cle} manque : le rythme « une_fois » en demande une."
        if (sain.get("mesure") or {}).get("indicateur") in contexte["parts"]:
            yield from ((ou, FRACTION) for ou, valeur in _parts(sain) if not 0 <= valeur <= 1)


def _parts(sain: dict) -> Iterator[tuple[Chemin, float]]:
    """Ce qui, d'un engagement sur une part, s'écrit en fraction."""
    for rang, cible in enumerate(sain.get("cibles") or ()):
        ecrites = {"valeur", "valeur_haute"} & set(cible or {})
        yield from ((("cibles", rang, cle), cible[cle]) for cle in sorted(ecrites))
    if (sain.get("etat_zero") or {}).get("valeur") is not None:
        yield ("etat_zero", "valeur"), sain["etat_zero"]["valeur"]
    if "tolerance" in sain:
        yield ("tolerance",), sain["tolerance"]


class Revision(Fiche):
    """La révision git du fichier à l'état zéro : ce que la revue relit et rejuge."""

    revision: forme(r"[0-9a-f]{7,64}", "{cle} est l'empreinte d'un commit, de 7 à 64 chiffres hexadécimaux.")
    date: dt.date


class Engagements(Fiche):
    """Le fichier entier ; un territoire peut n'avoir que des objectifs, ou que des engagements."""

    etat_zero: Revision | None = None
    textes: list[TexteQuiEngage] = Field(default_factory=list)
    engagements: list[EngagementEcrit] = Field(default_factory=list)
    objectifs: list[ObjectifAdopte] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        codes = {
            cle: [(e or {}).get("code") for e in sain.get(cle, ())] for cle in ("textes", "engagements", "objectifs")
        }
        for cle, siens in codes.items():
            for rang, code in doubles(siens):
                yield (cle, rang, "code"), f"le code « {code} » est donné deux fois."
        for rang, engagement in enumerate(sain.get("engagements", ())):
            if (texte := (engagement or {}).get("texte", "")) and texte not in codes["textes"]:
                connus = ", ".join(c for c in codes["textes"] if c)
                yield (
                    ("engagements", rang, "texte"),
                    f"{{cle}} : « {texte} » est inconnu. Valeurs admises : {connus}.",
                )
