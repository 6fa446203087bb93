"""``python -m observatoire.noyaux`` : un noyau ordinaire ; avec ``--souche``, le processus dont naissent les autres."""

import sys

if __name__ == "__main__":
    # Comme ipykernel_launcher : un fichier du dossier courant ne doit masquer aucun module chargé ici.
    if not sys.flags.safe_path:
        del sys.path[0]

    if sys.argv[1:2] == ["--souche"]:
        from observatoire.noyaux.souche import principal

        principal(sys.argv[2:])
    else:
        from observatoire.noyaux.noyau import Noyau

        Noyau.launch_instance()
