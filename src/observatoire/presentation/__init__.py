"""Montrer les valeurs publiées : nombres, figures, cartes, tableaux et phrases. Rien n'est calculé ici.

Chaque fonction reçoit un :class:`observatoire.publie.Publie` et rend un fragment HTML déterministe.
"""
