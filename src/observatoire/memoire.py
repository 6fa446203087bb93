"""Se souvenir de ce qu'une étape a lu et écrit, pour ne pas refaire ce qui n'a pas changé.

Ce qui est lu est reconnu à son contenu : une copie neuve du dépôt ou une date touchée n'y change rien. Ce qui est
écrit est reconnu à ses noms, tailles et dates : au moindre doute, l'étape est refaite.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from observatoire.fichiers import ecrire_texte


@dataclass(frozen=True)
class Memoire:
    """La mémoire d'une étape, dans un fichier caché à côté de ce qu'elle écrit.

    ``sortie`` : le dossier qu'elle écrit. ``lu`` : l'empreinte de tout ce qu'elle lit (:func:`empreinte`). ``nom`` :
    celui d'une partie de l'étape, quand elle peut n'être refaite qu'en partie.
    """

    sortie: Path
    lu: str
    nom: str = ""

    @property
    def fichier(self) -> Path:
        """``.<sortie>.memoire``, à côté de la sortie ; ``.<sortie>.<nom>.memoire`` pour une partie."""
        return self.sortie.with_name(".".join(["", self.sortie.name, *([self.nom] if self.nom else []), "memoire"]))

    def relire(self) -> str | None:
        """Le bilan de la dernière fois, si rien n'a changé depuis, ni ce qui est lu ni ce qui a été écrit."""
        retenu = self.retenu()
        if retenu.get("lu") != self.lu:
            return None
        return retenu.get("bilan") if retenu.get("ecrit") == signature(self.sortie) else None

    def retenu(self) -> dict[str, Any]:
        """Tout ce qui a été retenu la dernière fois ; rien si l'étape n'est pas allée à son terme."""
        try:
            retenu = json.loads(self.fichier.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return retenu if isinstance(retenu, dict) else {}

    def oublier(self) -> None:
        """À faire avant d'écrire : une étape interrompue ne laisse pas croire que sa sortie est entière."""
        self.fichier.unlink(missing_ok=True)

    def retenir(self, bilan: str, **autres: Any) -> None:
        """À faire quand tout est écrit. ``autres`` : à retrouver dans :meth:`retenu`."""
        memoire = {"lu": self.lu, "ecrit": signature(self.sortie), "bilan": bilan, **autres}
        ecrire_texte(json.dumps(memoire, ensure_ascii=False), self.fichier)


@cache
def empreinte_du_code() -> str:
    """L'empreinte de la bibliothèque : ses fichiers, Python et tout ce qui est installé. Une fois par processus."""
    return empreinte(Path(__file__).parent, autres=[platform.python_version(), *_installees()])


def empreinte(
    *chemins: Path, autres: Iterable[str] = (), sauf: Iterable[Path] = (), sans_suivre: Iterable[Path] = ()
) -> str:
    """L'empreinte du contenu de fichiers et de dossiers, dans l'ordre donné, et de quelques textes.

    D'un dossier comptent les chemins relatifs et les contenus, pas sa place ; les noms cachés, ce que Python
    compile et ce qui est dans ``sauf`` ne comptent pas. Un chemin qui n'existe pas a son empreinte à lui. D'un lien
    vers un dossier, dans l'un des dossiers ``sans_suivre``, ne compte que le nom.
    """
    condense, ecartes = hashlib.blake2b(digest_size=20), {os.fspath(ecarte) for ecarte in sauf}
    for chemin in chemins:
        condense.update(b"\0absent" if not chemin.exists() else b"\0present")
        for relatif, fichier in _fichiers(chemin, ecartes, chemin not in sans_suivre):
            condense.update(b"\0" + os.fsencode(relatif) + b"\0")
            if os.path.isfile(fichier) and os.access(fichier, os.R_OK):  # ni tube, ni lien cassé : la lecture le dira
                with open(fichier, "rb") as ouvert:
                    condense.update(hashlib.file_digest(ouvert, hashlib.blake2b).digest())
    for texte in autres:
        condense.update(b"\0\0" + texte.encode())
    return condense.hexdigest()


def signature(dossier: Path) -> str:
    """Les noms, tailles et dates des fichiers d'un dossier, condensés : toucher à l'un d'eux la change."""
    condense = hashlib.blake2b(digest_size=20)
    for relatif, fichier in _fichiers(dossier, set()):
        taille, date = _etat(fichier)
        condense.update(os.fsencode(relatif) + f"\0{taille}\0{date}\0".encode())
    return condense.hexdigest()


def attester(dossier: Path, chemins: Iterable[Path]) -> dict[str, list]:
    """Chemin relatif -> ce qui reconnaît chacun des fichiers de ces chemins : sa taille, sa date, son contenu."""
    return {nom: [*_etat(f), empreinte(f)] for nom, f in _sous(dossier, chemins)}


def alteres(dossier: Path, chemins: Iterable[Path], attestes: dict[str, list]) -> list[str]:
    """Ceux des fichiers de ces chemins qui ne sont pas ce que :func:`attester` en a dit, manquent, ou sont en plus.

    Une date seule ne compte pas : le contenu décide, et n'est relu que si la date a changé.
    """
    presents = dict(_sous(dossier, chemins))
    ici = {nom for nom, f in presents.items() if not _est_intact(f, *attestes.get(nom, (-1, 0, "")))}
    return sorted(ici | (attestes.keys() - presents.keys()))


def _sous(dossier: Path, chemins: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for chemin in chemins:
        for _, fichier in _fichiers(chemin, set()):
            yield Path(fichier).relative_to(dossier).as_posix(), Path(fichier)


def _est_intact(fichier: Path, taille: int, date: int, contenu: str) -> bool:
    etat = _etat(fichier)
    return etat == (taille, date) or (etat[0] == taille and empreinte(fichier) == contenu)


def _etat(fichier: str | Path) -> tuple[int, int]:
    etat = os.stat(fichier)
    return etat.st_size, etat.st_mtime_ns


def _fichiers(chemin: Path, ecartes: set[str], suivre: bool = True) -> Iterator[tuple[str, str]]:
    """(chemin relatif, chemin) des fichiers d'un dossier, triés ; (nom, chemin) d'un fichier."""
    if chemin.is_file():
        yield chemin.name, os.fspath(chemin)
        return
    racine, vus = os.fspath(chemin), set()
    for dossier, sous_dossiers, fichiers in os.walk(racine, followlinks=suivre):
        if (reel := os.path.realpath(dossier)) in vus:  # un lien qui revient sur ses pas
            sous_dossiers.clear()
            continue
        vus.add(reel)
        gardes = (d for d in sous_dossiers if not d.startswith(".") and d != "__pycache__")
        sous_dossiers[:] = sorted(d for d in gardes if os.path.join(dossier, d) not in ecartes)
        liens = [] if suivre else [d for d in sous_dossiers if os.path.islink(os.path.join(dossier, d))]
        for nom in sorted(f for f in [*fichiers, *liens] if not f.startswith(".")):
            entier = os.path.join(dossier, nom)
            if entier in ecartes:
                continue
            yield os.path.relpath(entier, racine), entier


def _installees() -> list[str]:
    """Le nom et la version de chaque distribution installée, tels que les disent leurs dossiers."""
    dossiers = [dossier for dossier in sys.path if os.path.isdir(dossier)]
    return sorted({nom for d in dossiers for nom in os.listdir(d) if nom.endswith((".dist-info", ".egg-info"))})
