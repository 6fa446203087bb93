"""De la copie de la souche au noyau : ne rien garder d'elle, puis démarrer comme un noyau ordinaire."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from types import ModuleType
from typing import NoReturn

from observatoire.noyaux.liaison import ecrire

COMMANDE = ["-m", "observatoire.noyaux"]
MOTEUR = "module://matplotlib_inline.backend_inline"
PRET = ecrire({"pret": True})
_PR_SET_PDEATHSIG = 1
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Demande:
    """Un noyau à naître : ses ``arguments``, son environnement entier, son dossier, ses descripteurs de sortie, et la
    connexion où dire qu'il est prêt."""

    arguments: list[str]
    environnement: dict[str, str]
    dossier: str
    sorties: list[int]
    prise: socket.socket


def devenir_noyau(demande: Demande, souche: int) -> NoReturn:
    """Faire du processus, tout juste né de la souche ``souche``, un noyau ; ne revient pas."""
    _mourir_avec(souche)
    os.setsid()
    _brancher_les_sorties(demande.sorties)
    _remettre_les_signaux()
    os.environ.clear()
    os.environ.update(demande.environnement)
    os.environ["JPY_PARENT_PID"] = str(souche)
    time.tzset()
    os.chdir(demande.dossier)
    _oublier_la_souche()

    # sys.argv[0] est déjà, comme dans un noyau ordinaire, le chemin de __main__.py.
    sys.argv[1:] = demande.arguments
    sys.modules["__main__"] = ModuleType("__main__")

    from observatoire.noyaux.noyau import Noyau

    noyau = Noyau.instance(parent_handle=souche)
    noyau.initialize()
    demande.prise.send(PRET)
    demande.prise.close()
    noyau.start()
    sys.exit()


def _mourir_avec(souche: int) -> None:
    """Sous Linux, le système tue le noyau à la mort de la souche ; ailleurs, ipykernel le voit à la seconde."""
    if _PRCTL is None:
        return
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != souche:
        os._exit(1)


def _brancher_les_sorties(sorties: list[int]) -> None:
    rien = os.open(os.devnull, os.O_RDWR)
    for descripteur, source in enumerate([rien, *(sorties or [rien, rien])]):
        os.dup2(source, descripteur, inheritable=True)
    for source in {rien, *sorties} - {0, 1, 2}:
        os.close(source)


def _remettre_les_signaux() -> None:
    signal.set_wakeup_fd(-1)
    for signum in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _oublier_la_souche() -> None:
    """Ce que les copies auraient sinon en commun. (``random`` se sème lui-même après un ``fork``.)"""
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if matplotlib := sys.modules.get("matplotlib"):
        # Lu par matplotlib à son import, donc dans l'environnement de la souche.
        matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or MOTEUR
