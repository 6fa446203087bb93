"""Faire une tâche dans un processus à elle, sous limites : ce qui le tue ne tue que cette tâche.

Les processus naissent d'une pépinière : un processus neuf, sans fil d'exécution, qui a tout importé une fois et se
dédouble à la demande. Elle vit tant que celui qui l'a ouverte tient l'autre bout de sa socket, et ne lui survit pas.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection, wait

from observatoire.erreurs import ErreurObservatoire

#: Se dédoubler n'existe pas partout : ailleurs, la tâche se fait ici, sans limite.
POSSIBLE = hasattr(os, "fork") and hasattr(socket, "send_fds")
DEMARRER = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); import observatoire.isolement as i; i._germer()"


@dataclass(frozen=True)
class Limites:
    """Ce qu'une tâche peut prendre : mémoire (octets, en plus de ce qu'ont pris les imports) et temps (secondes)."""

    memoire: int = 4 << 30
    secondes: float = 300


@dataclass(frozen=True)
class Panne:
    """Ce qui a arrêté une tâche : « memoire », « temps », « mort » (le processus a été tué) ou « faute ».

    ``faute`` : le genre et le lieu de l'exception ; ``trace`` : ses lignes de code. Jamais son message, qui peut citer
    une donnée.
    """

    cause: str
    faute: str = ""
    trace: str = ""


class OuvriersPerdus(ErreurObservatoire):
    """Les processus que la commande démarre s'arrêtent aussitôt."""


def faire_a_part(
    fonction: Callable, taches: Iterable, commun: object, limites: Callable[[object], Limites], effectif: int = 1
) -> Iterator:
    """``fonction(tache, commun)`` pour chaque tâche, ``effectif`` à la fois ; rend les résultats dans l'ordre.

    Une tâche que sa limite, une faute ou la mort de son processus arrête rend une :class:`Panne` ; une erreur que
    l'observatoire sait dire (:class:`ErreurObservatoire`, disque plein) est levée ici.
    """
    a_faire, faits, suivant = deque(enumerate(taches)), {}, 0
    if not POSSIBLE:
        yield from (_rendre(_essayer(fonction, tache, commun)) for _, tache in a_faire)
        return
    libres: list[_Ouvrier] = []
    occupes: dict[Connection, _Ouvrier] = {}
    try:
        while a_faire or occupes:
            while a_faire and len(occupes) < effectif:
                ouvrier = libres.pop() if libres else _Ouvrier(fonction, commun)
                if ouvrier.confier(*a_faire[0], limites(a_faire[0][1])):
                    a_faire.popleft()
                    occupes[ouvrier.lien] = ouvrier
            for ouvrier in _attendre(occupes):
                del occupes[ouvrier.lien]
                resultat = ouvrier.resultat()
                perdu = isinstance(resultat, Panne)
                if perdu and ouvrier.faites > 1 and resultat.cause in ("memoire", "mort"):
                    a_faire.appendleft((ouvrier.rang, ouvrier.tache))  # ce que les tâches d'avant ont laissé a pu jouer
                else:
                    faits[ouvrier.rang] = resultat
                if perdu:
                    ouvrier.tuer()
                else:
                    libres.append(ouvrier)
            while suivant in faits:
                yield _rendre(faits.pop(suivant))
                suivant += 1
    finally:
        for ouvrier in [*libres, *occupes.values()]:
            ouvrier.tuer()


def _attendre(occupes: dict[Connection, _Ouvrier]) -> list[_Ouvrier]:
    """Les ouvriers qui ont fini, sont morts ou ont passé leur temps."""
    reste = min(o.echeance for o in occupes.values()) - time.monotonic()
    prets = [occupes[lien] for lien in wait(list(occupes), max(reste, 0))]
    return prets or [o for o in occupes.values() if o.echeance <= time.monotonic()]


def _rendre(resultat):
    if isinstance(resultat, BaseException):
        raise resultat
    return resultat


