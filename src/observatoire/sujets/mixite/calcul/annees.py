"""La mixité de toutes les années d'une table d'indicateurs publiée."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pandas as pd

from observatoire.baremes import Baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.indicateurs.perimetre import Paire
from observatoire.sujets.mixite.calcul import changements, quartiers, villes
from observatoire.sujets.mixite.calcul.plan import (
    CLES,
    CLES_DU_CHANGEMENT,
    COLONNES,
    COLONNES_DU_CHANGEMENT,
    QUARTIER,
    Plan,
    planifier,
    ranger,
)
from observatoire.sujets.mixite.calcul.unites import Bouts, Dates, Lignes, compter

#: De ce qui est publié : assez pour refaire toute somme, trop peu pour ressembler à une autre valeur.
DECIMALES = 6


def calculer(
    lignes: pd.DataFrame, plan: Plan, bruit: float = 0.0, constants: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Les indices (:data:`COLONNES`) et leurs changements (:data:`COLONNES_DU_CHANGEMENT`).

    ``lignes`` : les colonnes de ``publie.COLONNES``, publiées, tous bailleurs réunis. Statuts des lignes rendues :
    « publie », ou pourquoi il n'y a pas de valeur (``c``, ``nd``, ``na``, ``ne``). ``bruit`` : la variance de celui de
    chaque compte. ``constants`` : de même que ``lignes``, à périmètre constant, là où les bailleurs ont changé.
    """
    par_annee = {annee: Lignes.ranger(lignes[lignes["annee"].eq(annee)], plan.codes) for annee in plan.seuils}
    fixes = {} if constants is None else _a_perimetre_constant(constants, plan)
    valeurs, evolutions = [], []
    for lieu, groupe, niveau in product(plan.lieux, plan.groupes, plan.niveaux):
        if not lieu.contient(niveau):
            continue
        comptes = {annee: compter(par_annee[annee], groupe, niveau, lieu) for annee in plan.seuils}
        commun = {"niveau": niveau, "territoire": lieu.code, "groupe": groupe.code}
        for annee, compte in comptes.items():
            seuils, cles = plan.seuils[annee], commun | {"annee": annee}
            valeurs += [cles | r for r in villes.evaluer(compte, groupe, seuils, (annee, niveau, groupe.code), bruit)]
            if niveau == QUARTIER and not groupe.binaire:
                rangs = quartiers.evaluer(compte, par_annee[annee], groupe, seuils, lieu, annee, bruit=bruit)
                valeurs += [cles | r for r in rangs]
        bouts = {paire: Bouts(*(comptes[annee] for annee in paire)) for paire in plan.paires}
        siennes = {paire: dates for paire, dates in fixes.items() if dates.absents.keys() & {*groupe.codes}}
        bouts |= {paire: dates.compter(groupe, niveau, lieu) for paire, dates in siennes.items() if paire in bouts}
        evolutions += [commun | r for r in changements.evaluer(plan, groupe, bouts, bruit)]
    return ranger(valeurs, COLONNES, CLES), ranger(evolutions, COLONNES_DU_CHANGEMENT, CLES_DU_CHANGEMENT)


def _a_perimetre_constant(constants: pd.DataFrame, plan: Plan) -> dict[Paire, Dates]:
    """Chaque comparaison de bailleurs qui ont changé, sur ceux qui sont là aux deux dates."""
    fixes = {}
    for paire, siennes in constants.groupby(["depart", "arrivee"]):
        lignes = tuple(Lignes.ranger(siennes[siennes["annee"].eq(a)], plan.codes) for a in paire)
        fixes[paire] = Dates(lignes, siennes.groupby("indicateur")["absents"].first().to_dict())
    return fixes


def publier_la_mixite(
    parus: tuple[pd.DataFrame, pd.DataFrame], config: Configuration, baremes: Baremes, bruit_de: Callable[[str], float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """La mixité qu'un public peut lire : celle des tables qui lui sont publiées, et d'elles seules.

    ``parus`` : ses indicateurs, et ceux à périmètre constant, après protection. Tout lecteur de ces tables pourrait
    refaire le calcul : il n'apprend rien de ce qui y est caché. ``bruit_de`` : la variance du bruit d'un compte d'une
    source. Les nombres ont :data:`DECIMALES` décimales.
    """
    plan = planifier(config, baremes)
    lignes, constants = (t[t["bailleur"].eq("tous") & t["indicateur"].isin(plan.codes)] for t in parus)
    bruit = max((bruit_de(catalogue()[code].source) for code in plan.codes), default=0.0)
    return tuple(t.round(DECIMALES) for t in calculer(lignes, plan, bruit, constants))
