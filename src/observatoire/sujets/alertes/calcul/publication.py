"""Les alertes telles qu'un public les lit : les mêmes règles, appliquées aux comptes publiés.

Chaque territoire est évalué sur son observé, son dénominateur et son taux de réponse tels qu'ils paraissent dans les
indicateurs, bruit compris, à son niveau ; ce qui l'entoure aussi. L'attendu est un taux, arrondi, fois le dénominateur
publié ; ce taux vient du reste de la ville, dont les comptes par strate portent eux aussi leur bruit. Rien d'autre
n'est à protéger : ce qui est caché des indicateurs l'est ici, et n'entre dans la référence de personne.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.configuration import Configuration
from observatoire.secret import Bruit
from observatoire.secret import Regles as Secret
from observatoire.sujets.alertes.calcul.attendus import Comptes
from observatoire.sujets.alertes.calcul.etape import (
    AMPLEURS,
    CLES,
    COLONNES,
    EVALUEES,
    conclure_les_annees,
    evaluer_un_groupe,
    remonter,
)
from observatoire.sujets.alertes.calcul.hierarchie import Niveau
from observatoire.sujets.alertes.calcul.regles import Regles
from observatoire.sujets.alertes.calcul.standards import relire
from observatoire.sujets.alertes.calcul.strates import Parc, Territoires, ranger_le_parc
from observatoire.sujets.alertes.calcul.suites import PENTES
from observatoire.sujets.alertes.tables import ALERTES_PUBLIEES, AMPLEURS_PUBLIEES
from observatoire.vocabulaire import EMBOITES, NON_EVALUABLE

#: Décimales du taux attendu : un ménage sur mille.
DECIMALES_DU_TAUX = 3
#: Ce que portent les immeubles d'un secteur ou d'un quartier.
PORTEES = ["immeubles", "porteurs", "bailleurs_concernes", "part_porteurs", "forme"]
#: Ce qui en reste à qui ne voit pas les immeubles, et seulement d'un quartier.
PORTEES_DE_LOIN = ["immeubles", "porteurs", "forme"]
#: Décimales de ce qui paraît.
DECIMALES = dict.fromkeys(["ecart_points", "lisse", "reference", *PENTES[:3]], 3) | dict.fromkeys(
    ["proba_vigilance", "proba_alerte", "proba_pente", "reponse", "part_porteurs", "part_quartier"], 2
)


def regles_de_ce_qui_alerte(secret: Secret, regles: dict[int, Regles]) -> Secret:
    """Les règles du secret d'un public, étendues à tout ce qui est évalué : les immeubles d'un quartier disent qui en
    porte l'écart, même à qui ne les voit pas."""
    return secret.etendues(EMBOITES, (code for siennes in regles.values() for code in siennes.indicateurs))


def evaluer_les_alertes(
    config: Configuration, regles: dict[int, Regles], paru: pd.DataFrame, bruits: Mapping[str, Bruit]
) -> pd.DataFrame:
    """Toutes les évaluations d'un public, avec leur ``statut`` : celui de l'indicateur au même endroit.

    ``regles`` : celles de chaque année ; ``paru`` : les indicateurs selon :func:`regles_de_ce_qui_alerte` ;
    ``bruits`` : celui que porte chacun.
    """
    evaluees = []
    for annee, sommes in relire(config.chemin("prepare")).items():
        parc = ranger_le_parc(sommes, regles[annee], bruits) if annee in regles else None
        if parc is not None:
            vues = Vues(paru[paru["annee"].eq(annee)], bruits)
            evaluees.append(evaluer_ce_qui_parait(parc, regles[annee], vues).assign(annee=annee))
    jugees = conclure_les_annees(evaluees, regles, config)
    return jugees.reindex(columns=list(dict.fromkeys([*COLONNES, *AMPLEURS, "statut"])))


