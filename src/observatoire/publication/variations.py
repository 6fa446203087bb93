"""Ce qui a changé d'une année à l'autre : à périmètre constant, sur les mêmes ménages, et où cela mérite un regard."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.indicateurs.perimetre import paires
from observatoire.publication.contexte import Publication
from observatoire.ruptures import lire_ruptures
from observatoire.secret import Regles, porter_le_bruit
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
from observatoire.tables.indicateurs import CONSTANTS, CONSTANTS_PUBLIES, COUVERTURE, LIEUX
from observatoire.vocabulaire import NON_EVALUABLE, NON_EVALUE, PUBLIE, QUARTIER

_CLES = ["annee", "niveau", "territoire", "indicateur"]
_MARGES = ["numerateur", "denominateur"]


def a_perimetre_constant(edition: Publication, publiees: pd.DataFrame) -> pd.DataFrame:
    """Les valeurs à périmètre constant que ce public lit ; ``publiees`` : ses indicateurs."""
    constants = _bruiter(edition, edition.exacts[CONSTANTS], edition.regles)
    return cacher_comme_la_courante(constants, publiees)


def publier_les_variations(edition: Publication, publiees: pd.DataFrame, constants: pd.DataFrame) -> None:
    """Écrire les valeurs à périmètre constant (``constants``) et les variations.

    ``publiees`` : les indicateurs de ce public, et leur bruit (:func:`~observatoire.secret.porter_le_bruit`).
    """
    variations = dresser_les_variations(
        publiees,
        porter_le_bruit(constants, edition.ouverture, edition.regles),
        _passages(edition, (publiees, constants), edition.regles),
        lire_ruptures(edition.config.chemin("referentiels"), catalogue()),
        paires(edition.config),
        catalogue(),
    )
    edition.ecrire(CONSTANTS_PUBLIES, constants)
    edition.ecrire(VARIATIONS, variations)


def publier_les_changements(edition: Publication, paru: pd.DataFrame, siennes: Mapping[int, ReglesDesAlertes]) -> None:
    """Écrire les alertes de changement que ce public lit.

    ``paru`` : les indicateurs, à tous les niveaux où l'on alerte. ``siennes`` : les règles des alertes, par année.
    """
    lieux, tous = edition.exacts[LIEUX], edition.exacts[CONSTANTS]
    if QUARTIER not in lieux:
        return  # une ville sans quartiers n'a rien à comparer
    larges = regles_de_ce_qui_alerte(edition.regles, siennes)
    constants = _bruiter(edition, tous[tous["depart"].eq(tous["arrivee"] - 1)], larges)
    a_l_arrivee = constants[constants["annee"].eq(constants["arrivee"])]
    marges = pd.concat([a_l_arrivee, paru[paru["bailleur"].eq("tous")]])  # à périmètre constant d'abord
    passages = _passages(edition, (paru, constants), larges)
    bruits = edition.ouverture.bruits(edition.regles)
    mouvements = compter_les_mouvements(passages, marges.drop_duplicates(_CLES)[[*_CLES, *_MARGES]], bruits)
    table = evaluer_les_changements(mouvements, lieux, siennes, bruits)
    table = table[edition.regles.montre(table).to_numpy()] if len(table) else table
    # Sous onze à qui il pouvait arriver, rien n'est conclu, et aucun compte ne s'écrit.
    ecrits = table["verdict"].ne(NON_EVALUABLE)
    mesures = [c for c in CHANGEMENTS.noms_des_mesures if c in table and c not in ("nb_tests", "quartier")]
    table[mesures] = table[mesures].astype(object).where(ecrits)
    edition.ecrire(CHANGEMENTS, table.assign(statut=ecrits.map({True: PUBLIE, False: NON_EVALUE})))


def _bruiter(edition: Publication, constants: pd.DataFrame, regles: Regles) -> pd.DataFrame:
    parc = edition.contributeurs.parc
    return bruiter_les_constants(constants, edition.exacts[COUVERTURE], parc, edition.ouverture, regles)


def _passages(edition: Publication, parues: tuple[pd.DataFrame, pd.DataFrame], regles: Regles) -> pd.DataFrame:
    return bruiter_les_passages(edition.exacts[PASSAGES], parues, edition.contributeurs, edition.ouverture, regles)
