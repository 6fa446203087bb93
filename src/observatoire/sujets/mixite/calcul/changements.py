"""Les changements d'un indice d'une année à l'autre, décomposés, sur les unités connues aux deux dates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from observatoire.statistique import delta
from observatoire.statistique.decomposition import decomposer
from observatoire.sujets.mixite.calcul.plan import Plan, juger
from observatoire.sujets.mixite.calcul.unites import PUBLIE, Bouts, Groupe
from observatoire.sujets.mixite.calcul.villes import Indice, choisir


def evaluer(plan: Plan, groupe: Groupe, bouts: dict[tuple[int, int], Bouts], bruit: float = 0.0) -> Iterator[dict]:
    """Une ligne par paire d'années et par indice : ``depart``, ``annee``, ``indice``, les mesures, ``statut``.

    Deux années qu'une rupture de définition sépare ne se comparent pas : « na ». ``bruit`` : la variance de celui de
    chaque compte.
    """
    for paire, deux in bouts.items():
        depart, annee = paire
        avant, apres = deux.avant, deux.apres
        communes = pd.Index([]) if avant.statut or apres.statut else avant.unites.index.intersection(apres.unites.index)
        restes = [c.part_hors_de(communes) for c in (avant, apres)]
        jugements = [
            juger(comptes, reste, plan.seuils[a])
            for a, comptes, reste in zip(paire, (avant, apres), restes, strict=True)
        ]
        jugements.append("na" if plan.rompu(groupe, *paire) else PUBLIE)
        statut = next((j for j in jugements if j != PUBLIE), PUBLIE)
        if statut == PUBLIE:
            tables = _aligner(avant.table(communes), apres.table(communes))
        for nom, indice in choisir(groupe).items():
            cles = {"depart": depart, "annee": annee, "indice": nom, "statut": statut, "absents": deux.absents}
            if statut != PUBLIE:
                yield cles
                continue
            yield cles | _mesurer(indice, *tables, bruit) | {"unites": len(communes), "part_reste": max(restes)}


def _mesurer(indice: Indice, avant: np.ndarray, apres: np.ndarray, bruit: float) -> dict:
    """La variation, son intervalle comme si les deux années étaient indépendantes, et ses deux parts."""
    changement = decomposer(indice.mesurer, avant, apres)
    bas, haut = delta.encadrer(changement.variation, indice.varier(avant, bruit) + indice.varier(apres, bruit))
    return {
        "valeur_depart": float(indice.mesurer(avant)), "valeur": float(indice.mesurer(apres)), **changement._asdict(),
        "borne_basse": float(bas), "borne_haute": float(haut),
    }  # fmt: skip


def _aligner(avant: np.ndarray, apres: np.ndarray) -> tuple[np.ndarray, ...]:
    """Les mêmes unités : un reste qui n'existe qu'une année est vide l'autre."""
    taille = max(len(avant), len(apres))
    return tuple(np.pad(t, ((0, taille - len(t)), (0, 0))) for t in (avant, apres))
