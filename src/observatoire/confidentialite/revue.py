"""Ce qui paraît de la décomposition de la revue : des contributions arrondies, jamais un compte.

Une composante ne paraît que si chacun de ses côtés (ménages d'avant, d'après) a, comme toute valeur, assez de ménages
en haut, en bas et en complément, et n'est pas celle d'un bailleur qui ne peut pas se lire seul. Les autres sont
réunies, avec la plus petite qui suive s'il le faut. Rien ne s'en soustrait : aucune autre table ne les détaille, sauf
les entrants et les sortants, qui doivent paraître ; toutes les années du chemin doivent paraître aussi. Dans un
quartier, l'arrondi ne protège presque rien : les quartiers ne sont que pour les partenaires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.confidentialite.engagements import proteger_les_engagements
from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.evaluation import (
    COMPTES,
    FICHIER,
    QUARTIER,
    cumuler,
    decomposer,
    dresser_les_objectifs,
    lire_contexte,
    situer,
)
from observatoire.publie import CLES as CELLULE
from observatoire.publie import TOUTES
from observatoire.ruptures import lire_ruptures
from observatoire.secret import Regles
from observatoire.simulation import TRAITS, duree_de_la_charte

CLES = ["depart", "annee", "niveau", "territoire", "indicateur"]
COLONNES = [
    *CLES, "valeur_depart", "valeur", "variation", "composante", "contribution", "statut", "motif",
]  # fmt: skip
COLONNES_DES_ECARTS = [
    "revision", "date", "engagement", "libelle", "ecart", "champ", "au_depart", "a_la_fin", "verdict_initial",
    "statut_initial", "verdict", "statut_verdict", "statut", "motif",
]  # fmt: skip
_DE_LA_CONFORMITE = [*CELLULE, "objectif", "sens", "cible", "source", "constat", "verdict", "statut"]
#: Les composantes, dans l'ordre où elles se lisent, puis celles qui sont réunies, et la ligne où rien n'est décomposé.
PARAISSENT = (
    "entrants", "sortants", "restes", "livraisons", "demolitions_ventes", "couverture", "non_reponse",
)  # fmt: skip
AUTRES = "autres"
#: Celles dont l'absence ne dit rien d'un ménage : aucun logement n'a été livré, démoli, ou n'a changé de périmètre.
SANS_MENAGE = ("livraisons", "demolitions_ventes", "couverture")
#: Les contributions et leur somme sont imprimées au dixième de point.
DECIMALES = 3
#: De chaque côté : les ménages présents, ceux qui ont répondu, ceux qui comptent en haut.
_COTES = (("menages0", "n0", "haut0"), ("menages1", "n1", "haut1"))
_RAISONS = {
    "c": "une année du chemin est secrète", "nd": "une année du chemin n'est pas disponible",
    "ne": "une année du chemin n'est pas évaluable", "na": "la part n'existe pas une année du chemin",
}  # fmt: skip


def publier_la_revue(
    config: Configuration,
    regles: Regles,
    protegee: pd.DataFrame,
    engagements: pd.DataFrame,
    conformite: pd.DataFrame | None,
) -> dict[str, pd.DataFrame]:
    """Les tables de la revue pour un public : nom -> table ; aucune si la revue n'est pas calculée.

    ``protegee``, ``engagements``, ``conformite`` : les indicateurs, les engagements et la conformité des attributions
    de ce public, après protection.
    """
    prepare, referentiels = config.chemin("prepare"), config.chemin("referentiels")
    if not (prepare / f"{FICHIER}.parquet").is_file():
        return {}
    flux, ecarts, rejuges = (
        pd.read_parquet(prepare / f"{nom}.parquet") for nom in (FICHIER, "revue_ecarts", "revue_engagements")
    )
    bouts = (config.annee_zero, max(config.annees))
    sans_objectif = pd.DataFrame(columns=_DE_LA_CONFORMITE)
    objectifs = dresser_les_objectifs(
        protegee,
        engagements,
        sans_objectif if conformite is None else conformite,
        lire_ruptures(referentiels, catalogue()),
        bouts=bouts,
        tout=config.tout,
        duree=duree_de_la_charte(config.charte),
    )
    return {
        "revue_objectifs": objectifs,
        "revue_decomposition": proteger_la_decomposition(flux, protegee, regles, config.tout, bouts),
        "revue_ecarts": proteger_les_ecarts(ecarts, rejuges, engagements, protegee, bouts[1]),
        "contexte": lire_contexte(config),
    }


def proteger_les_ecarts(
    ecarts: pd.DataFrame, rejuges: pd.DataFrame, engagements: pd.DataFrame, protegee: pd.DataFrame, annee: int
) -> pd.DataFrame:
    """Les écarts, avec le verdict d'une année selon la règle du départ et selon celle d'aujourd'hui, et leur statut.

    ``rejuges`` : les engagements de l'état zéro, jugés ; leur verdict se cache comme celui des autres.
    """
    ecarts = ecarts.copy()
    initiaux = proteger_les_engagements(rejuges, protegee) if len(rejuges) else rejuges
    noms = {("verdict_initial", "statut_initial"): initiaux, ("verdict", "statut_verdict"): engagements}
    for colonnes, juges in noms.items():
        lus = juges[juges["annee"].eq(annee)].set_index("engagement")[["verdict", "statut"]]
        ecarts[list(colonnes)] = lus.reindex(ecarts["engagement"]).astype(object).fillna("").to_numpy()
    return ecarts[COLONNES_DES_ECARTS]


def proteger_la_decomposition(
    flux: pd.DataFrame, protegee: pd.DataFrame, regles: Regles, tout: tuple[str, str], bouts: tuple[int, int]
) -> pd.DataFrame:
    """La décomposition telle qu'un public la lit (:data:`COLONNES`).

    ``flux`` : voir :data:`observatoire.evaluation.COLONNES_DES_FLUX`. ``protegee`` : les indicateurs de ce public,
    après protection. ``bouts`` : l'état zéro et la dernière année.
    """
    depart, annee = bouts
    niveaux = [tout[0]] if regles.public == PUBLIQUE else [tout[0], QUARTIER]
    lignes: list[dict] = []
    parues = _Parues(protegee, regles, niveaux)
    for niveau in niveaux if annee > depart else ():
        contributions = cumuler(decomposer(flux, niveau, tout), depart, annee)
        par_bailleur = _par_bailleur(flux[flux["annee"].between(depart + 1, annee)], niveau, tout)
        siennes = {cle: Comptes.lire(t) for cle, t in par_bailleur.groupby(["territoire", "indicateur"])}
        calculees = {
            cle: dict(zip(t["composante"], t["contribution"].tolist(), strict=True))
            for cle, t in contributions.groupby(["territoire", "indicateur"])
        }
        lieux = {tout[1]} if niveau == tout[0] else set(flux["quartier"])
        for territoire, code in parues.parts(niveau, lieux, set(flux["indicateur"])):
            lieu = {"depart": depart, "annee": annee, "niveau": niveau, "territoire": territoire, "indicateur": code}
            cle = (territoire, code)
            lignes += _une_part(lieu, calculees.get(cle), siennes.get(cle), parues)
    return _typer(pd.DataFrame(lignes, columns=COLONNES))


def arrondir(contributions: np.ndarray, decimales: int = DECIMALES) -> np.ndarray:
    """Arrondir sans que la somme cesse d'être celle des contributions, arrondie : plus fort reste.

    >>> arrondir(np.array([0.0004, 0.0004, 0.0004])).tolist()
    [0.001, 0.0, 0.0]
    """
    pas = contributions * 10**decimales
    entiers = np.floor(pas)
    manquent = int(round(float(pas.sum())) - entiers.sum())
    rangs = np.argsort(-(pas - entiers), kind="stable")
    entiers[rangs[:manquent]] += 1
    return entiers / 10**decimales + 0.0


def _une_part(lieu: dict, apports: dict[str, float] | None, comptes: Comptes | None, parues: _Parues) -> list[dict]:
    """Les lignes d'une part en un lieu : ses composantes, ou celle qui dit pourquoi il n'y en a pas."""
    statut = parues.chemin(lieu)
    if statut == "publie" and (apports is None or comptes is None):
        statut = "nd"
    if statut != "publie":
        return [{**lieu, "composante": TOUTES, "statut": statut, "motif": _RAISONS[statut]}]
    bouts = {nom: parues.valeur(lieu, lieu[an]) for nom, an in (("valeur_depart", "depart"), ("valeur", "annee"))}
    variation = round(bouts["valeur"] - bouts["valeur_depart"], DECIMALES)
    commun = {**lieu, **bouts, "variation": variation, "motif": ""}
    reunies = reunir(comptes, lambda choisies: parues.sure(comptes.parmi(choisies), lieu), parues.cachees(lieu))
    brutes = {c: apports.get(c, 0.0) for c in PARAISSENT if c not in reunies}
    if reunies:
        brutes[AUTRES] = sum(apports.get(c, 0.0) for c in sorted(reunies))
    ecrites = dict(zip(brutes, arrondir(np.array(list(brutes.values()))).tolist(), strict=True))
    return [
        {**commun, "composante": c, "contribution": ecrites.get(c), "statut": "publie" if c in ecrites else "c"}
        for c in (*PARAISSENT, *([AUTRES] if reunies else []))
    ]


@dataclass(frozen=True)
class Comptes:
    """Les comptes d'une part en un lieu, une ligne par composante, bailleur et année.

    ``nombres`` : ménages, répondants et ce qui compte en haut, avant (trois colonnes) puis après (trois).
    """

    composantes: np.ndarray
    bailleurs: np.ndarray
    annees: np.ndarray
    nombres: np.ndarray

    @classmethod
    def lire(cls, table: pd.DataFrame) -> Comptes:
        """Les lignes de :func:`_par_bailleur` d'une part en un lieu."""
        cles = (table[c].to_numpy(object) for c in ("composante", "bailleur", "annee"))
        return cls(*cles, table[[nom for cote in _COTES for nom in cote]].to_numpy(np.int64))

    def parmi(self, choisies: Iterable[str]) -> Comptes:
        """Les lignes de ces composantes."""
        la = np.isin(self.composantes, list(choisies))
        return Comptes(self.composantes[la], self.bailleurs[la], self.annees[la], self.nombres[la])

    def taille(self) -> int:
        """Les répondants des deux côtés."""
        return int(self.nombres[:, [1, 4]].sum())

    def present(self) -> bool:
        """Y a-t-il un ménage, répondant ou non ?"""
        return bool(self.nombres[:, [0, 3]].any())


