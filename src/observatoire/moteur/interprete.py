"""Exécuter les cellules d'un notebook dans ce processus : l'interpréteur d'IPython, ni noyau, ni socket, ni client.

Chaque sortie part aussitôt, au format des notebooks, par la fonction ``envoyer`` : si le processus meurt ou qu'on
l'arrête, ce qui était sorti l'est.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from observatoire.moteur.porte import Porte

Envoyer = Callable[[dict[str, Any]], None]
#: L'extension d'IPython qui met les figures et les tables à l'aspect de la maison.
EXTENSION = "observatoire.presentation.maison"


def ne_rien_envoyer(_message: dict[str, Any]) -> None:
    """Ce que fait un interpréteur que personne n'écoute encore."""


class Publication(DisplayPublisher):
    """``display`` : une sortie, ou la mise à jour d'une sortie nommée."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **_autres) -> None:
        contenu = {"data": data, "metadata": metadata or {}}
        self.shell.sortir("display_data", **contenu, nom=(transient or {}).get("display_id"), remplace=update)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.envoyer({"efface": True})


class Resultat(DisplayHook):
    """La valeur de la dernière expression d'une cellule."""

    def write_output_prompt(self) -> None:
        """Rien : le notebook porte déjà son rang."""

    def write_format_data(self, format_dict, md_dict=None) -> None:
        self.shell.sortir("execute_result", data=format_dict, metadata=md_dict or {}, execution_count=self.prompt_count)


class Interprete(InteractiveShell):
    """Un interpréteur qui envoie ses sorties au lieu de les écrire."""

    displayhook_class = Type(Resultat)
    display_pub_class = Type(Publication)
    envoyer: Envoyer = staticmethod(ne_rien_envoyer)
    porte = Porte()

    def sortir(self, genre: str, nom: str | None = None, remplace: bool = False, **contenu: Any) -> None:
        """Envoyer une sortie de ce ``genre``. ``nom`` : de quoi la remplacer ; ``remplace`` : c'en est le moment."""
        sys.stdout.flush()
        if "data" in contenu:
            contenu["data"] = {mime: _en_texte(valeur) for mime, valeur in contenu["data"].items()}
        self.envoyer({"sortie": {"output_type": genre, **contenu}, "nom": nom, "remplace": remplace})

    def _showtraceback(self, etype, evalue, stb) -> None:
        dit, ici = str(evalue), os.getcwd()
        phrase = self.porte.expliquer(dit, ici)
        if reel := self.porte.trouver(dit, ici):  # un lien de cette page ne se suit qu'ici
            dit = f"{dit} : '{reel}'"
        self.sortir("error", ename=etype.__name__, evalue=dit, traceback=[*stb, *filter(None, [phrase])])

    def enable_gui(self, gui=None) -> None:
        """Aucune fenêtre ici."""


class Flux(io.TextIOBase):
    """``stdout`` ou ``stderr`` d'une cellule."""

    def __init__(self, interprete: Interprete, nom: str):
        self._interprete, self._nom, self._texte = interprete, nom, io.StringIO()

    def writable(self) -> bool:
        return True

    def write(self, texte: str) -> int:
        self._texte.write(texte)
        if "\n" in texte:
            self.flush()
        return len(texte)

    def flush(self) -> None:
        if ecrit := self._texte.getvalue():
            self._texte = io.StringIO()
            self._interprete.envoyer({"sortie": {"output_type": "stream", "name": self._nom, "text": ecrit}})


def creer() -> Interprete:
    """L'interpréteur d'un processus, prêt à exécuter : à faire une fois, avant toute copie."""
    reglages = Config(
        InteractiveShell={"autoindent": False, "colors_force": True},
        HistoryManager={"enabled": False},
    )
    interprete = Interprete.instance(config=reglages)
    interprete.extension_manager.load_extension(EXTENSION)
    return interprete


def executer(interprete: Interprete, cellules: list[dict], envoyer: Envoyer) -> None:
    """Exécuter des cellules (``rang``, ``source``, ``tolere``) jusqu'à la fin, ou à la première qui échoue.

    Messages : ``commence`` et ``finit`` (le rang d'une cellule), ``sortie``, ``efface``.
    """
    interprete.envoyer = envoyer
    with redirect_stdout(Flux(interprete, "stdout")), redirect_stderr(Flux(interprete, "stderr")):
        for cellule in cellules:
            envoyer({"commence": cellule["rang"]})
            with _descripteurs(interprete):
                reussie = interprete.run_cell(cellule["source"], store_history=True).success
                sys.stdout.flush()
                sys.stderr.flush()
            envoyer({"finit": cellule["rang"], "rang": interprete.execution_count - 1, "reussie": reussie})
            if not (reussie or cellule["tolere"]):
                return


@contextmanager
def _descripteurs(interprete: Interprete):
    """Ce qu'une bibliothèque en C ou un processus lancé par la cellule écrit sans passer par Python."""
    departs = [os.lseek(d, 0, os.SEEK_END) for d in (1, 2)]
    try:
        yield
    finally:
        for nom, descripteur, depart in zip(("stdout", "stderr"), (1, 2), departs, strict=True):
            if taille := os.lseek(descripteur, 0, os.SEEK_END) - depart:
                texte = os.pread(descripteur, taille, depart).decode("utf-8", "replace")
                interprete.envoyer({"sortie": {"output_type": "stream", "name": nom, "text": texte}})


def _en_texte(valeur: object) -> object:
    """Une image voyage en base 64."""
    return base64.b64encode(valeur).decode("ascii") if isinstance(valeur, bytes) else valeur
