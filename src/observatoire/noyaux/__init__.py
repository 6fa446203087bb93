"""Les noyaux de l'observatoire : des copies (``fork``) d'un processus déjà chaud, la souche.

Le noyau Jupyter ``observatoire`` passe par l'interface des *kernel provisioners* de jupyter_client : papermill,
nbclient, nbval et JupyterLab l'emploient sans rien savoir de la souche. Là où ``fork`` n'existe pas, le même nom
démarre un noyau ordinaire, aux mêmes résultats.

- :mod:`~observatoire.noyaux.demarrage` : démarrer et fermer une souche ;
- :mod:`~observatoire.noyaux.souche`, :mod:`~observatoire.noyaux.serveur` : ce qui tourne dans la souche ;
- :mod:`~observatoire.noyaux.enfant`, :mod:`~observatoire.noyaux.noyau` : ce qui tourne dans chaque noyau ;
- :mod:`~observatoire.noyaux.liaison` : ce que la souche et ses clients se disent ;
- :mod:`~observatoire.noyaux.approvisionneur` : le lien avec jupyter_client ;
- :mod:`~observatoire.noyaux.gestionnaire` : un client sans attente inutile, pour qui lance beaucoup de noyaux.
"""
