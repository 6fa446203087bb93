"""Ce qui change d'une édition à une autre, valeur par valeur, et pourquoi, quand ce qui est publié le dit."""

from __future__ import annotations

import filecmp
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from observatoire.rangement import lire_publiee
from observatoire.tables import Table, publiees
from observatoire.tables.contrat import TEXTE
from observatoire.tables.depots import CORRECTIONS_PUBLIEES, DEPOTS_PUBLIES
from observatoire.tables.edition import BAREMES, CATALOGUE, DICTIONNAIRE
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

CLES = INDICATEURS_PUBLIES.noms_des_cles
#: Les colonnes d'une comparaison.
COLONNES = [*CLES, "valeur_avant", "valeur", "statut_avant", "statut", "cause"]
#: Celles d'une comparaison de toutes les tables.
COLONNES_DES_TABLES = ["fichier", "annee", "lignes", "colonnes"]
#: Pourquoi une valeur a changé ; « inconnue » : rien de ce qui est publié ne le dit.
CAUSES = {
    "catalogue": "l'indicateur est nouveau, ou n'est plus au catalogue",
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


def comparer_les_tables(avant: Path, apres: Path) -> pd.DataFrame:
    """Combien de lignes changent dans chaque table de deux dossiers publiés (:data:`COLONNES_DES_TABLES`).

    Seules se comparent les années que les deux éditions ont ; ``annee`` est vide pour une table qui n'en a pas.
    ``colonnes`` : celles qui changent, jointes ; vide si des lignes paraissent ou disparaissent sans aucune mesure.
    Un texte, qui se lit, n'est pas une valeur, et le dictionnaire des colonnes n'en a pas.
    """
    annees = [
        set(pd.read_csv(INDICATEURS_PUBLIES.dans(d), usecols=["annee"], dtype=str)["annee"]) for d in (avant, apres)
    ]
    declarees = {t.fichier: t for t in publiees().values()}
    noms = {f.name for dossier in (avant, apres) for f in dossier.glob("*.csv")} - {DICTIONNAIRE.fichier}
    _, autres, manquent = filecmp.cmpfiles(avant, apres, noms, shallow=False)
    trouvees = [
        _differer(nom, declarees.get(nom), [_lire_en_texte(d / nom, annees[0] & annees[1]) for d in (avant, apres)])
        for nom in sorted([*autres, *manquent])
    ]
    return pd.concat([pd.DataFrame(columns=COLONNES_DES_TABLES), *trouvees], ignore_index=True)


def _lire_en_texte(fichier: Path, annees: set[str]) -> pd.DataFrame:
    """Une table telle qu'écrite, sans les années qui ne se comparent pas ; vide si elle n'a pas paru."""
    if not fichier.is_file():
        return pd.DataFrame()
    lue = pd.read_csv(fichier, dtype=str, keep_default_na=False)
    return lue[lue["annee"].isin(annees)] if "annee" in lue else lue


def _differer(nom: str, table: Table | None, deux: list[pd.DataFrame]) -> pd.DataFrame:
    """Une ligne par année où la table change. Des clés répétées, ou aucune : le rang distingue les lignes."""
    cles = [c for c in (table.noms_des_cles if table else ()) if all(c in t or t.empty for t in deux)]
    rangs = [t.groupby(cles).cumcount() if cles and len(t) else range(len(t)) for t in deux]
    ranges = [
        t.reindex(columns=dict.fromkeys([*cles, *t.columns])).assign(_rang=rang).set_index([*cles, "_rang"])
        for t, rang in zip(deux, rangs, strict=True)
    ]
    ancienne, nouvelle = (t.astype(object).fillna("") for t in ranges[0].align(ranges[1], join="outer"))
    textes = {c.nom for c in table.mesures if c.genre == TEXTE} if table else set()
    differe = pd.DataFrame(
        {c: _different(ancienne[c], nouvelle[c]) for c in ancienne if c not in textes}, ancienne.index
    )
    seules = ~(differe.index.isin(ranges[0].index) & differe.index.isin(ranges[1].index))
    changees = differe[differe.any(axis=1) | seules]
    annees = changees.index.get_level_values("annee") if "annee" in cles else [""] * len(changees)
    lignes = [
        (nom, annee, len(siennes), ", ".join(siennes.columns[siennes.any()]))
        for annee, siennes in changees.groupby(annees)
    ]
    return pd.DataFrame(lignes, columns=COLONNES_DES_TABLES)


def _different(ancienne: pd.Series, nouvelle: pd.Series) -> pd.Series:
    """Où deux colonnes diffèrent, à la précision près s'il s'y lit des nombres."""
    differe = ancienne.ne(nouvelle)
    ecrites = (pd.to_numeric(colonne[differe], errors="coerce") for colonne in (ancienne, nouvelle))
    ecart = next(ecrites) - next(ecrites)
    return differe & ~(ecart.abs() <= _EGALES).reindex(differe.index, fill_value=False)


def _expliquer(changees: pd.DataFrame, avant: Etat, apres: Etat) -> pd.Series:
    """Les causes de chaque ligne, jointes ; « inconnue » sans aucune."""
    masques = {
        "catalogue": changees["indicateur"].isin(_ajoutes_ou_retires(avant.catalogue, apres.catalogue)),
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


def _ajoutes_ou_retires(avant: Mapping[str, dict], apres: Mapping[str, dict]) -> set[str]:
    """Aucun si l'une des deux éditions n'a pas gardé son catalogue."""
    return avant.keys() ^ apres.keys() if avant and apres else set()


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
