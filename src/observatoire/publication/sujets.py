"""Ce que chaque sujet tire des valeurs publiées et de ce qui est préparé : attributions, revue, orientations."""

from __future__ import annotations

import pandas as pd

from observatoire.publication.contexte import Publication
from observatoire.publication.orientations import publier_les_orientations
from observatoire.rangement import lire_preparee, lire_publiee
from observatoire.sujets.objectifs.calcul.attente import publier_les_attentes
from observatoire.sujets.objectifs.calcul.cote_a_cote import comparer_les_bailleurs
from observatoire.sujets.objectifs.calcul.profils import comparer_les_profils
from observatoire.sujets.objectifs.tables import ATTENTES, ATTENTES_PUBLIEES, COTE_A_COTE, DEPLACEMENTS, PROFILS
from observatoire.sujets.revue.calcul.contexte import lire_contexte
from observatoire.sujets.revue.calcul.contributions import Parus, publier_la_decomposition
from observatoire.sujets.revue.tables import CONTEXTE, DECOMPOSITION, FLUX
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE


def publier_les_sujets(edition: Publication, publiees: pd.DataFrame) -> None:
    """Écrire les tables de chaque sujet ; ce que ``calculer`` n'a pas préparé n'y est pas.

    ``publiees`` : les indicateurs de ce public, et la ``variance`` du bruit de chaque ligne.
    """
    config, regles = edition.config, edition.regles
    edition.ecrire(PROFILS, comparer_les_profils(publiees))
    edition.ecrire(CONTEXTE, lire_contexte(config))
    parus = Parus(publiees, *(lire_publiee(t, edition.travail) for t in (CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE)))
    bouts, prepare = (config.annee_zero, max(config.annees)), config.chemin("prepare")
    tables = {
        DEPLACEMENTS: (COTE_A_COTE, lambda t: comparer_les_bailleurs(publiees, t, regles.seuil)),
        ATTENTES: (ATTENTES_PUBLIEES, lambda t: publier_les_attentes(t, publiees, config.tout, regles.seuil)),
        FLUX: (DECOMPOSITION, lambda t: publier_la_decomposition(t, parus, regles, config.tout, bouts)),
    }
    for preparee, (table, tirer) in tables.items():
        if preparee.dans(prepare).is_file():
            edition.ecrire(table, tirer(lire_preparee(preparee, prepare)))
    publier_les_orientations(edition, publiees)
