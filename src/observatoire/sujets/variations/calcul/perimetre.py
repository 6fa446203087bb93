"""Les valeurs à périmètre constant et les passages, tels qu'un public les lit : règles et bruit de partout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from observatoire.indicateurs.perimetre import Presences
from observatoire.publie import CLES
from observatoire.secret import Contributeurs, Ouverture, Regles, proteger_les_valeurs
from observatoire.secret.parution import CELLULE, TOUS, exactes, numeroter, reserver, seuil_flou, trahit
from observatoire.secret.valeurs import MESURES, bruiter_des_comptes
from observatoire.sujets.variations.tables import COMPTES, MUETS
from observatoire.tables import indicateurs as tables

COLONNES = tables.CONSTANTS_PUBLIES.noms
_BOUTS, _PASSAGE = ["depart", "arrivee"], ["depart", "annee"]
_SIECLES = 10_000  # plus que toute année


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
    rangs, perimetres = _perimetres(situes, couverture)
    # À chaque périmètre ses années, où ne sont que les siens : tous se protègent d'un coup.
    siens = situes.assign(annee=situes["annee"] + rangs * _SIECLES).sort_values(CLES)
    nouvelles = ~siens.duplicated(CLES).to_numpy()  # la même valeur sert à plusieurs comparaisons
    lignes, de_tous = siens[nouvelles], parc[parc["bailleur"].eq(TOUS)]
    valeurs, comptes = lignes[tables.INDICATEURS.noms], lignes[tables.COMPTES.noms_des_mesures]
    presents, absents = (_parc_de(codes, de_tous) for codes in zip(*perimetres, strict=True))
    table = proteger_les_valeurs(valeurs, comptes, Contributeurs(presents), ouverture, regles).table
    _taire(table, trahit(table[CELLULE], absents, regles))
    table = table.iloc[np.cumsum(nouvelles) - 1].set_index(siens.index).sort_index()
    dits = np.array([" ".join(codes) for _, codes in perimetres], dtype=object)
    return table.assign(annee=situes["annee"], absents=dits[rangs], **situes[_BOUTS])[COLONNES]


def _parc_de(bailleurs: Sequence[tuple[str, ...]], parc: pd.DataFrame) -> pd.DataFrame:
    """Le parc de ceux de chaque périmètre, aux années de ce périmètre."""
    siens = [parc[parc["contributeur"].isin(codes)] for codes in bailleurs]
    decalages = np.repeat(np.arange(len(siens)) * _SIECLES, [len(s) for s in siens])
    return pd.concat(siens).assign(annee=lambda t: t["annee"] + decalages)


def cacher_comme_la_courante(constants: pd.DataFrame, publiees: pd.DataFrame) -> pd.DataFrame:
    """Ce qui est caché tous bailleurs réunis l'est aussi à périmètre constant."""
    constants = constants.copy()
    _taire(constants, _est_cachee(constants, publiees))
    return constants


def _est_cachee(table: pd.DataFrame, publiees: pd.DataFrame, cles: Sequence[str] = CLES) -> np.ndarray:
    """Vrai pour chaque ligne dont ``publiees`` cache celle qui a les mêmes ``cles``."""
    cachees = publiees.loc[publiees["statut"].eq("c"), [*cles]]
    numeros = numeroter(pd.concat([cachees, table[[*cles]]]), cles)
    return np.isin(numeros[len(cachees) :], numeros[: len(cachees)])


def _taire(table: pd.DataFrame, ou: np.ndarray) -> None:
    """Cacher des lignes, sur place."""
    table["statut"] = table["statut"].mask(ou & table["statut"].eq("publie"), "c")
    table.loc[ou, MESURES] = np.nan


