"""La décomposition telle qu'un public la lit : ``publie/<public>/revue_decomposition.csv``.

Les comptes de chaque composante sont bruités avec leur clé, comme ceux de tout indicateur, et les contributions en sont
tirées. Elles s'ajoutent exactement à la variation publiée : ce que le bruit laisse est une ligne à elle.

Une composante de moins d'unités que le seuil, avant comme après, est une unité trop petite : elle est cachée, et fondue
dans « autres ». Si « autres » est elle-même trop petite, elle ne paraît pas, et ce qu'elle vaut reste avec le bruit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.indicateurs.perimetre import Presences
from observatoire.publie import TOUTES
from observatoire.secret import Regles
from observatoire.secret.valeurs import bruiter_des_comptes
from observatoire.sujets.revue.calcul.decomposition import CLES, cumuler, decomposer, totaliser
from observatoire.sujets.revue.calcul.flux import BRUITES
from observatoire.sujets.revue.tables import CONSTANT, COURANT, DECOMPOSITION
from observatoire.vocabulaire import (
    COMPTEES,
    DEPLACES,
    DU_BRUIT,
    NON_APPLICABLE,
    NON_DISPONIBLE,
    NON_EVALUE,
    QUARTIER,
    REUNIES,
    SECRET,
)

COLONNES = DECOMPOSITION.noms
#: Les composantes, dans l'ordre où elles se lisent, puis celles qui sont réunies, et ce que le bruit laisse.
PARAISSENT = tuple(c for c in COMPTEES if c != DEPLACES)
#: Les contributions et leur somme sont dites en millièmes, soit au dixième de point.
DECIMALES = 3
_RAISONS = {
    SECRET: "une année du chemin est secrète", NON_DISPONIBLE: "une année du chemin n'est pas disponible",
    NON_EVALUE: "une année du chemin n'est pas évaluable", NON_APPLICABLE: "la part n'existe pas une année du chemin",
}  # fmt: skip


@dataclass(frozen=True)
class Parus:
    """Ce qu'un public lit : ses indicateurs (``publiees``), ceux à périmètre constant, et qui a livré quoi."""

    publiees: pd.DataFrame
    constants: pd.DataFrame
    couverture: pd.DataFrame

    def a_perimetre_constant(self, flux: pd.DataFrame, bouts: tuple[int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Les flux des bailleurs présents aux deux dates, là où ils ont changé, et leurs valeurs aux deux bouts.

        Une année du chemin se juge sur ce qui en paraît, tous bailleurs réunis.
        """
        fixes = self.constants[self.constants["depart"].eq(bouts[0]) & self.constants["arrivee"].eq(bouts[1])]
        la = Presences(self.couverture).aux_deux(bouts)[0].stack()
        siens = pd.MultiIndex.from_frame(flux[["bailleur", "indicateur"]]).isin(la.index[la.to_numpy(bool)])
        chemin = self.publiees[self.publiees["annee"].between(bouts[0] + 1, bouts[1] - 1)]
        codes = fixes["indicateur"].unique()
        chemin = chemin[chemin["indicateur"].isin(codes)]
        return flux[siens & flux["indicateur"].isin(codes)], pd.concat([chemin, fixes], ignore_index=True)


def publier_la_decomposition(
    flux: pd.DataFrame, parus: Parus, regles: Regles, tout: tuple[str, str], bouts: tuple[int, int]
) -> pd.DataFrame:
    """La décomposition de chaque part, à chaque lieu que ce public voit (:data:`COLONNES`) ; là où les bailleurs ont
    changé, une seconde à périmètre constant.

    ``flux`` : voir :data:`~.flux.COLONNES`. ``tout`` : le niveau et le code du territoire entier. ``bouts`` : l'état
    zéro et la dernière année.
    """
    niveaux = [n for n in (tout[0], QUARTIER) if n in regles.niveaux] if bouts[0] < bouts[1] else []
    perimetres = {COURANT: (flux, parus.publiees), CONSTANT: parus.a_perimetre_constant(flux, bouts)}
    morceaux = [
        _un_niveau(*perimetre, regles, tout, niveau, bouts).assign(perimetre=nom)
        for nom, perimetre in perimetres.items()
        for niveau in niveaux
        if len(perimetre[0])
    ]
    table = pd.concat(morceaux, ignore_index=True) if morceaux else pd.DataFrame(columns=COLONNES)
    absents = perimetres[CONSTANT][1].dropna(subset="absents").groupby("indicateur")["absents"].first()
    constante = table["perimetre"].eq(CONSTANT)
    table = table.assign(absents=table["indicateur"].map(absents).where(constante))
    return _typer(table.sort_values(CLES, kind="stable").reindex(columns=COLONNES))


def bruiter_les_comptes(totaux: pd.DataFrame, regles: Regles) -> pd.DataFrame:
    """Les comptes de :func:`~.decomposition.totaliser`, bruit compris."""
    sources = totaux["indicateur"].map({code: d.source for code, d in catalogue().items()}).to_numpy(object)
    bruites = bruiter_des_comptes(totaux, BRUITES, sources, np.full(len(totaux), True), regles)
    totaux = totaux.assign(**dict(zip(BRUITES, bruites.astype(np.int64), strict=True)))
    for haut, bas in (("x0", "n0"), ("x1", "n1")):
        totaux[haut] = totaux[[haut, bas]].min(axis=1)
    return totaux


def _un_niveau(flux, publiees, regles: Regles, tout, niveau: str, bouts) -> pd.DataFrame:
    """Les lignes d'un niveau : les composantes de ce qui se décompose, et pourquoi le reste ne l'est pas."""
    depart, annee = bouts
    totaux = totaliser(flux, niveau, tout)
    sommes = cumuler(decomposer(bruiter_les_comptes(totaux, regles)), depart, annee)
    lieux = _parcourir(publiees, niveau, totaux, bouts)
    decomposees = lieux.index.isin(pd.MultiIndex.from_frame(sommes[CLES]))
    lieux["statut"] = lieux["statut"].mask(lieux["statut"].eq("publie") & ~decomposees, "nd")
    ferme = fermer(lieux[lieux["statut"].eq("publie")], sommes, regles.seuil)
    muets = lieux.loc[lieux["statut"].ne("publie"), ["statut"]].reset_index()
    muets = muets.assign(composante=TOUTES, motif=muets["statut"].map(_RAISONS))
    return pd.concat([ferme, muets], ignore_index=True).assign(depart=depart, annee=annee)


def _parcourir(publiees: pd.DataFrame, niveau: str, totaux: pd.DataFrame, bouts: tuple[int, int]) -> pd.DataFrame:
    """Chaque part de chaque lieu : les deux bouts publiés, et le statut du chemin.

    Il est « publie » si toutes les années le sont, sinon celui de la première qui manque.
    """
    ici = publiees["niveau"].eq(niveau) & publiees["bailleur"].eq("tous") & publiees["annee"].between(*bouts)
    ici &= publiees["indicateur"].isin(totaux["indicateur"]) & publiees["territoire"].isin(totaux["territoire"])
    siennes = publiees.loc[ici, [*CLES, "annee", "valeur", "statut"]].astype(dict.fromkeys([*CLES, "statut"], object))
    annees = range(bouts[0], bouts[1] + 1)
    statuts, valeurs = (
        siennes.pivot(index=CLES, columns="annee", values=v).reindex(columns=annees) for v in ("statut", "valeur")
    )
    dits = statuts.fillna("nd").to_numpy(object)
    statut = dits[np.arange(len(dits)), (dits != "publie").argmax(axis=1)]
    return pd.DataFrame({"valeur_depart": valeurs[bouts[0]], "valeur": valeurs[bouts[1]], "statut": statut})


def fermer(lieux: pd.DataFrame, sommes: pd.DataFrame, seuil: int) -> pd.DataFrame:
    """Les composantes de chaque part, « autres » s'il y en a, et ce que le bruit laisse ; en millièmes entiers, leur
    somme est celle de la variation.

    ``lieux`` : index :data:`~.decomposition.CLES`, ``valeur_depart`` et ``valeur``. ``sommes`` :
    voir :func:`~.decomposition.cumuler`.
    """
    lues = ["contribution", "menages0", "menages1"]
    larges = sommes.pivot(index=CLES, columns="composante", values=lues).reindex(lieux.index)
    apports, avant, apres = (larges[v].reindex(columns=PARAISSENT).fillna(0) for v in lues)
    unites = np.maximum(avant, apres)
    petites = unites.gt(0) & unites.lt(seuil)
    reunies = np.maximum(avant.where(petites, 0).sum(axis=1), apres.where(petites, 0).sum(axis=1)).ge(seuil)
    parts = apports.mask(petites)
    parts[REUNIES] = apports.where(petites).sum(axis=1).where(reunies)
    parts = (parts * 10**DECIMALES).round()
    bouts = lieux[["valeur_depart", "valeur"]]
    variation = (bouts["valeur"] - bouts["valeur_depart"]).mul(10**DECIMALES).round()
    parts[DU_BRUIT] = variation - parts.sum(axis=1)
    longues = (parts / 10**DECIMALES + 0.0).stack(future_stack=True).rename("contribution")
    longues = longues.rename_axis([*CLES, "composante"]).reset_index()
    longues = longues[longues["composante"].ne(REUNIES) | longues["contribution"].notna()]
    statut = np.where(longues["contribution"].isna(), "c", "publie")
    return longues.assign(statut=statut).merge(
        bouts.assign(variation=variation / 10**DECIMALES).reset_index(), on=CLES, how="left"
    )  # fmt: skip


def _typer(table: pd.DataFrame) -> pd.DataFrame:
    nombres = ["valeur_depart", "valeur", "variation", "contribution"]
    textes = ["niveau", "territoire", "indicateur", "perimetre", "composante", "statut", "motif", "absents"]
    types = dict.fromkeys(nombres, "float64") | dict.fromkeys(textes, "str") | {"depart": "int64", "annee": "int64"}
    return table.astype(dict.fromkeys(textes, object)).fillna(dict.fromkeys(textes, "")).astype(types)
