"""Les attributions de chaque bailleur face aux orientations adoptées, chaque année, par le verdict de tout objectif.

Une orientation adoptée sur un quartier se lit aussi dans chacun de ses secteurs : c'est là que les bailleurs se
croisent. Une résidence signe trop peu de baux dans l'année pour que l'on en juge : la sienne se lit dans son secteur,
et n'a pas de verdict à elle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from observatoire.configuration.commun import TOUS
from observatoire.configuration.modeles.objectifs import CHACUN
from observatoire.configuration.modeles.orientations import OrientationAdoptee
from observatoire.publie import CLES
from observatoire.sujets.objectifs.calcul.conformite import confronter
from observatoire.sujets.objectifs.calcul.objectifs import Objectif
from observatoire.sujets.objectifs.tables import CONFORMITE
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
    siennes = publiees[publiees["indicateur"].isin({a.indicateur for a in adoptees}).to_numpy()]
    jugees = pd.concat(
        [pd.DataFrame(columns=CONFORMITE.noms), *(_confronter(a, siennes, parents, annees, tout) for a in adoptees)],
        ignore_index=True,
    )
    jugees = jugees[jugees["verdict"].ne(SANS_OBJET)].reset_index(drop=True)
    if jugees.empty:
        return pd.DataFrame(columns=CONFRONTATION.noms)
    vues = jugees.merge(siennes.drop(columns="statut"), on=CLES, how="left")
    encadrees = encadrer(vues.assign(nature_indicateur=PROPORTION)).rename(columns={"valeur": "observe"})
    lieux = list(zip(jugees["niveau"], jugees["territoire"], strict=True))
    secteur = [code if n == SECTEUR else parents.get((n, code)) if n == IMMEUBLE else None for n, code in lieux]
    quartier = [_quartier(n, code, s, parents) for (n, code), s in zip(lieux, secteur, strict=True)]
    qui = {a.code: a.adoptee_par for a in adoptees}
    table = encadrees.assign(secteur=secteur, quartier=quartier, adoptee_par=jugees["objectif"].map(qui))
    return table[CONFRONTATION.noms]


def _confronter(
    adoptee: OrientationAdoptee, publiees: pd.DataFrame, parents: dict, annees: Iterable[int], tout: tuple[str, str]
) -> pd.DataFrame:
    """Une orientation face aux attributions de son lieu et, si c'est un quartier, de ses secteurs.

    Seulement les années entières : ce qui est signé avant l'adoption ne la suit pas.
    """
    entieres = [a for a in annees if adoptee.depuis <= dt.date(a, 1, 1)]
    objectif = Objectif(**adoptee.model_dump(exclude={"adoptee_par", "fictif"}))
    lieux, vises = [(objectif.niveau, objectif.territoire)], [objectif]
    if objectif.niveau == QUARTIER:
        lieux += [cle for cle, parent in parents.items() if parent == objectif.territoire and cle[0] == SECTEUR]
        vises.append(replace(objectif, niveau=SECTEUR, territoire=None))  # chacun des siens, seuls donnés
    if objectif.bailleur == CHACUN:
        vises += [replace(vise, bailleur=TOUS) for vise in vises]
    ici = publiees[pd.MultiIndex.from_frame(publiees[["niveau", "territoire"]]).isin(lieux)]
    return confronter(vises, ici, entieres, tout)


def _quartier(niveau: str, code: str, secteur: str | None, parents: dict) -> str | None:
    if niveau == QUARTIER:
        return code
    parent = parents.get((SECTEUR, secteur)) if secteur else None
    return parent or (parents.get((niveau, code)) if niveau == IMMEUBLE else None)
