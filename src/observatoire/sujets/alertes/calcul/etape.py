"""Calculer les alertes : des tables préparées à ``prepare/alertes.parquet`` et ``prepare/ampleurs.parquet``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire import vocabulaire
from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.catalogue.encadrement import ENCADRENT
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, lire_conserve
from observatoire.droits import reserver
from observatoire.rangement import ecrire_preparee
from observatoire.ruptures import lire_ruptures
from observatoire.statistique.intervalles import ecart_type_du_bruit, encadrer_un_rapport
from observatoire.statistique.lois import LOIS, Loi
from observatoire.statistique.melange import DISPERSIONS
from observatoire.sujets.alertes import tables as tables
from observatoire.sujets.alertes.calcul.attendus import DECIMALES, Comptes, reunir
from observatoire.sujets.alertes.calcul.etendue import mesurer_l_etendue
from observatoire.sujets.alertes.calcul.hierarchie import Niveau, evaluer
from observatoire.sujets.alertes.calcul.regles import Regles, lire_regles_des_alertes
from observatoire.sujets.alertes.calcul.standards import garder, reunir_les_annees
from observatoire.sujets.alertes.calcul.strates import Parc, compter_les_strates, ranger_le_parc
from observatoire.sujets.alertes.calcul.suites import juger
from observatoire.tables import Travail
from observatoire.typographie import compter
from observatoire.vocabulaire import QUARTIER, SECTEUR

CLES = tables.ALERTES.noms_des_cles
#: ``alertes.parquet`` et ``ampleurs.parquet`` : les mêmes lignes ; la seconde explique chacune.
COLONNES, AMPLEURS = tables.ALERTES.noms, tables.AMPLEURS.noms
#: Un taux de réponse juste au seuil y est, à l'arrondi des nombres flottants près.
_JUSTE_ASSEZ = 1e-9


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été écrit : nombre d'évaluations, et de chaque verdict."""

    evaluations: int
    verdicts: dict[str, int]

    def __str__(self) -> str:
        mots = vocabulaire.ALERTES
        nombres = [compter(n, mots[v].libelle, mots[v].pluriel) for v, n in self.verdicts.items() if n]
        return f"{compter(self.evaluations, 'évaluation')} : {', '.join(nombres)}" if nombres else "aucune évaluation"


