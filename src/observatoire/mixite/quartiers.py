"""L'entropie de la ville et de chacun de ses quartiers : la diversité de leurs ménages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from observatoire.communes import AGGLOMERATION
from observatoire.mixite import hasard, indices
from observatoire.mixite.plan import CALCULE, QUARTIER, Seuils
from observatoire.mixite.unites import RAISONS, Comptes, Groupe, Lieu

ENTROPIE = "entropie"


def evaluer(
    comptes: Comptes, lignes: pd.DataFrame, groupe: Groupe, seuils: Seuils, lieu: Lieu, annee: int
) -> Iterator[dict]:
    """Une ligne par territoire : ``niveau``, ``territoire``, les mesures, ``statut``.

    ``lignes`` : les indicateurs de l'année. Un quartier dont une classe n'est pas connue n'a pas d'entropie. Celui
    d'une agglomération a la sienne dans sa commune, à laquelle il est comparé ; ici, seule la sienne est rendue.
    """
    siennes = lignes[lignes["indicateur"].isin(groupe.codes) & lignes["niveau"].eq(QUARTIER)]
    if lieu.unites is not None:
        siennes = siennes[siennes["territoire"].isin(lieu.unites[QUARTIER])]
    seul = lieu.niveau == AGGLOMERATION
    ou, ville = lieu.niveau, lieu.code
    statut = comptes.statut or seuils.statut
    if statut:
        codes = [] if seul else siennes["territoire"].unique()
        yield from _sans_valeur([(ou, ville), *((QUARTIER, code) for code in codes)], statut)
        return
    toute = pd.DataFrame([comptes.ville], index=[ville])
    yield from _diversites(toute, ou, pd.Series(comptes.reponse, [ville]), comptes.ville, seuils, annee, groupe)
    if seul:
        return
    reponses = siennes.groupby("territoire")["reponse"].min().reindex(comptes.unites.index)
    if not comptes.vides:
        yield from _diversites(comptes.unites, QUARTIER, reponses, comptes.ville, seuils, annee, groupe)
    autres = siennes[~siennes["territoire"].isin(comptes.unites.index)]
    for code, vus in autres.groupby("territoire")["statut"]:
        yield from _sans_valeur([(QUARTIER, code)], next((r for r in RAISONS if vus.eq(r).any()), "nd"))


def _diversites(unites: pd.DataFrame, niveau: str, reponses, ville, seuils, annee, groupe) -> Iterator[dict]:
    """``unites`` : leurs classes, par code. La ville n'est pas comparée au hasard : elle en est la mesure."""
    comptes, generateur = unites.to_numpy(), hasard.semer(annee, niveau, groupe.code, ENTROPIE)
    pleines = comptes.sum(axis=1) > 0
    valeurs = indices.entropie(comptes)
    bas, haut = hasard.encadrer(indices.entropie(hasard.retirer(comptes, generateur)), valeurs)
    attendus = hasard.entropies_attendues(comptes.sum(axis=1), ville) / np.log(comptes.shape[1])
    tires = indices.entropie(hasard.tirer_au_hasard(comptes, generateur, ville))
    p = hasard.probabilite_bilaterale(tires, valeurs)
    for rang, code in enumerate(unites.index):
        if not pleines[rang] or reponses[code] < seuils.reponse:
            yield from _sans_valeur([(niveau, code)], "ne" if pleines[rang] else "na")
            continue
        au_hasard = {} if niveau != QUARTIER else {"attendu_hasard": attendus[rang], "p_hasard": p[rang]}
        yield {
            "niveau": niveau, "territoire": code, "indice": ENTROPIE, "valeur": valeurs[rang],
            "borne_basse": max(0.0, bas[rang]), "borne_haute": min(1.0, haut[rang]), **au_hasard, "unites": 1,
            "menages": int(comptes[rang].sum()), "part_reste": 0.0, "reponse": reponses[code], "statut": CALCULE,
        }  # fmt: skip


def _sans_valeur(lieux: list[tuple[str, str]], statut: str) -> Iterator[dict]:
    for niveau, code in lieux:
        yield {"niveau": niveau, "territoire": code, "indice": ENTROPIE, "statut": statut}
