"""Des processus ouvriers : ils naissent vite, Ctrl-C ne les fait pas parler, et ils cessent avec qui les emploie."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait


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


@contextmanager
def a_cote(tache: Callable[[], object]) -> Iterator[None]:
    """Faire ``tache`` dans une copie de ce processus pendant le bloc, qui se ferme quand elle est faite.

    N'en revient que ce qu'elle a écrit sur le disque, ou l'erreur qui l'a arrêtée. Sur un seul cœur, et là où un
    processus ne se copie pas, elle est faite d'abord, ici.
    """
    possible = os.environ.get("OBSERVATOIRE_FOURCHE", "1") == "1" and sys.platform == "linux"
    if coeurs() < 2 or not possible:
        tache()
        yield
        return
    ici, la_bas = multiprocessing.Pipe(duplex=False)
    double = multiprocessing.get_context("fork").Process(target=_rendre_compte, args=(tache, la_bas))
    double.start()
    la_bas.close()
    try:
        yield
        try:
            erreur = ici.recv()
        except EOFError:
            erreur = BrokenExecutor("un processus de calcul s'est arrêté.")
    finally:
        double.kill()  # sans effet s'il a fini
        double.join()
    if erreur is not None:
        raise erreur


def _rendre_compte(tache: Callable[[], object], bout: Connection) -> None:
    """Dans la copie : faire la tâche, et dire ce qui l'a arrêtée."""
    _preparer(None, ())
    panne = None
    try:
        tache()
    except Exception as erreur:  # noqa: BLE001 – quelle qu'elle soit, c'est l'original qui la dira
        panne = erreur
    try:
        pickle.loads(pickle.dumps(panne))
    except Exception:  # noqa: BLE001 – celle-là ne voyage pas telle quelle
        panne = RuntimeError(f"{type(panne).__name__} : {panne}")
    bout.send(panne)


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
