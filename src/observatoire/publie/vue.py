"""Ce qui est publié, vu depuis une année : ce que reçoivent les notebooks et les figures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.lectures import noter
from observatoire.publie.contenu import Contenu
from observatoire.publie.tables import COLONNES, INDICATEURS
from observatoire.tables import Table, publiees
from observatoire.tables.edition import BAILLEURS, EDITION, RUPTURES, TERRITOIRES
from observatoire.vocabulaire import VILLE

if TYPE_CHECKING:
    import geopandas as gpd

VARIABLE = "OBSERVATOIRE_PUBLIE"
#: Combien de codes se lisent en une phrase.
_LISIBLES = 40


@dataclass(frozen=True)
class Publie:
    """Tout ce qui est publié pour un public, vu depuis une année.

    Chaque table déclarée (:mod:`observatoire.tables`) y est sous son nom, entière, sauf celles dont une méthode donne
    les lignes. ``indicateurs`` : toutes les années. ``catalogue`` : code -> déclaration.
    ``contours`` : une ligne par contour, avec sa ``geometry`` (shapely, EPSG:4326), ou ``None`` quand la ville n'a
    pas de carte. Tout ce qui est lu d'ici est noté (:mod:`observatoire.lectures`) : une page qui prend
    :attr:`indicateurs` entière est refaite au moindre changement ; :meth:`serie` et :meth:`extrait` sont plus sobres.
    """

    annee: int
    dossier: Path
    contenu: Contenu

    @property
    def tout(self) -> tuple[str, str]:
        """Le niveau et le code du territoire entier : la ville, ou l'agglomération."""
        return self.edition["niveau"], self.edition["code"]

    @property
    def communes(self) -> tuple[str, ...]:
        """Les communes d'une agglomération ; aucune quand le territoire est une ville."""
        return tuple(self.edition["communes"])

    def commune(self, niveau: str, code: str) -> str | None:
        """La commune d'un territoire ; ``None`` s'il n'est dans aucune, ou que le territoire entier est une ville."""
        if not self.communes:
            return None
        noter(TERRITOIRES.fichier)
        while niveau not in (VILLE, self.tout[0]) and (niveau, code) in self.contenu.parents:
            niveau, code = self.contenu.parents[niveau, code]
        return code if niveau == VILLE else None

    def serie(self, indicateur: str, niveau: str, territoire: str, bailleur: str = "tous") -> pd.DataFrame:
        """Les valeurs d'un indicateur en un lieu : une ligne par année de l'édition, ``nd`` si rien n'y est calculé."""
        return pd.DataFrame(self.lignes(indicateur, niveau, territoire, bailleur), columns=COLONNES)

    def lignes(self, indicateur: str, niveau: str, territoire: str, bailleur: str = "tous") -> list[dict]:
        """Comme :meth:`serie`, en dictionnaires, car une page en lit des centaines. Ne pas les modifier."""
        noter(INDICATEURS, indicateur=indicateur, niveau=niveau, territoire=territoire, bailleur=bailleur)
        return self.contenu.serie(indicateur, (niveau, territoire, bailleur))

    def ligne(
        self,
        indicateur: str,
        niveau: str,
        territoire: str,
        bailleur: str = "tous",
        annee: int | None = None,
    ) -> dict:
        """La valeur d'un indicateur pour un territoire et une année (celle de la lecture par défaut).

        Une combinaison qui n'a pas été calculée revient avec le statut ``nd`` et aucune valeur.
        """
        rang = self.edition["annees"].index(self.annee if annee is None else annee)
        return self.lignes(indicateur, niveau, territoire, bailleur)[rang]

    def extrait(self, **cles: str | int) -> pd.DataFrame:
        """Les lignes de ``indicateurs`` qui portent ces clés, par exemple ``indicateur="apl", niveau="quartier"``."""
        noter(INDICATEURS, **cles)
        return self.contenu.extrait(cles)

    def cumul(self, indicateur: str, niveau: str, territoire: str, bailleur: str = "tous") -> dict | None:
        """Un flux cumulé sur trois ans, jusqu'à l'année de la lecture : une ligne de ``cumuls``.

        ``None`` s'il n'y en a pas : un indicateur qui n'est pas un flux, ou moins de trois années.
        """
        cles = {"annee": self.annee, "indicateur": indicateur, "niveau": niveau, "territoire": territoire}
        lignes = self.lignes_de("cumuls", **cles, bailleur=bailleur)
        return lignes[0] if lignes else None

    def tableau(self, indicateur: str, niveau: str = "quartier", bailleur: str = "tous") -> pd.DataFrame:
        """Un indicateur pour l'analyste, toutes les années : ``annee``, ``territoire``, ``nom``, ``valeur``,
        ``borne_basse``, ``borne_haute``, ``statut``, une ligne par année et par territoire d'un ``niveau``."""
        lignes = self.extrait(indicateur=indicateur, niveau=niveau, bailleur=bailleur)
        noms = lignes["territoire"].map({code: nom for (n, code), nom in self.noms.items() if n == niveau})
        colonnes = ["annee", "territoire", "nom", "valeur", "borne_basse", "borne_haute", "statut"]
        table = lignes.assign(nom=noms)[colonnes].reset_index(drop=True)
        table.attrs["titre"] = self.catalogue[indicateur]["libelle"]
        return table

    def carte(self, indicateur: str, niveau: str = "quartier", bailleur: str = "tous") -> gpd.GeoDataFrame:
        """:meth:`tableau`, l'année de la lecture, sur les contours d'un ``niveau`` (EPSG:4326), officiels s'il y en a :
        à tracer (``.plot("valeur")``) ou à joindre. Un contour sans valeur y est, ``valeur`` manquante.

        Lève :class:`ErreurConfiguration` si rien n'est tracé à ce niveau.
        """
        import geopandas as gpd

        contours = self.contours if self.contours_officiels is None else self.contours_officiels
        siens = None if contours is None else contours[contours["niveau"].eq(niveau)]
        if siens is None or siens.empty:
            raise ErreurConfiguration(f"pas de contours au niveau « {niveau} » : pas de carte.")
        table = self.tableau(indicateur, niveau, bailleur)
        table = table[table["annee"].eq(self.annee)].drop(columns="nom")
        traces = siens[["code", "nom", "geometry"]].rename(columns={"code": "territoire"})
        jointe = traces.merge(table, on="territoire", how="left").assign(annee=self.annee)
        return gpd.GeoDataFrame(jointe, geometry="geometry", crs="EPSG:4326")

    def alertes(self, **cles: str | int) -> list[dict]:
        """Les évaluations qui portent ces clés (``annee``, ``niveau``, ``territoire``, ``indicateur``, ``quartier``,
        ``secteur``), chacune avec son ampleur ; aucune si rien n'est évalué. Ne pas les modifier."""
        return self.lignes_de("alertes", **cles)

    def dossiers(self, **cles: str) -> list[dict]:
        """Les dossiers d'alerte qui portent ces clés, dans l'ordre où ils se lisent ; aucun s'il n'y a pas de suivi."""
        return self.lignes_de("dossiers", **cles)

    def dossiers_ouverts(self, **cles: str) -> list[dict]:
        """Les dossiers ouverts qui portent ces clés ; aucun hors de la dernière année, où se tient le suivi."""
        if self.annee != self.edition["annees"][-1]:
            return []
        return [d for d in self.dossiers(**cles) if d["etat"] != "resolue"]

    def actions(self, dossier: str) -> list[dict]:
        """Ce qui a été fait sur un dossier, dans l'ordre des dates."""
        return self.lignes_de("actions", dossier=dossier)

    def libelle_du_suivi(self, colonne: str, code: str) -> str:
        """Ce qui s'écrit à la place d'un code de ``dossiers`` ou d'``actions`` ; le code s'il n'a pas de libellé."""
        lignes = self.lignes_de("libelles_du_suivi", colonne=colonne, code=code)
        return lignes[0]["libelle"] if lignes else code

    def lignes_de(self, nom: str, **cles: str | int) -> list[dict]:
        """Les lignes d'une table qui portent ces clés, en dictionnaires. Ne pas les modifier."""
        table = publiees()[nom]
        noter(table.fichier, **(cles if table.extraite else {}))
        toutes = self.contenu.lignes(nom)
        return [toutes[rang] for rang in self.contenu.positions(cles, nom).tolist()]

    def nom(self, niveau: str, code: str) -> str:
        """Le nom d'un territoire, ou d'un bailleur quand ``niveau`` est ``bailleur``."""
        if (niveau, code) not in self.noms:
            admis = [c for n, c in self.noms if n == niveau]
            if len(admis) > _LISIBLES:
                admis = get_close_matches(code, admis, n=5, cutoff=0)
            suite = f" Codes admis, ou les plus proches : {', '.join(admis)}." if admis else ""
            raise ParametreInconnu(f"« {code} » n'est pas un code connu au niveau « {niveau} ».{suite}")
        return self.noms[niveau, code]

    @property
    def noms(self) -> dict[tuple[str, str], str]:
        """Le nom de chaque (niveau, code) ; le niveau d'un bailleur est ``bailleur``."""
        noter(TERRITOIRES.fichier)
        noter(BAILLEURS.fichier)
        return self.contenu.noms

    @property
    def dates_rompues(self) -> list[tuple[int, str, str, set[str]]]:
        """L'année, le genre et le libellé de chaque ligne de ``ruptures``, et les indicateurs qu'elle touche."""
        noter(RUPTURES.fichier)
        return self.contenu.dates_rompues

    def commentaire(self, annee: int, code: str) -> str | None:
        """Le commentaire (Markdown) déposé pour un territoire ou un bailleur, ou ``None``."""
        return self.contenu.ecrit(f"commentaires/{annee}/{code}.md")


