"""La classe de chaque résidence et de chaque quartier, chaque année, d'après les comptes publiés aux partenaires.

Une classe n'est donnée que si sa probabilité atteint celle du barème ; sinon le lieu est « indéterminé ». La classe de
l'an passé est gardée tant qu'il n'est pas sûr, à la même probabilité, qu'elle ait changé : elle ne suit pas le hasard
d'une année. Un barème nouveau repart de rien.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.publie import est_hors
from observatoire.statistique.classement import (
    AUCUNE,
    attribuer,
    encadrer_les_tirages,
    ranger_les_tirages,
)
from observatoire.statistique.hasard import semer
from observatoire.sujets.orientations.calcul.regles import Regles
from observatoire.sujets.orientations.calcul.scores import (
    Comptes,
    Ecarts,
    Taux,
    compter_en_points,
    lire_les_comptes,
    ponderer,
    probabilites_des_classes,
    references,
    tirer_la_ville,
)
from observatoire.sujets.orientations.tables import PROBABILITES, QUALIFICATIONS
from observatoire.vocabulaire import AXES, IMMEUBLE, INDETERMINEE, NON_EVALUE, PUBLIE, QUARTIER, SECTEUR

#: Où l'on qualifie, du plus large au plus fin.
QUALIFIES = (QUARTIER, IMMEUBLE)
_NOMS = np.array([*PROBABILITES, INDETERMINEE])  # AUCUNE y désigne la dernière
DECIMALES = 2
EGAUX = 1e-9  # une part de poids est un rapport de flottants


@dataclass(frozen=True)
class Niveau:
    """Les lieux d'un niveau, une année. ``connues`` : la part du poids de chaque axe que l'on connaît (lieu, axe).
    ``evalues`` : ceux dont on en sait assez. ``points`` : de ceux-là, les écarts à la ville tirés (tirage, lieu,
    indicateur)."""

    annee: int
    nom: str
    codes: np.ndarray
    connues: np.ndarray
    evalues: np.ndarray
    points: np.ndarray
    regles: Regles

    @classmethod
    def tirer(
        cls, quoi: tuple[int, str, Regles], comptes: Comptes, ecarts: Ecarts, correlations: np.ndarray, ville
    ) -> Niveau:
        """Tirer les taux d'un niveau. ``quoi`` : l'année, le niveau, les règles ; ``ville`` : les tirages des siens."""
        annee, nom, regles = quoi
        connues = (comptes.connus & np.isfinite(ville[0])) @ (regles.poids / regles.poids.sum(axis=0))
        evalues = (connues >= regles.connus - EGAUX).all(axis=1)
        tirages = ecarts.tirer(semer("orientations", annee, nom), correlations, evalues)
        points = compter_en_points(tirages, ville, regles)
        return cls(annee, nom, comptes.codes, connues, evalues, points, regles)

    @cached_property
    def scores(self) -> np.ndarray:
        """Ceux des lieux évalués : (axe, tirage, lieu)."""
        return ponderer(self.points, self.regles.poids)

    def probabilites(self, poids: np.ndarray | None = None) -> np.ndarray:
        """Celle de chaque classe, pour les lieux évalués, avec les poids du barème ou d'autres."""
        scores = self.scores if poids is None else ponderer(self.points, poids)
        return probabilites_des_classes(scores, self.regles)


def tirer_les_niveaux(
    publiees: pd.DataFrame, lieux: pd.DataFrame, regles: Regles, tout: tuple[str, str], annee: int
) -> list[Niveau]:
    """Les quartiers, puis les résidences, d'une année ; rien dans une ville sans quartiers.

    ``publiees`` : les indicateurs de l'année publiés aux partenaires, et leur bruit. ``lieux`` : voir
    :func:`situer`. ``tout`` : niveau et code du territoire entier.
    """
    ville, quartiers = lire_les_grands(publiees, regles.codes, regles, tout)
    if not len(ville.codes) or not len(quartiers.codes):
        return []
    reference = references(ville)
    moyenne = np.nan_to_num(reference, nan=0.5)
    des_quartiers = Taux(quartiers, moyenne, regles.codes)
    immeubles = lire_les_comptes(publiees, IMMEUBLE, regles.codes, regles)
    parents = pd.Index(quartiers.codes).get_indexer(lieux[QUARTIER].reindex(immeubles.codes))
    autour = quartiers.et(ville).sans(immeubles, parents)  # sans quartier (-1) : la ville
    attendus = Taux(autour, moyenne, regles.codes, des_quartiers.dispersion).lisses
    des_residences = Taux(immeubles, attendus, regles.codes)
    # Les quartiers sont trop peu nombreux pour dire comment leurs taux s'écartent ensemble : les résidences le disent.
    correlations = (des_residences if len(immeubles.codes) else des_quartiers).ecarts.correler()
    des_tirages = tirer_la_ville(semer("orientations", annee, tout[0]), ville, regles.codes)
    return [
        Niveau.tirer((annee, nom, regles), comptes, taux.ecarts, correlations, des_tirages)
        for nom, comptes, taux in ((QUARTIER, quartiers, des_quartiers), (IMMEUBLE, immeubles, des_residences))
    ]


def lire_les_grands(
    publiees: pd.DataFrame, codes: list[str], regles: Regles, tout: tuple[str, str]
) -> tuple[Comptes, Comptes]:
    """Les comptes de la ville (un lieu, ou aucun), puis de ses quartiers."""
    ville, quartiers = (lire_les_comptes(publiees, niveau, codes, regles) for niveau in (tout[0], QUARTIER))
    dedans = np.array([not est_hors(code) for code in quartiers.codes], bool)
    return ville.choisir(ville.codes == tout[1]), quartiers.choisir(dedans)


