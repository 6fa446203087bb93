"""Les valeurs à périmètre constant et les passages, tels qu'un public les lit : règles et bruit de partout."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.indicateurs.perimetre import Presences
from observatoire.publie import CLES
from observatoire.secret import Ouverture, Regles, proteger_les_valeurs
from observatoire.secret.parution import CELLULE, TOUS, exactes, seuil_flou, trahit
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
    if constants.empty:
        return pd.DataFrame(columns=COLONNES)
    de_tous, morceaux = parc[parc["bailleur"].eq(TOUS)], []
    situes = constants.merge(_perimetres(constants, couverture), on=[*_BOUTS, "indicateur"])
    for (presents_ici, absents), siens in situes.groupby(["presents", "absents"]):
        lignes = siens.drop_duplicates(CLES).reset_index(drop=True)
        ici = de_tous["contributeur"].isin(presents_ici.split())
        valeurs, comptes = lignes[tables.INDICATEURS.noms], lignes[tables.COMPTES.noms_des_mesures]
        table = proteger_les_valeurs(valeurs, comptes, de_tous[ici], ouverture, regles).table
        trahies = trahit(table[CELLULE], de_tous[de_tous["contributeur"].isin(absents.split())], regles)
        _taire(table, trahies)
        morceaux.append(siens[[*_BOUTS, "absents", *CLES]].merge(table, on=CLES))
    return pd.concat(morceaux, ignore_index=True).sort_values([*_BOUTS, *CLES], ignore_index=True)[COLONNES]


def cacher_comme_la_courante(constants: pd.DataFrame, publiees: pd.DataFrame) -> pd.DataFrame:
    """Ce qui est caché tous bailleurs réunis l'est aussi à périmètre constant."""
    cachees = pd.MultiIndex.from_frame(publiees.loc[publiees["statut"].eq("c"), CLES])
    constants = constants.copy()
    _taire(constants, pd.MultiIndex.from_frame(constants[CLES]).isin(cachees))
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
    seuils = np.array([regles.seuil_de(source) for source in sources], dtype=float)
    comptes = bruiter_des_comptes(table, COMPTES, sources, bruitee, regles)
    # Comme ailleurs, le seuil porte sur l'exact et, sauf à l'immeuble, sur ce qui paraîtrait.
    restes = np.where(seuil_flou(table), np.fmin(table["restes"], comptes[0]), table["restes"])
    table[list(COMPTES)] = np.where(bruitee & (restes < seuils), np.nan, comptes).T
    table.loc[table["annee"] - table["depart"] > 1, list(MUETS)] = np.nan  # ne se comptent que d'une année à l'autre
    return table.drop(columns=[f"cle_{compte}" for compte in COMPTES])


def _perimetres(constants: pd.DataFrame, couverture: pd.DataFrame) -> pd.DataFrame:
    """De chaque comparaison et indicateur : les bailleurs présents aux deux dates, ceux qui ne le sont qu'à une."""
    presences, lignes = Presences(couverture), []
    for bouts, siens in constants.groupby(_BOUTS):
        deux, _ = presences.aux_deux(bouts)
        for code in siens["indicateur"].unique():
            a_une = {b for annee in bouts for b in presences.livrent(annee, code)}
            ici = set(deux.index[deux[code]])
            lignes.append((*bouts, code, " ".join(sorted(ici)), " ".join(sorted(a_une - ici))))
    return pd.DataFrame(lignes, columns=[*_BOUTS, "indicateur", "presents", "absents"])
