"""Les attributions de chaque bailleur face aux orientations adoptées, chaque année, par le verdict de tout objectif.

Une orientation adoptée sur un quartier se lit aussi dans chacun de ses secteurs : c'est là que les bailleurs se
croisent. Une résidence signe trop peu de baux dans l'année pour que l'on en juge : la sienne se lit dans son secteur,
et n'a pas de verdict à elle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from observatoire.configuration.commun import TOUS
from observatoire.configuration.modeles.objectifs import CHACUN
from observatoire.configuration.modeles.orientations import OrientationAdoptee
from observatoire.publie import CLES
from observatoire.sujets.objectifs.calcul.conformite import confronter
from observatoire.sujets.objectifs.calcul.objectifs import Objectif
from observatoire.sujets.orientations.tables import CONFRONTATION
from observatoire.verdicts import encadrer
from observatoire.vocabulaire import IMMEUBLE, PROPORTION, QUARTIER, SANS_OBJET, SECTEUR


def confronter_les_orientations(
    adoptees: Iterable[OrientationAdoptee],
    publiees: pd.DataFrame,
    territoires: pd.DataFrame,
    annees: Iterable[int],
    tout: tuple[str, str],
) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.orientations.tables.CONFRONTATION`.

    ``publiees`` : les indicateurs publiés aux partenaires, et leur bruit. ``territoires`` : le parent de chacun.
    """
    adoptees = list(adoptees)
    parents = territoires.set_index(["niveau", "code"])["parent"].to_dict()
    secteurs = territoires[territoires["niveau"].eq(SECTEUR)]
    objectifs = [o for adoptee in adoptees for o in _etendre(_objectif(adoptee), secteurs)]
    jugees = confronter(objectifs, publiees, annees, tout)
    if len(jugees):  # seulement les années entières : ce qui est signé avant l'adoption ne la suit pas
        debut = jugees["annee"].astype(str) + "-01-01"
        jugees = jugees[(jugees["depuis"] <= debut) & jugees["verdict"].ne(SANS_OBJET)].reset_index(drop=True)
    if jugees.empty:
        return pd.DataFrame(columns=CONFRONTATION.noms)
    vues = jugees.merge(publiees.drop(columns="statut"), on=CLES, how="left")
    encadrees = encadrer(vues.assign(nature_indicateur=PROPORTION)).rename(columns={"valeur": "observe"})
    lieux = list(zip(jugees["niveau"], jugees["territoire"], strict=True))
    secteur = [code if n == SECTEUR else parents.get((n, code)) if n == IMMEUBLE else None for n, code in lieux]
    quartier = [_quartier(n, code, s, parents) for (n, code), s in zip(lieux, secteur, strict=True)]
    qui = {a.code: a.adoptee_par for a in adoptees}
    table = encadrees.assign(secteur=secteur, quartier=quartier, adoptee_par=jugees["objectif"].map(qui))
    return table[CONFRONTATION.noms]


def _objectif(adoptee: OrientationAdoptee) -> Objectif:
    return Objectif(**adoptee.model_dump(exclude={"adoptee_par"}))


def _etendre(objectif: Objectif, secteurs: pd.DataFrame) -> list[Objectif]:
    """Un objectif, et le même dans chaque secteur de son quartier ; pour chaque bailleur, et tous ensemble."""
    dedans = secteurs.loc[secteurs["parent"].eq(objectif.territoire), "code"] if objectif.niveau == QUARTIER else ()
    lieux = [objectif, *(replace(objectif, niveau=SECTEUR, territoire=code) for code in dedans)]
    qui = (CHACUN, TOUS) if objectif.bailleur == CHACUN else (objectif.bailleur,)
    return [replace(lieu, bailleur=bailleur) for lieu in lieux for bailleur in qui]


def _quartier(niveau: str, code: str, secteur: str | None, parents: dict) -> str | None:
    if niveau == QUARTIER:
        return code
    parent = parents.get((SECTEUR, secteur)) if secteur else None
    return parent or (parents.get((niveau, code)) if niveau == IMMEUBLE else None)
