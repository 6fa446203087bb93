"""Trouver le tableau dans un fichier : la feuille, la ligne d'en-tête sous les titres, les unités, les totaux."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from observatoire.correspondance.synonymes import rapprocher, simplifier, synonymes_de
from observatoire.lecture.grilles import (
    PREMIERES,
    Grille,
    en_tableau,
    est_d_unites,
    nommer_les_colonnes,
    premieres_cellules,
)
from observatoire.lecture.malfacons import sont_l_en_tete
from observatoire.schemas import Schema

#: Ce qui commence une ligne de totaux.
TOTAUX = ("total", "totaux", "sous-total", "sous total", "somme", "ensemble du parc", "nb total", "nombre total")
#: La ressemblance à partir de laquelle une cellule compte pour un nom de colonne.
RESSEMBLE = 0.75
#: Les noms qu'il faut reconnaître dans un en-tête ; la longueur à partir de laquelle une cellule est une phrase.
ASSEZ, LONG = 3, 60


@dataclass(frozen=True)
class Tableau:
    """``rang`` : celui de l'en-tête dans la feuille, à partir de zéro ; ``noms`` : ses colonnes ; ``cadre`` : ses
    lignes, sans unités ni totaux, colonnes 0, 1, 2… ; ``jumelles`` : le nombre des autres feuilles de même en-tête.
    """

    feuille: str | None
    rang: int
    noms: list[str]
    cadre: pd.DataFrame
    unites: bool
    totaux: tuple[str, ...]
    jumelles: int = 0


def reperer(grilles: dict[str | None, Grille], schemas: dict[str, Schema]) -> Tableau | None:
    """Le tableau dont l'en-tête parle le plus notre langue ; ``None`` si aucun ne la parle.

    Les mots du métier d'abord ; à défaut, ce qui leur ressemble.
    """
    tetes = {
        (nom, rang): {n for n in nommer_les_colonnes(grille, rang) if n and len(n) < LONG}
        for nom, grille in grilles.items()
        for rang in range(min(len(grille) - 1, PREMIERES))
        if sum(bool(c) and not c[0].isdigit() for c in grille[rang]) > 1
    }
    for reconnaitre in (_est_du_metier, _ressemble):
        notes = {ou: max(sum(reconnaitre(n, s) for n in noms) for s in schemas.values()) for ou, noms in tetes.items()}
        (feuille, rang), note = max(notes.items(), key=lambda trouve: trouve[1], default=((None, 0), 0))
        if note >= ASSEZ:
            jumelles = {f for (f, _), autre in notes.items() if autre == note} - {feuille}
            return replace(_decouper(feuille, grilles[feuille], rang), jumelles=len(jumelles))
    return None


def _est_du_metier(nom: str, schema: Schema) -> bool:
    simple = simplifier(nom)
    return any(simple in synonymes_de(schema.nom, champ) for champ in schema.champs)


def _ressemble(nom: str, schema: Schema) -> bool:
    return any(rapprocher(nom, schema.nom, champ).note >= RESSEMBLE for champ in schema.champs)


def _decouper(feuille: str | None, grille: Grille, rang: int) -> Tableau:
    noms = nommer_les_colonnes(grille, rang)
    while noms and not noms[-1] and not any(ligne[len(noms) - 1 : len(noms)] != [""] for ligne in grille[rang + 1 :]):
        noms.pop()
    unites = rang + 1 < len(grille) and est_d_unites(grille[rang + 1])
    debut = rang + 1 + unites
    cadre = en_tableau(grille[debut:], len(noms))
    premieres = premieres_cellules(cadre)
    remplies = cadre.ne("").sum(axis=1)
    # Un total ne remplit que quelques colonnes : « Total Énergies » en tête d'une ligne pleine n'en est pas un.
    total = premieres.str.startswith(TOTAUX) & remplies.lt(0.7 * len(noms))
    dits = tuple(dict.fromkeys(next(t for t in TOTAUX if v.startswith(t)) for v in premieres[total].unique()))
    repete = sont_l_en_tete(cadre, *grille[rang:debut])
    return Tableau(feuille, rang, noms, cadre[remplies.gt(1) & ~total & ~repete].reset_index(drop=True), unites, dits)
