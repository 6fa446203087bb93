"""Sommer les indicateurs : une seule passe sur les lignes, au grain le plus fin, puis tout se remonte.

Un compte est sommé avec la clé de ses unités (:mod:`observatoire.cles`), sous le rôle « <rôle>_cle ». Une somme de
mesures (des mètres carrés, des euros) est tenue en deux étages, un multiple de 1/65 536 et un reste : l'étage du haut
est exact, si bien que l'ordre des lignes et leur partage en lots ne changent pas le total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.baremes import BaremeAbsent, Baremes, SansObjet
from observatoire.catalogue import Indicateur
from observatoire.cles import COLONNE as CLE
from observatoire.couverture import coder, ranger

PAS = 2.0**-16
RESTE = "reste"
#: Le rôle des unités d'une classe d'une distribution : ce mot et son rang.
CLASSE = "classe_"
Colonne = tuple[str, str]


@dataclass(frozen=True)
class Sommes:
    """Des sommes par cellule. ``cellules`` : une ligne par cellule, une colonne par dimension ; ``valeurs`` : une ligne
    par cellule, une colonne par couple (code, rôle) de ``colonnes``. Le reste d'un rôle est le rôle « <rôle>_reste ».
    """

    cellules: pd.DataFrame
    valeurs: np.ndarray
    colonnes: list[Colonne]

    def role(self, code: str, role: str) -> np.ndarray | None:
        """Les sommes d'un rôle, les deux étages réunis ; ``None`` s'il n'est pas sommé."""
        rangs = [self.rangs[c] for c in ((code, role), (code, f"{role}_{RESTE}")) if c in self.rangs]
        return self.valeurs[:, rangs].sum(axis=1) if rangs else None

    def roles(self, declarations: Iterable[Indicateur], role: str) -> np.ndarray:
        """Celles de chaque indicateur, en colonnes ; zéro s'il n'est pas sommé."""
        colonnes = [self.role(d.code, role) for d in declarations]
        return np.column_stack([np.zeros(len(self.valeurs)) if c is None else c for c in colonnes])

    def classes(self, declaration: Indicateur) -> np.ndarray:
        """Les unités de chaque classe d'une distribution : (cellule, classe)."""
        sommes = [self.role(declaration.code, f"{CLASSE}{rang}") for rang in range(declaration.distribution.classes)]
        return np.column_stack([np.zeros(len(self.valeurs)) if s is None else s for s in sommes])

    @cached_property
    def rangs(self) -> dict[Colonne, int]:
        """Rang de chaque colonne."""
        return {colonne: rang for rang, colonne in enumerate(self.colonnes)}


@dataclass(frozen=True)
class Regles:
    """Ce que le catalogue lit une année donnée, avant toute donnée.

    ``lues`` : les colonnes que lit chaque indicateur ; ``sans_regle`` : le statut de ceux dont la règle manque, ``na``
    si elle n'est pas encore en vigueur, ``nd`` si le territoire n'a pas ce barème.
    """

    annee: int
    lues: dict[Indicateur, frozenset]
    sans_regle: dict[str, str]


def lire_regles(
    declarations: Iterable[Indicateur], tables: dict[str, pd.DataFrame], annee: int, baremes: Baremes
) -> Regles:
    """Essayer chaque indicateur sur des tables, même vides : ce qu'il lit ne dépend pas de leurs lignes.

    Les modalités d'une répartition partagent un essai, comme leur comptage.
    """
    bareme = baremes.au_31_decembre(annee)
    lues, sans_regle, essais = {}, {}, {}
    for declaration in declarations:
        groupe = declaration.groupe or declaration.code
        if groupe not in essais:
            essais[groupe] = _essayer(declaration, tables, bareme)
        lues[declaration], statut = essais[groupe]
        if statut:
            sans_regle[declaration.code] = statut
    return Regles(annee, lues, sans_regle)


def _essayer(declaration: Indicateur, tables: dict[str, pd.DataFrame], bareme: Callable) -> tuple[frozenset, str]:
    """Les colonnes lues, et le statut de l'indicateur si sa règle manque."""
    try:
        return declaration.classer(tables, bareme).lues, ""
    except (SansObjet, BaremeAbsent) as absence:
        return frozenset(), "nd" if isinstance(absence, BaremeAbsent) else "na"


