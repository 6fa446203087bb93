"""Le profil des entrants, face au parc d'avant et face aux sortants, tels qu'ils paraissent.

Le parc d'avant est celui du 31 décembre précédent : les entrants de l'année n'en sont pas. Les sortants sont ceux qui
l'ont quitté dans l'année. L'intervalle d'un écart se tire de ceux de ses deux termes, bruit compris : sans bruit, c'est
celui de Newcombe.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.publie import Parution
from observatoire.statistique import intervalles
from observatoire.sujets.objectifs.calcul.declaration import JUGES
from observatoire.sujets.objectifs.tables import PROFILS
from observatoire.sujets.simulation.modele.traits import TRAITS

#: trait -> indicateurs du parc, des entrants, des sortants.
CODES = {nom: (t.parc, t.entrants, t.sortants) for nom, t in TRAITS.items()}
CLES, COLONNES = PROFILS.noms_des_cles, PROFILS.noms
LIEU = CLES[:-1]
#: Décimales de ce qui est calculé.
DECIMALES = 3
_BORNES = ["valeur", "borne_basse", "borne_haute"]


def comparer_les_profils(publiees: pd.DataFrame) -> pd.DataFrame:
    """Une ligne par année, territoire, bailleur et trait où il y a des entrants, publiés ou secrets (:data:`COLONNES`).

    ``publiees`` : les indicateurs d'un public.
    """
    codes = [code for siens in CODES.values() for code in siens]
    utiles = publiees[publiees["niveau"].isin(JUGES) & publiees["indicateur"].isin(codes)]
    parution = Parution(utiles)
    morceaux = [_comparer(utiles, parution, trait) for trait in CODES]
    return pd.concat(morceaux, ignore_index=True)[COLONNES].sort_values(CLES, ignore_index=True)


def _comparer(publiees: pd.DataFrame, parution: Parution, trait: str) -> pd.DataFrame:
    parc, entrants, sortants = CODES[trait]
    ceux = publiees[publiees["indicateur"].eq(entrants) & publiees["statut"].isin(["publie", "c"])]
    ceux = ceux.reset_index(drop=True)
    table = ceux[LIEU].assign(trait=trait)
    for nom, code, annee in (("parc", parc, ceux["annee"] - 1), ("sortants", sortants, ceux["annee"])):
        leurs = parution.lire(ceux, indicateur=code, annee=annee)
        bornes = [t[c].to_numpy(float) for t in (ceux, leurs) for c in _BORNES]
        bas, haut = intervalles.ecart_de_bornes(*bornes)
        for suffixe, mesure in (("", bornes[0] - bornes[3]), ("_bas", bas), ("_haut", haut)):
            table[f"ecart_{nom}{suffixe}"] = mesure.round(DECIMALES)
        table[f"statut_{nom}"] = np.where(ceux["statut"].eq("publie"), leurs["statut"], ceux["statut"])
    parait = table[["statut_parc", "statut_sortants"]].eq("publie").any(axis=1)
    return table.assign(statut=np.where(parait, "publie", table["statut_parc"]))
