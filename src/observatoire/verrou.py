"""Un seul écrivain à la fois par dossier : le second s'arrête aussitôt et dit qui tient le premier.

Le verrou est celui du système : la mort du processus le lève, quoi qu'il reste sur le disque.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from observatoire.erreurs import DossierTenu
from observatoire.fichiers import ecrire_texte


@dataclass
class Verrou:
    """Le verrou d'un dossier, dans un fichier caché à côté de lui ; le reprendre quand on l'a déjà est permis."""

    dossier: Path
    _prises: int = 0
    _verrou: FileLock | None = field(default=None, repr=False)

    def __enter__(self) -> Verrou:
        """Prendre le verrou ; lève :class:`DossierTenu` si un autre processus l'a."""
        if not self._prises:
            self.dossier.parent.mkdir(parents=True, exist_ok=True)
            self._verrou = FileLock(self._voisin("verrou"), blocking=False)
            try:
                self._verrou.acquire()
            except Timeout:
                raise DossierTenu(self._message()) from None
            ecrire_texte(json.dumps(_moi()), self._voisin("tenu"))
        self._prises += 1
        return self

    def __exit__(self, *_exception) -> None:
        self._prises -= 1
        if not self._prises:
            self._voisin("tenu").unlink(missing_ok=True)
            self._verrou.release()

    def _voisin(self, genre: str) -> Path:
        return self.dossier.with_name(f".{self.dossier.name}.{genre}")

    def _message(self) -> str:
        """Qui tient le dossier ; il a pu le lâcher, ou ne pas s'être encore nommé."""
        try:
            tenant = json.loads(self._voisin("tenu").read_text(encoding="utf-8"))
            qui = "« {commande} » (processus {processus} sur {machine}, depuis {depuis})".format(**tenant)
        except (FileNotFoundError, ValueError, KeyError):
            qui = "une autre commande, qui commence à peine"
        return (
            f"le dossier « {self.dossier.name} » est tenu par {qui}.\n"
            "    Attendre qu'elle ait fini, ou l'arrêter, puis relancer. Rien n'a été touché."
        )


def _moi() -> dict[str, str | int]:
    return {
        "commande": " ".join([Path(sys.argv[0]).stem, *sys.argv[1:]]),
        "processus": os.getpid(),
        "machine": platform.node(),
        "depuis": time.strftime("%d/%m/%Y à %H:%M:%S"),
    }
