"""Les indices d'une ville, une année : valeur, intervalle, ce que donnerait le hasard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from observatoire.statistique import hasard, indices
from observatoire.statistique.segregation import tirer_les_dissimilarites
from observatoire.sujets.mixite.calcul.plan import juger
from observatoire.sujets.mixite.calcul.unites import PUBLIE, Comptes, Groupe

Indice = Callable[[np.ndarray], np.ndarray]
#: Les indices d'un groupe face aux autres, puis d'une répartition en classes, avec leur valeur attendue au hasard.
BINAIRES: dict[str, tuple[Indice, Callable[[np.ndarray], float]]] = {
    "dissimilarite": (indices.dissimilarite, hasard.dissimilarite_attendue),
    "isolement": (indices.isolement, hasard.isolement_attendu),
}
MULTIPLES = {"theil_h": (indices.theil_h, hasard.theil_attendu)}
CORRIGEE = "dissimilarite_corrigee"


def choisir(groupe: Groupe) -> dict[str, tuple[Indice, Callable[[np.ndarray], float]]]:
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
    au_hasard, retires = hasard.tirer_au_hasard(table, generateur), hasard.retirer(table, generateur)
    commun = {
        "unites": len(comptes.unites), "menages": int(table.sum()), "part_reste": comptes.part_du_reste,
        "reponse": comptes.reponse, "statut": PUBLIE,
    }  # fmt: skip
    for nom, (indice, attendre) in choisir(groupe).items():
        valeur, attendu = float(indice(table)), attendre(table)
        bas, haut = (float(borne) for borne in hasard.encadrer(indice(retires), valeur))
        ligne = commun | {"p_hasard": float(hasard.probabilite(indice(au_hasard), valeur))}
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
