"""Le parc d'un territoire, d'après quatre de ses valeurs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from observatoire.sujets.simulation.modele.projection import Parc, equilibrer
from observatoire.sujets.simulation.modele.traits import DEPARTS, Trait


def codes_du_parc(trait: Trait) -> tuple[str, str, str, str]:
    """Les indicateurs qu'il faut : la part du parc, des entrants, les départs de ceux qui ont le trait, et de tous."""
    return trait.parc, trait.entrants, trait.departs, DEPARTS


def composer_le_parc(lignes: Mapping[str, Mapping], trait: Trait, livres: Iterable[float]) -> tuple[Parc, float]:
    """Le parc à simuler, et la part des entrants qui ont le trait.

    ``lignes`` : code -> ``valeur``, ``denominateur``, ``reponse``, présents tous. ``livres`` : logements livrés,
    année par année ; ceux qui manquent ne comptent pas, et sans aucun il n'y a pas de livraison. Quand le taux de
    réponse du parc est tu, ses ménages ne sont que les répondants : leur nombre, et les entrées, sont sous-estimés.
    """
    stock, entrants, departs, tous = (lignes[code] for code in codes_du_parc(trait))
    connus = [v for v in livres if not np.isnan(v)]
    reponse = 1.0 if np.isnan(stock["reponse"]) else stock["reponse"]
    parc = equilibrer(
        stock["denominateur"] / reponse, stock["valeur"], tous["valeur"], departs["valeur"],
        float(np.mean(connus)) if connus else 0.0,
        (stock["denominateur"], departs["denominateur"], max(tous["denominateur"] - departs["denominateur"], 0.0)),
    )  # fmt: skip
    return parc, float(entrants["valeur"])
