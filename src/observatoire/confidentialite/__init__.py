"""Confidentialité : ce qui peut paraître, pour chaque public, sans que rien de caché ne se retrouve.

``regles`` lit les règles ; ``temoins`` et ``colonnes`` disent ce que compte le catalogue ; ``liens`` établit les
sommes qui lient tout ce qui paraît ; ``primaire`` cache ce que les règles demandent, ``complementaire`` ce qu'il faut
de plus ; ``attaque`` cherche à tout retrouver ; ``protection`` les enchaîne, ``annees`` les répète par année et
``publication`` écrit ``publie/<public>``.
"""

from observatoire.confidentialite.liens import CELLULE
from observatoire.confidentialite.protection import MESURES
from observatoire.confidentialite.publication import proteger

__all__ = ["CELLULE", "MESURES", "proteger"]
