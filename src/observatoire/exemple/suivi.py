"""Ce que des partenaires fictifs font des alertes que l'édition trouve, séance après séance.

Les alertes de dépôts tirés au sort ne se connaissent pas d'avance : le scénario dit ce qu'il advient d'une alerte,
jamais laquelle. Rien n'en est écrit dans le suivi du territoire, et rien n'en reste avec de vrais dépôts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from observatoire.exemple.scenario import Scenario
from observatoire.trimestres import rang_des_dates, rang_du_trimestre

ECRITES = ["dossier", "date", "pilote", "reponse", "outil", "decision", "issue", "date_effet"]


def imaginer(vies: pd.DataFrame, seances: Iterable[pd.Timestamp], scenario: Scenario) -> pd.DataFrame:
    """Les actions fictives : une ligne par étape du scénario, les colonnes de :data:`ECRITES`.

    ``vies`` : une ligne par ouverture d'un dossier (dossier, niveau, territoire, indicateur ; ``debut`` et ``fin``, des
    rangs de trimestre, ``fin`` exclue, manquante tant que l'alerte dure). ``seances`` : les jours de celles du groupe.
    """
    dates = pd.Series(sorted(seances), dtype="datetime64[us]")
    trimestres = rang_des_dates(dates)
    tours: dict[tuple[str, str], int] = {}
    lignes = []
    for vie in vies.to_dict("records"):
        sorte = vie["niveau"], vie["indicateur"]
        plans = scenario["suivi"].get(vie["indicateur"], scenario["suivi"]["autres"])
        etapes = plans[tours.setdefault(sorte, 0) % len(plans)]
        tours[sorte] += 1
        siennes = dates[trimestres.ge(vie["debut"]) & ~trimestres.ge(vie["fin"])].tolist()
        lignes += [
            _ligne(etape, siennes[etape["seance"] - 1], vie, scenario.config.partenaires)
            for etape in etapes
            if etape["seance"] <= len(siennes)
        ]
    return pd.DataFrame(lignes, columns=ECRITES)


def compter_les_vies(jalons: pd.DataFrame, resolution: str) -> pd.DataFrame:
    """De chaque fait arrivé aux dossiers (dossier, trimestre, fait, dans l'ordre) aux ``vies`` d':func:`imaginer`."""
    rangs = jalons.assign(debut=[rang_du_trimestre(t) for t in jalons["trimestre"]])
    rangs["fin"] = rangs.groupby("dossier")["debut"].shift(-1)
    return rangs[rangs["fait"].ne(resolution)]


def _ligne(etape: Mapping, date: pd.Timestamp, vie: Mapping, partenaires: Mapping[str, str]) -> dict:
    """Une étape, datée. Le pilote « bailleur » est celui de l'immeuble ; un pilote inconnu ici cède au premier."""
    pilote = etape.get("pilote", "")
    if pilote == "bailleur":
        pilote = vie["territoire"].partition(":")[0]
    if pilote and pilote not in partenaires:
        pilote = next(iter(partenaires), "")
    effet = date + pd.Timedelta(days=etape["delai_jours"]) if "delai_jours" in etape else pd.NaT
    dits = {nom: etape.get(nom, "") for nom in ("reponse", "outil", "decision", "issue")}
    return {"dossier": vie["dossier"], "date": date, "pilote": pilote, "date_effet": effet, **dits}
