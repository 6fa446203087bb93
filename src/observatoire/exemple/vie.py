"""La vie du parc : le même ménage reste, part, est remplacé ; ses impayés durent, les logements vacants attendent.

Chaque ménage porte des rangs tirés une fois (entre 0 et 1) : il a un trait quand son rang est sous la part attendue là
où il vit. Les parts changent avec l'année et les vérités plantées, les rangs peu : d'où la cohérence d'une année à
l'autre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.exemple.scenario import Scenario
from observatoire.exemple.verites import decalage

TRANCHES = np.array(["0-20", "20-40", "40-60", "60-100", "100+"])
COMPOSITIONS = np.array(["personne_seule", "couple_sans_enfant", "couple_avec_enfants", "monoparentale", "autre"])
RANGS = ("pauvrete", "emploi", "impaye", "apl", "minima")


@dataclass
class Annee:
    """L'état au 31 décembre : ``logements`` (alignés sur le parc), ``menages`` (idem) et qui est ``present``."""

    annee: int
    logements: pd.DataFrame
    menages: pd.DataFrame
    present: np.ndarray


def vivre(scenario: Scenario, immeubles: pd.DataFrame, logements: pd.DataFrame, verites: pd.DataFrame, alea):
    """Dérouler les années ; rend un :class:`Annee` après l'autre."""
    etat, menages = _commencer(scenario, immeubles, logements, alea)
    for annee in scenario.annees:
        if annee != scenario.annees[0]:
            _passer_l_annee(etat, menages, annee, scenario, immeubles, logements, verites, alea)
        _livrer(etat, menages, annee, immeubles, logements, verites, alea)
        _vider(etat, annee, immeubles, logements)
        _evoluer(menages, alea)
        traits = _traits(menages, annee, immeubles, logements, verites)
        present = ~etat["occupation"].isin(["absent"]).to_numpy()
        yield Annee(annee, etat.copy(), traits, present)


def _commencer(scenario: Scenario, immeubles, logements, alea) -> tuple[pd.DataFrame, pd.DataFrame]:
    n, taux, premiere = len(logements), scenario.taux, scenario.annees[0]
    neuf = immeubles["livre"].to_numpy()[logements["im"]] > 0
    parts = [taux[c] for c in ("vacant", "vide_technique", "association", "autre")]
    noms = ["vacant", "vide_technique", "association", "autre", "loue"]
    occupation = np.array(noms)[np.searchsorted(np.cumsum(parts), alea.random(n))]
    etat = pd.DataFrame({"occupation": np.where(neuf, "absent", occupation)})
    etat["mois_vacance"] = np.where(etat["occupation"].eq("vacant"), np.ceil(alea.exponential(2.6, n)), np.nan)
    menages = pd.DataFrame(index=range(n))
    _entrer(menages, np.full(n, True), premiere, immeubles, logements, None, alea)
    ancien = np.minimum(alea.geometric(0.115, n) - 1, 45)
    ancien = np.minimum(ancien, premiere - logements["annee_premiere_location"].clip(upper=premiere))
    menages["annee_emmenagement"] = premiere - ancien
    menages["age_titulaire"] = np.clip(menages["age_titulaire"] + ancien, 18, 97)
    menages["date_bail"] = _jour(menages["annee_emmenagement"].to_numpy(), alea)
    return etat, menages


def _jour(annees: np.ndarray, alea) -> np.ndarray:
    debut = np.array([f"{a}-01-01" for a in np.unique(annees)], dtype="datetime64[D]")
    return debut[np.searchsorted(np.unique(annees), annees)] + alea.integers(0, 365, len(annees)).astype(
        "timedelta64[D]"
    )


def _entrer(menages, ou: np.ndarray, annee: int, immeubles, logements, verites, alea) -> None:
    """Un nouveau ménage dans chaque logement de ``ou`` : plus jeune, un peu plus pauvre que le parc."""
    n = int(ou.sum())
    im = logements["im"].to_numpy()[ou]
    pieces = logements["nb_pieces"].to_numpy()[ou]
    concentre = np.zeros(n) if verites is None else decalage(verites, immeubles, "moins_40_emmenages", annee)[im]
    pauvrete = immeubles["pauvrete"].to_numpy()[im] + (0 if verites is None else 0.03) + concentre
    seul, mono = 0.80 - 0.2 * pieces, 0.04 + 0.065 * np.minimum(pieces, 4)
    cumul = np.cumsum(
        [np.clip(seul, 0.04, 0.75), 0.13 + 0.02 * (pieces >= 2), np.clip(0.11 * (pieces - 1), 0, 0.5), mono], axis=0
    )
    composition = COMPOSITIONS[np.minimum((alea.random(n) > cumul / np.maximum(1.02, cumul[-1] * 1.02)).sum(axis=0), 4)]
    famille = np.isin(composition, ["couple_avec_enfants", "monoparentale"])
    enfants = np.where(famille, 1 + np.minimum(alea.poisson(np.where(pieces >= 4, 1.25, 0.55)), 6), 0)
    adultes = np.select([composition == "personne_seule", composition == "monoparentale"], [1, 1], 2)
    entree = {
        "pauvrete_entree": pauvrete,
        "composition": composition,
        "nb_enfants": enfants.astype(float),
        "nb_occupants": (enfants + adultes).astype(float),
        "age_titulaire": np.clip(alea.gamma(5.5, 7.2, n), 18, 88).round(),
        "annee_emmenagement": np.full(n, annee),
        "date_bail": _jour(np.full(n, annee), alea),
        "mois_attente": np.round(alea.gamma(1.3, 9.0, n), 1),
        "etudes": alea.random(n) < np.where(pieces == 1, 0.16, 0.02),
        "repond": alea.random(n),
        **{f"rang_{r}": alea.random(n) for r in RANGS},
    }
    for colonne, valeurs in entree.items():
        if colonne not in menages:
            menages[colonne] = valeurs if n == len(menages) else pd.Series(valeurs, index=menages.index[ou])
        else:
            menages.loc[ou, colonne] = valeurs


