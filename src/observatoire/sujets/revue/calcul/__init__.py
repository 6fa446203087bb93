"""De l'état zéro à la dernière année, ce qui a changé et pourquoi.

``flux`` et ``parcours`` comptent qui est entré, sorti, resté (``etape`` les écrit dans ``prepare``) ; ``decomposition``
en tire des contributions, que ``contributions`` publie, bruit compris ; ``objectifs`` compare l'état zéro à la dernière
année, sur ce qui est publié (``comparaison``) ; ``propositions`` dit quoi discuter, ``pertinence`` ce qui est à
portée ; ``revision`` et ``ecarts`` rejugent avec la règle du départ. ``contexte`` lit les chiffres de la commune et de
l'EPCI.
"""
