"""``observatoire.yml`` : le territoire, son édition, sa charte, ses déposants, ses signataires, ses dossiers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, create_model

from observatoire.communes import (
    FORMATS_DE_CONTOURS,
    INSEE,
    SIREN,
    Commune,
    lire_contours_de,
    repetitions,
    sort_des_referentiels,
)
from observatoire.configuration.commun import (
    ACCES,
    ANNEES,
    CHEMINS,
    CODE,
    CONTOURS,
    NIVEAUX_CHOISIS,
    QUARTIERS,
    TABLES,
    TOUS,
)
from observatoire.configuration.fiche import Chemin, Fiche, Texte, doubles, entier, parmi
from observatoire.trimestres import FORME, nommer_trimestre, rang_de_l_annee, rang_du_trimestre
from observatoire.vocabulaire import AGGLOMERATION


class Epci(Fiche):
    """L'EPCI d'un territoire d'une commune."""

    code: Texte
    nom: Texte

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "code" in sain and not SIREN.fullmatch(sain["code"]):
            yield ("code",), "{cle} est le SIREN de l'EPCI, neuf chiffres."


class CommuneDeclaree(Fiche):
    """Une commune d'une agglomération ; ``contours`` : son fichier, parmi les référentiels."""

    code: Texte
    nom: Texte
    contours: Texte | None = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "code" not in sain:
            return
        if not INSEE.fullmatch(sain["code"]):
            yield ("code",), f"« {sain['code']} » n'est pas un code Insee de commune."
        elif defaut := lire_contours_de(sain, contexte["referentiels"])[1]:
            yield (), f"{{cle}} : {defaut}"


class ContoursOfficiels(Fiche):
    """Les contours officiels des mêmes quartiers : leur ``fichier``, parmi les référentiels, et leur ``source``."""

    fichier: Texte
    source: Texte

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        fichier = sain.get("fichier", "x.zip")
        if not fichier.endswith(FORMATS_DE_CONTOURS):
            yield ("fichier",), f"{{cle}} est un {', '.join(FORMATS_DE_CONTOURS)} (un Shapefile dans un zip)."
        elif sort_des_referentiels(fichier):
            yield ("fichier",), f"{{cle}} : « {fichier} » n'est pas dans les référentiels ; l'y mettre."
        elif "fichier" in sain and not (contexte["referentiels"] / fichier).is_file():
            yield ("fichier",), f"{{cle}} : « {fichier} » manque dans les référentiels."


class Territoire(Fiche):
    """La commune, ou l'EPCI quand il y a des ``communes``. ``a``, ``de`` : compléments de lieu."""

    nom: Texte
    code: Texte
    a: Texte | None = None
    de: Texte | None = None
    quartiers: parmi(*QUARTIERS) = CONTOURS
    epci: Epci | None = None
    communes: list[CommuneDeclaree] | None = None
    contours_officiels: ContoursOfficiels | None = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "contours_officiels" in sain and sain.get("quartiers", CONTOURS) != CONTOURS:
            yield ("contours_officiels",), "{cle} ne va pas avec « quartiers: communes »."
        communes = sain.get("communes")
        if communes is None:
            return
        if len(communes) < 2:
            yield (
                ("communes",),
                "{cle} est une liste d'au moins deux communes ; pour une seule, donner son code et son nom dans "
                "« territoire ».",
            )
        if "code" in sain and not SIREN.fullmatch(sain["code"]):
            yield ("code",), "avec « communes », {cle} est le SIREN de l'EPCI, neuf chiffres."
        if sain.get("quartiers", CONTOURS) != CONTOURS:
            yield ("communes",), "{cle} ne va pas avec « quartiers: communes »."
        if "epci" in sain:
            yield ("epci",), "avec « communes », l'EPCI est le territoire lui-même ; retirer {cle}."
        for phrase in repetitions([_lire_commune(c, contexte) for c in communes if c and {"code", "nom"} <= set(c)]):
            yield ("communes",), phrase


def _lire_commune(declaree: dict, contexte: dict) -> Commune:
    return lire_contours_de(declaree, contexte["referentiels"])[0]


def _lister_les_annees(annees: object) -> object:
    """Une liste d'années, ou rien : la phrase qui suit dit comment l'écrire."""
    vraies = isinstance(annees, list) and annees and all(type(a) is int and a in ANNEES for a in annees)
    return annees if vraies else []


class Edition(Fiche):
    """Ce que l'on publie, et le trimestre où cela se tient."""

    titre: Texte | None = None
    annees: Annotated[list[int], BeforeValidator(_lister_les_annees)]
    annee_zero: int | None = None
    trimestre: object = None
    immeubles: bool = True

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        annees = _lister_les_annees(sain.get("annees"))
        if not annees:
            if "annees" in sain:
                yield ("annees",), "{cle} doit être une liste d'années, par exemple [2007, 2008]."
            return
        for _, annee in doubles(annees):
            yield ("annees",), f"l'année {annee} est donnée deux fois dans {{cle}}."
        if sain.get("annee_zero", annees[0]) not in annees:
            yield ("annee_zero",), f"{{cle}} ({sain['annee_zero']}) n'est pas une des années {annees}."
        if "trimestre" in sain:
            yield from _accorder_le_trimestre(sain["trimestre"], max(annees))


