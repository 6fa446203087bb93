"""Composer les tables d'une année comme les bailleurs les connaissent, avec leurs oublis et leurs doutes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.exemple import flux
from observatoire.exemple.scenario import Scenario
from observatoire.exemple.vie import Annee

OUI_NON = ("apl", "minima_sociaux", "impaye_3_mois")
OUBLIS = {"composition": 0.01, "activite": 0.08, "apl": 0.02, "minima_sociaux": 0.04, "impaye_3_mois": 0.01}
"""Part des ménages répondants dont la colonne vaut « nr »."""
DES_MENAGES = [
    "id_logement", "tranche_plafond", "composition", "nb_enfants", "nb_occupants", "age_titulaire", "activite", "apl",
    "minima_sociaux", "annee_emmenagement", "impaye_3_mois",
]  # fmt: skip


def tables_de_l_annee(etat: Annee, scenario: Scenario, alea: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Les six tables d'une année, tous bailleurs ensemble, indexées par le code du bailleur."""
    tables = {
        "immeubles": _immeubles(etat),
        "logements": _logements(etat, scenario),
        "menages": _menages(etat, alea),
        "attributions": flux.attributions(etat, scenario, alea),
        "signalements": flux.signalements(etat, scenario, alea),
        "programmes": flux.programmes(etat, scenario, alea),
    }
    return {nom: table.set_index(table["bailleur"].to_numpy()) for nom, table in tables.items()}


def _immeubles(etat: Annee) -> pd.DataFrame:
    """Les immeubles debout ; les codes de territoire ne sont donnés que pour ceux qui n'ont pas de point."""
    debout = etat.parc.immeubles[etat.presents_par_immeuble() > 0]
    donne = debout["code_donne"]
    return pd.DataFrame(
        {
            **{c: debout[c] for c in ("id_immeuble", "bailleur", "libelle", "x", "y")},
            "quartier": debout["quartier"].where(donne, ""),
            "secteur": debout["secteur"].where(donne & debout["secteur"].ne(debout["quartier"]), ""),
            "qpv": debout["qpv"],
        }
    )


def _logements(etat: Annee, scenario: Scenario) -> pd.DataFrame:
    logements, occupation = etat.parc.logements, etat.logements["occupation"]
    hausse = (1 + scenario["hausse_loyer"]) ** (etat.annee - scenario.annees[0])
    table = pd.DataFrame(
        {
            "id_logement": logements["id_logement"],
            "id_immeuble": etat.parc.du_logement("id_immeuble"),
            **{c: logements[c] for c in ("bailleur", "nb_pieces", "surface_m2")},
            "loyer_eur": (logements["loyer_initial"] * hausse).round(2),
            **{c: logements[c] for c in ("financement", "annee_construction", "annee_premiere_location", "dpe")},
            "occupation": occupation,
            "mois_vacance": etat.logements["mois_vacance"].where(occupation.eq("vacant")),
            "date_bail": etat.menages["date_bail"].where(occupation.eq("loue")),
        }
    )[etat.present]
    table.iloc[len(table) // 3, table.columns.get_loc("loyer_eur")] = 3.0  # un doute planté : un loyer de 3 €
    return table


def _menages(etat: Annee, alea) -> pd.DataFrame:
    """Les ménages qui ont répondu ; quelques réponses manquent, et un ménage reste dans un logement vacant."""
    logements = etat.parc.logements
    # Chaque bailleur a son taux de réponse, de 80 à 92 %, tiré de son code pour ne pas changer d'une année à l'autre.
    taux = logements["bailleur"].map(lambda b: 0.80 + 0.12 * (sum(map(ord, b)) % 7) / 6)
    repond = etat.loue & (etat.menages["repond"] < taux).to_numpy()
    vacants = np.flatnonzero(etat.present & etat.logements["occupation"].eq("vacant").to_numpy())
    repond[vacants[:1]] = True
    menages = etat.menages.assign(id_logement=logements["id_logement"], bailleur=logements["bailleur"])[repond]
    menages = menages.assign(**{c: np.where(menages[c], "oui", "non") for c in OUI_NON})
    oublis = {c: menages[c].mask(alea.random(len(menages)) < part, "nr") for c, part in OUBLIS.items()}
    return menages.assign(**oublis)[["bailleur", *DES_MENAGES]]
