"""Publier : de ``prepare`` à ``publie/<public>``, tout ce qu'un public peut lire, et rien d'autre.

Les comptes sont bruités une fois (:mod:`observatoire.secret`) ; tout ce qui paraît à côté est calculé sur ces comptes,
et sur eux seuls.
"""

from observatoire.publication.ecrits import preparer_les_commentaires, republier_les_ecrits
from observatoire.publication.edition import Bilan, proteger

__all__ = ["Bilan", "preparer_les_commentaires", "proteger", "republier_les_ecrits"]
