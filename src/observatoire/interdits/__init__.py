"""Ce que l'observatoire ne doit jamais connaître : qui sont les gens, et ce que l'article 9 du RGPD protège.

Une donnée interdite se reconnaît à son nom (:func:`famille_interdite`), ou à ce qu'elle contient quand son nom la
déguise (:func:`familles_des_colonnes`). Les mêmes règles valent pour un dépôt, un schéma, un indicateur et un texte
écrit à la main.
"""

from observatoire.interdits.contenus import CIVILITE, RECONNUS, famille_du_texte, familles_des_colonnes
from observatoire.interdits.lieux import nommer, porte_un_nom
from observatoire.interdits.noms import famille_interdite, mots, normaliser, texte_libre
from observatoire.interdits.personnes import nomme_une_personne

__all__ = [
    "CIVILITE",
    "RECONNUS",
    "famille_du_texte",
    "famille_interdite",
    "familles_des_colonnes",
    "mots",
    "nomme_une_personne",
    "nommer",
    "normaliser",
    "porte_un_nom",
    "texte_libre",
]
