"""Les alertes de changement : ce qui arrive aux ménages qui restent, et ce qu'apportent ceux qui arrivent.

Une alerte de niveau dit où un trait est fréquent ; celle-ci, où il le devient, ou cesse de l'être. Trois mouvements
sont éprouvés, chacun sur ceux à qui il peut arriver : *gagnes*, ceux qui n'avaient pas le trait et l'ont ; *perdus*,
ceux qui l'avaient et ne l'ont plus (un progrès, souvent) ; *arrives*, ceux qui l'ont parmi ceux qui n'étaient pas là.
Chacun est comparé au reste de la ville, à part de départ égale, puis à ce qui l'entoure, par la même hiérarchie que
les niveaux (:mod:`~.hierarchie`). Tout se tire de comptes publiés.

Ce qu'elle ne voit pas : un trait déjà là, qui ne bouge plus ; un territoire dont presque personne ne reste.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from observatoire.secret import Bruit
from observatoire.statistique.depart import pente_ponderee, retrecir
from observatoire.statistique.intervalles import encadrer_un_rapport, wilson
from observatoire.statistique.lois import LOIS, PLANCHER
from observatoire.statistique.melange import DISPERSIONS
from observatoire.sujets.alertes.calcul.attendus import Comptes, reunir
from observatoire.sujets.alertes.calcul.hierarchie import Niveau, evaluer
from observatoire.sujets.alertes.calcul.publication import placer
from observatoire.sujets.alertes.calcul.regles import Regles
from observatoire.sujets.alertes.calcul.strates import Territoires, emboiter, remonter_au_plus_large
from observatoire.sujets.alertes.tables import CHANGEMENTS
from observatoire.vocabulaire import (
    ALERTE,
    ARRIVES,
    CONFORME,
    EMBOITES,
    GAGNES,
    NON_EVALUABLE,
    PERDUS,
    PROPORTION,
    VIGILANCE,
)

_CLES = ["niveau", "territoire", "indicateur"]
#: Comptes publiés que chaque mouvement ajoute ou retranche : leurs bruits s'ajoutent.
_BRUITS = {GAGNES: 2, PERDUS: 2, ARRIVES: 3}
#: Le sens dans lequel la part de départ déplace ce qui est attendu.
_PENTES = {GAGNES: 1.0, PERDUS: -1.0}
DECIMALES = 3


def evaluer_les_changements(
    mouvements: pd.DataFrame, lieux: pd.DataFrame, regles: Mapping[int, Regles], bruits: Mapping[str, Bruit]
) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.alertes.tables.CHANGEMENTS`, sans leur statut.

    ``mouvements`` : voir :func:`compter_les_mouvements`. ``lieux`` : ``annee``, ``quartier``, ``secteur``, ``immeuble``
    et ``bailleur`` de chaque lieu. ``regles`` : celles de chaque année. ``bruits`` : celui de chaque indicateur.
    """
    morceaux = []
    for annee, siennes in regles.items():
        ici = mouvements[mouvements["annee"].eq(annee) & mouvements["indicateur"].isin(siennes.suivis)]
        if siennes.changement is None or ici.empty:
            continue
        noms = [n for n in EMBOITES if n in lieux]
        situes = lieux[lieux["annee"].eq(annee) & lieux[noms].notna().any(axis=1)].reset_index(drop=True)
        territoires = emboiter(situes, noms)[0] if len(situes) else []
        codes = [c for c in siennes.suivis if c in set(ici["indicateur"])]
        lus = _lire_les_niveaux(ici, territoires, codes) if territoires else {}
        for sens in lus:
            evalues = _evaluer(lus, territoires, siennes, sens, {c: bruits[c] for c in codes})
            morceaux += [t.assign(annee=annee) for t in evalues]
    table = pd.concat(morceaux, ignore_index=True) if morceaux else pd.DataFrame(columns=CHANGEMENTS.noms)
    return table.sort_values(CHANGEMENTS.noms_des_cles, ignore_index=True) if len(table) else table


