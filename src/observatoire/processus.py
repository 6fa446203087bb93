"""Des processus ouvriers : ils naissent vite, Ctrl-C ne les fait pas parler, et ils cessent avec qui les emploie."""

from __future__ import annotations

import gc
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

REGLAGE = "OBSERVATOIRE_FOURCHE"


def coeurs() -> int:
    """Le nombre de cœurs que ce processus peut employer."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ramasser_moins() -> None:
    """Chercher moins souvent les objets à détruire : qui calcule en garde bien plus qu'il n'en jette, et y passait le
    dixième de son temps ; qui compose ou exécute des pages, le sixième."""
    gc.set_threshold(50_000, 20, 50)


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


def fourche_possible() -> bool:
    """Vrai où se dédoubler est sûr : sous Linux, sauf ``OBSERVATOIRE_FOURCHE=0``.

    Sous macOS les bibliothèques du système n'en répondent pas : il faut le demander (``OBSERVATOIRE_FOURCHE=1``).
    """
    if not hasattr(os, "fork"):
        return False
    return os.environ.get(REGLAGE, "1" if sys.platform == "linux" else "0") == "1"


@contextmanager
def a_cote(tache: Callable[[], object]) -> Iterator[list]:
    """Faire ``tache`` dans une copie de ce processus pendant le bloc, qui se ferme quand elle est faite.

    La liste donnée reçoit alors ce que la tâche rend ; l'erreur qui l'a arrêtée est levée, ou :class:`BrokenExecutor`
    si sa copie est morte. Sur un seul cœur, et là où un processus ne se copie pas, elle est faite d'abord, ici.
    """
    if coeurs() < 2 or not fourche_possible():
        yield [tache()]
        return
    ici, la_bas = multiprocessing.Pipe(duplex=False)
    double, rendu = multiprocessing.get_context("fork").Process(target=_rendre_compte, args=(tache, la_bas)), []
    double.start()
    la_bas.close()
    try:
        yield rendu
        try:
            reussie, fait = ici.recv()
        except EOFError:
            double.join()
            comment = signal.Signals(-double.exitcode).name if double.exitcode < 0 else f"sortie {double.exitcode}"
            reussie, fait = False, BrokenExecutor(f"un processus de calcul s'est arrêté ({comment}).")
    finally:
        double.kill()  # sans effet s'il a fini
        double.join()
    if not reussie:
        raise fait
    rendu.append(fait)


def _rendre_compte(tache: Callable[[], object], bout: Connection) -> None:
    """Dans la copie : faire la tâche, et dire ce qu'elle rend ou ce qui l'a arrêtée."""
    _preparer(None, ())
    try:
        bout.send((True, tache()))
    except Exception as erreur:  # noqa: BLE001 – quelle qu'elle soit, c'est l'original qui la dira
        try:
            pickle.loads(pickle.dumps(erreur))
        except Exception:  # noqa: BLE001 – celle-là ne voyage pas telle quelle
            erreur = RuntimeError(f"{type(erreur).__name__} : {erreur}")
        bout.send((False, erreur))


def _une_socket_tient() -> bool:
    """Vrai si le chemin d'une socket du serveur d'ouvriers, dans le dossier temporaire, tient dans les 107 octets
    que le système lui laisse."""
    return len(os.fsencode(tempfile.gettempdir())) + len("/pymp-12345678/listener-12345678") <= 107


def _preparer(installer: Callable | None, arguments: tuple) -> None:
    """Un Ctrl-C du terminal ne regarde pas un ouvrier : qui l'emploie l'arrêtera. S'il disparaît, lui aussi."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ramasser_moins()
    employeur = multiprocessing.parent_process()

    def veiller() -> None:
        wait([employeur.sentinel])
        os._exit(1)

    threading.Thread(target=veiller, daemon=True).start()
    if installer:
        installer(*arguments)
