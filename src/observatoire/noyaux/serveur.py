"""Le service de la souche : recevoir les demandes, se dédoubler, suivre les noyaux jusqu'à leur mort."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from observatoire.noyaux.enfant import Demande
from observatoire.noyaux.liaison import TAILLE, ecrire

if TYPE_CHECKING:
    from observatoire.noyaux.souche import Souche


@dataclass(eq=False)
class _Client:
    """Une connexion : ce qu'elle a envoyé, et le noyau qu'elle tient."""

    prise: socket.socket
    recu: bytes = b""
    sorties: list[int] = field(default_factory=list)
    pid: int | None = None


class Serveur:
    """Attend les demandes, les signaux et les morts, sans jamais bloquer sur une seule."""

    def __init__(self, ecoute: socket.socket, souche: Souche) -> None:
        self._ecoute = ecoute
        self._souche = souche
        self._dossier = Path(ecoute.getsockname()).parent
        self._noyaux: dict[int, _Client] = {}
        self._clients: list[_Client] = []
        self._fini = self._retraitee = False
        self._reveil, self._alerte = socket.socketpair()
        self._selecteur = selectors.DefaultSelector()
        for prise, action in ((ecoute, self._accueillir), (self._reveil, self._constater), (0, self._finir)):
            self._suivre(prise, action)

    def servir(self) -> Demande | None:
        """Servir jusqu'à la fin (``None``), ou rendre, dans la copie qui vient de naître, ce qu'elle doit devenir."""
        self._alerte.setblocking(False)
        signal.set_wakeup_fd(self._alerte.fileno())
        for signum in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(signum, lambda *_: None)
        while not self._fini:
            for cle, _ in self._selecteur.select():
                if demande := cle.data():
                    return demande
        for pid in list(self._noyaux):
            _tuer(pid)
            os.waitpid(pid, 0)
        if not self._retraitee:
            shutil.rmtree(self._dossier, ignore_errors=True)
        return None

    def _suivre(self, prise: socket.socket | int, action: Callable[[], Demande | None]) -> None:
        if isinstance(prise, socket.socket):
            prise.setblocking(False)
        self._selecteur.register(prise, selectors.EVENT_READ, action)

    def _finir(self) -> None:
        self._fini = True

    def _accueillir(self) -> None:
        try:
            prise, _ = self._ecoute.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # Parti avant d'être reçu.
        if not _meme_utilisateur(prise):
            prise.close()
            return
        client = _Client(prise)
        self._clients.append(client)
        self._suivre(prise, lambda: self._ecouter(client))

    def _ecouter(self, client: _Client) -> Demande | None:
        if client not in self._clients:
            return None  # Rompu par un événement du même tour.
        try:
            morceau, descripteurs, _, _ = socket.recv_fds(client.prise, TAILLE, 2)
        except ConnectionError:
            morceau, descripteurs = b"", []
        client.sorties += descripteurs
        if not morceau:
            self._rompre(client)
            return None
        *lignes, client.recu = (client.recu + morceau).split(b"\n")
        for ligne in lignes:
            message = json.loads(ligne)
            if "signal" in message:
                self._signaler(client, message["signal"])
            elif demande := self._fourcher(client, message):
                return demande
        return None

    def _fourcher(self, client: _Client, message: dict) -> Demande | None:
        if refus := self._souche.refuser(message):
            self._repondre(client, refus=refus)
            return None
        if self._souche.perimee():
            self._prendre_sa_retraite()
            self._repondre(client, refus="le code de la bibliothèque a changé depuis son démarrage")
            return None
        try:
            pid = os.fork()
        except OSError as erreur:
            self._repondre(client, refus=f"le système ne donne plus de processus ({erreur.strerror})")
            return None
        if pid == 0:
            self._fermer_tout(client)
            environnement = self._souche.ajoutees | message["environnement"]
            return Demande(message["commande"][3:], environnement, message["dossier"], client.sorties, client.prise)
        client.pid = pid
        self._noyaux[pid] = client
        self._fermer_les_sorties(client)
        self._repondre(client, pid=pid)
        return None

    def _prendre_sa_retraite(self) -> None:
        """Ne plus recevoir personne, et finir avec le dernier noyau.

        Le dossier reste au propriétaire : des noyaux de la souche suivante peuvent déjà y avoir leurs sockets.
        """
        if not self._retraitee:
            self._retraitee = True
            self._selecteur.unregister(self._ecoute)
            self._ecoute.close()
        self._fini = not self._noyaux

    def _constater(self) -> None:
        """Un signal est venu : la mort d'un noyau, ou la demande d'en finir."""
        if signal.SIGTERM in self._reveil.recv(TAILLE):
            self._fini = True
        for pid, client in list(self._noyaux.items()):
            termine, statut = os.waitpid(pid, os.WNOHANG)
            if termine:
                del self._noyaux[pid]
                client.pid = None
                _tuer(pid)
                self._repondre(client, sortie=os.waitstatus_to_exitcode(statut))
        if self._retraitee and not self._noyaux:
            self._fini = True

    def _signaler(self, client: _Client, signum: int) -> None:
        if client.pid:
            _envoyer(client.pid, signum)

    def _rompre(self, client: _Client) -> None:
        """Le client est parti : son noyau n'a plus personne à qui parler. Sa mort sera constatée ensuite."""
        self._clients.remove(client)
        self._selecteur.unregister(client.prise)
        client.prise.close()
        self._fermer_les_sorties(client)
        if client.pid:
            _tuer(client.pid)

    def _repondre(self, client: _Client, **message) -> None:
        if client not in self._clients:
            return
        try:
            client.prise.send(ecrire(message))
        except ConnectionError:
            self._rompre(client)

    def _fermer_les_sorties(self, client: _Client) -> None:
        for descripteur in client.sorties:
            os.close(descripteur)
        client.sorties = []

    def _fermer_tout(self, nouveau: _Client) -> None:
        """Dans la copie : rien de la souche ne doit rester ouvert, hors ce qui est au ``nouveau`` noyau."""
        self._selecteur.close()
        for prise in (self._ecoute, self._reveil, self._alerte):
            prise.close()
        for client in self._clients:
            if client is not nouveau:
                client.prise.close()
                self._fermer_les_sorties(client)


def _envoyer(pid: int, signum: int) -> None:
    """Au groupe du noyau, ou à lui seul s'il vient de naître et n'a pas encore le sien."""
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:
        os.kill(pid, signum)


def _tuer(pid: int) -> None:
    try:
        _envoyer(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # Déjà mort, et sans descendance (macOS le dit par un refus).


def _meme_utilisateur(prise: socket.socket) -> bool:
    """Le dossier de la socket est déjà privé ; là où le système sait le dire, s'en assurer."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    entiers = struct.Struct("3i")
    _, uid, _ = entiers.unpack(prise.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, entiers.size))
    return uid == os.getuid()
