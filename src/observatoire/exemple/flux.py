"""Ce qui s'ajoute au parc et aux ménages : attributions, demandes, signalements, programmes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.exemple.scenario import Scenario
from observatoire.exemple.verites import decalage
from observatoire.exemple.vie import Annee

NATURES = ["voisinage", "degradation", "proprete", "insecurite", "technique"]
QUARTILES = np.array(["1", "2", "3", "4"])


def attributions(etat: Annee, logements: pd.DataFrame, alea) -> pd.DataFrame:
    """Les baux signés dans l'année : les ménages entrés, tels qu'ils sont entrés."""
    entres = etat.present & etat.logements["occupation"].eq("loue") & etat.menages["annee_emmenagement"].eq(etat.annee)
    m, n = etat.menages[entres], int(entres.sum())
    position = m["rang_pauvrete"].to_numpy() + 0.12 * (0.4 - m["pauvrete_entree"].to_numpy())
    motif = alea.choice(
        ["aucun", "dalo", "mal_loge", "hebergement", "violences", "relogement", "autre", "nr"],
        n,
        p=[0.66, 0.03, 0.11, 0.06, 0.03, 0.02, 0.06, 0.03],
    )
    return pd.DataFrame(
        {
            "date": m["date_bail"].to_numpy(),
            "id_logement": logements["id_logement"].to_numpy()[entres],
            "bailleur": logements["bailleur"].to_numpy()[entres],
            "quartile_ressources": QUARTILES[np.clip((position * 4).astype(int), 0, 3)],
            "tranche_plafond": m["tranche_plafond"].to_numpy(),
            "motif_prioritaire": motif,
            "reservataire": alea.choice(
                ["etat", "ville", "action_logement", "bailleur", "autre"], n, p=[0.22, 0.17, 0.21, 0.37, 0.03]
            ),
            "type_demande": np.where(alea.random(n) < 0.24, "mutation", "externe"),
            "mois_attente": m["mois_attente"].to_numpy(),
            "relogement_operation": np.where(motif == "relogement", "oui", "non"),
            "composition": m["composition"].to_numpy(),
        }
    )


def demandes(scenario: Scenario, logements: int, alea):
    """Le stock des demandes actives : une table par année, les mêmes demandes tant qu'elles attendent."""
    secteurs, numero, stock = scenario.secteurs, 0, None
    poids = secteurs.groupby("quartier")["part"].sum()
    attrait = (poids * np.where(secteurs.groupby("quartier")["pauvrete"].first() > 0.45, 0.5, 1.2)).pipe(
        lambda p: p / p.sum()
    )
    cible = int(logements * scenario["demandes"])
    for annee in scenario.annees:
        if stock is not None:
            stock = stock[alea.random(len(stock)) > 0.56]
        manque = int(cible * alea.uniform(0.97, 1.05)) - (0 if stock is None else len(stock))
        age = alea.exponential(430, manque) if stock is None else alea.uniform(0, 365, manque)
        nouvelles = pd.DataFrame(
            {
                "id_demande": [f"D{numero + i:06d}" for i in range(manque)],
                "date_depot": np.datetime64(f"{annee}-12-31") - age.astype("timedelta64[D]"),
                "type_demande": np.where(alea.random(manque) < 0.31, "mutation", "externe"),
                "quartile_ressources": alea.choice([*QUARTILES, "nr"], manque, p=[0.25, 0.25, 0.24, 0.23, 0.03]),
                "nb_pieces": alea.choice([1, 2, 3, 4, 5], manque, p=[0.2, 0.3, 0.27, 0.18, 0.05]),
                "quartier_souhaite": np.where(
                    alea.random(manque) < 0.62, alea.choice(attrait.index.to_numpy(), manque, p=attrait), ""
                ),
            }
        )
        numero += manque
        stock = nouvelles if stock is None else pd.concat([stock, nouvelles], ignore_index=True)
        yield annee, stock


def signalements(etat: Annee, immeubles, logements, verites, alea) -> pd.DataFrame:
    """Les difficultés signalées dans l'année, par immeuble."""
    taille = np.bincount(logements["im"].to_numpy()[etat.present], minlength=len(immeubles))
    multiple = np.maximum(1, decalage(verites, immeubles, "signalements", etat.annee))
    humeur = np.random.default_rng(len(immeubles)).gamma(4, 0.25, len(immeubles))
    nombre = alea.poisson(0.085 * taille * multiple * humeur * (0.6 + immeubles["pauvrete"]))
    im = np.repeat(np.arange(len(immeubles)), nombre)
    n = len(im)
    date = np.datetime64(f"{etat.annee}-01-01") + alea.integers(0, 365, n).astype("timedelta64[D]")
    cloture = date + np.ceil(alea.exponential(45, n)).astype("timedelta64[D]")
    ouvert = (alea.random(n) < 0.08) | (cloture > np.datetime64(f"{etat.annee + 1}-02-28"))
    return pd.DataFrame(
        {
            "date": date,
            "id_immeuble": immeubles["id_immeuble"].to_numpy()[im],
            "nature": alea.choice(NATURES, n, p=[0.27, 0.18, 0.2, 0.12, 0.23]),
            "gravite": alea.choice(["faible", "moyenne", "forte"], n, p=[0.5, 0.35, 0.15]),
            "date_cloture": np.where(ouvert, np.datetime64("NaT"), cloture),
            "bailleur": immeubles["bailleur"].to_numpy()[im],
        }
    )


def programmes(annee: int, immeubles: pd.DataFrame, scenario: Scenario, alea) -> pd.DataFrame:
    """Les opérations livrées dans l'année, dans la commune et hors d'elle."""
    livres = immeubles[immeubles["livre"].eq(annee)]
    n = len(livres)
    ailleurs = [c for c in scenario["communes_voisines"] if c != scenario.config.code]
    tres_social = np.round(livres["taille"] * alea.uniform(0.14, 0.32, n))
    return pd.DataFrame(
        {
            "id_programme": "P" + livres["id_immeuble"],
            "bailleur": livres["bailleur"],
            "commune": np.where(livres["dans_ville"], scenario.config.code, alea.choice(ailleurs, n)),
            "quartier": livres["quartier"].where(livres["dans_ville"], ""),
            "nb_logements": livres["taille"],
            "dont_tres_social": tres_social.astype(int),
            "date_livraison": np.datetime64(f"{annee}-01-01") + alea.integers(20, 350, n).astype("timedelta64[D]"),
            "emprunt_eur": np.round(livres["taille"] * alea.uniform(95000, 130000, n), -3),
            "garantie_ville_pct": np.where(livres["dans_ville"], 50.0, alea.choice([0.0, 50.0], n)),
        }
    )
