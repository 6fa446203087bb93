"""Mesurer les alertes sur des populations : précision, rappel, fiabilité des probabilités ; en parallèle."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import regles_usuelles
from populations import QUARTIERS, Population, Reglage, sont_des_taux, tirer

from observatoire.baremes import lire_baremes
from observatoire.cles import MODULE
from observatoire.secret import Bruit
from observatoire.sujets.alertes.calcul.attendus import Comptes
from observatoire.sujets.alertes.calcul.etape import EVALUEES, evaluer_le_parc, evaluer_un_groupe, remonter
from observatoire.sujets.alertes.calcul.publication import DECIMALES_DU_TAUX
from observatoire.sujets.alertes.calcul.regles import Regles, lire_regles_des_alertes
from observatoire.sujets.alertes.calcul.strates import Parc
from observatoire.sujets.alertes.calcul.suites import juger
from observatoire.vocabulaire import SIGNALES

REFERENTIELS = Path(__file__).resolve().parents[1] / "data" / "referentiels"
ANNEES = [2007, 2008, 2009, 2010]
TAILLES, DERIVES = (15, 30, 120), (0.10, 0.15, 0.25)
NOS_REGLES = {
    "vigilance ou plus": ("vigilance", "alerte", "alerte_confirmee"),
    "alerte ou plus": ("alerte", "alerte_confirmee"),
    "alerte confirmée": ("alerte_confirmee",),
}
CLASSES = np.linspace(0, 1, 11)
CAS = ["niveau", "taille", "derive"]
SANS_RUPTURE = pd.DataFrame({"annee": [], "indicateurs": []})


@cache
def lire_regles() -> Regles:
    """Les règles du barème par défaut."""
    return lire_regles_des_alertes(REFERENTIELS, lire_baremes(REFERENTIELS), ANNEES[-1])


def evaluer_bruite(parc: Parc, regles: Regles, bruit: Bruit, alea: np.random.Generator) -> pd.DataFrame:
    """Ce que la publication évaluerait : chaque territoire de chaque niveau sur ses comptes bruités.

    Les clés sont tirées à neuf chaque année, comme si tous les ménages avaient changé.
    """
    tables = []
    for declarations, comptes in parc.groupes:
        niveaux = [replace(v, comptes=_bruiter(v.comptes, bruit, alea)) for v in remonter(parc, comptes)[0]]
        tables += evaluer_un_groupe(parc, declarations, niveaux, [v.comptes.arrondir() for v in niveaux], regles)
    return pd.concat(tables, ignore_index=True)[EVALUEES[1:]]


def _bruiter(exacts: Comptes, bruit: Bruit, alea: np.random.Generator) -> Comptes:
    n = bruit.bruiter(exacts.n, np.broadcast_to(alea.integers(0, MODULE, (len(exacts.n), 1)), exacts.n.shape))
    x = np.minimum(bruit.bruiter(exacts.x, alea.integers(0, MODULE, exacts.x.shape)), n)
    return Comptes(x, n, np.round(exacts.attendus / exacts.n, DECIMALES_DU_TAUX) * n, n, bruit.variance)


def mesurer(cas: tuple[Reglage, int], bruit: Bruit | None = None) -> dict:
    """Une population : les comptes de chaque règle, et les classes de probabilités. ``bruit`` : sur comptes publiés."""
    reglage, graine = cas
    regles = lire_regles()
    derives = [round(100 * d) for d in reglage.derives]
    alea = np.random.default_rng([graine, *reglage.tailles, *derives, len(reglage.niveau)])
    population = tirer(reglage, regles, len(ANNEES), alea)
    evaluer_ = partial(evaluer_bruite, bruit=bruit, alea=alea) if bruit else evaluer_le_parc
    evaluees = [evaluer_(p, regles=regles).assign(annee=a) for a, p in zip(ANNEES, population.parcs, strict=True)]
    jugees = juger(pd.concat(evaluees, ignore_index=True), dict.fromkeys(ANNEES, regles), SANS_RUPTURE)
    derniere = jugees[jugees["annee"].eq(ANNEES[-1]) & jugees["niveau"].eq(reglage.niveau)]
    vues = {c: _en_tableau(derniere, c) for c in ("verdict", "proba_vigilance", "proba_alerte", "reference")}
    x, n, vraies = _au_niveau(population, reglage.niveau)
    derivent = population.derives[reglage.niveau]
    ordre = _classer_les_territoires(vues, x / n)
    usuelles = regles_usuelles.signaler(x, n, sont_des_taux(regles))
    comptes = {nom: _compter(s, derivent, ordre) for nom, s in usuelles.items()}
    comptes |= {
        nom: _compter(np.isin(vues["verdict"], verdicts), derivent, ordre) for nom, verdicts in NOS_REGLES.items()
    }
    return {
        "reglage": reglage,
        "comptes": comptes,
        "attendus_faux": _faux_attendus(vues, NOS_REGLES["alerte ou plus"]),
        "fiabilite": _fiabilite(vues, vraies - vues["reference"], regles, reglage.niveau),
    }


def _en_tableau(derniere: pd.DataFrame, colonne: str) -> np.ndarray:
    """(territoire, indicateur), dans l'ordre des territoires et des règles."""
    table = derniere.pivot(index="territoire", columns="indicateur", values=colonne)
    return table.sort_index()[list(lire_regles().indicateurs)].to_numpy()


