"""Les sujets, chacun en une tranche : ce qu'il déclare, ce qu'il calcule, ce qu'il montre.

``tables`` : les tables qu'il écrit ; ``calcul`` : des dépôts ou de ce qui paraît à ces tables ; ``vue`` : ce que les
pages et les documents en montrent, de ``publie`` seul. Une vue n'importe aucun calcul.
"""
