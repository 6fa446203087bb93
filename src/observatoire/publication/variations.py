"""Ce qui a changé d'une année à l'autre : à périmètre constant, sur les mêmes ménages, et où cela mérite un regard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.indicateurs.perimetre import paires
from observatoire.rangement import ecrire_publiee, lire_par_categories, lire_preparee
from observatoire.ruptures import lire_ruptures
from observatoire.secret import Ouverture, Regles, porter_le_bruit
from observatoire.sujets.alertes.calcul.changements import compter_les_mouvements, evaluer_les_changements
from observatoire.sujets.alertes.calcul.publication import regles_de_ce_qui_alerte
from observatoire.sujets.alertes.calcul.regles import Regles as ReglesDesAlertes
from observatoire.sujets.alertes.tables import CHANGEMENTS
from observatoire.sujets.variations.calcul.perimetre import (
    bruiter_les_constants,
    bruiter_les_passages,
    cacher_comme_la_courante,
)
from observatoire.sujets.variations.calcul.publication import dresser_les_variations
from observatoire.sujets.variations.tables import PASSAGES, VARIATIONS
from observatoire.tables import Table
from observatoire.tables.indicateurs import CONSTANTS, CONSTANTS_PUBLIES, COUVERTURE, LIEUX
from observatoire.vocabulaire import NON_EVALUABLE, NON_EVALUE, QUARTIER

_CLES = ["annee", "niveau", "territoire", "indicateur"]
_MARGES = ["numerateur", "denominateur"]


@dataclass(frozen=True)
class Variations:
    """De quoi publier ce qui a changé pour un public ; ``parc`` : les logements de chaque bailleur, par cellule."""

    config: Configuration
    ouverture: Ouverture
    regles: Regles
    parc: pd.DataFrame

    def bruiter_les_constants(self, publiees: pd.DataFrame) -> pd.DataFrame:
        """Les valeurs à périmètre constant que ce public lit ; ``publiees`` : ses indicateurs."""
        return cacher_comme_la_courante(self._bruiter(self._exacts[CONSTANTS], self.regles), publiees)

    def publier(self, publiees: pd.DataFrame, constants: pd.DataFrame, travail: Path) -> None:
        """Écrire dans ``travail`` les valeurs à périmètre constant (``constants``) et les variations.

        ``publiees`` : les indicateurs de ce public, et leur bruit (:func:`~observatoire.secret.porter_le_bruit`).
        """
        variations = dresser_les_variations(
            publiees,
            porter_le_bruit(constants, self.ouverture, self.regles),
            bruiter_les_passages(self._exacts[PASSAGES], self.ouverture, self.regles),
            lire_ruptures(self.config.chemin("referentiels"), catalogue()),
            paires(self.config),
            catalogue(),
        )
        ecrire_publiee(CONSTANTS_PUBLIES, constants, travail, self.regles.public)
        ecrire_publiee(VARIATIONS, variations, travail, self.regles.public)

    def publier_les_changements(
        self, paru: pd.DataFrame, siennes: Mapping[int, ReglesDesAlertes], travail: Path
    ) -> None:
        """Écrire dans ``travail`` les alertes de changement que ce public lit.

        ``paru`` : les indicateurs, à tous les niveaux où l'on alerte. ``siennes`` : les règles des alertes, par année.
        """
        lieux = lire_preparee(LIEUX, self.config.chemin("prepare"))
        if QUARTIER not in lieux:
            return  # une ville sans quartiers n'a rien à comparer
        larges = regles_de_ce_qui_alerte(self.regles, siennes)
        tous = self._exacts[CONSTANTS]
        a_l_arrivee = tous["annee"].eq(tous["arrivee"]) & tous["depart"].eq(tous["annee"] - 1)
        constants = self._bruiter(tous[a_l_arrivee], larges)
        marges = pd.concat([constants, paru[paru["bailleur"].eq("tous")]])  # à périmètre constant d'abord
        passages = bruiter_les_passages(self._exacts[PASSAGES], self.ouverture, larges)
        mouvements = compter_les_mouvements(passages, marges.drop_duplicates(_CLES)[[*_CLES, *_MARGES]])
        table = evaluer_les_changements(mouvements, lieux, siennes, self.ouverture.bruits(self.regles))
        table = table[self.regles.montre(table).to_numpy()] if len(table) else table
        statut = table["verdict"].eq(NON_EVALUABLE).map({True: NON_EVALUE, False: "publie"})
        ecrire_publiee(CHANGEMENTS, table.assign(statut=statut), travail, self.regles.public)

    def _bruiter(self, constants: pd.DataFrame, regles: Regles) -> pd.DataFrame:
        return bruiter_les_constants(constants, self._exacts[COUVERTURE], self.parc, self.ouverture, regles)

    @cached_property
    def _exacts(self) -> dict[Table, pd.DataFrame]:
        """Ce que le calcul a écrit, lu une fois."""
        return {
            table: lire_par_categories(table, self.config.chemin("prepare"))
            for table in (CONSTANTS, COUVERTURE, PASSAGES)
        }
