"""Démarrer une souche, lui demander des enfants, les écouter, les arrêter."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from functools import cached_property
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NamedTuple

from observatoire.moteur.porte import Porte

#: Ce que dit une souche qui a pu démarrer ; sinon, pourquoi elle ne l'a pas pu, en JSON.
PRETE = b"prete\n"
#: Ce que tout notebook trouve dans son environnement, ici comme dans le noyau « observatoire ».
ENVIRONNEMENT = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONHASHSEED": "0"}
#: Ce qu'emploie un notebook.
PRECHARGEMENT = ("matplotlib.pyplot", "pandas", "seaborn", "great_tables", "observatoire.publie")
PATIENCE = 10.0


class SoucheMorte(Exception):
    """La souche n'existe pas, ou n'existe plus."""


class EnfantMort(Exception):
    """L'enfant s'est arrêté avant d'avoir fini."""


class TropLong(Exception):
    """Une cellule a dépassé son délai."""


class Ordre(NamedTuple):
    """Ce qu'un enfant doit faire : les ``cellules``, d'où, avec quelles variables, et ce que dure au plus chacune."""

    cellules: list[dict]
    environnement: Mapping[str, str]
    delai: float | None = None
    atelier: str | None = None


class Souche:
    """Une souche en marche, tenue par ce processus ; plusieurs fils peuvent lui demander des enfants."""

    def __init__(
        self,
        prechargement: Iterable[str] = PRECHARGEMENT,
        environnement: Mapping[str, str] | None = None,
        porte: Porte | None = None,
    ):
        """Démarrer une souche qui importe ``prechargement``, avec ``environnement`` en plus de celui du processus.

        ``porte`` : ce que ses enfants n'ouvriront pas. Revient aussitôt, sans attendre la fin des imports. La souche
        attend ensuite son départ (:meth:`partir`) : ce que lit une page peut n'être pas encore publié.
        """
        self.environnement = {**os.environ, **ENVIRONNEMENT, **(environnement or {})}
        self._controle, sienne = socket.socketpair()
        commande = [sys.executable, "-m", "observatoire.moteur", str(sienne.fileno())]
        commande += [json.dumps(asdict(porte or Porte())), *prechargement]
        with sienne:
            self._processus = subprocess.Popen(
                commande, stdin=subprocess.DEVNULL, pass_fds=[sienne.fileno()], env=self.environnement,
                start_new_session=True,
            )  # fmt: skip
        self._verrou, self._partie = threading.Lock(), False
        #: Pourquoi elle n'a pas pu démarrer, si elle l'a dit.
        self.panne = ""
        _SOUCHES.add(self)

    def partir(self, *modules: str) -> None:
        """Lui faire importer d'autres ``modules``, et préparer sa porte. Sans effet la seconde fois."""
        with self._verrou:
            if not self._partie:
                self._partie = True
                with suppress(OSError):  # elle n'est plus là : « prete » le dira
                    self._controle.sendall(f"{json.dumps(modules)}\n".encode())

    @cached_property
    def prete(self) -> bool:
        """A-t-elle pu démarrer ? Attend qu'elle ait tout importé."""
        self.partir()
        with self._verrou:
            dit = self._lire()
        if dit and dit != PRETE:
            self.panne = json.loads(dit)
        return dit == PRETE

    def vivante(self) -> bool:
        """Est-elle encore là ?"""
        return self._processus.poll() is None

    def survit(self, patience: float = 0.5) -> bool:
        """Est-elle encore là, un enfant venant de mourir ? S'il est mort avec elle, elle finit à l'instant."""
        try:
            self._processus.wait(patience)
        except subprocess.TimeoutExpired:
            return True
        return False

    @contextmanager
    def enfant(self, ordre: Ordre) -> Iterator[Iterator[dict]]:
        """Un enfant qui exécute ``ordre`` : donne ses messages, l'un après l'autre, jusqu'au dernier.

        Il n'en reste rien au sortir du bloc. Les lire lève :class:`EnfantMort` ou :class:`TropLong` ; demander un
        enfant, :class:`SoucheMorte`.
        """
        with ExitStack() as pile:
            provisoire = TemporaryDirectory(prefix="page-", dir=ordre.atelier, ignore_cleanup_errors=True)
            dossier = pile.enter_context(provisoire)
            canal, numero = self._naitre()
            pile.enter_context(canal)
            pile.callback(_attendre_la_fin, canal)
            pile.callback(self._tuer, numero)
            ecrit = {
                "cellules": ordre.cellules, "dossier": os.path.realpath(dossier),
                "environnement": {**self.environnement, **ordre.environnement},
            }  # fmt: skip
            canal.send_bytes(json.dumps(ecrit).encode())
            yield _ecouter(canal, ordre)

    def fermer(self) -> None:
        """Tuer ses enfants et l'arrêter ; sans effet si c'est déjà fait."""
        self._controle.close()
        if "prete" not in vars(self):
            self._processus.kill()  # elle importe encore, et n'a pas d'enfant
        try:
            self._processus.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._processus.kill()
            self._processus.wait()
        _SOUCHES.discard(self)

    def _naitre(self) -> tuple[Connection, int]:
        if not self.prete:
            raise SoucheMorte("la souche n'a pas pu démarrer" + (f" : {self.panne}" if self.panne else "."))
        ici, la_bas = socket.socketpair()
        with la_bas, self._verrou:
            try:
                socket.send_fds(self._controle, [b"+\n"], [la_bas.fileno()])
                numero = self._lire()
            except OSError:
                numero = b""
        if not numero:
            ici.close()
            raise SoucheMorte("la souche s'est arrêtée.")
        return Connection(ici.detach()), int(numero)

    def _tuer(self, numero: int) -> None:
        with self._verrou:
            try:
                self._controle.sendall(f"{numero}\n".encode())
            except OSError:
                return  # La souche n'est plus là, et ses enfants sont morts avec elle.

    def _lire(self) -> bytes:
        """Une ligne, octet par octet : elles sont courtes ; vide si la souche n'est plus là."""
        ligne = b""
        while not ligne.endswith(b"\n"):
            try:
                octet = self._controle.recv(1)
            except ConnectionError:
                octet = b""
            if not octet:
                return b""
            ligne += octet
        return ligne

    def __enter__(self) -> Souche:
        return self

    def __exit__(self, genre: type | None, erreur: BaseException | None, trace: TracebackType | None) -> None:
        self.fermer()


