"""``publie/registre.parquet`` : une ligne par nombre imprimé, pour chaque édition et chaque public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.fichiers import ecrire_parquet
from observatoire.registre import FICHIER
from observatoire.registre.impressions import Impression
from observatoire.verrou import Verrou

CLES = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
TYPES = {
    "edition": "int64", "public": "str", "page": "str", "rang": "int64", "texte": "str", "valeur": "float64",
    "pas": "float64", "unite": "str", "annee": "Int64", **dict.fromkeys(CLES[1:], "str"), "mesure": "str",
}  # fmt: skip
COLONNES = list(TYPES)
_IMPRESSION = ["texte", "valeur", "pas", "unite"]


def lire_registre(publie: Path, public: str | None = None, edition: int | None = None) -> pd.DataFrame:
    """Le registre du dossier ``publie`` (celui qui contient les publics), ou une édition d'un public seulement.

    Colonnes :data:`COLONNES`. ``edition`` : sa dernière année. ``page`` : chemin dans l'édition, sans suffixe, ou nom
    d'un fichier à télécharger. ``rang`` : l'ordre dans la page. ``texte`` : tel qu'il est imprimé, absent dans un
    fichier. ``valeur`` : ce qu'en sait le lecteur, arrondie à ``pas`` près (0 : exacte), à l'échelle publiée ; absente
    pour une date ou un nombre pris dans un texte. Les clés et ``mesure`` sont celles de ``indicateurs``, absentes
    d'un nombre dérivé (écart, rang, somme). Le même nombre de la même valeur n'est inscrit qu'une fois par page.
    """
    table = pd.read_parquet(publie / FICHIER)
    if public is not None:
        table = table[table["public"].eq(public)]
    return table[table["edition"].eq(edition)] if edition is not None else table


def inscrire(publie: Path, edition: int, public: str, pages: Mapping[str, Iterable[Impression]], *fichiers) -> None:
    """Remplacer dans le registre tout ce qui est de cette ``edition`` et de ce ``public`` ; le reste est gardé.

    ``pages`` : les impressions de chaque page. ``fichiers`` : voir :func:`lignes_d_un_fichier`.
    """
    nouvelles = pd.concat([_des_pages(pages), *fichiers], ignore_index=True).assign(edition=edition, public=public)
    with Verrou(publie / FICHIER):
        ancien = lire_registre(publie) if (publie / FICHIER).is_file() else _vide()
        autres = ancien[ancien["edition"].ne(edition) | ancien["public"].ne(public)]
        table = pd.concat([autres, nouvelles.reindex(columns=COLONNES).astype(TYPES)], ignore_index=True)
        table = table.sort_values(["edition", "public"], kind="stable", ignore_index=True)
        ecrire_parquet(table, publie / FICHIER)


def lignes_d_un_fichier(
    nom: str, table: pd.DataFrame, mesures: list[str], pas: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Les nombres d'une table à télécharger : une ligne par mesure présente.

    ``table`` : les clés d'``indicateurs`` et une colonne par mesure. ``pas`` : à combien près chaque mesure y est
    arrondie ; les autres sont exactes.
    """
    rangs = pd.DataFrame({"page": nom, "rang": np.arange(len(table)) * len(mesures)}, index=table.index)
    blocs = [
        pd.concat([rangs, table[CLES]], axis=1).assign(rang=rangs["rang"] + place, valeur=table[mesure], mesure=mesure)
        for place, mesure in enumerate(mesures)
    ]
    lignes = pd.concat(blocs, ignore_index=True).dropna(subset="valeur")
    return lignes.assign(pas=lignes["mesure"].map(dict(pas or {})).fillna(0.0), unite="").sort_values(
        "rang", ignore_index=True
    )


def _des_pages(pages: Mapping[str, Iterable[Impression]]) -> pd.DataFrame:
    """Une ligne par impression, page après page."""
    lignes = [(nom, rang, *impression) for nom in sorted(pages) for rang, impression in enumerate(pages[nom])]
    return pd.DataFrame(lignes, columns=["page", "rang", *_IMPRESSION, *CLES, "mesure"])


def _vide() -> pd.DataFrame:
    return pd.DataFrame(columns=COLONNES).astype(TYPES)