def sommer_selon(regles: Regles, tables: dict[str, pd.DataFrame], baremes: Baremes, dimensions: list[str]) -> Sommes:
    """Sommer chaque indicateur par cellule. Une table vide, ou que personne n'a déposée, compte zéro."""
    bareme = baremes.au_31_decembre(regles.annee)
    compteurs = {nom: _Compteur(table, dimensions) for nom, table in tables.items() if len(table)}
    classements = {}
    for declaration in regles.lues:
        if declaration.code in regles.sans_regle or not any(len(tables[t]) for t in declaration.tables):
            continue
        groupe = declaration.groupe or declaration.code
        if groupe not in classements:
            classements = {groupe: declaration.classer(tables, bareme).colonnes}
        _compter(declaration, classements[groupe], compteurs)
    return additionner([c.sommes() for c in compteurs.values() if c.colonnes], dimensions)


def _compter(declaration: Indicateur, colonnes: dict[str, pd.Series], compteurs: dict[str, _Compteur]) -> None:
    haut, bas = (compteurs.get(declaration.tables[rang]) for rang in (0, -1))
    rpls = declaration.perimetre == "rpls"
    for role, colonne in colonnes.items():
        compteur = haut if role == "numerateur" else bas
        if compteur is None:
            continue
        if declaration.distribution is not None and role == "numerateur":
            compteur.ventiler(declaration, colonne, colonnes["denominateur"], rpls)
        elif declaration.categorie is not None and role == "numerateur":
            compteur.classer(declaration, colonne, colonnes["denominateur"], rpls)
        else:
            compteur.compter((declaration.code, role), colonne, rpls)
    if declaration.nature == "moyenne" and bas is not None:
        bas.compter((declaration.code, "effectif"), colonnes["denominateur"] > 0, rpls)
        for role, produit in _seconds_moments(colonnes).items():
            bas.compter((declaration.code, role), produit, rpls)