def situer(lieux: pd.DataFrame, annee: int) -> pd.DataFrame:
    """De chaque immeuble d'une année : ``quartier``, ``secteur``, ``bailleur``, et ses ``logements`` connus.

    ``lieux`` : :data:`~observatoire.tables.indicateurs.LIEUX`.
    """
    siens = lieux.reindex(columns=[*dict.fromkeys([*lieux, QUARTIER, SECTEUR, IMMEUBLE])])
    groupes = siens[siens["annee"].eq(annee) & siens[IMMEUBLE].notna()].groupby(IMMEUBLE)
    return groupes.agg({QUARTIER: "first", SECTEUR: "first", "bailleur": "first", "logements": "sum"})


def conclure(niveaux: list[Niveau], lieux: pd.DataFrame, avant: pd.DataFrame | None) -> pd.DataFrame:
    """Les lignes d'une année de :data:`~observatoire.sujets.orientations.tables.QUALIFICATIONS`.

    ``avant`` : celles de l'année d'avant, si le même barème y valait ; sinon ``None``.
    """
    return pd.concat([_conclure(niveau, lieux, avant) for niveau in niveaux], ignore_index=True)


def _conclure(niveau: Niveau, lieux: pd.DataFrame, avant: pd.DataFrame | None) -> pd.DataFrame:
    ou, de_la_residence = niveau.evalues, niveau.nom == IMMEUBLE
    siens = lieux if de_la_residence else lieux.groupby(QUARTIER)[["logements"]].sum()
    siens = siens.reindex(index=niveau.codes, columns=lieux.columns)
    colonnes = {"annee": niveau.annee, "niveau": niveau.nom, "territoire": niveau.codes}
    colonnes |= {c: siens[c].to_numpy() for c in (SECTEUR, "bailleur", "logements")}
    colonnes[QUARTIER] = siens[QUARTIER].to_numpy() if de_la_residence else niveau.codes
    for rang, axe in enumerate(AXES):
        tires = niveau.scores[rang]
        rangs = ranger_les_tirages(tires)
        mesures = {"": tires.mean(axis=0), "_rang": np.median(rangs, axis=0)}
        for suite, tirages in (("", tires), ("_rang", rangs)):
            mesures[f"{suite}_bas"], mesures[f"{suite}_haut"] = encadrer_les_tirages(tirages)
        colonnes |= {
            f"{axe}{suite}": _etaler(mesure, ou).round(0 if suite.startswith("_rang") else DECIMALES)
            for suite, mesure in mesures.items()
        }
        colonnes[f"{axe}_connue"] = niveau.connues[:, rang].round(DECIMALES)
    probabilites = niveau.probabilites()
    for rang, colonne in enumerate(PROBABILITES.values()):
        colonnes[colonne] = _etaler(probabilites[:, rang], ou).round(DECIMALES)
    colonnes["classe"], colonnes["depuis"] = _classer(niveau, probabilites, avant)
    colonnes |= {"classes_de": int(ou.sum()), "statut": np.where(ou, PUBLIE, NON_EVALUE)}
    return pd.DataFrame(colonnes)[QUALIFICATIONS.noms]


def _classer(niveau: Niveau, probabilites: np.ndarray, avant: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    """La classe de chaque lieu, et l'année depuis laquelle il l'a ; manquante s'il n'en a pas."""
    ou = niveau.evalues
    ancienne, ancienne_date = np.full(len(ou), AUCUNE), np.full(len(ou), np.nan)
    if avant is not None:
        siens = avant[avant["niveau"].eq(niveau.nom)].set_index("territoire").reindex(niveau.codes)
        ancienne = pd.Index(PROBABILITES).get_indexer(siens["classe"])
        ancienne_date = siens["depuis"].to_numpy(float)
    classe = np.full(len(ou), AUCUNE)
    classe[ou] = attribuer(probabilites, niveau.regles.probabilite, ancienne[ou])
    depuis = np.where(classe == ancienne, ancienne_date, niveau.annee)
    return _NOMS[classe], np.where(classe == AUCUNE, np.nan, depuis)


def _etaler(mesure: np.ndarray, ou: np.ndarray) -> np.ndarray:
    """Une mesure des lieux évalués, à sa place parmi tous."""
    etalee = np.full(len(ou), np.nan)
    etalee[ou] = mesure
    return etalee


@dataclass(frozen=True)
class Qualifications:
    """``table`` : toutes les années ; ``derniers`` : les niveaux de la dernière année, dont se tire le reste."""

    table: pd.DataFrame
    derniers: list[Niveau]


def qualifier(
    publiees: pd.DataFrame, lieux: pd.DataFrame, regles: Mapping[int, Regles], tout: tuple[str, str]
) -> Qualifications:
    """Qualifier chaque lieu, année après année ; ``regles`` : celles de chaque année, dans l'ordre."""
    utiles = publiees["bailleur"].eq("tous") & publiees["niveau"].isin([tout[0], *QUALIFIES])
    utiles &= publiees["indicateur"].isin({code for siennes in regles.values() for code in siennes.codes})
    par_annee = dict(iter(publiees[utiles].groupby("annee")))
    tables, derniers, depuis = {}, [], None
    for annee, siennes in regles.items():
        situes = situer(lieux, annee)
        derniers = tirer_les_niveaux(par_annee.get(annee, publiees.iloc[:0]), situes, siennes, tout, annee)
        if derniers:
            avant = tables.get(annee - 1) if depuis == siennes.depuis else None
            tables[annee], depuis = conclure(derniers, situes, avant), siennes.depuis
    table = pd.concat(tables.values(), ignore_index=True) if tables else pd.DataFrame(columns=QUALIFICATIONS.noms)
    return Qualifications(table, derniers)
