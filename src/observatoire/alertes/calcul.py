"""Calculer les alertes : des tables préparées à ``prepare/alertes.parquet`` et ``prepare/ampleurs.parquet``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire import intervalles
from observatoire.alertes.attendus import DECIMALES, Comptes, reunir
from observatoire.alertes.etendue import mesurer_l_etendue
from observatoire.alertes.hierarchie import Niveau, evaluer
from observatoire.alertes.lois import LOIS
from observatoire.alertes.melange import DISPERSIONS
from observatoire.alertes.regles import Regles, lire_regles_des_alertes
from observatoire.alertes.strates import Parc, compter_les_parcs
from observatoire.alertes.suites import VERDICTS, juger
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, lire_conserve
from observatoire.droits import reserver
from observatoire.fichiers import ecrire_parquet
from observatoire.ruptures import lire_ruptures

CLES = ["annee", "niveau", "territoire", "indicateur"]
#: ``alertes.parquet`` : une ligne par année, niveau, territoire et indicateur.
ALERTES = [
    *CLES, "verdict", "observe", "attendu", "exces", "exces_bas", "exces_haut", "ecart_points", "proba_vigilance",
    "proba_alerte", "nb_tests",
]  # fmt: skip
#: ``ampleurs.parquet`` : les mêmes lignes, ce qui explique chacune.
AMPLEURS = [
    *CLES, "denominateur", "reponse", "quartier", "secteur", "bailleur", "lisse", "reference", "variance", "pente",
    "pente_bas", "pente_haut", "proba_pente", "annees_en_alerte", "concordants", "immeubles", "porteurs",
    "bailleurs_concernes", "part_porteurs", "forme", "part_quartier",
]  # fmt: skip
_INTERVALLES = {"proportion": intervalles.wilson, "taux": intervalles.byar}


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été écrit : nombre d'évaluations, et de chaque verdict."""

    evaluations: int
    verdicts: dict[str, int]

    def __str__(self) -> str:
        nombres = [f"{n} {verdict.replace('_', ' ')}" for verdict, n in self.verdicts.items() if n]
        return f"{self.evaluations} évaluations : {', '.join(nombres)}" if nombres else "aucune évaluation"


