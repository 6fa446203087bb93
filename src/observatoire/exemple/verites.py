"""Les vérités plantées : où, depuis quand, de combien. Elles permettent de juger les alertes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.exemple.scenario import Scenario

COLONNES = ["genre", "niveau", "code", "indicateur", "annee_debut", "ampleur", "description"]


def planter(scenario: Scenario, immeubles: pd.DataFrame, alea: np.random.Generator) -> pd.DataFrame:
    """Choisir les vérités d'après le scénario ; une ligne par vérité (:data:`COLONNES`).

    ``ampleur`` : points ajoutés à la part, en fraction ; pour les signalements, multiple du taux.
    """
    plan, lignes = scenario.verites["immeubles"], []
    candidats = immeubles[
        immeubles["livre"].eq(0) & immeubles["vide"].isna() & immeubles["taille"].ge(plan["taille_minimale"])
    ]
    candidats = candidats[~candidats["bailleur"].map(lambda b: scenario.reglage(b)["foyer"])]
    nombre = min(plan["nombre"], len(candidats))
    choisis = candidats.iloc[np.sort(alea.choice(len(candidats), nombre, replace=False))]
    suite = [*plan["indicateurs"].items()] * (nombre // len(plan["indicateurs"]) + 1)
    for (indicateur, ampleur), (_, im) in zip(suite, choisis.iterrows(), strict=False):
        debut = _annee(scenario, plan["depuis"][len(lignes) % len(plan["depuis"])])
        code = f"{im['bailleur']}:{im['id_immeuble']}"
        lignes.append(("derive", "immeuble", code, indicateur, debut, ampleur, "immeuble qui dérive"))
    secteur, bailleur, quartier = (scenario.verites[c] for c in ("secteur", "bailleur", "quartier"))
    connus = {
        "secteur": (secteur, set(immeubles["secteur"]), "secteur qui dérive"),
        "bailleur": (bailleur, set(immeubles["bailleur"]), "bailleur qui concentre les plus pauvres à l'attribution"),
        "quartier": (quartier, set(immeubles["quartier"]), "quartier qui s'améliore, d'autant chaque année"),
    }
    for niveau, (plan, codes, description) in connus.items():
        if plan["code"] in codes:
            genre = {"bailleur": "concentration", "quartier": "amelioration"}.get(niveau, "derive")
            debut = _annee(scenario, plan["depuis"])
            lignes.append((genre, niveau, plan["code"], plan["indicateur"], debut, plan["ampleur"], description))
    return pd.DataFrame(lignes, columns=COLONNES)


def _annee(scenario: Scenario, annee: int) -> int:
    """L'année du scénario, ou la deuxième de l'édition quand elle n'en est pas."""
    return annee if annee in scenario.annees else scenario.annees[min(1, len(scenario.annees) - 1)]


def decalage(verites: pd.DataFrame, immeubles: pd.DataFrame, indicateur: str, annee: int) -> np.ndarray:
    """Points que les vérités ajoutent à l'``indicateur``, par immeuble, l'``annee`` donnée (0 ailleurs)."""
    codes = {
        "immeuble": immeubles["bailleur"] + ":" + immeubles["id_immeuble"],
        "secteur": immeubles["secteur"],
        "quartier": immeubles["quartier"],
        "bailleur": immeubles["bailleur"],
    }
    ajout = np.zeros(len(immeubles))
    actives = verites[verites["indicateur"].eq(indicateur) & verites["annee_debut"].le(annee)]
    for verite in actives.itertuples():
        durees = annee - verite.annee_debut + 1 if verite.genre == "amelioration" else 1
        ajout += codes[verite.niveau].eq(verite.code).to_numpy() * verite.ampleur * durees
    return ajout
