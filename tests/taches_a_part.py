"""Ce que font les processus de ``test_isolement`` : réussir, mourir, emplir la mémoire, ne pas finir."""

from __future__ import annotations

import os
import time

from observatoire.erreurs import DepotRefuse


def obeir(tache: str, commun: str):
    if tache == "mourir":
        os.abort()
    if tache == "enfler":
        return len(bytearray(3 << 30))
    if tache == "traîner":
        time.sleep(60)
    if tache == "fauter":
        return {}["Mme Personne"]
    if tache == "refuser":
        raise DepotRefuse("non")
    if tache == "ou":
        return os.getcwd(), os.environ.get("OBSERVATOIRE_ESSAI")
    return f"{tache} {commun}"


def qui(tache: str, commun: None) -> int:
    return os.getpid()
