"""L'état zéro face à la dernière année : la différence, son intervalle, et l'effet que l'on aurait pu voir.

Tout se lit dans ce qui est publié, et dans rien d'autre : un public n'apprend ici que ce qu'il pourrait calculer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.publie import Parution
from observatoire.statistique.intervalles import ecart_de_bornes, erreur_type
from observatoire.statistique.puissance import effet_minimal, effet_minimal_connu, effet_minimal_d_un_taux
from observatoire.sujets.revue import tables
from observatoire.verdicts import COMPLETE
from observatoire.vocabulaire import BAISSE, COMPTE, HAUSSE, INDECIS, SANS_INTERVALLE

_LUES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute"]
_COUVERTURE = "couverture"
MESURES = [c.nom for c in tables.MESURES]
#: Décimales de ce qui est calculé : assez pour toute lecture.
DECIMALES = 6
ROMPUE = "Une rupture de série sépare les deux années : elles ne se comparent pas."
DONNEE = "La valeur de départ vient d'un texte, sans effectif : l'écart n'a pas d'intervalle."
COMPLET = "Un dénombrement complet aux deux dates : l'écart est exact, sans intervalle."
INCOMPLET = "Tous les bailleurs n'ont pas déposé aux deux dates : l'écart peut venir de là, et n'a pas d'intervalle."
MOYENNE = "Une moyenne ou un rapport de montants : l'écart n'a pas d'intervalle."
MANQUES = {
    "c": "Une des deux valeurs est secrète.", "nd": "Une des deux valeurs n'est pas disponible.",
    "ne": "Une des deux valeurs n'est pas évaluable.", "na": "L'indicateur ne s'applique pas à l'une des deux dates.",
}  # fmt: skip
UNE_SEULE = "Il n'y a qu'une année : rien à comparer."


def comparer_les_bouts(lignes: pd.DataFrame, protegee: pd.DataFrame) -> pd.DataFrame:
    """Ajouter :data:`MESURES`, ``sens``, ``statut`` et ``motif`` à des lignes mesurées.

    ``lignes`` : ``depart`` et :data:`observatoire.publie.CLES`, ``rompue`` (une rupture les sépare), ``donnee`` (une
    valeur de départ donnée à la main, ou manquante). ``protegee`` : les indicateurs d'un public, après protection.
    """
    parution = Parution(protegee)
    avant, apres = parution.lire(lignes, annee=lignes["depart"]), parution.lire(lignes)
    donnee = lignes["donnee"].notna().to_numpy()
    avant.loc[donnee, [*_LUES, _COUVERTURE]] = np.nan
    avant["valeur"] = np.where(donnee, lignes["donnee"], avant["valeur"])
    avant.loc[donnee, "statut"] = "publie"
    nature = lignes["indicateur"].map({c: d.nature for c, d in catalogue().items()}).to_numpy(object)
    statut = _juger(avant["statut"], apres["statut"], lignes)
    table = lignes.assign(
        valeur_depart=avant["valeur"].to_numpy(), denominateur_depart=avant["denominateur"].to_numpy(),
        valeur=apres["valeur"].to_numpy(), denominateur=apres["denominateur"].to_numpy(),
        statut=statut, **_ecarts(avant, apres, nature),
    )  # fmt: skip
    compare = statut == "publie"
    calculees = ["ecart", "ecart_bas", "ecart_haut", "effet_minimal"]
    table[calculees] = table[calculees].where(pd.Series(compare, index=table.index)).round(DECIMALES)
    complet = np.minimum(*(bout[_COUVERTURE].fillna(1).to_numpy(float) for bout in (avant, apres))) >= COMPLETE
    partiel = np.isin(nature, ["effectif", "moyenne"]) & ~complet
    table.loc[partiel, calculees[1:]] = np.nan
    nu = table["ecart_bas"].isna().to_numpy()
    exact = (nature == "effectif") & complet & ~donnee & nu
    cas = [~compare, exact, nu, table["ecart_bas"] > 0, table["ecart_haut"] < 0]
    table["sens"] = np.select(cas, ["", COMPTE, SANS_INTERVALLE, HAUSSE, BAISSE], INDECIS)
    manque = pd.Series(statut, index=table.index).map(MANQUES).fillna("")
    motifs = [
        (table["rompue"], ROMPUE), (lignes["depart"].eq(lignes["annee"]), UNE_SEULE), (~compare, manque),
        (donnee, DONNEE), (exact, COMPLET), (partiel, INCOMPLET), (nu, MOYENNE),
    ]  # fmt: skip
    table["motif"] = np.select([np.asarray(m, bool) for m, _ in motifs], [dit for _, dit in motifs], "")
    return table


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
