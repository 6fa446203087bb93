"""``alertes.yml`` : ce qui décide d'un verdict d'alerte, à chaque date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field

from observatoire.configuration.fiche import Chemin, Fiche, Texte, entier, nombre, parmi_ceux
from observatoire.configuration.modeles.baremes import BaremeEcrit, Valeur
from observatoire.vocabulaire import ALERTE, VIGILANCE


class Probabilite(Valeur):
    """Celle au-delà de laquelle un écart compte."""

    valeur: nombre("]0 ; 1[", "une probabilité")


class Seuils(Fiche):
    """Deux écarts au comparateur."""

    vigilance: nombre("]0 ; 1]")
    alerte: nombre("]0 ; 1]")

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if {VIGILANCE, ALERTE} <= {*sain} and sain["vigilance"] >= sain["alerte"]:
            yield (), "{cle} : l'écart de vigilance doit être plus petit que celui d'alerte."

    @property
    def paire(self) -> tuple[float, float]:
        """(vigilance, alerte)."""
        return float(self.vigilance), float(self.alerte)


class SeuilsDeChangement(Seuils):
    """De même, pour ce qui change d'une année à l'autre ; ``sauf`` : ce dont la population n'est pas suivie."""

    sauf: list[parmi_ceux("indicateurs", "une proportion ou un taux du catalogue")] = Field(default_factory=list)


class Persistance(Fiche):
    """Tant d'alertes en tant d'années."""

    alertes: entier(1)
    annees: entier(1)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if len(sain) == 2 and sain["alertes"] > sain["annees"]:
            yield (), "{cle} s'écrit « {alertes: 2, annees: 3} », au plus une alerte par année."


#: Rien entre les accolades : les seuils de tous.
SeuilsPropres = Annotated[Seuils | None, BeforeValidator(lambda seuils: None if seuils == {} else seuils)]


class RegleDesAlertes(Fiche):
    """Ce qui vaut de sa date à la règle suivante."""

    depuis: dt.date
    source: Texte
    repondants: nombre("]0 ; 10 000]")
    reponse: nombre("]0 ; 1]")
    persistance: Persistance
    pente: nombre("]0 ; 1]")
    seuils: Seuils
    changement: SeuilsDeChangement | None = None
    seuils_par_niveau: dict[parmi_ceux("niveaux"), Seuils] = Field(default_factory=dict)
    indicateurs: dict[parmi_ceux("indicateurs", "une proportion ou un taux du catalogue"), SeuilsPropres] = Field(
        min_length=1
    )


class Alertes(BaremeEcrit):
    """Le fichier entier."""

    valeurs: list[Probabilite] = Field(min_length=1)
    regles: list[RegleDesAlertes] = Field(min_length=1)
