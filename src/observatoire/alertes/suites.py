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

from observatoire.alertes.regles import Regles
from observatoire.intervalles import CONFIANCE

SERIE = ["niveau", "territoire", "indicateur"]
VERDICTS = ("non_evaluable", "conforme", "vigilance", "alerte", "alerte_confirmee")
#: Ce qui mérite d'être regardé.
SIGNALES = VERDICTS[2:]
ANNEES_AU_MOINS = 3


def juger(evaluees: pd.DataFrame, regles: dict[int, Regles], ruptures: pd.DataFrame) -> pd.DataFrame:
    """Ajouter pente, persistance et verdict à des territoires évalués, toutes années ensemble.

    ``evaluees`` : une ligne par année, niveau, territoire et indicateur, avec ``observe``, ``attendu``,
    ``denominateur``, ``variance`` (de la part observée), ``proba_vigilance`` et ``proba_alerte`` (manquantes si non
    évaluable). ``ruptures`` : voir :mod:`observatoire.ruptures`.

    Rend les mêmes lignes et ``verdict``, ``annees_en_alerte``, ``pente``, ``pente_bas``, ``pente_haut``,
    ``proba_pente``. Un verdict ne dépend d'aucune année qui le suit.
    """
    table = evaluees.sort_values(["annee", *SERIE], ignore_index=True)
    table["serie"] = table.groupby(SERIE, sort=False, observed=True).ngroup()
    annees = sorted(regles)
    morceaux, alertes = [], {}
    for annee in annees:
        regle = regles[annee]
        lignes = table[table["annee"].eq(annee)].copy()
        passees = table[table["annee"].le(annee) & table["serie"].isin(lignes["serie"])]
        lignes = lignes.join(_pentes(passees, annee, regle, ruptures), on="serie")
        alerte = lignes["proba_alerte"].gt(regle.probabilite).to_numpy()
        alertes[annee] = set(lignes.loc[alerte, "serie"])
        lignes["annees_en_alerte"] = _compter(lignes["serie"], alertes, annee, regle.persistance[1])
        lignes["verdict"] = _verdicts(lignes, regle)
        morceaux.append(lignes)
    return pd.concat(morceaux, ignore_index=True).drop(columns="serie") if morceaux else table.drop(columns="serie")


def _compter(series: pd.Series, alertes: dict[int, set], annee: int, duree: int) -> np.ndarray:
    """Le nombre d'années en alerte de chaque série, sur les ``duree`` dernières."""
    return sum(
        (series.isin(vues).to_numpy().astype(int) for a, vues in alertes.items() if annee - duree < a <= annee),
        np.zeros(len(series), dtype=int),
    )


def _verdicts(lignes: pd.DataFrame, regle: Regles) -> np.ndarray:
    vigilance, alerte = (lignes[f"proba_{nom}"].gt(regle.probabilite) for nom in ("vigilance", "alerte"))
    durable = lignes["annees_en_alerte"].ge(regle.persistance[0]) | lignes["proba_pente"].gt(regle.probabilite)
    cas = [lignes["proba_alerte"].isna(), alerte & durable, alerte, vigilance]
    return np.select(cas, ["non_evaluable", "alerte_confirmee", "alerte", "vigilance"], "conforme")


def _pentes(passees: pd.DataFrame, annee: int, regle: Regles, ruptures: pd.DataFrame) -> pd.DataFrame:
    """La pente de chaque série au vu des années jusqu'à ``annee``, depuis la dernière rupture."""
    depuis = ruptures[ruptures["annee"].le(annee)].groupby("indicateurs")["annee"].max()
    debut = passees["indicateur"].astype(str).map(depuis).fillna(-np.inf)
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
    quantile = special.ndtri(0.5 + CONFIANCE / 2) * marge
    with np.errstate(divide="ignore", invalid="ignore"):
        proba = np.where(marge > 0, special.ndtr((pente - regle.pente) / marge), (pente > regle.pente).astype(float))
    return pd.DataFrame(
        {"pente": pente, "pente_bas": pente - quantile, "pente_haut": pente + quantile, "proba_pente": proba}
    )
