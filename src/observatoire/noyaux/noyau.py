"""Le programme d'un noyau ``observatoire``, le même qu'il naisse de la souche ou d'une commande.

C'est celui d'ipykernel, à deux choses près. Il n'ouvre aucun port : ipykernel en ouvre un, même quand ses messages
passent par des sockets de fichier, pour ce qu'écrivent les processus lancés par une cellule. Et il s'arrête sans délai.
"""

from __future__ import annotations

import atexit
import sys
from types import ModuleType
from typing import Any, ClassVar

import zmq
from ipykernel import ipkernel
from ipykernel.iostream import IOPubThread
from ipykernel.kernelapp import IPKernelApp
from zmq.eventloop.zmqstream import ZMQStream


class FilDesSorties(IOPubThread):
    """Le fil qui publie les sorties ; celles des sous-processus lui viennent par la socket de fichier ``adresse``."""

    def __init__(self, socket: zmq.Socket, session: Any, adresse: str) -> None:
        self._adresse = adresse
        super().__init__(socket, pipe=True, session=session)

    def _setup_pipe_in(self) -> None:
        self._pipe_uuid = b""  # ipykernel s'en sert de mot de passe sur son port ; ici le dossier est privé.
        entree = self.socket.context.socket(zmq.PULL)
        entree.linger = 0
        entree.bind(self._adresse)
        self._pipe_in = ZMQStream(entree, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)

    def _setup_pipe_out(self) -> tuple[zmq.Context, zmq.Socket]:
        contexte = zmq.Context()
        sortie = contexte.socket(zmq.PUSH)
        sortie.linger = 3000
        sortie.connect(self._adresse)
        return contexte, sortie


class _SysSansModules(ModuleType):
    """Le module ``sys``, sauf ce qu'il a chargé."""

    modules: ClassVar[dict[str, ModuleType]] = {}

    def __getattr__(self, nom: str) -> Any:
        return getattr(sys, nom)


_SYS_SANS_MODULES = _SysSansModules("sys")


class Noyau(IPKernelApp):
    """:class:`IPKernelApp` sans port TCP, et qui s'arrête sans attendre."""

    def init_iopub(self, context: zmq.Context) -> None:
        if self.transport != "ipc":
            super().init_iopub(context)
            return
        prise = context.socket(zmq.XPUB)
        prise.linger = 1000
        self._apply_curve_server_options(prise)
        self.iopub_port = self._bind_socket(prise, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = FilDesSorties(prise, self.session, f"ipc://{self.ip}-sorties")
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_kernel(self) -> None:
        # ipykernel relève le fichier de chaque module chargé, pour que son débogueur les ignore tous. Dans une copie
        # de la souche ce serait toucher, donc recopier, quatre mille pages de mémoire (un sixième du démarrage), et
        # ne plus pouvoir suivre pas à pas le code de l'observatoire.
        ipkernel.sys = _SYS_SANS_MODULES
        try:
            super().init_kernel()
        finally:
            ipkernel.sys = sys

    def start(self) -> None:
        # À la fin, le dernier inscrit passe le premier : avant l'arrêt du fil des sorties.
        atexit.register(self._finir_le_controle)
        super().start()

    def _finir_le_controle(self) -> None:
        """Laisser finir le fil de contrôle : s'il vidait encore les sorties quand leur fil s'arrête, il attendrait dix
        secondes (un arrêt sur douze)."""
        if self.control_thread.is_alive():
            self.control_thread.stop()
            self.control_thread.join()
