"""Les ménages : ce qu'ils sont en entrant, ce que leur bailleur en sait chaque 31 décembre.

Chaque ménage porte des rangs tirés une fois (entre 0 et 1) : il a un trait quand son rang est sous la part attendue là
où il vit. Les parts changent avec l'année et les vérités plantées, les rangs peu : d'où la cohérence d'une année à
l'autre.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.exemple.parc import Parc

TRANCHES = np.array(["0-20", "20-40", "40-60", "60-100", "100+"])
COMPOSITIONS = np.array(["personne_seule", "couple_sans_enfant", "couple_avec_enfants", "monoparentale", "autre"])
RENOUVELLEMENT = {"pauvrete": 0.06, "emploi": 0.12, "impaye": 0.35, "apl": 0.08, "minima": 0.08}
"""Part des ménages dont le rang est tiré de nouveau chaque année : un impayé dure près de trois ans."""


def tirer_menages(pieces: np.ndarray, annee: int, pauvrete: np.ndarray, alea: np.random.Generator) -> pd.DataFrame:
    """Tirer un ménage entré en ``annee`` par logement.

    ``pieces`` : celles du logement ; ``pauvrete`` : probabilité d'avoir moins de 40 % du plafond de ressources.
    """
    n, composition = len(pieces), _compositions(pieces, alea)
    famille = np.isin(composition, ["couple_avec_enfants", "monoparentale"])
    enfants = np.where(famille, 1 + np.minimum(alea.poisson(np.where(pieces >= 4, 1.25, 0.55)), 6), 0)
    adultes = np.where(np.isin(composition, ["personne_seule", "monoparentale"]), 1, 2)
    return pd.DataFrame(
        {
            "pauvrete_entree": pauvrete,
            "composition": composition,
            "nb_enfants": enfants.astype(float),
            "nb_occupants": (enfants + adultes).astype(float),
            "age_titulaire": np.clip(alea.gamma(5.5, 7.2, n), 18, 88).round(),
            "annee_emmenagement": np.full(n, annee),
            "date_bail": tirer_jours(np.full(n, annee), alea),
            "mois_attente": np.round(alea.gamma(1.3, 9.0, n), 1),
            "etudes": alea.random(n) < np.where(pieces == 1, 0.16, 0.02),
            "repond": alea.random(n),
            **{f"rang_{rang}": alea.random(n) for rang in RENOUVELLEMENT},
        }
    )


def traits(menages: pd.DataFrame, parc: Parc, annee: int) -> pd.DataFrame:
    """Les ménages et ce que le bailleur en connaît au 31 décembre ; une ligne par logement du ``parc``."""
    pi = np.clip(menages["pauvrete_entree"] + parc.decalage("moins_40_plafond", annee), 0.03, 0.97).to_numpy()
    seuils = np.array([0.45 * pi, pi, pi + 0.38 * (1 - pi), pi + 0.88 * (1 - pi)])
    tranche = (menages["rang_pauvrete"].to_numpy() >= seuils).sum(axis=0)
    pauvre = tranche <= 1
    sans_emploi = menages["rang_emploi"] < np.where(pauvre, 0.52, 0.14) + parc.decalage("sans_emploi", annee)
    chomage = sans_emploi & (menages["rang_minima"] < 0.6)
    activite = np.select(
        [menages["age_titulaire"] >= 62, menages["etudes"], chomage, sans_emploi],
        ["retraite", "etudes", "chomage", "autre_inactif"],
        "emploi",
    )
    impaye = np.where(pauvre, 0.095, 0.035) + parc.decalage("impayes_3_mois", annee)
    return menages.assign(
        tranche_plafond=TRANCHES[tranche],
        activite=activite,
        apl=menages["rang_apl"] < np.where(pauvre, 0.88, 0.33),
        minima_sociaux=menages["rang_minima"] < np.where(pauvre, 0.42, 0.04),
        impaye_3_mois=menages["rang_impaye"] < impaye,
    )


def tirer_jours(annees: np.ndarray, alea: np.random.Generator) -> np.ndarray:
    """Un jour au hasard dans chacune des ``annees``."""
    premiers_janvier = (np.asarray(annees) - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return premiers_janvier + alea.integers(0, 365, len(annees)).astype("timedelta64[D]")


def _compositions(pieces: np.ndarray, alea) -> np.ndarray:
    """La composition d'un ménage selon les pièces de son logement : les familles dans les grands."""
    poids = np.array(
        [
            np.clip(0.80 - 0.2 * pieces, 0.04, 0.75),
            0.13 + 0.02 * (pieces >= 2),
            np.clip(0.11 * (pieces - 1), 0, 0.5),
            0.04 + 0.065 * np.minimum(pieces, 4),
        ]
    )
    cumul = poids.cumsum(axis=0)
    total = np.maximum(1, cumul[-1]) * 1.02  # le reste, un ménage sur cinquante au moins : « autre »
    return COMPOSITIONS[(alea.random(len(pieces)) > cumul / total).sum(axis=0)]
