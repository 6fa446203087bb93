"""Le verdict d'un engagement : ce que l'on observe, face à ce qui était promis.

Une mesure se juge sur un intervalle dont chaque bord a cinq chances sur cent d'être faux. Tout entier du bon côté de
l'objectif, l'engagement est tenu ; tout entier du mauvais, il ne l'est pas, ou en partie si l'écart observé tient dans
la tolérance ; sinon l'objectif est dans l'intervalle, et rien ne se conclut. Un dénombrement complet n'a pas
d'intervalle : sa valeur suffit. Des faits datés se jugent à leur nombre. Aucun verdict ne se déduit d'une absence de
données ni d'une absence d'objectif.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.intervalles import clopper_pearson, elargir, garwood
from observatoire.vocabulaire import (
    ATTEINT,
    AU_PLUS,
    NON_ATTEINT,
    NON_CONCLUANT,
    NON_MESURABLE,
    NON_TENU,
    PARTIEL,
    TENU,
)

SANS_OBJET = ""
#: Chaque bord de l'intervalle est faux avec cette probabilité au plus.
RISQUE = 0.05
#: Deux nombres plus proches que cela sont le même : les sommes d'euros s'écrivent en flottants.
EGAUX = 1e-9
COMPLETE = 0.9995
PAS_EN_VIGUEUR = "Le texte n'était pas en vigueur toute l'année."
PAS_ECHU = "L'échéance n'est pas venue."
CACHEE = "La valeur n'est pas publiée : le verdict non plus."


def juger_les_mesures(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter ``bas``, ``haut`` (dans l'unité de la valeur), ``verdict``, ``constat`` et ``raison``.

    ``table`` : ``nature_indicateur``, ``numerateur``, ``denominateur``, ``valeur``, ``borne_basse``, ``borne_haute``,
    ``couverture``, ``statut`` et ``variance`` (celle du bruit) de la cellule publiée ; ``cible``, ``sens``,
    ``tolerance``, ``arithmetique``, ``en_vigueur``, et ``avant_terme`` : l'échéance de l'objectif n'est pas venue.
    """
    table = encadrer(table)
    signe = np.where(table["sens"].eq(AU_PLUS), -1.0, 1.0)
    valeur, cible = signe * table["valeur"], signe * table["cible"]
    pire = np.where(signe > 0, table["bas"], -table["haut"])
    mieux = np.where(signe > 0, table["haut"], -table["bas"])
    partielle = table["couverture"].fillna(1).lt(COMPLETE)
    compte = table["nature_indicateur"].isin(["effectif", "moyenne"])
    manque = mieux < cible - EGAUX
    cas = [
        (~table["en_vigueur"], SANS_OBJET, PAS_EN_VIGUEUR),
        (table["statut"].eq("na"), SANS_OBJET, "L'indicateur ne s'applique pas à cette date."),
        (table["statut"].eq("c"), SANS_OBJET, CACHEE),
        (table["statut"].eq("ne"), NON_CONCLUANT, "Trop peu de réponses pour conclure."),
        (valeur.isna(), NON_MESURABLE, "Les données nécessaires n'ont pas été déposées."),
        (cible.isna(), NON_MESURABLE, "Aucun objectif chiffré n'a été adopté : la valeur se lit, elle ne se juge pas."),
        (compte & (pire >= cible - EGAUX), TENU, "Le compte atteint l'objectif."),
        (pire >= cible - EGAUX, TENU, "L'intervalle est tout entier du bon côté de l'objectif."),
        (manque & table["avant_terme"], NON_CONCLUANT, "L'objectif n'est pas atteint ; son échéance n'est pas venue."),
        (manque & (valeur >= cible - table["tolerance"] - EGAUX) & table["tolerance"].gt(0), PARTIEL,
         "L'objectif est manqué de moins que la tolérance."),
        (manque & compte, NON_TENU, "Le compte n'atteint pas l'objectif."),
        (manque, NON_TENU, "L'intervalle est tout entier du mauvais côté de l'objectif."),
        (compte & partielle, NON_CONCLUANT, "Tous les bailleurs n'ont pas déposé : le compte est incomplet."),
    ]  # fmt: skip
    table = _trancher(table, cas, NON_CONCLUANT, "L'objectif est dans l'intervalle : trop peu de cas pour conclure.")
    lisible = table["arithmetique"] & valeur.notna() & cible.notna() & table["en_vigueur"]
    lisible &= ~(table["statut"].isin(["na", "ne"]) | (compte & partielle))
    table["constat"] = np.where(lisible, np.where(valeur >= cible - EGAUX, ATTEINT, NON_ATTEINT), "")
    return table


