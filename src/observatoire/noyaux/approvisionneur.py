"""L'approvisionneur : ce que jupyter_client appelle pour démarrer, suivre et arrêter un noyau ``observatoire``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from observatoire.noyaux.demarrage import (
    adresse_de_la_souche,
    dossier_prive,
    fourche_possible,
    remplacer_la_souche,
)
from observatoire.noyaux.liaison import NoyauFourche, Refus, SoucheInjoignable

# Ce qu'une demande à la souche sait dire ; un lancement qui demande autre chose est celui d'un noyau ordinaire.
CONNUS = {"env", "cwd", "stdin", "stdout", "stderr", "independent", "kernel_id", "extra_arguments"}
DELAI_DE_MORT = 2.0


class Approvisionneur(LocalProvisioner):
    """Un noyau né de la souche ; à défaut, exactement celui de :class:`LocalProvisioner`.

    Dans les deux cas les messages passent par des sockets de fichier, dans un dossier privé, que personne d'autre ne
    peut ouvrir ; là où il n'y en a pas, par TCP chiffré et authentifié (CurveZMQ).
    """

    _dossier: Path | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        if self._dossier is None and self.parent and self.parent.transport == "tcp":
            self._choisir_le_transport(kwargs)
        return await super().pre_launch(**kwargs)

    def _choisir_le_transport(self, kwargs: dict[str, Any]) -> None:
        gestionnaire = self.parent
        if hasattr(socket, "AF_UNIX") and zmq.has("ipc"):
            parent = str(Path(adresse_de_la_souche()).parent) if fourche_possible() else None
            self._dossier = dossier_prive(parent)
            gestionnaire.transport = "ipc"
            gestionnaire.ip = str(self._dossier / "n")
            if not gestionnaire.connection_file:
                gestionnaire.connection_file = str(self._dossier / "noyau.json")
        elif zmq.has("curve"):
            kwargs["transport_encryption"] = "required"

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        if fourche_possible() and kwargs.keys() <= CONNUS and subprocess.PIPE not in kwargs.values():
            self.process = await self._fourcher(cmd, kwargs)
        if self.process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def _fourcher(self, cmd: list[str], kwargs: dict[str, Any]) -> NoyauFourche | None:
        """Demander le noyau à la souche ; ``None`` si elle ne peut pas le faire."""
        dossier = os.path.abspath(kwargs.get("cwd") or ".")
        if not os.path.isdir(dossier):
            raise NotADirectoryError(f"Dossier de travail du noyau introuvable : {dossier}")
        demande = {"commande": cmd, "environnement": dict(kwargs["env"]), "dossier": dossier}
        adresse = adresse_de_la_souche()
        try:
            return await self._demander(adresse, demande, kwargs)
        except (Refus, SoucheInjoignable) as premiere:
            if remplacer_la_souche(adresse):
                self.log.debug("Nouvelle souche : %s", premiere)
                try:
                    return await self._demander(adresse_de_la_souche(), demande, kwargs)
                except (Refus, SoucheInjoignable) as seconde:
                    premiere = seconde
            self.log.warning("Noyau démarré sans la souche, donc plus lentement : %s.", premiere)
            return None

    async def _demander(self, adresse: str, demande: dict[str, Any], kwargs: dict[str, Any]) -> NoyauFourche:
        sorties, a_fermer = _descripteurs(kwargs.get("stdout"), kwargs.get("stderr"))
        try:
            return await NoyauFourche.demander(adresse, demande, sorties)
        finally:
            for descripteur in a_fermer:
                os.close(descripteur)

    async def wait(self) -> int | None:
        if not isinstance(self.process, NoyauFourche):
            return await super().wait()
        noyau = self.process
        code = await noyau.attendre()
        noyau.fermer()
        self.process = None
        return code

    async def send_signal(self, signum: int) -> None:
        if isinstance(self.process, NoyauFourche):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        await super().kill(restart=restart)
        await self._laisser_mourir()

    async def shutdown_requested(self, restart: bool = False) -> None:
        await self._laisser_mourir()

    async def _laisser_mourir(self) -> None:
        """Attendre ici la mort du noyau : le gestionnaire, lui, ne regarderait que tous les dixièmes de seconde."""
        if isinstance(self.process, NoyauFourche):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.attendre(), DELAI_DE_MORT)

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart=restart)
        if isinstance(self.process, NoyauFourche):
            self.process.fermer()
            self.process = None
        if self._dossier and not restart:
            shutil.rmtree(self._dossier, ignore_errors=True)
            self._dossier = None


def _descripteurs(stdout: Any, stderr: Any) -> tuple[list[int], list[int]]:
    """Les descripteurs à donner pour les deux sorties du noyau, et ceux d'entre eux à fermer ensuite."""
    a_fermer: list[int] = []

    def ouvrir(sortie: Any, defaut: int) -> int:
        if sortie is None:
            return defaut
        if sortie == subprocess.DEVNULL:
            a_fermer.append(os.open(os.devnull, os.O_WRONLY))
            return a_fermer[-1]
        return sortie if isinstance(sortie, int) else sortie.fileno()

    premiere = ouvrir(stdout, 1)
    seconde = premiere if stderr == subprocess.STDOUT else ouvrir(stderr, 2)
    return [premiere, seconde], a_fermer
