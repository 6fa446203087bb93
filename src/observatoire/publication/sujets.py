"""Ce que chaque sujet tire des valeurs publiées et de ce que ``calculer`` a préparé : attributions, revue."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.rangement import ecrire_publiee, lire_preparee, lire_publiee
from observatoire.secret import Regles
from observatoire.sujets.objectifs.calcul.attente import publier_les_attentes
from observatoire.sujets.objectifs.calcul.cote_a_cote import comparer_les_bailleurs
from observatoire.sujets.objectifs.calcul.profils import comparer_les_profils
from observatoire.sujets.objectifs.tables import ATTENTES, ATTENTES_PUBLIEES, COTE_A_COTE, DEPLACEMENTS, PROFILS
from observatoire.sujets.revue.calcul.contexte import lire_contexte
from observatoire.sujets.revue.calcul.contributions import Parus, publier_la_decomposition
from observatoire.sujets.revue.tables import CONTEXTE, DECOMPOSITION, FLUX
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE


def publier_les_sujets(config: Configuration, publiees: pd.DataFrame, regles: Regles, travail: Path) -> None:
    """Écrire dans ``travail`` les tables de chaque sujet ; ce que ``calculer`` n'a pas préparé n'y est pas.

    ``publiees`` : les indicateurs de ce public, et la ``variance`` du bruit de chaque ligne.
    """
    ecrire_publiee(PROFILS, comparer_les_profils(publiees), travail, regles.public)
    ecrire_publiee(CONTEXTE, lire_contexte(config), travail, regles.public)
    parus = Parus(publiees, lire_publiee(CONSTANTS_PUBLIES, travail), lire_publiee(COUVERTURE_PUBLIEE, travail))
    bouts, prepare = (config.annee_zero, max(config.annees)), config.chemin("prepare")
    tables = {
        DEPLACEMENTS: (COTE_A_COTE, lambda t: comparer_les_bailleurs(publiees, t, regles.seuil)),
        ATTENTES: (ATTENTES_PUBLIEES, lambda t: publier_les_attentes(t, publiees, config.tout, regles.seuil)),
        FLUX: (DECOMPOSITION, lambda t: publier_la_decomposition(t, parus, regles, config.tout, bouts)),
    }
    for preparee, (table, tirer) in tables.items():
        if preparee.dans(prepare).is_file():
            ecrire_publiee(table, tirer(lire_preparee(preparee, prepare)), travail, regles.public)
