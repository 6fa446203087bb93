"""Les échafaudages : ce qu'une page, un indicateur, une année ou une ville demandent d'écrire, écrit d'avance.

Ce qui est échafaudé passe « observatoire verifier » et se publie tel quel : il ne reste qu'à y mettre ce que l'on veut
dire. Rien de ce qui existe n'est écrasé.
"""
