"""Les fichiers de ``data/publie`` : leurs noms, leurs colonnes, leur lecture."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from observatoire.communes import HORS_COMMUNE, HORS_QUARTIER
from observatoire.echappement import changer_textes, depuis_tableur

CLES = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
VALEURS = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture", "reponse"]
COLONNES = [*CLES, *VALEURS, "statut"]
INDICATEURS = "indicateurs.csv"
#: Les flux cumulés sur trois ans : les mêmes colonnes, et ``depuis``.
CUMULS = "cumuls.csv"
COLONNES_DES_CUMULS = [COLONNES[0], "depuis", *COLONNES[1:]]
#: La composante de la seule ligne d'une part que ``revue_decomposition`` ne décompose pas.
TOUTES = "toutes"
_TABLES = (
    "indicateurs", "territoires", "bailleurs", "couverture", "depots", "corrections", "ruptures", "baremes", "mixite",
    "mixite_evolution", "engagements", "seances", "decisions", "alertes_examinees",
)  # fmt: skip
CLES_D_ALERTE = ["annee", "niveau", "territoire", "indicateur"]
#: Ce qui est suivi d'une alerte.
SUIVI = ("dossiers", "actions", "libelles_du_suivi")
_DU_SUIVI = ["dossier", "niveau", "territoire", "indicateur", "quartier", "colonne", "code"]
_DES_ATTRIBUTIONS = ["annee", "niveau", "territoire", "bailleur", "source", "statut"]
#: Les tables qu'un territoire peut ne pas avoir, et les colonnes qu'a alors une table vide.
_FACULTATIVES = {
    "cumuls": COLONNES_DES_CUMULS,
    "alertes": [*CLES_D_ALERTE, "quartier", "secteur", "statut"],
    **dict.fromkeys(SUIVI, _DU_SUIVI),
    **{f"attributions_{nom}": _DES_ATTRIBUTIONS for nom in ("conformite", "profils", "cote_a_cote", "attente")},
    "revue_objectifs": [
        "origine", "code", "libelle", "indicateur", "niveau", "territoire", "bailleur", "depart", "raison",
        "proposition", "statut", "motif",
    ],
    "revue_decomposition": ["depart", "annee", "niveau", "territoire", "indicateur", "composante", "statut", "motif"],
    "revue_ecarts": ["revision", "engagement", "libelle", "ecart", "au_depart", "a_la_fin", "statut", "motif"],
    "editions": ["edition", "methode", "publiees", "cachees"],
    "contexte": [
        "annee", "echelle", "territoire", "nom", "indicateur", "valeur", "denominateur", "source", "statut",
    ],
}  # fmt: skip
FICHIERS = {nom: f"{nom}.csv" for nom in (*_TABLES, *_FACULTATIVES)} | {
    "catalogue": "catalogue.json",
    "contours": "territoires.geojson",
    "edition": "edition.json",
    "fiches_mixite": "mixite.json",
}
#: Les tables dont une page lit des lignes choisies par leurs clés : elle n'est refaite que si celles-là changent.
EXTRAITES = {FICHIERS[nom]: nom for nom in ("indicateurs", "cumuls", "alertes", *SUIVI)}
_CODES = (
    "territoire", "bailleur", "parent", "code", "deposant", "quartier", "secteur", "dossier", "modalite", "revision",
    "au_depart", "a_la_fin",
)  # fmt: skip


def est_hors(code: str) -> bool:
    """Ce qui est hors de tout contour a des valeurs, mais n'est ni un quartier ni une commune : il n'a pas de page."""
    return code.startswith((HORS_QUARTIER, HORS_COMMUNE))


def en_lignes(table: pd.DataFrame) -> list[dict]:
    """Les lignes d'une petite table, en dictionnaires : bien moins chers à lire un à un que des Series."""
    colonnes = [table[c].tolist() for c in table.columns]
    return [dict(zip(table.columns, ligne, strict=True)) for ligne in zip(*colonnes, strict=True)]


def lire(nom: str, dossier: Path):
    """Un des :data:`FICHIERS` d'un dossier publié : une table, le catalogue, l'édition ou les contours."""
    return _LECTEURS.get(nom, lire_table)(dossier / FICHIERS[nom])


def lire_table(fichier: Path) -> pd.DataFrame:
    """Une table publiée, ses codes en texte ; vide si le territoire ne l'a pas et qu'il peut ne pas l'avoir."""
    if fichier.stem in _FACULTATIVES and not fichier.is_file():
        return pd.DataFrame(columns=_FACULTATIVES[fichier.stem])
    table = pd.read_csv(fichier, dtype=dict.fromkeys(_CODES, str), keep_default_na=False, na_values=[""])
    textes = table.select_dtypes(["object", "string"]).columns
    return table.assign(**{nom: changer_textes(table[nom], depuis_tableur).astype(object) for nom in textes})


def _lire_alertes(fichier: Path) -> pd.DataFrame:
    """Les alertes et leurs ampleurs, d'un seul tenant."""
    alertes = lire_table(fichier)
    if not fichier.is_file():
        return alertes
    ampleurs = lire_table(fichier.with_name("ampleurs.csv")).drop(columns="statut")
    return alertes.merge(ampleurs, on=CLES_D_ALERTE, validate="one_to_one")


def _lire_contours(fichier: Path) -> pd.DataFrame | None:
    """Les propriétés de chaque contour et sa géométrie. Sans geopandas : son import coûterait à chaque page."""
    if not fichier.is_file():
        return None
    import shapely

    traits = _lire_json(fichier)["features"]
    formes = shapely.from_geojson([json.dumps(t["geometry"]) for t in traits])
    return pd.DataFrame([t["properties"] for t in traits]).assign(geometry=formes)


def _lire_json(fichier: Path):
    return json.loads(fichier.read_text(encoding="utf-8"))


def _lire_catalogue(fichier: Path) -> dict[str, dict]:
    return {declaration["code"]: declaration for declaration in _lire_json(fichier)}


_LECTEURS = {
    "catalogue": _lire_catalogue, "contours": _lire_contours, "edition": _lire_json, "alertes": _lire_alertes,
    "fiches_mixite": _lire_catalogue,
}  # fmt: skip
