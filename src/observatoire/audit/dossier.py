"""Ce qu'un audit a sous les yeux : la configuration, le public, ce qui est publié pour lui et ce qui lui est caché."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.audit.parus import lire, lire_parus
from observatoire.baremes import lire_baremes
from observatoire.confidentialite.regles import Regles, lire_regles_du_secret
from observatoire.configuration import Configuration, plus_larges
from observatoire.publie import CLES, INDICATEURS


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
        return lire(self.publie / INDICATEURS)

    @cached_property
    def territoires(self) -> pd.DataFrame:
        """Les territoires publiés : niveau, code, nom."""
        return lire(self.publie / "territoires.csv")

    @cached_property
    def parus(self) -> pd.DataFrame:
        """Ce que sait qui lit l'édition de ce public et celles des plus larges : voir :func:`lire_parus`."""
        publies = [self.config.chemin("publie") / public for public in (*plus_larges(self.public), self.public)]
        return pd.concat([lire_parus(p) for p in publies if (p / INDICATEURS).is_file()], ignore_index=True)

    @cached_property
    def regles(self) -> Regles:
        """Les règles du secret pour ce public."""
        referentiels, annee = self.config.chemin("referentiels"), max(self.config.annees)
        return lire_regles_du_secret(referentiels, lire_baremes(referentiels), self.public, annee)

    @cached_property
    def publies(self) -> pd.MultiIndex:
        """Les clés dont la valeur est publiée."""
        return index(self.indicateurs[self.indicateurs["statut"].eq("publie")])


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
