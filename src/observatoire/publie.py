"""Lire ``data/publie`` : la seule porte par laquelle un notebook ou une figure reçoit des valeurs."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.lectures import noter

VARIABLE = "OBSERVATOIRE_PUBLIE"
# Les immeubles hors de tout contour : leurs valeurs sont publiées, mais ce n'est pas un quartier, ni une page.
HORS_QUARTIER = "hors_quartier"
CLES = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
COLONNES = [
    *CLES, "numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture", "reponse", "statut",
]  # fmt: skip
INDICATEURS = "indicateurs.csv"
_TABLES = ("indicateurs", "territoires", "bailleurs", "couverture", "depots", "corrections", "ruptures", "baremes")
_AUCUNE = np.array([], dtype=np.intp)
_CODES = {"territoire": str, "bailleur": str, "parent": str, "code": str, "deposant": str}


def _table(nom: str):
    """Une table publiée entière ; la lire se note."""

    def lire(publie: Publie):
        noter(publie.contenu.fichiers[nom])
        return publie.contenu.tables[nom]

    return property(lire, doc=f"La table « {nom} », entière. Ne pas la modifier.")


@dataclass(frozen=True)
class Publie:
    """Tout ce qui est publié pour un public, vu depuis une année.

    ``indicateurs`` : les colonnes de :data:`COLONNES`, toutes les années. ``catalogue`` : code -> déclaration.
    ``contours`` : une ligne par contour, avec sa ``geometry`` (shapely, EPSG:4326), ou ``None`` quand la ville n'a
    pas de carte. Tout ce qui est lu d'ici est noté (:mod:`observatoire.lectures`) : une page qui prend
    :attr:`indicateurs` entière est refaite au moindre changement ; :meth:`serie` et :meth:`extrait` sont plus sobres.
    """

    annee: int
    dossier: Path
    contenu: Contenu

    indicateurs = _table("indicateurs")
    catalogue = _table("catalogue")
    territoires = _table("territoires")
    contours = _table("contours")
    bailleurs = _table("bailleurs")
    couverture = _table("couverture")
    depots = _table("depots")
    corrections = _table("corrections")
    ruptures = _table("ruptures")
    baremes = _table("baremes")
    edition = _table("edition")

    def serie(self, indicateur: str, niveau: str, territoire: str, bailleur: str = "tous") -> pd.DataFrame:
        """Les valeurs d'un indicateur en un lieu : une ligne par année de l'édition, ``nd`` si rien n'y est calculé.

        Ne pas modifier ce qui est rendu.
        """
        noter(INDICATEURS, indicateur=indicateur, niveau=niveau, territoire=territoire, bailleur=bailleur)
        return self.contenu.serie(indicateur, (niveau, territoire, bailleur))

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
        rang = self.edition["annees"].index(self.annee if annee is None else annee)
        return self.serie(indicateur, niveau, territoire, bailleur).iloc[rang]

    def extrait(self, **cles: str | int) -> pd.DataFrame:
        """Les lignes de ``indicateurs`` qui portent ces clés, par exemple ``indicateur="apl", niveau="quartier"``."""
        noter(INDICATEURS, **cles)
        return self.contenu.extrait(cles)

    def nom(self, niveau: str, code: str) -> str:
        """Le nom d'un territoire, ou d'un bailleur quand ``niveau`` est ``bailleur``."""
        if (niveau, code) not in self.noms:
            raise ParametreInconnu(f"« {code} » n'est pas un code connu au niveau « {niveau} ».")
        return self.noms[niveau, code]

    @property
    def noms(self) -> dict[tuple[str, str], str]:
        """Le nom de chaque (niveau, code) ; le niveau d'un bailleur est ``bailleur``."""
        noter(self.contenu.fichiers["territoires"])
        noter(self.contenu.fichiers["bailleurs"])
        return self.contenu.noms

    @property
    def codes_rompus(self) -> list[set[str]]:
        """Pour chaque ligne de ``ruptures``, les indicateurs ou les groupes qu'elle touche."""
        noter(self.contenu.fichiers["ruptures"])
        return self.contenu.codes_rompus

    def commentaire(self, annee: int, code: str) -> str | None:
        """Le commentaire (Markdown) déposé pour un territoire ou un bailleur, ou ``None``."""
        relatif = f"commentaires/{annee}/{code}.md"
        noter(relatif)
        fichier = self.dossier / relatif
        return fichier.read_text(encoding="utf-8").strip() if fichier.is_file() else None


