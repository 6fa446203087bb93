"""L'entropie de la ville et de chacun de ses quartiers : la diversité de leurs ménages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from observatoire.statistique import delta, hasard, indices
from observatoire.sujets.mixite.calcul.plan import QUARTIER, Seuils
from observatoire.sujets.mixite.calcul.unites import PUBLIE, Comptes, Groupe, Lieu, Lignes
from observatoire.vocabulaire import AGGLOMERATION

ENTROPIE = "entropie"


def evaluer(
    comptes: Comptes, lignes: Lignes, groupe: Groupe, seuils: Seuils, lieu: Lieu, annee: int, *, bruit: float
) -> Iterator[dict]:
    """Une ligne par territoire : ``niveau``, ``territoire``, les mesures, ``statut``.

    ``lignes`` : les indicateurs de l'année. Un quartier dont une classe n'est pas connue n'a pas d'entropie. Celui
    d'une agglomération a la sienne dans sa commune, à laquelle il est comparé ; ici, seule la sienne est rendue.
    ``bruit`` : la variance de celui de chaque compte.
    """
    siens = lignes.lire(groupe, QUARTIER, lieu)
    seul = lieu.niveau == AGGLOMERATION
    ou, ville = lieu.niveau, lieu.code
    statut = comptes.statut or seuils.statut
    if statut:
        codes = [] if seul else siens.codes
        yield from _sans_valeur([(ou, ville), *((QUARTIER, code) for code in codes)], statut)
        return
    toute = pd.DataFrame([comptes.ville], index=[ville])
    commun = {"ville": comptes.ville, "seuils": seuils, "annee": annee, "groupe": groupe, "bruit": bruit}
    yield from _diversites(toute, ou, pd.Series(comptes.reponse, [ville]), **commun)
    if seul:
        return
    if not comptes.vides:
        reponses = pd.Series(siens.reponses, siens.codes)
        yield from _diversites(comptes.unites, QUARTIER, reponses, **commun)
    for rang in np.flatnonzero(~siens.codes.isin(comptes.unites.index)):
        yield from _sans_valeur([(QUARTIER, siens.codes[rang])], siens.motif(rang) or "nd")


def _diversites(unites: pd.DataFrame, niveau: str, reponses, *, ville, seuils, annee, groupe, bruit) -> Iterator[dict]:
    """``unites`` : leurs classes, par code. La ville n'est pas comparée au hasard : elle en est la mesure."""
    comptes, generateur = unites.to_numpy(), hasard.semer(annee, niveau, groupe.code, ENTROPIE)
    valeurs = indices.entropie(comptes)
    bas, haut = delta.encadrer(valeurs, delta.variances_de_l_entropie(comptes, bruit))
    mesures = {"valeur": valeurs, "borne_basse": np.maximum(0.0, bas), "borne_haute": np.minimum(1.0, haut)}
    if niveau == QUARTIER:
        tires = indices.entropie(hasard.tirer_au_hasard(comptes, generateur, ville))
        mesures["attendu_hasard"] = hasard.entropies_attendues(comptes.sum(axis=1), ville) / np.log(comptes.shape[1])
        mesures["p_hasard"] = hasard.probabilite_bilaterale(tires, valeurs)
    pleines = comptes.sum(axis=1) > 0
    for rang, code in enumerate(unites.index):
        if not pleines[rang] or reponses[code] < seuils.reponse:
            yield from _sans_valeur([(niveau, code)], "ne" if pleines[rang] else "na")
            continue
        yield {
            "niveau": niveau, "territoire": code, "indice": ENTROPIE, **{n: m[rang] for n, m in mesures.items()},
            "unites": 1, "menages": int(comptes[rang].sum()), "part_reste": 0.0, "reponse": reponses[code],
            "statut": PUBLIE,
        }  # fmt: skip


def _sans_valeur(lieux: list[tuple[str, str]], statut: str) -> Iterator[dict]:
    for niveau, code in lieux:
        yield {"niveau": niveau, "territoire": code, "indice": ENTROPIE, "statut": statut}
