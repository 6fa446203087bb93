"""Les alertes : signaler un problème dans un immeuble, un secteur ou un quartier, et en mesurer l'ampleur.

``strates`` compte par immeuble, taille et financement ; ``attendus`` dit ce que l'on y attend ; ``hierarchie`` compare
chaque territoire à son environnement, avec les lois de ``lois`` et le mélange de ``melange`` ; ``suites`` met les
années bout à bout et rend le verdict ; ``etendue`` dit qui porte l'écart. ``standards`` garde de quoi refaire les
attendus, et ``publication`` réévalue tout sur les comptes publiés. Les seuils sont dans le barème ``alertes``.
"""

from observatoire.alertes.calcul import (
    ALERTES,
    AMPLEURS,
    CLES,
    Bilan,
    calculer_alertes,
    ecrire_alertes,
    regles_par_annee,
)
from observatoire.alertes.regles import Regles, lire_regles_des_alertes

__all__ = [
    "ALERTES",
    "AMPLEURS",
    "CLES",
    "Bilan",
    "Regles",
    "calculer_alertes",
    "ecrire_alertes",
    "lire_regles_des_alertes",
    "regles_par_annee",
]
