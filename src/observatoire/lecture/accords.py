"""Ce que deux colonnes d'une table disent ensemble : une colonne décalée, deux codes échangés ne changent aucune part.

Chaque valeur de l'une va plus ou moins souvent avec chaque valeur de l'autre, ou avec certains immeubles ; d'une année
à l'autre, cela tient.

**Référence.** Coefficient phi de deux événements, Yule (1912) ; son erreur type est 1/√n quand ils sont indépendants.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from observatoire.lecture.problemes import citer, enumerer
from observatoire.lecture.resumes import ASSEZ, GRAPPE, coder_les_grappes, hors_operation
from observatoire.lecture.vues import Vue, douter
from observatoire.schemas import Schema

#: Écart de phi, et sa valeur en erreurs-types, à partir desquels deux valeurs ne vont plus ensemble comme avant.
ECART_NET, ERREURS = 0.5, 5.0
#: Un écart du mauvais signe : au hasard, un sur trente mille, pour cent cinquante comparaisons par édition.
ERREURS_DES_LIEUX = 4.0
#: Une paire se lit si le hasard, à leurs parts, en ferait autant de lignes.
ATTENDUES = 5


def comparer_les_accords(vue: Vue) -> Iterator[dict]:
    """Le plus grand écart d'une année à l'autre, s'il est grand et que le hasard n'y suffit pas."""
    lus = [_accorder(v.contenu.temoins, vue.schema) for v in (vue.avant, vue)]
    (avant, sures_avant, n_avant), (apres, sures_apres, n_apres) = lus
    if min(n_avant, n_apres) < ASSEZ:
        return
    ecarts = np.abs(apres - avant) * (sures_avant & sures_apres)
    if not ecarts.size or ecarts.max() < max(ECART_NET, ERREURS * np.sqrt(1 / n_avant + 1 / n_apres)):
        return
    a, b = np.unravel_index(ecarts.argmax(), ecarts.shape)
    (colonne, valeur), (autre, sienne) = (_valeurs(vue.schema)[rang] for rang in (a, b))
    precision = f", {citer(valeur)} et {citer(sienne)} de « {autre} »"
    mesure = f"{avant[a, b]:.1f} en {vue.annee - 1}, {apres[a, b]:.1f} en {vue.annee}".replace(".", ",")
    yield douter("accord_qui_change", mesure, colonne, precision)


def comparer_les_lieux(vue: Vue) -> Iterator[dict]:
    """Deux codes échangés vont dans les immeubles où allait l'autre, si chacun a les siens.

    D'une table dont les lignes ont un identifiant, les mêmes lignes changent alors de valeur, ce qui se voit mieux.
    """
    apres = vue.contenu.temoins
    if vue.schema.cle or GRAPPE not in apres:
        return
    avant = pd.concat(_anterieurs(vue))
    lieux, distincts = pd.factorize(pd.concat([avant[GRAPPE], apres[GRAPPE]]))
    annees = np.repeat([0, 1], [len(avant), len(apres)])
    for nom, champ in ((nom, champ) for nom, champ in vue.schema.champs.items() if len(champ.admises) > 1):
        comptes = np.zeros((2, len(distincts), len(champ.admises) + 1))  # la dernière case : sans code
        np.add.at(comptes, (annees, lieux, np.concatenate([avant[nom], apres[nom]])), 1)
        ecarts = {paire: inversion(comptes[:, :, paire]) for paire in combinations(range(len(champ.admises)), 2)}
        paire = min(ecarts, key=ecarts.get)
        if ecarts[paire] <= -ERREURS_DES_LIEUX:
            precision = f", {enumerer(citer(champ.admises[rang]) for rang in paire)}"
            mesure = f"l'inverse des années d'avant, à {-ecarts[paire]:.0f} erreurs-types en {vue.annee}"
            yield douter("codes_et_lieux", mesure, nom, precision)


def comparer_les_valeurs(vue: Vue) -> Iterator[dict]:
    """Deux codes échangés vont avec ce qui, dans une autre colonne, allait avec l'autre.

    Seules comptent les paires que les années d'avant distinguent nettement : sans faute, l'accord y reste positif.
    """
    if vue.schema.cle:
        return
    deux = [hors_operation(t, vue.schema) for t in (pd.concat(_anterieurs(vue)), vue.contenu.temoins)]
    tailles = {nom: len(champ.admises) for nom, champ in vue.schema.champs.items() if len(champ.admises) > 1}
    for nom, taille in tailles.items():
        ecarts = {}
        for autre, sienne in tailles.items():
            comptes = np.zeros((2, sienne + 1, taille + 1))  # les dernières cases : sans code
            for date, temoins in enumerate(deux):
                np.add.at(comptes[date], (temoins[autre], temoins[nom]), 1)
            for paire in combinations(range(taille), 2) if autre != nom else ():
                if liaison(comptes[0][:, paire]) >= ERREURS:
                    ecarts[autre, paire] = inversion(comptes[:, :, paire], 1)
        if ecarts and min(ecarts.values()) <= -ERREURS_DES_LIEUX:
            autre, paire = min(ecarts, key=ecarts.get)
            dits = enumerer(citer(vue.schema.champs[nom].admises[rang]) for rang in paire)
            mesure = f"l'inverse des années d'avant, à {-ecarts[autre, paire]:.0f} erreurs-types en {vue.annee}"
            yield douter("codes_et_valeurs", mesure, nom, f", {dits} face à « {autre} »")


def _anterieurs(vue: Vue) -> Iterator[pd.DataFrame]:
    """Les témoins de toutes les années d'avant qui ont été lues à la suite : une seule en dit peu d'un immeuble."""
    while vue.paire:
        vue = vue.avant
        yield vue.contenu.temoins


def liaison(comptes: np.ndarray) -> float:
    """Ce qui sépare deux codes d'un lieu à l'autre, en erreurs-types ; ``comptes`` : lignes par lieu et code."""
    totaux = comptes.sum(axis=1)
    part = comptes[:, 0].sum() / max(totaux.sum(), 1)
    lus = totaux > 0
    carres = ((comptes[lus, 0] - part * totaux[lus]) ** 2 / totaux[lus]).sum()
    return float(np.sqrt(carres / (part * (1 - part)))) if 0 < part < 1 else 0.0


def inversion(comptes: np.ndarray, assez: int = ASSEZ) -> float:
    """Ce que deux codes ont de commun avec le passé, lieu par lieu, en erreurs-types : négatif, chacun est là où était
    l'autre ; nul, ils vont au hasard.

    ``comptes`` : lignes par date (passé, présent), lieu (un immeuble, une valeur) et code (deux). Moins d'``assez``
    lieux communs : zéro.
    """
    totaux = comptes.sum(axis=2)
    if np.logical_and(*totaux > 0).sum() < assez:
        return 0.0
    parts = comptes[:, :, 0].sum(axis=1) / totaux.sum(axis=1)
    avant, apres = comptes[:, :, 0] - parts[:, None] * totaux
    variance = parts[1] * (1 - parts[1]) * (avant**2 * totaux[1]).sum()
    return float((avant * apres).sum() / np.sqrt(variance)) if variance > 0 else 0.0


def _valeurs(schema: Schema) -> list[tuple[str, str]]:
    return [(nom, valeur) for nom, champ in schema.champs.items() for valeur in champ.admises]


def _accorder(temoins: pd.DataFrame, schema: Schema) -> tuple[np.ndarray, np.ndarray, int]:
    """Le phi de chaque paire de valeurs de deux colonnes, ce qui s'y lit, et le nombre de lignes ou d'immeubles."""
    temoins = hors_operation(temoins, schema)
    noms = [nom for nom, champ in schema.champs.items() if champ.admises]
    blocs = [temoins[nom].to_numpy()[:, None] == np.arange(len(schema.champs[nom].admises)) for nom in noms]
    vraies = np.hstack([np.empty((len(temoins), 0), dtype=bool), *blocs]).astype(float)
    colonne = np.repeat(np.arange(len(noms)), [bloc.shape[1] for bloc in blocs])
    n, parts = max(len(temoins), 1), vraies.mean(axis=0) if len(temoins) else np.zeros(len(colonne))
    ensemble = vraies.T @ vraies / n - np.outer(parts, parts)
    ecart_type = np.sqrt(parts * (1 - parts))
    produit = np.outer(ecart_type, ecart_type)
    phi = np.divide(ensemble, produit, out=np.zeros_like(ensemble), where=produit > 0)
    sures = (n * np.outer(parts, parts) >= ATTENDUES) & (n * np.outer(1 - parts, 1 - parts) >= ATTENDUES)
    grappes = coder_les_grappes(temoins)
    utiles = len(temoins) if grappes is None else grappes.max(initial=-1) + 1
    return phi, sures & (colonne[:, None] < colonne), utiles
