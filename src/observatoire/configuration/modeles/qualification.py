"""``qualification.yml`` : ce qui qualifie une résidence ou un quartier, à chaque date, et qui l'a adopté."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pydantic import Field

from observatoire.configuration.fiche import Chemin, Fiche, Texte, nombre, parmi, parmi_ceux
from observatoire.configuration.modeles.alertes import Probabilite
from observatoire.configuration.modeles.baremes import BaremeEcrit
from observatoire.vocabulaire import AXES, BAISSE, CAPACITE, FRAGILITE, HAUSSE

#: Combien d'indicateurs en tout : assez pour ne pas dépendre d'un seul, assez peu pour que chacun se discute.
LE_MOINS, LE_PLUS = 5, 7


class IndicateurQualifiant(Fiche):
    """``sens`` : ce qui, de lui, augmente le score de l'axe. ``ecart`` : celui à la ville qui vaut un point."""

    axe: parmi(*AXES)
    sens: parmi(HAUSSE, BAISSE)
    poids: nombre("]0 ; 10]")
    ecart: nombre("]0 ; 1]")


class SeuilsDesClasses(Fiche):
    """En points de score. De fragilité : ``fragile`` et ``a_surveiller`` au moins, ``peu_fragile`` au plus ; de
    capacité : ``capacite`` au moins."""

    fragile: nombre()
    a_surveiller: nombre()
    peu_fragile: nombre()
    capacite: nombre()

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        ordonnes = [sain[nom] for nom in ("peu_fragile", "a_surveiller", "fragile") if nom in sain]
        if ordonnes != sorted(set(ordonnes)):
            yield (), "{cle} : il faut « peu_fragile » sous « a_surveiller », et « a_surveiller » sous « fragile »."


class RegleDeQualification(Fiche):
    """Ce qui vaut de sa date à la règle suivante."""

    depuis: dt.date
    adoptee_par: Texte
    source: Texte
    repondants: nombre("]0 ; 10 000]")
    reponse: nombre("]0 ; 1]")
    connus: nombre("]0 ; 1]")
    deplacement: nombre("]0 ; 0,5]")
    seuils: SeuilsDesClasses
    indicateurs: dict[
        parmi_ceux("indicateurs", "une proportion ou un taux du catalogue, qui ne lit rien d'interdit"),
        IndicateurQualifiant,
    ]

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        siens = sain.get("indicateurs")
        if not isinstance(siens, dict):
            return
        if not LE_MOINS <= len(siens) <= LE_PLUS:
            yield ("indicateurs",), f"{{cle}} : de {LE_MOINS} à {LE_PLUS} indicateurs, il y en a {len(siens)}."
        axes = {i.get("axe") for i in siens.values() if isinstance(i, dict)}
        for axe in (FRAGILITE, CAPACITE):
            if axe not in axes:
                yield ("indicateurs",), f"{{cle}} : aucun n'est de l'axe « {axe} »."


class Qualification(BaremeEcrit):
    """Le fichier entier."""

    valeurs: list[Probabilite] = Field(min_length=1)
    regles: list[RegleDeQualification] = Field(min_length=1)
