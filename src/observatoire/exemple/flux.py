"""Ce qui s'ajoute au parc et aux ménages : attributions, demandes, signalements, programmes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from observatoire.exemple.scenario import Scenario
from observatoire.exemple.verites import decalage
from observatoire.exemple.vie import Annee

PARTS_DES_NATURES = {"voisinage": 0.27, "degradation": 0.18, "proprete": 0.2, "insecurite": 0.12, "technique": 0.23}
#: Part de chaque gravité parmi les signalements d'une nature : une panne presse, un hall sale attend.
GRAVITES = {
    "voisinage": {"faible": 0.60, "moyenne": 0.35, "forte": 0.05},
    "degradation": {"faible": 0.30, "moyenne": 0.50, "forte": 0.20},
    "proprete": {"faible": 0.90, "moyenne": 0.09, "forte": 0.01},
    "insecurite": {"faible": 0.05, "moyenne": 0.35, "forte": 0.60},
    "technique": {"faible": 0.15, "moyenne": 0.45, "forte": 0.40},
}
MOTIFS = {
    "aucun": 0.68,
    "dalo": 0.03,
    "mal_loge": 0.11,
    "hebergement": 0.06,
    "violences": 0.03,
    "autre": 0.06,
    "nr": 0.03,
}
RESERVATAIRES = {"etat": 0.22, "ville": 0.17, "action_logement": 0.21, "bailleur": 0.37, "autre": 0.03}
QUARTILES = np.array(["1", "2", "3", "4"])


def _tirer(parts: dict[str, float], n: int, alea) -> np.ndarray:
    """Tirer ``n`` modalités selon leurs ``parts``."""
    return alea.choice(list(parts), n, p=list(parts.values()))


def _graduer(nature: np.ndarray, alea) -> np.ndarray:
    """La gravité de chaque signalement, d'après sa nature."""
    gravites = pd.DataFrame(GRAVITES).T
    seuils = gravites.cumsum(axis=1).reindex(nature).to_numpy()
    rangs = (alea.random(len(nature))[:, None] >= seuils).sum(axis=1)
    return gravites.columns.to_numpy(object)[np.minimum(rangs, len(gravites.columns) - 1)]


def attributions(etat: Annee, scenario: Scenario, alea) -> pd.DataFrame:
    """Les baux signés dans l'année : les ménages entrés, tels qu'ils sont entrés."""
    entres = etat.loue & etat.menages["annee_emmenagement"].eq(etat.annee).to_numpy()
    menages, logements, n = etat.menages[entres], etat.parc.logements[entres], int(entres.sum())
    position = menages["rang_pauvrete"] + 0.12 * (0.4 - menages["pauvrete_entree"])
    reloge = _reloges(etat, scenario, logements["bailleur"], alea)
    return pd.DataFrame(
        {
            "date": menages["date_bail"],
            "id_logement": logements["id_logement"],
            "bailleur": logements["bailleur"],
            "quartile_ressources": QUARTILES[(position * 4).astype(int).clip(0, 3)],
            "tranche_plafond": menages["tranche_plafond"],
            "motif_prioritaire": np.where(reloge, "relogement", _tirer(MOTIFS, n, alea)),
            "reservataire": _tirer(RESERVATAIRES, n, alea),
            "type_demande": np.where(reloge | (alea.random(n) < 0.23), "mutation", "externe"),
            "mois_attente": menages["mois_attente"],
            "relogement_operation": np.where(reloge, "oui", "non"),
            "composition": menages["composition"],
        }
    )


def _reloges(etat: Annee, scenario: Scenario, bailleurs: pd.Series, alea) -> np.ndarray:
    """Les attributions qui relogent le ménage d'un immeuble vidé cette année par le même bailleur.

    Rares ailleurs. Le ménage relogé n'est pas suivi d'un logement à l'autre : seuls les nombres se répondent.
    """
    plan, immeubles = scenario["relogement"], etat.parc.immeubles
    a_reloger = immeubles["taille"].where(immeubles["vide"].eq(etat.annee), 0).groupby(immeubles["bailleur"]).sum()
    part = plan["des_vides"] * a_reloger / bailleurs.value_counts().reindex(a_reloger.index)
    return alea.random(len(bailleurs)) < bailleurs.map(part).fillna(0).clip(plan["ordinaire"], 0.5).to_numpy()


