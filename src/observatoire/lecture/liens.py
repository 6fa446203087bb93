"""Vérifier ce qu'une table ne sait pas seule : le bailleur, l'année, les territoires, les autres tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.lecture.controles import plus_proche, ressemble
from observatoire.lecture.depots import RPLS, Fichier
from observatoire.lecture.problemes import (
    NON_AFFICHEE,
    Lignes,
    Probleme,
    citer,
    citer_code,
    par_code,
    par_valeur,
    ressemble_a_un_code,
)
from observatoire.lecture.territoires import codes, parents
from observatoire.schemas import Schema
from observatoire.vocabulaire import QUARTIER, SECTEUR

# Dates qui tombent dans l'année du dépôt ; celles du second dictionnaire ne peuvent que la précéder.
DATES_DE_L_ANNEE = {"attributions": "date", "signalements": "date", "programmes": "date_livraison"}
DATES_AU_PLUS_TARD = {"demandes": "date_depot"}
NIVEAU_DE = {"quartier": "quartier", "quartier_souhaite": "quartier", "secteur": "secteur"}


def controler_contexte(
    table: pd.DataFrame, textes: pd.DataFrame, fichier: Fichier, schema: Schema, contours
) -> list[Probleme]:
    """Bailleur du fichier, dates de l'année, codes de territoires connus."""
    return [
        *_bailleur(table, fichier),
        *hors_de_l_annee(table, textes, fichier, schema),
        *territoires_inconnus(table, schema, contours),
    ]


def _bailleur(table: pd.DataFrame, fichier: Fichier) -> list[Probleme]:
    if "bailleur" not in table:
        return []
    autres = table["bailleur"].notna() & table["bailleur"].ne(fichier.deposant)
    return [
        Probleme(
            "bailleur",
            f"{citer_code(valeur)} n'est pas le bailleur de ce fichier.",
            f"Écrire « {fichier.deposant} », ou déposer ces lignes dans le fichier de leur bailleur.",
            "bailleur",
            lignes,
        )
        for valeur, lignes in _citables(table["bailleur"], autres, (fichier.deposant,))
    ]


def hors_de_l_annee(table: pd.DataFrame, textes: pd.DataFrame, fichier: Fichier, schema: Schema) -> list[Probleme]:
    """Les dates qui ne sont pas de l'année du dépôt."""
    annee = fichier.annee
    if colonne := DATES_DE_L_ANNEE.get(fichier.table):
        hors = table[colonne].notna() & table[colonne].dt.year.ne(annee)
        phrase = f"n'est pas une date de l'année {annee}."
        conseil = f"Corriger la date, ou déposer cette ligne dans le dossier de son année (celui-ci est {annee})."
    elif colonne := DATES_AU_PLUS_TARD.get(fichier.table):
        hors = table[colonne].dt.year.gt(annee)
        phrase = f"est postérieure au 31 décembre {annee}."
        conseil = f"Ce fichier ne reçoit que ce qui existait au 31 décembre {annee}."
    else:
        return []
    if colonne in schema.personnelles:
        lignes = Lignes.de(table.index[hors])
        phrase = f"la date {phrase.removesuffix('.')} {NON_AFFICHEE}."
        return [Probleme("annee", phrase, conseil, colonne, lignes)] if lignes else []
    return [
        Probleme("annee", f"{citer(valeur)} {phrase}", conseil, colonne, lignes)
        for valeur, lignes in _grouper(textes[colonne], hors)
    ]


def territoires_inconnus(table: pd.DataFrame, schema: Schema, contours) -> list[Probleme]:
    """Les codes de territoires que le référentiel n'a pas ; rien sans référentiel."""
    if contours is None:
        return []
    problemes = []
    for colonne, niveau in NIVEAU_DE.items():
        if colonne not in table:
            continue
        admis = codes(contours, niveau)
        inconnus = table[colonne].notna() & ~table[colonne].isin(admis)
        for valeur, lignes in _citables(table[colonne], inconnus, admis):
            proche = plus_proche(valeur, admis)
            conseil = f"Écrire « {proche} »." if proche else f"Codes connus : {', '.join(admis)}."
            problemes.append(
                Probleme("territoire", f"{citer_code(valeur)} n'est pas un {niveau} connu.", conseil, colonne, lignes)
            )
    return problemes + _emboitement(table, contours)


