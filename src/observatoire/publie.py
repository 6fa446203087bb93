"""Lire ``data/publie`` : la seule porte par laquelle un notebook ou une figure reçoit des valeurs."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration, ParametreInconnu

VARIABLE = "OBSERVATOIRE_PUBLIE"
# Les immeubles hors de tout contour : leurs valeurs sont publiées, mais ce n'est pas un quartier, ni une page.
HORS_QUARTIER = "hors_quartier"
CLES = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
COLONNES = [
    *CLES, "numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture", "reponse", "statut",
]  # fmt: skip
_CODES = {"territoire": str, "bailleur": str, "parent": str, "code": str, "deposant": str}


@dataclass(frozen=True)
class Publie:
    """Tout ce qui est publié pour un public, vu depuis une année.

    ``indicateurs`` : les colonnes de :data:`COLONNES`, toutes les années. ``catalogue`` : code -> déclaration.
    ``contours`` : une ligne par contour, avec sa ``geometry`` (shapely, EPSG:4326), ou ``None`` quand la ville n'a
    pas de carte.
    """

    annee: int
    dossier: Path
    indicateurs: pd.DataFrame
    catalogue: dict[str, dict]
    territoires: pd.DataFrame
    contours: pd.DataFrame | None
    bailleurs: pd.DataFrame
    couverture: pd.DataFrame
    depots: pd.DataFrame
    corrections: pd.DataFrame
    ruptures: pd.DataFrame
    baremes: pd.DataFrame
    edition: dict

    def serie(
        self, indicateur: str, niveau: str, territoire: str | None = None, bailleur: str = "tous"
    ) -> pd.DataFrame:
        """Les valeurs d'un indicateur, une ligne par année (et par territoire si ``territoire`` manque)."""
        lignes = self.indicateurs
        garde = lignes["indicateur"].eq(indicateur) & lignes["niveau"].eq(niveau) & lignes["bailleur"].eq(bailleur)
        if territoire is not None:
            garde &= lignes["territoire"].eq(territoire)
        return lignes[garde].sort_values(["annee", "territoire"]).reset_index(drop=True)

    def ligne(
        self,
        indicateur: str,
        niveau: str,
        territoire: str,
        bailleur: str = "tous",
        annee: int | None = None,
    ) -> pd.Series:
        """La valeur d'un indicateur pour un territoire et une année (celle de la lecture par défaut).

        Une combinaison qui n'a pas été calculée revient avec le statut ``nd`` et aucune valeur.
        """
        annee = self.annee if annee is None else annee
        lignes = self.serie(indicateur, niveau, territoire, bailleur)
        lignes = lignes[lignes["annee"].eq(annee)]
        if len(lignes):
            return lignes.iloc[0]
        cle = dict(zip(CLES, (annee, niveau, territoire, bailleur, indicateur), strict=True))
        return pd.Series({**dict.fromkeys(COLONNES), **cle, "statut": "nd"})

    def nom(self, niveau: str, code: str) -> str:
        """Le nom d'un territoire, ou d'un bailleur quand ``niveau`` est ``bailleur``."""
        if (niveau, code) not in self.noms:
            raise ParametreInconnu(f"« {code} » n'est pas un code connu au niveau « {niveau} ».")
        return self.noms[niveau, code]

    @cached_property
    def noms(self) -> dict[tuple[str, str], str]:
        """Le nom de chaque (niveau, code) ; le niveau d'un bailleur est ``bailleur``."""
        lieux = pd.concat([self.territoires, self.bailleurs.assign(niveau="bailleur")])
        return dict(zip(zip(lieux["niveau"], lieux["code"], strict=True), lieux["nom"], strict=True))

    @cached_property
    def codes_rompus(self) -> list[set[str]]:
        """Pour chaque ligne de ``ruptures``, les indicateurs ou les groupes qu'elle touche."""
        return [set(re.split(r"[\s,;|]+", codes)) for codes in self.ruptures["indicateurs"].fillna("tous")]


def dossier_publie(public: str = "publique") -> Path:
    """Le dossier publié : la variable d'environnement s'il y en a une, sinon celui de la configuration la plus
    proche en remontant depuis le dossier courant."""
    if dossier := os.environ.get(VARIABLE):
        return Path(dossier)
    ici = Path.cwd()
    for parent in (ici, *ici.parents):
        if (parent / "observatoire.yml").is_file():
            return lire_configuration(parent / "observatoire.yml").chemin("publie") / public
    raise ErreurConfiguration("observatoire.yml est introuvable : se placer dans le dossier de l'observatoire.")


def lire_publie(annee: int | None = None, dossier: Path | str | None = None) -> Publie:
    """Lire ce qui est publié, vu depuis ``annee`` (la dernière de l'édition par défaut).

    Lève :class:`ErreurConfiguration` si rien n'est publié, :class:`ParametreInconnu` si l'année ne l'est pas.
    """
    dossier = Path(dossier) if dossier is not None else dossier_publie()
    if not (dossier / "edition.json").is_file():
        raise ErreurConfiguration("rien n'est encore publié : lancer « observatoire publier » (ou « make livre »).")
    contenu = _lire(dossier, (dossier / "edition.json").stat().st_mtime_ns)
    annees = contenu["edition"]["annees"]
    annee = annees[-1] if annee is None else annee
    if annee not in annees:
        raise ParametreInconnu(f"l'année {annee} n'est pas publiée. Années admises : {annees}.")
    return Publie(annee=annee, dossier=dossier, **contenu)


@lru_cache(maxsize=4)
def _lire(dossier: Path, _version: int) -> dict:
    def table(nom: str) -> pd.DataFrame:
        return pd.read_csv(dossier / f"{nom}.csv", dtype=_CODES, keep_default_na=False, na_values=[""])

    catalogue = json.loads((dossier / "catalogue.json").read_text(encoding="utf-8"))
    return {
        "indicateurs": table("indicateurs"),
        "catalogue": {declaration["code"]: declaration for declaration in catalogue},
        "territoires": table("territoires"),
        "contours": _lire_contours(dossier / "territoires.geojson"),
        "edition": json.loads((dossier / "edition.json").read_text(encoding="utf-8")),
        **{n: table(n) for n in ("bailleurs", "couverture", "depots", "corrections", "ruptures", "baremes")},
    }


def _lire_contours(fichier: Path) -> pd.DataFrame | None:
    """Les propriétés de chaque contour et sa géométrie. Sans geopandas : son import coûterait à chaque page."""
    if not fichier.is_file():
        return None
    import shapely

    traits = json.loads(fichier.read_text(encoding="utf-8"))["features"]
    formes = shapely.from_geojson([json.dumps(t["geometry"]) for t in traits])
    return pd.DataFrame([t["properties"] for t in traits]).assign(geometry=formes)
