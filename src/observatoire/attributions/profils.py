"""Le profil des entrants, face au parc d'avant et face aux sortants.

Le parc d'avant est celui du 31 décembre précédent : les entrants de l'année n'en sont pas, et la différence de deux
parts indépendantes a l'intervalle de Newcombe. Les sortants sont ceux qui l'ont quitté dans l'année.
"""

from __future__ import annotations

import pandas as pd

from observatoire import intervalles
from observatoire.attributions.objectifs import NIVEAUX
from observatoire.simulation.traits import TRAITS

#: trait -> indicateurs du parc, des entrants, des sortants.
CODES = {nom: (t.parc, t.entrants, t.sortants) for nom, t in TRAITS.items()}
LIEU = ["annee", "niveau", "territoire", "bailleur"]
CLES = [*LIEU, "trait"]
_ECARTS = [f"{nom}{suffixe}" for nom in ("ecart_parc", "ecart_sortants") for suffixe in ("", "_bas", "_haut")]
#: ``ecart_parc`` : entrants moins parc d'avant ; ``ecart_sortants`` : entrants moins sortants ; leurs bornes.
COLONNES = [*CLES, *_ECARTS]


def comparer_les_profils(valeurs: pd.DataFrame) -> pd.DataFrame:
    """Une ligne par année, territoire, bailleur et trait où les entrants sont connus (:data:`COLONNES`).

    ``valeurs`` : des lignes de ``indicateurs``. Un écart manque quand l'autre terme manque.
    """
    calculees = valeurs[valeurs["statut"].eq("calcule") & valeurs["niveau"].isin(NIVEAUX)]
    morceaux = [_comparer(calculees, trait, *codes) for trait, codes in CODES.items()]
    return pd.concat(morceaux, ignore_index=True)[COLONNES].sort_values(CLES, ignore_index=True)


def _comparer(valeurs: pd.DataFrame, trait: str, parc: str, entrants: str, sortants: str) -> pd.DataFrame:
    comptes = {code: valeurs[valeurs["indicateur"].eq(code)].set_index(LIEU) for code in (parc, entrants, sortants)}
    avant = comptes[parc].rename(index=lambda annee: annee + 1, level="annee")
    lieux = comptes[entrants].index
    table = lieux.to_frame(index=False).assign(trait=trait)
    ceux = _comptes(comptes[entrants], lieux)
    for nom, autres in (("ecart_parc", avant), ("ecart_sortants", comptes[sortants])):
        leurs = _comptes(autres, lieux)
        table[nom] = ceux[0] / ceux[1] - leurs[0] / leurs[1]
        table[f"{nom}_bas"], table[f"{nom}_haut"] = intervalles.newcombe(*ceux, *leurs)
    return table


def _comptes(lignes: pd.DataFrame, lieux: pd.MultiIndex) -> tuple:
    ranges = lignes[["numerateur", "denominateur"]].astype(float).reindex(lieux)
    return ranges["numerateur"].to_numpy(), ranges["denominateur"].to_numpy()
