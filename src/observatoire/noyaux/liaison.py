"""Ce que la souche et ses clients se disent, et le bout du client.

Une connexion par noyau, sur une socket de fichier ; un objet JSON par ligne. Le client envoie sa demande avec les
descripteurs de ses sorties standard, puis des signaux ; la souche répond le numéro du processus ou un refus, le noyau
dit qu'il est prêt, la souche donne enfin le code de sortie. Fermer la connexion tue le noyau : un client qui meurt ne
laisse rien derrière lui.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from typing import Any

TAILLE = 65536
# Ce que l'interpréteur et les bibliothèques ne lisent qu'à leur démarrage : une souche ne peut pas en changer.
VARIABLES_FIGEES = ("HOME", "LANG", "LD_LIBRARY_PATH", "LD_PRELOAD", "MATPLOTLIBRC", "MPLCONFIGDIR")
PREFIXES_FIGES = ("LC_", "MKL_", "NUMEXPR_", "OMP_", "OPENBLAS_", "PYTHON")


class SoucheInjoignable(Exception):
    """La souche n'existe pas, ou n'existe plus."""


class Refus(Exception):
    """La souche ne peut pas rendre le noyau demandé ; le message dit pourquoi."""


def variables_figees(environnement: dict[str, str]) -> dict[str, str]:
    """Les variables d'un environnement qu'un processus déjà démarré ne peut plus prendre en compte."""
    return {n: v for n, v in environnement.items() if n in VARIABLES_FIGEES or n.startswith(PREFIXES_FIGES)}


def ecrire(message: dict[str, Any]) -> bytes:
    """Un message, prêt à partir."""
    return json.dumps(message).encode() + b"\n"


class NoyauFourche:
    """Un noyau né de la souche, vu de son client ; se manie comme un ``subprocess.Popen``."""

    def __init__(self, prise: socket.socket) -> None:
        self._prise = prise
        self._recu = b""
        self.returncode: int | None = None
        self.pid: int | None = None

    @classmethod
    async def demander(cls, adresse: str, demande: dict[str, Any], sorties: list[int]) -> NoyauFourche:
        """Demander un noyau à la souche d'adresse ``adresse``, et attendre qu'il soit prêt, ou mort.

        Prêt, il a ouvert ses sockets : un client zmq qui se connecte trop tôt ne réessaie qu'un dixième de seconde
        plus tard.

        Lève :class:`SoucheInjoignable` s'il n'y a plus de souche, :class:`Refus` si elle ne peut pas le faire.
        """
        prise = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            prise.connect(adresse)
            message = ecrire(demande)
            envoye = socket.send_fds(prise, [message], sorties)
            prise.sendall(message[envoye:])
        except OSError as erreur:
            prise.close()
            raise SoucheInjoignable(f"la souche {adresse} ne répond pas ({erreur.strerror})") from erreur
        prise.setblocking(False)
        noyau = cls(prise)
        try:
            await noyau._naitre()
        except BaseException:
            prise.close()
            raise
        return noyau

    async def _naitre(self) -> None:
        recu: dict[str, Any] = {}
        # La souche et le noyau écrivent chacun de leur côté : « prêt » peut précéder le numéro.
        while "pid" not in recu or not recu.keys() & {"pret", "sortie"}:
            recu |= await self._message()
            if "refus" in recu:
                raise Refus(recu["refus"])
            if "sortie" in recu and "pid" not in recu:
                raise SoucheInjoignable("la souche s'est arrêtée avant de répondre")
        self.pid, self.returncode = recu["pid"], recu.get("sortie")

    async def _message(self) -> dict[str, Any]:
        while (message := self._lire()) is None:
            await self._lisible()
        return message

    def poll(self) -> int | None:
        """Le code de sortie, ou ``None`` si le noyau vit encore ; n'attend jamais."""
        if self.returncode is None and (message := self._lire()) is not None:
            self.returncode = message["sortie"]
        return self.returncode

    async def attendre(self) -> int:
        """Le code de sortie, dès qu'il est connu."""
        while self.poll() is None:
            await self._lisible()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Envoyer un signal au groupe de processus du noyau ; sans effet s'il est déjà mort."""
        if self.poll() is not None:
            return
        try:
            self._prise.send(ecrire({"signal": int(signum)}))
        except ConnectionError:
            self.poll()

    def fermer(self) -> None:
        """Rompre : la souche tue ce qui reste du noyau."""
        self._prise.close()
        if self.returncode is None:
            self.returncode = -signal.SIGKILL

    def _lire(self) -> dict[str, Any] | None:
        """Le prochain message, ou ``None`` s'il n'est pas arrivé ; une souche morte vaut un noyau tué."""
        while b"\n" not in self._recu:
            try:
                morceau = self._prise.recv(TAILLE)
            except BlockingIOError:
                return None
            except ConnectionError:
                morceau = b""
            if not morceau:
                return {"sortie": -signal.SIGKILL}
            self._recu += morceau
        ligne, _, self._recu = self._recu.partition(b"\n")
        return json.loads(ligne)

    async def _lisible(self) -> None:
        """Attendre que la connexion ait à dire. Sur une copie du descripteur : plusieurs peuvent attendre à la fois."""
        boucle = asyncio.get_running_loop()
        pret = boucle.create_future()
        copie = os.dup(self._prise.fileno())
        boucle.add_reader(copie, lambda: pret.done() or pret.set_result(None))
        try:
            await pret
        finally:
            boucle.remove_reader(copie)
            os.close(copie)
