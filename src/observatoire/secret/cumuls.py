"""Les flux rares, cumulés sur trois ans : là où l'année seule dit peu, leurs comptes s'ajoutent avec leurs clés.

Les comptes exacts et les clés des trois années s'additionnent, puis sont bruités une fois, comme ceux d'une année. Un
taux cumulé est celui d'une année moyenne.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.catalogue.declaration import FLUX
from observatoire.cles import MODULE
from observatoire.publie import CLES, COLONNES
from observatoire.secret.parution import attribuer
from observatoire.statistique import intervalles
from observatoire.vocabulaire import A_LOI

ANNEES = 3
#: Les tables dont une ligne n'est que d'une année. Ailleurs (logements, ménages suivis) une même unité revient chaque
#: année : cumulées, les unités ne sont comptées qu'une fois, pour l'année qui en a le moins.
_D_UNE_ANNEE = ("attributions", "signalements", "programmes")
_CLES = ["cle_numerateur", "cle_denominateur", "cle_concernes"]
_SIECLES = 10_000  # plus que toute année
_SOMMES = ["numerateur", "denominateur", "concernes", *_CLES]
_MINIMA = ["couverture", "unites"]


def se_cumule(declaration: Indicateur) -> bool:
    """Une proportion ou un taux dont le haut compte un flux."""
    return declaration.nature in A_LOI and declaration.tables[0] in FLUX


def compte_chaque_annee(declaration: Indicateur) -> bool:
    """Les unités d'une année n'y sont pas celles d'une autre : les trois années s'ajoutent, pour la règle des onze."""
    return declaration.tables[-1] in _D_UNE_ANNEE


def cumuler(
    indicateurs: pd.DataFrame, comptes: pd.DataFrame, declarations: Mapping[str, Indicateur]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Les indicateurs qui se cumulent et leurs comptes, ligne à ligne ; ``annee`` est la dernière des :data:`ANNEES`.

    Aux comptes s'ajoutent les ``unites`` que juge la règle des onze, une année puis cumulées.

    Un cumul n'a de valeur que si ses années sont toutes calculées ; sinon, le statut de la plus récente qui ne l'est
    pas. Rien là où l'une d'elles n'a pas de ligne.
    """
    retenus = indicateurs["indicateur"].isin([code for code, d in declarations.items() if se_cumule(d)]).to_numpy()
    table = indicateurs[retenus].astype(dict.fromkeys([*CLES[1:], "statut"], object)).reset_index(drop=True)
    tout = pd.concat([table, comptes.loc[retenus, ["concernes", "unites", *_CLES]].reset_index(drop=True)], axis=1)
    # Une ligne est une série (tout, sauf l'année) et une année : la même, plus tôt, est à un nombre d'elle.
    series = table.groupby(CLES[1:], sort=False).ngroup().to_numpy(np.int64) * _SIECLES + table["annee"].to_numpy()
    places = pd.Index(series)
    rangs = np.array([places.get_indexer(series - ans) for ans in range(ANNEES)])
    rangs = rangs[:, (rangs >= 0).all(axis=0)]
    cumul = tout.iloc[rangs[0]].reset_index(drop=True)
    nombres = {c: tout[c].to_numpy(float)[rangs] for c in (*_SOMMES, *_MINIMA)}
    statuts = table["statut"].to_numpy(object)[rangs]
    for suivant in statuts[1:]:
        cumul["statut"] = np.where(cumul["statut"].eq("calcule"), suivant, cumul["statut"])
    calcule = cumul["statut"].eq("calcule").to_numpy()
    for nom in _SOMMES:
        somme = np.where(calcule, nombres[nom].sum(axis=0), np.nan)
        cumul[nom] = somme % MODULE if nom in _CLES else somme
    datees = cumul["indicateur"].isin([c for c, d in declarations.items() if compte_chaque_annee(d)])
    for nom in _MINIMA:
        cumul[nom] = nombres[nom].min(axis=0)
    cumul["unites"] = np.where(datees, cumul["denominateur"], cumul["unites"])
    return _encadrer(cumul, declarations)


def _encadrer(cumul: pd.DataFrame, declarations: Mapping[str, Indicateur]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Valeurs, intervalles et taux de réponse exacts des cumuls, puis ce dont le bruit a besoin, à part."""
    natures = attribuer(cumul["indicateur"], {c: d.nature for c, d in declarations.items()})
    x, n = (cumul[c].to_numpy(float) for c in ("numerateur", "denominateur"))
    with np.errstate(divide="ignore", invalid="ignore"):
        cumul["valeur"] = x / n
        cumul["reponse"] = n / cumul["concernes"].to_numpy(float)
    for rang, nom in enumerate(("borne_basse", "borne_haute")):
        bornes = [intervalle(x, n)[rang] for intervalle in (intervalles.wilson, intervalles.byar)]
        cumul[nom] = np.where(natures == "proportion", *bornes)
    comptes = cumul[["concernes", "unites", *_CLES]].assign(effectif=np.nan, erreur=np.nan, cle_effectif=0)
    return cumul[COLONNES], comptes
