"""Proposer comment le fichier d'un bailleur, tel qu'il l'a, donne nos tables.

La proposition compare les noms de ses colonnes aux mots du métier, et leurs contenus au schéma. Un analyste la confirme
dans ``suivi/correspondances/<deposant>.yml`` ; :mod:`observatoire.lecture.correspondances` lit ensuite ce fichier, et
ceux des années suivantes, à travers elle.
"""

from observatoire.correspondance.conseil import conseiller
from observatoire.correspondance.ecriture import correspondre

__all__ = ["conseiller", "correspondre"]
