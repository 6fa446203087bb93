"""Un gestionnaire de noyau et un client sans attente inutile, pour qui en lance beaucoup."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from traitlets import DottedObjectName, Type

NOM = "observatoire"


class ClientNoyau(AsyncKernelClient):
    """Un client qui sait que le noyau est prêt dès qu'il l'a dit.

    Celui de jupyter_client écoute ensuite deux dixièmes de seconde de silence ; celui-ci attend la fin, annoncée par
    le noyau, de la réponse à sa propre question : rien d'autre ne peut plus traîner avant la première cellule.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Attendre que le noyau réponde et que ses sorties nous parviennent.

        Lève ``RuntimeError`` s'il meurt ou se tait plus de ``timeout`` secondes.
        """
        limite = time.monotonic() + (float("inf") if timeout is None else timeout)
        with suppress(Empty):
            # ipykernel 7 souhaite la bienvenue dès qu'il sait que nous écoutons : demander avant ferait attendre.
            await self.get_iopub_msg(timeout=0.2)
        while True:
            question = self.kernel_info()
            try:
                reponse = await self._async_recv_reply(question, timeout=1)
                await self._fin_annoncee(question)
            except (TimeoutError, Empty):
                if not await self._async_is_alive():
                    raise RuntimeError("Le noyau est mort avant d'avoir répondu.") from None
                if time.monotonic() > limite:
                    raise RuntimeError(f"Le noyau n'a pas répondu en {timeout:.0f} secondes.") from None
            else:
                self._handle_kernel_info_reply(reponse)
                return

    async def _fin_annoncee(self, question: str) -> None:
        while True:
            message = await self.get_iopub_msg(timeout=0.2)
            if (
                message["parent_header"].get("msg_id") == question
                and message["content"].get("execution_state") == "idle"
            ):
                return


class GestionnaireNoyau(AsyncKernelManager):
    """À donner à papermill ou à nbclient (``kernel_manager_class``) : le noyau ``observatoire``, sans attente."""

    client_class = DottedObjectName(f"{__name__}.ClientNoyau", config=True)
    client_factory = Type(klass=ClientNoyau, config=True)
