"""Ce qui a changé d'un indicateur entre deux années : ``publie/<public>/variations.csv``.

Tout s'y tire de comptes publiés. Là où les bailleurs ont changé, les deux valeurs sont à périmètre constant. Une part
qui se compte sur les mêmes ménages, ou les mêmes logements, est éprouvée sur eux (:func:`varier`) ; ailleurs, les deux
années sont prises pour indépendantes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.epreuves import LUES, eprouver
from observatoire.indicateurs.perimetre import Paire, se_compare
from observatoire.indicateurs.releves import se_suit
from observatoire.secret.parution import numeroter
from observatoire.statistique.comparaisons import bruit_de_l_ecart, varier
from observatoire.statistique.intervalles import ecart_de_bornes
from observatoire.sujets.variations.tables import COMPTES, MUETS, RESTENT, VARIATIONS
from observatoire.vocabulaire import DE_DEFINITION, RAPPORT

_LIEU = ["niveau", "territoire", "bailleur", "indicateur"]
_UTILES = [*LUES, "statut", "variance"]
#: Décimales de ce qui est calculé : assez pour toute lecture.
DECIMALES = 6


def dresser_les_variations(
    publiees: pd.DataFrame,
    constants: pd.DataFrame,
    passages: pd.DataFrame,
    ruptures: pd.DataFrame,
    paires: list[Paire],
    declarations: Mapping[str, Indicateur],
) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.variations.tables.VARIATIONS` : celles où deux valeurs se comparent.

    ``publiees``, ``constants`` : les indicateurs de ce public et ceux à périmètre constant, avec la ``variance`` du
    bruit de chaque ligne. ``passages`` : voir :func:`~.perimetre.bruiter_les_passages`. Une rupture de définition entre
    les deux années retire l'indicateur.
    """
    codes = [code for code, d in declarations.items() if se_compare(d)]
    publiees, constants, passages = _numeroter_les_lieux(
        [t[t["indicateur"].isin(codes)] for t in (publiees, constants, passages)]
    )
    rompus = ruptures[ruptures["genre"].eq(DE_DEFINITION)]
    morceaux = []
    for depart, annee in paires:
        coupes = rompus.loc[rompus["annee"].gt(depart) & rompus["annee"].le(annee), "indicateurs"]
        deux = _mettre_cote_a_cote(publiees, constants, (depart, annee))
        ici = passages["depart"].eq(depart) & passages["annee"].eq(annee)
        deux = deux[~deux["indicateur"].isin(coupes)].join(passages.loc[ici, list(COMPTES)])
        morceaux.append(_eprouver(deux, declarations).assign(depart=depart, annee=annee))
    vide = pd.DataFrame(columns=VARIATIONS.noms)
    return pd.concat(morceaux, ignore_index=True)[VARIATIONS.noms] if morceaux else vide


def _numeroter_les_lieux(tables: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Les mêmes tables, indexées par le numéro du lieu et de l'indicateur de chaque ligne, le même dans toutes."""
    numeros = numeroter(pd.concat([t[_LIEU] for t in tables]), _LIEU)
    siens = np.split(numeros, np.cumsum([len(t) for t in tables])[:-1])
    return [table.set_index(numero) for table, numero in zip(tables, siens, strict=True)]


def _mettre_cote_a_cote(publiees: pd.DataFrame, constants: pd.DataFrame, paire: Paire) -> pd.DataFrame:
    """Les deux valeurs de chaque lieu et indicateur, toutes deux publiées ; à périmètre constant là où il a changé."""
    bouts = [publiees.loc[publiees["annee"].eq(annee), [*_LIEU, *_UTILES]] for annee in paire]
    siens = constants[constants["depart"].eq(paire[0]) & constants["arrivee"].eq(paire[1])]
    seuls = [siens[siens["annee"].eq(annee)] for annee in paire]
    bouts = [pd.concat([b[~b.index.isin(s.index)], s[b.columns]]) for b, s in zip(bouts, seuls, strict=True)]
    bouts = [b[b["statut"].eq("publie")].drop(columns="statut") for b in bouts]
    deux = bouts[1].join(bouts[0].drop(columns=_LIEU).add_suffix("_depart"), how="inner")
    return deux.assign(absents=seuls[1]["absents"].reindex(deux.index).fillna(""))


def _eprouver(deux: pd.DataFrame, declarations: Mapping[str, Indicateur]) -> pd.DataFrame:
    natures = deux["indicateur"].map({c: d.nature for c, d in declarations.items()}).to_numpy(object)
    apres, avant = (deux[[f"{c}{suffixe}" for c in LUES]].to_numpy(float).T for suffixe in ("", "_depart"))
    variance = np.maximum(deux["variance"], deux["variance_depart"]).to_numpy(float)
    suivies = deux["indicateur"].isin([c for c, d in declarations.items() if se_suit(d)]) & deux["restes"].notna()
    suivies = suivies.to_numpy()
    ecart = eprouver(np.where(suivies, "", natures), variance, apres, avant)
    (x1, n1), (x0, n0) = (cote[:2, suivies] for cote in (apres, avant))
    restent = deux.loc[suivies, list(RESTENT)].to_numpy(float).T
    memes = varier((x0, n0), (x1, n1), restent, bruit_de_l_ecart(x1, n1, x0, n0, variance[suivies]))
    for nom in ("bas", "haut", "probabilite"):
        getattr(ecart, nom)[suivies] = getattr(memes, nom)
    # Un rapport est éprouvé par son logarithme ; sa différence s'encadre d'après les deux intervalles.
    des_rapports = ecart_de_bornes(*apres[2:], *avant[2:])
    bas, haut = (
        np.where(natures == RAPPORT, du_rapport, borne).round(DECIMALES)
        for du_rapport, borne in zip(des_rapports, (ecart.bas, ecart.haut), strict=True)
    )
    variation = (deux["valeur"] - deux["valeur_depart"]).round(DECIMALES)
    return deux.assign(
        variation=variation, borne_basse=bas, borne_haute=haut, probabilite=ecart.probabilite, imputee=_imputer(deux)
    )


def _imputer(deux: pd.DataFrame) -> np.ndarray:
    """La part si ceux qui ne répondent plus répondaient comme un an plus tôt ; manque si tous répondent."""
    muets, avec = (deux[nom].to_numpy(float) for nom in MUETS)
    haut, bas = (deux[nom].to_numpy(float) for nom in ("numerateur", "denominateur"))
    part = (haut + np.minimum(avec, muets)) / (bas + muets)
    return np.where(muets > 0, np.clip(part, 0, 1), np.nan).round(DECIMALES)
