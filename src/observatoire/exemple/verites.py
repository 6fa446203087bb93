"""Les vérités plantées : où, depuis quand, de combien. Elles permettent de juger les alertes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.exemple.scenario import Scenario

COLONNES = ["genre", "niveau", "code", "indicateur", "annee_debut", "ampleur", "unite", "description"]
MULTIPLES = ("signalements",)
"""Indicateurs dont la vérité multiplie le taux au lieu d'ajouter des points à une part."""


def planter(scenario: Scenario, immeubles: pd.DataFrame, alea: np.random.Generator) -> pd.DataFrame:
    """Choisir les vérités d'après le scénario ; une ligne par vérité (:data:`COLONNES`).

    ``ampleur`` : quand ``unite`` vaut « points », ce qui s'ajoute à la part, en fraction (0,2 pour vingt points), et
    chaque année encore pour une « amelioration » ; quand elle vaut « multiple », ce par quoi le taux est multiplié.
    """
    lignes = _immeubles_qui_derivent(scenario, immeubles, alea)
    for plan in scenario.verites["territoires"]:
        if plan["code"] in set(immeubles[plan["niveau"]]):
            lignes.append({**plan, "annee_debut": _annee(scenario, plan["depuis"])})
    verites = pd.DataFrame(lignes, columns=COLONNES)
    return verites.assign(unite=np.where(verites["indicateur"].isin(MULTIPLES), "multiple", "points"))


def _immeubles_qui_derivent(scenario: Scenario, immeubles: pd.DataFrame, alea) -> list[dict]:
    """Les indicateurs du plan tour à tour ; au moins un immeuble chacun s'il s'en trouve d'assez grands.

    Aucun n'est dans un secteur ou un quartier qui a déjà sa vérité : chacune se juge seule.
    """
    plan = scenario.verites["immeubles"]
    durable = immeubles["livre"].eq(0) & immeubles["vide"].isna() & ~immeubles["bailleur"].isin(scenario.foyers)
    deja = [t["code"] for t in scenario.verites["territoires"]]
    durable &= ~immeubles["secteur"].isin(deja) & ~immeubles["quartier"].isin(deja)
    candidats = immeubles[durable & immeubles["taille"].ge(plan["taille_minimale"])]
    indicateurs, depuis = list(plan["indicateurs"].items()), plan["depuis"]
    nombre = max(round(plan["part"] * len(immeubles)), len(indicateurs))
    choisis = candidats.iloc[np.sort(alea.choice(len(candidats), min(nombre, len(candidats)), replace=False))]
    lignes = []
    for rang, immeuble in enumerate(choisis["bailleur"] + ":" + choisis["id_immeuble"]):
        tour, place = divmod(rang, len(indicateurs))
        indicateur, ampleur = indicateurs[place]
        debut = _annee(scenario, depuis[(tour + place) % len(depuis)])
        lignes.append({**plan, "code": immeuble, "indicateur": indicateur, "annee_debut": debut, "ampleur": ampleur})
    return lignes


def _annee(scenario: Scenario, annee: int) -> int:
    """L'année du scénario si l'édition a une année avant elle, sinon la deuxième de l'édition."""
    suivantes = scenario.annees[1:] or scenario.annees
    return annee if annee in suivantes else suivantes[0]


def decalage(verites: pd.DataFrame, immeubles: pd.DataFrame, indicateur: str, annee: int) -> np.ndarray:
    """Ce que les vérités ajoutent à l'``indicateur``, par immeuble, l'``annee`` donnée (0 ailleurs)."""
    codes = {
        "immeuble": immeubles["bailleur"] + ":" + immeubles["id_immeuble"],
        **{niveau: immeubles[niveau] for niveau in ("secteur", "quartier", "bailleur")},
    }
    ajout = np.zeros(len(immeubles))
    actives = verites[verites["indicateur"].eq(indicateur) & verites["annee_debut"].le(annee)]
    for verite in actives.itertuples():
        durees = annee - verite.annee_debut + 1 if verite.genre == "amelioration" else 1
        ajout += codes[verite.niveau].eq(verite.code).to_numpy() * verite.ampleur * durees
    return ajout
