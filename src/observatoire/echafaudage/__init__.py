"""Les échafaudages : ce qu'une page, un indicateur, une année ou une ville demandent d'écrire, écrit d'avance.

Ce qui est échafaudé passe « observatoire verifier » et se publie tel quel : il ne reste qu'à y mettre ce que l'on veut
dire. Rien de ce qui existe n'est écrasé.
"""

from observatoire.echafaudage.annees import ajouter_une_annee
from observatoire.echafaudage.indicateurs import ajouter_un_indicateur
from observatoire.echafaudage.pages import ajouter_un_notebook, ajouter_une_page
from observatoire.echafaudage.villes import VilleNeuve, fonder_une_ville

__all__ = [
    "VilleNeuve", "ajouter_un_indicateur", "ajouter_un_notebook", "ajouter_une_annee", "ajouter_une_page",
    "fonder_une_ville",
]  # fmt: skip
