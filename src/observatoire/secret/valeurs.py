"""Les indicateurs tels qu'un public les lit : comptes bruités une fois, tout le reste calculé sur eux."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue.encadrement import ENCADRENT
from observatoire.publie import CLES, COLONNES
from observatoire.secret.parution import (
    EXACT,
    TOUS,
    Contributeurs,
    Ouverture,
    juger_les_unites,
    mesurer_le_bruit,
    motiver,
    numeroter,
)
from observatoire.secret.regles import Regles
from observatoire.statistique import intervalles
from observatoire.tables.indicateurs import ROLES
from observatoire.vocabulaire import DE_DISTRIBUTION, ECART, PROPORTION

#: La couverture dit quels bailleurs ont livré : elle se publie à côté d'une valeur cachée.
MESURES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]
#: Pas auxquels s'arrondit une moyenne : 1, 2 ou 5 unités d'une puissance de dix.
_PAS = np.array([1.0, 2.0, 5.0, 10.0])


@dataclass(frozen=True)
class Bruitees:
    """``table`` : ce qui paraît (:data:`COLONNES`) ; ``motifs`` : pourquoi chaque ligne est cachée, ou vide."""

    table: pd.DataFrame
    motifs: np.ndarray


def proteger_les_valeurs(
    indicateurs: pd.DataFrame,
    comptes: pd.DataFrame,
    contributeurs: Contributeurs,
    ouverture: Ouverture,
    regles: Regles,
) -> Bruitees:
    """Bruiter, cacher et recalculer. ``comptes`` : ligne à ligne, voir :mod:`observatoire.indicateurs.evaluation` ;
    ``unites``, s'ils en ont une, dit les unités derrière chaque valeur, si elles sont moins que son dénominateur.

    L'ordre des lignes est celui des clés.
    """
    montrees = np.flatnonzero(regles.montre(indicateurs))
    ordre = montrees[indicateurs[CLES].iloc[montrees].reset_index(drop=True).sort_values(CLES).index]
    table, comptes = (t.iloc[ordre].reset_index(drop=True) for t in (indicateurs, comptes))
    table["statut"], table["cellule"] = table["statut"].astype(object), numeroter(table)
    natures = ouverture.dire(table["indicateur"], "nature")
    unites = juger_les_unites(table, comptes, contributeurs, ouverture, regles)
    if "unites" in comptes:
        unites = np.fmin(unites, comptes["unites"].to_numpy(float))
    motifs = motiver(table, unites, contributeurs, ouverture, regles)
    table["statut"] = _statuts(table, motifs)
    bruitees = table["statut"].eq("publie").to_numpy() & (motifs != EXACT)
    _bruiter(table, comptes, bruitees, natures, ouverture, regles)
    _encadrer(table, comptes, bruitees, natures, ouverture, regles)
    table.loc[table["statut"].ne("publie"), MESURES] = np.nan
    for nom in ("reponse", "couverture"):
        table[nom] = table[nom].round(regles.arrondi.get(nom, 2))
    return Bruitees(
        table[COLONNES].astype(dict.fromkeys(CLES[1:], object)), np.where(table["statut"].eq("c"), motifs, "")
    )


def _statuts(table: pd.DataFrame, motifs: np.ndarray) -> np.ndarray:
    """« publie », « c », ou le statut du calcul. Un « sans objet » qui dirait un zéro de ce qui est caché l'est aussi :
    celui d'une année, d'un niveau et d'un croisement, par bailleur ou non, où l'indicateur se calcule ailleurs. Une
    demande n'a pas de bailleur : la tension d'un bailleur ne tait rien."""
    croisements = table[["annee", "niveau", "indicateur"]].assign(tous=table["bailleur"].eq(TOUS))
    numeros = numeroter(croisements, croisements.columns)
    ailleurs = np.bincount(numeros, table["statut"].eq("calcule"))[numeros] > 0
    cachees = (motifs != "") & (motifs != EXACT) & ailleurs & table["statut"].isin(["calcule", "na"]).to_numpy()
    return np.where(cachees, "c", table["statut"].replace("calcule", "publie"))


def bruiter_des_comptes(
    table: pd.DataFrame, noms: Iterable[str], sources: np.ndarray, ou: np.ndarray, regles: Regles
) -> np.ndarray:
    """Les comptes ``noms`` d'une table, un par ligne, bruités par la clé ``cle_<nom>`` (:meth:`Regles.bruiter`)."""
    comptes, cles = (table[[f"{debut}{nom}" for nom in noms]].to_numpy(float).T for debut in ("", "cle_"))
    return regles.bruiter(comptes, cles, sources, ou)