def _au_niveau(population: Population, niveau: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observés, ménages et parts vraies de la dernière année."""
    x, n, vraies = population.x[-1], np.broadcast_to(population.n, population.x[-1].shape), population.vraies[-1]
    if niveau == "immeuble":
        return x, n, vraies
    sommes = []
    for valeurs in (x, n, vraies * n):
        sommes.append(np.zeros((QUARTIERS, valeurs.shape[1])))
        np.add.at(sommes[-1], population.quartier, valeurs)
    return sommes[0], sommes[1], sommes[2] / sommes[1]


def _classer_les_territoires(vues: dict[str, np.ndarray], parts: np.ndarray) -> np.ndarray:
    """Par indicateur, les rangs des territoires : les signalés par probabilité d'alerte, puis les autres par écart."""
    signales = np.isin(vues["verdict"], SIGNALES)
    cles = (-(parts - vues["reference"]), np.where(signales, -vues["proba_alerte"], 0.0), ~signales)
    return np.lexsort(cles, axis=0)


def _compter(signales: np.ndarray, derivent: np.ndarray, ordre: np.ndarray) -> np.ndarray:
    """Signalés, signalés qui dérivent, dérives, et dérives trouvées par nos rangs à nombre égal."""
    retenus = np.zeros_like(derivent)
    np.put_along_axis(retenus, ordre, np.arange(len(ordre))[:, None] < signales.sum(axis=0), axis=0)
    return np.array([signales.sum(), (signales & derivent).sum(), derivent.sum(), (retenus & derivent).sum()])


def _faux_attendus(vues: dict[str, np.ndarray], verdicts: tuple[str, ...]) -> np.ndarray:
    """Le nombre d'alertes, et celui des fausses que l'on en attend : la somme de ``1 - proba_alerte``."""
    alertes = np.isin(vues["verdict"], verdicts)
    return np.array([alertes.sum(), (1 - vues["proba_alerte"][alertes]).sum()])


def _fiabilite(vues, ecart: np.ndarray, regles: Regles, niveau: str) -> dict[str, np.ndarray]:
    """Par seuil, (classe de probabilité ; nombre, somme des probabilités, écarts vrais au-delà du seuil)."""
    seuils = np.array([regles.seuils_de(niveau, code) for code in regles.indicateurs]).T
    resultat = {}
    for seuil, nom in zip(seuils, ("vigilance", "alerte"), strict=True):
        proba = vues[f"proba_{nom}"]
        classe = np.clip(np.digitize(proba, CLASSES) - 1, 0, len(CLASSES) - 2).ravel()
        sommes = [np.bincount(classe, poids.ravel(), len(CLASSES) - 1)
                  for poids in (np.ones_like(proba), proba, (ecart > seuil).astype(float))]  # fmt: skip
        resultat[nom] = np.column_stack(sommes)
    return resultat


def reglages() -> list[Reglage]:
    """Immeubles de trois tailles et quartiers, trois dérives chacun ; puis les mêmes mêlés."""
    immeubles = [Reglage((t,), (d,)) for t, d in itertools.product(TAILLES, DERIVES)]
    quartiers = [Reglage((30,), (d,), "quartier", 1 / QUARTIERS) for d in DERIVES]
    meles = [Reglage(TAILLES, DERIVES), Reglage(TAILLES, DERIVES, "quartier", 1 / QUARTIERS)]
    return meles + immeubles + quartiers


def _nommer(reglage: Reglage) -> tuple[str, str, str]:
    tailles = [str(t) for t in reglage.tailles]
    derives = [f"{100 * d:.0f}" for d in reglage.derives]
    return reglage.niveau, " ou ".join(tailles), " ou ".join(derives)


def evaluer(graines: int, ouvriers: int, bruit: Bruit | None = None) -> dict[str, pd.DataFrame]:
    """Tous les tableaux : ``regles``, ``fiabilite``, ``fausses`` (alertes, et fausses alertes attendues).

    ``bruit`` : les alertes telles qu'elles se publient.
    """
    cas = list(itertools.product(reglages(), range(graines)))
    comptes, classes, faux = Counter(), Counter(), Counter()
    with ProcessPoolExecutor(ouvriers) as equipe:
        for mesure in equipe.map(partial(mesurer, bruit=bruit), cas, chunksize=4):
            reglage = mesure["reglage"]
            cle = _nommer(reglage)
            for regle, nombres in mesure["comptes"].items():
                comptes[*cle, regle] = comptes[*cle, regle] + nombres
            for seuil, nombres in mesure["fiabilite"].items():
                classes[*cle, seuil] = classes[*cle, seuil] + nombres
            faux[cle] = faux[cle] + mesure["attendus_faux"]
    return {
        "regles": _resumer(comptes, graines),
        "fiabilite": _classer(classes),
        "fausses": _attendre(faux, comptes),
    }


def _resumer(comptes: Counter, graines: int) -> pd.DataFrame:
    tests = graines * len(lire_regles().indicateurs)
    lignes = [
        {**dict(zip([*CAS, "regle"], cle, strict=True)), "alertes": signales / tests,
         "precision": justes / signales if signales else np.nan, "rappel": justes / derives,
         "a_nombre_egal": trouves / derives}
        for cle, (signales, justes, derives, trouves) in comptes.items()
    ]  # fmt: skip
    return pd.DataFrame(lignes)


def _classer(classes: Counter) -> pd.DataFrame:
    lignes = [
        {**dict(zip([*CAS, "seuil"], cle, strict=True)), "classe": f"{100 * bas:.0f}-{100 * haut:.0f}",
         "nombre": int(nombre), "annoncee": somme / nombre, "observee": vraies / nombre}
        for cle, nombres in classes.items()
        for bas, haut, (nombre, somme, vraies) in zip(CLASSES[:-1], CLASSES[1:], nombres, strict=True)
        if nombre
    ]  # fmt: skip
    return pd.DataFrame(lignes)


def _attendre(faux: Counter, comptes: Counter) -> pd.DataFrame:
    """À côté des fausses alertes attendues, celles que l'on a vues : signalées sans que rien n'y ait été planté."""
    lignes = [
        {**dict(zip(CAS, cle, strict=True)), "alertes": int(nombre), "fausses_attendues": attendues,
         "fausses_vues": int(nombre - comptes[*cle, "alerte ou plus"][1])}
        for cle, (nombre, attendues) in faux.items()
    ]  # fmt: skip
    return pd.DataFrame(lignes)
