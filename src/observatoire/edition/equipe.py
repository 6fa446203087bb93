"""L'équipe de cette machine : quelques processus qui exécutent les pages, et la souche de leurs noyaux."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path

from observatoire.edition.travail import Resultat, Travail
from observatoire.noyaux import demarrage
from observatoire.publie import VARIABLE

PAGE = "observatoire.edition.page"
PRECHARGEMENT = ("observatoire.edition.prechargement",)
# Un fil de calcul par noyau : il y a déjà un noyau par cœur.
FILS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


def executer_ici(
    travaux: Iterable[Travail], publie: Path, atelier: Path, ouvriers: int | None = None
) -> Iterator[Resultat]:
    """Exécuter des pages, ``ouvriers`` à la fois (un par cœur par défaut), et les rendre à mesure.

    ``atelier`` : un dossier vide, d'où les noyaux travaillent.
    """
    travaux = list(travaux)
    if not travaux:
        return
    effectif = min(ouvriers or os.cpu_count() or 1, len(travaux))
    with (
        souche(publie) as environnement,
        ProcessPoolExecutor(
            effectif,
            mp_context=_contexte(),
            initializer=_preparer_ouvrier,
            initargs=(environnement,),
        ) as equipe,
    ):
        taches = {equipe.submit(_faire_page, t, publie, atelier): t for t in travaux}
        for tache in as_completed(taches):
            yield resultat_de(tache, taches[tache])


@contextmanager
def souche(publie: Path) -> Iterator[dict[str, str]]:
    """Une souche qui a lu ``publie``, le temps du bloc ; rend les variables de qui lui demandera des noyaux.

    Là où il n'y a pas de ``fork``, rien n'est démarré : les noyaux sont ordinaires.
    """
    if not demarrage.fourche_possible():
        yield FILS
        return
    with demarrage.Souche.demarrer(PRECHARGEMENT, {VARIABLE: str(publie), **FILS}) as demarree:
        yield {demarrage.VARIABLE: demarree.adresse, **FILS}


def resultat_de(tache: Future, travail: Travail) -> Resultat:
    """Le résultat d'une tâche ; une panne imprévue est l'échec de sa page, sauf si l'écriture même est impossible."""
    panne = tache.exception()
    if panne is None:
        return tache.result()
    if isinstance(panne, OSError) and panne.errno is not None:
        raise panne
    return Resultat(travail, None, erreur=f"{type(panne).__name__} : {panne}")


def _contexte():
    """Les ouvriers naissent d'un processus qui a déjà importé papermill, là où cela existe."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    contexte = multiprocessing.get_context("forkserver")
    contexte.set_forkserver_preload([PAGE])
    return contexte


def _faire_page(travail: Travail, publie: Path, atelier: Path) -> Resultat:
    """Ce que fait un ouvrier ; lui seul a besoin de papermill."""
    return import_module(PAGE).faire_page(travail, publie, atelier)


def _preparer_ouvrier(variables: dict[str, str]) -> None:
    """Donner à un ouvrier l'adresse de la souche, et le faire cesser quand disparaît le processus qui l'emploie.

    Il l'attendrait sinon sans fin. Un Ctrl-C du terminal ne le regarde pas : qui l'emploie l'arrêtera.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(variables)
    employeur = multiprocessing.parent_process()

    def veiller() -> None:
        wait([employeur.sentinel])
        os._exit(1)

    threading.Thread(target=veiller, daemon=True).start()