def _ecouter(canal: Connection, ordre: Ordre) -> Iterator[dict]:
    """Les messages d'un enfant, jusqu'à celui qui finit la dernière cellule ou une cellule qui échoue."""
    derniere = ordre.cellules[-1]["rang"]
    tolerees = {c["rang"] for c in ordre.cellules if c["tolere"]}
    limite, rang = None, ordre.cellules[0]["rang"]
    while True:
        if not canal.poll(None if limite is None else max(0.0, limite - time.monotonic())):
            raise TropLong(f"la cellule {rang + 1} a été arrêtée : elle dépassait {ordre.delai} s.")
        try:
            message = json.loads(canal.recv_bytes())
        except (EOFError, ConnectionError):
            raise EnfantMort(
                f"le processus s'est arrêté pendant la cellule {rang + 1} (la mémoire a pu manquer)."
            ) from None
        if "commence" in message:
            rang, limite = message["commence"], ordre.delai and time.monotonic() + ordre.delai
        yield message
        if "finit" in message:
            limite, rang = None, message["finit"]
            if rang == derniere or not (message["reussie"] or rang in tolerees):
                return


def _attendre_la_fin(canal: Connection) -> None:
    """Ne rendre la main que lorsque l'enfant n'est plus là : il écrivait peut-être encore dans son dossier."""
    while canal.poll(PATIENCE):
        try:
            canal.recv_bytes()
        except (EOFError, ConnectionError):
            return


_SOUCHES: set[Souche] = set()


def _oublier_les_souches() -> None:
    """Dans une copie (``fork``) de ce processus : ces souches ne sont pas à elle, et doivent finir avec l'original."""
    for souche in [*_SOUCHES]:
        souche._controle.close()
    _SOUCHES.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_oublier_les_souches)
