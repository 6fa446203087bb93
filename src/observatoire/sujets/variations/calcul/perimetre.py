"""Les valeurs à périmètre constant et les passages, tels qu'un public les lit : règles et bruit de partout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from observatoire.indicateurs.perimetre import livres_de, presents
from observatoire.secret import Ouverture, Regles, proteger_les_valeurs
from observatoire.secret.parution import CELLULE, TOUS, exactes, trahit
from observatoire.secret.valeurs import MESURES
from observatoire.sujets.variations.tables import COMPTES
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
    livres, de_tous, morceaux = livres_de(couverture), parc[parc["bailleur"].eq(TOUS)], []
    for bouts, siens in constants.groupby(_BOUTS):
        for codes, la, absents in _perimetres(livres, bouts, siens["indicateur"].unique()):
            lignes = siens[siens["indicateur"].isin(codes)].reset_index(drop=True)
            ici = de_tous["contributeur"].isin(la)
            valeurs, comptes = lignes[tables.INDICATEURS.noms], lignes[tables.COMPTES.noms_des_mesures]
            table = proteger_les_valeurs(valeurs, comptes, de_tous[ici], ouverture, regles).table
            trahies = trahit(table[CELLULE], de_tous[~ici & de_tous["contributeur"].isin(absents)], regles)
            table.loc[trahies, "statut"] = table.loc[trahies, "statut"].replace("publie", "c")
            table.loc[trahies, MESURES] = np.nan
            morceaux.append(table.assign(depart=bouts[0], arrivee=bouts[1], absents=" ".join(absents)))
    return pd.concat(morceaux, ignore_index=True)[COLONNES] if morceaux else pd.DataFrame(columns=COLONNES)


def bruiter_les_passages(passages: pd.DataFrame, ouverture: Ouverture, regles: Regles) -> pd.DataFrame:
    """Les passages que ce public lit, bruit compris ; manquants là où trop peu d'unités sont restées."""
    table = passages[regles.montre(passages)].reset_index(drop=True)
    sources = table["indicateur"].map({c: d.source for c, d in ouverture.declarations.items()}).to_numpy(object)
    bruitee = ~exactes(table, ouverture, regles)
    seuils = np.array([regles.seuil_de(source) for source in sources], dtype=float)
    peu = bruitee & (table["restes"].to_numpy() < seuils)
    comptes = table[list(COMPTES)].astype(float)
    for source in np.unique(sources.astype(str)):
        ou, bruit = bruitee & (sources == source), regles.bruit_de(source)
        for compte in COMPTES:
            exacts, cles = (table.loc[ou, c].to_numpy(float) for c in (compte, f"cle_{compte}"))
            comptes.loc[ou, compte] = bruit.bruiter(exacts, cles)
    comptes.loc[peu] = np.nan
    table[list(COMPTES)] = comptes
    return table.drop(columns=[f"cle_{compte}" for compte in COMPTES])


def _perimetres(
    livres: Mapping[int, pd.DataFrame], bouts: tuple[int, int], codes: np.ndarray
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Les indicateurs de même périmètre, les bailleurs qui en sont, et ceux qui n'ont livré qu'à une des deux dates."""
    deux, _ = presents(livres, bouts)
    avant, apres = (livres[annee].reindex_like(deux).fillna(False).astype(bool) for annee in bouts)
    par_perimetre: dict[tuple, list[str]] = {}
    for code in codes:
        la, absents = deux.index[deux[code]], deux.index[(avant[code] | apres[code]) & ~deux[code]]
        par_perimetre.setdefault((tuple(sorted(la)), tuple(sorted(absents))), []).append(code)
    for (la, absents), siens in par_perimetre.items():
        yield siens, list(la), list(absents)
