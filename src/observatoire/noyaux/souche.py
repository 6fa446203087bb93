"""La souche : un processus qui a tout importé et qui, à la demande, se dédouble en un noyau.

Il n'a qu'un fil d'exécution et aucun contexte zmq, sans quoi ses copies naîtraient bloquées. Il vit tant que son
propriétaire tient l'autre bout de son entrée standard ; à sa fin, il tue tous ses noyaux et retire son dossier.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
from importlib import import_module

from observatoire.noyaux.enfant import COMMANDE, devenir_noyau
from observatoire.noyaux.liaison import variables_figees
from observatoire.noyaux.serveur import Serveur

FIGURES = "matplotlib_inline.backend_inline"


def principal(arguments: list[str]) -> None:
    """``arguments`` : le descripteur de la socket d'écoute, puis les modules à précharger."""
    ecoute = socket.socket(fileno=int(arguments[0]))
    environnement = dict(os.environ)
    precharger(arguments[1:])
    numero = os.getpid()
    if demande := Serveur(ecoute, Souche(environnement)).servir():
        devenir_noyau(demande, numero)


def precharger(modules: list[str]) -> None:
    """Importer ``modules``, vérifier que se dédoubler reste sûr, et figer les objets : leurs pages restent communes."""
    for module in modules:
        import_module(module)
    gc.collect()
    if empechement := _empechement():
        sys.exit(f"Souche des noyaux : {empechement}")
    gc.freeze()


def _empechement() -> str | None:
    """Ce qui, une fois les modules chargés, rendrait les copies boiteuses."""
    if threading.active_count() > 1:
        fils = ", ".join(f.name for f in threading.enumerate() if f is not threading.main_thread())
        return f"un module préchargé a démarré un fil d'exécution ({fils})."
    if (zmq := sys.modules.get("zmq")) and any(isinstance(o, zmq.Context) for o in gc.get_objects()):
        return "un module préchargé a ouvert un contexte zmq."
    if FIGURES in sys.modules:
        return f"un module préchargé a importé {FIGURES} : les figures deviendraient du texte."
    return None


class Souche:
    """Ce que la souche ne peut plus changer : son environnement de naissance et le code qu'elle a chargé."""

    def __init__(self, environnement: dict[str, str]) -> None:
        self._figees = variables_figees(environnement)
        self._sources = _dates_des_sources()
        # Certaines bibliothèques posent des variables à leur import : un noyau ordinaire les aurait aussi.
        self.ajoutees = {n: v for n, v in os.environ.items() if n not in environnement}

    def refuser(self, message: dict) -> str | None:
        """Pourquoi une copie ne serait pas le noyau demandé, s'il y a lieu."""
        python, *reste = message["commande"]
        if python != sys.executable or reste[:2] != COMMANDE:
            return f"elle ne fait que des noyaux « {' '.join([sys.executable, *COMMANDE])} »"
        demandees = variables_figees(message["environnement"])
        for nom in sorted(self._figees.keys() | demandees.keys()):
            if self._figees.get(nom) != demandees.get(nom):
                return f"elle est née avec une autre valeur de {nom}"
        return None

    def perimee(self) -> bool:
        """Vrai si le code de la bibliothèque a changé depuis."""
        return _dates_des_sources() != self._sources


def _dates_des_sources() -> dict[str, int]:
    """La date de chaque fichier chargé de la bibliothèque : on l'édite dans JupyterLab, puis on relance le noyau."""
    fichiers = [m.__file__ for nom, m in sys.modules.items() if nom.partition(".")[0] == "observatoire" and m.__file__]
    return {f: os.stat(f).st_mtime_ns if os.path.exists(f) else 0 for f in fichiers}
