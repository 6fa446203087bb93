r"""Les années mises bout à bout : pente, persistance, verdict.

La pente est celle des écarts $O/N - E/N$ d'un territoire, ajustée par moindres carrés pondérés, puis rétrécie vers zéro
d'après la variance des pentes de tous les territoires (Bayes empirique, loi normale). Aucune pente ne traverse une
rupture de série.

**Référence.** Morris C. N. (1983), *JASA* 78, 47-55 ; DerSimonian R. et Laird N. (1986), *Controlled Clinical Trials*
7, 177-188 (variance entre territoires, méthode des moments).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from observatoire.statistique.intervalles import CONFIANCE, quantile
from observatoire.sujets.alertes.calcul.regles import Regles
from observatoire.vocabulaire import ALERTE, ALERTE_CONFIRMEE, CONFORME, NON_EVALUABLE, VIGILANCE

SERIE = ["niveau", "territoire", "indicateur"]
ANNEES_AU_MOINS = 3
PENTES = ["pente", "pente_bas", "pente_haut", "proba_pente"]
#: Ce que lit une pente.
LUES = ["annee", "niveau", "indicateur", "observe", "attendu", "denominateur", "variance", "proba_alerte"]


def juger(evaluees: pd.DataFrame, regles: dict[int, Regles], ruptures: pd.DataFrame) -> pd.DataFrame:
    """Ajouter pente, persistance et verdict à des territoires évalués, toutes années ensemble.

    ``evaluees`` : une ligne par année, niveau, territoire et indicateur, avec ``observe``, ``attendu``,
    ``denominateur``, ``variance`` (de la part observée), ``proba_vigilance`` et ``proba_alerte`` (manquantes si non
    évaluable). ``ruptures`` : voir :mod:`observatoire.ruptures`.

    Rend les mêmes lignes et ``verdict``, ``annees_en_alerte``, ``pente``, ``pente_bas``, ``pente_haut``,
    ``proba_pente``. Un verdict ne dépend d'aucune année qui le suit.
    """
    table = evaluees if evaluees["annee"].isin(regles).all() else evaluees[evaluees["annee"].isin(regles)]
    annee_de, serie = table["annee"].to_numpy(), table.groupby(SERIE, sort=False, observed=True).ngroup().to_numpy()
    series, alertes = int(serie.max(initial=-1)) + 1, {}
    suites = {nom: np.full(len(table), np.nan) for nom in PENTES}
    suites |= {"annees_en_alerte": np.zeros(len(table), dtype=int), "verdict": np.full(len(table), None, object)}
    for annee in sorted(regles):
        ici, regle = np.flatnonzero(annee_de == annee), regles[annee]
        presentes = np.bincount(serie[annee_de <= annee], minlength=series) * np.isin(np.arange(series), serie[ici])
        passees = np.flatnonzero((annee_de <= annee) & (presentes >= ANNEES_AU_MOINS)[serie])
        pentes = _pentes(table[LUES].iloc[passees].assign(serie=serie[passees]), annee, regle, ruptures)
        for nom in PENTES:
            suites[nom][ici] = pentes[nom].reindex(serie[ici]).to_numpy()
        probas = {nom: table[nom].to_numpy()[ici] for nom in ("proba_vigilance", "proba_alerte")}
        alertes[annee] = np.bincount(serie[ici], probas["proba_alerte"] > regle.probabilite, minlength=series)
        suites["annees_en_alerte"][ici] = _compter(alertes, annee, regle.persistance[1])[serie[ici]]
        suites["verdict"][ici] = _verdicts(
            probas, {nom: suites[nom][ici] for nom in ("annees_en_alerte", "proba_pente")}, regle
        )
    return table.assign(**suites)


def _compter(alertes: dict[int, np.ndarray], annee: int, duree: int) -> np.ndarray:
    """Le nombre d'années en alerte de chaque série, sur les ``duree`` dernières."""
    return sum(vues for a, vues in alertes.items() if annee - duree < a <= annee).astype(int)


def _verdicts(probas: dict[str, np.ndarray], suites: dict[str, np.ndarray], regle: Regles) -> np.ndarray:
    vigilance, alerte = (probas[f"proba_{nom}"] > regle.probabilite for nom in (VIGILANCE, ALERTE))
    durable = (suites["annees_en_alerte"] >= regle.persistance[0]) | (suites["proba_pente"] > regle.probabilite)
    cas = [np.isnan(probas["proba_alerte"]), alerte & durable, alerte, vigilance]
    codes = np.array([NON_EVALUABLE, ALERTE_CONFIRMEE, ALERTE, VIGILANCE, CONFORME], dtype=object)
    return codes[np.select(cas, range(len(cas)), len(cas))]


def _pentes(passees: pd.DataFrame, annee: int, regle: Regles, ruptures: pd.DataFrame) -> pd.DataFrame:
    """La pente de chaque série au vu des années jusqu'à ``annee``, depuis la dernière rupture."""
    depuis = ruptures[ruptures["annee"].le(annee)].groupby("indicateurs")["annee"].max()
    debut = passees["indicateur"].astype(str).map(depuis).astype(float).fillna(-np.inf)
    vues = passees[passees["annee"].ge(debut) & passees["proba_alerte"].notna() & passees["variance"].gt(0)]
    poids = 1 / vues["variance"]
    temps = vues["annee"] - annee
    ecart = (vues["observe"] - vues["attendu"]) / vues["denominateur"]
    termes = pd.DataFrame({"n": 1, "w": poids, "wt": poids * temps, "wy": poids * ecart, "wtt": poids * temps**2})
    termes = termes.assign(wty=poids * temps * ecart, indicateur=vues["indicateur"], niveau=vues["niveau"])
    sommes = termes.drop(columns=["indicateur", "niveau"]).groupby(vues["serie"]).sum()
    groupes = termes[["indicateur", "niveau"]].groupby(vues["serie"]).first()
    sommes, groupes = (t[sommes["n"].ge(ANNEES_AU_MOINS)] for t in (sommes, groupes))
    etendue = sommes["wtt"] - sommes["wt"] ** 2 / sommes["w"]
    brute = (sommes["wty"] - sommes["wt"] * sommes["wy"] / sommes["w"]) / etendue
    variance = 1 / etendue
    cles = [groupes["niveau"], groupes["indicateur"]]
    entre = (brute**2 - variance).groupby(cles, observed=True).transform("mean").clip(lower=0)
    rappel = entre / (entre + variance)
    pente, marge = rappel * brute, np.sqrt(rappel * variance)
    demi = quantile(CONFIANCE) * marge
    with np.errstate(divide="ignore", invalid="ignore"):
        proba = np.where(marge > 0, special.ndtr((pente - regle.pente) / marge), (pente > regle.pente).astype(float))
    return pd.DataFrame({"pente": pente, "pente_bas": pente - demi, "pente_haut": pente + demi, "proba_pente": proba})
