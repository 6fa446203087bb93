"""La pertinence d'un objectif sur le parc : à portée, hors d'atteinte, avec quelle probabilité au profil actuel."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.sujets.objectifs.calcul.declaration import JUGES
from observatoire.sujets.simulation.modele.lieux import codes_du_parc, composer_le_parc
from observatoire.sujets.simulation.modele.pertinence import juger_la_pertinence
from observatoire.sujets.simulation.modele.traits import LIVRES, TRAITS, Trait

_LUES = ["valeur", "denominateur", "reponse"]
_PARCS = {trait.parc: trait for trait in TRAITS.values()}


def juger_les_pertinences(lignes: pd.DataFrame, protegee: pd.DataFrame, duree: int) -> pd.DataFrame:
    """Ajouter ``pertinence`` et ``probabilite`` aux objectifs qui portent sur un trait simulé du parc.

    ``lignes`` : ``indicateur``, ``niveau``, ``territoire``, ``bailleur``, ``annee``, ``cible``, ``cible_sens`` et
    ``echeance``. Vides et manquantes ailleurs, ou quand une des valeurs qu'il faut n'est pas publiée. ``duree`` :
    années accordées à un objectif sans échéance à venir.
    """
    vises = lignes["cible"].notna() & lignes["indicateur"].isin(_PARCS) & lignes["bailleur"].eq("tous")
    vises &= lignes["niveau"].isin(JUGES)
    juges = {rang: _juger(ligne, protegee, duree) for rang, ligne in lignes[vises].iterrows()}
    return lignes.assign(
        pertinence=[juges.get(rang, ("", np.nan))[0] for rang in lignes.index],
        probabilite=[juges.get(rang, ("", np.nan))[1] for rang in lignes.index],
    )


def _juger(ligne: pd.Series, protegee: pd.DataFrame, duree: int) -> tuple[str, float]:
    trait = _PARCS[ligne["indicateur"]]
    ici = protegee[
        protegee["niveau"].eq(ligne["niveau"]) & protegee["territoire"].eq(ligne["territoire"])
        & protegee["bailleur"].eq("tous") & protegee["statut"].eq("publie")
    ]  # fmt: skip
    lues = _decrire_le_parc(ici[ici["annee"].eq(ligne["annee"])], trait)
    if lues is None:
        return "", np.nan
    livres = ici.loc[ici["indicateur"].eq(LIVRES), "valeur"].astype(float)
    parc, entrants = composer_le_parc(lues, trait, livres)
    reste = ligne["echeance"] - ligne["annee"]
    annees = int(reste) if reste > 0 else duree
    sens = "baisse" if ligne["cible_sens"] == "au_plus" else "hausse"
    juge = juger_la_pertinence(parc, entrants, float(ligne["cible"]), sens, annees)
    return juge.verdict, round(juge.probabilite, 3)


def _decrire_le_parc(ici: pd.DataFrame, trait: Trait) -> dict[str, dict] | None:
    par_code = ici.set_index("indicateur")[_LUES].to_dict("index")
    codes = codes_du_parc(trait)
    return {c: par_code[c] for c in codes} if all(c in par_code for c in codes) else None
