"""Le bilan de chaque engagement, de chaque objectif et de chaque part suivie : ``publie/<public>/revue_objectifs.csv``.

Il se tire de tables publiées (indicateurs, variations, engagements, conformité des attributions) et des ruptures : rien
n'y est qu'un lecteur de ces tables ne puisse refaire.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.sujets.revue.calcul.comparaison import MESURES, comparer_les_bouts
from observatoire.sujets.revue.calcul.parcours import parts_du_parc
from observatoire.sujets.revue.calcul.pertinence import juger_les_pertinences
from observatoire.sujets.revue.calcul.propositions import proposer
from observatoire.sujets.revue.tables import OBJECTIFS
from observatoire.vocabulaire import DE_DEFINITION, PAR_INDICATEUR, SANS_PREUVE

ENGAGEMENT, OBJECTIF, SUIVI = ORIGINES = ("engagement", "objectif", "suivi")
LIEU = ["indicateur", "niveau", "territoire", "bailleur"]
_CIBLE = ["cible", "jusque", "cible_sens"]
_VERDICT = ["verdict", "constat", "raison"]
COLONNES = OBJECTIFS.noms
#: Un engagement que des faits prouvent, ou que rien ne mesure : il n'y a pas d'écart.
SANS_MESURE = "Jugé sur des faits, ou sans mesure : il n'y a pas de valeur à comparer."
_TEXTES = [
    "origine", "code", "libelle", *LIEU, "sens", "cible_sens", *_VERDICT, "pertinence", "proposition", "statut",
    "motif",
]  # fmt: skip


def dresser_les_objectifs(
    protegee: pd.DataFrame,
    engagements: pd.DataFrame,
    conformite: pd.DataFrame,
    ruptures: pd.DataFrame,
    variations: pd.DataFrame,
    *,
    bouts: tuple[int, int],
    tout: tuple[str, str],
    duree: int,
) -> pd.DataFrame:
    """Une ligne par engagement, objectif ou part suivie (:data:`COLONNES`), une seconde depuis la dernière rupture.

    ``protegee``, ``engagements``, ``conformite``, ``variations`` : ce qu'un public en lit. ``bouts`` : l'état zéro et
    la dernière année. ``duree`` : années accordées à un objectif sans échéance à venir.
    """
    _depart, annee = bouts
    lignes = pd.concat(
        [_des_engagements(engagements, annee), _des_objectifs(conformite, bouts), _des_parts(protegee, bouts, tout)],
        ignore_index=True,
    )
    lignes["annee"] = annee
    lignes["visible"] = _visibles(lignes, protegee)
    lignes = juger_les_pertinences(lignes, protegee, duree)
    lignes["proposition"] = proposer(lignes)
    mesurees = _depuis_les_ruptures(lignes[lignes["mesuree"]], ruptures)
    autres = lignes[~lignes["mesuree"]].assign(statut="na", motif=SANS_MESURE, depart=np.nan)
    comparees = comparer_les_bouts(mesurees, protegee, variations)
    table = pd.concat([comparees, autres]).sort_index(kind="stable")
    return _typer(table.reindex(columns=COLONNES))


def _des_engagements(table: pd.DataFrame, annee: int) -> pd.DataFrame:
    siens = table[table["annee"].eq(annee)]
    mesuree = siens["genre"].eq(PAR_INDICATEUR)
    dite = siens["zero_source"].fillna("").ne("")
    return siens.assign(
        origine=ENGAGEMENT, code=siens["engagement"], mesuree=mesuree,
        sans_mesure=siens["genre"].eq(SANS_PREUVE), depart=siens["zero_annee"].astype("float64"),
        donnee=siens["zero_valeur"].where(dite),
        cible_sens=siens["sens"].where(siens["cible"].notna(), ""),
        en_vigueur=siens["statut"].ne("na"), echeance=siens["echeance"].astype("float64"),
    )[_BASE]  # fmt: skip


def _des_objectifs(table: pd.DataFrame, bouts: tuple[int, int]) -> pd.DataFrame:
    siens = table[table["annee"].eq(bouts[1])]
    libelles = siens["indicateur"].map({c: d.libelle for c, d in catalogue().items()})
    sans_objet, secret = siens["verdict"].eq("sans_objet"), siens["statut"].eq("c")
    return siens.assign(
        origine=OBJECTIF, code=siens["objectif"], libelle=libelles, mesuree=True, sans_mesure=False,
        depart=float(bouts[0]), donnee=np.nan, jusque=np.nan, cible_sens=siens["sens"],
        en_vigueur=~sans_objet,
        verdict=siens["verdict"].mask(sans_objet | secret, ""), raison=siens["source"], echeance=np.nan,
    )[_BASE]  # fmt: skip


def _des_parts(protegee: pd.DataFrame, bouts: tuple[int, int], tout: tuple[str, str]) -> pd.DataFrame:
    presentes = set(protegee.loc[protegee["annee"].eq(bouts[1]), "indicateur"])
    parts = [d for d in parts_du_parc() if d.code in presentes]
    return pd.DataFrame(
        {
            "code": [d.code for d in parts], "libelle": [d.libelle for d in parts],
            "indicateur": [d.code for d in parts],
        }
    ).assign(
        origine=SUIVI, niveau=tout[0], territoire=tout[1], bailleur="tous", mesuree=True, sans_mesure=False,
        depart=float(bouts[0]), donnee=np.nan, cible=np.nan, jusque=np.nan, cible_sens="", verdict="", constat="",
        raison="", en_vigueur=True, echeance=np.nan,
    )[_BASE]  # fmt: skip


_BASE = [
    "origine", "code", "libelle", *LIEU, "mesuree", "sans_mesure", "depart", "donnee", *_CIBLE, *_VERDICT, "en_vigueur",
    "echeance",
]  # fmt: skip


def _visibles(lignes: pd.DataFrame, protegee: pd.DataFrame) -> pd.Series:
    """La valeur de la dernière année est-elle publiée ?"""
    publiees = protegee.loc[protegee["statut"].eq("publie"), ["annee", *LIEU]]
    return pd.Series(
        pd.MultiIndex.from_frame(lignes[["annee", *LIEU]]).isin(pd.MultiIndex.from_frame(publiees)), index=lignes.index
    )


def _depuis_les_ruptures(lignes: pd.DataFrame, ruptures: pd.DataFrame) -> pd.DataFrame:
    """Marquer les lignes qu'une rupture de définition traverse, et en ajouter une qui part de la dernière.

    L'année d'une rupture est la première de la nouvelle série.
    """
    de_definition = ruptures.loc[ruptures["genre"].eq(DE_DEFINITION), ["annee", "indicateurs"]]
    traversees = lignes.reset_index()[["index", "indicateur", "depart", "annee"]].merge(
        de_definition.rename(columns={"annee": "rupture", "indicateurs": "indicateur"})
    )
    dedans = traversees["rupture"].gt(traversees["depart"]) & traversees["rupture"].le(traversees["annee"])
    dernieres = traversees[dedans].groupby("index")["rupture"].max()
    lignes = lignes.assign(rompue=lignes.index.isin(dernieres.index))
    suite = lignes[lignes["rompue"]].assign(
        depart=lambda t: dernieres.reindex(t.index).astype(float), rompue=False, donnee=np.nan
    )
    suite = suite[suite["depart"].lt(suite["annee"])]
    return pd.concat([lignes, suite]).sort_index(kind="stable")


def _typer(table: pd.DataFrame) -> pd.DataFrame:
    nombres = [*MESURES, "cible", "jusque", "probabilite"]
    table = table.assign(**{c: table[c].fillna("").astype("str") for c in _TEXTES})
    return table.astype(dict.fromkeys(nombres, "float64") | {"depart": "Int64", "annee": "int64"}).reset_index(
        drop=True
    )
