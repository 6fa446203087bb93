"""Juger tous les engagements, toutes les années : ``prepare/engagements.parquet``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.droits import reserver
from observatoire.engagements.declaration import Engagement, lire_engagements
from observatoire.engagements.preuves import Compte, compter, lire_registres
from observatoire.engagements.verdicts import (
    NON_MESURABLE,
    PAS_EN_VIGUEUR,
    SANS_OBJET,
    VERDICTS,
    juger_les_faits,
    juger_les_mesures,
)
from observatoire.fichiers import ecrire_parquet

CLES = ["annee", "engagement"]
#: Ce qui décrit un engagement, le même toutes les années.
DECRITS = [
    "texte", "texte_nom", "texte_note", "article", "libelle", "titulaires", "nature", "genre", "rythme", "indicateur",
    "niveau", "territoire", "bailleur", "sens", "tolerance", "arithmetique",
]  # fmt: skip
#: L'objectif en vigueur.
CIBLES = ["cible", "jusque", "cible_depuis", "echeance", "adoptee_par", "cible_source"]
#: Ce qui vient d'une cellule de l'indicateur, et se cache avec elle.
MESURES = ["numerateur", "denominateur", "observe", "bas", "haut", "couverture"]
ETAT_ZERO = ["zero_annee", "zero_valeur", "zero_source"]
JUGES = ["faits", "attendus", "verdict", "constat", "raison", "statut"]
#: ``engagements.parquet`` : une ligne par année et par engagement.
COLONNES = [*CLES, *DECRITS, *CIBLES, *ETAT_ZERO, *MESURES, *JUGES]
_NOMBRES = [*MESURES, "cible", "jusque", "tolerance", "zero_valeur"]
_ENTIERS = ["echeance", "zero_annee", "faits", "attendus"]
_CELLULE = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture", "statut"]
_LIEU = ["indicateur", "niveau", "territoire", "bailleur"]


@dataclass(frozen=True)
class Bilan:
    """Ce qui a été jugé la dernière année : nombre d'engagements, et de chaque verdict."""

    engagements: int
    verdicts: dict[str, int]

    def __str__(self) -> str:
        nombres = [f"{n} {verdict.replace('_', ' ')}" for verdict, n in self.verdicts.items() if n]
        return f"{self.engagements} engagements : {', '.join(nombres)}" if nombres else "aucun engagement"


def ecrire_engagements(config: Configuration) -> Bilan:
    """Écrire ``prepare/engagements.parquet``.

    Lève :class:`ErreurConfiguration` si ``engagements.yml`` ou un compte rendu est mal écrit.
    """
    table = calculer_engagements(config)
    with reserver(config.acces):
        ecrire_parquet(table, config.chemin("prepare") / "engagements.parquet")
    derniere = table[table["annee"].eq(max(config.annees))]
    comptes = derniere["verdict"].value_counts()
    return Bilan(len(derniere), {v: int(comptes.get(v, 0)) for v in VERDICTS})


