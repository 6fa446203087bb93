"""Lire ``data/publie`` : la seule porte par laquelle un notebook ou une figure reçoit des valeurs."""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from observatoire.communes import HORS_COMMUNE, HORS_QUARTIER, VILLE
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.lectures import noter
from observatoire.registre.impressions import admettre, est_ouvert, texte_publie

VARIABLE = "OBSERVATOIRE_PUBLIE"
CLES = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
VALEURS = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture", "reponse"]
COLONNES = [*CLES, *VALEURS, "statut"]
INDICATEURS = "indicateurs.csv"
_TABLES = (
    "indicateurs", "territoires", "bailleurs", "couverture", "depots", "corrections", "ruptures", "baremes", "mixite",
    "mixite_evolution", "engagements", "seances", "decisions", "alertes_examinees",
)  # fmt: skip
#: Les tables des alertes et de leur suivi : un territoire peut n'en pas avoir.
CLES_D_ALERTE = ["annee", "niveau", "territoire", "indicateur"]
#: Les verdicts qui ouvrent un dossier.
OUVRENT = ("alerte", "alerte_confirmee")
SUIVI = ("dossiers", "actions", "libelles_du_suivi")
#: Ce qui est dit des attributions : un territoire peut n'en avoir rien.
ATTRIBUTIONS = tuple(f"attributions_{nom}" for nom in ("conformite", "profils", "cote_a_cote", "attente"))
#: Ce que dit la revue : vide tant qu'elle n'est pas calculée.
REVUE = {
    "revue_objectifs": [
        "origine", "code", "libelle", "indicateur", "niveau", "territoire", "bailleur", "depart", "raison",
        "proposition", "statut", "motif",
    ],
    "revue_decomposition": ["depart", "annee", "niveau", "territoire", "indicateur", "composante", "statut", "motif"],
    "revue_ecarts": ["revision", "engagement", "libelle", "ecart", "au_depart", "a_la_fin", "statut", "motif"],
    "contexte": [
        "annee", "echelle", "territoire", "nom", "indicateur", "valeur", "denominateur", "source", "statut",
    ],
}  # fmt: skip
FICHIERS = {nom: f"{nom}.csv" for nom in (*_TABLES, "alertes", *SUIVI, *ATTRIBUTIONS, *REVUE)} | {
    "catalogue": "catalogue.json",
    "contours": "territoires.geojson",
    "edition": "edition.json",
    "fiches_mixite": "mixite.json",
}
#: Les tables dont une page lit des lignes choisies par leurs clés : elle n'est refaite que si celles-là changent.
EXTRAITES = {FICHIERS[nom]: nom for nom in ("indicateurs", "alertes", *SUIVI)}
_AUCUNE = np.array([], dtype=np.intp)
# Les textes publiés dont les nombres peuvent être imprimés, et les codes et unités qui peuvent être cités.
_TEXTES = {
    "bailleurs": ["nom"], "baremes": ["libelle", "source"], "corrections": ["colonne", "motif", "statut"],
    "ruptures": ["libelle", "description", "source"], "territoires": ["nom"], "libelles_du_suivi": ["libelle"],
    "engagements": [
        "texte_nom", "texte_note", "article", "libelle", "titulaires", "adoptee_par", "cible_source", "zero_source",
        "raison",
    ],
    "revue_objectifs": ["libelle", "raison", "proposition", "motif"],
    "revue_ecarts": ["libelle", "au_depart", "a_la_fin", "motif"], "contexte": ["nom", "source"],
    "seances": ["presents", "invites", "supports"], "decisions": ["texte"], "attributions_conformite": ["source"],
}  # fmt: skip
_TEXTES_DU_CATALOGUE = (
    "libelle", "libelle_groupe", "famille", "numerateur", "denominateur", "modalite", "source", "fiche", "intervalle",
)  # fmt: skip
_TEXTES_DE_L_EDITION = ("nom", "a", "de", "titre")
_CITABLES = {
    "baremes": ["valeur", "unite"], "depots": ["deposant", "table"], "corrections": ["deposant", "table"],
    "engagements": ["engagement"], "revue_ecarts": ["revision"], "seances": ["seance"],
    "alertes_examinees": ["territoire"],
}  # fmt: skip
_CODES = dict.fromkeys(
    (
        "territoire",
        "bailleur",
        "parent",
        "code",
        "deposant",
        "quartier",
        "secteur",
        "dossier",
        "modalite",
        "revision",
        "au_depart",
        "a_la_fin",
    ),
    str,
)


