"""Les attributions : conformes aux objectifs, comparées au parc et aux sortants, côte à côte, et après quelle attente.

``objectifs`` lit ceux de la loi et ceux que la Conférence a adoptés ; ``conformite`` les confronte aux valeurs ;
``profils`` compare les entrants au parc d'avant et aux sortants ; ``cote_a_cote`` compare les bailleurs d'un même
quartier ; ``survie`` et ``attente`` estiment les délais.
"""

from observatoire.attributions.calcul import CLES, TABLES, Bilan, ecrire_attributions
from observatoire.attributions.conformite import CONSTATS, VERDICTS
from observatoire.attributions.cote_a_cote import ECARTS, PRATIQUES
from observatoire.attributions.objectifs import Objectif, lire_objectifs
from observatoire.attributions.survie import Survie, estimer, quantile

__all__ = [
    "CLES",
    "CONSTATS",
    "ECARTS",
    "PRATIQUES",
    "TABLES",
    "VERDICTS",
    "Bilan",
    "Objectif",
    "Survie",
    "ecrire_attributions",
    "estimer",
    "lire_objectifs",
    "quantile",
]