def reunir(comptes: Comptes, sure: Callable[[Iterable[str]], bool], cachees: set[str]) -> set[str]:
    """Les composantes à ne montrer que réunies : celles qui ne sont pas sûres, puis la plus petite, tant qu'il le faut.

    ``sure(composantes)`` : ensemble, peuvent-elles paraître ? ``cachees`` : celles qui ne paraissent jamais seules.
    """
    siens = {c: comptes.parmi([c]) for c in PARAISSENT}
    presentes = [c for c in PARAISSENT if siens[c].present()]
    reunies = {c for c in PARAISSENT if c not in presentes and c not in SANS_MENAGE}
    reunies |= {c for c in presentes if c in cachees or not sure([c])}
    restantes = sorted(set(presentes) - reunies, key=lambda c: (siens[c].taille(), c))
    while reunies and restantes and (len(reunies) == 1 or not sure(reunies)):
        reunies.add(restantes.pop(0))
    return reunies


class _Parues:
    """Ce qui paraît des indicateurs, cherché par clé, et les règles."""

    def __init__(self, protegee: pd.DataFrame, regles: Regles, niveaux: list[str]):
        utiles = protegee[protegee["niveau"].isin(niveaux)].drop_duplicates(CELLULE)
        cellules = list(zip(*(utiles[c].tolist() for c in CELLULE), strict=True))
        self.statuts, self.valeurs = (
            dict(zip(cellules, utiles[c].tolist(), strict=True)) for c in ("statut", "valeur")
        )
        self.regles = regles

    def parts(self, niveau: str, lieux: set[str], codes: set[str]) -> list[tuple[str, str]]:
        """Les (territoire, indicateur) de ces lieux et de ces codes qui ont une ligne, tous bailleurs réunis."""
        vus = {(c[2], c[4]) for c in self.statuts if c[1] == niveau and c[3] == "tous"}
        return sorted((lieu, code) for lieu, code in vus if lieu in lieux and code in codes)

    def chemin(self, lieu: dict) -> str:
        """« publie » si toutes les années du chemin paraissent, sinon le statut de la première qui manque."""
        annees = range(lieu["depart"], lieu["annee"] + 1)
        return next((s for a in annees if (s := self._statut(lieu, a)) != "publie"), "publie")

    def cachees(self, lieu: dict) -> set[str]:
        """Les composantes qu'un indicateur compte aussi, et qui n'y paraît pas toutes les années."""
        trait = next((t for t in TRAITS.values() if t.parc == lieu["indicateur"]), None)
        if trait is None:
            return set()
        annees = range(lieu["depart"] + 1, lieu["annee"] + 1)
        codes = {"entrants": trait.entrants, "sortants": trait.sortants}
        return {
            nom
            for nom, code in codes.items()
            if any(self._statut({**lieu, "indicateur": code}, a) != "publie" for a in annees)
        }

    def valeur(self, lieu: dict, annee: int) -> float:
        """La valeur publiée d'un lieu, une année."""
        return self.valeurs[annee, lieu["niveau"], lieu["territoire"], "tous", lieu["indicateur"]]

    def sure(self, comptes: Comptes, lieu: dict) -> bool:
        """Ces comptes, ensemble, peuvent-ils paraître : assez de ménages de chaque côté, et pas d'un seul bailleur ?"""
        totaux = comptes.nombres.sum(axis=0).reshape(2, 3)
        if any(presents and min(n, haut, n - haut) < self.regles.seuil for presents, n, haut in totaux.tolist()):
            return False
        return not self._domine(comptes) or self._se_lisent_seuls(comptes, lieu)

    def _domine(self, comptes: Comptes) -> bool:
        """Trop peu de bailleurs, ou l'un d'eux pèse trop."""
        rangs, bailleurs = pd.factorize(comptes.bailleurs)
        tailles = np.bincount(rangs, comptes.nombres[:, [1, 4]].sum(axis=1), len(bailleurs))
        assez = np.count_nonzero(tailles) >= self.regles.contributeurs
        return not assez or tailles.max() > self.regles.part_maximale * tailles.sum()

    def _se_lisent_seuls(self, comptes: Comptes, lieu: dict) -> bool:
        """Chaque bailleur paraît-il seul, en ce lieu, les années d'où viennent ses ménages ?"""
        avant, apres = comptes.nombres[:, 1] > 0, comptes.nombres[:, 4] > 0
        vus = set(zip(comptes.annees[avant] - 1, comptes.bailleurs[avant], strict=True))
        vus |= set(zip(comptes.annees[apres], comptes.bailleurs[apres], strict=True))
        return all(self._statut(lieu, int(annee), bailleur) == "publie" for annee, bailleur in vus)

    def _statut(self, lieu: dict, annee: int, bailleur: str = "tous") -> str:
        cle = (annee, lieu["niveau"], lieu["territoire"], bailleur, lieu["indicateur"])
        return self.statuts.get(cle, "nd")


def _par_bailleur(flux: pd.DataFrame, niveau: str, tout: tuple[str, str]) -> pd.DataFrame:
    """Les comptes d'un niveau, par année et bailleur. ``haut0``, ``haut1`` : ce qui doit être assez grand, et avoir un
    complément assez grand, de chaque côté ; parmi les restés, ceux dont la situation a changé : eux seuls comptent."""
    cles = ["annee", "territoire", "indicateur", "composante", "bailleur"]
    table = situer(flux, niveau, tout).groupby(cles, as_index=False)[COMPTES].sum()
    restes, changes = table["composante"].eq("restes"), table["gains"] + table["pertes"]
    return table.assign(haut0=table["x0"].mask(restes, changes), haut1=table["x1"].mask(restes, changes))


def _typer(table: pd.DataFrame) -> pd.DataFrame:
    nombres = ["valeur_depart", "valeur", "variation", "contribution"]
    textes = ["niveau", "territoire", "indicateur", "composante", "statut", "motif"]
    types = dict.fromkeys(nombres, "float64") | dict.fromkeys(textes, "str") | {"depart": "int64", "annee": "int64"}
    return table.fillna(dict.fromkeys(textes, "")).astype(types)
