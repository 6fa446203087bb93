"""Fonctions pures sur des tableaux de nombres : ni fichier, ni table, rien du reste de la bibliothèque.

Chaque module dit sa référence ; un essai le compare à un calcul qui n'est pas de nous.
"""
