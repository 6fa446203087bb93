"""Ce qui est publié, et donc ce que l'attaquant sait, pour un choix de valeurs et de taux de réponse cachés."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from observatoire.confidentialite.liens import Systeme
from observatoire.confidentialite.primaire import Exigences, Valeurs
from observatoire.confidentialite.regles import Regles
from observatoire.confidentialite.solveur import PRECISION

#: Ce qu'un taux de réponse coûte à cacher, en part de la valeur qu'il accompagne.
POIDS_REPONSE = 0.05


@dataclass(frozen=True)
class Etat:
    """Les *parutions* : d'abord les valeurs (une par ligne), puis leurs taux de réponse (une par ligne).

    ``imprime`` (parution, variable) : ce que chacune laisse savoir. ``poids`` : ce qu'il coûte de la cacher.
    ``admises`` : celles qui paraîtraient si rien n'était caché. ``sues`` : variables connues dans tous les cas.
    """

    systeme: Systeme
    valeurs: Valeurs
    imprime: sparse.csr_array
    poids: np.ndarray
    admises: np.ndarray
    sues: np.ndarray

    def connues(self, cachees: np.ndarray) -> np.ndarray:
        """Vrai pour chaque variable qu'une parution non cachée, ou la structure, donne."""
        visibles = (self.admises & ~cachees).astype(float)
        return self.sues | (self.imprime.T @ visibles > 0)

    def completer(self, cachees: np.ndarray) -> np.ndarray:
        """Les mêmes parutions cachées, et celles qu'elles emportent : un taux de réponse avec sa valeur, un écart avec
        sa référence."""
        valeurs, reponses = np.split(cachees, 2)
        v = self.valeurs
        valeurs = valeurs | ((v.reference >= 0) & valeurs[v.reference] & v.calculees)
        return np.concatenate([valeurs, reponses | valeurs])

    def republier(self, cachees: np.ndarray, variables: np.ndarray, voulues: np.ndarray) -> np.ndarray:
        """Les mêmes parutions cachées, moins celles qui ne disent que des variables connues ou ``variables``.

        ``voulues`` : celles qui restent cachées.
        """
        inconnues = ~self.connues(cachees)
        inconnues[variables] = False
        muettes = self.imprime @ inconnues.astype(float) == 0
        reparues = cachees & self.admises & ~voulues & muettes
        reparues[len(reparues) // 2 :] = False
        return self.completer(cachees & ~reparues)


def etablir_etat(table: pd.DataFrame, systeme: Systeme, valeurs: Valeurs, cachees: np.ndarray) -> Etat:
    """Les parutions de la table. ``cachees`` : les valeurs que les règles cachent ; un « sans objet » peut en être."""
    lignes = len(table)
    parutions, variables = [], []
    for role, debut in (("numerateur", 0), ("denominateur", 0), ("concernes", lignes)):
        v = valeurs.variables[role]
        ou = np.flatnonzero((v >= 0) & valeurs.calculees)
        parutions.append(ou + debut)
        variables.append(v[ou])
    parutions, variables = np.concatenate(parutions), np.concatenate(variables)
    forme = (2 * lignes, len(systeme.valeurs))
    imprime = sparse.csr_array((np.ones(len(parutions)), (parutions, variables)), shape=forme)
    reponse = valeurs.calculees & table["reponse"].notna().to_numpy()
    sues = ~systeme.presentes
    sues[valeurs.annulees(~cachees)] = True
    return Etat(
        systeme, valeurs, imprime,
        np.concatenate([valeurs.poids, POIDS_REPONSE * valeurs.poids]),
        np.concatenate([valeurs.calculees, reponse]), sues,
    )  # fmt: skip


def exiger_des_valeurs(etat: Etat, cachees: np.ndarray, largeur: float) -> Exigences:
    """Une largeur pour le numérateur et le dénominateur de toute valeur cachée, là où aucune autre ne les publie.

    Un écart caché pour sa référence n'en a pas : c'est la référence qui est cachée.
    """
    systeme, v = etat.systeme, etat.valeurs
    ou = np.split(cachees, 2)[0] & v.calculees & (v.natures != "ecart")
    variables = np.concatenate([v.variables[role][ou] for role in ("numerateur", "denominateur")])
    variables = np.unique(variables[variables >= 0])
    variables = variables[~etat.connues(cachees)[variables] & systeme.entiere()[variables]]
    return Exigences(variables, np.zeros(len(variables)), np.full(len(variables), float(largeur)))


def exiger_des_restes(etat: Etat, sans_reponse: np.ndarray, cachees: np.ndarray, regles: Regles) -> Exigences:
    """Une largeur pour ce qui ne paraît jamais (:func:`taire`).

    Un foyer ou un reste nul n'en a pas besoin : un attaquant le croira peut-être nul. Petit, il en a déjà une.
    ``sans_reponse`` : vrai pour chaque ligne qui n'a pas de taux.
    """
    silences, restes = taire(etat.valeurs, etat.systeme, sans_reponse | np.split(cachees, 2)[1], regles)
    restes = restes[etat.systeme.valeurs[restes] >= regles.seuil]
    variables = np.union1d(silences, restes).astype(int)
    variables = variables[etat.systeme.entiere()[variables]]
    return Exigences(variables, np.zeros(len(variables)), np.full(len(variables), float(regles.amplitude)))


def taire(valeurs: Valeurs, systeme: Systeme, tues: np.ndarray, regles: Regles) -> tuple[np.ndarray, np.ndarray]:
    """Les variables que nulle parution ne dit, et qui sont un secret si elles sont petites sans être nulles.

    ``tues`` : vrai pour chaque ligne sans taux de réponse. Rend les non-réponses de ces lignes ; puis les foyers de
    chaque cellule et ce qu'une somme publiée a de plus que ses parties.
    """
    muettes = valeurs.calculees & tues & np.isin(valeurs.sources, sorted(regles.muets))
    silences = np.unique(valeurs.variables["muets"][muettes])
    actives = np.unique(valeurs.cellule[valeurs.calculees])[:, None] * systeme.largeur
    foyers = (actives + np.array([d[0] for d in systeme.colonnes.foyers], dtype=int)[None, :]).ravel()
    sommes = np.flatnonzero(np.isin(systeme.restes[:, 1], systeme.colonnes.publiees()))
    return silences[silences >= 0], np.union1d(foyers, len(systeme.cellules) * systeme.largeur + sommes).astype(int)


def lire_les_arrondis(
    etat: Etat, reponse: np.ndarray, cachees: np.ndarray, decimales: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Ce que sait celui qui n'a que des taux de réponse arrondis : les variables sues, et les bornes de chacune.

    Il trouve moins que celui qui les aurait exacts, mais peut prendre pour petit un compte que l'autre sait ne pas
    l'être. ``reponse`` : le taux exact de chaque ligne.
    """
    valeurs, reponses = np.split(cachees, 2)
    sues = etat.connues(np.concatenate([valeurs, np.ones_like(reponses)]))
    v = etat.valeurs
    concernes = v.variables["concernes"]
    base = np.where(v.natures == "moyenne", v.variables["effectif"], v.variables["denominateur"])
    ou = np.flatnonzero(~np.isnan(reponse) & ~reponses & (base >= 0) & (concernes >= 0))
    part, demi = reponse[ou].round(decimales), 0.5 * 10.0**-decimales
    repondants = etat.systeme.valeurs[base[ou]]
    bas, haut = np.zeros(len(sues)), np.full(len(sues), np.inf)
    np.maximum.at(bas, concernes[ou], np.ceil(repondants / np.minimum(part + demi, 1) - PRECISION))
    np.minimum.at(haut, concernes[ou], np.floor(repondants / (part - demi) + PRECISION))
    return sues, (bas, haut)
