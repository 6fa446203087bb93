"""Lire ``data/suivi/engagements.yml`` : les textes, chacun de leurs engagements, et les objectifs d'attribution."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.configuration.commun import TOUS
from observatoire.configuration.modeles.engagements import CibleEcrite, EngagementEcrit, Engagements, Mesure
from observatoire.configuration.modeles.objectifs import CHACUN, ObjectifAdopte
from observatoire.configuration.saisie import analyser_yaml, lire_texte, reperer_dans, verifier_fiche
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.territoires import chercher_les_inconnus
from observatoire.rangement import sont_fictifs
from observatoire.vocabulaire import AGGLOMERATION, DECISIONS, GENRES_DE_SEANCE, POUR_TOUS, QUARTIER, VILLE

#: Ce qu'une séance doit montrer pour compter, hors du genre d'une décision.
AVEC = ("alertes", "supports", "associations", "decisions", *DECISIONS)
FICHIER = "engagements.yml"
#: Où étaient les objectifs d'attribution.
ANCIEN = "objectifs.yml"
A_RECOPIER = (
    f"{ANCIEN} ne se lit plus : recopier sa liste sous « objectifs: » dans {FICHIER}, du même dossier "
    "(un fichier neuf peut ne contenir qu'elle), puis l'effacer."
)
#: Où une attribution se juge, du plus grand au plus petit.
JUGES = (AGGLOMERATION, VILLE, QUARTIER)


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

    ``valeur`` est dans l'unité stockée (une fraction pour une part) ;
    ``valeur_haute`` : le haut d'une fourchette annoncée.
    """

    depuis: dt.date
    valeur: float
    valeur_haute: float | None
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
    ``pieces`` : les dates de celles qui sont versées.
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
    pieces: tuple[dt.date, ...] = ()

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
    """Le contenu d'``engagements.yml``, vérifié ; vide si le territoire n'en a pas.

    Une cible, une pièce, un objectif fictifs n'y sont que si les dépôts calculés le sont aussi.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas, ou si des objectifs sont restés à côté.
    """
    fichier = config.chemin("suivi") / FICHIER
    if (config.chemin("suivi") / ANCIEN).exists():
        raise ErreurConfiguration("\n\n".join([A_RECOPIER, *_fautes_de(fichier, config)]))
    contenu = lire_document(lire_texte(fichier), config) if fichier.is_file() else {}
    return contenu if sont_fictifs(config.chemin("prepare")) else _sans_le_fictif(contenu)


def _fautes_de(fichier: Path, config: Configuration) -> list[str]:
    try:
        lire_document(lire_texte(fichier), config)
    except (ErreurConfiguration, FileNotFoundError) as faute:
        return [str(faute)] if isinstance(faute, ErreurConfiguration) else []
    return []


def _sans_le_fictif(contenu: object) -> object:
    if isinstance(contenu, list):
        return [_sans_le_fictif(e) for e in contenu if not (isinstance(e, dict) and e.get("fictif"))]
    if not isinstance(contenu, dict):
        return contenu
    return {cle: _sans_le_fictif(valeur) for cle, valeur in contenu.items()}


def lire_document(texte: str, config: Configuration) -> dict:
    """Le contenu d'un ``engagements.yml``, tel qu'il est écrit et vérifié.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    contenu = analyser_yaml(texte, FICHIER)
    verifier_fiche(contenu, FICHIER, Engagements, _contexte(config), ligne=reperer_dans(texte))
    return contenu


def relire_document(texte: str, config: Configuration) -> dict:
    """Le contenu d'un ``engagements.yml`` d'une révision passée, dans les mots d'aujourd'hui, et vérifié.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    contenu = _rajeunir(analyser_yaml(texte, FICHIER))
    _verifier(contenu, config)
    return contenu


def _rajeunir(contenu: object) -> object:
    """Ce qu'une révision passée ne peut plus récrire : le haut d'une fourchette y était « jusque »."""
    if isinstance(contenu, list):
        return [_rajeunir(element) for element in contenu]
    if not isinstance(contenu, dict):
        return contenu
    neuves = {"jusque": "valeur_haute"} if "valeur" in contenu else {}
    return {neuves.get(cle, cle): _rajeunir(valeur) for cle, valeur in contenu.items()}