def _entiere(table: Table) -> property:
    """Une table publiée entière ; la lire se note."""

    def lire(publie: Publie):
        noter(table.fichier)
        return publie.contenu.table(table.nom)

    return property(lire, doc=f"{table.libelle} : la table « {table.nom} », entière. Ne pas la modifier.")


for _table in publiees().values():
    if not hasattr(Publie, _table.nom):
        setattr(Publie, _table.nom, _entiere(_table))


def cle_d_alerte(ligne: dict) -> tuple[str, str, str]:
    """Ce qui rattache une évaluation à son dossier : (niveau, territoire, indicateur)."""
    return ligne["niveau"], ligne["territoire"], ligne["indicateur"]


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
    fichier = EDITION.dans(dossier)
    if not fichier.is_file():
        raise ErreurConfiguration("rien n'est encore publié : lancer « observatoire publier » (ou « make livre »).")
    contenu = _ouvrir(dossier, fichier.stat().st_mtime_ns)
    noter(EDITION.fichier)
    annees = contenu.table("edition")["annees"]
    annee = annees[-1] if annee is None else annee
    if annee not in annees:
        raise ParametreInconnu(f"l'année {annee} n'est pas publiée. Années admises : {annees}.")
    return Publie(annee=annee, dossier=dossier, contenu=contenu)


@lru_cache(maxsize=4)
def _ouvrir(dossier: Path, _version: int) -> Contenu:
    return Contenu(dossier)