def _table(nom: str):
    """Une table publiée entière ; la lire se note."""

    def lire(publie: Publie):
        noter(FICHIERS[nom])
        return publie.contenu.table(nom)

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
    mixite = _table("mixite")
    mixite_evolution = _table("mixite_evolution")
    fiches_mixite = _table("fiches_mixite")
    engagements = _table("engagements")
    seances = _table("seances")
    decisions = _table("decisions")
    alertes_examinees = _table("alertes_examinees")
    attributions_conformite = _table("attributions_conformite")
    attributions_profils = _table("attributions_profils")
    attributions_cote_a_cote = _table("attributions_cote_a_cote")
    attributions_attente = _table("attributions_attente")
    revue_objectifs = _table("revue_objectifs")
    revue_decomposition = _table("revue_decomposition")
    revue_ecarts = _table("revue_ecarts")
    contexte = _table("contexte")
    edition = _table("edition")

    @property
    def tout(self) -> tuple[str, str]:
        """Le niveau et le code du territoire entier : la ville, ou l'agglomération."""
        return self.edition.get("niveau", VILLE), self.edition["code"]

    @property
    def communes(self) -> tuple[str, ...]:
        """Les communes d'une agglomération ; aucune quand le territoire est une ville."""
        return tuple(self.edition.get("communes") or ())

    def commune(self, niveau: str, code: str) -> str | None:
        """La commune d'un territoire ; ``None`` s'il n'est dans aucune, ou que le territoire entier est une ville."""
        if not self.communes:
            return None
        noter(FICHIERS["territoires"])
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

    def alertes(self, **cles: str | int) -> list[dict]:
        """Les évaluations qui portent ces clés (``annee``, ``niveau``, ``territoire``, ``indicateur``, ``quartier``,
        ``secteur``), chacune avec son ampleur ; aucune si rien n'est évalué. Ne pas les modifier."""
        return self._lignes_de("alertes", cles)

    def dossiers(self, **cles: str) -> list[dict]:
        """Les dossiers d'alerte qui portent ces clés, dans l'ordre où ils se lisent ; aucun s'il n'y a pas de suivi."""
        return self._lignes_de("dossiers", cles)

    def dossiers_ouverts(self, **cles: str) -> list[dict]:
        """Les dossiers ouverts qui portent ces clés ; aucun hors de la dernière année, où se tient le suivi.

        Un dossier dont une année est cachée ne dit pas son état : il est ouvert si l'alerte de cette année paraît.
        """
        if self.annee != self.edition["annees"][-1]:
            return []
        evaluees = self.alertes(annee=self.annee, **cles)
        paraissent = {cle_d_alerte(r) for r in evaluees if r["statut"] == "publie" and r["verdict"] in OUVRENT}
        return [d for d in self.dossiers(**cles) if _est_ouvert(d, paraissent)]

    def actions(self, dossier: str) -> list[dict]:
        """Ce qui a été fait sur un dossier, dans l'ordre des dates."""
        return self._lignes_de("actions", {"dossier": dossier})

    def libelle_du_suivi(self, colonne: str, code: str) -> str:
        """Ce qui s'écrit à la place d'un code de ``dossiers`` ou d'``actions`` ; le code s'il n'a pas de libellé."""
        lignes = self._lignes_de("libelles_du_suivi", {"colonne": colonne, "code": code})
        return lignes[0]["libelle"] if lignes else code

    def _lignes_de(self, nom: str, cles: dict) -> list[dict]:
        noter(FICHIERS[nom], **cles)
        return en_lignes(self.contenu.extrait(cles, nom))

    def nom(self, niveau: str, code: str) -> str:
        """Le nom d'un territoire, ou d'un bailleur quand ``niveau`` est ``bailleur``."""
        if (niveau, code) not in self.noms:
            raise ParametreInconnu(f"« {code} » n'est pas un code connu au niveau « {niveau} ».")
        return self.noms[niveau, code]

    @property
    def noms(self) -> dict[tuple[str, str], str]:
        """Le nom de chaque (niveau, code) ; le niveau d'un bailleur est ``bailleur``."""
        noter(FICHIERS["territoires"])
        noter(FICHIERS["bailleurs"])
        return self.contenu.noms

    @property
    def dates_rompues(self) -> list[tuple[int, str, set[str]]]:
        """L'année et le libellé de chaque ligne de ``ruptures``, et les indicateurs ou les groupes qu'elle touche."""
        noter(FICHIERS["ruptures"])
        return self.contenu.dates_rompues

    def commentaire(self, annee: int, code: str) -> str | None:
        """Le commentaire (Markdown) déposé pour un territoire ou un bailleur, ou ``None``."""
        return self.contenu.ecrit(f"commentaires/{annee}/{code}.md")


