"""Éprouver tous les écarts qu'une page annonce : chacun avec l'épreuve qui lui va, corrigée de leur nombre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from observatoire.presentation import reperes, selection
from observatoire.statistique import comparaisons
from observatoire.statistique.intervalles import erreur_type
from observatoire.vocabulaire import EFFECTIF, MOYENNE, PROPORTION, RAPPORT, TAUX

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Parmi les écarts annoncés, ceux qui ne tiennent qu'au hasard, en moyenne et au plus.
SEUIL = 0.05
#: À quoi une page compare un territoire : ce qui le contient, et lui-même à l'état zéro.
TOUT, ZERO = "tout", "zero"
_LUES = ("numerateur", "denominateur", "valeur", "borne_basse", "borne_haute")
_DE_COMPTES = {
    PROPORTION: (comparaisons.comparer_proportions, comparaisons.situer_proportion),
    TAUX: (comparaisons.comparer_taux, comparaisons.situer_taux),
    RAPPORT: (comparaisons.comparer_rapports, comparaisons.situer_rapport),
}


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
    zero = valeurs.edition["annee_zero"]
    if zero < valeurs.annee:
        compares = [c for c in codes if not selection.ruptures_entre(valeurs, c, zero)]
        autres = [selection.ligne(valeurs, c, territoire, bailleur, zero) for c in compares]
        trouvees = eprouver(valeurs, compares, [ici[c] for c in compares], autres)
        probabilites |= {(c, ZERO): p for c, p in zip(compares, trouvees, strict=True)}
    faites = {cle: p for cle, p in probabilites.items() if np.isfinite(p)}
    ajustees = comparaisons.fausses_decouvertes(list(faites.values()))
    return Epreuves(dict(zip(faites, ajustees.tolist(), strict=True)))


def eprouver(
    valeurs: Publie, codes: Sequence[str], lignes: Sequence[dict], autres: Sequence[dict], contenue: bool = False
) -> np.ndarray:
    """La probabilité de chaque écart entre ``lignes`` et ``autres`` s'il ne tenait qu'au hasard ; absente sans épreuve.

    ``codes`` : l'indicateur de chaque paire. ``contenue`` : la première de chaque paire est une partie de la seconde ;
    sinon les deux sont prises pour indépendantes, ce qui est prudent pour deux dates des mêmes ménages.
    """
    natures = np.array([valeurs.catalogue[c]["nature"] for c in codes], dtype=object)
    variances = np.array([variance_du_bruit(valeurs, c) for c in codes], dtype=float)
    siens, leurs = (
        np.array([[v[c] if v["statut"] == "publie" else np.nan for c in _LUES] for v in cote], dtype=float)
        .reshape(len(codes), len(_LUES)).T
        for cote in (lignes, autres)
    )  # fmt: skip
    trouvees = _par_erreurs(siens, leurs, contenue & (natures == MOYENNE))
    for nature, lois in _DE_COMPTES.items():
        ou = natures == nature
        comptes = (siens[0][ou], siens[1][ou], leurs[0][ou], leurs[1][ou])
        trouvees[ou] = lois[contenue](*comptes, variances[ou], confiance=None).probabilite
    return trouvees


def sans_lieu(valeurs: Publie, indicateur: str, bailleur: str = "tous") -> str | None:
    """Pourquoi un territoire et ce qui le contient ne comptent pas la même chose ; ``None`` s'ils le font.

    Un bailleur, lui, est comparé à tous ceux du même territoire.
    """
    return valeurs.catalogue[indicateur]["sans_lieu"] if bailleur == "tous" else None


def variance_du_bruit(valeurs: Publie, indicateur: str) -> float:
    """La variance du bruit d'un compte de cet indicateur ; un compte exact est jugé comme s'il en portait."""
    regles = valeurs.edition["regles"]
    return regles["bruits"].get(valeurs.catalogue[indicateur]["source"], regles["bruit"])["variance"]


def _par_erreurs(siens: np.ndarray, leurs: np.ndarray, emboitees: np.ndarray) -> np.ndarray:
    """D'après les erreurs types que disent les intervalles.

    La moyenne d'une partie pèse dans celle du tout ce que le rapport de leurs variances en dit.
    """
    erreurs = [erreur_type(cote[3], cote[4]) for cote in (siens, leurs)]
    with np.errstate(divide="ignore", invalid="ignore"):
        poids = np.clip((erreurs[1] / erreurs[0]) ** 2, 0, 1)
    dedans = comparaisons.situer_moyenne(siens[2], erreurs[0], leurs[2], erreurs[1], poids)
    a_part = comparaisons.comparer_valeurs(siens[2], erreurs[0], leurs[2], erreurs[1])
    return np.where(emboitees, dedans.probabilite, a_part.probabilite)