@dataclass(frozen=True)
class Vues:
    """Les indicateurs d'une année tels qu'ils paraissent, cherchés par niveau."""

    paru: pd.DataFrame
    bruits: Mapping[str, Bruit]

    @cached_property
    def _par_niveau(self) -> dict[str, pd.DataFrame]:
        return dict(iter(self.paru.groupby("niveau", observed=True)))

    def lire(self, territoires: Territoires, codes: list[str]) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Chaque mesure publiée, puis les statuts (vides : aucune ligne), (territoire, indicateur)."""
        forme = len(territoires.codes), len(codes)
        paru = self._par_niveau.get(territoires.niveau, self.paru.iloc[:0])
        ou = placer(territoires.codes, paru["territoire"]), placer(codes, paru["indicateur"])
        connues = (ou[0] >= 0) & (ou[1] >= 0)
        ou = ou[0][connues], ou[1][connues]
        mesures = {nom: np.full(forme, np.nan) for nom in ("numerateur", "denominateur", "reponse")}
        for nom, mesure in mesures.items():
            mesure[ou] = paru[nom].to_numpy(float)[connues]
        statuts = np.full(forme, "", object)
        statuts[ou] = paru["statut"].to_numpy(object)[connues]
        return mesures, statuts

    def compter(self, mesures: dict[str, np.ndarray], exacts: Comptes, codes: list[str]) -> Comptes:
        """Les comptes publiés d'un niveau ; leur attendu est le taux des comptes ``exacts``, arrondi."""
        n = mesures["denominateur"]
        with np.errstate(divide="ignore", invalid="ignore"):
            taux = np.round(exacts.attendus / exacts.n, DECIMALES_DU_TAUX)
            concernes = np.where(mesures["reponse"] > 0, n / mesures["reponse"], 0.0)
        bruits = [self.bruits[code] for code in codes]
        mesures_du_bruit = np.array([(b.variance, b.borne_d_un_zero()) for b in bruits])
        return Comptes(mesures["numerateur"], n, taux * n, concernes, *mesures_du_bruit.T)


def placer(codes, valeurs: pd.Series) -> np.ndarray:
    """Le rang de chaque valeur parmi les ``codes`` ; -1 si elle n'y est pas. Un territoire sans code n'a personne."""
    nommes = np.flatnonzero(pd.notna(np.asarray(codes, dtype=object)))
    rangs = pd.Index(np.asarray(codes, dtype=object)[nommes]).get_indexer(valeurs.to_numpy(object))
    return np.where(rangs >= 0, np.append(nommes, -1)[rangs], -1)


def evaluer_ce_qui_parait(parc: Parc, regles: Regles, vues: Vues) -> pd.DataFrame:
    """Une année : ce qui paraît ou se cache, une ligne par territoire et indicateur."""
    tables = []
    for declarations, comptes in parc.groupes:
        niveaux, statuts = _lire_les_niveaux(parc, comptes, [d.code for d in declarations], vues)
        ecrits = [niveau.comptes.arrondir() for niveau in niveaux]
        for table, siens in zip(evaluer_un_groupe(parc, declarations, niveaux, ecrits, regles), statuts, strict=True):
            tables.append(table.assign(statut=siens.ravel()))
    toutes = pd.concat(tables, ignore_index=True)
    return toutes.loc[toutes["statut"].isin(["publie", "c"]), [*EVALUEES[1:], "statut"]]


def _lire_les_niveaux(parc: Parc, comptes: Comptes, codes: list[str], vues: Vues) -> tuple[list[Niveau], list]:
    """Les niveaux et leurs comptes publiés, du plus large au plus fin, et les statuts de chacun.

    Un territoire que l'on imagine autour d'un autre n'a que les comptes publiés de ce qu'il contient.
    """
    niveaux, statuts, dedans = [], [], None
    for niveau, territoires in zip(reversed(remonter(parc, comptes)[0]), reversed(parc.niveaux), strict=True):
        mesures, siens = vues.lire(territoires, codes)
        publies = vues.compter(mesures, niveau.comptes, codes)
        if dedans is not None:
            contenus = dedans.comptes.reunir(dedans.parents, len(territoires.codes))
            publies = publies.completer(pd.isna(territoires.codes), contenus)
        dedans = replace(niveau, comptes=publies)
        niveaux.append(dedans)
        statuts.append(siens)
    return niveaux[::-1], statuts[::-1]


def publier_les_alertes(evaluees: pd.DataFrame, secret: Secret) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``alertes.csv`` et ``ampleurs.csv`` d'un public, chacun avec ``statut``.

    Statuts : ``publie`` ; ``ne``, l'indicateur paraît mais rien n'en est conclu ; ``c``, il est caché. Une ligne qui
    n'est pas publiée n'a que ses clés, ce qui la situe et le nombre de comparaisons.
    """
    table = evaluees[secret.montre(evaluees[["niveau", "indicateur"]]).to_numpy()].reset_index(drop=True)
    muettes = table["statut"].eq("publie") & table["verdict"].eq(NON_EVALUABLE)
    table["statut"] = table["statut"].mask(muettes, "ne")
    if "immeuble" not in secret.niveaux:
        table[PORTEES] = table[PORTEES].astype(object).mask(table["niveau"].ne("quartier"))
        table[[c for c in PORTEES if c not in PORTEES_DE_LOIN]] = np.nan
    libres = [*CLES, "nb_tests", "quartier", "secteur", "statut"]
    vidables = [c for c in table if c not in libres]
    table[vidables] = table[vidables].astype(object).mask(table["statut"].ne("publie"))
    for colonne, decimales in DECIMALES.items():
        table[colonne] = table[colonne].astype(float).round(decimales)
    return table[ALERTES_PUBLIEES.noms], table[AMPLEURS_PUBLIEES.noms]