class _Ouvrier:
    """Un processus né de la pépinière, qui fait une tâche à la fois."""

    def __init__(self, fonction: Callable, commun: object):
        ici, la = socket.socketpair()
        self.lien = Connection(ici.detach())
        self.faites = 0
        ou = {"dossier": os.getcwd(), "environnement": dict(os.environ), "chemins": sys.path, "masque": _masque()}
        try:
            with la:
                _pepiniere(_paquet(fonction)).envoyer(la)
            self.pid = self.lien.recv()
            self.lien.send(ou)
            self.lien.send((fonction, commun))
        except (OSError, EOFError) as erreur:
            _pepiniere.cache_clear()
            raise OuvriersPerdus(
                "les processus qui lisent les fichiers s'arrêtent aussitôt : libérer de la mémoire, puis relancer."
            ) from erreur

    def confier(self, rang: int, tache: object, limites: Limites) -> bool:
        """Donner une tâche ; faux si l'ouvrier est mort en attendant."""
        self.rang, self.tache, self.limites = rang, tache, limites
        self.echeance = time.monotonic() + limites.secondes
        self.faites += 1
        try:
            self.lien.send((tache, limites))
        except OSError:
            self.tuer()
            return False
        return True

    def resultat(self):
        """Ce qu'a rendu la tâche ; une :class:`Panne` s'il est mort ou en retard."""
        try:
            return self.lien.recv() if self.lien.poll() else Panne("temps")
        except (OSError, EOFError):
            return Panne("mort")

    def tuer(self) -> None:
        self.lien.close()
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class _Pepiniere:
    """Le processus dont naissent les ouvriers, tel qu'on lui parle d'ici."""

    def __init__(self, paquet: str):
        self._socket, la = socket.socketpair()
        arguments = [sys.executable, "-c", DEMARRER, json.dumps([p for p in sys.path if isinstance(p, str)]), paquet]
        with la:
            self._processus = subprocess.Popen(
                [*arguments, str(la.fileno())], pass_fds=[la.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
            )

    def envoyer(self, bout: socket.socket) -> None:
        """Faire naître un ouvrier, au bout de cette socket."""
        socket.send_fds(self._socket, [b"."], [bout.fileno()])

    def fermer(self) -> None:
        """La pépinière s'arrête, fût-elle encore à importer, et ses ouvriers avec elle."""
        self._socket.close()
        with suppress(ProcessLookupError):
            os.killpg(self._processus.pid, signal.SIGKILL)
        self._processus.wait()

    def oublier(self) -> None:
        """Dans une copie (``fork``) de ce processus, la pépinière n'est pas la sienne."""
        self._socket.close()


_vivantes: list[_Pepiniere] = []


@cache
def _pepiniere(paquet: str) -> _Pepiniere:
    _vivantes.append(_Pepiniere(paquet))
    return _vivantes[-1]


def preparer(paquet: str) -> None:
    """Commencer d'importer, pendant que l'on fait autre chose, ce qu'il faut aux fonctions de ce paquet."""
    if POSSIBLE:
        _pepiniere(paquet)


def _paquet(fonction: Callable) -> str:
    """« observatoire.lecture » pour une fonction de ``observatoire.lecture.lots``."""
    return ".".join(fonction.__module__.split(".")[:2])


def _fermer() -> None:
    for pepiniere in _vivantes:
        pepiniere.fermer()


def _oublier() -> None:
    atexit.unregister(_fermer)
    for pepiniere in _vivantes:
        pepiniere.oublier()
    _vivantes.clear()
    _pepiniere.cache_clear()


atexit.register(_fermer)
if POSSIBLE:
    os.register_at_fork(after_in_child=_oublier)


def _masque() -> int:
    masque = os.umask(0o077)
    os.umask(masque)
    return masque


# --- dans la pépinière, puis dans l'ouvrier


def _germer() -> None:
    """Importer, puis se dédoubler à chaque demande ; à la fin de celui qui demande, tout tuer."""
    import_module(sys.argv[2])
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # les morts n'attendent personne
    with socket.socket(fileno=int(sys.argv[3])) as demandes:
        while True:
            _, descripteurs, _, _ = socket.recv_fds(demandes, 1, 1)
            if not descripteurs:
                os.killpg(0, signal.SIGKILL)
            if os.fork() == 0:
                demandes.close()
                _travailler(Connection(descripteurs[0]))
            os.close(descripteurs[0])


def _travailler(lien: Connection) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Une bibliothèque qui meurt l'écrit là, en anglais ; celui qui emploie cet ouvrier le dira mieux.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        lien.send(os.getpid())
        ou = lien.recv()
        os.chdir(ou["dossier"])
        os.umask(ou["masque"])
        os.environ.clear()
        os.environ.update(ou["environnement"])
        sys.path[:] = ou["chemins"]
        fonction, commun = lien.recv()
        while True:
            tache, limites = lien.recv()
            _limiter_la_memoire(limites.memoire)
            resultat = _essayer(fonction, tache, commun)
            del tache
            lien.send(resultat)
            del resultat
    except (EOFError, OSError):  # celui qui l'emploie n'a plus besoin de lui
        os._exit(0)
    finally:
        os._exit(1)


def _essayer(fonction: Callable, tache: object, commun: object):
    """Le résultat, l'erreur que l'observatoire sait dire, ou la :class:`Panne`."""
    try:
        return fonction(tache, commun)
    except MemoryError:
        return Panne("memoire")
    except ErreurObservatoire as erreur:
        return erreur
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as erreur:  # noqa: BLE001 – une bibliothèque écrite en Rust peut lever autre chose qu'une Exception
        if isinstance(erreur, OSError) and erreur.errno is not None:
            return erreur
        return Panne("faute", _dire_ou(erreur), "".join(traceback.format_tb(erreur.__traceback__)))


def _dire_ou(erreur: BaseException) -> str:
    """« KeyError, cellules.py ligne 33 »."""
    ici = [c for c in traceback.extract_tb(erreur.__traceback__) if f"{os.sep}observatoire{os.sep}" in c.filename]
    lieu = f", {os.path.basename(ici[-1].filename)} ligne {ici[-1].lineno}" if ici else ""
    return f"{type(erreur).__name__}{lieu}"


def _limiter_la_memoire(octets: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    with open("/proc/self/statm") as etat:
        deja = int(etat.read().split()[0]) * resource.getpagesize()
    plafond = resource.getrlimit(resource.RLIMIT_AS)[1]
    voulu = deja + octets if plafond == resource.RLIM_INFINITY else min(deja + octets, plafond)
    resource.setrlimit(resource.RLIMIT_AS, (voulu, plafond))