def encadrer(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter l'intervalle du verdict, ``bas`` et ``haut``.

    Proportion : Clopper et Pearson ; taux : Garwood, élargis de la ``variance`` du bruit ; sinon, l'intervalle publié
    s'il y en a un. Un dénombrement complet est exact ; incomplet, un effectif n'est connu que par défaut, et une
    moyenne ne l'est pas.
    """
    nature, complet = table["nature_indicateur"], table["couverture"].fillna(1).ge(COMPLETE)
    x, n, valeur, variance = (table[c].to_numpy(float) for c in ("numerateur", "denominateur", "valeur", "variance"))
    with np.errstate(divide="ignore", invalid="ignore"):
        bruit = np.sqrt(variance * (1 + valeur**2)) / n
    proportion, taux = (
        elargir(valeur, *loi(x, n, 1 - 2 * RISQUE), bruit, 1 - 2 * RISQUE) for loi in (clopper_pearson, garwood)
    )
    dessous, dessus = table["borne_basse"].fillna(table["valeur"]), table["borne_haute"].fillna(table["valeur"])
    cas = [nature.eq("proportion"), nature.eq("taux"), nature.eq("ecart"), nature.eq("effectif")]
    bas = np.select(cas, [proportion[0], taux[0], table["borne_basse"], dessous], dessous.where(complet))
    haut = np.select(cas, [proportion[1], taux[1], table["borne_haute"], dessus.where(complet)], dessus.where(complet))
    connue = table["valeur"].notna()
    return table.assign(bas=np.where(connue, bas, np.nan), haut=np.where(connue, haut, np.nan))


def juger_les_faits(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter ``verdict``, ``constat`` et ``raison`` à des faits comptés.

    ``table`` : ``faits`` constatés, ``attendus`` (zéro quand le texte ne dit pas de rythme), ``ouvert`` (on tenait
    déjà le registre qui les prouve), ``tardif`` (constatés après l'échéance), ``en_vigueur``, ``avant_terme``.
    """
    faits, attendus = table["faits"], table["attendus"]
    cas = [
        (~table["en_vigueur"], SANS_OBJET, PAS_EN_VIGUEUR),
        (table["avant_terme"] & faits.eq(0), SANS_OBJET, PAS_ECHU),
        (~table["ouvert"], NON_MESURABLE, "Aucune pièce ne permet encore d'en juger."),
        (table["tardif"], PARTIEL, "Ce qui était attendu est constaté, après l'échéance."),
        (attendus.gt(0) & faits.ge(attendus), TENU, "Tout ce qui était attendu est constaté."),
        (attendus.gt(0) & faits.gt(0), PARTIEL, "Une partie seulement de ce qui était attendu est constatée."),
        (attendus.gt(0), NON_TENU, "Rien de ce qui était attendu n'est constaté."),
        (faits.gt(0), TENU, "Des faits de l'année le prouvent."),
    ]
    table = _trancher(table, cas, NON_MESURABLE, "Aucune pièce de l'année : l'absence de trace ne prouve rien.")
    return table.assign(constat="")


def _trancher(table: pd.DataFrame, cas: list[tuple], verdict: str, raison: str) -> pd.DataFrame:
    """Le verdict et la raison du premier cas vrai, ligne par ligne ; à défaut, ceux qui sont donnés."""
    vrais = [np.asarray(vrai, dtype=bool) for vrai, _, _ in cas]
    return table.assign(
        verdict=np.select(vrais, [v for _, v, _ in cas], verdict),
        raison=np.select(vrais, [r for _, _, r in cas], raison),
    )
