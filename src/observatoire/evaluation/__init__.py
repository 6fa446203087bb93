"""La revue de la charte : d'où l'on part, où l'on arrive, ce qui a changé, et si la règle a changé en chemin.

``flux`` et ``parcours`` comptent qui est entré, sorti, resté ; ``decomposition`` en tire des contributions, que
``contributions`` publie, bruit compris ;
``puissance`` dit ce qu'une comparaison peut voir ; ``objectifs`` compare l'état zéro à la dernière année, sur ce qui
est publié ; ``propositions`` dit quoi discuter ; ``revision`` et ``ecarts`` rejugent avec la règle du départ.
"""

from observatoire.evaluation.calcul import Bilan, ecrire_flux
from observatoire.evaluation.contexte import lire_contexte
from observatoire.evaluation.contributions import publier_la_decomposition
from observatoire.evaluation.decomposition import contribuer, cumuler, decomposer, totaliser
from observatoire.evaluation.ecarts import comparer, relever_les_ecarts
from observatoire.evaluation.flux import COLONNES as COLONNES_DES_FLUX
from observatoire.evaluation.flux import COMPTES
from observatoire.evaluation.objectifs import dresser_les_objectifs
from observatoire.evaluation.parcours import compter_les_flux, parts_du_parc
from observatoire.evaluation.propositions import proposer
from observatoire.evaluation.puissance import effet_minimal, effet_minimal_connu, effet_minimal_d_un_taux

__all__ = [
    "COLONNES_DES_FLUX",
    "COMPTES",
    "Bilan",
    "comparer",
    "compter_les_flux",
    "contribuer",
    "cumuler",
    "decomposer",
    "dresser_les_objectifs",
    "ecrire_flux",
    "effet_minimal",
    "effet_minimal_connu",
    "effet_minimal_d_un_taux",
    "lire_contexte",
    "parts_du_parc",
    "proposer",
    "publier_la_decomposition",
    "relever_les_ecarts",
    "totaliser",
]
