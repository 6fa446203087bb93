"""Démarrer une souche, la confier aux processus qui lancent des noyaux, la fermer.

Le moteur d'édition en tient une, dont l'adresse passe à ses ouvriers par ``OBSERVATOIRE_SOUCHE`` ; tout autre
processus (papermill, pytest, JupyterLab) en démarre une à son premier noyau et la ferme en finissant.
"""

from __future__ import annotations

import atexit
import json
import os
import pkgutil
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType

import observatoire.presentation
from observatoire.noyaux.enfant import MOTEUR

VARIABLE = "OBSERVATOIRE_SOUCHE"
REGLAGE = "OBSERVATOIRE_FOURCHE"
# Une socket de fichier tient dans 104 octets (macOS), dont une trentaine pour ce que l'on ajoute au dossier.
LONGUEUR = 70
# Ce qu'un noyau importe en démarrant : toute souche le précharge.
NOYAU = (
    "observatoire.noyaux.noyau",
    "ipykernel.debugger",
    "tornado.platform.asyncio",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "cProfile",
    "pstats",
)
# Ce qu'importe une page.
PRECHARGEMENT = (
    "matplotlib.pyplot",
    "pandas",
    "seaborn",
    "great_tables",
    "observatoire.publie",
    *(m.name for m in pkgutil.iter_modules(observatoire.presentation.__path__, "observatoire.presentation.")),
)


def fourche_possible() -> bool:
    """Vrai où se dédoubler est sûr : sous Linux, sauf ``OBSERVATOIRE_FOURCHE=0``.

    Sous macOS les bibliothèques du système n'en répondent pas : il faut le demander (``OBSERVATOIRE_FOURCHE=1``).
    """
    if not hasattr(os, "fork"):
        return False
    return os.environ.get(REGLAGE, "1" if sys.platform == "linux" else "0") == "1"


def environnement_du_noyau() -> dict[str, str]:
    """Les variables que ``kernel.json`` donne à tout noyau ``observatoire``, forké ou non."""
    return json.loads(files("observatoire.noyaux").joinpath("kernelspec", "kernel.json").read_text("utf-8"))["env"]


def dossier_prive(parent: str | None = None) -> Path:
    """Un dossier temporaire lisible de nous seuls, au chemin assez court pour des sockets de fichier.

    Dans ``parent`` s'il existe encore : la souche, en finissant, y retire tout.
    """
    parent = parent if parent and os.path.isdir(parent) else tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="obs-", dir="/tmp" if len(os.fsencode(parent)) > LONGUEUR else parent))


class Souche:
    """Une souche en marche, tenue par ce processus.

    ``adresse`` : le chemin de sa socket, à donner aux ouvriers dans ``OBSERVATOIRE_SOUCHE``. Les sockets des noyaux
    vivent dans le même dossier, que la souche retire en finissant, même si ce processus est tué.
    """

    def __init__(self, processus: subprocess.Popen, dossier: Path, adresse: str) -> None:
        self._processus = processus
        self._dossier = dossier
        self.adresse = adresse
        _SOUCHES.add(self)

    @classmethod
    def demarrer(
        cls, prechargement: Iterable[str] = PRECHARGEMENT, environnement: Mapping[str, str] | None = None
    ) -> Souche:
        """Démarrer une souche qui importe ``prechargement``, avec ``environnement`` en plus de celui du processus.

        Revient aussitôt : les premières demandes attendent la fin des imports.
        """
        dossier = dossier_prive()
        adresse = str(dossier / "souche")
        variables = {"MPLBACKEND": MOTEUR, **os.environ, **environnement_du_noyau(), **(environnement or {})}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ecoute:
            ecoute.bind(adresse)
            os.chmod(adresse, 0o600)
            ecoute.listen(1024)
            processus = subprocess.Popen(
                [sys.executable, "-m", "observatoire.noyaux", "--souche", str(ecoute.fileno()), *NOYAU, *prechargement],
                stdin=subprocess.PIPE,
                pass_fds=[ecoute.fileno()],
                env=variables,
                start_new_session=True,
            )
        return cls(processus, dossier, adresse)

    def vivante(self) -> bool:
        return self._processus.poll() is None

    def fermer(self) -> None:
        """Tuer ses noyaux et l'arrêter ; sans effet si c'est déjà fait."""
        self._processus.stdin.close()
        try:
            self._processus.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._processus.kill()
            self._processus.wait()
        shutil.rmtree(self._dossier, ignore_errors=True)
        _SOUCHES.discard(self)

    def __enter__(self) -> Souche:
        return self

    def __exit__(self, genre: type | None, erreur: BaseException | None, trace: TracebackType | None) -> None:
        self.fermer()


_SOUCHES: set[Souche] = set()
_verrou = threading.Lock()
_du_processus: Souche | None = None


def adresse_de_la_souche() -> str:
    """La souche nommée par ``OBSERVATOIRE_SOUCHE``, sinon celle de ce processus, démarrée au besoin."""
    return os.environ.get(VARIABLE) or _souche_du_processus().adresse


def remplacer_la_souche(adresse: str) -> bool:
    """Démarrer une autre souche que celle de ce processus si elle ne sert plus ; faux si elle n'est pas à lui."""
    global _du_processus
    with _verrou:
        if os.environ.get(VARIABLE):
            return False
        if _du_processus is not None and _du_processus.adresse == adresse:
            _du_processus = None
    return True


def _souche_du_processus() -> Souche:
    global _du_processus
    with _verrou:
        if _du_processus is None or not _du_processus.vivante():
            _du_processus = Souche.demarrer()
        return _du_processus


def _fermer_les_souches() -> None:
    for souche in list(_SOUCHES):
        souche.fermer()


def _oublier_les_souches() -> None:
    """Dans une copie (``fork``) de ce processus : ces souches ne sont pas à elle, et mourront avec l'original."""
    global _du_processus, _verrou
    _du_processus, _verrou = None, threading.Lock()
    for souche in list(_SOUCHES):
        souche._processus.stdin.close()
    _SOUCHES.clear()


atexit.register(_fermer_les_souches)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_oublier_les_souches)
