"""Une ville dont on sait la vérité : des résidences, leurs vrais taux, et les comptes que l'on en publierait.

Le générateur ne sait rien du calcul : chaque quartier s'écarte de la ville, chaque résidence de son quartier, et l'on
compte des ménages ; seuls les comptes, et leur bruit, sont donnés à la qualification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from fabrique import RACINE, VILLE

from observatoire.baremes import lire_baremes
from observatoire.sujets.orientations.calcul.regles import lire_regles_de_qualification

REFERENTIELS = RACINE / "data" / "referentiels"
REGLES = lire_regles_de_qualification(REFERENTIELS, lire_baremes(REFERENTIELS), 2010)
TOUT = ("ville", VILLE)
#: Part de la ville de chaque indicateur du barème ; celle des signalements est un taux par logement.
PARTS = {
    "moins_40_plafond": 0.42, "minima_sociaux": 0.20, "sans_emploi": 0.25, "impayes_3_mois": 0.07,
    "taux_mobilite": 0.10, "taux_vacance": 0.04, "signalements": 0.08,
}  # fmt: skip
#: Ce qu'il faut de plus pour proposer un profil d'entrants.
FLUX = {"moins_40_entrants": 0.46, "moins_40_departs": 0.09, "taux_depart": 0.10}


@dataclass(frozen=True)
class Ville:
    """``lieux`` : un immeuble par ligne. ``taux`` : les vrais, (immeuble, indicateur), comme ``unites`` les ménages."""

    lieux: pd.DataFrame
    taux: np.ndarray
    unites: np.ndarray

    def publier(self, annee: int, alea: np.random.Generator, variance: float = 2.0) -> pd.DataFrame:
        """Les comptes d'une année à chaque niveau, bruités."""
        x = alea.binomial(self.unites, self.taux)
        niveaux = {"immeuble": self.lieux.index, "quartier": self.lieux["quartier"], "ville": [VILLE] * len(x)}
        comptes = (x, self.unites)
        tables = [_compter(annee, n, np.asarray(c), comptes, variance, alea) for n, c in niveaux.items()]
        return pd.concat(tables, ignore_index=True)


def batir(alea: np.random.Generator, quartiers: int = 6, residences: int = 12, taille: int = 60) -> Ville:
    """Une ville ; ``taille`` : les ménages d'une résidence, en moyenne."""
    nombre = quartiers * residences
    quartier = np.repeat(np.arange(quartiers), residences)
    menages = np.maximum(alea.negative_binomial(3, 3 / (3 + taille), nombre), 5)
    lieux = pd.DataFrame(
        {
            "quartier": [f"q{q}" for q in quartier], "secteur": [f"s{q}" for q in quartier], "bailleur": "gbh",
            "logements": menages,
        },
        index=[f"gbh:{i:03d}" for i in range(nombre)],
    )  # fmt: skip
    parts = np.array([*PARTS.values(), *FLUX.values()])
    communs = alea.standard_normal((quartiers, 1)) * 0.25 + alea.standard_normal((quartiers, len(parts))) * 0.15
    siens = alea.standard_normal((nombre, 1)) * 0.25 + alea.standard_normal((nombre, len(parts))) * 0.15
    taux = 1 / (1 + np.exp(-(np.log(parts / (1 - parts)) + communs[quartier] + siens)))
    unites = np.broadcast_to(menages[:, None], taux.shape).copy()
    unites[:, len(PARTS)] = np.maximum(menages // 10, 1)
    return Ville(lieux, taux, unites)


def _compter(annee: int, niveau: str, codes: np.ndarray, comptes: tuple, variance: float, alea) -> pd.DataFrame:
    indicateurs = [*PARTS, *FLUX]
    sommes = [pd.DataFrame(c, columns=indicateurs).groupby(codes).sum() for c in comptes]
    bruit = np.sqrt(variance) if variance else 0.0
    n = np.maximum(sommes[1] + np.rint(bruit * alea.standard_normal(sommes[1].shape)), 0)
    x = (sommes[0] + np.rint(bruit * alea.standard_normal(n.shape))).clip(lower=0, upper=n)
    table = pd.DataFrame(
        {
            "annee": annee, "niveau": niveau, "territoire": np.repeat(n.index.to_numpy(object), len(indicateurs)),
            "bailleur": "tous", "indicateur": np.tile(indicateurs, len(n)),
            "numerateur": x.to_numpy(float).ravel(), "denominateur": n.to_numpy(float).ravel(), "reponse": 1.0,
            "variance": variance, "statut": "publie",
        }
    )  # fmt: skip
    return table[(niveau != "immeuble") | table["indicateur"].isin(PARTS)]


def lieux_de(ville: Ville, annees: list[int]) -> pd.DataFrame:
    """Les lieux préparés de ces années."""
    table = ville.lieux.rename_axis("immeuble").reset_index()
    return pd.concat([table.assign(annee=annee) for annee in annees], ignore_index=True)