def _seconds_moments(colonnes: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Ce dont se tire l'erreur type d'un rapport de sommes (:mod:`observatoire.statistique.intervalles`)."""
    haut, bas = (colonnes[role].astype(float).fillna(0.0) for role in ("numerateur", "denominateur"))
    return {"carre": haut * haut, "produit": haut * bas, "poids_carre": bas * bas}


class _Compteur:
    """Une table, la cellule de chacune de ses lignes, et les sommes déjà prises."""

    def __init__(self, table: pd.DataFrame, dimensions: list[str]):
        self.cellule, self.cellules = ranger(table, dimensions)
        self.taille = len(self.cellules)
        self.rien = np.zeros(self.taille)
        champ = table["champ_rpls"].to_numpy(dtype=float, na_value=1.0) > 0
        self.champ = None if champ.all() else champ
        self.cles = table[CLE].to_numpy(float) if CLE in table else None
        self.colonnes: dict[Colonne, np.ndarray] = {}
        self.deja: dict[tuple[int, bool], dict[str, np.ndarray]] = {}
        self.gardees: list[pd.Series] = []

    def compter(self, cle: Colonne, colonne: pd.Series, rpls: bool) -> None:
        """Sommer une colonne ; la même colonne (le même objet) n'est sommée qu'une fois."""
        etages = self.deja.get((id(colonne), rpls))
        if etages is None:
            etages = self._sommer(colonne, rpls and self.champ is not None)
            self.deja[id(colonne), rpls] = etages
            self.gardees.append(colonne)  # tant qu'elle existe, son « id » est le sien
        for suffixe, etage in etages.items():
            self.colonnes[cle[0], cle[1] + suffixe] = etage

    def _sommer(self, colonne: pd.Series, restreindre: bool) -> dict[str, np.ndarray]:
        """Suffixe du rôle -> ses sommes : un compte et la clé de ce qu'il compte, ou les deux étages d'une mesure."""
        valeurs = colonne.to_numpy(dtype=None if colonne.dtype == bool else float, na_value=np.nan)
        if valeurs.dtype == bool:
            retenues = valeurs & self.champ if restreindre else valeurs
            ou = slice(None) if retenues.all() else retenues
            cellule = self.cellule[ou]
            sommes = {"": np.bincount(cellule, minlength=self.taille)}
            if self.cles is not None:
                sommes[f"_{CLE}"] = np.bincount(cellule, self.cles[ou], self.taille)
            return sommes
        valeurs = np.nan_to_num(valeurs)
        if restreindre:
            valeurs = np.where(self.champ, valeurs, 0)
        hautes = np.rint(valeurs / PAS) * PAS
        restes = valeurs - hautes
        etages = {"": hautes} | ({f"_{RESTE}": restes} if restes.any() else {})
        return {nom: np.bincount(self.cellule, weights=etage, minlength=self.taille) for nom, etage in etages.items()}

    def classer(self, declaration: Indicateur, categories: pd.Series, compte: pd.Series, rpls: bool) -> None:
        """Compter d'un coup toutes les modalités d'une répartition, puis rendre celle de l'indicateur."""
        cle = (id(categories), rpls)
        if cle not in self.deja:
            codes, noms = coder(categories)
            retenues = compte.to_numpy(dtype=bool) & (codes >= 0)
            if rpls and self.champ is not None:
                retenues &= self.champ
            croisees = self.cellule[retenues] * len(noms) + codes[retenues]
            poids = {"": None} | ({} if self.cles is None else {f"_{CLE}": self.cles[retenues]})
            self.deja[cle] = {
                (nom, suffixe): somme
                for suffixe, p in poids.items()
                for nom, somme in zip(noms, self._croiser(croisees, p, len(noms)), strict=True)
            }
            self.gardees.append(categories)
        for suffixe in ("", f"_{CLE}"):
            role = f"numerateur{suffixe}"
            self.colonnes[declaration.code, role] = self.deja[cle].get((declaration.categorie, suffixe), self.rien)

    def ventiler(self, declaration: Indicateur, mesures: pd.Series, compte: pd.Series, rpls: bool) -> None:
        """Compter les unités de chaque classe d'une distribution : elles s'ajoutent, ce que l'on en tire non."""
        distribution = declaration.distribution
        retenues = compte.to_numpy(dtype=bool) & mesures.notna().to_numpy()
        if rpls and self.champ is not None:
            retenues &= self.champ
        rangs = np.rint(mesures.to_numpy(float)[retenues] / distribution.pas).clip(0, distribution.classes - 1)
        croisees = self.cellule[retenues] * distribution.classes + rangs.astype(int)
        for rang, effectifs in enumerate(self._croiser(croisees, None, distribution.classes)):
            self.colonnes[declaration.code, f"{CLASSE}{rang}"] = effectifs

    def _croiser(self, croisees: np.ndarray, poids: np.ndarray | None, noms: int) -> np.ndarray:
        return np.bincount(croisees, poids, self.taille * noms).reshape(self.taille, noms).T

    def sommes(self) -> Sommes:
        """Les sommes de la table."""
        valeurs = np.empty((self.taille, len(self.colonnes)))
        for rang, colonne in enumerate(self.colonnes.values()):
            valeurs[:, rang] = colonne
        return Sommes(self.cellules, valeurs, list(self.colonnes))


def additionner(morceaux: Iterable[Sommes], dimensions: list[str]) -> Sommes:
    """Ajouter des sommes : cellules et colonnes sont réunies, ce qui manque vaut zéro."""
    morceaux = list(morceaux)
    colonnes = list(dict.fromkeys(c for m in morceaux for c in m.colonnes))
    if not morceaux:
        return Sommes(pd.DataFrame(columns=dimensions, dtype="str"), np.zeros((0, 0)), [])
    toutes = pd.concat([m.cellules.astype("str") for m in morceaux], ignore_index=True)
    cellule, cellules = ranger(toutes, dimensions)
    valeurs = np.zeros((len(cellules), len(colonnes)))
    rangs = {colonne: rang for rang, colonne in enumerate(colonnes)}
    debut = 0
    for m in morceaux:
        lignes = cellule[debut : debut + len(m.cellules)]
        debut += len(m.cellules)
        valeurs[np.ix_(lignes, [rangs[c] for c in m.colonnes])] += m.valeurs
    return Sommes(cellules, valeurs, colonnes)
