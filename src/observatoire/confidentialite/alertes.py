"""Ce qui paraît des alertes, d'après ce qui paraît des indicateurs.

Une évaluation ne paraît que si l'indicateur paraît au même endroit : l'excès dit l'observé à côté de l'attendu. Quatre
précautions de plus :

- le taux de réponse est celui qui paraît avec l'indicateur, s'il paraît ;
- sous le quartier, seuls les territoires signalés ont leurs mesures. Les attendus s'ajoutent : publiés tous, celui d'un
  immeuble caché se trouverait par différence, et de lui, à peu près, le nombre de ses ménages ;
- la référence et ce qui en dépend supposent que tout ce qui entoure le territoire paraisse ;
- qui ne voit pas les immeubles ne voit pas ce que porte chacun d'eux.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.alertes import ALERTES, AMPLEURS, CLES, SIGNALES
from observatoire.publie import Parution
from observatoire.secret import Regles

TOUS = "tous"
NON_EVALUABLE = "non_evaluable"
#: Ce qui ne va pas sans l'observé et l'attendu du territoire.
MESURES = ["observe", "attendu", "exces", "exces_bas", "exces_haut", "denominateur", "reponse", "part_quartier"]
#: Ce qui dépend de tout ce qui entoure le territoire.
COMPAREES = ["ecart_points", "proba_vigilance", "proba_alerte", "lisse", "reference", "variance"]
PENTES = ["pente", "pente_bas", "pente_haut", "proba_pente"]
#: Ce que portent les immeubles d'un secteur ou d'un quartier.
PORTEES = ["immeubles", "porteurs", "bailleurs_concernes", "part_porteurs", "forme"]
#: Décimales de ce qui paraît.
DECIMALES = dict.fromkeys(["ecart_points", "lisse", "reference", *PENTES[:3]], 3) | dict.fromkeys(
    ["proba_vigilance", "proba_alerte", "proba_pente", "reponse", "part_porteurs", "part_quartier"], 2
)
PUBLIEES_DES_ALERTES = [*ALERTES, "statut"]
#: La variance ne sert qu'au calcul des pentes, le bailleur qu'à compter ceux d'un quartier : une alerte vaut pour tous.
PUBLIEES_DES_AMPLEURS = [*(c for c in AMPLEURS if c not in ("variance", "bailleur")), "statut"]


def proteger_les_alertes(alertes: pd.DataFrame, ampleurs: pd.DataFrame, protegee: pd.DataFrame, regles: Regles):
    """Rendre ``alertes`` et ``ampleurs`` tels qu'un public les voit, chacun avec ``statut``.

    ``protegee`` : les indicateurs de ce public, après protection. Statuts : ``publie`` ; ``ne``, l'indicateur paraît
    mais rien n'en est conclu ; sinon celui de l'indicateur. Une mesure non publiée manque.
    """
    table = pd.concat([alertes, ampleurs.drop(columns=CLES)], axis=1)
    table = table[regles.montre(table)].reset_index(drop=True)
    parution = Parution(protegee)
    ici = parution.lire(table, bailleur=TOUS)
    table["statut"] = ici["statut"]
    # Un taux de réponse retiré des indicateurs l'est ici aussi : à côté du dénominateur, il dirait les non-réponses.
    table["reponse"] = ici["reponse"]
    parait = table["statut"].eq("publie")
    table.loc[parait & table["verdict"].eq(NON_EVALUABLE), "statut"] = "ne"
    entourees = parait & _entourees(table, parution)
    mesurees = parait & (table["niveau"].eq("quartier") | (table["verdict"].isin(SIGNALES) & ~_isolees(table)))
    table[MESURES] = table[MESURES].where(mesurees)
    table[[*COMPAREES, *PENTES]] = table[[*COMPAREES, *PENTES]].where(mesurees & entourees)
    if "immeuble" not in regles.niveaux:
        table["part_porteurs"] = np.nan
        caches = ~table["niveau"].eq("quartier")
        table[PORTEES] = table[PORTEES].astype(object).mask(caches)
        table["bailleurs_concernes"] = np.nan
    cachees = table["statut"].ne("publie")
    libres = [*CLES, "nb_tests", "quartier", "secteur", "statut"]
    vidables = [c for c in table if c not in libres]
    table[vidables] = table[vidables].astype(object).mask(cachees)
    for colonne, decimales in DECIMALES.items():
        table[colonne] = table[colonne].astype(float).round(decimales)
    return table[PUBLIEES_DES_ALERTES], table[PUBLIEES_DES_AMPLEURS]


def _entourees(table: pd.DataFrame, parution: Parution) -> pd.Series:
    """Vrai si l'indicateur paraît pour tous les territoires qui contiennent celui-ci (secteur, quartier, ville)."""
    oui = pd.Series(True, index=table.index)
    for niveau in ("secteur", "quartier"):
        parait = parution.statuts(table, territoire=table[niveau], niveau=niveau, bailleur=TOUS).eq("publie")
        oui &= table[niveau].isna() | table["niveau"].eq(niveau) | parait
    return oui


def _isolees(table: pd.DataFrame) -> pd.Series:
    """Vrai là où les territoires sans mesure d'un quartier sont tous cachés : leur attendu se trouverait."""
    signale = table["verdict"].isin(SIGNALES) & table["statut"].eq("publie")
    groupe = [table[c] for c in ("annee", "niveau", "indicateur", "quartier")]
    cachees = (~signale & table["statut"].isin(["c", "nd"])).groupby(groupe, dropna=False).transform("any")
    melees = (~signale & table["statut"].isin(["publie", "ne"])).groupby(groupe, dropna=False).transform("any")
    return cachees & ~melees
