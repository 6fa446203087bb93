"""Juger tous les engagements, toutes les années, sur ce qui paraît : ``publie/<public>/engagements.csv``.

Une mesure se juge sur la ligne publiée, avec l'incertitude du bruit qu'elle porte ; sur l'exact là où le barème du
secret dit le total exact, car c'est lui qui est publié. La valeur de l'état zéro est celle qui paraît de son année.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.sujets.objectifs import tables
from observatoire.sujets.objectifs.calcul.declaration import Engagement
from observatoire.sujets.objectifs.calcul.preuves import Compte, Registres, compter
from observatoire.verdicts import (
    LUES,
    NON_MESURABLE,
    PAS_EN_VIGUEUR,
    SANS_VERDICT,
    juger_les_faits,
    juger_les_mesures,
)
from observatoire.vocabulaire import PAR_INDICATEUR, SANS_PREUVE

#: ``engagements.csv`` : une ligne par année et par engagement.
CLES, COLONNES = tables.ENGAGEMENTS.noms_des_cles, tables.ENGAGEMENTS.noms
DECRITS, CIBLES, MESURES, ETAT_ZERO = (
    [c.nom for c in colonnes] for colonnes in (tables.DECRITS, tables.CIBLES, tables.MESURES, tables.ETAT_ZERO)
)
_NOMBRES = [*MESURES, "cible", "jusque", "tolerance", "zero_valeur"]
_ENTIERS = ["echeance", "zero_annee", "faits", "attendus"]
_CELLULE = [*LUES, "statut"]
_LIEU = ["indicateur", "niveau", "territoire", "bailleur"]


def juger_les_engagements(
    config: Configuration, engagements: list[Engagement], publiees: pd.DataFrame, registres: Registres
) -> pd.DataFrame:
    """Une ligne par engagement et par année de l'édition : les colonnes de :data:`COLONNES`.

    ``publiees`` : les indicateurs d'un public, et leur bruit (:data:`~observatoire.verdicts.LUES`).
    ``registres`` : ce qui prouve les faits (:func:`~.preuves.lire_registres`).

    Statut : celui de la cellule mesurée ; ``na`` si le texte ou la règle n'est pas en vigueur ; ``publie`` pour des
    faits.
    """
    lignes = [_decrire(e, annee, config) for e in engagements for annee in config.annees]
    table = pd.DataFrame(lignes, columns=[*CLES, *DECRITS, *CIBLES, *ETAT_ZERO, "en_vigueur", "avant_terme"])
    table = _typer(table)
    juges = [
        _juger_les_mesures(table[table["genre"].eq(PAR_INDICATEUR)], publiees),
        _juger_les_faits(table[~table["genre"].isin([PAR_INDICATEUR, SANS_PREUVE])], engagements, registres),
        _juger_les_autres(table[table["genre"].eq(SANS_PREUVE)], engagements),
    ]
    ordre = {e.code: rang for rang, e in enumerate(engagements)}
    table = _typer(pd.concat([j.reindex(columns=COLONNES) for j in juges]))
    return table.sort_values(["engagement", "annee"], key=lambda c: c.map(ordre) if c.name == "engagement" else c)[
        COLONNES
    ].reset_index(drop=True)


def _decrire(e: Engagement, annee: int, config: Configuration) -> dict:
    """Ce que l'on promettait cette année-là."""
    cible, mesure, preuve = e.cible_au(annee), e.mesure or {}, e.preuve or {}
    zero_annee, zero_valeur, zero_source = e.etat_zero
    terme = (cible.echeance if cible else None) or e.echeance
    return {
        "annee": annee, "engagement": e.code, "texte": e.texte.code, "texte_nom": e.texte.nom,
        "texte_note": e.texte.note, "article": e.article, "libelle": e.libelle, "titulaires": " ; ".join(e.titulaires),
        "nature": e.nature, "genre": PAR_INDICATEUR if mesure else preuve.get("genre", SANS_PREUVE),
        "rythme": preuve.get("rythme", ""), **{c: mesure.get(c, "") for c in _LIEU}, "sens": e.sens,
        "tolerance": e.tolerance, "arithmetique": e.arithmetique,
        "cible": cible.valeur if cible else None, "jusque": cible.valeur_haute if cible else None,
        "cible_depuis": cible.depuis.isoformat() if cible else "", "echeance": terme,
        "adoptee_par": cible.adoptee_par if cible else "", "cible_source": cible.source if cible else "",
        "zero_annee": (zero_annee or config.annee_zero) if mesure else None, "zero_valeur": zero_valeur,
        "zero_source": zero_source, "en_vigueur": e.en_vigueur(annee), "avant_terme": bool(terme and annee < terme),
    }  # fmt: skip


