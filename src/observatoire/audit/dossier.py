"""Ce qu'un audit a sous les yeux : la configuration, le public, ce qui est publié pour lui et ce qui lui est caché."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.configuration import Configuration
from observatoire.publie import INDICATEURS
from observatoire.secret import Regles, lire_regles_du_secret
from observatoire.tables.edition import TERRITOIRES

_CODES = dict.fromkeys(("territoire", "bailleur", "code", "parent", "absents"), str)


@dataclass(frozen=True)
class Dossier:
    """Les pièces d'un audit, chacune lue à son premier emploi. ``tout`` : sans rien échantillonner."""

    config: Configuration
    public: str
    tout: bool = False

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
        """Les territoires publiés : niveau, code, nom, parent."""
        return lire(TERRITOIRES.dans(self.publie))

    @cached_property
    def baremes(self) -> Baremes:
        """Les barèmes du territoire."""
        return lire_baremes(self.config.chemin("referentiels"))

    @cached_property
    def regles(self) -> Regles:
        """Les règles du secret pour ce public."""
        return self.regles_de(self.public)

    def regles_de(self, public: str) -> Regles:
        """Les règles du secret pour un public."""
        return lire_regles_du_secret(self.config.chemin("referentiels"), self.baremes, public, max(self.config.annees))


def lire(fichier: Path) -> pd.DataFrame:
    """Une table publiée, ses codes en texte."""
    return pd.read_csv(fichier, dtype=_CODES, keep_default_na=False, na_values=[""])
