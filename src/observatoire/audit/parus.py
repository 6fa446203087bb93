"""Tout ce qui paraît, mesure par mesure : ce que sait qui lit chaque public et chaque édition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from observatoire.publie import CLES, INDICATEURS, VALEURS

#: Ce que « alertes.csv » et « ampleurs.csv » disent d'un compte : l'observé y est la valeur de l'indicateur.
D_UNE_ALERTE = ["valeur", "denominateur", "reponse", "attendu", "exces", "exces_bas", "exces_haut"]
ANTERIEURES = "anterieures"
_CODES = {"territoire": str, "bailleur": str, "code": str}


def lire(fichier: Path) -> pd.DataFrame:
    """Une table publiée, ses codes en texte."""
    return pd.read_csv(fichier, dtype=_CODES, keep_default_na=False, na_values=[""])


def lire_parus(publie: Path) -> pd.DataFrame:
    """Les mesures que publie le dossier d'un public, édition en place et éditions d'avant.

    Colonnes : les clés, ``mesure``, ``valeur``, ``pas`` (celui de l'arrondi, 0 si elle est exacte) et ``edition`` (sa
    dernière année).
    """
    edition = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
    decimales = edition.get("regles", {}).get("arrondi", {})
    lignes = pd.concat(_mesures(publie, edition["annees"][-1]), ignore_index=True)
    return lignes.assign(pas=lignes["mesure"].map({m: 10.0**-d for m, d in decimales.items()}).fillna(0.0))


def _mesures(publie: Path, derniere: int) -> Iterator[pd.DataFrame]:
    yield _une_par_ligne(lire(publie / INDICATEURS), VALEURS, derniere)
    for fichier in sorted((publie / ANTERIEURES).glob("*.csv")):
        yield _une_par_ligne(lire(fichier), VALEURS, int(fichier.stem))
    if (publie / "alertes.csv").is_file():
        alertes = lire(publie / "alertes.csv").merge(lire(publie / "ampleurs.csv").drop(columns="statut"))
        alertes = alertes.rename(columns={"observe": "valeur"}).assign(bailleur="tous")
        yield _une_par_ligne(alertes.reindex(columns=[*CLES, *D_UNE_ALERTE]), D_UNE_ALERTE, derniere)


def _une_par_ligne(table: pd.DataFrame, mesures: list[str], edition: int) -> pd.DataFrame:
    longue = table.set_index(CLES)[mesures].rename_axis(columns="mesure").stack().rename("valeur").reset_index()
    return longue.astype({"valeur": float, "mesure": str}).assign(edition=edition)
