"""L'état zéro face à la dernière année : la différence, son intervalle, et l'effet que l'on aurait pu voir.

Tout se lit dans ce qui est publié, et dans rien d'autre : un public n'apprend ici que ce qu'il pourrait calculer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from observatoire.catalogue import catalogue
from observatoire.publie import CLES, Parution
from observatoire.statistique.comparaisons import fausses_decouvertes
from observatoire.statistique.intervalles import CONFIANCE, ecart_de_bornes, erreur_type
from observatoire.statistique.puissance import effet_minimal, effet_minimal_connu, effet_minimal_d_un_taux
from observatoire.sujets.revue import tables
from observatoire.verdicts import COMPLETE
from observatoire.vocabulaire import (
    BAISSE,
    COMPTE,
    HAUSSE,
    INDECIS,
    NON_APPLICABLE,
    NON_DISPONIBLE,
    NON_EVALUE,
    SANS_INTERVALLE,
    SECRET,
)

_LUES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute"]
_COUVERTURE = "couverture"
#: Ce que la comparaison prend d'une variation publiée.
_SUIVIES = {
    "valeur_depart": "valeur_depart", "denominateur_depart": "denominateur_depart", "valeur": "valeur",
    "denominateur": "denominateur", "ecart": "variation", "ecart_bas": "borne_basse", "ecart_haut": "borne_haute",
}  # fmt: skip
MESURES = [c.nom for c in tables.MESURES]
#: Ce qu'une revue accepte de faux parmi les hausses et les baisses qu'elle annonce.
RISQUE = 1 - CONFIANCE
#: Décimales de ce qui est calculé : assez pour toute lecture.
DECIMALES = 6
ROMPUE = "Une rupture de série sépare les deux années : elles ne se comparent pas."
DONNEE = "La valeur de départ vient d'un texte, sans effectif : l'écart n'a pas d'intervalle."
COMPLET = "Un dénombrement complet aux deux dates : l'écart est exact, sans intervalle."
INCOMPLET = "Tous les bailleurs n'ont pas déposé aux deux dates : l'écart peut venir de là, et n'a pas d'intervalle."
CONSTANT = "À périmètre constant : sans les bailleurs qui n'ont déposé qu'à l'une des deux dates."
SANS_LOI = "Une moyenne ou un rapport de montants : l'écart n'a pas d'intervalle."
MANQUES = {
    SECRET: "Une des deux valeurs est secrète.", NON_DISPONIBLE: "Une des deux valeurs n'est pas disponible.",
    NON_EVALUE: "Une des deux valeurs n'est pas évaluable.",
    NON_APPLICABLE: "L'indicateur ne s'applique pas à l'une des deux dates.",
}  # fmt: skip
UNE_SEULE = "Il n'y a qu'une année : rien à comparer."


def comparer_les_bouts(lignes: pd.DataFrame, protegee: pd.DataFrame, variations: pd.DataFrame) -> pd.DataFrame:
    """Ajouter :data:`MESURES`, ``sens``, ``statut`` et ``motif`` à des lignes mesurées.

    ``lignes`` : ``depart`` et :data:`observatoire.publie.CLES`, ``rompue`` (une rupture de définition les sépare),
    ``donnee`` (une valeur de départ donnée à la main, ou manquante). ``protegee`` : les indicateurs d'un public, après
    protection ; ``variations`` : ce qu'il en lit de l'une à l'autre année, à périmètre constant.
    """
    parution = Parution(protegee)
    avant, apres = parution.lire(lignes, annee=lignes["depart"]), parution.lire(lignes)
    donnee = lignes["donnee"].notna().to_numpy()
    avant.loc[donnee, [*_LUES, _COUVERTURE]] = np.nan
    avant["valeur"] = np.where(donnee, lignes["donnee"], avant["valeur"])
    avant.loc[donnee, "statut"] = "publie"
    nature = lignes["indicateur"].map({c: d.nature for c, d in catalogue().items()}).to_numpy(object)
    suivie = _suivre(lignes, donnee, variations)
    varie = suivie["variation"].notna().to_numpy()
    statut = np.where(varie, "publie", _juger(avant["statut"], apres["statut"], lignes))
    mesures = {
        "valeur_depart": avant["valeur"].to_numpy(), "denominateur_depart": avant["denominateur"].to_numpy(),
        "valeur": apres["valeur"].to_numpy(), "denominateur": apres["denominateur"].to_numpy(),
        **_ecarts(avant, apres, nature),
    }  # fmt: skip
    suivies = {nom: suivie[siens].to_numpy(float) for nom, siens in _SUIVIES.items()}
    suivies["effet_minimal"] = effet_minimal_connu(erreur_type(suivies["ecart_bas"], suivies["ecart_haut"]))
    table = lignes.assign(statut=statut, **{n: np.where(varie, suivies[n], mesures[n]) for n in MESURES})
    compare = statut == "publie"
    calculees = ["ecart", "ecart_bas", "ecart_haut", "effet_minimal"]
    table[calculees] = table[calculees].where(pd.Series(compare, index=table.index)).round(DECIMALES)
    complet = np.minimum(*(bout[_COUVERTURE].fillna(1).to_numpy(float) for bout in (avant, apres))) >= COMPLETE
    partiel = ((nature == "effectif") | (nature == "moyenne") & ~varie) & ~complet
    table.loc[partiel, calculees[1:]] = np.nan
    nu = table["ecart_bas"].isna().to_numpy()
    exact = (nature == "effectif") & complet & ~donnee & nu
    net = _ajuster(table, suivie["probabilite"]) < RISQUE
    cas = [~compare, exact, nu, net & (table["ecart"] > 0), net & (table["ecart"] < 0)]
    table["sens"] = np.select(cas, ["", COMPTE, SANS_INTERVALLE, HAUSSE, BAISSE], INDECIS)
    manque = pd.Series(statut, index=table.index).map(MANQUES).fillna("")
    motifs = [
        (table["rompue"], ROMPUE), (lignes["depart"].eq(lignes["annee"]), UNE_SEULE), (~compare, manque),
        (donnee, DONNEE), (exact, COMPLET), (partiel, INCOMPLET), (suivie["absents"].ne(""), CONSTANT), (nu, SANS_LOI),
    ]  # fmt: skip
    table["motif"] = np.select([np.asarray(m, bool) for m, _ in motifs], [dit for _, dit in motifs], "")
    return table


def _ajuster(table: pd.DataFrame, suivies: pd.Series) -> np.ndarray:
    """La probabilité ajustée de chaque écart qui a un intervalle, parmi tous ceux de la revue."""
    erreur = erreur_type(table["ecart_bas"], table["ecart_haut"])
    avec = np.isfinite(table["ecart_bas"].to_numpy(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        seules = 2 * special.ndtr(-np.abs(table["ecart"].to_numpy(float)) / erreur)
    return fausses_decouvertes(np.where(avec, suivies.fillna(pd.Series(seules, suivies.index)), np.nan))


def _suivre(lignes: pd.DataFrame, donnee: np.ndarray, variations: pd.DataFrame) -> pd.DataFrame:
    """La variation publiée de chaque ligne ; aucune si la valeur de départ est donnée à la main, ou la série rompue."""
    cles = ["depart", *CLES]
    places = pd.MultiIndex.from_frame(variations[cles]).get_indexer(
        pd.MultiIndex.from_frame(lignes[cles].astype({"depart": float, "annee": float}))
    )
    places = np.where(donnee | lignes["rompue"].to_numpy(bool), -1, places)
    siennes = variations.reset_index(drop=True).reindex(places).reset_index(drop=True)
    return siennes.assign(absents=siennes["absents"].fillna("")).set_index(lignes.index)


def _juger(avant: pd.Series, apres: pd.Series, lignes: pd.DataFrame) -> np.ndarray:
    """« publie », ou pourquoi l'écart n'a pas de valeur."""
    commun = np.where(avant.eq("publie"), apres, avant)
    sans_objet = lignes["rompue"].to_numpy(bool) | lignes["depart"].eq(lignes["annee"]).to_numpy()
    return np.where(sans_objet, "na", commun).astype(object)


def _ecarts(avant: pd.DataFrame, apres: pd.DataFrame, nature: np.ndarray) -> dict[str, np.ndarray]:
    """L'écart, son intervalle (tiré de ceux qui paraissent, bruit compris) et l'effet minimal selon la nature."""
    _, n0, p0, bas0, haut0 = (avant[c].to_numpy(float) for c in _LUES)
    _, n1, p1, bas1, haut1 = (apres[c].to_numpy(float) for c in _LUES)
    bas, haut = ecart_de_bornes(p1, bas1, haut1, p0, bas0, haut0)
    connu = effet_minimal_connu(np.hypot(erreur_type(bas0, haut0), erreur_type(bas1, haut1)))
    effets = [effet_minimal(p0, n0, n1), effet_minimal_d_un_taux(p0, n0, n1)]
    effet = np.select([nature == "proportion", nature == "taux"], effets, connu)
    return {"ecart": p1 - p0, "ecart_bas": bas, "ecart_haut": haut, "effet_minimal": effet}