def calculer_engagements(config: Configuration, engagements: list[Engagement] | None = None) -> pd.DataFrame:
    """Une ligne par engagement et par année de l'édition : les colonnes de :data:`COLONNES`.

    ``engagements`` : ceux de ``engagements.yml``, sauf mention contraire.

    Statut ``calcule``, ``nd``, ``na`` (le texte ou la règle n'est pas en vigueur) ou ``ne``.
    """
    engagements = lire_engagements(config) if engagements is None else engagements
    lignes = [_decrire(e, annee, config) for e in engagements for annee in config.annees]
    table = pd.DataFrame(lignes, columns=[*CLES, *DECRITS, *CIBLES, *ETAT_ZERO, "en_vigueur", "avant_terme"])
    table = _typer(table)
    juges = [
        _juger_les_mesures(table[table["genre"].eq("indicateur")], config),
        _juger_les_faits(table[~table["genre"].isin(["indicateur", "aucune"])], engagements, config),
        _juger_les_autres(table[table["genre"].eq("aucune")], engagements),
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
        "nature": e.nature, "genre": "indicateur" if mesure else preuve.get("genre", "aucune"),
        "rythme": preuve.get("rythme", ""), **{c: mesure.get(c, "") for c in _LIEU}, "sens": e.sens,
        "tolerance": e.tolerance, "arithmetique": e.arithmetique,
        "cible": cible.valeur if cible else None, "jusque": cible.jusque if cible else None,
        "cible_depuis": cible.depuis.isoformat() if cible else "", "echeance": terme,
        "adoptee_par": cible.adoptee_par if cible else "", "cible_source": cible.source if cible else "",
        "zero_annee": (zero_annee or config.annee_zero) if mesure else None, "zero_valeur": zero_valeur,
        "zero_source": zero_source, "en_vigueur": e.en_vigueur(annee), "avant_terme": bool(terme and annee < terme),
    }  # fmt: skip


def _juger_les_mesures(table: pd.DataFrame, config: Configuration) -> pd.DataFrame:
    if table.empty:
        return table
    cellules = _cellules(config, table)
    lues = cellules.reindex(pd.MultiIndex.from_frame(table[["annee", *_LIEU]]))
    table = table.assign(**{c: lues[c].to_numpy() for c in _CELLULE})
    table["statut"] = table["statut"].fillna("nd")
    table["nature_indicateur"] = table["indicateur"].map({c: d.nature for c, d in catalogue().items()})
    zero = cellules["valeur"].reindex(pd.MultiIndex.from_frame(table[["zero_annee", *_LIEU]]))
    table["zero_valeur"] = table["zero_valeur"].fillna(pd.Series(zero.to_numpy(float), index=table.index))
    jugee = juger_les_mesures(table)
    jugee["statut"] = jugee["statut"].mask(~jugee["en_vigueur"] | jugee["verdict"].eq(SANS_OBJET), "na")
    return jugee.rename(columns={"valeur": "observe"})


def _cellules(config: Configuration, table: pd.DataFrame) -> pd.DataFrame:
    """Les cellules des indicateurs mesurés, indexées par année et lieu."""
    voulus = sorted(table["indicateur"].unique())
    lues = pd.read_parquet(
        config.chemin("prepare") / "indicateurs.parquet",
        columns=["annee", *_LIEU, *_CELLULE],
        filters=[("niveau", "in", sorted(table["niveau"].unique())), ("indicateur", "in", voulus)],
    )
    return lues.astype(dict.fromkeys([*_LIEU, "statut"], "str")).set_index(["annee", *_LIEU])


def _juger_les_faits(table: pd.DataFrame, engagements: list[Engagement], config: Configuration) -> pd.DataFrame:
    if table.empty:
        return table
    par_code, registres = {e.code: e for e in engagements}, lire_registres(config)
    comptes = [
        compter(par_code[code], registres, annee)
        for code, annee in zip(table["engagement"], table["annee"], strict=True)
    ]
    table = table.assign(**pd.DataFrame(comptes, columns=Compte._fields, index=table.index))
    jugee = juger_les_faits(table)
    return jugee.assign(statut=np.where(jugee["verdict"].eq(SANS_OBJET), "na", "calcule"))


def _juger_les_autres(table: pd.DataFrame, engagements: list[Engagement]) -> pd.DataFrame:
    """Ceux que rien ne mesure : la raison est dans la déclaration."""
    raisons, ici = {e.code: e.sans_mesure for e in engagements}, table["en_vigueur"].astype(bool)
    return table.assign(
        verdict=np.where(ici, NON_MESURABLE, SANS_OBJET),
        raison=np.where(ici, table["engagement"].map(raisons), PAS_EN_VIGUEUR),
        constat="",
        statut=np.where(ici, "calcule", "na"),
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
