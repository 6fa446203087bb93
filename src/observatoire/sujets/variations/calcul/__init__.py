"""Compter, à deux dates, les mêmes ménages et les mêmes logements (``passages``), puis publier ce qui a changé.

``publication`` met côte à côte les deux valeurs, à périmètre constant, et les éprouve ; ``etape`` écrit les comptes
exacts dans ``prepare``.
"""
