"""Éprouver tous les écarts qu'une page annonce : chacun avec l'épreuve qui lui va, corrigée de leur nombre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from observatoire import epreuves
from observatoire.presentation import reperes, selection
from observatoire.statistique.comparaisons import fausses_decouvertes
from observatoire.vocabulaire import EFFECTIF

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Parmi les écarts annoncés, ceux qui ne tiennent qu'au hasard, en moyenne et au plus.
SEUIL = 0.05
#: À quoi une page compare un territoire : ce qui le contient, et lui-même à l'état zéro.
TOUT, ZERO = "tout", "zero"


@dataclass(frozen=True)
class Epreuves:
    """``ajustees`` : (indicateur, repère) -> probabilité ajustée, pour chaque comparaison qu'une page fait."""

    ajustees: dict[tuple[str, str], float]

    @property
    def faites(self) -> int:
        return len(self.ajustees)

    @property
    def par_hasard(self) -> int:
        """Combien paraîtraient significatives si rien ne différait et que l'on ne corrigeait rien."""
        return round(self.faites * SEUIL)


@lru_cache(maxsize=8)
def eprouver_la_page(valeurs: Publie, territoire: str | None, bailleur: str) -> Epreuves:
    """Les comparaisons de la page d'un territoire ou d'un bailleur : avec ce qui le contient, et avec l'état zéro.

    Une répartition n'est pas comparée modalité par modalité, ni un effectif à celui du tout.
    """
    codes = [c for c, d in valeurs.catalogue.items() if not d.get("groupe")]
    ici = {c: selection.ligne(valeurs, c, territoire, bailleur) for c in codes}
    probabilites = {}
    if (repere := reperes.repere_de(valeurs, territoire, bailleur)) is not None:
        comparables = (c for c in codes if valeurs.catalogue[c]["nature"] != EFFECTIF)
        compares = [c for c in comparables if not sans_lieu(valeurs, c, bailleur)]
        autres = [reperes.ligne(valeurs, c, repere) for c in compares]
        trouvees = eprouver(valeurs, compares, [ici[c] for c in compares], autres, contenue=True)
        probabilites |= {(c, TOUT): p for c, p in zip(compares, trouvees, strict=True)}
    depuis_zero = selection.variations(valeurs, valeurs.edition["annee_zero"], territoire, bailleur)
    probabilites |= {(c, ZERO): depuis_zero[c]["probabilite"] for c in codes if c in depuis_zero}
    faites = {cle: p for cle, p in probabilites.items() if np.isfinite(p)}
    ajustees = fausses_decouvertes(list(faites.values()))
    return Epreuves(dict(zip(faites, ajustees.tolist(), strict=True)))


def eprouver(
    valeurs: Publie, codes: Sequence[str], lignes: Sequence[dict], autres: Sequence[dict], contenue: bool = False
) -> np.ndarray:
    """La probabilité de chaque écart entre ``lignes`` et ``autres`` s'il ne tenait qu'au hasard ; absente sans épreuve.

    ``codes`` : l'indicateur de chaque paire. ``contenue`` : la première de chaque paire est une partie de la seconde.
    """
    natures = np.array([valeurs.catalogue[c]["nature"] for c in codes], dtype=object)
    variances = np.array([variance_du_bruit(valeurs, c) for c in codes], dtype=float)
    cotes = (
        np.array([[v[c] if v["statut"] == "publie" else np.nan for c in epreuves.LUES] for v in cote], dtype=float)
        .reshape(len(codes), len(epreuves.LUES)).T
        for cote in (lignes, autres)
    )  # fmt: skip
    return epreuves.eprouver(natures, variances, *cotes, contenue=contenue, confiance=None).probabilite


def sans_lieu(valeurs: Publie, indicateur: str, bailleur: str = "tous") -> str | None:
    """Pourquoi un territoire et ce qui le contient ne comptent pas la même chose ; ``None`` s'ils le font.

    Un bailleur, lui, est comparé à tous ceux du même territoire.
    """
    return valeurs.catalogue[indicateur]["sans_lieu"] if bailleur == "tous" else None


def variance_du_bruit(valeurs: Publie, indicateur: str) -> float:
    """La variance du bruit d'un compte de cet indicateur ; un compte exact est jugé comme s'il en portait."""
    regles = valeurs.edition["regles"]
    return regles["bruits"].get(valeurs.catalogue[indicateur]["source"], regles["bruit"])["variance"]
