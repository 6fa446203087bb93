"""La gouvernance comme donnée : un compte rendu par séance, lu, vérifié, publié ; et l'ordre du jour de la suivante.

``seances`` lit ``book/gouvernance/AAAA-MM-JJ-*.md`` ; ``regles`` dit ce qu'un en-tête peut contenir ;
``ordre_du_jour`` prépare le fichier de la prochaine séance ; ``publication`` écrit ce qu'un public en lit.
"""

from observatoire.gouvernance.ordre_du_jour import preparer_seance
from observatoire.gouvernance.publication import est_lue, publier_seances
from observatoire.gouvernance.regles import ASSOCIATIONS, DECISIONS, GENRES
from observatoire.gouvernance.seances import Seance, dossier_des_seances, lire_seances, tenues

__all__ = [
    "ASSOCIATIONS",
    "DECISIONS",
    "GENRES",
    "Seance",
    "dossier_des_seances",
    "est_lue",
    "lire_seances",
    "preparer_seance",
    "publier_seances",
    "tenues",
]