def _passer_l_annee(etat, menages, annee, scenario, immeubles, logements, verites, alea) -> None:
    """Départs, relocations, vacance qui s'allonge : du 1er janvier au 31 décembre de ``annee``."""
    taux, n = scenario.taux, len(etat)
    occupation = etat["occupation"].to_numpy().astype(object)
    loue, vacant = occupation == "loue", occupation == "vacant"
    anciennete = annee - menages["annee_emmenagement"].to_numpy()
    depart = taux["depart"] * np.where(anciennete <= 4, 1.25, 0.9)
    part = loue & (alea.random(n) < depart)
    travaux = part & (alea.random(n) < 0.03)
    reloue = part & ~travaux & (alea.random(n) < taux["relocation"])
    repris = vacant & (alea.random(n) < taux["remise_en_location"])
    retour = (occupation == "vide_technique") & (alea.random(n) < 0.05)
    sorti = retour & immeubles["vide"].isna().to_numpy()[logements["im"]]
    entre = reloue | repris | sorti
    vide = part & ~travaux & ~reloue
    occupation[travaux], occupation[vide], occupation[entre] = "vide_technique", "vacant", "loue"
    mois = np.where(vacant & ~repris, etat["mois_vacance"] + 12, np.nan)
    etat["mois_vacance"] = np.where(vide, np.ceil(12 * alea.beta(1, 3, n)), mois)
    etat["occupation"] = occupation
    _entrer(menages, entre, annee, immeubles, logements, verites, alea)


def _livrer(etat, menages, annee, immeubles, logements, verites, alea) -> None:
    neuf = (immeubles["livre"].to_numpy()[logements["im"]] == annee) & (alea.random(len(etat)) < 1.1)
    vacant = neuf & (alea.random(len(etat)) < 0.03)
    etat.loc[neuf, "occupation"] = "loue"
    etat.loc[vacant, ["occupation", "mois_vacance"]] = "vacant", 1.0
    if neuf.any():
        _entrer(menages, neuf, annee, immeubles, logements, verites, alea)


def _vider(etat, annee, immeubles, logements) -> None:
    im = logements["im"]
    etat.loc[immeubles["vide"].le(annee).to_numpy()[im], ["occupation", "mois_vacance"]] = "vide_technique", np.nan
    etat.loc[immeubles["demoli"].le(annee).to_numpy()[im], "occupation"] = "absent"


def _evoluer(menages, alea) -> None:
    """Chaque année, peu de ménages changent de situation ; les impayés se renouvellent pour moitié."""
    menages["age_titulaire"] = np.minimum(menages["age_titulaire"] + 1, 99)
    for rang, renouvelle in zip(RANGS, (0.06, 0.12, 0.35, 0.08, 0.08), strict=True):
        change = alea.random(len(menages)) < renouvelle
        menages.loc[change, f"rang_{rang}"] = alea.random(int(change.sum()))
    menages["item"] = alea.random(len(menages))
    # Un ménage est joignable ou ne l'est pas ; un sur dix change d'une année à l'autre.
    change = alea.random(len(menages)) < 0.10
    menages.loc[change, "repond"] = alea.random(int(change.sum()))


def _traits(menages, annee, immeubles, logements, verites) -> pd.DataFrame:
    """Ce que le bailleur connaît de chaque ménage au 31 décembre."""
    im = logements["im"].to_numpy()

    def ajout(indicateur):
        return decalage(verites, immeubles, indicateur, annee)[im]

    pi = np.clip(menages["pauvrete_entree"] + ajout("moins_40_plafond"), 0.03, 0.97).to_numpy()
    seuils = np.array([0.45 * pi, pi, pi + 0.38 * (1 - pi), pi + 0.88 * (1 - pi)])
    tranche = (menages["rang_pauvrete"].to_numpy() >= seuils).sum(axis=0)
    pauvre = tranche <= 1
    retraite = menages["age_titulaire"].to_numpy() >= 62
    sans_emploi = menages["rang_emploi"].to_numpy() < np.where(pauvre, 0.52, 0.14) + ajout("sans_emploi")
    chomage = menages["rang_minima"].to_numpy() < 0.6
    activite = np.select(
        [retraite, menages["etudes"].to_numpy(bool), sans_emploi & chomage, sans_emploi],
        ["retraite", "etudes", "chomage", "autre_inactif"],
        "emploi",
    )
    impaye = np.where(pauvre, 0.095, 0.035) + ajout("impayes_3_mois")
    return menages.assign(
        tranche_plafond=TRANCHES[tranche],
        activite=activite,
        apl=menages["rang_apl"] < np.where(pauvre, 0.88, 0.33),
        minima_sociaux=(menages["rang_minima"] < np.where(pauvre, 0.42, 0.04)),
        impaye_3_mois=menages["rang_impaye"] < impaye,
    )