def _juger_les_mesures(table: pd.DataFrame, publiees: pd.DataFrame) -> pd.DataFrame:
    if table.empty:
        return table
    utiles = publiees[publiees["indicateur"].isin(table["indicateur"])]
    cellules = utiles.astype(dict.fromkeys([*_LIEU, "statut"], "str")).set_index(["annee", *_LIEU])[_CELLULE]
    lues = cellules.reindex(pd.MultiIndex.from_frame(table[["annee", *_LIEU]]))
    table = table.assign(**{c: lues[c].to_numpy() for c in _CELLULE})
    table["statut"] = table["statut"].fillna("nd")
    table["couverture"] = table["couverture"].where(table["statut"].eq("publie"))
    table["nature_indicateur"] = table["indicateur"].map({c: d.nature for c, d in catalogue().items()})
    zero = cellules["valeur"].reindex(pd.MultiIndex.from_frame(table[["zero_annee", *_LIEU]]))
    table["zero_valeur"] = table["zero_valeur"].fillna(pd.Series(zero.to_numpy(float), index=table.index))
    jugee = juger_les_mesures(table)
    return jugee.assign(statut=jugee["statut"].mask(~jugee["en_vigueur"], "na")).rename(columns={"valeur": "observe"})


def _juger_les_faits(table: pd.DataFrame, engagements: list[Engagement], registres: Registres) -> pd.DataFrame:
    if table.empty:
        return table
    par_code = {e.code: e for e in engagements}
    comptes = [
        compter(par_code[code], registres, annee)
        for code, annee in zip(table["engagement"], table["annee"], strict=True)
    ]
    table = table.assign(**pd.DataFrame(comptes, columns=Compte._fields, index=table.index))
    jugee = juger_les_faits(table)
    return jugee.assign(statut=np.where(jugee["verdict"].eq(SANS_VERDICT), "na", "publie"))


def _juger_les_autres(table: pd.DataFrame, engagements: list[Engagement]) -> pd.DataFrame:
    """Ceux que rien ne mesure : la raison est dans la déclaration."""
    raisons, ici = {e.code: e.sans_mesure for e in engagements}, table["en_vigueur"].astype(bool)
    return table.assign(
        verdict=np.where(ici, NON_MESURABLE, SANS_VERDICT),
        raison=np.where(ici, table["engagement"].map(raisons), PAS_EN_VIGUEUR),
        constat="",
        statut=np.where(ici, "publie", "na"),
    )


def _typer(table: pd.DataFrame) -> pd.DataFrame:
    """Des types qui ne dépendent pas des valeurs : nombres, entiers qui peuvent manquer, textes sans manquant."""
    nombres = [c for c in _NOMBRES if c in table]
    entiers = [c for c in _ENTIERS if c in table]
    logiques = [c for c in ("arithmetique", "en_vigueur", "avant_terme") if c in table]
    textes = [c for c in table if c not in {*nombres, *entiers, *logiques, "annee"}]
    table = table.astype(dict.fromkeys(nombres, "float64") | dict.fromkeys(entiers, "Int64") | {"annee": "int64"})
    table = table.astype(dict.fromkeys(logiques, bool))
    return table.assign(**{c: table[c].fillna("").astype("str") for c in textes})
