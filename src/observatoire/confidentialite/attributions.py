"""Ce qui paraît des attributions, d'après ce qui paraît des indicateurs.

Rien n'y est publié qui ne se tire, à un arrondi près, de valeurs qui paraissent pour ce public : un écart ne paraît que
si ses deux termes paraissent. Les attentes n'ont pas d'indicateur : elles ont leur propre règle. Ce sont des âges, pas
des comptes, et rien ne s'en soustrait.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from observatoire.attributions import attente, conformite, cote_a_cote, profils
from observatoire.publie import Parution
from observatoire.secret import Regles

TOUS = "tous"
_ECARTS = {"ecart_parc": 0, "ecart_sortants": 2}
#: Ce que les attentes supposent publié pour le territoire entier.
_DES_ATTENTES = ("attributions", "demandes_actives")
#: Décimales de ce qui paraît : les parts au millième, les âges au mois.
DECIMALES = 3


def proteger_les_attributions(
    tables: dict[str, pd.DataFrame], protegee: pd.DataFrame, regles: Regles, tout: str = "ville"
) -> dict:
    """Rendre chaque table telle qu'un public la voit, avec ``statut``.

    ``tables`` : voir :data:`observatoire.attributions.TABLES`. ``protegee`` : les indicateurs de ce public, après
    protection ; ``tout`` : le niveau du territoire entier. Une mesure dont un terme ne paraît pas manque, et ``statut``
    est celui de ce terme.
    """
    du_tout = protegee[protegee["niveau"].eq(tout) & protegee["bailleur"].eq(TOUS)]
    attentes = partial(_attentes, du_tout=du_tout)
    gardes = {
        "attributions_conformite": _conformite,
        "attributions_profils": _profils,
        "attributions_cote_a_cote": _cote_a_cote,
        "attributions_attente": attentes,
    }
    parution = Parution(protegee)
    return {nom: garder(tables[nom].copy(), parution, regles) for nom, garder in gardes.items()}


def _reunir(*statuts: pd.Series) -> np.ndarray:
    """Le statut d'une mesure qui demande plusieurs valeurs : le premier qui n'est pas « publie »."""
    commun = statuts[0].to_numpy(object)
    for suivant in statuts[1:]:
        commun = np.where(commun == "publie", suivant, commun)
    return commun


def _conformite(table: pd.DataFrame, parution: Parution, regles: Regles) -> pd.DataFrame:
    statut = parution.statuts(table)
    table["statut"] = np.where(table["verdict"].eq("sans_objet"), "na", statut)
    cachees = table["statut"].ne("publie")
    table["constat"] = table["constat"].mask(cachees)
    table["verdict"] = table["verdict"].mask(cachees & table["verdict"].ne("sans_objet"))
    return table[[*conformite.COLONNES, "statut"]]


def _profils(table: pd.DataFrame, parution: Parution, regles: Regles) -> pd.DataFrame:
    codes = {rang: table["trait"].map({t: c[rang] for t, c in profils.CODES.items()}) for rang in (0, 1, 2)}
    entrants = parution.statuts(table, indicateur=codes[1])
    annees = {0: table["annee"] - 1, 2: table["annee"]}
    par_ecart = {
        nom: _reunir(entrants, parution.statuts(table, indicateur=codes[rang], annee=annees[rang]))
        for nom, rang in _ECARTS.items()
    }
    for nom, statut in par_ecart.items():
        mesures = [nom, f"{nom}_bas", f"{nom}_haut"]
        table.loc[statut != "publie", mesures] = np.nan
        table[mesures] = table[mesures].round(DECIMALES)
        table[f"statut_{nom.removeprefix('ecart_')}"] = statut
    table["statut"] = np.where(
        np.logical_or.reduce([s == "publie" for s in par_ecart.values()]), "publie", par_ecart["ecart_parc"]
    )
    return table[[*profils.COLONNES, "statut_parc", "statut_sortants", "statut"]]


def _cote_a_cote(table: pd.DataFrame, parution: Parution, regles: Regles) -> pd.DataFrame:
    """Un bailleur et l'ensemble du même quartier doivent paraître : les autres en sont la différence."""
    table["statut"] = _reunir(parution.statuts(table), parution.statuts(table, bailleur=TOUS))
    cachees = table["statut"].ne("publie")
    table.loc[cachees, cote_a_cote.MESURES] = np.nan
    table[cote_a_cote.MESURES] = table[cote_a_cote.MESURES].round(DECIMALES)
    table["sens"] = table["sens"].mask(cachees)
    return table[[*cote_a_cote.COLONNES, "statut"]]


def _attentes(table: pd.DataFrame, parution: Parution, regles: Regles, du_tout: pd.DataFrame) -> pd.DataFrame:
    """Assez de demandes satisfaites, d'autres qui attendent, et d'observées à l'âge dit."""
    parus = {code: du_tout[du_tout["indicateur"].eq(code)].set_index("annee")["statut"] for code in _DES_ATTENTES}
    statut = _reunir(*(table["annee"].map(s).astype(object).fillna("nd") for s in parus.values()))
    petits = table[["satisfaites", "en_attente"]].lt(regles.seuil).any(axis=1) | (
        table["risque"].lt(regles.seuil) & table["valeur"].notna()
    )
    statut = np.where((statut == "publie") & petits.to_numpy(), "c", statut)
    non_atteint = (statut == "publie") & table["valeur"].isna().to_numpy()
    table["statut"] = np.where(non_atteint, "ne", statut)
    mesures = ["valeur", "borne_basse", "borne_haute"]
    au_seuil = table["mesure"].eq(attente.AU_SEUIL)
    table.loc[table["statut"].ne("publie"), mesures] = np.nan
    table.loc[au_seuil, mesures] = table.loc[au_seuil, mesures].round(DECIMALES)
    return table[[*attente.CLES, *mesures, "statut"]]
