"""Ce que l'on écrit à la main pour le publier : les commentaires de l'édition, les comptes rendus.

``personnes`` refuse ce qui désigne quelqu'un ; ``references`` met à la place de ``{{ valeur taux_vacance }}`` la valeur
publiée ; ``nombres`` refuse un nombre recopié à la main qui dirait une valeur exacte que l'édition ne publie pas.
"""

from observatoire.ecrits.nombres import Exactes, chercher_les_recopies
from observatoire.ecrits.personnes import refuser_les_ecrits
from observatoire.ecrits.references import Citables, Lieu

__all__ = ["Citables", "Exactes", "Lieu", "chercher_les_recopies", "refuser_les_ecrits"]
