"""Les attributions : conformes aux objectifs, comparées au parc et aux sortants, côte à côte, et après quelle attente.

Se tirent des lignes, dans ``prepare`` : ``deplacements`` (ce qui, entre bailleurs, tient aux logements) et ``attente``
(les délais, par ``survie``). Se calculent sur ce qui paraît : ``conformite`` confronte les valeurs aux objectifs, que
lit ``objectifs`` ; ``profils`` compare les entrants au parc d'avant et aux sortants ; ``cote_a_cote`` compare les
bailleurs d'un même lieu.
"""

from observatoire.attributions.attente import publier_les_attentes
from observatoire.attributions.calcul import Bilan, ecrire_attributions
from observatoire.attributions.conformite import confronter
from observatoire.attributions.cote_a_cote import ECARTS, comparer_les_bailleurs
from observatoire.attributions.deplacements import PRATIQUES
from observatoire.attributions.objectifs import Objectif, lire_objectifs
from observatoire.attributions.profils import comparer_les_profils
from observatoire.attributions.survie import Survie, estimer, quantile

__all__ = [
    "ECARTS",
    "PRATIQUES",
    "Bilan",
    "Objectif",
    "Survie",
    "comparer_les_bailleurs",
    "comparer_les_profils",
    "confronter",
    "ecrire_attributions",
    "estimer",
    "lire_objectifs",
    "publier_les_attentes",
    "quantile",
]
