"""S'arrêter tout de suite quand on le demande, sans laisser de processus derrière soi.

Ctrl-C et SIGTERM arrêtent d'abord tous les processus que la commande a démarrés : plus rien n'est alors attendu
d'eux, et la commande se défait d'elle-même. Si elle n'y arrive pas en une demi-seconde, elle est coupée.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress

import psutil

from observatoire.ephemere import VEILLEUR

MESSAGE = "Interrompu : ce qui était publié l'est encore."
DELAI = 0.5
SIGNAUX = (signal.SIGINT, signal.SIGTERM)
_GARDIENS = ("multiprocessing.resource_tracker", VEILLEUR)
_ADOPTER = 36  # PR_SET_CHILD_SUBREAPER
_UNE_FOIS = threading.Lock()


class Interruptible:
    """Un bloc que Ctrl-C et SIGTERM interrompent : tous les descendants arrêtés, puis sortie 130 ou 143.

    Peu importe ce que devient l'interruption en chemin (typer en fait une sortie ordinaire) : on ne va pas au-delà
    du bloc.
    """

    def __init__(self) -> None:
        self._code: int | None = None

    def __enter__(self) -> None:
        self._anciens = {recu: signal.signal(recu, self._interrompre) for recu in SIGNAUX}

    def __exit__(self, *_exception) -> None:
        if self._code is not None:
            couper(self._code)
        for recu, ancien in self._anciens.items():
            signal.signal(recu, ancien)

    def _interrompre(self, recu: int, _cadre: object) -> None:
        for autre in SIGNAUX:
            signal.signal(autre, signal.SIG_IGN)
        self._code = 128 + recu
        coupure = threading.Timer(DELAI, couper, [self._code])
        coupure.daemon = True
        coupure.start()
        arreter_descendants()
        raise KeyboardInterrupt(MESSAGE)


def couper(code: int) -> None:
    """Sortir sans rien attendre : les fils de calcul et les ``atexit`` des bibliothèques peuvent bloquer."""
    _UNE_FOIS.acquire()
    arreter_descendants()
    with suppress(OSError, ValueError):  # le terminal a pu être fermé
        # La barre d'avancement cache le curseur.
        print("\x1b[?25h" if sys.stderr.isatty() else "", MESSAGE, sep="", file=sys.stderr, flush=True)
        sys.stdout.flush()
    os._exit(code)


def arreter_descendants() -> None:
    """Tuer tous les processus démarrés d'ici, et ceux qu'ils ont démarrés, jusqu'à ce qu'il n'y en ait plus.

    Sous Linux, ceux dont le parent vient d'être tué nous reviennent : aucun n'échappe au passage suivant.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPTER, 1, 0, 0, 0)
    moi = psutil.Process()
    for _ in range(20):
        if not (descendants := [p for p in moi.children(recursive=True) if _a_tuer(p)]):
            return
        for processus in descendants:
            with suppress(psutil.NoSuchProcess):
                processus.kill()
        time.sleep(0.01)


def _a_tuer(processus: psutil.Process) -> bool:
    """Ni les morts, que leur parent enterrera, ni ceux qui s'arrêtent d'eux-mêmes après nous : le traqueur de
    ``multiprocessing``, qui rend les sémaphores, et le veilleur, qui efface le dossier temporaire."""
    try:
        if processus.status() == psutil.STATUS_ZOMBIE:
            return False
        return not any(nom in mot for mot in processus.cmdline() for nom in _GARDIENS)
    except psutil.NoSuchProcess:
        return False
