"""Ce que deux colonnes d'une table disent ensemble : une colonne décalée, deux codes échangés ne changent aucune part.

Chaque valeur de l'une va plus ou moins souvent avec chaque valeur de l'autre ; d'une année à l'autre, cela tient.

**Référence.** Coefficient phi de deux événements, Yule (1912) ; son erreur type est 1/√n quand ils sont indépendants.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from observatoire.lecture.problemes import citer
from observatoire.lecture.resumes import ASSEZ, coder_les_grappes, hors_operation
from observatoire.lecture.vues import Vue, douter
from observatoire.schemas import Schema

#: Écart de phi, et sa valeur en erreurs-types, à partir desquels deux valeurs ne vont plus ensemble comme avant.
ECART, ERREURS = 0.5, 5.0
#: Une paire se lit si le hasard, à leurs parts, en ferait autant de lignes.
ATTENDUES = 5


def comparer_les_accords(vue: Vue) -> Iterator[dict]:
    """Le plus grand écart d'une année à l'autre, s'il est grand et que le hasard n'y suffit pas."""
    lus = [_accorder(v.contenu.temoins, vue.schema) for v in (vue.avant, vue)]
    (avant, sures_avant, n_avant), (apres, sures_apres, n_apres) = lus
    if min(n_avant, n_apres) < ASSEZ:
        return
    ecarts = np.abs(apres - avant) * (sures_avant & sures_apres)
    if not ecarts.size or ecarts.max() < max(ECART, ERREURS * np.sqrt(1 / n_avant + 1 / n_apres)):
        return
    a, b = np.unravel_index(ecarts.argmax(), ecarts.shape)
    (colonne, valeur), (autre, sienne) = (_valeurs(vue.schema)[rang] for rang in (a, b))
    precision = f", {citer(valeur)} et {citer(sienne)} de « {autre} »"
    mesure = f"{avant[a, b]:.1f} en {vue.annee - 1}, {apres[a, b]:.1f} en {vue.annee}".replace(".", ",")
    yield douter("accord_qui_change", mesure, colonne, precision)


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