def ecrire_alertes(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> Bilan:
    """Évaluer toutes les années et écrire ``alertes.parquet`` et ``ampleurs.parquet`` dans ``prepare``.

    Les années dont le barème n'a pas de règle n'y sont pas. Lève :class:`ErreurConfiguration` si le barème est mal
    écrit.
    """
    table = calculer_alertes(config, avancement, dask)
    with reserver(config.acces):
        for nom, colonnes in (("alertes", ALERTES), ("ampleurs", AMPLEURS)):
            ecrire_parquet(table[colonnes], config.chemin("prepare") / f"{nom}.parquet")
    comptes = table["verdict"].value_counts()
    return Bilan(len(table), {verdict: int(comptes.get(verdict, 0)) for verdict in VERDICTS})


def calculer_alertes(
    config: Configuration, avancement: Callable | None = None, dask: str | None = None
) -> pd.DataFrame:
    """Toutes les évaluations : les colonnes d':data:`ALERTES` puis d':data:`AMPLEURS`."""
    dire = avancement or (lambda fait, total, libelle: None)
    referentiels = config.chemin("referentiels")
    baremes = lire_baremes(referentiels)
    regles = {annee: lire_regles_des_alertes(referentiels, baremes, annee) for annee in config.annees}
    regles = {annee: siennes for annee, siennes in regles.items() if siennes}
    gardees = [annee for annee in annees_conservees(config) if annee in regles]
    vives = {annee: siennes for annee, siennes in regles.items() if annee not in gardees}
    morceaux = [_reprendre(config, annee) for annee in gardees]
    for annee, parc in compter_les_parcs(config, vives, baremes, dask):
        dire(config.annees.index(annee), len(config.annees), f"alertes {annee}")
        if parc is not None:
            morceaux.append(evaluer_le_parc(parc, vives[annee]).assign(annee=annee))
    morceaux = [m for m in morceaux if len(m)]
    if not morceaux:
        return pd.DataFrame(columns=list(dict.fromkeys([*ALERTES, *AMPLEURS])))
    evaluees = pd.concat(morceaux, ignore_index=True)
    jugees = juger(evaluees, regles, lire_ruptures(referentiels, catalogue()))
    return mesurer_l_etendue(jugees).sort_values(CLES, ignore_index=True)


def _reprendre(config: Configuration, annee: int) -> pd.DataFrame:
    """Les évaluations d'une année purgée, telles qu'elles ont été conservées ; leurs suites sont recalculées."""
    alertes, ampleurs = (lire_conserve(config, annee, nom) for nom in ("alertes", "ampleurs"))
    gardees = [c for c in AMPLEURS if c not in CLES]
    return pd.concat([alertes.drop(columns="verdict"), ampleurs[gardees]], axis=1)[_EVALUEES]


def evaluer_le_parc(parc: Parc, regles: Regles) -> pd.DataFrame:
    """Évaluer tous les niveaux d'une année, indicateurs groupés par loi."""
    tables = []
    for declarations, comptes in parc.groupes:
        codes, nature = [d.code for d in declarations], declarations[0].nature
        niveaux, ecrits = _remonter(parc, comptes)

        def evaluable(c: Comptes) -> np.ndarray:
            with np.errstate(divide="ignore", invalid="ignore"):
                reponse = np.where(c.concernes > 0, c.n / c.concernes, 1.0)
            return (c.n >= regles.repondants) & (reponse >= regles.reponse) & np.isfinite(c.attendus)

        def seuils(niveau: str, codes=codes) -> tuple[np.ndarray, np.ndarray]:
            vigilances, alertes = zip(*(regles.seuils_de(niveau, code) for code in codes), strict=True)
            return np.array(vigilances), np.array(alertes)

        evaluations = evaluer(niveaux, LOIS[nature], DISPERSIONS[nature], seuils, evaluable)
        for territoires, attendus, e in zip(parc.niveaux, ecrits, evaluations, strict=True):
            tables.append(_tabuler(parc, territoires, codes, nature, attendus, e))
    return pd.concat(tables, ignore_index=True)[_EVALUEES[1:]]


def _remonter(parc: Parc, comptes: Comptes) -> tuple[list[Niveau], list[np.ndarray]]:
    """Les comptes de chaque niveau, du plus large au plus fin, et leurs attendus tels qu'ils s'écrivent.

    L'attendu écrit d'un territoire est la somme de ceux, arrondis, de ses parties.
    """
    niveaux, ecrits = [], []
    courants, attendus = comptes, comptes.arrondir()
    for territoires in reversed(parc.niveaux):
        niveaux.append(Niveau(territoires.niveau, courants, territoires.parents, pd.notna(territoires.codes)))
        ecrits.append(attendus.round(DECIMALES))
        if territoires.parents is not None:
            nombre = int(territoires.parents.max()) + 1
            courants = courants.reunir(territoires.parents, nombre)
            attendus = reunir(attendus, territoires.parents, nombre)
    return niveaux[::-1], ecrits[::-1]


_EVALUEES = [
    *CLES, "observe", "attendu", "exces", "exces_bas", "exces_haut", "ecart_points", "proba_vigilance", "proba_alerte",
    "nb_tests", "denominateur", "reponse", "quartier", "secteur", "bailleur", "lisse", "reference", "variance",
]  # fmt: skip


def _tabuler(parc: Parc, territoires, codes, nature, attendus, evaluation) -> pd.DataFrame:
    """Un niveau en long : une ligne par territoire réel et indicateur où quelqu'un compte."""
    c = evaluation.comptes
    bas, haut = _INTERVALLES[nature](c.x, c.n)
    with np.errstate(divide="ignore", invalid="ignore"):
        reponse = np.where(c.concernes > 0, c.n / c.concernes, np.nan)
    evalue = np.isfinite(evaluation.lisse)
    mesures = {
        "observe": c.x,
        "attendu": attendus,
        "exces": (c.x - attendus).round(DECIMALES),
        "exces_bas": (bas * c.n - attendus).round(DECIMALES),
        "exces_haut": (haut * c.n - attendus).round(DECIMALES),
        "ecart_points": evaluation.lisse - evaluation.reference,
        "proba_vigilance": evaluation.probabilites[0],
        "proba_alerte": evaluation.probabilites[1],
        "nb_tests": np.broadcast_to(evalue.sum(axis=0), c.x.shape),
        "denominateur": c.n,
        "reponse": reponse,
        "lisse": evaluation.lisse,
        "reference": evaluation.reference,
        "variance": LOIS[nature].variance(evaluation.reference, np.where(evalue, c.n, np.nan)),
    }
    lieux = _situer(parc, territoires)
    n = len(codes)
    long = {nom: np.repeat(valeurs, n) for nom, valeurs in lieux.items()}
    table = pd.DataFrame(
        {**long, "indicateur": np.tile(codes, len(territoires.codes)), **{k: m.ravel() for k, m in mesures.items()}}
    )
    return table[pd.notna(table["territoire"]) & (table["denominateur"] > 0)].assign(
        niveau=territoires.niveau, nb_tests=lambda t: t["nb_tests"].astype(int)
    )


def _situer(parc: Parc, territoires) -> dict[str, np.ndarray]:
    """Le code, le quartier, le secteur et le bailleur de chaque territoire d'un niveau."""
    lieux = {"territoire": territoires.codes, "bailleur": territoires.bailleurs}
    place = parc.niveaux.index(territoires)
    rangs = np.arange(len(territoires.codes))
    contenants = {territoires.niveau: territoires.codes}
    for rang in range(place, 0, -1):
        rangs = parc.niveaux[rang].parents[rangs]
        contenants[parc.niveaux[rang - 1].niveau] = parc.niveaux[rang - 1].codes[rangs]
    vide = np.full(len(territoires.codes), None, object)
    return lieux | {nom: contenants.get(nom, vide) for nom in ("quartier", "secteur")}
