"""Qualifier, proposer, lire ce qui est adopté, confronter ; tout, sur des comptes publiés aux partenaires.

``regles`` lit le barème, ``scores`` tire les scores, ``qualification`` en donne les classes, ``sensibilite`` dit ce
qu'en changeraient d'autres poids, ``parc`` compte les logements de chaque classe pour tous, ``proposition`` propose des
profils d'entrants à somme nulle, ``adoptees`` lit ce que le groupe a adopté et ``confrontation`` le met face aux
attributions.
"""
