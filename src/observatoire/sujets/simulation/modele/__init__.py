"""Le modèle, sur des nombres : il ne lit rien et n'écrit rien ; une page le nourrit de ce qui est publié.

``projection`` projette une part du parc, que ``lieux`` compose de quatre valeurs ; ``tirages`` dit avec quelle
probabilité, ``report`` reporte sur les autres territoires ce que l'un ne prend plus, ``pertinence`` conclut, au bout de
la durée que donne ``horizon``.
"""
