"""Le secret : un bruit sur les comptes, ce qui se cache, l'attaque, et rien d'autre.

``bruit`` est la loi de ce qui s'ajoute à un compte, choisi par la clé de ses unités (:mod:`observatoire.cles`) ;
``regles`` lit le barème ; ``parution`` dit ce qui est exact, bruité ou caché ; ``valeurs`` l'applique aux indicateurs,
et aux flux que ``cumuls`` additionne ; ``bilan`` le dit.
"""

from observatoire.secret.bilan import compter, dire
from observatoire.secret.bruit import Bruit
from observatoire.secret.parution import Contributeurs, Ouverture, porter_le_bruit
from observatoire.secret.regles import Regles, lire_regles_du_secret
from observatoire.secret.valeurs import Bruitees, proteger_les_valeurs

__all__ = [
    "Bruit",
    "Bruitees",
    "Contributeurs",
    "Ouverture",
    "Regles",
    "compter",
    "dire",
    "lire_regles_du_secret",
    "porter_le_bruit",
    "proteger_les_valeurs",
]
