"""Des processus ouvriers : ils naissent vite, Ctrl-C ne les fait pas parler, et ils cessent avec qui les emploie."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait


def coeurs() -> int:
    """Le nombre de cœurs que ce processus peut employer."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def engager(effectif: int, module: str, installer: Callable | None = None, *arguments: object) -> ProcessPoolExecutor:
    """Une équipe de ``effectif`` ouvriers, chacun installé par ``installer(*arguments)`` s'il y a de quoi.

    ``module`` : ce qu'ils emploient. Là où cela existe, il est importé une fois, dans un processus neuf dont ils
    naissent : ni fils de calcul, ni verrous hérités de qui les emploie.
    """
    if "forkserver" in multiprocessing.get_all_start_methods() and _une_socket_tient():
        contexte = multiprocessing.get_context("forkserver")
        contexte.set_forkserver_preload([module])
    else:
        contexte = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(effectif, contexte, _preparer, (installer, arguments))


def _une_socket_tient() -> bool:
    """Vrai si le chemin d'une socket du serveur d'ouvriers, dans le dossier temporaire, tient dans les 107 octets
    que le système lui laisse."""
    return len(os.fsencode(tempfile.gettempdir())) + len("/pymp-12345678/listener-12345678") <= 107


def _preparer(installer: Callable | None, arguments: tuple) -> None:
    """Un Ctrl-C du terminal ne regarde pas un ouvrier : qui l'emploie l'arrêtera. S'il disparaît, lui aussi."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    employeur = multiprocessing.parent_process()

    def veiller() -> None:
        wait([employeur.sentinel])
        os._exit(1)

    threading.Thread(target=veiller, daemon=True).start()
    if installer:
        installer(*arguments)