def _verifier(contenu: object, config: Configuration) -> Engagements:
    return verifier_fiche(contenu, FICHIER, Engagements, _contexte(config))


def lire_adoptes(config: Configuration, suivi: dict | None = None) -> list[ObjectifAdopte]:
    """Les objectifs d'attribution adoptés, dans l'ordre du fichier ; lève comme :func:`lire_engagements`.

    ``suivi`` : ce que dit :func:`lire_le_suivi`, s'il est déjà lu.
    """
    contenu = lire_le_suivi(config) if suivi is None else suivi
    return _verifier(contenu, config).objectifs if contenu else []


def niveaux_de(config: Configuration) -> tuple[str, ...]:
    """Les niveaux où les attributions se jugent, du territoire entier au quartier."""
    return JUGES[JUGES.index(config.tout[0]) :]


def lire_contenu(contenu: dict, config: Configuration) -> list[Engagement]:
    """Les engagements d'un document vérifié, dans son ordre."""
    if not contenu:
        return []
    ecrits = _verifier(contenu, config)
    textes = {t.code: Texte(t.code, t.nom, t.depuis, t.note) for t in ecrits.textes}
    return [_engagement(e, textes, config) for e in ecrits.engagements]


def _contexte(config: Configuration) -> dict:
    """Ce que les modèles doivent savoir d'ailleurs."""
    bailleurs = (TOUS, *(b.code for b in config.bailleurs))
    return {
        "indicateurs": catalogue(),
        "proportions": [code for code, declaration in catalogue().items() if declaration.nature == "proportion"],
        "parts": {code for code, declaration in catalogue().items() if declaration.unite == "%"},
        "niveaux": POUR_TOUS,
        "niveaux_juges": niveaux_de(config),
        "entier": config.tout[0],
        "est_inconnu": chercher_les_inconnus(config),
        "bailleurs": bailleurs,
        "bailleurs_ou_chacun": (CHACUN, *bailleurs),
        "genres": tuple(GENRES_DE_SEANCE),
        "avec": AVEC,
        "signataires": config.signataires,
    }


def _engagement(e: EngagementEcrit, textes: dict[str, Texte], config: Configuration) -> Engagement:
    zero = e.etat_zero
    return Engagement(
        code=e.code,
        texte=textes[e.texte],
        article=e.article,
        libelle=e.libelle,
        titulaires=tuple(e.titulaires),
        nature=e.nature,
        mesure=_mesure(e.mesure, config) if e.mesure else None,
        preuve=e.preuve.model_dump(exclude_unset=True) if e.preuve else None,
        sans_mesure=e.sans_mesure,
        sens=e.sens,
        tolerance=float(e.tolerance),
        arithmetique=e.arithmetique,
        cibles=tuple(sorted((_cible(c) for c in e.cibles), key=lambda c: c.depuis)),
        etat_zero=(zero.annee, _flottant(zero.valeur), zero.source) if zero else (None, None, ""),
        echeance=e.echeance,
        pieces=tuple(p.date for p in e.pieces),
    )


def _mesure(ecrite: Mesure, config: Configuration) -> dict[str, str]:
    niveau = ecrite.niveau or config.tout[0]
    territoire = ecrite.territoire or (config.code if niveau == config.tout[0] else "")
    return {
        "indicateur": ecrite.indicateur, "niveau": niveau, "territoire": territoire, "bailleur": ecrite.bailleur,
    }  # fmt: skip


def _cible(ecrite: CibleEcrite) -> Cible:
    return Cible(
        depuis=ecrite.depuis,
        valeur=float(ecrite.valeur),
        valeur_haute=_flottant(ecrite.valeur_haute),
        echeance=ecrite.echeance,
        adoptee_par=ecrite.adoptee_par,
        source=ecrite.source,
    )


def _flottant(valeur: float | None) -> float | None:
    return None if valeur is None else float(valeur)
