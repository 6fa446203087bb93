"""La mixité de toutes les années d'une table d'indicateurs, préparée ou publiée."""

from __future__ import annotations

from itertools import product

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.configuration import Configuration
from observatoire.fichiers import ecrire_parquet
from observatoire.mixite import changements, quartiers, villes
from observatoire.mixite.plan import (
    CALCULE,
    CLES,
    CLES_DU_CHANGEMENT,
    COLONNES,
    COLONNES_DU_CHANGEMENT,
    QUARTIER,
    Plan,
    planifier,
    ranger,
)
from observatoire.mixite.unites import compter
from observatoire.publie import CLES as CLES_D_INDICATEUR

#: De ce qui est publié : assez pour refaire toute somme, trop peu pour ressembler à une autre valeur.
DECIMALES = 6
_LUES = [*CLES_D_INDICATEUR, "numerateur", "denominateur", "reponse", "statut"]


def calculer(lignes: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Les indices (:data:`COLONNES`) et leurs changements (:data:`COLONNES_DU_CHANGEMENT`).

    ``lignes`` : les colonnes de ``publie.COLONNES``, calculées ou publiées, tous bailleurs réunis.
    Statuts des lignes rendues : « calcule », ou pourquoi il n'y a pas de valeur (``c``, ``nd``, ``na``, ``ne``).
    """
    par_annee = {annee: lignes[lignes["annee"].eq(annee)] for annee in plan.seuils}
    valeurs, evolutions = [], []
    for lieu, groupe, niveau in product(plan.lieux, plan.groupes, plan.niveaux):
        if not lieu.contient(niveau):
            continue
        comptes = {annee: compter(par_annee[annee], groupe, niveau, lieu) for annee in plan.seuils}
        commun = {"niveau": niveau, "territoire": lieu.code, "groupe": groupe.code}
        for annee, compte in comptes.items():
            seuils, cles = plan.seuils[annee], commun | {"annee": annee}
            valeurs += [cles | r for r in villes.evaluer(compte, groupe, seuils, (annee, niveau, groupe.code))]
            if niveau == QUARTIER and not groupe.binaire:
                rangs = quartiers.evaluer(compte, par_annee[annee], groupe, seuils, lieu, annee)
                valeurs += [cles | r for r in rangs]
        evolutions += [commun | r for r in changements.evaluer(plan, groupe, niveau, comptes)]
    return ranger(valeurs, COLONNES, CLES), ranger(evolutions, COLONNES_DU_CHANGEMENT, CLES_DU_CHANGEMENT)


def ecrire_mixite(config: Configuration) -> int:
    """Calculer la mixité de ``prepare/indicateurs.parquet`` ; rend le nombre d'indices calculés.

    Écrit ``mixite.parquet`` et ``mixite_evolution.parquet``, à l'usage de qui lit ``prepare`` : ce qui se publie est
    calculé de nouveau, sur ce qui est publié (:func:`publier`).
    """
    prepare, plan = config.chemin("prepare"), planifier(config, lire_baremes(config.chemin("referentiels")))
    filtre = [
        ("bailleur", "==", "tous"),
        ("niveau", "in", [*plan.niveaux, *{lieu.niveau for lieu in plan.lieux}]),
        ("indicateur", "in", plan.codes),
    ]
    lignes = pd.read_parquet(prepare / "indicateurs.parquet", columns=_LUES, filters=filtre)
    valeurs, evolutions = calculer(lignes, plan)
    ecrire_parquet(valeurs, prepare / "mixite.parquet")
    ecrire_parquet(evolutions, prepare / "mixite_evolution.parquet")
    return int(valeurs["statut"].eq(CALCULE).sum())


def publier(protege: pd.DataFrame, config: Configuration, baremes: Baremes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """La mixité qu'un public peut lire : celle de la table qui lui est publiée, et d'elle seule.

    ``protege`` : ses indicateurs, après protection. Tout lecteur de cette table pourrait refaire le calcul : il
    n'apprend rien de ce qui y est caché. Les nombres ont :data:`DECIMALES` décimales.
    """
    plan = planifier(config, baremes)
    lignes = protege[protege["bailleur"].eq("tous") & protege["indicateur"].isin(plan.codes)]
    return tuple(
        t.round(DECIMALES).assign(statut=t["statut"].replace(CALCULE, "publie")) for t in calculer(lignes, plan)
    )
