"""Lire le scénario des dépôts fictifs et l'ajuster au territoire configuré."""

from __future__ import annotations

from functools import cached_property
from importlib import resources

import geopandas as gpd
import numpy as np
import pandas as pd
import yaml

from observatoire.configuration import Bailleur, Configuration
from observatoire.configuration.saisie import lire_yaml
from observatoire.erreurs import ErreurConfiguration

ORDINAIRE = {"pauvrete": 0.38, "qpv": []}


class Scenario:
    """Les réglages du tirage : parts par bailleur et par secteur, taux, vérités à planter.

    Un territoire d'exemple peut avoir les siens, rubrique par rubrique, dans ``scenario.yml`` de ses référentiels.
    """

    def __init__(self, config: Configuration):
        texte = resources.files("observatoire.exemple").joinpath("scenario.yml").read_text(encoding="utf-8")
        self._brut = yaml.safe_load(texte)
        propre = config.chemin("referentiels") / "scenario.yml"
        if propre.is_file():
            self._brut |= lire_yaml(propre)
        self.config = config
        self.annees = list(config.annees)
        self.taux, self.dpe, self.verites = (self._brut[c] for c in ("taux", "dpe", "verites"))

    def __getitem__(self, cle: str):
        return self._brut[cle]

    @cached_property
    def bailleurs(self) -> list[Bailleur]:
        """Les bailleurs qui déposent, dans l'ordre de la configuration."""
        return list(self.config.bailleurs)

    def reglage(self, bailleur: str) -> dict:
        """Les réglages d'un bailleur ; un bailleur inconnu du scénario dépose tout, chaque année."""
        ordinaire = {"part": 1 / len(self.bailleurs), "programmes": 10}
        return {"sans": {}, "depuis": 0, "programmes": 0, **self._brut["bailleurs"].get(bailleur, ordinaire)}

    @cached_property
    def foyers(self) -> set[str]:
        """Les bailleurs hors du champ du RPLS, qui gèrent des foyers : chambres seules, pas de vérité plantée."""
        return {b.code for b in self.bailleurs if b.hors_rpls}

    def depose(self, deposant: Bailleur, table: str, annee: int) -> bool:
        """Le déposant livre-t-il cette table cette année ?"""
        reglage = self.reglage(deposant.code) if deposant.est_bailleur else {"depuis": 0, "sans": {}}
        return table in deposant.tables and annee >= reglage["depuis"] and annee not in reglage["sans"].get(table, ())

    @cached_property
    def secteurs(self) -> gpd.GeoDataFrame:
        """Un territoire par ligne : secteur, quartier, part du parc, pauvrete, qpv, geometry (Lambert-93).

        Sans secteurs, les quartiers en tiennent lieu ; sans carte, il n'y a pas d'exemple possible.
        """
        noms = [c.contours for c in self.config.communes] or ["quartiers.geojson"]
        fichiers = [self.config.chemin("referentiels") / nom for nom in noms]
        if not all(f.is_file() for f in fichiers):
            raise ErreurConfiguration("exemple : quartiers.geojson manque dans les référentiels.")
        carte = pd.concat([gpd.read_file(f) for f in fichiers], ignore_index=True).to_crs(2154)
        fins = carte[carte["niveau"].eq("secteur") | ~carte["code"].isin(carte["parent"].dropna())]
        fins = fins.assign(quartier=fins["parent"].fillna(fins["code"]), secteur=fins["code"])
        profils = self._brut["quartiers"]
        fins["pauvrete"] = [profils.get(q, ORDINAIRE)["pauvrete"] for q in fins["quartier"]]
        fins["en_qpv"] = [
            s in profils.get(q, ORDINAIRE).get("qpv", ())
            for s, q in zip(fins["secteur"], fins["quartier"], strict=True)
        ]
        egale = 1 / fins["quartier"].nunique()
        du_quartier = np.array([profils.get(q, {}).get("part", egale) for q in fins["quartier"]])
        poids = pd.Series(np.where(fins["en_qpv"], 3.0, 1.0), index=fins.index)
        fins["part"] = du_quartier * poids / poids.groupby(fins["quartier"]).transform("sum")
        fins["part"] /= fins["part"].sum()
        return fins.reset_index(drop=True)
