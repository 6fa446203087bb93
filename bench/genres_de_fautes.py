"""Les genres de fautes que l'on plante dans un dépôt : des fonctions d'un tableau de textes à un tableau de textes.

Chacune reçoit une :class:`Faute` (le tableau, son schéma, un tirage, les tableaux voisins) et rend le tableau abîmé, ou
``None`` si ce genre n'a pas de sens pour cette table. Ce sont les fautes que l'on fait : un export coupé, deux colonnes
échangées, le fichier de l'an dernier, une valeur par défaut pour une agence, une unité, un zéro de trop, un nom.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.schemas import Schema

GENRES: dict[str, Callable[[Faute], pd.DataFrame | None]] = {}


@dataclass
class Faute:
    """``textes`` : la table déposée ; ``avant`` : celle de l'année d'avant ; ``autre`` : celle d'un autre bailleur."""

    textes: pd.DataFrame
    schema: Schema
    tirage: np.random.Generator
    annee: int
    avant: pd.DataFrame | None = None
    autre: pd.DataFrame | None = None

    def colonne(self, *types: str, enum: bool = False, varie: bool = True) -> str | None:
        """Une colonne tirée parmi celles de ces types, qui a des valeurs (et plusieurs, si ``varie``)."""
        admises = [
            nom for nom, c in self.schema.champs.items()
            if nom in self.textes and c.type in types and (not enum or c.admises) and nom not in self.schema.cle
            and self.textes[nom][self.textes[nom].ne("")].nunique() > varie
        ]  # fmt: skip
        return str(self.tirage.choice(admises)) if admises else None

    def ligne(self, colonne: str) -> int:
        """Une ligne où cette colonne est remplie."""
        return int(self.tirage.choice(np.flatnonzero(self.textes[colonne].ne(""))))

    def une_cellule(self, colonne: str | None, valeur: str) -> pd.DataFrame | None:
        """La table où une cellule de la colonne est remplacée."""
        if colonne is None:
            return None
        t = self.textes.copy()
        t.iloc[self.ligne(colonne), t.columns.get_loc(colonne)] = valeur
        return t

    def partie(self, part: float) -> np.ndarray:
        """Des lignes qui se suivent, comme celles d'une agence ou d'un immeuble."""
        n = max(1, int(part * len(self.textes)))
        debut = int(self.tirage.integers(0, len(self.textes) - n + 1))
        return np.arange(debut, debut + n)


def genre(fonction):
    """Inscrire un genre de faute, au nom de la fonction."""
    GENRES[fonction.__name__] = fonction
    return fonction


@genre
def nombre_illisible(f):
    return f.une_cellule(f.colonne("number", "integer", varie=False), "n.c.")


@genre
def nombre_negatif(f):
    return f.une_cellule(f.colonne("number", "integer", varie=False), "-7")


@genre
def nombre_demesure(f):
    return f.une_cellule(f.colonne("number", "integer", varie=False), "99999")


@genre
def date_d_un_autre_siecle(f):
    return f.une_cellule(
        f.colonne("date", varie=False), str(f.tirage.choice(["31/12/9999", "01/01/0001", "2099-06-01"]))
    )


@genre
def code_inconnu(f):
    return f.une_cellule(f.colonne("string", enum=True, varie=False), "XXL")


@genre
def nom_de_personne(f):
    return f.une_cellule(
        str(f.tirage.choice([c for c, x in f.schema.champs.items() if x.role and c in f.textes])), "Mme Petit"
    )


@genre
def identifiants_inconnus(f):
    cible = next(iter((*f.schema.liens, *f.schema.cle)))
    t = f.textes.copy()
    t.iloc[f.partie(0.1), t.columns.get_loc(cible)] += "X"
    return t


@genre
def identifiants_sans_zero(f):
    cible = next(iter((*f.schema.cle, *f.schema.liens)))
    return f.textes.assign(**{cible: f.textes[cible].str.replace("0", "")})


@genre
def colonne_supprimee(f):
    return f.textes.drop(columns=f.colonne("string", "number", "integer", "date", varie=False))


@genre
def colonne_videe(f):
    nom = f.colonne("string", "number", "integer", "date", varie=False)
    return f.textes.assign(**{nom: ""})


@genre
def colonne_constante(f):
    nom = f.colonne("string", "number", "integer", enum=False)
    return nom and f.textes.assign(**{nom: f.textes[nom][f.textes[nom].ne("")].mode().iloc[0]})


@genre
def colonne_triee_seule(f):
    nom = f.colonne("string", "number", "integer", "date")
    return nom and f.textes.assign(**{nom: np.sort(f.textes[nom].to_numpy())})


@genre
def colonne_decalee_d_une_ligne(f):
    nom = f.colonne("string", "number", "integer", "date")
    return nom and f.textes.assign(**{nom: np.roll(f.textes[nom].to_numpy(), 1)})


@genre
def colonnes_echangees(f):
    noms = [c for c in f.textes if f.textes[c].ne("").any()]
    a, b = f.tirage.choice(noms, 2, replace=False)
    return f.textes.assign(**{a: f.textes[b], b: f.textes[a]})


@genre
def codes_echanges(f):
    nom = f.colonne("string", enum=True)
    if nom is None:
        return None
    a, b = f.textes[nom][f.textes[nom].ne("")].value_counts().index[:2]
    return f.textes.assign(**{nom: f.textes[nom].replace({a: b, b: a})})


@genre
def valeur_par_defaut(f):
    nom = f.colonne("string", enum=True)
    if nom is None:
        return None
    t = f.textes.copy()
    rare = t[nom][t[nom].ne("")].value_counts().index[-1]
    t.iloc[f.partie(0.3), t.columns.get_loc(nom)] = rare
    return t


@genre
def nombres_d_une_autre_unite(f):
    nom = f.colonne("number", varie=False)
    if nom is None:
        return None
    nombres = pd.to_numeric(f.textes[nom].str.replace(",", "."), errors="coerce") * f.tirage.choice([10, 0.1, 12])
    return f.textes.assign(**{nom: nombres.map(lambda v: "" if pd.isna(v) else f"{v:.2f}")})


@genre
def table_coupee(f):
    return f.textes.iloc[: len(f.textes) // 2] if len(f.textes) > 1 else None


@genre
def lignes_perdues(f):
    return f.textes.drop(index=f.textes.index[f.partie(0.15)]) if len(f.textes) > 5 else None


@genre
def lignes_doublees(f):
    return pd.concat([f.textes, f.textes.iloc[f.partie(0.3)]])


@genre
def table_triplee(f):
    cle = next(iter(f.schema.cle), None)
    copies = [
        f.textes if k == 0 or cle is None else f.textes.assign(**{cle: f.textes[cle] + f"-{k}"}) for k in range(3)
    ]
    return pd.concat(copies)


@genre
def table_de_l_an_dernier(f):
    if f.avant is None:
        return None
    return f.avant.apply(lambda c: c.str.replace(f"{f.annee - 1}-", f"{f.annee}-", regex=False))


@genre
def table_d_un_autre(f):
    if f.autre is None:
        return None
    return f.autre.assign(bailleur=f.textes["bailleur"].iloc[0]) if "bailleur" in f.textes else f.autre


@genre
def colonne_glissee(f):
    """Une cellule de trop : la fin de quelques lignes glisse d'une colonne."""
    t = f.textes.copy()
    debut = int(f.tirage.integers(1, t.shape[1] - 2))
    lignes = f.partie(0.05)
    t.iloc[lignes, debut + 1 :] = t.iloc[lignes, debut:-1].to_numpy()
    return t
