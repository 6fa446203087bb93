"""Ce qui change d'une édition à une autre, valeur par valeur, et pourquoi, quand ce qui est publié le dit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from observatoire.rangement import lire_publiee
from observatoire.tables import Table
from observatoire.tables.depots import CORRECTIONS_PUBLIEES, DEPOTS_PUBLIES
from observatoire.tables.edition import BAREMES, CATALOGUE
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

CLES = INDICATEURS_PUBLIES.noms_des_cles
#: Les colonnes d'une comparaison.
COLONNES = [*CLES, "valeur_avant", "valeur", "statut_avant", "statut", "cause"]
#: Pourquoi une valeur a changé ; « inconnue » : rien de ce qui est publié ne le dit.
CAUSES = {
    "definition": "la définition de l'indicateur a changé",
    "bareme": "un de ses seuils datés a changé",
    "correction": "une correction a été ajoutée ou retirée",
    "depot": "un de ses dépôts n'est plus le même",
    "protection": "elle est cachée, ou ne l'est plus",
    "inconnue": "le calcul, ou un dépôt de même taille",
}
#: Ce qui, d'une déclaration, ne fait pas la valeur.
_MOTS = {"libelle", "famille", "fiche", "synonymes", "groupe", "modalite", "sens", "intervalle"}
#: Deux valeurs plus proches que cela sont la même, relue.
_EGALES = 1e-9


@dataclass(frozen=True)
class Etat:
    """Une édition telle qu'elle a paru : ses valeurs, et ce qui les explique, si on l'a gardé."""

    valeurs: pd.DataFrame
    catalogue: Mapping[str, dict] = field(default_factory=dict)
    temoins: Mapping[Table, pd.DataFrame] = field(default_factory=dict)


def lire_etat(dossier: Path, valeurs: Path | None = None) -> Etat:
    """L'édition d'un dossier publié, ou d'un dossier d'archive, dont les ``valeurs`` sont ailleurs."""
    fichier = valeurs or INDICATEURS_PUBLIES.dans(dossier)
    lues = pd.read_csv(fichier, dtype=dict.fromkeys([*CLES[1:], "statut"], str), keep_default_na=False, na_values=[""])
    declare = CATALOGUE.dans(dossier)
    declarations = json.loads(declare.read_text(encoding="utf-8")) if declare.is_file() else []
    tables = (BAREMES, DEPOTS_PUBLIES, CORRECTIONS_PUBLIEES)
    temoins = {t: lire_publiee(t, dossier) for t in tables if t.dans(dossier).is_file()}
    return Etat(lues[[*CLES, "valeur", "statut"]], {d["code"]: d for d in declarations}, temoins)


def comparer(avant: Etat, apres: Etat) -> pd.DataFrame:
    """Une ligne par valeur qui a changé, dans l'ordre de ses clés (:data:`COLONNES`).

    Seules se comparent les années que les deux éditions ont. Une valeur nouvelle n'a pas de ``statut_avant``, une
    valeur disparue pas de ``statut``. ``cause`` : les :data:`CAUSES` possibles, de la plus générale à la plus propre.
    """
    communes = set(avant.valeurs["annee"]) & set(apres.valeurs["annee"])
    anciennes, nouvelles = (e.valeurs[e.valeurs["annee"].isin(communes)].set_index(CLES) for e in (avant, apres))
    deux = anciennes.add_suffix("_avant").join(nouvelles, how="outer").reset_index()
    ecart = (deux["valeur"] - deux["valeur_avant"]).abs() > _EGALES
    ecart |= deux["valeur"].isna() != deux["valeur_avant"].isna()
    ecart |= deux["statut"].fillna("") != deux["statut_avant"].fillna("")
    changees = deux[ecart].sort_values(CLES, kind="stable", ignore_index=True)
    return changees.assign(cause=_expliquer(changees, avant, apres))[COLONNES]


def _expliquer(changees: pd.DataFrame, avant: Etat, apres: Etat) -> pd.Series:
    """Les causes de chaque ligne, jointes ; « inconnue » sans aucune."""
    masques = {
        "definition": changees["indicateur"].isin(_definitions(avant.catalogue, apres.catalogue)),
        "bareme": changees["indicateur"].isin(_differences(avant, apres, BAREMES, ["code"])["code"]),
        "correction": _vient_des_tables(changees, avant, apres, CORRECTIONS_PUBLIEES),
        "depot": _vient_des_tables(changees, avant, apres, DEPOTS_PUBLIES),
        "protection": changees["statut"].eq("c") ^ changees["statut_avant"].eq("c"),
    }
    causes = pd.Series("", index=changees.index, dtype=object)
    for cause, masque in masques.items():
        causes = causes.where(~masque, causes + "+" + cause)
    return causes.str.removeprefix("+").replace("", "inconnue")


def _definitions(avant: Mapping[str, dict], apres: Mapping[str, dict]) -> set[str]:
    def propre(declaration: dict) -> dict:
        return {cle: valeur for cle, valeur in declaration.items() if cle not in _MOTS}

    return {code for code in avant.keys() & apres.keys() if propre(avant[code]) != propre(apres[code])}


def _vient_des_tables(changees: pd.DataFrame, avant: Etat, apres: Etat, temoin: Table) -> pd.Series:
    """Les lignes dont l'indicateur se tire d'une table que ``temoin`` dit autre, la même année."""
    tables = {code: tuple(d.get("tables") or ()) for code, d in apres.catalogue.items()}
    autres = set(_differences(avant, apres, temoin, ["annee", "table"]).itertuples(index=False, name=None))
    couples = changees[["annee", "indicateur"]].drop_duplicates()
    touches = {
        (annee, code)
        for annee, code in couples.itertuples(index=False, name=None)
        if any((annee, table) in autres for table in tables.get(code, ()))
    }
    return pd.Series(pd.MultiIndex.from_frame(changees[["annee", "indicateur"]]).isin(touches), index=changees.index)


def _differences(avant: Etat, apres: Etat, temoin: Table, cles: list[str]) -> pd.DataFrame:
    """Les clés des lignes qu'une seule des deux éditions a ; aucune si l'une n'a pas gardé la table."""
    if temoin not in avant.temoins or temoin not in apres.temoins:
        return pd.DataFrame(columns=cles)
    deux = [e.temoins[temoin].astype(str) for e in (avant, apres)]
    colonnes = [c for c in deux[0] if c in deux[1]]
    seules = pd.concat([t[colonnes] for t in deux]).drop_duplicates(keep=False)[cles].drop_duplicates()
    return seules.assign(annee=seules["annee"].astype(int)) if "annee" in cles else seules


def resumer(changees: pd.DataFrame) -> pd.DataFrame:
    """``cause``, ``indicateur``, ``valeurs`` : combien ont changé, les plus nombreuses d'abord."""
    comptes = changees.groupby(["cause", "indicateur"]).size().rename("valeurs").reset_index()
    return comptes.sort_values(["valeurs", "cause", "indicateur"], ascending=[False, True, True], ignore_index=True)


def dire_la_cause(cause: str) -> str:
    """Les causes d'une ligne, en toutes lettres.

    >>> dire_la_cause("depot+protection")
    "un de ses dépôts n'est plus le même ; elle est cachée, ou ne l'est plus"
    """
    return " ; ".join(CAUSES[c] for c in cause.split("+"))
