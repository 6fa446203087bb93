"""Quoi proposer au débat : une phrase par engagement, tirée de son verdict et de sa pertinence par une règle fixe.

Ce n'est jamais une décision : la Conférence discute. La règle ne connaît ni le contexte, ni les causes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.vocabulaire import NON_CONCLUANT, NON_TENU, PARTIEL

RELEVER = "Objectif tenu : discuter de le reconduire ou de le relever."
POURSUIVRE = "Engagement tenu : discuter de le poursuivre tel quel."
RAPPROCHER = "Objectif approché : discuter de maintenir la cible et d'en repousser l'échéance."
COMPLETER = "Engagement tenu en partie : discuter de ce qui a manqué et de qui s'en charge."
REVOIR = (
    "Hors d'atteinte à cette rotation, quel que soit le profil des entrants : discuter de la cible ou de l'échéance."
)
INFLECHIR = "À portée, mais pas au profil actuel : discuter du profil des entrants, et de qui loge les autres."
ATTENDRE = "Le profil actuel y mène en moyenne : discuter de maintenir la cible et le suivi."
INSISTER = "Objectif non tenu : discuter des moyens, de la cible ou de l'échéance."
MESURER = "Trop peu de cas pour conclure : discuter d'une mesure plus longue ou plus large, pas de la cible."
ADOPTER = "Aucun objectif chiffré : discuter d'en adopter un, ou de dire que l'engagement se suit sans cible."
DEPOSER = "Rien ne permet d'en juger : discuter de qui apporte les données ou les pièces."
CACHEE = "La valeur ne paraît pas dans cette édition : à discuter entre ceux qui peuvent la lire."
AUTREMENT = "Aucun fichier ne le mesure : discuter de la manière d'en rendre compte, pas d'un chiffre."
PAS_EN_VIGUEUR = "Le texte ou la règle n'était pas en vigueur : rien à proposer."
REGARDER = "Part suivie sans objectif : discuter d'en adopter un si elle importe."


def proposer(table: pd.DataFrame) -> pd.Series:
    """La proposition de chaque ligne.

    ``table`` : ``origine``, ``verdict`` (vide là où il se cache avec la valeur), ``pertinence``, ``cible``, ``mesuree``
    (jugé par un indicateur), ``visible`` (sa valeur est publiée), ``sans_mesure`` (ni indicateur, ni preuve),
    ``en_vigueur``.
    """
    verdict, pertinence, chiffre = table["verdict"], table["pertinence"], table["cible"].notna()
    manque = verdict.isin([NON_TENU, NON_CONCLUANT, PARTIEL])
    cas = [
        (table["origine"].eq("suivi"), REGARDER),
        (~table["en_vigueur"], PAS_EN_VIGUEUR),
        (table["mesuree"] & ~table["visible"] & verdict.eq(""), CACHEE),
        (verdict.eq("tenu") & chiffre, RELEVER),
        (verdict.eq("tenu"), POURSUIVRE),
        (manque & pertinence.eq("hors_d_atteinte"), REVOIR),
        (manque & pertinence.eq("a_portee"), INFLECHIR),
        (manque & pertinence.eq("deja_acquis"), ATTENDRE),
        (verdict.eq("partiel") & chiffre, RAPPROCHER),
        (verdict.eq("partiel"), COMPLETER),
        (verdict.eq("non_tenu"), INSISTER),
        (verdict.eq("non_concluant"), MESURER),
        (table["mesuree"] & table["visible"] & ~chiffre, ADOPTER),
        (table["sans_mesure"], AUTREMENT),
    ]
    choisies = np.select([vrai.to_numpy(bool) for vrai, _ in cas], [phrase for _, phrase in cas], DEPOSER)
    return pd.Series(choisies, index=table.index)
