r"""Le verdict d'un objectif, le seul : ce que l'on observe, face à ce qui est demandé.

Une mesure se juge sur un intervalle exact dont chaque bord a cinq chances sur cent d'être faux : pour une part complète
et sans bruit, « tenu » veut dire que le test binomial unilatéral rejette, à 5 %, que la part soit du mauvais côté. Tout
entier du bon côté de l'objectif, celui-ci est tenu ; tout entier du mauvais, il ne l'est pas, ou en partie si l'écart
observé tient dans la tolérance ; sinon l'objectif est dans l'intervalle, et rien ne se conclut. Un dénombrement complet
n'a pas d'intervalle : sa valeur suffit. Des faits datés se jugent à leur nombre.

Ce qui n'a pas été déposé pourrait être tout d'un côté : quand seule une fraction $c$ est couverte, l'intervalle
$[b, h]$ d'une part devient $[c\,b,\; c\,h + 1 - c]$. Aucun verdict ne se déduit d'une absence de données ni d'une
absence d'objectif. À côté du verdict, une règle arithmétique (celle d'une loi, d'un contrat) a son constat : la valeur,
quel que soit son intervalle, atteint-elle l'objectif ?

**Références.** Clopper C. J. et Pearson E. S. (1934), *Biometrika* 26, 404-413 ; Garwood F. (1936), *Biometrika* 28,
437-442 ; pour ce qui manque, Manski C. F. (2003), *Partial Identification of Probability Distributions*, chap. 1.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.statistique.intervalles import clopper_pearson, encadrer_un_rapport, garwood
from observatoire.vocabulaire import (
    ATTEINT,
    AU_PLUS,
    ECART,
    EFFECTIF,
    MOYENNE,
    NON_APPLICABLE,
    NON_ATTEINT,
    NON_CONCLUANT,
    NON_EVALUE,
    NON_MESURABLE,
    NON_TENU,
    PARTIEL,
    PROPORTION,
    SECRET,
    TAUX,
    TENU,
)

SANS_VERDICT = ""
#: Chaque bord de l'intervalle est faux avec cette probabilité au plus.
RISQUE = 0.05
#: Deux nombres plus proches que cela sont le même : les sommes d'euros s'écrivent en flottants.
EGAUX = 1e-9
#: La vraie valeur qui « se verrait » donne un verdict avec cette probabilité au moins.
PUISSANCE = 0.80
COMPLETE = 0.9995
_COMPTES, _DU_BRUIT = ["numerateur", "denominateur"], ["variance", "zero"]
#: Ce qu'un verdict lit d'une cellule publiée, son statut mis à part ; le bruit de ses comptes vient de
#: :func:`observatoire.secret.porter_le_bruit`.
LUES = [*_COMPTES, "valeur", "borne_basse", "borne_haute", "couverture", *_DU_BRUIT]
#: L'intervalle exact de chaque nature qui en a un.
_LOIS = {PROPORTION: clopper_pearson, TAUX: garwood}
#: Au plus, au moins : les vraies valeurs au-delà desquelles le verdict tomberait huit fois sur dix.
DECELABLES = ["decelable_bas", "decelable_haut"]
PAS_EN_VIGUEUR = "Le texte n'était pas en vigueur toute l'année."
PAS_ECHU = "L'échéance n'est pas venue."
CACHEE = "La valeur n'est pas publiée : le verdict non plus."


def juger_les_mesures(table: pd.DataFrame) -> pd.DataFrame:
    """Juger chaque ligne : ajouter ``bas``, ``haut`` (dans l'unité de la valeur), ``verdict``, ``constat``, ``raison``,
    et ce qui se verrait huit fois sur dix (:data:`DECELABLES`), pour une part ou un taux.

    ``table`` : ``nature_indicateur``, :data:`LUES` et ``statut`` de la cellule publiée ; ``cible``, ``sens``,
    ``tolerance``, ``arithmetique``, ``en_vigueur``, et ``avant_terme`` : l'échéance de l'objectif n'est pas venue.
    """
    table = encadrer(table)
    signe = np.where(table["sens"].eq(AU_PLUS), -1.0, 1.0)
    valeur, cible = signe * table["valeur"], signe * table["cible"]
    pire = np.where(signe > 0, table["bas"], -table["haut"])
    mieux = np.where(signe > 0, table["haut"], -table["bas"])
    partielle = table["couverture"].fillna(1).lt(COMPLETE)
    connue = np.where(signe > 0, table["bas_connu"], -table["haut_connu"]) >= cible - EGAUX
    connue |= np.where(signe > 0, table["haut_connu"], -table["bas_connu"]) < cible - EGAUX
    compte = table["nature_indicateur"].isin([EFFECTIF, MOYENNE])
    manque = mieux < cible - EGAUX
    cas = [
        (~table["en_vigueur"], SANS_VERDICT, PAS_EN_VIGUEUR),
        (table["statut"].eq(NON_APPLICABLE), SANS_VERDICT, "L'indicateur ne s'applique pas à cette date."),
        (table["statut"].eq(SECRET), SANS_VERDICT, CACHEE),
        (table["statut"].eq(NON_EVALUE), NON_CONCLUANT, "Trop peu de réponses pour conclure."),
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
        (partielle & connue, NON_CONCLUANT, "Tous les bailleurs n'ont pas déposé : ce qui manque déciderait."),
    ]  # fmt: skip
    table = _trancher(table, cas, NON_CONCLUANT, "L'objectif est dans l'intervalle : trop peu de cas pour conclure.")
    lisible = table["arithmetique"] & valeur.notna() & cible.notna() & table["en_vigueur"]
    lisible &= ~(table["statut"].isin([NON_APPLICABLE, NON_EVALUE]) | (compte & partielle))
    table["constat"] = np.where(lisible, np.where(valeur >= cible - EGAUX, ATTEINT, NON_ATTEINT), "")
    return _situer_le_decelable(table.drop(columns=["bas_connu", "haut_connu"]))


def encadrer(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter l'intervalle du verdict (``bas``, ``haut``) et celui du seul couvert (``bas_connu``, ``haut_connu``).

    Proportion : Clopper et Pearson ; taux : Garwood, élargis de ce que le bruit a pu ajouter, ou effacer d'un zéro ;
    sinon, l'intervalle publié s'il y en a un. Un dénombrement complet est exact. Incomplet, un effectif n'est connu que
    par défaut, un taux aussi (ce qui manque peut être sans événement), une part à ce qui manque près ; une moyenne ou
    un écart ne l'est pas.
    """
    nature, couverture = table["nature_indicateur"], _couverture(table)
    x, n, valeur, *bruit = (table[c].to_numpy(float) for c in (*_COMPTES, "valeur", *_DU_BRUIT))
    proportion, taux = (encadrer_un_rapport(loi, x, n, bruit, 1 - 2 * RISQUE) for loi in _LOIS.values())
    dessous, dessus = table["borne_basse"].fillna(table["valeur"]), table["borne_haute"].fillna(table["valeur"])
    cas = [nature.eq(PROPORTION), nature.eq(TAUX), nature.eq(ECART)]
    bas = np.select(cas, [proportion[0], taux[0], table["borne_basse"]], dessous)
    haut = np.select(cas, [proportion[1], taux[1], table["borne_haute"]], dessus)
    bas, haut = (np.where(np.isnan(valeur), np.nan, borne) for borne in (bas, haut))
    au_pire = etendre_a_ce_qui_manque(nature.to_numpy(), bas, haut, couverture)
    return table.assign(bas_connu=bas, haut_connu=haut, bas=au_pire[0], haut=au_pire[1])


def _couverture(table: pd.DataFrame) -> np.ndarray:
    """La fraction couverte de chaque ligne ; entière là où rien n'est dit, ou si peu manque."""
    couverture = table["couverture"].fillna(1).to_numpy(float)
    return np.where(couverture >= COMPLETE, 1.0, couverture)


def etendre_a_ce_qui_manque(nature: np.ndarray, bas: np.ndarray, haut: np.ndarray, couverture: np.ndarray):
    """Les bornes ``(bas, haut)`` du tout, d'après celles de la fraction couverte ; manquantes là où rien ne borne.

    >>> [float(b[0].round(2)) for b in etendre_a_ce_qui_manque(*map(np.array, (["proportion"], [0.5], [0.7], [0.8])))]
    [0.4, 0.76]
    """
    complet, part = couverture == 1, nature == "proportion"
    bas = np.select([complet, part | (nature == "taux"), nature == "effectif"], [bas, couverture * bas, bas], np.nan)
    haut = np.select([complet, part], [haut, couverture * haut + 1 - couverture], np.nan)
    return bas, haut


def _situer_le_decelable(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter :data:`DECELABLES`, manquantes là où le verdict n'est pas celui d'une part ou d'un taux connu."""
    trouves = np.full((2, len(table)), np.nan)
    couverture = _couverture(table)
    n, cible, valeur, *bruit = (table[c].to_numpy(float) for c in ("denominateur", "cible", "valeur", *_DU_BRUIT))
    jugeable = (n > 0) & ~np.isnan(cible) & ~np.isnan(valeur) & table["en_vigueur"].to_numpy(bool)
    for nature in _LOIS:
        ici = jugeable & table["nature_indicateur"].eq(nature).to_numpy()
        if ici.any():
            siens = (n[ici], cible[ici], couverture[ici], [b[ici] for b in bruit])
            trouves[:, ici] = ce_qui_se_verrait(nature, *siens)
    return table.assign(**dict(zip(DECELABLES, trouves, strict=True)))


def ce_qui_se_verrait(nature: str, n, cible, couverture, bruit) -> tuple[np.ndarray, np.ndarray]:
    r"""Les vraies valeurs, au plus et au moins, qui auraient un verdict huit fois sur dix ; manquantes à défaut.

    ``n`` : cas observés ; ``cible`` : l'objectif, dans l'unité du rapport ; ``bruit`` : comme
    :func:`~observatoire.statistique.intervalles.encadrer_un_rapport`. Soit $x$ le plus petit compte dont le bord bas
    atteint l'objectif : la loi dépasse $x - 1$ huit fois sur dix dès que la vraie valeur est le bord haut, à une
    chance sur cinq d'être faux, de l'intervalle de $x - 1$.

    >>> cas = (*np.array([[100], [0.25], [1]]), np.zeros((2, 1)))
    >>> [float(v[0].round(3)) for v in ce_qui_se_verrait("proportion", *cas)]
    [0.146, 0.366]
    """
    plafond = n if nature == "proportion" else np.ceil(n * cible + 20 * np.sqrt(n * cible + 1) + 20)

    def bord(x, rang: int, confiance: float = 1 - 2 * RISQUE):
        return encadrer_un_rapport(_LOIS[nature], x, n, bruit, confiance)[rang]

    def au_pire(x, rang: int):
        genre = np.full(len(n), nature)
        return etendre_a_ce_qui_manque(genre, bord(x, 0), bord(x, 1), couverture)[rang]

    with np.errstate(invalid="ignore"):
        assez = _premier(lambda x: au_pire(x, 0) >= cible - EGAUX, plafond)
        trop = _premier(lambda x: ~(au_pire(x, 1) < cible - EGAUX), plafond)
    dessus, dessous = (bord(x, rang, 2 * PUISSANCE - 1) for x, rang in ((assez - 1, 1), (trop, 0)))
    return np.where(trop > 0, dessous, np.nan), np.where(assez <= plafond, dessus, np.nan)


def _premier(vrai, plafond: np.ndarray) -> np.ndarray:
    """Le plus petit compte où ``vrai`` le devient pour toujours ; ``plafond + 1`` s'il ne l'est jamais."""
    bas, haut = np.full(len(plafond), -1.0), plafond + 1.0
    while ((haut - bas) > 1).any():
        milieu = np.floor((bas + haut) / 2)
        passe = vrai(np.clip(milieu, 0, plafond)) & (milieu <= plafond)
        cherche = haut - bas > 1
        bas, haut = np.where(cherche & ~passe, milieu, bas), np.where(cherche & passe, milieu, haut)
    return haut


def juger_les_faits(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter ``verdict``, ``constat`` et ``raison`` à des faits comptés.

    ``table`` : ``faits`` constatés, ``attendus`` (zéro quand le texte ne dit pas de rythme), ``ouvert`` (on tenait
    déjà le registre qui les prouve), ``tardif`` (constatés après l'échéance), ``en_vigueur``, ``avant_terme``.
    """
    faits, attendus = table["faits"], table["attendus"]
    cas = [
        (~table["en_vigueur"], SANS_VERDICT, PAS_EN_VIGUEUR),
        (table["avant_terme"] & faits.eq(0), SANS_VERDICT, PAS_ECHU),
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
