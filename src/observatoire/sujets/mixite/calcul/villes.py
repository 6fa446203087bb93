"""Les indices d'une ville, une année : valeur, intervalle, ce que donnerait le hasard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from observatoire.statistique import delta, hasard, indices
from observatoire.statistique.segregation import tirer_les_dissimilarites
from observatoire.sujets.mixite.calcul.plan import juger
from observatoire.sujets.mixite.calcul.unites import PUBLIE, Comptes, Groupe


class Indice(NamedTuple):
    """Un indice de comptes (unités, classes).

    ``mesurer``, ``pente`` : sa valeur, et ce qu'un ménage y change. ``attendre`` : sa moyenne au hasard. ``plancher`` :
    d'un indice qui est un khi-deux, ce qu'il vaut quand toutes les unités se ressemblent.
    """

    mesurer: Callable[[np.ndarray], np.ndarray]
    pente: Callable[[np.ndarray], np.ndarray]
    attendre: Callable[[np.ndarray], float]
    plancher: Callable[[np.ndarray], float] | None = None

    def varier(self, table: np.ndarray, bruit: float) -> float:
        """Sa variance sur cette table ; ``bruit`` : celle du bruit de chaque compte."""
        return float(delta.variances(table, self.pente(table), bruit).sum())

    def eprouver(self, table: np.ndarray, valeur: float, attendu: float, generateur: np.random.Generator) -> float:
        """La probabilité que le hasard en donne autant."""
        if self.plancher is None:
            return float(hasard.probabilite(self.mesurer(hasard.tirer_au_hasard(table, generateur)), valeur))
        plancher = self.plancher(table)
        return hasard.probabilite_d_un_khi_deux(table, valeur - plancher, attendu - plancher)


#: Les indices d'un groupe face aux autres, puis d'une répartition en classes.
BINAIRES = {
    "dissimilarite": Indice(indices.dissimilarite, delta.pente_de_la_dissimilarite, hasard.dissimilarite_attendue),
    "isolement": Indice(
        indices.isolement, delta.pente_de_l_isolement, hasard.isolement_attendu, lambda t: t[:, 0].sum() / t.sum()
    ),
}
MULTIPLES = {"theil_h": Indice(indices.theil_h, delta.pente_de_theil, hasard.theil_attendu, lambda _: 0.0)}
CORRIGEE = "dissimilarite_corrigee"


def choisir(groupe: Groupe) -> dict[str, Indice]:
    """Les indices qui conviennent à un groupe."""
    return BINAIRES if groupe.binaire else MULTIPLES


def evaluer(comptes: Comptes, groupe: Groupe, seuils, graine: tuple, bruit: float = 0.0) -> Iterator[dict]:
    """Une ligne par indice : ``indice``, les mesures, ``statut``.

    ``graine`` : la clé de la table. ``bruit`` : la variance de celui de chaque compte.
    """
    statut = juger(comptes, comptes.part_du_reste, seuils)
    if statut != PUBLIE:
        noms = [*choisir(groupe), *([CORRIGEE] if groupe.binaire else [])]
        yield from ({"indice": nom, "statut": statut} for nom in noms)
        return
    table, generateur = comptes.table(), hasard.semer(*graine)
    commun = {
        "unites": len(comptes.unites), "menages": int(table.sum()), "part_reste": comptes.part_du_reste,
        "reponse": comptes.reponse, "statut": PUBLIE,
    }  # fmt: skip
    for nom, indice in choisir(groupe).items():
        valeur, attendu = float(indice.mesurer(table)), indice.attendre(table)
        bas, haut = delta.encadrer(valeur, indice.varier(table, bruit))
        ligne = commun | {"p_hasard": indice.eprouver(table, valeur, attendu, generateur)}
        bornes = {"borne_basse": max(0.0, bas), "borne_haute": min(1.0, haut)}
        yield {"indice": nom, "valeur": valeur, **bornes, "attendu_hasard": attendu, **ligne}
        if nom == "dissimilarite":
            corrigee = float(indices.dissimilarite_corrigee(valeur, attendu))
            bornes = _encadrer_la_corrigee(
                corrigee, ligne["p_hasard"], tirer_les_dissimilarites(table, generateur, bruit)
            )
            yield {"indice": CORRIGEE, "valeur": corrigee, **bornes, "attendu_hasard": 0.0, **ligne}


def _encadrer_la_corrigee(valeur: float, au_hasard: float, tirees: np.ndarray) -> dict[str, float]:
    """L'intervalle part de zéro tant que le hasard suffit."""
    bas, haut = np.quantile(tirees, [hasard.RISQUE / 2, 1 - hasard.RISQUE / 2]).tolist()
    return {
        "borne_basse": min(bas, valeur) if au_hasard <= hasard.RISQUE / 2 else 0.0,
        "borne_haute": max(haut, valeur),
    }