def bruiter_les_passages(
    passages: pd.DataFrame,
    parues: tuple[pd.DataFrame, pd.DataFrame],
    contributeurs: Contributeurs,
    ouverture: Ouverture,
    regles: Regles,
) -> pd.DataFrame:
    """Les passages que ce public lit, bruit compris ; manquants là où trop peu d'unités sont restées, où ils diraient
    les chiffres d'un bailleur, et là où l'une des deux valeurs est cachée.

    ``parues`` : les indicateurs de ce public, et ceux à périmètre constant.
    """
    montres = regles.montre(passages) & ~passages["bailleur"].str.contains(" ")  # d'un bailleur à l'autre : à personne
    table = passages[montres].reset_index(drop=True)
    sources = ouverture.dire(table["indicateur"], "source")
    bruitee = ~exactes(table, ouverture, regles)
    seuils = ouverture.seuils(table["indicateur"], regles)
    comptes = bruiter_des_comptes(table, COMPTES, sources, bruitee, regles)
    # Comme ailleurs, le seuil porte sur l'exact et, sauf dans un grand immeuble, sur ce qui paraîtrait.
    flou = seuil_flou(table, contributeurs.logements(table), regles.seuil, regles.bruit)
    restes = np.where(flou, np.fmin(table["restes"], comptes[0]), table["restes"])
    suivis = passages.groupby([*_PASSAGE, "indicateur"], observed=True)["bailleur"].agg(frozenset)
    tus = bruitee & ((restes < seuils) | _est_reserve(table, parues, suivis, contributeurs, regles))
    table[list(COMPTES)] = np.where(tus, np.nan, comptes).T
    table.loc[table["annee"] - table["depart"] > 1, list(MUETS)] = np.nan  # ne se comptent que d'une année à l'autre
    table = table.drop(columns=[f"cle_{compte}" for compte in COMPTES])
    return table.astype(dict.fromkeys(["niveau", "territoire", "bailleur", "indicateur"], object))


def _est_reserve(
    table: pd.DataFrame, parues: tuple, suivis: pd.Series, contributeurs: Contributeurs, regles: Regles
) -> np.ndarray:
    """Vrai là où une des deux valeurs est cachée, ou qui ne compterait que les ménages d'un bailleur : ne sont derrière
    un passage que ceux dont on suit les ménages (``suivis``)."""
    publiees, constants = parues
    reserve = _est_cachee(table, publiees) | _est_cachee(table.assign(annee=table["depart"]), publiees)
    comparees = ["depart", "arrivee", *CLES[1:]]
    reserve |= _est_cachee(table.assign(arrivee=table["annee"]), constants, comparees)
    for (depart, annee), ici in table.groupby(_PASSAGE).indices.items():
        livrent = {(annee, code): qui for code, qui in suivis.loc[depart, annee].items()}
        _, d_un_seul, muette = reserver(table.iloc[ici], replace(contributeurs, livrent=livrent), regles)
        reserve[ici] |= d_un_seul | muette
    return reserve


def _perimetres(constants: pd.DataFrame, couverture: pd.DataFrame) -> tuple[np.ndarray, list[tuple]]:
    """Le rang du périmètre de chaque ligne, celui de sa comparaison et de son indicateur ; et chacun d'eux : bailleurs
    présents aux deux dates, ceux qui ne le sont qu'à une."""
    presences, numeros = Presences(couverture), numeroter(constants, [*_BOUTS, "indicateur"])
    aux_deux = cache(lambda *bouts: presences.aux_deux(bouts)[0])
    premiers = constants[[*_BOUTS, "indicateur"]].iloc[np.unique(numeros, return_index=True)[1]]
    perimetres: dict[tuple, int] = {}
    rangs = []
    for *bouts, code in premiers.itertuples(index=False):
        deux = aux_deux(*bouts)
        ici = set(deux.index[deux[code]])
        a_une = {b for annee in bouts for b in presences.livrent(annee, code)}
        perimetre = (tuple(sorted(ici)), tuple(sorted(a_une - ici)))
        rangs.append(perimetres.setdefault(perimetre, len(perimetres)))
    return np.array(rangs)[numeros], list(perimetres)
