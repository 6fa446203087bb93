"""``confidentialite.yml`` : ce que chaque public voit, ce qui se bruite, ce qui est ouvert, et les accords."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pydantic import Field

from observatoire.configuration.commun import PUBLICS, TABLES, TABLES_TIREES
from observatoire.configuration.fiche import Chemin, Fiche, Texte, entier, nombre, parmi, parmi_ceux
from observatoire.configuration.modeles.baremes import BaremeEcrit, Valeur

_LUES = (*TABLES, *TABLES_TIREES)
_PLUS_DE_BRUIT = "{cle} ne sert plus depuis que les comptes sont bruités : l'enlever (docs/secret.md)."
_Niveau, _Indicateur = parmi_ceux("niveaux"), parmi_ceux("indicateurs", "un indicateur du catalogue")
_Source = parmi_ceux("sources", "la source d'un indicateur du catalogue")


class Seuil(Valeur):
    """Le seuil général."""

    valeur: entier(2)


class BruitEcrit(Fiche):
    """La loi du bruit ; il faut qu'elle existe."""

    ecart: entier(0, maximum=100)
    variance: nombre("[0 ; 10 000]")
    plancher: entier(0, maximum=100)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if set(sain) != set(cls.model_fields):
            return
        try:
            contexte["bruit"](**sain).lois  # noqa: B018 : la loi se cherche ici
        except ValueError as erreur:
            yield (), f"{{cle}} : {erreur}"


class Arrondi(Fiche):
    """Décimales des parts publiées à côté d'une valeur."""

    reponse: entier(0) = None
    couverture: entier(0) = None


class Source(Fiche):
    """Ce qui est propre à une source."""

    seuil: entier(2) = None
    bruit: BruitEcrit | None = None


class RegleDuSecret(Fiche):
    """Ce qui vaut pour un public, de sa date à sa règle suivante."""

    abandonnees = dict.fromkeys(
        ("immeubles", "amplitude", "amplitude_relative", "muets", "poids", "poids_par_bailleur"), _PLUS_DE_BRUIT
    )
    public: parmi(*PUBLICS)
    depuis: dt.date
    source: Texte
    niveaux: list[_Niveau] = Field(min_length=1)
    contributeurs: entier(1)
    part_maximale: nombre("]0 ; 1]", "une fraction")
    arrondi: Arrondi
    bruit: BruitEcrit
    sources: dict[_Source, Source] = Field(default_factory=dict)
    indicateurs: dict[_Niveau, list[_Indicateur]] = Field(default_factory=dict)
    par_bailleur: dict[_Niveau, list[parmi(*_LUES)]] = Field(default_factory=dict)


class Ouverture(Fiche):
    """Des tables publiques de toute façon ; toutes leurs colonnes si aucune n'est nommée."""

    depuis: dt.date
    source: Texte
    tables: list[parmi(*_LUES)] = Field(min_length=1)
    colonnes: list[Texte] = Field(default_factory=list)


class Exact(Fiche):
    """Des totaux que rien ne bruite."""

    depuis: dt.date
    source: Texte
    niveaux: list[_Niveau] = Field(min_length=1)
    indicateurs: list[_Indicateur] = Field(min_length=1)


class Accord(Fiche):
    """Des bailleurs qui acceptent que leurs chiffres soient publiés."""

    depuis: dt.date
    jusque: dt.date | None = None
    publics: list[parmi(*PUBLICS)] = Field(min_length=1)
    bailleurs: list[Texte] = Field(min_length=1)
    source: Texte


class Confidentialite(BaremeEcrit):
    """Le fichier entier."""

    valeurs: list[Seuil] = Field(min_length=1)
    regles: list[RegleDuSecret] = Field(min_length=1)
    ouvertes: list[Ouverture] = Field(default_factory=list)
    exacts: list[Exact] = Field(default_factory=list)
    accords: list[Accord] = Field(default_factory=list)
