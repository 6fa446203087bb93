"""Les valeurs à périmètre constant et les passages, tels qu'un public les lit : règles et bruit de partout."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.indicateurs.perimetre import Presences
from observatoire.publie import CLES
from observatoire.secret import Ouverture, Regles, proteger_les_valeurs
from observatoire.secret.parution import CELLULE, TOUS, exactes, numeroter, seuil_flou, trahit
from observatoire.secret.valeurs import MESURES, bruiter_des_comptes
from observatoire.sujets.variations.tables import COMPTES, MUETS
from observatoire.tables import indicateurs as tables

COLONNES = tables.CONSTANTS_PUBLIES.noms
_BOUTS = ["depart", "arrivee"]


def bruiter_les_constants(
    constants: pd.DataFrame, couverture: pd.DataFrame, parc: pd.DataFrame, ouverture: Ouverture, regles: Regles
) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.tables.indicateurs.CONSTANTS_PUBLIES` que ce public lit.

    Une valeur à périmètre constant, ôtée de celle de tous, dit ce que comptent les bailleurs absents : elle est cachée
    là où leurs chiffres le seraient. ``parc`` : voir :func:`~observatoire.secret.parution.parc_par_cellule`.
    """
    situes = constants[regles.montre(constants).to_numpy()].sort_values([*_BOUTS, *CLES], ignore_index=True)
    if situes.empty:
        return pd.DataFrame(columns=COLONNES)
    de_tous, morceaux = parc[parc["bailleur"].eq(TOUS)], []
    for (presents, absents), ici in _perimetres(situes, couverture).items():
        siens = situes[ici].sort_values(CLES)
        nouvelles = ~siens.duplicated(CLES).to_numpy()  # la même valeur sert à plusieurs comparaisons
        lignes, contributeurs = siens[nouvelles], de_tous["contributeur"]
        valeurs, comptes = lignes[tables.INDICATEURS.noms], lignes[tables.COMPTES.noms_des_mesures]
        table = proteger_les_valeurs(valeurs, comptes, de_tous[contributeurs.isin(presents)], ouverture, regles).table
        _taire(table, trahit(table[CELLULE], de_tous[contributeurs.isin(absents)], regles))
        table = table.iloc[np.cumsum(nouvelles) - 1].set_index(siens.index)
        morceaux.append(table.assign(absents=" ".join(absents), **siens[_BOUTS]))
    return pd.concat(morceaux).sort_index()[COLONNES]


def cacher_comme_la_courante(constants: pd.DataFrame, publiees: pd.DataFrame) -> pd.DataFrame:
    """Ce qui est caché tous bailleurs réunis l'est aussi à périmètre constant."""
    cachees, constants = publiees.loc[publiees["statut"].eq("c"), CLES], constants.copy()
    numeros = numeroter(pd.concat([cachees, constants[CLES]]), CLES)
    _taire(constants, np.isin(numeros[len(cachees) :], numeros[: len(cachees)]))
    return constants


def _taire(table: pd.DataFrame, ou: np.ndarray) -> None:
    """Cacher des lignes, sur place."""
    table["statut"] = table["statut"].mask(ou & table["statut"].eq("publie"), "c")
    table.loc[ou, MESURES] = np.nan


def bruiter_les_passages(passages: pd.DataFrame, ouverture: Ouverture, regles: Regles) -> pd.DataFrame:
    """Les passages que ce public lit, bruit compris ; manquants là où trop peu d'unités sont restées."""
    montres = regles.montre(passages) & ~passages["bailleur"].str.contains(" ")  # d'un bailleur à l'autre : à personne
    table = passages[montres].reset_index(drop=True)
    sources = ouverture.dire(table["indicateur"], "source")
    bruitee = ~exactes(table, ouverture, regles)
    seuils = ouverture.seuils(table["indicateur"], regles)
    comptes = bruiter_des_comptes(table, COMPTES, sources, bruitee, regles)
    # Comme ailleurs, le seuil porte sur l'exact et, sauf à l'immeuble, sur ce qui paraîtrait.
    restes = np.where(seuil_flou(table), np.fmin(table["restes"], comptes[0]), table["restes"])
    table[list(COMPTES)] = np.where(bruitee & (restes < seuils), np.nan, comptes).T
    table.loc[table["annee"] - table["depart"] > 1, list(MUETS)] = np.nan  # ne se comptent que d'une année à l'autre
    table = table.drop(columns=[f"cle_{compte}" for compte in COMPTES])
    return table.astype(dict.fromkeys(["niveau", "territoire", "bailleur", "indicateur"], object))


def _perimetres(constants: pd.DataFrame, couverture: pd.DataFrame) -> dict[tuple, np.ndarray]:
    """(bailleurs présents aux deux dates, ceux qui ne le sont qu'à une) -> les lignes des comparaisons et indicateurs
    où ce sont ceux-là."""
    presences, numeros = Presences(couverture), numeroter(constants, [*_BOUTS, "indicateur"])
    aux_deux = {
        bouts: presences.aux_deux(bouts)[0]
        for bouts in constants[_BOUTS].drop_duplicates().itertuples(index=False, name=None)
    }
    premiers = constants[[*_BOUTS, "indicateur"]].iloc[np.unique(numeros, return_index=True)[1]]
    perimetres: dict[tuple, list[int]] = {}
    for rang, (*bouts, code) in enumerate(premiers.itertuples(index=False)):
        deux = aux_deux[tuple(bouts)]
        ici = set(deux.index[deux[code]])
        a_une = {b for annee in bouts for b in presences.livrent(annee, code)}
        perimetres.setdefault((tuple(sorted(ici)), tuple(sorted(a_une - ici))), []).append(rang)
    return {perimetre: np.isin(numeros, rangs) for perimetre, rangs in perimetres.items()}
