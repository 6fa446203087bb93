"""Trouver le tableau dans un fichier : la feuille, la ligne d'en-tête sous les titres, les unités, les totaux."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from observatoire.correspondance.synonymes import rapprocher, simplifier
from observatoire.lecture.grilles import PREMIERES, Grille, est_d_unites, nommer_les_colonnes
from observatoire.schemas import Schema

#: Ce qui commence une ligne de totaux.
TOTAUX = ("total", "totaux", "sous total", "total general", "somme", "ensemble du parc", "nb total")
#: La ressemblance à partir de laquelle une cellule compte pour un nom de colonne.
RESSEMBLE = 0.9


@dataclass(frozen=True)
class Tableau:
    """``rang`` : celui de l'en-tête dans la feuille, à partir de zéro ; ``noms`` : ses colonnes ; ``cadre`` : ses
    lignes, sans unités ni totaux, colonnes 0, 1, 2…
    """

    feuille: str | None
    rang: int
    noms: list[str]
    cadre: pd.DataFrame
    unites: bool
    totaux: tuple[str, ...]


def reperer(grilles: dict[str | None, Grille], schemas: dict[str, Schema]) -> Tableau | None:
    """Le tableau dont l'en-tête parle le plus notre langue ; ``None`` si aucun ne la parle."""
    notes = {
        (nom, rang): _parle(nommer_les_colonnes(grille, rang), schemas)
        for nom, grille in grilles.items()
        for rang in range(min(len(grille) - 1, PREMIERES))
        if sum(bool(c) and not c[0].isdigit() for c in grille[rang]) > 1
    }
    (feuille, rang), note = max(notes.items(), key=lambda trouve: trouve[1], default=((None, 0), 0))
    return _decouper(feuille, grilles[feuille], rang) if note >= 2 else None


def _parle(noms: list[str], schemas: dict[str, Schema]) -> float:
    """Combien de ses noms désignent une de nos colonnes, dans la table qui en reconnaît le plus."""
    dits = {n for n in noms if n and len(simplifier(n)) < 60}
    return max(
        sum(
            max((r.note for c in s.champs if (r := rapprocher(n, s.nom, c)).note >= RESSEMBLE), default=0) for n in dits
        )
        for s in schemas.values()
    )


def _decouper(feuille: str | None, grille: Grille, rang: int) -> Tableau:
    noms = nommer_les_colonnes(grille, rang)
    while noms and not noms[-1] and not any(ligne[len(noms) - 1 : len(noms)] != [""] for ligne in grille[rang + 1 :]):
        noms.pop()
    unites = rang + 1 < len(grille) and est_d_unites(grille[rang + 1])
    lignes = [ligne[: len(noms)] for ligne in grille[rang + 1 + unites :]]
    cadre = pd.DataFrame(lignes, columns=range(len(noms)), dtype="str").fillna("")
    premieres = cadre.mask(cadre.eq("")).bfill(axis=1)[0].fillna("")
    remplies = cadre.ne("").sum(axis=1)
    # Un total ne remplit que quelques colonnes : « Total Énergies » en tête d'une ligne pleine n'en est pas un.
    total = premieres.map(simplifier).str.startswith(TOTAUX) & remplies.lt(0.7 * len(noms))
    cadre = cadre[remplies.gt(1) & ~total].reset_index(drop=True)
    return Tableau(feuille, rang, noms, cadre, unites, tuple(dict.fromkeys(premieres[total].str.split().str[0])))