def _emboitement(table: pd.DataFrame, contours) -> list[Probleme]:
    """Un secteur et un quartier donnés ensemble doivent s'emboîter."""
    if not {SECTEUR, QUARTIER} <= set(table):
        return []
    parent = table["secteur"].map(parents(contours))
    faux = table["quartier"].isin(codes(contours, "quartier")) & parent.notna() & parent.ne(table["quartier"])
    return [
        Probleme(
            "territoire",
            f"le secteur {citer(valeur)} n'est pas dans le quartier donné sur la même ligne.",
            f"Ce secteur est dans le quartier « {parents(contours)[valeur]} ».",
            "secteur",
            lignes,
        )
        for valeur, lignes in _grouper(table["secteur"], faux)
    ]


def controler_liens(fichier: Fichier, schema: Schema, depots: dict[tuple, Fichier]) -> None:
    """Vérifier que les identifiants existent dans les tables dont celle-ci dépend, pour le même bailleur et l'année.

    Si l'une de ces tables manque ou est refusée, rien ne peut être vérifié : le fichier est mis à part, d'une phrase.
    """
    for colonne, cible in schema.liens.items():
        autre = depots.get((fichier.annee, fichier.deposant, cible))
        if autre is None:
            fichier.problemes.append(
                Probleme(
                    "dependance",
                    f"le fichier n'a pas pu être vérifié : la table « {cible} » de {fichier.deposant} "
                    f"n'est pas déposée pour {fichier.annee}.",
                    f"Déposer {cible}_{fichier.deposant}.csv dans le même dossier.",
                )
            )
        elif autre.refuse:
            fichier.problemes.append(
                Probleme(
                    "dependance",
                    f"le fichier n'a pas pu être vérifié : {autre.relatif}, dont il dépend, est refusé.",
                    "Corriger d'abord cet autre fichier ; celui-ci est mis à part en attendant.",
                )
            )
        elif fichier.donnees:
            fichier.problemes += _orphelins(fichier, colonne, autre, schema)


def _orphelins(fichier: Fichier, colonne: str, autre: Fichier, schema: Schema) -> list[Probleme]:
    table = fichier.donnees[fichier.table]
    connus = autre.donnees[schema.liens[colonne]][colonne]
    orphelins = table[colonne].notna() & (rangs(connus, table[colonne]) < 0)
    nom = Path(autre.relatif).name  # celui du fichier entier, non du morceau
    conseil = f"Corriger l'identifiant, ou ajouter la ligne qui manque dans {nom}."
    if autre.table == RPLS:
        conseil = "Le fichier RPLS n'a pas les identifiants du bailleur : déposer immeubles et logements à la place."
    return [
        Probleme("lien", f"{citer_code(valeur)} n'existe pas dans {nom}.", conseil, colonne, lignes)
        for valeur, lignes in _citables(table[colonne], orphelins)
    ]


def rangs(connus: pd.Series, cherches: pd.Series) -> np.ndarray:
    """Le rang, parmi des identifiants uniques, de chaque identifiant cherché ; -1 s'il est manquant ou inconnu."""
    index = pd.Index(connus.astype("str"))
    if isinstance(cherches.dtype, pd.CategoricalDtype):
        return np.append(index.get_indexer(cherches.cat.categories.astype("str")), -1)[cherches.cat.codes]
    return index.get_indexer(cherches)


def _grouper(valeurs: pd.Series, masque: pd.Series):
    choisies = valeurs[masque.fillna(False).astype(bool)]
    return par_valeur(choisies, choisies.index.to_series()).items() if len(choisies) else ()


def _citables(valeurs: pd.Series, masque: pd.Series, admises: tuple[str, ...] = ()):
    """Comme :func:`_grouper`, pour une colonne où un nom peut être écrit : sous ``None``, les lignes dont la valeur ne
    se cite pas. Seule se cite une valeur qui ressemble à l'une des ``admises``, ou qui est un code court.
    """
    choisies = valeurs[masque.fillna(False).astype(bool)]
    if choisies.empty:
        return ()
    if not admises:
        return [(None, Lignes.de(choisies.index))]
    return par_code(choisies, lambda v: ressemble(v, admises) or ressemble_a_un_code(v)).items()
