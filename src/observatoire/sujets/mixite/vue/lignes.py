"""Ce que les pages lisent de la mixité publiée, et comment un indice s'écrit."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from observatoire import vocabulaire
from observatoire.presentation import selection
from observatoire.presentation.liens import lier, vers_fiche
from observatoire.presentation.nombres import ABSENT, ecrire
from observatoire.vocabulaire import QUARTIER, SECTEUR, VILLE

if TYPE_CHECKING:
    from observatoire.publie import Publie

GROUPES = ("moins_40_plafond", "monoparentales", "plafond", "composition")
INDICES = ("dissimilarite", "dissimilarite_corrigee", "isolement", "theil_h")
PLURIELS = {niveau: vocabulaire.NIVEAUX[niveau].pluriel for niveau in (QUARTIER, SECTEUR)}
#: De plus, pour une agglomération.
COMMUNES = {VILLE: vocabulaire.NIVEAUX[VILLE].pluriel}
#: Une année sans ligne.
VIDE = dict.fromkeys(
    ("valeur", "borne_basse", "borne_haute", "attendu_hasard", "p_hasard", "menages", "reponse"), nan
) | {"statut": "nd"}
#: Probabilité au-dessous de laquelle le hasard ne suffit pas à expliquer un écart.
RARE = 0.05
DECIMALES = {"theil_h": 4}


class Lieu(NamedTuple):
    """Ce qu'une ligne décrit : le niveau des unités, le territoire, le groupe réparti, l'indice."""

    niveau: str
    territoire: str
    groupe: str
    indice: str


def lister_groupes(valeurs: Publie) -> list[str]:
    """Les groupes que le catalogue connaît."""
    return [g for g in GROUPES if g in valeurs.catalogue or selection.groupe(valeurs, g)]


def lister_niveaux(valeurs: Publie, territoire: str) -> dict[str, str]:
    """Les niveaux dont les unités se comparent dans un territoire, et leur nom au pluriel."""
    siennes = valeurs.mixite[valeurs.mixite["territoire"].eq(territoire) & valeurs.mixite["indice"].ne("entropie")]
    vus = set(siennes["niveau"])
    return {n: nom for n, nom in (PLURIELS | (COMMUNES if valeurs.communes else {})).items() if n in vus}


def lire_serie(valeurs: Publie, lieu: Lieu) -> list[dict]:
    """Une ligne par année de l'édition ; ``nd`` si rien n'y est calculé."""
    return [(lire_ligne(valeurs, lieu, a) or VIDE) | {"annee": a} for a in valeurs.edition["annees"]]


def lire_ligne(valeurs: Publie, lieu: Lieu, annee: int | None = None) -> dict | None:
    """La ligne d'une année (celle de la page par défaut), ou ``None``."""
    annee = valeurs.annee if annee is None else annee
    trouvees = valeurs.lignes_de("mixite", annee=annee, **lieu._asdict())
    return trouvees[0] if trouvees else None


def lire_constante(valeurs: Publie, lieu: Lieu) -> list[dict]:
    """L'indice des bailleurs de l'état zéro, à partir de lui (``annee``, ``valeur``) ; vide s'ils n'ont pas changé."""
    zero = valeurs.edition["annee_zero"]
    siennes = valeurs.lignes_de("mixite_evolution", depart=zero, **lieu._asdict())
    siennes = [r for r in siennes if r["statut"] == "publie" and pd.notna(r["absents"])]
    depart = [{"annee": zero, "valeur": r["valeur_depart"]} for r in siennes[:1]]
    return depart + [{"annee": r["annee"], "valeur": r["valeur"]} for r in siennes]


def nommer_groupe(valeurs: Publie, groupe: str) -> str:
    """Le nom d'un groupe : celui de son indicateur, ou de sa répartition."""
    if groupe in valeurs.catalogue:
        return valeurs.catalogue[groupe]["libelle"]
    return valeurs.catalogue[selection.groupe(valeurs, groupe)[0]]["libelle"].split(" : ")[0]


def libeller(valeurs: Publie, indice: str) -> str:
    return valeurs.fiches_mixite[indice]["libelle"]


def lier_indice(valeurs: Publie, indice: str, depuis: str = "annee") -> str:
    return lier(libeller(valeurs, indice), vers_fiche(f"mixite_{indice}", depuis))


def ecrire_bornes(ligne: dict, signe: bool = False) -> str:
    if pd.isna(ligne["borne_basse"]):
        return ABSENT
    bas, haut = (ecrire_indice(ligne[c], ligne["indice"], signe) for c in ("borne_basse", "borne_haute"))
    return f"{bas} à {haut}"


def ecrire_indice(valeur: float, indice: str = "", signe: bool = False) -> str:
    """Un indice, une probabilité, sans unité ; un tiret s'il n'y en a pas."""
    return ABSENT if pd.isna(valeur) else ecrire(valeur, decimales=DECIMALES.get(indice, 3), signe=signe)
