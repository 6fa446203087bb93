"""L'intervalle d'un rapport de comptes, selon sa nature."""

from observatoire.statistique.intervalles import byar, rapport_de_comptes, wilson
from observatoire.vocabulaire import PROPORTION, RAPPORT, TAUX

ENCADRENT = {PROPORTION: wilson, TAUX: byar, RAPPORT: rapport_de_comptes}