def ecrire_alertes(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> Bilan:
    """Évaluer toutes les années et écrire ``alertes.parquet`` et ``ampleurs.parquet`` dans ``prepare``.

    Ces deux tables sont exactes et ne sortent pas : ce qui se publie est évalué de nouveau, sur les comptes publiés
    (:mod:`~.publication`), et pour cela ``strates.parquet`` est écrit aussi.
    Les années dont le barème n'a pas de règle n'y sont pas. Lève :class:`ErreurConfiguration` si le barème est mal
    écrit.
    """
    calculees = calculer_alertes(config, avancement, dask)
    table = calculees.table
    ecrites = {tables.ALERTES: table, tables.AMPLEURS: table, tables.STRATES: calculees.strates}
    with reserver(config.acces):
        for une, contenu in ecrites.items():
            ecrire_preparee(une, contenu, config.chemin("prepare"))
    comptes = table["verdict"].value_counts()
    return Bilan(len(table), {verdict: int(comptes.get(verdict, 0)) for verdict in vocabulaire.ALERTES})


def faire(travail: Travail) -> str:
    """L'étape, telle que la chaîne l'appelle."""
    return str(ecrire_alertes(travail.config, travail.avancer, travail.dask))


@dataclass(frozen=True)
class Calculees:
    """``table`` : toutes les évaluations, les colonnes de :data:`COLONNES` puis d':data:`AMPLEURS` ; ``strates`` : ce
    que la publication en relit (:mod:`~.standards`)."""

    table: pd.DataFrame
    strates: pd.DataFrame


def regles_par_annee(config: Configuration, baremes: Baremes) -> dict[int, Regles]:
    """Les règles de chaque année de l'édition qui en a."""
    regles = {a: lire_regles_des_alertes(config.chemin("referentiels"), baremes, a) for a in config.annees}
    return {annee: siennes for annee, siennes in regles.items() if siennes}


def calculer_alertes(config: Configuration, avancement: Callable | None = None, dask: str | None = None) -> Calculees:
    """Évaluer toutes les années, sur les comptes exacts."""
    dire = avancement or (lambda fait, total, libelle: None)
    baremes = lire_baremes(config.chemin("referentiels"))
    regles = regles_par_annee(config, baremes)
    gardees = [annee for annee in annees_conservees(config) if annee in regles]
    vives = {annee: siennes for annee, siennes in regles.items() if annee not in gardees}
    morceaux = [_reprendre(config, annee) for annee in gardees]
    strates = [lire_conserve(config, annee, tables.STRATES.nom) for annee in gardees]
    for annee, sommes in compter_les_strates(config, vives, baremes, dask):
        dire(config.annees.index(annee), len(config.annees), f"alertes {annee}")
        parc = ranger_le_parc(sommes, vives[annee])
        if parc is not None:
            morceaux.append(evaluer_le_parc(parc, vives[annee]).assign(annee=annee))
            strates.append(garder(sommes, vives[annee]).assign(annee=annee))
    return Calculees(conclure_les_annees(morceaux, regles, config), reunir_les_annees(strates))


def conclure_les_annees(evaluees: list[pd.DataFrame], regles: dict[int, Regles], config: Configuration) -> pd.DataFrame:
    """Les verdicts et l'étendue de toutes les années évaluées, triés par clé."""
    evaluees = [e for e in evaluees if len(e)]
    if not evaluees:
        return pd.DataFrame(columns=list(dict.fromkeys([*COLONNES, *AMPLEURS])))
    ruptures = lire_ruptures(config.chemin("referentiels"), catalogue())
    jugees = juger(pd.concat(evaluees, ignore_index=True), regles, ruptures)
    return mesurer_l_etendue(jugees).sort_values(CLES, ignore_index=True)


def _reprendre(config: Configuration, annee: int) -> pd.DataFrame:
    """Les évaluations d'une année purgée, telles qu'elles ont été conservées ; leurs suites sont recalculées."""
    alertes, ampleurs = (lire_conserve(config, annee, t.nom) for t in (tables.ALERTES, tables.AMPLEURS))
    gardees = [c for c in AMPLEURS if c not in CLES]
    return pd.concat([alertes.drop(columns="verdict"), ampleurs[gardees]], axis=1)[EVALUEES]


def evaluer_le_parc(parc: Parc, regles: Regles) -> pd.DataFrame:
    """Évaluer tous les niveaux d'une année, indicateurs groupés par loi."""
    tables = []
    for declarations, comptes in parc.groupes:
        tables += evaluer_un_groupe(parc, declarations, *remonter(parc, comptes), regles)
    table = pd.concat(tables, ignore_index=True)
    return table.loc[pd.notna(table["territoire"]) & (table["denominateur"] > 0), EVALUEES[1:]].reset_index(drop=True)


def evaluer_un_groupe(
    parc: Parc, declarations: list[Indicateur], niveaux: list[Niveau], ecrits: list[np.ndarray], regles: Regles
) -> list[pd.DataFrame]:
    """Évaluer des indicateurs de même loi : une table par niveau, une ligne par territoire et indicateur.

    ``niveaux`` : leurs comptes, dans l'ordre de ceux du parc ; ``ecrits`` : leurs attendus tels qu'ils s'écrivent.
    """
    codes, nature = [d.code for d in declarations], declarations[0].nature

    def evaluable(c: Comptes) -> np.ndarray:
        assez = c.n >= regles.reponse * c.concernes - _JUSTE_ASSEZ
        return (c.n >= regles.repondants) & assez & np.isfinite(c.attendus)

    def seuils(niveau: str) -> tuple[np.ndarray, np.ndarray]:
        vigilances, alertes = zip(*(regles.seuils_de(niveau, code) for code in codes), strict=True)
        return np.array(vigilances), np.array(alertes)

    evaluations = evaluer(niveaux, LOIS[nature], DISPERSIONS[nature], seuils, evaluable)
    return [
        _tabuler(parc, territoires, codes, nature, attendus, e)
        for territoires, attendus, e in zip(parc.niveaux, ecrits, evaluations, strict=True)
    ]


def remonter(parc: Parc, comptes: Comptes) -> tuple[list[Niveau], list[np.ndarray]]:
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


EVALUEES = [
    *CLES, "observe", "attendu", "exces", "exces_bas", "exces_haut", "ecart_points", "proba_vigilance", "proba_alerte",
    "nb_tests", "denominateur", "reponse", "quartier", "secteur", "bailleur", "lisse", "reference", "variance",
]  # fmt: skip


def _tabuler(parc: Parc, territoires, codes, nature, attendus, evaluation) -> pd.DataFrame:
    """Un niveau en long : une ligne par territoire et indicateur, dans cet ordre."""
    c = evaluation.comptes
    with np.errstate(divide="ignore", invalid="ignore"):
        bas, haut = encadrer_un_rapport(ENCADRENT[nature], c.x, c.n, (c.bruit, c.zero))
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
        "variance": _variance(LOIS[nature], evaluation.reference, np.where(evalue, c.n, np.nan), c.bruit),
    }
    lieux = _lieux_de(parc, territoires)
    n = len(codes)
    long = {nom: np.repeat(valeurs, n) for nom, valeurs in lieux.items()}
    table = pd.DataFrame(
        {**long, "indicateur": np.tile(codes, len(territoires.codes)), **{k: m.ravel() for k, m in mesures.items()}}
    )
    return table.assign(niveau=territoires.niveau, nb_tests=table["nb_tests"].astype(int))


def _variance(loi: Loi, reference: np.ndarray, n: np.ndarray, bruit: np.ndarray | float) -> np.ndarray:
    """Celle de la part observée, hasard et bruit réunis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return loi.variance(reference, n) + ecart_type_du_bruit(reference, n, bruit) ** 2


def _lieux_de(parc: Parc, territoires) -> dict[str, np.ndarray]:
    """Le code, le quartier, le secteur et le bailleur de chaque territoire d'un niveau."""
    lieux = {"territoire": territoires.codes, "bailleur": territoires.bailleurs}
    place = parc.niveaux.index(territoires)
    rangs = np.arange(len(territoires.codes))
    contenants = {territoires.niveau: territoires.codes}
    for rang in range(place, 0, -1):
        rangs = parc.niveaux[rang].parents[rangs]
        contenants[parc.niveaux[rang - 1].niveau] = parc.niveaux[rang - 1].codes[rangs]
    vide = np.full(len(territoires.codes), None, object)
    return lieux | {nom: contenants.get(nom, vide) for nom in (QUARTIER, SECTEUR)}
