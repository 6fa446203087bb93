"""Le moteur : un processus chaud, la souche, et une copie (``fork``) de lui par page, qui l'exécute en son sein.

- :mod:`~observatoire.moteur.souche` : démarrer une souche et lui demander des enfants ;
- :mod:`~observatoire.moteur.naissance` : ce qui tourne dans la souche, et dans chaque enfant qui en naît ;
- :mod:`~observatoire.moteur.interprete` : exécuter des cellules dans ce processus ;
- :mod:`~observatoire.moteur.porte` : ce qu'une page ne peut pas ouvrir ; :mod:`~observatoire.moteur.publics` : la porte
  de chaque public ;
- :mod:`~observatoire.moteur.papermill` : le moteur ``observatoire`` de papermill ;
- :mod:`~observatoire.moteur.matiere`, :mod:`~observatoire.moteur.textes`, :mod:`~observatoire.moteur.titres` : les
  paramètres admis d'un notebook, et ce que ses titres citent.
"""

#: Le noyau d'un notebook de l'observatoire, et le nom de son moteur.
NOYAU = "observatoire"
