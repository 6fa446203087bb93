"""La conformité : chaque objectif face à la valeur observée, et à son intervalle.

Deux choses différentes sont dites. Le *constat* est arithmétique : la valeur atteint-elle la cible ? C'est ce que
demande la loi. Le *verdict* est statistique : l'intervalle est-il tout entier du bon côté ? S'il contient la cible,
on ne conclut pas.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from observatoire.attributions.objectifs import CHACUN, TOUS, Objectif
from observatoire.communes import HORS_COMMUNE, VILLE
from observatoire.publie import CLES

CONSTATS = ("atteint", "non_atteint")
VERDICTS = ("tenu", "non_tenu", "non_concluant", "non_mesurable", "sans_objet")
COLONNES = [*CLES, "objectif", "origine", "sens", "cible", "depuis", "source", "constat", "verdict"]


def confronter(
    objectifs: Iterable[Objectif], valeurs: pd.DataFrame, annees: Iterable[int], entier: str = VILLE
) -> pd.DataFrame:
    """Une ligne par objectif, année et territoire qu'il vise (:data:`COLONNES`).

    ``valeurs`` : des lignes de ``indicateurs`` (:data:`CLES`, ``valeur``, ``borne_basse``, ``borne_haute``,
    ``statut``). ``entier`` : le niveau du territoire entier. Un objectif qui n'est pas en vigueur n'a qu'une ligne
    « sans_objet », à ce niveau ou là où il est nommé. Ce qui n'est dans aucune commune n'est la commune de personne.
    """
    annees, valeurs = list(annees), valeurs[valeurs["territoire"].ne(HORS_COMMUNE)]
    morceaux = [_un(objectif, valeurs, annee, entier) for objectif in objectifs for annee in annees]
    morceaux = [m for m in morceaux if len(m)]
    if not morceaux:
        return pd.DataFrame(columns=COLONNES)
    return pd.concat(morceaux, ignore_index=True).sort_values([*CLES, "objectif"], ignore_index=True)


def _un(objectif: Objectif, valeurs: pd.DataFrame, annee: int, entier: str) -> pd.DataFrame:
    siennes = valeurs[valeurs["annee"].eq(annee) & valeurs["indicateur"].eq(objectif.indicateur)]
    siennes = siennes[siennes["niveau"].eq(objectif.niveau)]
    vise = siennes["bailleur"].ne(TOUS) if objectif.bailleur == CHACUN else siennes["bailleur"].eq(objectif.bailleur)
    siennes = siennes[vise & (siennes["territoire"].eq(objectif.territoire) if objectif.territoire else True)]
    if not objectif.en_vigueur(annee):
        general = objectif.territoire is not None or (objectif.niveau == entier and objectif.bailleur == TOUS)
        siennes = siennes if general else siennes.iloc[:0]
    constats, verdicts = _juger(siennes, objectif, objectif.en_vigueur(annee))
    fixes = {c: getattr(objectif, c) for c in ("origine", "sens", "cible", "source")}
    fixes["depuis"] = objectif.depuis.isoformat()
    return siennes[CLES].assign(objectif=objectif.code, **fixes, constat=constats, verdict=verdicts)[COLONNES]


def _juger(lignes: pd.DataFrame, objectif: Objectif, en_vigueur: bool) -> tuple[np.ndarray, np.ndarray]:
    """Le constat (vide si rien n'est mesuré) et le verdict de chaque ligne."""
    signe = 1 if objectif.sens == "plancher" else -1
    valeur, cible = signe * lignes["valeur"], signe * objectif.cible
    pire, mieux = (lignes["borne_basse"], lignes["borne_haute"])[::signe]
    mesurable = lignes["statut"].eq("calcule") & lignes["valeur"].notna() & en_vigueur
    constats = np.select([~mesurable, valeur >= cible], [None, "atteint"], "non_atteint")
    cas = [np.full(len(lignes), not en_vigueur), ~mesurable, signe * pire >= cible, signe * mieux < cible]
    return constats, np.select(cas, ["sans_objet", "non_mesurable", "tenu", "non_tenu"], "non_concluant")