def compter_les_mouvements(passages: pd.DataFrame, marges: pd.DataFrame, bruits: Mapping[str, Bruit]) -> pd.DataFrame:
    """De chaque lieu et part, d'une année à la suivante : ce que chaque mouvement compte, et à qui il pouvait arriver.

    ``passages`` : ceux d'un public, bruités. ``marges`` : ``numerateur`` et ``denominateur`` publiés à l'arrivée, à
    périmètre constant. Rend ``annee``, les clés, et pour chaque mouvement ``<mouvement>_x`` et ``<mouvement>_n`` : une
    différence de comptes s'y écrit comme un compte de l'indicateur (``bruits``).
    """
    suite = passages[passages["annee"].eq(passages["depart"] + 1) & passages["bailleur"].eq("tous")]
    table = suite.merge(marges, on=["annee", *_CLES], how="left")
    avaient = table["gardes"] + table["perdus"]
    comptes = {
        GAGNES: (table["gagnes"], table["restes"] - avaient),
        PERDUS: (table["perdus"], avaient),
        ARRIVES: (table["numerateur"] - table["gardes"] - table["gagnes"], table["denominateur"] - table["restes"]),
    }
    colonnes, codes = {}, table.groupby("indicateur", observed=True).indices
    for sens, (x, n) in comptes.items():
        deux = np.array([x.clip(lower=0), n.clip(lower=0)], dtype=float)
        for code, ici in codes.items():
            deux[:, ici] = bruits[code].ecrire(deux[:, ici])
        colonnes |= {f"{sens}_x": np.minimum(*deux), f"{sens}_n": deux[1]}
    return table[["annee", *_CLES]].assign(**colonnes)