def demandes(scenario: Scenario, logements: int, alea) -> Iterator[tuple[int, pd.DataFrame]]:
    """Le stock des demandes actives : une table par année, les mêmes demandes tant qu'elles attendent."""
    cible, numero, stock = int(logements * scenario["demandes"]), 0, pd.DataFrame()
    for annee in scenario.annees:
        premiere = stock.empty
        stock = stock[alea.random(len(stock)) > 0.56]
        manque = int(cible * alea.uniform(0.97, 1.05)) - len(stock)
        jours = alea.exponential(430, manque) if premiere else alea.uniform(0, 365, manque)
        nouvelles = _nouvelles_demandes(
            scenario, np.datetime64(f"{annee}-12-31") - jours.astype("timedelta64[D]"), alea
        )
        nouvelles.insert(0, "id_demande", [f"D{rang:06d}" for rang in range(numero, numero + manque)])
        numero += manque
        stock = pd.concat([stock, nouvelles], ignore_index=True)
        yield annee, stock


def _nouvelles_demandes(scenario: Scenario, depots: np.ndarray, alea) -> pd.DataFrame:
    """Une demande par date de dépôt ; six sur dix nomment un quartier, plus souvent un quartier peu pauvre."""
    n, par_quartier = len(depots), scenario.secteurs.groupby("quartier")
    attrait = par_quartier["part"].sum() * np.where(par_quartier["pauvrete"].first() > 0.45, 0.5, 1.2)
    souhait = _tirer((attrait / attrait.sum()).to_dict(), n, alea)
    return pd.DataFrame(
        {
            "date_depot": depots,
            "type_demande": np.where(alea.random(n) < 0.31, "mutation", "externe"),
            "quartile_ressources": alea.choice([*QUARTILES, "nr"], n, p=[0.25, 0.25, 0.24, 0.23, 0.03]),
            "nb_pieces": alea.choice([1, 2, 3, 4, 5], n, p=[0.2, 0.3, 0.27, 0.18, 0.05]),
            "quartier_souhaite": np.where(alea.random(n) < 0.62, souhait, ""),
        }
    )


def signalements(etat: Annee, scenario: Scenario, alea) -> pd.DataFrame:
    """Les difficultés signalées dans l'année, par immeuble."""
    parc, immeubles = etat.parc, etat.parc.immeubles
    multiple = np.maximum(1, decalage(parc.verites, immeubles, "signalements", etat.annee))
    taux = scenario["signalements"] * multiple * immeubles["humeur"] * (0.6 + immeubles["pauvrete"])
    im = np.repeat(np.arange(len(immeubles)), alea.poisson(taux * etat.presents_par_immeuble()))
    n = len(im)
    date = np.datetime64(f"{etat.annee}-01-01") + alea.integers(0, 365, n).astype("timedelta64[D]")
    cloture = date + np.ceil(alea.exponential(45, n)).astype("timedelta64[D]")
    ouvert = (alea.random(n) < 0.08) | (cloture > np.datetime64(f"{etat.annee + 1}-02-28"))
    nature = _tirer(PARTS_DES_NATURES, n, alea)
    return pd.DataFrame(
        {
            "bailleur": immeubles["bailleur"].to_numpy()[im],
            "date": date,
            "id_immeuble": immeubles["id_immeuble"].to_numpy()[im],
            "nature": nature,
            "gravite": _graduer(nature, alea),
            "date_cloture": np.where(ouvert, np.datetime64("NaT"), cloture),
        }
    )


def programmes(etat: Annee, scenario: Scenario, alea) -> pd.DataFrame:
    """Les opérations livrées dans l'année, dans la commune et hors d'elle."""
    livres = etat.parc.immeubles[etat.parc.immeubles["livre"].eq(etat.annee)]
    n = len(livres)
    config = scenario.config
    ailleurs = [c for c in scenario["communes_voisines"] if c not in config.communes_retenues]
    ici = livres["quartier"].map(config.commune_du_quartier) if config.communes else config.code
    ailleurs_tres_social = np.round(livres["taille"] * alea.uniform(0.14, 0.32, n))
    tres_social = etat.parc.logements["financement"].eq("PLAI").groupby(etat.parc.logements["im"]).sum()
    return pd.DataFrame(
        {
            "id_programme": "P" + livres["id_immeuble"],
            "bailleur": livres["bailleur"],
            "commune": np.where(livres["dans_ville"], ici, alea.choice(ailleurs, n)),
            "quartier": livres["quartier"].where(livres["dans_ville"], ""),
            "nb_logements": livres["taille"],
            "dont_tres_social": tres_social.reindex(livres.index).fillna(ailleurs_tres_social).astype(int),
            "date_livraison": np.datetime64(f"{etat.annee}-01-01") + alea.integers(20, 350, n).astype("timedelta64[D]"),
            "emprunt_eur": np.round(livres["taille"] * alea.uniform(95000, 130000, n), -3),
            "garantie_ville_pct": np.where(livres["dans_ville"], 50.0, alea.choice([0.0, 50.0], n)),
        }
    )
