"""La souche et ses enfants, de l'intérieur.

La souche n'a qu'un fil d'exécution, sans quoi ses copies naîtraient boiteuses. Elle vit tant que l'autre bout de sa
socket est tenu ; à sa fin, elle tue tous ses enfants et ce qu'ils ont lancé.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection

from observatoire.erreurs import decrire
from observatoire.moteur.interprete import creer, executer
from observatoire.moteur.porte import Porte
from observatoire.moteur.souche import PRETE
from observatoire.processus import ramasser_moins

_PR_SET_PDEATHSIG = 1
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


def principal(arguments: list[str]) -> None:
    """``arguments`` : le descripteur de la socket, la porte en JSON, puis les modules à précharger.

    La première ligne reçue est le départ : d'autres modules, en JSON, qui lisent peut-être ce qui vient d'être publié.
    """
    controle = socket.socket(fileno=int(arguments[0]))
    numero = os.getpid()
    ramasser_moins()
    interprete = creer()
    _importer(arguments[2:], controle)
    if not (depart := controle.makefile("rb", 0).readline()):
        return  # fermée avant d'avoir servi
    _importer(json.loads(depart), controle)
    interprete.porte = Porte(**json.loads(arguments[1]))
    fermer = interprete.porte.preparer()
    gc.collect()
    if threading.active_count() > 1:
        fils = ", ".join(f.name for f in threading.enumerate() if f is not threading.main_thread())
        sys.exit(f"Souche : un module préchargé a démarré un fil d'exécution ({fils}).")
    gc.freeze()
    if canal := _servir(controle):
        _devenir_enfant(numero)
        ordre = json.loads(canal.recv_bytes())
        _s_installer(ordre)
        fermer()
        executer(interprete, ordre["cellules"], lambda message: canal.send_bytes(_en_json(message)))
        os._exit(0)  # ce que la souche avait à ranger en finissant n'est pas à lui


def _importer(modules: list[str], controle: socket.socket) -> None:
    """Importer des modules ; dire à qui tient la souche ce qui l'empêche."""
    try:
        for module in modules:
            import_module(module)
    except Exception as erreur:
        controle.sendall(json.dumps(decrire(erreur)).encode() + b"\n")
        raise


def _servir(controle: socket.socket) -> Connection | None:
    """Servir jusqu'à la fin (``None``), ou rendre, dans la copie qui vient de naître, ce qui la relie à son client.

    Une ligne par demande : ``+`` et un descripteur, un enfant ; un numéro, sa mort.
    """
    enfants: set[int] = set()
    reveil, alerte = socket.socketpair()
    alerte.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selecteur, controle, reveil, alerte, _reveille_par(alerte):
        for prise in (controle, reveil):
            selecteur.register(prise, selectors.EVENT_READ)
        controle.sendall(PRETE)
        recu, descripteurs = b"", []
        while True:
            if any(cle.fileobj is reveil for cle, _ in selecteur.select()):
                reveil.recv(4096)
                _enterrer(enfants)
                continue
            morceau, nouveaux, *_ = socket.recv_fds(controle, 4096, 64)
            descripteurs += nouveaux
            if not morceau:
                for enfant in enfants:
                    _tuer(enfant)
                return None
            *lignes, recu = (recu + morceau).split(b"\n")
            for ligne in lignes:
                if ligne != b"+":
                    if int(ligne) in enfants:
                        _tuer(int(ligne))
                    continue
                canal = descripteurs.pop(0)
                if not (enfant := os.fork()):
                    for autre in descripteurs:
                        os.close(autre)
                    return Connection(canal)
                enfants.add(enfant)
                os.close(canal)
                controle.sendall(f"{enfant}\n".encode())


@contextmanager
def _reveille_par(alerte: socket.socket) -> Iterator[None]:
    """Chaque mort d'enfant s'écrit dans ``alerte``, jusqu'à ce qu'elle se ferme : après, Python s'en plaindrait."""
    signal.set_wakeup_fd(alerte.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)


def _enterrer(enfants: set[int]) -> None:
    """Tuer ce qu'un enfant mort a laissé, tant que son numéro est encore à lui."""
    for enfant in [*enfants]:
        if os.waitid(os.P_PID, enfant, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            _tuer(enfant)
            os.waitpid(enfant, 0)
            enfants.discard(enfant)


def _tuer(enfant: int) -> None:
    """Le groupe d'un enfant, ou lui seul s'il vient de naître et n'a pas encore le sien."""
    try:
        os.killpg(enfant, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(enfant, signal.SIGKILL)


def _devenir_enfant(souche: int) -> None:
    """Ne rien garder de la souche ; sous Linux, mourir avec elle."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != souche:
            os._exit(1)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # « random » se sème de lui-même


def _s_installer(ordre: dict) -> None:
    """L'environnement et le dossier de la page ; ses sorties, prises par Python, et sinon gardées dans un fichier."""
    os.environ.clear()
    os.environ.update(ordre["environnement"])
    time.tzset()
    os.chdir(ordre["dossier"])
    os.environ["TMPDIR"] = tempfile.tempdir = ordre["dossier"]
    rien = os.open(os.devnull, os.O_RDONLY)
    os.dup2(rien, 0, inheritable=True)
    for descripteur in (1, 2):
        with tempfile.TemporaryFile() as fichier:
            os.dup2(fichier.fileno(), descripteur, inheritable=True)


def _en_json(message: dict) -> bytes:
    return json.dumps(message, default=str, ensure_ascii=False).encode()
