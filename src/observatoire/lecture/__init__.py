"""Lire les dépôts des bailleurs : ``brut`` → ``prepare``.

Rien n'est deviné et rien n'est perdu : un fichier fautif est refusé en entier, avec tous ses problèmes à la fois ; un
doute est un avertissement ; une singularité connue est réparée, mise à part ou gardée, et comptée.
"""

from observatoire.lecture.bilans import dire_les_absences
from observatoire.lecture.preparation import lire, preparer
from observatoire.lecture.rapports import ecrire_rapports
from observatoire.lecture.verification import Depots, verifier

__all__ = ["Depots", "dire_les_absences", "ecrire_rapports", "lire", "preparer", "verifier"]