def _evaluer(
    lus: dict[str, list], territoires: list[Territoires], regles: Regles, sens: str, bruits: dict[str, Bruit]
) -> list[pd.DataFrame]:
    """Un mouvement, une année : une table par niveau. ``lus`` : voir :func:`_lire_les_niveaux`."""
    codes, siens = list(bruits), lus[sens]
    variances = _BRUITS[sens] * np.array([bruit.variance for bruit in bruits.values()])
    larges = [remonter_au_plus_large(territoires[: rang + 1]) for rang in range(len(territoires))]
    corrections = _corriger_du_depart(lus, sens)
    x_ville, n_ville = (v.sum(axis=0) for v in siens[0])
    niveaux = []
    for t, large, (x, n), correction in zip(territoires, larges, siens, corrections, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            taux = (x_ville - siens[0][0][large]) / (n_ville - siens[0][1][large])
        taux = np.where(taux > 0, np.maximum(taux + correction, PLANCHER), taux)
        niveaux.append(Niveau(t.niveau, Comptes(x, n, taux * n, n, variances), t.parents, pd.notna(t.codes)))

    def evaluable(c: Comptes) -> np.ndarray:
        return (c.n >= regles.repondants) & np.isfinite(c.attendus) & (c.attendus > 0)

    def seuils(_niveau: str) -> tuple[np.ndarray, np.ndarray]:
        return tuple(np.full(len(codes), seuil) for seuil in regles.changement)

    evaluations = evaluer(niveaux, LOIS[PROPORTION], DISPERSIONS[PROPORTION], seuils, evaluable)
    zeros = np.array([bruit.borne_d_un_zero() for bruit in bruits.values()])
    return [
        _tabuler(t, codes, e, zeros)
        .assign(mouvement=sens, quartier=np.repeat(territoires[0].codes[large], len(codes)))
        .pipe(_garder_ce_qui_compte)
        .pipe(_juger, regles)
        for t, large, e in zip(territoires, larges, evaluations, strict=True)
    ]


def _corriger_du_depart(lus: dict[str, list], sens: str) -> list[np.ndarray]:
    r"""Ce que la part de départ ajoute au taux attendu de chaque territoire, niveau par niveau.

    Une réponse mal notée, ou qui change sans que rien ait changé, fait gagner le trait là où il est fréquent et le fait
    perdre là où il est rare : d'erreurs sur une part $e$ des réponses, $e p$ de gains et $e (1 - p)$ de pertes. La
    pente est celle de la ville, estimée sur les plus petits territoires ; leur part de départ y est rétrécie, sans quoi
    ce que l'on en ignore l'aplatirait. ``lus`` : voir :func:`_lire_les_niveaux`.
    """
    fins = lus[sens][-1]
    if sens not in _PENTES:
        return [np.zeros_like(x) for x, _ in lus[sens]]
    departs = [
        retrecir(avaient[1], avaient[1] + sans[1]) for avaient, sans in zip(lus[PERDUS], lus[GAGNES], strict=True)
    ]
    pentes = _PENTES[sens] * np.maximum(_PENTES[sens] * pente_ponderee(*fins, departs[-1]), 0)
    moyenne = (fins[1] * departs[-1]).sum(axis=0) / np.maximum(fins[1].sum(axis=0), 1)
    return [pentes * (depart - moyenne) for depart in departs]


def _lire_les_niveaux(
    mouvements: pd.DataFrame, territoires: list[Territoires], codes: list[str]
) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Mouvement -> niveau par niveau, ce qu'il compte en chaque territoire, et à qui il pouvait arriver ; zéro s'il se
    tait."""
    lus: dict[str, list] = {sens: [] for sens in _BRUITS}
    for t in territoires:
        siens = mouvements[mouvements["niveau"].eq(t.niveau)]
        ou = placer(t.codes, siens["territoire"]), placer(codes, siens["indicateur"])
        for sens, niveaux in lus.items():
            connus = (ou[0] >= 0) & (ou[1] >= 0) & siens[f"{sens}_n"].notna().to_numpy()
            deux = tuple(np.zeros((len(t.codes), len(codes))) for _ in ("x", "n"))
            for valeurs, role in zip(deux, ("x", "n"), strict=True):
                valeurs[ou[0][connus], ou[1][connus]] = siens[f"{sens}_{role}"].to_numpy(float)[connus]
            niveaux.append(deux)
    return {sens: _completer(niveaux, territoires) for sens, niveaux in lus.items()}


def _completer(lus: list, territoires: list[Territoires]) -> list:
    """Un territoire que l'on imagine compte ce que comptent ceux qu'il contient."""
    for rang in range(len(lus) - 2, -1, -1):
        imagines = pd.isna(territoires[rang].codes)[:, None]
        dedans = [reunir(v, territoires[rang + 1].parents, len(territoires[rang].codes)) for v in lus[rang + 1]]
        lus[rang] = tuple(np.where(imagines, d, v) for d, v in zip(dedans, lus[rang], strict=True))
    return lus


def _tabuler(t: Territoires, codes: list[str], evaluation, zeros: np.ndarray) -> pd.DataFrame:
    c, n = evaluation.comptes, len(codes)
    with np.errstate(divide="ignore", invalid="ignore"):
        bas, haut = encadrer_un_rapport(wilson, c.x, c.n, (c.bruit, zeros))
    evalue = np.isfinite(evaluation.lisse)
    mesures = {
        "observe": c.x, "exposes": c.n, "attendu": c.attendus.round(1), "exces": (c.x - c.attendus).round(1),
        "exces_bas": (bas * c.n - c.attendus).round(1), "exces_haut": (haut * c.n - c.attendus).round(1),
        "ecart_points": (evaluation.lisse - evaluation.reference).round(DECIMALES),
        "proba_vigilance": evaluation.probabilites[0].round(DECIMALES),
        "proba_alerte": evaluation.probabilites[1].round(DECIMALES),
        "nb_tests": np.broadcast_to(evalue.sum(axis=0), c.x.shape),
    }  # fmt: skip
    cles = {"territoire": np.repeat(t.codes, n), "indicateur": np.tile(codes, len(t.codes))}
    return pd.DataFrame({"niveau": t.niveau, **cles, **{nom: mesure.ravel() for nom, mesure in mesures.items()}})


def _garder_ce_qui_compte(table: pd.DataFrame) -> pd.DataFrame:
    """Sans les territoires imaginés, ni ceux où rien ne pouvait arriver."""
    return table[table["territoire"].notna() & (table["exposes"] > 0)]


def _juger(table: pd.DataFrame, regles: Regles) -> pd.DataFrame:
    """Le verdict : la probabilité de dépasser chaque écart, et plus observé qu'attendu."""
    plus = table["exces"] > 0
    cas = [
        table["proba_vigilance"].isna(),
        plus & (table["proba_alerte"] > regles.probabilite),
        plus & (table["proba_vigilance"] > regles.probabilite),
    ]
    return table.assign(verdict=np.select(cas, [NON_EVALUABLE, ALERTE, VIGILANCE], CONFORME))
