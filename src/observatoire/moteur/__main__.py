"""``python -m observatoire.moteur`` : la souche."""

import sys

if __name__ == "__main__":
    # Un fichier du dossier courant ne doit masquer aucun module chargé ici.
    if not sys.flags.safe_path:
        del sys.path[0]

    from observatoire.moteur.naissance import principal

    principal(sys.argv[1:])