def _accorder_le_trimestre(trimestre: object, derniere: int) -> Iterator[tuple[Chemin, str]]:
    """Sa forme, et que la dernière année y soit connue."""
    premier = nommer_trimestre(rang_de_l_annee(derniere))
    if not (isinstance(trimestre, str) and FORME.fullmatch(trimestre)):
        yield ("trimestre",), f"{{cle}} s'écrit AAAA-T1 à AAAA-T4, par exemple {premier}."
    elif rang_du_trimestre(trimestre) < rang_du_trimestre(premier):
        yield (
            ("trimestre",),
            f"le trimestre {trimestre} précède {premier}, le premier où les dépôts de {derniere} sont connus.",
        )


class Charte(Fiche):
    """Le texte qui fonde l'observatoire."""

    jamais_vides = ("duree_ans",)
    nom: Texte | None = None
    adoption: dt.date | None = None
    duree_ans: entier(1, "un nombre entier d'années") = 3


class Publication(Fiche):
    """Qui publie le site, et où ; ce qui n'est pas dit est dit non renseigné, jamais deviné.

    ``contact`` : à qui signaler un défaut d'accessibilité, une adresse ou une page.
    """

    editeur: Texte | None = None
    directeur: Texte | None = None
    hebergeur: Texte | None = None
    contact: Texte | None = None
    adresse: Texte | None = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "adresse" in sain and not re.fullmatch(r"https://[^\s?#]+[^\s?#/]", sain["adresse"]):
            yield ("adresse",), "{cle} est celle du site, « https://… », sans barre oblique à la fin."


class ParcDeclare(Fiche):
    """Ce que l'on sait d'un parc qui n'a jamais été déposé."""

    logements: entier(0)
    source: Texte | None = None


class Deposant(Fiche):
    """Un bailleur, ou un autre déposant. Son code nomme ses fichiers et sa page."""

    code: str
    nom: Texte
    tables: list[parmi(*TABLES, quoi="une table connue")] | None = None
    hors_rpls: bool = False
    parc_declare: ParcDeclare | None = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        code = sain.get("code", "x")
        if not CODE.fullmatch(code):
            yield ("code",), "{cle} doit n'avoir que des lettres, des chiffres, « _ » et « - »."
        elif code == TOUS:
            yield ("code",), "ce code est réservé."


class Signataire(Fiche):
    """Un signataire ; un code s'il peut piloter une action. Un nom seul suffit à qui n'en a pas."""

    nom: Texte
    code: Texte | None = None


def _d_un_nom(signataire: object) -> object:
    return {"nom": signataire} if isinstance(signataire, str) else signataire


class Conservation(Fiche):
    """Mois de conservation après le 31 décembre, et taille en deçà de laquelle un immeuble ne se garde pas."""

    brut_mois: entier(1) = None
    prepare_mois: entier(1) = None
    immeuble_logements: entier(1) = None


#: Où est chaque dossier, relatif à celui du fichier.
Chemins = create_model("Chemins", __base__=Fiche, **dict.fromkeys(CHEMINS, (Texte | None, None)))


class Ville(Fiche):
    """Le fichier entier."""

    territoire: Territoire
    niveaux: list[parmi(*NIVEAUX_CHOISIS)] = Field(default_factory=list)
    edition: Edition
    charte: Charte | None = None
    publication: Publication | None = None
    bailleurs: list[Deposant] = Field(min_length=1)
    autres_deposants: list[Deposant] = Field(default_factory=list)
    signataires: list[Annotated[Signataire, BeforeValidator(_d_un_nom)]] = Field(default_factory=list)
    acces: parmi(*ACCES) = ACCES[0]
    conservation: Conservation | None = None
    chemins: Chemins | None = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if AGGLOMERATION in sain.get("niveaux", ()) and not (sain.get("territoire") or {}).get("communes"):
            rang = sain["niveaux"].index(AGGLOMERATION)
            yield ("niveaux", rang), f"« {AGGLOMERATION} » demande plusieurs communes, sous « territoire »."
        places, codes = [], []
        for rubrique in ("bailleurs", "autres_deposants", "signataires"):
            for rang, element in enumerate(sain.get(rubrique, ())):
                places.append((rubrique, rang, "code"))
                codes.append(element.get("code") if isinstance(element, dict) else None)
        for rang, code in doubles(codes):
            yield places[rang], f"le code « {code} » est donné deux fois."
