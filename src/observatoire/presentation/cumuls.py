"""Un flux rare, sur trois ans : ce qui s'écrit sous sa valeur quand l'année seule dit peu."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation.nombres import ecrire, ecrire_intervalle

if TYPE_CHECKING:
    from observatoire.publie import Publie


def sur_trois_ans(valeurs: Publie, ligne: dict, declaration: dict) -> str:
    """« 2008 à 2010 : 12,1 % (8,4 à 17,0 %) », sous une ligne de ``indicateurs`` ; vide si l'année suffit.

    L'année dit peu quand sa valeur ne paraît pas, ou que son intervalle est plus large qu'elle.
    """
    if ligne["valeur"] >= ligne["borne_haute"] - ligne["borne_basse"]:
        return ""
    cumul = valeurs.cumul(ligne["indicateur"], ligne["niveau"], ligne["territoire"], ligne["bailleur"])
    if cumul is None or pd.isna(cumul["valeur"]):
        return ""
    annees = " à ".join(str(cumul[c]) for c in ("depuis", "annee"))
    unite = declaration["unite"]
    bornes = ecrire_intervalle(cumul["borne_basse"], cumul["borne_haute"], unite)
    return f"{annees} : {ecrire(cumul['valeur'], unite)} ({bornes})"
