"""Ce qui paraît des engagements, d'après ce qui paraît des indicateurs.

Un verdict dit de quel côté d'un objectif est une valeur : il ne paraît que si la valeur paraît, au même endroit et pour
le même public. La valeur de l'état zéro suit celle de sa propre année.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.engagements import COLONNES, MESURES
from observatoire.publie import Parution

CACHEE = "La valeur n'est pas publiée : le verdict non plus."


def proteger_les_engagements(engagements: pd.DataFrame, protegee: pd.DataFrame) -> pd.DataFrame:
    """Rendre ``engagements`` tel qu'un public le voit.

    ``protegee`` : les indicateurs de ce public, après protection. Statuts : ``publie`` ; celui de l'indicateur quand
    il ne paraît pas ; ``na`` quand le texte n'engage pas encore. Une mesure non publiée manque.
    """
    table = engagements.copy()
    parution = Parution(protegee)
    mesure = table["genre"].eq("indicateur")
    parue = parution.lire(table)
    cellule, zero = parue["statut"], parution.statuts(table, annee=table["zero_annee"])
    juge, calcule = table["statut"].ne("na"), table["statut"].eq("calcule")
    table["statut"] = np.where(~juge, "na", np.where(mesure, cellule, "publie"))
    table["couverture"] = parue["couverture"]  # arrondie : exacte, elle dirait le parc de qui n'a pas déposé
    table[MESURES] = table[MESURES].where(table["statut"].eq("publie"))
    dite = table["zero_source"].ne("")  # une valeur donnée à la main vient d'un texte, pas d'un dépôt
    table["zero_valeur"] = table["zero_valeur"].where(dite | zero.eq("publie"))
    cachee = mesure & calcule & table["statut"].ne("publie")
    table.loc[cachee, ["verdict", "constat"]] = ""
    table.loc[cachee, "raison"] = CACHEE
    return table[COLONNES]
