"""Publier : de ``prepare`` à ``publie/<public>``, tout ce qu'un public peut lire, et rien d'autre.

Les comptes sont bruités une fois (:mod:`observatoire.secret`) ; tout ce qui paraît à côté est calculé sur ces comptes,
et sur eux seuls.
"""

from observatoire.publication.ecrits import Commentaires, republier_les_ecrits
from observatoire.publication.edition import Bilan, proteger

__all__ = ["Bilan", "Commentaires", "proteger", "republier_les_ecrits"]
