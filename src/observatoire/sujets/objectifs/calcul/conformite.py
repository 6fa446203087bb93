"""La conformité : chaque objectif face à la valeur observée, et à son intervalle.

Deux choses différentes sont dites. Le *constat* est arithmétique : la valeur atteint-elle la cible ? C'est ce que
demande la loi. Le *verdict* est statistique : c'est celui de tout objectif (:mod:`observatoire.verdicts`). L'un et
l'autre se lisent sur la ligne publiée, bruit compris.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.communes import HORS_COMMUNE
from observatoire.publie import CLES
from observatoire.sujets.objectifs.calcul.objectifs import CHACUN, TOUS, Objectif
from observatoire.sujets.objectifs.tables import CONFORMITE
from observatoire.verdicts import DECELABLES, LUES, juger_les_mesures
from observatoire.vocabulaire import SANS_OBJET

COLONNES = CONFORMITE.noms


def confronter(
    objectifs: Iterable[Objectif], valeurs: pd.DataFrame, annees: Iterable[int], tout: tuple[str, str]
) -> pd.DataFrame:
    """Une ligne par objectif, année et territoire qu'il vise (:data:`COLONNES`).

    ``valeurs`` : des lignes des indicateurs d'un public, et leur bruit (:data:`~observatoire.verdicts.LUES`).
    ``tout`` : niveau et code du territoire entier. Un objectif qui n'est pas en vigueur n'a qu'une ligne «
    sans_objet », à ce niveau ou là où il est nommé ; une règle dont la valeur a changé n'est dite qu'une fois par
    année. Un lieu nommé a toujours sa ligne, fût-elle « non_mesurable ». Ce qui n'est dans aucune commune n'est la
    commune de personne.
    """
    annees, objectifs = list(annees), list(objectifs)
    vises = valeurs["indicateur"].isin({o.indicateur for o in objectifs})
    valeurs = valeurs.loc[vises & valeurs["territoire"].ne(HORS_COMMUNE), [*CLES, *LUES, "statut"]]
    valeurs = valeurs.astype(dict.fromkeys([*CLES[1:], "statut"], object))
    rangees, aucune = dict(iter(valeurs.groupby(["annee", "indicateur", "niveau"]))), valeurs.iloc[:0]
    visees, demandes = [], []
    for annee in annees:
        for o in _de_l_annee(objectifs, annee):
            siennes = _viser(o, rangees.get((annee, o.indicateur, o.niveau), aucune), annee, tout)
            if len(siennes):
                visees.append(siennes)
                demandes += [_demander(o, annee)] * len(siennes)
    if not visees:
        return pd.DataFrame(columns=COLONNES)
    jugees = _juger(pd.concat(visees, ignore_index=True).assign(**pd.DataFrame(demandes)))
    return jugees[COLONNES].sort_values([*CLES, "objectif"], ignore_index=True)


def _de_l_annee(objectifs: list[Objectif], annee: int) -> list[Objectif]:
    """De chaque règle, la valeur en vigueur au 31 décembre ; à défaut la prochaine, ou la dernière."""
    jour, regles = datetime.date(annee, 12, 31), {}
    for o in sorted(objectifs, key=lambda o: o.depuis):
        regles.setdefault((o.code, o.niveau, o.territoire, o.bailleur), []).append(o)
    return [next((o for o in r if o.jusque is None or jour <= o.jusque), r[-1]) for r in regles.values()]


def _viser(objectif: Objectif, valeurs: pd.DataFrame, annee: int, tout: tuple[str, str]) -> pd.DataFrame:
    """Les lignes qu'un objectif juge une année ; ``valeurs`` : celles de cet indicateur et de son niveau, cette
    année."""
    vise = valeurs["bailleur"].ne(TOUS) if objectif.bailleur == CHACUN else valeurs["bailleur"].eq(objectif.bailleur)
    siennes = valeurs[vise & (valeurs["territoire"].eq(objectif.territoire) if objectif.territoire else True)]
    lieu = objectif.territoire or (tout[1] if objectif.niveau == tout[0] and objectif.bailleur != CHACUN else None)
    if siennes.empty and lieu:
        siennes = _sans_valeur(objectif, annee, lieu)
    if not objectif.en_vigueur(annee):
        general = objectif.territoire is not None or (objectif.niveau == tout[0] and objectif.bailleur == TOUS)
        siennes = siennes if general else siennes.iloc[:0]
    return siennes


def _demander(objectif: Objectif, annee: int) -> dict:
    """Ce qu'un objectif demande une année de chaque ligne qu'il juge."""
    fixes = {c: getattr(objectif, c) for c in ("origine", "sens", "cible", "source")}
    fixes |= {c: jour.isoformat() if (jour := getattr(objectif, c)) else "" for c in ("depuis", "jusque")}
    fixes |= {"objectif": objectif.code, "nature_indicateur": catalogue()[objectif.indicateur].nature}
    return fixes | {"en_vigueur": objectif.en_vigueur(annee)}


def _sans_valeur(objectif: Objectif, annee: int, lieu: str) -> pd.DataFrame:
    """La ligne d'un lieu nommé où rien n'a été calculé cette année-là."""
    bailleur = TOUS if objectif.bailleur == CHACUN else objectif.bailleur
    ligne = dict(zip(CLES, (annee, objectif.niveau, lieu, bailleur, objectif.indicateur), strict=True))
    vides = dict.fromkeys(LUES, float("nan"))
    return pd.DataFrame([ligne | vides | {"statut": "nd"}])


def _juger(lignes: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes, leur constat et leur verdict ; vides là où la valeur est secrète, « na » hors des dates."""
    jugees = juger_les_mesures(lignes.assign(tolerance=0.0, arithmetique=True, avant_terme=False))
    secret, sans_objet = lignes["statut"].eq("c") & lignes["en_vigueur"], jugees["verdict"].eq("")
    verdicts = np.select([secret, sans_objet], [None, SANS_OBJET], jugees["verdict"].astype(object))
    constats = jugees["constat"].astype(object).where(jugees["constat"].ne(""), None)
    statuts = lignes["statut"].where(lignes["en_vigueur"], "na")
    decelables = jugees[DECELABLES].where(lignes["statut"].eq("publie"))
    return lignes.assign(constat=constats, verdict=verdicts, statut=statuts, **decelables)
