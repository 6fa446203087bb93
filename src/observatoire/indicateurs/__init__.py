"""Calculer les indicateurs : des tables préparées à ``prepare/indicateurs.parquet``.

Les sommes sont prises une fois, au grain le plus fin, lot par lot ; elles s'ajoutent, puis se remontent : secteur,
quartier, QPV, ville, bailleur. Une valeur n'est divisée qu'à la fin, si bien que le taux de la ville est le rapport des
sommes.
"""

import pandas as pd

from observatoire.baremes import Baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.couverture import DIMENSIONS
from observatoire.indicateurs.calcul import Bilan, calculer, ecrire_indicateurs, parc_prepare
from observatoire.indicateurs.devenirs import sommes_des_devenirs
from observatoire.indicateurs.evaluation import SANS_DIMENSION, Croisement, croisements, evaluer
from observatoire.indicateurs.lots import LotSomme, sommeur
from observatoire.indicateurs.sommes import Sommes, lire_regles, sommer_selon

__all__ = [
    "SANS_DIMENSION",
    "Bilan",
    "Croisement",
    "LotSomme",
    "Sommes",
    "calculer",
    "croisements",
    "ecrire_indicateurs",
    "evaluer",
    "parc_prepare",
    "sommer",
    "sommes_des_devenirs",
    "sommeur",
]


def sommer(
    tables: dict[str, pd.DataFrame], annee: int, baremes: Baremes
) -> tuple[Sommes, dict[Indicateur, frozenset], dict[str, str]]:
    """Sommer tous les indicateurs de tables tenues en mémoire, au grain de l'immeuble d'un bailleur.

    Rend les sommes, les colonnes que lit chaque indicateur, et le statut de ceux dont la règle manque (voir
    :class:`observatoire.indicateurs.sommes.Regles`).
    """
    vides = {nom: table.iloc[:0] for nom, table in tables.items()}
    regles = lire_regles(catalogue().values(), vides, annee, baremes)
    return sommer_selon(regles, tables, baremes, DIMENSIONS), regles.lues, regles.sans_regle
