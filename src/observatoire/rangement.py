"""Lire et écrire une table là où sa déclaration (:mod:`observatoire.tables`) dit qu'elle est, et telle qu'elle la dit.

Ce qui n'est pas déclaré ne s'écrit pas : une colonne de trop n'atteint jamais ``publie``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.echappement import changer_textes, depuis_tableur
from observatoire.fichiers import ecrire_csv, ecrire_parquet
from observatoire.tables import Table, en_texte, publiees
from observatoire.tables.depots import ORIGINE
from observatoire.tables.edition import DICTIONNAIRE


def vide(table: Table) -> pd.DataFrame:
    """La table sans aucune ligne, avec toutes ses colonnes."""
    return pd.DataFrame(columns=table.noms)


def lire_preparee(table: Table, prepare: Path, **options) -> pd.DataFrame:
    """Une table de ``prepare`` ; ``options`` : celles de :func:`pandas.read_parquet`."""
    return pd.read_parquet(table.dans(prepare), **options)


def lire_par_categories(table: Table, prepare: Path) -> pd.DataFrame:
    """De même, chaque texte un rang parmi ceux de sa colonne, dans l'ordre : trier et comparer y coûtent bien moins."""
    textes = en_texte(table.colonnes)
    lue = lire_preparee(table, prepare, read_dictionary=textes)
    categories = {nom: lue[nom].astype("category").cat for nom in textes}
    return lue.assign(**{nom: c.set_categories(sorted(c.categories)) for nom, c in categories.items()})


def ecrire_preparee(table: Table, contenu: pd.DataFrame, prepare: Path) -> None:
    """Écrire une table de ``prepare`` d'un coup, ses colonnes dans l'ordre."""
    ecrire_parquet(contenu if table.ouverte else _choisir(table, contenu, table.noms), table.dans(prepare))


def lire_publiee(table: Table, dossier: Path) -> pd.DataFrame:
    """Une table de ``publie``, codes et textes en texte ; vide si le territoire ne l'a pas et peut ne pas l'avoir."""
    fichier = table.dans(dossier)
    if table.facultative and not fichier.is_file():
        return vide(table)
    lue = pd.read_csv(
        fichier, dtype=dict.fromkeys(en_texte(table.colonnes), str), keep_default_na=False, na_values=[""]
    )
    textes = lue.select_dtypes(["object", "string"]).columns
    return lue.assign(**{nom: changer_textes(lue[nom], depuis_tableur).astype(object) for nom in textes})


def sont_fictifs(prepare: Path) -> bool:
    """Les dépôts d'où vient ``prepare`` sont-ils fictifs ? Non tant que rien n'est préparé."""
    origine = ORIGINE.dans(prepare)
    return origine.is_file() and json.loads(origine.read_text(encoding="utf-8"))["fictif"]


def ecrire_publiee(table: Table, contenu: pd.DataFrame, dossier: Path, public: str) -> None:
    """Écrire ce qu'un public lit d'une table ; rien si elle ne lui est pas destinée."""
    siennes = table.paraissent(public == PUBLIQUE)
    if siennes:
        noms = [c.nom for c in siennes if not (c.au_choix and c.nom not in contenu)]
        ecrire_csv(_choisir(table, contenu, noms), table.dans(dossier))


def dictionnaire(public: str) -> pd.DataFrame:
    """Les colonnes de chaque table que ce public lit, telles qu'elles sont déclarées, dans l'ordre des noms."""
    lignes = [
        (table.nom, c.nom, c.libelle, c.genre, c.unite, c in table.cles)
        for _, table in sorted(publiees().items())
        for c in table.paraissent(public == PUBLIQUE)
    ]
    return pd.DataFrame(lignes, columns=DICTIONNAIRE.noms)


def _choisir(table: Table, contenu: pd.DataFrame, noms: list[str]) -> pd.DataFrame:
    if manquent := [nom for nom in noms if nom not in contenu]:
        raise ValueError(f"« {table.nom} » est déclarée avec {', '.join(manquent)}, que rien n'a calculé.")
    return contenu[noms]