def _bruiter(table, comptes, bruitees, natures, ouverture: Ouverture, regles: Regles) -> None:
    """Remplacer les comptes des lignes ``bruitees`` ; un numérateur ne dépasse pas son dénominateur, ni une part celle
    qui la contient."""
    sources = ouverture.dire(table["indicateur"], "source")
    moyenne = natures == "moyenne"
    exacts = pd.concat([table[["numerateur", "denominateur"]], comptes], axis=1)
    haut, bas, concernes, effectif = bruiter_des_comptes(exacts, ROLES, sources, bruitees, regles)
    parts = bruitees & np.isin(natures, [PROPORTION, ECART])
    haut = np.where(parts, np.minimum(haut, bas), haut)
    _emboiter(table, haut, bruitees, ouverture)
    repondants = np.where(moyenne, effectif, bas)
    with np.errstate(divide="ignore", invalid="ignore"):
        reponse = np.minimum(repondants / concernes, 1)
    table["reponse"] = np.where(bruitees, np.where(table["reponse"].notna(), reponse, np.nan), table["reponse"])
    # Une moyenne ne paraît jamais avec ses sommes exactes.
    table["numerateur"] = np.where(bruitees & moyenne, np.nan, haut)
    table["denominateur"] = np.where(bruitees & moyenne, np.nan, bas)


def _emboiter(table: pd.DataFrame, haut: np.ndarray, bruitees: np.ndarray, ouverture: Ouverture) -> None:
    """Borner une part, sur place, à celle qui la contient au même endroit, la plus large d'abord."""
    dans = {code: d.dans for code, d in ouverture.declarations.items() if d.dans}
    la_ou = _au_meme_lieu(table, dans)
    for code in sorted(dans, key=lambda c: _profondeur(c, dans)):
        ou = np.flatnonzero(table["indicateur"].eq(code).to_numpy() & bruitees & (la_ou >= 0))
        la = la_ou[ou]
        haut[ou] = np.where(bruitees[la], np.minimum(haut[ou], haut[la]), haut[ou])


def _au_meme_lieu(table: pd.DataFrame, autres: dict[str, str]) -> np.ndarray:
    """Le rang, dans la même cellule, de l'indicateur que ``autres`` donne à celui de chaque ligne ; -1 sans lui."""
    codes, noms = pd.factorize(table["indicateur"])
    vises = pd.Index(noms).get_indexer([autres.get(nom) for nom in noms])[codes]
    cellules = table["cellule"].to_numpy() * len(noms)
    return np.where(vises >= 0, pd.Index(cellules + codes).get_indexer(cellules + vises), -1)


def _profondeur(code: str, dans: dict[str, str]) -> int:
    return 1 + _profondeur(dans[code], dans) if code in dans else 0


