"""Les fichiers d'un dossier publié, rangés pour que lire une valeur ne coûte presque rien."""

from __future__ import annotations

import math
import re
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from observatoire.lectures import noter
from observatoire.publie.tables import CLES, VALEURS, en_lignes, lire_table
from observatoire.vocabulaire import QUARTIER, SECTEUR, VILLE

_AUCUNE = np.array([], dtype=np.intp)
TOUS = "tous"


class Contenu:
    """Les fichiers d'un dossier publié, chacun lu à son premier emploi et rangé pour être retrouvé vite."""

    def __init__(self, dossier: Path):
        self.dossier = dossier
        self._tables: dict = {}
        self._codes: dict[tuple[str, str], tuple[dict, np.ndarray]] = {}
        self._ordres: dict[tuple[str, tuple[str, ...]], tuple[np.ndarray, np.ndarray]] = {}
        self._en_lignes: dict[str, list[dict]] = {}
        self._lues: dict[tuple[str, ...], list[dict]] = {}

    def table(self, nom: str):
        """Une table, le catalogue (code -> déclaration), l'édition ou les contours."""
        if nom not in self._tables:
            self._tables[nom] = lire_table(nom, self.dossier)
        return self._tables[nom]

    def ecrit(self, relatif: str) -> str | None:
        """Un texte en Markdown écrit à la main, ou ``None`` ; le lire se note."""
        noter(relatif)
        fichier = self.dossier / relatif
        return fichier.read_text(encoding="utf-8").strip() if fichier.is_file() else None

    def extrait(self, cles: dict, nom: str = "indicateurs") -> pd.DataFrame:
        """Les lignes d'une table qui portent ``cles``, dans son ordre."""
        return self.table(nom).iloc[self.positions(cles, nom)]

    def lignes(self, nom: str) -> list[dict]:
        """Les lignes d'une table, en dictionnaires, faits une fois. Ne pas les modifier."""
        if nom not in self._en_lignes:
            self._en_lignes[nom] = en_lignes(self.table(nom))
        return self._en_lignes[nom]

    def positions(self, cles: dict, nom: str = "indicateurs") -> np.ndarray:
        """Le rang des lignes qui portent ``cles``, croissants ; une combinaison de colonnes n'est triée qu'une fois."""
        noms = tuple(sorted(cles))
        if not noms:
            return np.arange(len(self.table(nom)))
        cherchee = 0
        for colonne in noms:
            codes, _ = self._coder(nom, colonne)
            if cles[colonne] not in codes:
                return _AUCUNE
            cherchee = cherchee * (len(codes) + 1) + codes[cles[colonne]]
        if (nom, noms) not in self._ordres:
            combines = np.zeros(len(self.table(nom)), dtype=np.int64)
            for colonne in noms:
                codes, siens = self._coder(nom, colonne)
                combines = combines * (len(codes) + 1) + siens
            ordre = np.argsort(combines, kind="stable")
            self._ordres[nom, noms] = ordre, combines[ordre]
        ordre, tries = self._ordres[nom, noms]
        return ordre[slice(*np.searchsorted(tries, (cherchee, cherchee + 1)))]

    def _coder(self, nom: str, colonne: str) -> tuple[dict, np.ndarray]:
        """Le code, à partir de 1, de chaque valeur d'une colonne, et celui de chaque ligne ; 0 pour l'absence."""
        if (nom, colonne) not in self._codes:
            codes, valeurs = pd.factorize(self.table(nom)[colonne])
            self._codes[nom, colonne] = {v: rang for rang, v in enumerate(valeurs.tolist(), start=1)}, codes + 1
        return self._codes[nom, colonne]

    def serie(self, indicateur: str, lieu: tuple[str, str, str]) -> list[dict]:
        """Une ligne par année de l'édition ; une série déjà demandée n'est pas refaite."""
        cle = (indicateur, *lieu)
        if cle not in self._lues:
            annees, nommee = self.table("edition")["annees"], dict(zip(CLES[1:], (*lieu, indicateur), strict=True))
            nombres, statuts = self._series.prendre(cle, len(annees), self._manque(indicateur, lieu))
            self._lues[cle] = [
                {"annee": annee, **nommee, **dict(zip(VALEURS, ligne, strict=True)), "statut": statut}
                for annee, ligne, statut in zip(annees, nombres, statuts, strict=True)
            ]
        return self._lues[cle]

    def _manque(self, indicateur: str, lieu: tuple[str, str, str]) -> str:
        """Le statut d'une série qui n'est pas publiée : secrète, si ce public ne croise pas ce niveau par bailleur."""
        niveau, territoire, bailleur = lieu
        reserve = bailleur != TOUS and niveau in self.table("edition").get("regles", {}).get("par_bailleur", {})
        return "c" if reserve and (indicateur, niveau, territoire, TOUS) in self._series.debuts else "nd"

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
        for niveau, dessus in (("quartier", [VILLE]), ("secteur", ["quartier"]), ("immeuble", [SECTEUR, QUARTIER])):
            siens = lieux[lieux["niveau"].eq(niveau)].dropna(subset=["parent"])
            for code, parent in zip(siens["code"], siens["parent"], strict=True):
                connus = [(n, parent) for n in dessus if (n, parent) in self.noms]
                parents |= {(niveau, code): connus[0]} if connus else {}
        return parents

    @cached_property
    def dates_rompues(self) -> list[tuple[int, str, str, set[str]]]:
        """L'année, le genre et le libellé de chaque rupture, et les codes qu'elle touche."""
        table = self.table("ruptures")
        if table.empty:
            return []
        codes = [set(re.split(r"[\s,;|]+", codes)) for codes in table["indicateurs"].fillna("tous")]
        return list(zip(*(table[c].tolist() for c in ("annee", "genre", "libelle")), codes, strict=True))


class _Series(NamedTuple):
    """Les séries bout à bout, en tableaux : en prendre une ne coûte que quelques microsecondes.

    ``nombres`` : (lignes, :data:`VALEURS`). ``debuts`` : (indicateur, niveau, territoire, bailleur) -> premier rang.
    """

    nombres: np.ndarray
    statuts: np.ndarray
    debuts: dict[tuple, int]

    def prendre(self, cle: tuple, longueur: int, manque: str) -> tuple[list[list[float]], list[str]]:
        """Les valeurs et les statuts d'une série ; tous manquants, de statut ``manque``, si elle n'est pas publiée."""
        if cle not in self.debuts:
            return [[math.nan] * len(VALEURS)] * longueur, [manque] * longueur
        rangs = slice(self.debuts[cle], self.debuts[cle] + longueur)
        return self.nombres[rangs].tolist(), self.statuts[rangs].tolist()
