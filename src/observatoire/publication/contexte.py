"""Ce dont tout ce qui paraît se tire, pour un public, et où l'écrire."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from observatoire.baremes import Baremes
from observatoire.configuration import Configuration
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.rangement import ecrire_publiee, lire_par_categories, lire_preparee
from observatoire.secret import Bruitees, Contributeurs, Ouverture, Regles, proteger_les_valeurs
from observatoire.sujets.variations.tables import PASSAGES
from observatoire.tables import Table
from observatoire.tables.indicateurs import COMPTES, CONSTANTS, COUVERTURE, INDICATEURS, LIEUX


@dataclass(frozen=True)
class Publication:
    """Une édition en cours, pour le public de ces ``regles``.

    ``exacts`` : ce que le calcul a écrit, lu une fois. ``contributeurs`` : qui est derrière chaque valeur.
    ``travail`` : le dossier où écrire.
    """

    config: Configuration
    baremes: Baremes
    regles: Regles
    ouverture: Ouverture
    exacts: dict[Table, pd.DataFrame]
    contributeurs: Contributeurs
    travail: Path

    @classmethod
    def lire(cls, config: Configuration, baremes: Baremes, regles: Regles, travail: Path) -> Publication:
        """Tout lire de ce que le calcul a écrit."""
        prepare = config.chemin("prepare")
        exacts = {t: lire_par_categories(t, prepare) for t in (INDICATEURS, CONSTANTS, COUVERTURE, PASSAGES)}
        exacts[COMPTES] = lire_preparee(COMPTES, prepare, columns=COMPTES.noms_des_mesures)
        exacts[LIEUX] = lire_preparee(LIEUX, prepare)
        contributeurs = Contributeurs.lire(exacts[LIEUX], exacts[COUVERTURE])
        return cls(
            config, baremes, regles, etablir_l_ouverture(config, baremes, regles), exacts, contributeurs, travail
        )

    def bruiter(self, regles: Regles) -> Bruitees:
        """Les indicateurs tels que le public de ces règles les lit."""
        exacts = self.exacts[INDICATEURS], self.exacts[COMPTES]
        return proteger_les_valeurs(*exacts, self.contributeurs, self.ouverture, regles)

    def ecrire(self, table: Table, contenu: pd.DataFrame) -> None:
        """Écrire ce que ce public lit d'une table ; rien si elle ne lui est pas destinée."""
        ecrire_publiee(table, contenu, self.travail, self.regles.public)
