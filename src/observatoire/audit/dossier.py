"""Ce qu'un audit a sous les yeux : la configuration, le public, ce qui est publié pour lui et ce qui lui est caché."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.baremes import lire_baremes
from observatoire.confidentialite.regles import Regles, lire_regles_du_secret
from observatoire.configuration import Configuration, plus_larges
from observatoire.publie import CLES, VALEURS
from observatoire.registre import FICHIER
from observatoire.registre.table import lire_registre

_CODES = {"territoire": str, "bailleur": str, "code": str}


@dataclass(frozen=True)
class Dossier:
    """Les pièces d'un audit, chacune lue à son premier emploi."""

    config: Configuration
    public: str

    @property
    def publie(self) -> Path:
        """Le dossier publié pour ce public."""
        return self.config.chemin("publie") / self.public

    @cached_property
    def indicateurs(self) -> pd.DataFrame:
        """La table publiée, toutes les clés, avec leur statut."""
        return _lire(self.publie / "indicateurs.csv")

    @cached_property
    def territoires(self) -> pd.DataFrame:
        """Les territoires publiés : niveau, code, nom."""
        return _lire(self.publie / "territoires.csv")

    @cached_property
    def imprimes(self) -> pd.DataFrame | None:
        """Tout le registre, lu une fois : chaque public, chaque édition ; ``None`` s'il n'y en a pas ici."""
        publie = self.config.chemin("publie")
        return lire_registre(publie) if (publie / FICHIER).is_file() else None

    @cached_property
    def registre(self) -> pd.DataFrame | None:
        """Les nombres imprimés qui ont une clé, pour ce public et les plus larges ; ``None`` s'il n'y en a pas ici."""
        if (table := self.imprimes) is None:
            return None
        publics = [*plus_larges(self.public), self.public]
        return table[table["public"].isin(publics) & table["mesure"].notna() & table["valeur"].notna()]

    @cached_property
    def regles(self) -> Regles:
        """Les règles du secret pour ce public."""
        referentiels, annee = self.config.chemin("referentiels"), max(self.config.annees)
        return lire_regles_du_secret(referentiels, lire_baremes(referentiels), self.public, annee)

    @cached_property
    def publies(self) -> pd.MultiIndex:
        """Les clés dont la valeur est publiée."""
        return index(self.indicateurs[self.indicateurs["statut"].eq("publie")])

    @cached_property
    def cachees(self) -> pd.DataFrame | None:
        """Les valeurs brutes qui ne sont pas publiées pour ce public ; ``None`` si rien n'est préparé ici.

        Colonnes : les clés et les mesures. Une clé absente de ce qui est publié (un immeuble) est cachée aussi.
        """
        fichier = self.config.chemin("prepare") / "indicateurs.parquet"
        if not fichier.is_file():
            return None
        brut = pd.read_parquet(fichier, columns=[*CLES, *VALEURS, "statut"])
        calcule = brut[brut["statut"].eq("calcule")]
        return calcule[~index(calcule).isin(self.publies)].reset_index(drop=True)


def index(table: pd.DataFrame) -> pd.MultiIndex:
    """Les clés d'une table, en index ; l'année est un entier, les autres des textes."""
    cles = table[CLES].astype(dict.fromkeys(CLES[1:], "str"))
    annees = pd.to_numeric(cles["annee"], errors="coerce").fillna(-1).astype(np.int64)
    return pd.MultiIndex.from_frame(cles.assign(annee=annees))


def dire_cle(cle: tuple) -> str:
    """« la valeur cachée de taux_vacance, quartier velotte, 2010 » ; le bailleur quand ce n'est pas « tous »."""
    annee, niveau, territoire, bailleur, indicateur = cle
    # Le code d'un immeuble est un identifiant : il n'est pas redit.
    lieu = "un immeuble" if niveau == "immeuble" else f"{niveau} {territoire}"
    qui = "" if bailleur == "tous" else f", bailleur {bailleur}"
    return f"la valeur cachée de {indicateur}, {lieu}{qui}, {annee}"


def _lire(fichier: Path) -> pd.DataFrame:
    return pd.read_csv(fichier, dtype=_CODES, keep_default_na=False, na_values=[""])
