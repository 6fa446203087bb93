"""Choisir dans ``publie`` les lignes qu'une figure ou un tableau montre."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.erreurs import ParametreInconnu

if TYPE_CHECKING:
    from observatoire.publie import Publie

_NIVEAUX = ("ville", "quartier", "qpv", "secteur")


def reperer(valeurs: Publie, territoire: str | None = None) -> tuple[str, str]:
    """Le niveau et le code d'un territoire ; la ville quand rien n'est donné."""
    if territoire is None:
        return "ville", valeurs.edition["code"]
    for niveau in _NIVEAUX:
        if (niveau, territoire) in valeurs.noms:
            return niveau, territoire
    raise ParametreInconnu(f"« {territoire} » n'est pas un territoire publié.")


def nommer(valeurs: Publie, territoire: str | None = None, bailleur: str = "tous") -> str:
    """Ce dont parle une figure : « Planoise », « Néolia », « Néolia, Planoise »."""
    niveau, code = reperer(valeurs, territoire)
    lieu = valeurs.edition["nom"] if niveau == "ville" else valeurs.nom(niveau, code)
    if bailleur == "tous":
        return lieu
    nom = valeurs.nom("bailleur", bailleur)
    return nom if niveau == "ville" else f"{nom}, {lieu}"


def serie(valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous") -> pd.DataFrame:
    """Une ligne par année de l'édition ; une année qui n'a pas été calculée est ``nd``. Ne pas la modifier."""
    return valeurs.serie(indicateur, *reperer(valeurs, territoire), bailleur)


def ligne(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous", annee: int | None = None
) -> pd.Series:
    """La ligne d'une année (celle de la page par défaut)."""
    return valeurs.ligne(indicateur, *reperer(valeurs, territoire), bailleur, annee)


def quartiers(valeurs: Publie, indicateur: str, bailleur: str = "tous") -> pd.DataFrame:
    """Une ligne par quartier pour l'année de la page : ``code``, ``nom`` et les valeurs."""
    lieux = valeurs.territoires[valeurs.territoires["niveau"].eq("quartier")]
    lignes = valeurs.extrait(indicateur=indicateur, niveau="quartier", bailleur=bailleur, annee=valeurs.annee)
    return _joindre(lieux, lignes, "territoire")


def bailleurs(valeurs: Publie, indicateur: str, territoire: str | None = None) -> pd.DataFrame:
    """Une ligne par bailleur pour l'année de la page : ``code``, ``nom`` et les valeurs."""
    niveau, code = reperer(valeurs, territoire)
    lignes = valeurs.extrait(indicateur=indicateur, niveau=niveau, territoire=code, annee=valeurs.annee)
    return _joindre(vrais_bailleurs(valeurs), lignes, "bailleur")


def vrais_bailleurs(valeurs: Publie) -> pd.DataFrame:
    """Les bailleurs, sans les autres déposants."""
    oui = valeurs.bailleurs["est_bailleur"].astype(str).str.lower().isin(["true", "1", "oui"])
    return valeurs.bailleurs[oui]


def famille(valeurs: Publie, nom: str) -> list[str]:
    """Les codes d'une famille, dans l'ordre du catalogue ; son premier mot suffit à la nommer."""
    premier = _plat(nom).split()[0]
    return [c for c, d in valeurs.catalogue.items() if _plat(d["famille"]).split()[0] == premier]


def groupe(valeurs: Publie, nom: str) -> list[str]:
    """Les modalités d'une répartition, dans l'ordre du catalogue."""
    return [c for c, d in valeurs.catalogue.items() if d.get("groupe") == nom]


def ruptures(valeurs: Publie, indicateur: str) -> pd.DataFrame:
    """Les ruptures qui touchent un indicateur : chacune sépare ``annee`` - 1 de ``annee``."""
    if valeurs.ruptures.empty:
        return valeurs.ruptures
    touches = {indicateur, valeurs.catalogue[indicateur].get("groupe"), "tous", "*"} - {None}
    return valeurs.ruptures[[bool(codes & touches) for codes in valeurs.codes_rompus]]


def segments(valeurs: Publie, indicateur: str, annees: pd.DataFrame) -> pd.Series:
    """Le numéro du segment de chaque année : il change à une rupture et après une année sans valeur."""
    coupures = set(ruptures(valeurs, indicateur)["annee"]) if len(valeurs.ruptures) else set()
    manque = annees["valeur"].isna() | annees["statut"].ne("publie")
    saut = annees["annee"].diff().ne(1) | annees["annee"].isin(coupures) | manque.shift(fill_value=False)
    return saut.cumsum()


def _joindre(lieux: pd.DataFrame, lignes: pd.DataFrame, colonne: str) -> pd.DataFrame:
    joint = lieux[["code", "nom"]].merge(
        lignes.drop(columns="territoire" if colonne == "bailleur" else "bailleur", errors="ignore"),
        left_on="code",
        right_on=colonne,
        how="left",
    )
    return joint.assign(statut=joint["statut"].fillna("nd"))


def _plat(texte: str) -> str:
    sans_accents = unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", " ", sans_accents.lower()).strip()
