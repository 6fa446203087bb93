"""Deux codes échangés par un bailleur : ce que leurs immeubles en disent, et combien de fausses alertes.

    python bench/codes_echanges.py [--graines 20] [--logements 16000]

Fausses alertes : toutes les paires de codes des signalements de dépôts fictifs sans faute, une année contre
celles d'avant.
Puissance : les signalements d'un bailleur gardent leurs immeubles, et leur nature y est tirée selon des parts propres à
chaque immeuble, les mêmes chaque année (loi de Dirichlet) ; deux natures sont alors échangées.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.chaine import Chaine
from observatoire.configuration import lire_configuration
from observatoire.exemple.flux import PARTS_DES_NATURES
from observatoire.lecture.accords import ERREURS_DES_LIEUX, inversion
from observatoire.lecture.fichiers import lire_fichier
from observatoire.schemas import lire_schemas

RACINE = Path(__file__).resolve().parents[1]
TIRAGES = 500
#: Écart type, d'un immeuble à l'autre, de la part d'une nature parmi les deux échangées.
DIVERSITES = (0.0, 0.1, 0.2, 0.3)


def lire(graine: int, logements: int) -> dict[str, list[pd.DataFrame]]:
    """Les signalements fictifs de chaque bailleur, année après année."""
    config = lire_configuration(RACINE / "observatoire.yml")
    colonnes = lire_schemas(config.chemin("schemas"))["signalements"].colonnes
    par_bailleur: dict[str, list[pd.DataFrame]] = {}
    with tempfile.TemporaryDirectory() as aside:
        Chaine(config.avec_chemins("publique", brut=Path(aside) / "brut")).exemple(graine, logements)
        for fichier in sorted(Path(aside).glob("brut/*/signalements_*")):
            lu = lire_fichier(fichier, [colonnes])
            table = lu.cadre.set_axis(lu.entete, axis=1)
            par_bailleur.setdefault(fichier.stem.partition("_")[2], []).append(table)
    return par_bailleur


def compter(avant: pd.DataFrame, apres: pd.DataFrame, nom: str) -> np.ndarray:
    """Lignes par année, immeuble et code."""
    cles = [t.groupby(["id_immeuble", nom]).size().unstack(fill_value=0) for t in (avant, apres)]
    index, codes = cles[0].index.union(cles[1].index), cles[0].columns.union(cles[1].columns)
    return np.stack([c.reindex(index=index, columns=codes, fill_value=0).to_numpy(dtype=float) for c in cles])


def ecarts(annees: list[pd.DataFrame]) -> list[float]:
    """L'inversion de chaque paire de codes, chaque année contre celles d'avant, là où il y a assez d'immeubles."""
    tables = [
        compter(pd.concat(annees[:rang]), annees[rang], nom)
        for rang in range(1, len(annees))
        for nom in ("nature", "gravite")
    ]
    tous = [inversion(t[:, :, paire]) for t in tables for paire in combinations(range(t.shape[2]), 2)]
    return [z for z in tous if z]


def puissance(annees: list[pd.DataFrame], diversite: float, tirage: np.random.Generator) -> float:
    """Part des échanges que la comparaison voit, quand les immeubles diffèrent de ``diversite``."""
    lignes = [t.groupby("id_immeuble").size() for t in (pd.concat(annees[:-1]), annees[-1])]
    index = lignes[0].index.union(lignes[1].index)
    totaux = np.stack([n.reindex(index, fill_value=0) for n in lignes])
    parts = np.array([*PARTS_DES_NATURES.values()])
    paire = parts[[0, 4]] / parts[[0, 4]].sum()  # les deux plus fréquentes
    concentration = (paire.prod() / diversite**2 - 1) / parts[[0, 4]].sum() if diversite else 0
    vus = 0
    for _ in range(TIRAGES):
        siennes = tirage.dirichlet(parts * concentration, len(index)) if diversite else np.tile(parts, (len(index), 1))
        comptes = np.stack([tirage.multinomial(n, siennes) for n in totaux])[:, :, [0, 4]]
        comptes[1] = comptes[1][:, ::-1]
        vus += inversion(comptes) <= -ERREURS_DES_LIEUX
    return vus / TIRAGES


def principal() -> None:
    """Imprimer les fausses alertes, puis la puissance par bailleur."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--graines", type=int, default=20)
    options.add_argument("--logements", type=int, default=16_000)
    choix = options.parse_args()
    tous, tirage, bailleurs = [], np.random.default_rng(1), {}
    for graine in range(2007, 2007 + choix.graines):
        bailleurs = lire(graine, choix.logements)
        tous += [z for annees in bailleurs.values() for z in ecarts(annees)]
        print(graine, len(tous), "paires, au plus bas", round(min(tous), 2), flush=True)
    fausses = sum(z <= -ERREURS_DES_LIEUX for z in tous)
    print(f"{len(tous)} paires : {fausses} fausses alertes ; écart type {np.std(tous):.2f}")
    table = {
        f"{nom} ({len(annees[-1])} lignes, {annees[-1]['id_immeuble'].nunique()} immeubles)": [
            puissance(annees, d, tirage) for d in DIVERSITES
        ]
        for nom, annees in bailleurs.items()
    }
    print(pd.DataFrame(table, index=DIVERSITES).T.to_string())


if __name__ == "__main__":
    principal()
