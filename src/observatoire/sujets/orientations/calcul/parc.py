"""Les logements de chaque classe dans chaque quartier : ce que tous peuvent lire de la qualification des résidences.

Une classe dit quelque chose des ménages d'une résidence : une case d'un quartier ne se lit que si elle réunit au moins
trois résidences et le nombre de logements de la règle des onze ; « c » veut donc dire peu, ou aucune. Le total du
quartier étant connu de tous, une case cachée n'y est jamais seule : la plus petite des autres l'est avec elle.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.sujets.orientations.tables import PARC_PAR_CLASSE
from observatoire.vocabulaire import CLASSES, IMMEUBLE, INDETERMINEE, PUBLIE, QUARTIER, SECRET

#: Résidences d'une case, au moins : deux se devinent l'une par l'autre.
RESIDENCES = 3


def compter_le_parc(qualifications: pd.DataFrame, lieux: pd.DataFrame, annee: int, seuil: int) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.orientations.tables.PARC_PAR_CLASSE`, pour la dernière ``annee``.

    ``lieux`` : toutes les résidences (:func:`~.qualification.situer`) ; celle qui n'est pas qualifiée est indéterminée.
    """
    siennes = qualifications[qualifications["annee"].eq(annee) & qualifications["niveau"].eq(IMMEUBLE)]
    dedans = lieux[lieux[QUARTIER].notna()]
    classe = siennes.set_index("territoire")["classe"].reindex(dedans.index).fillna(INDETERMINEE)
    rangs, quartiers = pd.factorize(dedans[QUARTIER].to_numpy(object), sort=True)
    cases = rangs * len(CLASSES) + pd.Index(CLASSES).get_indexer(classe)
    forme = len(quartiers), len(CLASSES)
    poids = (dedans["logements"].to_numpy(float), None)
    logements, nombre = (np.bincount(cases, p, len(quartiers) * len(CLASSES)).reshape(forme) for p in poids)
    cachees = (nombre < RESIDENCES) | (logements < seuil)
    seules = cachees.sum(axis=1) == 1
    cachees[seules, np.where(cachees, np.inf, logements)[seules].argmin(axis=1)] = True
    table = pd.DataFrame(
        {
            "annee": annee,
            "territoire": np.repeat(quartiers, len(CLASSES)),
            "classe": np.tile(list(CLASSES), len(quartiers)),
            "logements": np.where(cachees, np.nan, logements).ravel(),
            "statut": np.where(cachees, SECRET, PUBLIE).ravel(),
        }
    )
    return table[PARC_PAR_CLASSE.noms]