class Contenu:
    """Les fichiers d'un dossier publié, chacun lu à son premier emploi et rangé pour être retrouvé vite."""

    def __init__(self, dossier: Path):
        self.dossier = dossier
        self._tables: dict = {}
        self._positions: dict[tuple[str, tuple[str, ...]], dict] = {}
        self._lues: dict[tuple[str, ...], list[dict]] = {}

    def table(self, nom: str):
        """Une table, le catalogue (code -> déclaration), l'édition ou les contours."""
        if nom not in self._tables:
            self._tables[nom] = _certifier(nom, _LECTEURS.get(nom, _lire_table)(self.dossier / FICHIERS[nom]))
        return self._tables[nom]

    def ecrit(self, relatif: str) -> str | None:
        """Un texte en Markdown écrit à la main, ou ``None`` ; le lire se note."""
        noter(relatif)
        fichier = self.dossier / relatif
        return texte_publie(fichier.read_text(encoding="utf-8").strip()) if fichier.is_file() else None

    def extrait(self, cles: dict, nom: str = "indicateurs") -> pd.DataFrame:
        """Les lignes d'une table qui portent ``cles``, dans son ordre."""
        return self.table(nom).iloc[self.positions(cles, nom)]

    def positions(self, cles: dict, nom: str = "indicateurs") -> np.ndarray:
        """Le rang des lignes qui portent ``cles`` ; une combinaison de colonnes n'est rangée qu'une fois."""
        noms = tuple(sorted(cles))
        if not noms:
            return np.arange(len(self.table(nom)))
        if (nom, noms) not in self._positions:
            self._positions[nom, noms] = self.table(nom).groupby(list(noms), sort=False).indices
        cle = tuple(cles[n] for n in noms)
        return self._positions[nom, noms].get(cle if len(cle) > 1 else cle[0], _AUCUNE)

    def serie(self, indicateur: str, lieu: tuple[str, str, str]) -> list[dict]:
        """Une ligne par année de l'édition ; une série déjà demandée n'est pas refaite."""
        cle = (indicateur, *lieu)
        if cle not in self._lues:
            annees, nommee = self.table("edition")["annees"], dict(zip(CLES[1:], (*lieu, indicateur), strict=True))
            nombres, statuts = self._series.prendre(cle, len(annees))
            self._lues[cle] = [
                {"annee": annee, **nommee, **dict(zip(VALEURS, ligne, strict=True)), "statut": statut}
                for annee, ligne, statut in zip(annees, nombres, statuts, strict=True)
            ]
        return self._lues[cle]

    @cached_property
    def _series(self) -> _Series:
        """Toutes les séries bout à bout, complétées des années qui n'ont pas été calculées."""
        annees, table = self.table("edition")["annees"], self.table("indicateurs")
        cles = ["indicateur", "niveau", "territoire", "bailleur"]
        lieux = table[cles].drop_duplicates()
        complet = lieux.merge(pd.DataFrame({"annee": annees}), how="cross").merge(
            table, how="left", on=[*cles, "annee"]
        )
        statuts = complet["statut"].fillna("nd").astype("category").array
        debuts = dict(zip(lieux.itertuples(index=False, name=None), range(0, len(complet), len(annees)), strict=True))
        return _Series(complet[VALEURS].to_numpy(float), statuts.categories.to_numpy(object)[statuts.codes], debuts)

    @cached_property
    def noms(self) -> dict[tuple[str, str], str]:
        """Le nom de chaque (niveau, code)."""
        lieux = pd.concat([self.table("territoires"), self.table("bailleurs").assign(niveau="bailleur")])
        return dict(zip(zip(lieux["niveau"], lieux["code"], strict=True), lieux["nom"], strict=True))

    @cached_property
    def parents(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Ce qui contient chaque immeuble, secteur et quartier : son niveau et son code."""
        lieux = self.table("territoires")
        parents = {}
        for niveau, dessus in (("quartier", [VILLE]), ("secteur", ["quartier"]), ("immeuble", ["secteur", "quartier"])):
            siens = lieux[lieux["niveau"].eq(niveau)].dropna(subset=["parent"])
            for code, parent in zip(siens["code"], siens["parent"], strict=True):
                connus = [(n, parent) for n in dessus if (n, parent) in self.noms]
                parents |= {(niveau, code): connus[0]} if connus else {}
        return parents

    @cached_property
    def dates_rompues(self) -> list[tuple[int, str, set[str]]]:
        """L'année et le libellé de chaque rupture, et les codes qu'elle touche."""
        table = self.table("ruptures")
        if table.empty:
            return []
        codes = [set(re.split(r"[\s,;|]+", codes)) for codes in table["indicateurs"].fillna("tous")]
        return list(zip(table["annee"].tolist(), table["libelle"].tolist(), codes, strict=True))


class _Series(NamedTuple):
    """Les séries bout à bout, en tableaux : en prendre une ne coûte que quelques microsecondes.

    ``nombres`` : (lignes, :data:`VALEURS`). ``debuts`` : (indicateur, niveau, territoire, bailleur) -> premier rang.
    """

    nombres: np.ndarray
    statuts: np.ndarray
    debuts: dict[tuple, int]

    def prendre(self, cle: tuple, longueur: int) -> tuple[list[list[float]], list[str]]:
        """Les valeurs et les statuts d'une série ; tous manquants et ``nd`` si elle n'est pas publiée."""
        if cle not in self.debuts:
            return [[math.nan] * len(VALEURS)] * longueur, ["nd"] * longueur
        rangs = slice(self.debuts[cle], self.debuts[cle] + longueur)
        return self.nombres[rangs].tolist(), self.statuts[rangs].tolist()


def est_hors(code: str) -> bool:
    """Ce qui est hors de tout contour a des valeurs, mais n'est ni un quartier ni une commune : il n'a pas de page."""
    return code.startswith((HORS_QUARTIER, HORS_COMMUNE))


def cle_d_alerte(ligne: dict) -> tuple[str, str, str]:
    """Ce qui rattache une évaluation à son dossier : (niveau, territoire, indicateur)."""
    return ligne["niveau"], ligne["territoire"], ligne["indicateur"]


def _est_ouvert(dossier: dict, paraissent: set[tuple[str, str, str]]) -> bool:
    if dossier["statut"] == "publie":
        return dossier["etat"] != "resolue"
    return cle_d_alerte(dossier) in paraissent


def en_lignes(table: pd.DataFrame) -> list[dict]:
    """Les lignes d'une petite table, en dictionnaires : bien moins chers à lire un à un que des Series."""
    colonnes = [table[c].tolist() for c in table.columns]
    return [dict(zip(table.columns, ligne, strict=True)) for ligne in zip(*colonnes, strict=True)]


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
    contenu = _lire(dossier, (dossier / "edition.json").stat().st_mtime_ns, est_ouvert())
    noter("edition.json")
    annees = contenu.table("edition")["annees"]
    annee = annees[-1] if annee is None else annee
    if annee not in annees:
        raise ParametreInconnu(f"l'année {annee} n'est pas publiée. Années admises : {annees}.")
    return Publie(annee=annee, dossier=dossier, contenu=contenu)


@lru_cache(maxsize=4)
def _lire(dossier: Path, _version: int, _certifie: bool) -> Contenu:
    return Contenu(dossier)


def _certifier(nom: str, lue):
    """Une table telle qu'une page la reçoit : ses textes peuvent être imprimés (:mod:`observatoire.registre`)."""
    if not est_ouvert() or nom in {"contours", "indicateurs"}:
        return lue
    if nom == "edition":
        return lue | {cle: texte_publie(lue[cle]) for cle in _TEXTES_DE_L_EDITION if cle in lue}
    if nom == "catalogue":
        admettre(d.get(cle) for d in lue.values() for cle in ("code", "unite", "groupe", "periode"))
        admettre(table for d in lue.values() for table in d.get("tables") or ())
        textes = {c: {cle: texte_publie(d[cle]) for cle in _TEXTES_DU_CATALOGUE if cle in d} for c, d in lue.items()}
        return {code: declaration | textes[code] for code, declaration in lue.items()}
    if nom == "fiches_mixite":
        admettre(lue)
        return {code: {cle: texte_publie(texte) for cle, texte in fiche.items()} for code, fiche in lue.items()}
    for colonne in _CITABLES.get(nom, ()):
        admettre(lue[colonne])
    return lue.assign(**{colonne: lue[colonne].map(texte_publie) for colonne in _TEXTES.get(nom, ())})


def _lire_table(fichier: Path) -> pd.DataFrame:
    return pd.read_csv(fichier, dtype=_CODES, keep_default_na=False, na_values=[""])


def _lire_alertes(fichier: Path) -> pd.DataFrame:
    """Les alertes et leurs ampleurs, d'un seul tenant ; une table vide quand le territoire n'en a pas."""
    if not fichier.is_file():
        return pd.DataFrame(columns=[*CLES_D_ALERTE, "quartier", "secteur", "statut"])
    ampleurs = _lire_table(fichier.with_name("ampleurs.csv")).drop(columns="statut")
    return _lire_table(fichier).merge(ampleurs, on=CLES_D_ALERTE, validate="one_to_one")


def _lire_attributions(fichier: Path) -> pd.DataFrame:
    if not fichier.is_file():
        return pd.DataFrame(columns=["annee", "niveau", "territoire", "bailleur", "source", "statut"])
    return _lire_table(fichier)


def _lire_revue(fichier: Path) -> pd.DataFrame:
    if not fichier.is_file():
        return pd.DataFrame(columns=REVUE[fichier.stem])
    return _lire_table(fichier)


def _lire_suivi(fichier: Path) -> pd.DataFrame:
    if not fichier.is_file():
        return pd.DataFrame(columns=["dossier", "niveau", "territoire", "indicateur", "quartier", "colonne", "code"])
    return _lire_table(fichier)


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
    "fiches_mixite": _lire_catalogue, **dict.fromkeys(SUIVI, _lire_suivi),
    **dict.fromkeys(ATTRIBUTIONS, _lire_attributions), **dict.fromkeys(REVUE, _lire_revue),
}  # fmt: skip
