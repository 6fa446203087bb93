"""Suppression primaire : ce que les règles cachent par elles-mêmes, et ce qu'il faudra que nul ne devine.

Une *valeur* est une ligne de ``indicateurs`` : la publier, c'est publier son numérateur et son dénominateur. Une
*exigence* porte sur une variable du système : sa plus grande valeur possible doit atteindre un plancher, et
l'intervalle où un attaquant la situe doit avoir une largeur.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.confidentialite.liens import CELLULE, TOUS, Systeme, sans_dimension
from observatoire.confidentialite.regles import Regles
from observatoire.confidentialite.temoins import TABLES_SANS_SECRET

AUCUNE = -1


@dataclass(frozen=True)
class Valeurs:
    """Les valeurs, dans l'ordre de la table : variables du système qu'elles publient (-1 : aucune), cellule, et poids.

    ``calculees`` : celles qui peuvent être cachées ; ``nulles`` : celles dont le statut (``na``, ``nd``) dit que leur
    dénominateur est nul. ``reference`` : rang de la valeur à laquelle un écart se rapporte.
    """

    cellule: np.ndarray
    variables: dict[str, np.ndarray]
    calculees: np.ndarray
    nulles: np.ndarray
    natures: np.ndarray
    seuils: np.ndarray
    sources: np.ndarray
    reference: np.ndarray
    poids: np.ndarray

    def annulees(self, parues: np.ndarray | bool = True) -> np.ndarray:
        """Les variables dont un « sans objet » dit qu'elles sont nulles : son dénominateur, et ses parties.

        ``parues`` : les valeurs dont le statut se lit.
        """
        nulles = self.nulles & parues
        haut, bas = self.variables["numerateur"], self.variables["denominateur"]
        variables = np.concatenate([bas[nulles], haut[nulles & (self.natures != "taux")]])
        return np.unique(variables[variables >= 0])


@dataclass(frozen=True)
class Exigences:
    """``variables`` (uniques), le ``plancher`` de leur borne haute et la ``largeur`` de leur intervalle."""

    variables: np.ndarray
    plancher: np.ndarray
    largeur: np.ndarray

    def sauf(self, variables: np.ndarray) -> Exigences:
        """Les exigences qui ne portent pas sur ces variables."""
        garde = ~np.isin(self.variables, variables)
        return Exigences(self.variables[garde], self.plancher[garde], self.largeur[garde])

    def etendre(self, variables: np.ndarray, largeur: float) -> Exigences:
        """Les mêmes exigences, et une ``largeur`` pour ces autres variables."""
        toutes = np.concatenate([self.variables, variables])
        ordre = np.argsort(toutes)
        plancher = np.concatenate([self.plancher, np.zeros(len(variables))])
        largeurs = np.concatenate([self.largeur, np.full(len(variables), float(largeur))])
        return Exigences(toutes[ordre], plancher[ordre], largeurs[ordre])


def reperer(table: pd.DataFrame, systeme: Systeme, declarations: dict[str, Indicateur], regles: Regles) -> Valeurs:
    """Situer chaque ligne de la table dans le système."""
    codes = table["indicateur"].astype("category")
    noms, rangs = list(codes.cat.categories), codes.cat.codes.to_numpy()
    cellule = pd.MultiIndex.from_frame(systeme.cellules).get_indexer(pd.MultiIndex.from_frame(table[CELLULE]))
    roles = ("numerateur", "denominateur", "concernes", "complement", "muets", "effectif")
    variables = {}
    for role in roles:
        colonnes = np.array([systeme.colonnes.roles.get((nom, role), AUCUNE) for nom in noms], dtype=int)[rangs]
        rang = cellule * systeme.largeur + colonnes
        variables[role] = np.where((colonnes >= 0) & systeme.presentes[np.where(colonnes >= 0, rang, 0)], rang, AUCUNE)
    libres = np.array([TABLES_SANS_SECRET.issuperset(declarations[nom].tables) for nom in noms], dtype=bool)
    par_bailleur = np.where(table["bailleur"].eq(TOUS), 1.0, regles.poids_par_bailleur)
    cles = pd.MultiIndex.from_frame(table[[*CELLULE, "indicateur"]])
    references = np.array([declarations[n].reference or "" for n in noms], dtype=object)
    visees = table[CELLULE].assign(indicateur=references[rangs])
    return Valeurs(
        cellule,
        variables,
        table["statut"].eq("calcule").to_numpy() & ~libres[rangs],
        _nulles(table) & ~_impossibles(systeme, declarations, noms)[cellule, rangs],
        np.array([declarations[n].nature for n in noms], dtype=object)[rangs],
        np.array([regles.seuil_de(declarations[n].source) for n in noms], dtype=int)[rangs],
        np.array([declarations[n].source for n in noms], dtype=object)[rangs],
        cles.get_indexer(pd.MultiIndex.from_frame(visees)),
        table["niveau"].map(regles.poids).fillna(1).to_numpy(dtype=float) * par_bailleur,
    )


def _nulles(table: pd.DataFrame) -> np.ndarray:
    """Vrai pour une valeur sans objet ou non disponible d'une année où l'indicateur se calcule ailleurs."""
    calculable = table["statut"].eq("calcule").groupby([table["annee"], table["indicateur"]]).transform("any")
    return (table["statut"].isin(["na", "nd"]) & calculable).to_numpy()


def _impossibles(systeme: Systeme, declarations: dict[str, Indicateur], noms: list[str]) -> np.ndarray:
    """(cellule, indicateur) : vrai là où il ne se calcule pas, faute d'une dimension. Ce n'est pas un zéro."""
    absentes = sans_dimension(systeme.cellules, {nom: declarations[nom] for nom in noms})
    return np.array([absentes[nom] for nom in noms], dtype=bool).reshape(len(noms), len(systeme.cellules)).T


def cacher_d_abord(
    valeurs: Valeurs, systeme: Systeme, regles: Regles, reservees: np.ndarray, notoires: np.ndarray
) -> tuple[np.ndarray, Exigences]:
    """Les valeurs que les règles cachent (vrai ou faux par ligne), et ce qu'elles exigent.

    Un « sans objet » qui dirait qu'un compte caché est nul l'est aussi.

    ``reservees`` : voir :func:`cellules_cachees`. ``notoires`` : vrai pour chaque variable que la seule structure donne
    (les logements hors QPV d'un quartier tout entier en QPV) ; elle ne cache rien.
    """
    exigences = _Recueil(systeme, regles)
    comptes = {role: _lire(systeme, variables) for role, variables in valeurs.variables.items()}
    effectif = valeurs.natures == "effectif"
    moyenne = valeurs.natures == "moyenne"
    proportion = np.isin(valeurs.natures, ["proportion", "ecart"])
    petits = {
        "numerateur": ~moyenne & ~(comptes["numerateur"] >= valeurs.seuils),
        "complement": proportion & ~(comptes["complement"] >= valeurs.seuils),
        "denominateur": ~effectif & ~moyenne & ~(comptes["denominateur"] >= valeurs.seuils),
        "effectif": moyenne & ~(comptes["effectif"] >= valeurs.seuils),
    }
    for role, petit in petits.items():
        variables = valeurs.variables[role]
        petit &= ~((variables >= 0) & notoires[variables])
    cache = valeurs.calculees & np.logical_or.reduce(list(petits.values()))
    for role, petit in petits.items():
        ou = valeurs.calculees & petit
        exigences.exiger(valeurs.variables[role][ou], valeurs.seuils[ou], regles.amplitude)
    situees = valeurs.calculees & reservees[valeurs.cellule]
    for role in ("numerateur", "denominateur"):
        ou = valeurs.calculees & (situees | petits["effectif"])
        exigences.exiger(valeurs.variables[role][ou], 0, None)
    cache |= situees
    cache |= valeurs.nulles & exigences.porte_sur(valeurs.variables["denominateur"])
    _exiger_les_differences(exigences, valeurs, systeme, regles)
    return suivre_les_references(cache, valeurs), exigences.rendre()


def suivre_les_references(cache: np.ndarray, valeurs: Valeurs) -> np.ndarray:
    """Cacher aussi tout écart dont l'indicateur de référence est caché au même endroit : il le redonnerait."""
    return cache | ((valeurs.reference >= 0) & cache[valeurs.reference] & valeurs.calculees)


def cellules_cachees(cellules: pd.DataFrame, regles: Regles, immeubles: pd.DataFrame, parc: pd.DataFrame) -> np.ndarray:
    """Vrai pour une cellule trop petite, de trop peu d'immeubles, ou qui dirait les chiffres d'un bailleur.

    ``immeubles`` : nombre d'immeubles de chaque cellule ; ``parc`` : logements de chaque bailleur dans chaque cellule.
    """
    cles = pd.MultiIndex.from_frame(cellules)
    nombre = immeubles.set_index(CELLULE)["immeubles"].reindex(cles).to_numpy()
    dedans = parc.groupby(CELLULE)["logements"].agg(["sum", "max", "size"]).reindex(cles)
    minimum = cellules["niveau"].map(regles.niveaux).to_numpy(dtype=float)
    cache = (nombre >= 1) & (nombre < regles.immeubles)
    cache |= (dedans["sum"] > 0).to_numpy() & (dedans["sum"] < minimum).to_numpy()
    return cache | _un_bailleur_parait(cellules, regles, parc, dedans)


def cellules_enfouies(cellules: pd.DataFrame, regles: Regles, matiere, parc: pd.DataFrame, niveaux) -> pd.MultiIndex:
    """Les cellules du niveau le plus fin qui ne paraissent pas, ni aucune voisine : rien ne les lie à ce qui paraît.

    Leurs voisines sont celles de la même cellule du niveau au-dessus. Ce qu'une zone contient d'elles reste un reste
    protégé.
    """
    vus = [n for n in niveaux if n in set(cellules["niveau"]) and n in matiere.lieux]
    if len(vus) < 2:
        return pd.MultiIndex.from_frame(cellules[:0])
    fin, large = vus[:2]
    fines = cellules[cellules["niveau"].eq(fin) & cellules["bailleur"].eq(TOUS)].reset_index(drop=True)
    cachees = fines[cellules_cachees(fines, regles, matiere.immeubles, parc)]
    couples = matiere.lieux[["annee", fin, large]].drop_duplicates()
    visible = ~pd.MultiIndex.from_frame(couples[["annee", fin]]).isin(
        pd.MultiIndex.from_frame(cachees[["annee", "territoire"]])
    )
    au_dessus = pd.Series(visible | couples[large].isna()).groupby([couples["annee"], couples[large]], dropna=False)
    liees = couples[au_dessus.transform("any").to_numpy()]
    libres = ~pd.MultiIndex.from_frame(cachees[["annee", "territoire"]]).isin(
        pd.MultiIndex.from_frame(liees[["annee", fin]])
    )
    return pd.MultiIndex.from_frame(cachees[libres])


def montres_de_plus(immeubles: pd.DataFrame, parc: pd.DataFrame, larges: Regles, regles: Regles) -> pd.MultiIndex:
    """Les cellules que des règles plus larges cachent d'elles-mêmes, et que celles-ci montrent."""
    cellules = immeubles[CELLULE].drop_duplicates(ignore_index=True)
    caches, montres = (~cellules_cachees(cellules, r, immeubles, parc) for r in (larges, regles))
    return pd.MultiIndex.from_frame(cellules[~caches & montres])


def _un_bailleur_parait(cellules, regles: Regles, parc: pd.DataFrame, dedans: pd.DataFrame) -> np.ndarray:
    """Vrai là où trop peu de bailleurs contribuent, ou un seul domine, sans que ceux qui paraissent l'aient accepté."""
    sans_accord = parc[~parc["contributeur"].isin(regles.accords)]
    cles = pd.MultiIndex.from_frame(cellules)
    refus = sans_accord.groupby(CELLULE)["logements"].agg(["size", "max"]).reindex(cles)
    peu = (dedans["size"] < regles.contributeurs) & (refus["size"] > 0)
    domine = refus["max"] > regles.part_maximale * dedans["sum"]
    croisee = cellules["bailleur"].ne(TOUS) & ~cellules["bailleur"].isin(regles.accords)
    return (peu | domine).to_numpy() | croisee.to_numpy()


def _exiger_les_differences(exigences: _Recueil, valeurs: Valeurs, systeme: Systeme, regles: Regles) -> None:
    """Ce qu'une soustraction donnerait : muets, parts emboîtées, restes des sommes."""
    muets = np.isin(valeurs.sources, sorted(regles.muets)) & valeurs.calculees
    variables = valeurs.variables["muets"]
    nombre = _lire(systeme, variables)
    ou = muets & (nombre > 0) & (nombre < valeurs.seuils)
    exigences.exiger(variables[ou], valeurs.seuils[ou], regles.amplitude)
    actives = np.unique(valeurs.cellule[valeurs.calculees])
    # Une différence nulle entre deux parts se publierait comme un petit nombre ; une absence de foyer se sait.
    for liste, minimum in ((systeme.colonnes.differences, 0), (systeme.colonnes.foyers, 1)):
        for colonne, grande, _ in liste:
            rang = actives * systeme.largeur + colonne
            presentes = systeme.presentes[rang] & (systeme.valeurs[actives * systeme.largeur + grande] > 0)
            nombre = systeme.valeurs[rang]
            rang = rang[presentes & (nombre >= minimum) & (nombre < regles.seuil)]
            exigences.exiger(rang, regles.seuil, regles.amplitude)
    pleines = len(systeme.cellules) * systeme.largeur
    publiees = np.isin(systeme.restes[:, 1], systeme.colonnes.publiees())
    nombre = systeme.valeurs[pleines:]
    petits = publiees & systeme.entiere()[pleines:] & (nombre > 0) & (nombre < regles.seuil)
    exigences.exiger(pleines + np.flatnonzero(petits), regles.seuil, regles.amplitude)


def _lire(systeme: Systeme, variables: np.ndarray) -> np.ndarray:
    return np.where(variables >= 0, systeme.valeurs[np.maximum(variables, 0)], np.nan)


class _Recueil:
    """Les exigences, une par variable : la plus forte l'emporte."""

    def __init__(self, systeme: Systeme, regles: Regles):
        self.systeme, self.regles = systeme, regles
        self.plancher = np.zeros(len(systeme.valeurs))
        self.largeur = np.zeros(len(systeme.valeurs))

    def exiger(self, variables: np.ndarray, plancher, largeur: float | None) -> None:
        """``largeur`` absente : celle de :meth:`Regles.largeur_relative`."""
        gardees = variables >= 0
        variables = variables[gardees]
        if largeur is None:
            largeur = self.regles.largeur_relative(self.systeme.valeurs[variables], self.systeme.entiere()[variables])
        np.maximum.at(self.plancher, variables, np.broadcast_to(plancher, gardees.shape)[gardees])
        np.maximum.at(self.largeur, variables, np.broadcast_to(largeur, variables.shape))

    def porte_sur(self, variables: np.ndarray) -> np.ndarray:
        """Vrai pour chaque variable sur laquelle quelque chose est exigé."""
        return (variables >= 0) & (self.largeur[np.maximum(variables, 0)] > 0)

    def rendre(self) -> Exigences:
        """Les exigences, par variable croissante."""
        variables = np.flatnonzero(self.largeur > 0)
        return Exigences(variables, self.plancher[variables], self.largeur[variables])
