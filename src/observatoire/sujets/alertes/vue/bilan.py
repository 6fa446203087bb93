"""De quoi faire la note trimestrielle : ce qui est nouveau, ce qui dure, ce qui est résolu, ce qu'il faut décider.

N'a besoin que de ce qui est publié.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.vocabulaire import NOUVELLE, PERSISTANTE, RESOLUE, ROUVERTE, TROP_LONG

#: Pourquoi un dossier est à décider : personne ne le pilote ; un pilote, mais rien d'engagé ; la réponse est achevée et
#: le dossier reste ouvert ; l'alerte est résolue et une réponse court encore.
SANS_PILOTE, EN_SUSPENS, ACHEVEE, A_CLORE = MOTIFS = ("sans_pilote", "en_suspens", "achevee", "a_clore")
N_ENGAGENT_RIEN = ("designer_pilote", "examiner", "reporter")
FINIES = ("realisee", "realisee_en_partie", "non_realisee")
EN_COURS = ("a_venir", "en_cours")


@dataclass(frozen=True)
class Bilan:
    """``listes`` : nouvelles, rouvertes, persistantes, resolues (ce trimestre-ci), et pour les partenaires sans_pilote
    (depuis :data:`~observatoire.vocabulaire.TROP_LONG` trimestres) et a_decider (une colonne de plus, ``motif``).
    Chacune garde les colonnes et l'ordre du registre."""

    trimestre: str
    listes: dict[str, pd.DataFrame]

    @property
    def comptes(self) -> dict[str, int]:
        """Le nombre de dossiers de chaque liste."""
        return {nom: len(liste) for nom, liste in self.listes.items()}


def bilan_du_trimestre(dossiers: pd.DataFrame, actions: pd.DataFrame, trimestre: str) -> Bilan:
    """Le bilan d'un registre dressé à ce ``trimestre``.

    ``dossiers``, ``actions`` : tels que publiés, ou tels que calculés. Les listes qui demandent de savoir qui pilote
    manquent quand le registre ne le dit pas (édition publique).
    """
    etat = dossiers["etat"]
    listes = {
        "nouvelles": dossiers[etat.eq(NOUVELLE)],
        "rouvertes": dossiers[etat.eq(ROUVERTE)],
        "persistantes": dossiers[etat.eq(PERSISTANTE)],
        "resolues": dossiers[etat.eq(RESOLUE) & dossiers["resolution"].eq(trimestre)],
    }
    if "pilote" in dossiers:
        listes["sans_pilote"] = dossiers[dossiers["trimestres_sans_pilote"].ge(TROP_LONG)]
        listes["a_decider"] = _a_decider(dossiers, actions, trimestre)
    return Bilan(trimestre, listes)


def _a_decider(dossiers: pd.DataFrame, actions: pd.DataFrame, trimestre: str) -> pd.DataFrame:
    """Les dossiers qui attendent une décision, et pourquoi."""
    derniere = _derniere_action(dossiers, actions, trimestre)
    ouvert, resolu = dossiers["etat"].isin([NOUVELLE, ROUVERTE, PERSISTANTE]), dossiers["etat"].eq(RESOLUE)
    motif = np.select(
        [
            ouvert & dossiers["trimestres_sans_pilote"].ge(1),
            ouvert & derniere["issue"].isin(FINIES),
            ouvert & derniere["decision"].isin(N_ENGAGENT_RIEN),
            resolu & derniere["issue"].isin(EN_COURS),
        ],
        [SANS_PILOTE, ACHEVEE, EN_SUSPENS, A_CLORE],
        "",
    )
    return dossiers.assign(motif=motif)[motif != ""]


def _derniere_action(dossiers: pd.DataFrame, actions: pd.DataFrame, trimestre: str) -> pd.DataFrame:
    """La dernière action de chaque dossier depuis sa dernière ouverture ; manquante s'il n'y en a pas."""
    depuis = dossiers.set_index("dossier")["depuis"].rename("ouvert")
    siennes = actions[actions["trimestre"].le(trimestre)].join(depuis, on="dossier")
    siennes = siennes[siennes["trimestre"].ge(siennes["ouvert"])].drop_duplicates("dossier", keep="last")
    return siennes.set_index("dossier").reindex(dossiers["dossier"]).set_axis(dossiers.index)