class Contenu:
    """Les fichiers d'un dossier publié, lus une fois, et rangés pour être retrouvés vite."""

    def __init__(self, dossier: Path):
        self.fichiers = {nom: f"{nom}.csv" for nom in _TABLES}
        self.tables: dict = {nom: _lire_table(dossier / fichier) for nom, fichier in self.fichiers.items()}
        self.fichiers |= {"catalogue": "catalogue.json", "edition": "edition.json", "contours": "territoires.geojson"}
        declarations = json.loads((dossier / "catalogue.json").read_text(encoding="utf-8"))
        self.tables["catalogue"] = {declaration["code"]: declaration for declaration in declarations}
        self.tables["edition"] = json.loads((dossier / "edition.json").read_text(encoding="utf-8"))
        self.tables["contours"] = _lire_contours(dossier / "territoires.geojson")
        self._positions: dict[tuple[str, ...], dict] = {}

    def extrait(self, cles: dict) -> pd.DataFrame:
        """Les lignes qui portent ``cles``, dans l'ordre de la table."""
        return self.tables["indicateurs"].iloc[self.positions(cles)]

    def positions(self, cles: dict) -> np.ndarray:
        """Le rang des lignes qui portent ``cles`` ; une combinaison de colonnes n'est rangée qu'une fois."""
        noms = tuple(sorted(cles))
        if not noms:
            return np.arange(len(self.tables["indicateurs"]))
        if noms not in self._positions:
            self._positions[noms] = self.tables["indicateurs"].groupby(list(noms), sort=False).indices
        cle = tuple(cles[nom] for nom in noms)
        return self._positions[noms].get(cle if len(cle) > 1 else cle[0], _AUCUNE)

    def serie(self, indicateur: str, lieu: tuple[str, str, str]) -> pd.DataFrame:
        """Une ligne par année de l'édition."""
        annees = self.tables["edition"]["annees"]
        debut = self._series.debuts.get((indicateur, *lieu))
        if debut is None:
            cle = dict(zip(CLES[1:], (*lieu, indicateur), strict=True))
            return pd.DataFrame({"annee": annees, **cle, "statut": "nd"}, columns=COLONNES)
        return self._series.table.iloc[debut : debut + len(annees)].reset_index(drop=True)

    @cached_property
    def _series(self) -> _Series:
        """Toutes les séries bout à bout, complétées des années qui n'ont pas été calculées."""
        annees, table = self.tables["edition"]["annees"], self.tables["indicateurs"]
        cles = ["indicateur", "niveau", "territoire", "bailleur"]
        lieux = table[cles].drop_duplicates()
        complet = lieux.merge(pd.DataFrame({"annee": annees}), how="cross").merge(
            table, how="left", on=[*cles, "annee"]
        )
        complet = complet.assign(statut=complet["statut"].fillna("nd"))[COLONNES]
        debuts = range(0, len(complet), len(annees))
        return _Series(complet, dict(zip(lieux.itertuples(index=False, name=None), debuts, strict=True)))

    @cached_property
    def noms(self) -> dict[tuple[str, str], str]:
        """Le nom de chaque (niveau, code)."""
        lieux = pd.concat([self.tables["territoires"], self.tables["bailleurs"].assign(niveau="bailleur")])
        return dict(zip(zip(lieux["niveau"], lieux["code"], strict=True), lieux["nom"], strict=True))

    @cached_property
    def codes_rompus(self) -> list[set[str]]:
        """Pour chaque rupture, les codes qu'elle touche."""
        return [set(re.split(r"[\s,;|]+", codes)) for codes in self.tables["ruptures"]["indicateurs"].fillna("tous")]


class _Series(NamedTuple):
    """``table`` : les séries bout à bout ; ``debuts`` : (indicateur, niveau, territoire, bailleur) -> premier rang."""

    table: pd.DataFrame
    debuts: dict[tuple, int]


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
    noter("edition.json")
    annees = contenu.tables["edition"]["annees"]
    annee = annees[-1] if annee is None else annee
    if annee not in annees:
        raise ParametreInconnu(f"l'année {annee} n'est pas publiée. Années admises : {annees}.")
    return Publie(annee=annee, dossier=dossier, contenu=contenu)


@lru_cache(maxsize=4)
def _lire(dossier: Path, _version: int) -> Contenu:
    return Contenu(dossier)


def _lire_table(fichier: Path) -> pd.DataFrame:
    return pd.read_csv(fichier, dtype=_CODES, keep_default_na=False, na_values=[""])


def _lire_contours(fichier: Path) -> pd.DataFrame | None:
    """Les propriétés de chaque contour et sa géométrie. Sans geopandas : son import coûterait à chaque page."""
    if not fichier.is_file():
        return None
    import shapely

    traits = json.loads(fichier.read_text(encoding="utf-8"))["features"]
    formes = shapely.from_geojson([json.dumps(t["geometry"]) for t in traits])
    return pd.DataFrame([t["properties"] for t in traits]).assign(geometry=formes)
