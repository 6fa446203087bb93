"""De petits parcs pour essayer les alertes : des comptes par immeuble, taille et financement, sans fichier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from fabrique import RACINE

from observatoire.baremes import lire_baremes
from observatoire.indicateurs.sommes import Sommes
from observatoire.sujets.alertes.calcul.etape import evaluer_le_parc
from observatoire.sujets.alertes.calcul.regles import lire_regles_des_alertes
from observatoire.sujets.alertes.calcul.strates import STRATE, ranger_le_parc

REFERENTIELS = RACINE / "data" / "referentiels"
BAREME = lire_regles_des_alertes(REFERENTIELS, lire_baremes(REFERENTIELS), 2010)
#: Deux parts, un taux : les deux lois, avec et sans standardisation.
INDICATEURS = ("impayes_3_mois", "taux_vacance_3_mois", "signalements")
REGLES = replace(BAREME, indicateurs=INDICATEURS)
DIMENSIONS = ["immeuble", "secteur", "quartier", "bailleur", STRATE]
ROLES = ("numerateur", "denominateur", "concernes")


def sommes(cellules: pd.DataFrame, x: np.ndarray, n: np.ndarray, concernes: np.ndarray | None = None) -> Sommes:
    """Des sommes : ``cellules`` porte les ``DIMENSIONS`` ; ``x``, ``n`` (et qui devait répondre), par indicateur."""
    roles = dict(zip(ROLES, (x, n, n if concernes is None else concernes), strict=True))
    colonnes = [(code, role) for role in ROLES for code in INDICATEURS]
    return Sommes(cellules[DIMENSIONS], np.column_stack([roles[role] for role in ROLES]).astype(float), colonnes)


def evaluer(comptees: Sommes, regles=REGLES) -> pd.DataFrame:
    """Ce que la méthode en conclut, une année."""
    return evaluer_le_parc(ranger_le_parc(comptees, regles), regles)


def tirer(graine: int, immeubles: int = 40, quartiers: int = 4, strates: int = 2) -> tuple:
    """Un parc au hasard : (cellules, x, n). Un immeuble sur dix n'a pas de secteur ou pas de quartier."""
    alea = np.random.default_rng(graine)
    quartier = alea.integers(0, quartiers, immeubles)
    secteur = 2 * quartier + alea.integers(0, 2, immeubles)
    sans_quartier = alea.random(immeubles) < 0.1
    sans_secteur = sans_quartier | (alea.random(immeubles) < 0.1)
    lieux = pd.DataFrame(
        {
            "immeuble": [f"b:{i}" for i in range(immeubles)],
            "secteur": np.where(sans_secteur, None, np.array([f"s{s}" for s in secteur], object)),
            "quartier": np.where(sans_quartier, None, np.array([f"q{q}" for q in quartier], object)),
            "bailleur": alea.choice(["gbh", "neolia"], immeubles),
        }
    )
    cellules = lieux.loc[np.repeat(np.arange(immeubles), strates)].reset_index(drop=True)
    cellules[STRATE] = np.tile([f"T{s}" for s in range(strates)], immeubles)
    n = alea.integers(0, 40, (len(cellules), len(INDICATEURS)))
    return cellules, alea.binomial(n, alea.uniform(0.02, 0.6, len(cellules))[:, None]), n