def _encadrer(table, comptes, bruitees, natures, ouverture: Ouverture, regles: Regles) -> None:
    """Valeurs et intervalles des lignes ``bruitees``, d'après leurs comptes publiés ; le bruit élargit l'intervalle."""
    x, n = (table[c].to_numpy(float) for c in ("numerateur", "denominateur"))
    variance, zero = mesurer_le_bruit(table, ouverture, regles)
    valeur, bas, haut = (table[c].to_numpy(float, copy=True) for c in ("valeur", "borne_basse", "borne_haute"))
    with np.errstate(divide="ignore", invalid="ignore"):
        rapport = x / n
        ecart_type = intervalles.ecart_type_du_bruit(rapport, n, variance)
    for nature, loi in ENCADRENT.items():
        ou = bruitees & (natures == nature)
        valeur[ou] = rapport[ou]
        bas[ou], haut[ou] = intervalles.encadrer_un_rapport(loi, x[ou], n[ou], (variance[ou], zero[ou]))
    ou = bruitees & (natures == "effectif")
    valeur[ou] = x[ou]
    marge = intervalles.elargir(x[ou], x[ou], x[ou], np.sqrt(variance[ou]))
    bas[ou], haut[ou] = np.maximum(np.floor(marge[0]), 0), np.ceil(marge[1])
    ou = bruitees & (natures == "moyenne")
    valeur[ou], bas[ou], haut[ou] = arrondir_une_moyenne(valeur[ou], comptes["erreur"].to_numpy(float)[ou])
    ou = bruitees & np.isin(natures, DE_DISTRIBUTION)
    erreur = comptes["erreur"].to_numpy(float)[ou]
    valeur[ou], bas[ou], haut[ou] = arrondir(valeur[ou], bas[ou], haut[ou], erreur)
    table["valeur"], table["borne_basse"], table["borne_haute"] = valeur, bas, haut
    _ecarts(table, bruitees & (natures == "ecart"), ecart_type, ouverture)


def _ecarts(table: pd.DataFrame, ou: np.ndarray, ecart_type: np.ndarray, ouverture: Ouverture) -> None:
    """Un écart se rapporte à son indicateur de référence, au même endroit, tel qu'il paraît ; il se cache avec lui."""
    references = {c: d.reference for c, d in ouverture.declarations.items() if d.reference}
    ou = np.flatnonzero(ou)
    la = _au_meme_lieu(table, references)[ou]
    table.loc[ou[(la < 0) | table["statut"].ne("publie").to_numpy()[la]], "statut"] = "c"
    x, n = (table[c].to_numpy(float) for c in ("numerateur", "denominateur"))
    n_tout = np.maximum(n[la], n[ou])
    x_tout = np.clip(x[la], x[ou], x[ou] + n_tout - n[ou])
    with np.errstate(divide="ignore", invalid="ignore"):
        valeur = x[ou] / n[ou] - x[la] / n[la]
    bornes = intervalles.ecart_au_tout(x[ou], n[ou], x_tout, n_tout)
    bruit = np.hypot(ecart_type[ou], ecart_type[la])
    bas, haut = intervalles.elargir(valeur, np.minimum(bornes[0], valeur), np.maximum(bornes[1], valeur), bruit)
    for nom, mesure in (("valeur", valeur), ("borne_basse", bas), ("borne_haute", haut)):
        table.loc[ou, nom] = mesure


def arrondir_une_moyenne(valeur: np.ndarray, erreur: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Une moyenne et son intervalle, arrondis à ce que vaut leur incertitude.

    Le pas est le plus grand 1, 2 ou 5 d'une puissance de dix qui ne dépasse pas l'erreur type : à n unités, la valeur
    d'une seule reste inconnue à une racine de n écarts types près, ou presque.

    Une erreur type nulle ou inconnue (toutes les unités égales) est remplacée par le centième de la valeur.

    >>> [v.tolist() for v in arrondir_une_moyenne(np.array([5.4321]), np.array([0.06]))]
    [[5.45], [5.3], [5.55]]
    """
    erreur = np.where(erreur > 0, erreur, np.abs(valeur) / 100)
    marge = intervalles.elargir(valeur, valeur, valeur, erreur)
    return arrondir(valeur, *marge, erreur)


def arrondir(valeur, bas, haut, erreur) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Une valeur et ses bornes, celles-ci vers le dehors, au pas que vaut son ``erreur`` type."""
    with np.errstate(divide="ignore", invalid="ignore"):
        puissance = 10.0 ** np.floor(np.log10(erreur))
        pas = np.where(erreur > 0, puissance * _PAS[np.searchsorted(_PAS, erreur / puissance, side="right") - 1], 1.0)
    fois = [np.round(valeur / pas), np.floor(bas / pas), np.ceil(haut / pas)]
    return tuple(np.round(f * pas, 6) for f in fois)
