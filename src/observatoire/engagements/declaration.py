"""Lire ``data/suivi/engagements.yml`` : les textes, et chacun de leurs engagements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from observatoire.configuration import Configuration
from observatoire.configuration.saisie import analyser_yaml, lire_texte
from observatoire.engagements.regles import chercher_defauts
from observatoire.erreurs import ErreurConfiguration

FICHIER = "engagements.yml"


@dataclass(frozen=True)
class Texte:
    """Un texte qui engage. ``depuis`` : son entrée en vigueur ; ``note`` : ce qu'il faut savoir de son terme."""

    code: str
    nom: str
    depuis: dt.date
    note: str


@dataclass(frozen=True)
class Cible:
    """Un objectif adopté : il vaut de ``depuis`` au suivant, et doit être atteint l'année ``echeance`` s'il en a une.

    ``valeur`` est dans l'unité stockée (une fraction pour une part) ; ``jusque`` : le haut d'une fourchette annoncée.
    """

    depuis: dt.date
    valeur: float
    jusque: float | None
    echeance: int | None
    adoptee_par: str
    source: str


@dataclass(frozen=True)
class Engagement:
    """Un engagement. Il a une ``mesure`` (un indicateur en un lieu), une ``preuve`` (des faits datés) ou ni l'une ni
    l'autre ; ``sans_mesure`` dit alors pourquoi.

    ``nature`` : « moyens » ou « resultat ». ``sens`` : « au_moins » ou « au_plus ». ``tolerance`` : ce dont un objectif
    manqué peut l'être sans être tenu pour rien, dans l'unité stockée. ``arithmetique`` : la règle se lit sur la valeur
    observée, quel que soit son intervalle. ``etat_zero`` : (année, valeur, source) ; à défaut, celle de l'indicateur.
    """

    code: str
    texte: Texte
    article: str
    libelle: str
    titulaires: tuple[str, ...]
    nature: str
    mesure: Mapping[str, str] | None = None
    preuve: Mapping[str, object] | None = None
    sans_mesure: str = ""
    sens: str = "au_moins"
    tolerance: float = 0.0
    arithmetique: bool = False
    cibles: tuple[Cible, ...] = ()
    etat_zero: tuple[int | None, float | None, str] = (None, None, "")
    echeance: int | None = None
    pieces: tuple[Mapping[str, object], ...] = field(default=())

    def cible_au(self, annee: int) -> Cible | None:
        """L'objectif en vigueur au 31 décembre d'une année."""
        adoptees = [c for c in self.cibles if c.depuis <= dt.date(annee, 12, 31)]
        return adoptees[-1] if adoptees else None

    def en_vigueur(self, annee: int) -> bool:
        """Le texte engageait-il toute l'année ?"""
        return self.texte.depuis <= dt.date(annee, 1, 1)


def lire_engagements(config: Configuration) -> list[Engagement]:
    """Les engagements, dans l'ordre du fichier ; une liste vide si le territoire n'en a pas.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    return lire_contenu(lire_le_suivi(config), config)


def lire_le_suivi(config: Configuration) -> dict:
    """Le contenu d'``engagements.yml``, vérifié ; vide si le territoire n'en a pas."""
    fichier = config.chemin("suivi") / FICHIER
    return lire_document(lire_texte(fichier), config) if fichier.is_file() else {}


def lire_document(texte: str, config: Configuration) -> dict:
    """Le contenu d'un ``engagements.yml``, vérifié.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    contenu = analyser_yaml(texte, FICHIER)
    if defauts := chercher_defauts(contenu, config):
        raise ErreurConfiguration(f"{FICHIER} est mal écrit :\n" + "\n".join(f"  - {d}" for d in defauts))
    return contenu


def lire_contenu(contenu: dict, config: Configuration) -> list[Engagement]:
    """Les engagements d'un document vérifié, dans son ordre."""
    textes = {t["code"]: _texte(t) for t in contenu.get("textes", ())}
    return [_engagement(e, textes, config) for e in contenu.get("engagements", ())]


def dater(valeur: dt.date | int) -> dt.date:
    """Une date, ou une année seule quand c'est tout ce que l'on sait.

    >>> dater(1998)
    datetime.date(1998, 1, 1)
    """
    return valeur if isinstance(valeur, dt.date) else dt.date(valeur, 1, 1)


def _texte(brut: dict) -> Texte:
    return Texte(brut["code"], brut["nom"], dater(brut["depuis"]), brut.get("note") or "")


def _engagement(brut: dict, textes: dict[str, Texte], config: Configuration) -> Engagement:
    zero = brut.get("etat_zero") or {}
    valeur = zero.get("valeur")
    return Engagement(
        code=brut["code"],
        texte=textes[brut["texte"]],
        article=brut["article"],
        libelle=brut["libelle"],
        titulaires=tuple(brut["titulaires"]),
        nature=brut["nature"],
        mesure=_mesure(brut["mesure"], config) if brut.get("mesure") else None,
        preuve=brut.get("preuve"),
        sans_mesure=brut.get("sans_mesure") or "",
        sens=brut.get("sens") or "au_moins",
        tolerance=float(brut.get("tolerance") or 0),
        arithmetique=bool(brut.get("arithmetique")),
        cibles=tuple(sorted((_cible(c) for c in brut.get("cibles") or ()), key=lambda c: c.depuis)),
        etat_zero=(zero.get("annee"), None if valeur is None else float(valeur), zero.get("source") or ""),
        echeance=brut.get("echeance"),
        pieces=tuple(brut.get("pieces") or ()),
    )


def _mesure(brut: dict, config: Configuration) -> dict[str, str]:
    niveau = brut.get("niveau", config.tout[0])
    territoire = brut.get("territoire", config.code if niveau == config.tout[0] else "")
    bailleur = brut.get("bailleur", "tous")
    return {"indicateur": brut["indicateur"], "niveau": niveau, "territoire": territoire, "bailleur": bailleur}


def _cible(brut: dict) -> Cible:
    jusque = brut.get("jusque")
    return Cible(
        depuis=dater(brut["depuis"]),
        valeur=float(brut["valeur"]),
        jusque=None if jusque is None else float(jusque),
        echeance=brut.get("echeance"),
        adoptee_par=brut["adoptee_par"],
        source=brut["source"],
    )
