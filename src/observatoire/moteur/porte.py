"""La porte : le processus qui exécute une page n'ouvre ni les dépôts, ni ce qui en est préparé, ni un autre public.

Sous Linux le système y veille (Landlock) : quoi que la page emploie, ``open``, pyarrow, duckdb ou une commande, rien
de ce qui est derrière la porte ne s'ouvre, et elle ne peut pas la rouvrir. Ailleurs, un *audit hook* de Python refuse
ce que Python ouvre et toute commande ; une bibliothèque en C peut lui échapper.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

_ECRIVENT = frozenset({"os.remove", "os.rename", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"})
_OUVRENT = _ECRIVENT | {"open", "os.listdir", "os.scandir", "os.symlink", "sqlite3.connect"}
#: Ce qu'une page lance ouvrirait ce qu'elle n'ouvre pas.
_LANCENT = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.startfile", "pty.spawn"})
COMMANDE = "cette page lance une commande ; sans Landlock, rien ne lui fermerait ce qui est fermé à la page."
_FAITE_DE = "une page est faite de ce qui est publié pour son public, et de rien d'autre."
# Ce que le système répond : l'accès n'est pas permis, ou il faudrait passer d'un arbre à l'autre.
_CODES = (errno.EACCES, errno.EPERM, errno.EXDEV)
_REFUS = (*(f"[Errno {code}]" for code in _CODES), *map(os.strerror, _CODES))
# Ce qui, dans le message d'une erreur, peut être un chemin : entre guillemets, ou depuis une barre.
_CHEMIN = re.compile(r"""'([^']+)'|"([^"]+)"|(/[^\s'":,]+)""")


@dataclass(frozen=True)
class Porte:
    """Ce qu'une page n'ouvre pas : les arbres ``interdits``, sauf ceux qui, dedans, sont ``permis`` ; elle lit ceux-là,
    et n'y écrit pas."""

    interdits: tuple[str, ...] = ()
    permis: tuple[str, ...] = ()

    @classmethod
    def autour(cls, interdits: Iterable[Path], permis: Iterable[Path]) -> Porte:
        """Une porte aux chemins réels, sans lien."""
        return cls(*(tuple(sorted({os.path.realpath(c) for c in chemins})) for chemins in (interdits, permis)))

    def fermer(self) -> None:
        """Fermer la porte, pour ce processus et tous ceux qu'il lancera. À faire avant que d'autres fils n'existent."""
        self.preparer()()

    def preparer(self) -> Callable[[], None]:
        """Ce qui fermera la porte ; un processus qui prépare une fois ne le refait pas dans chacune de ses copies."""
        if not self.interdits:
            return lambda: None
        if landlock_possible():
            return self._restreindre()
        return lambda: sys.addaudithook(self._guetter)

    def est_derriere(self, chemin: str) -> bool:
        """Ce chemin réel est-il interdit ?"""
        return _sous(chemin, self.interdits) and not _sous(chemin, self.permis)

    def expliquer(self, message: str, dossier: Path) -> str | None:
        """En une phrase, le refus que dit le ``message`` d'une erreur ; ``None`` s'il parle d'autre chose.

        ``dossier`` : d'où la page travaillait. Le chemin de la machine n'est pas redit.
        """
        if COMMANDE in message:
            return COMMANDE
        chemin = self.trouver(message, dossier)
        return chemin and self._dire(chemin, refuse=True)

    def trouver(self, message: str, dossier: str | Path) -> str | None:
        """Le premier chemin que nomme un message et que la porte a refusé, lien suivi ; ``None`` s'il n'y en a pas."""
        nommes = (next(filter(None, trouve.groups())) for trouve in _CHEMIN.finditer(message))
        reels = [reel for nomme in nommes if (reel := _reel(os.path.join(dossier, nomme)))]
        refuse = any(dit in message for dit in _REFUS)
        derriere = [reel for reel in reels if self.est_derriere(reel)]
        return next((reel for reel in [*derriere, *reels] if self._dire(reel, refuse)), None)

    def _dire(self, chemin: str, refuse: bool) -> str | None:
        """La phrase d'un chemin réel ; ce qui n'est pas derrière la porte n'en a une que si le système l'a refusé."""
        racine = next((arbre for arbre in (*self.interdits, *self.permis) if _sous(chemin, (arbre,))), "")
        nom = os.path.relpath(chemin, os.path.dirname(racine)) if racine else os.path.basename(chemin) or os.sep
        if self.est_derriere(chemin):
            return dire_le_refus(nom)
        if refuse and racine:
            return f"cette page écrit dans « {nom} » : ce qui est publié se lit, et ne s'écrit pas d'une page."
        if refuse and {chemin, os.path.dirname(chemin)} & self._passages:
            return (
                f"cette page ouvre « {nom} », qui mène à ce qui ne lui est pas ouvert, ou est à côté : elle n'écrit "
                f"que dans son dossier, et {_FAITE_DE}"
            )
        return None

    @cached_property
    def _passages(self) -> set[str]:
        """Les dossiers qui mènent à ce qui est interdit."""
        return {str(parent) for interdit in self.interdits for parent in Path(interdit).parents}

    def _restreindre(self) -> Callable[[], None]:
        from landlock import FSAccess, Ruleset

        regles = Ruleset()
        alentours = _alentours(self.interdits, self._passages)
        droits = {c: FSAccess.all() if os.path.isdir(c) else FSAccess.all_file() for c in alentours}
        # Ce qui est publié se lit, et ne s'écrit pas d'une page.
        droits |= dict.fromkeys(self.permis, FSAccess.READ_FILE | FSAccess.READ_DIR)
        for chemin, siens in droits.items():
            with suppress(FileNotFoundError):  # effacé depuis
                regles.allow(chemin, rules=siens)
        return regles.apply

    def _guetter(self, evenement: str, arguments: tuple) -> None:
        if evenement in _LANCENT:
            raise PermissionError(COMMANDE)
        if evenement not in _OUVRENT:
            return
        for chemin in arguments[:2]:
            if isinstance(chemin, str | bytes | os.PathLike):
                reel = _reel(os.fsdecode(chemin))
                if reel and (
                    self.est_derriere(reel)
                    or (_ecrit(evenement, arguments) and _sous(reel, self.permis))
                    or (_par_le_systeme(evenement, arguments) and self._detourne(os.fsdecode(chemin), reel))
                ):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), reel)

    def _detourne(self, chemin: str, reel: str) -> bool:
        """Ouvrir un dossier qui mène à ce qui est interdit, ou remonter d'un dossier ouvert (``dir_fd``), que
        l'évènement ne nomme pas."""
        return reel in self._passages or (not os.path.isabs(chemin) and os.pardir in chemin.split(os.sep))


def _ecrit(evenement: str, arguments: tuple) -> bool:
    """Cet évènement d'audit ouvre-t-il pour écrire ?"""
    if evenement != "open":
        return evenement in _ECRIVENT
    return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) if len(arguments) > 2 else False


def _par_le_systeme(evenement: str, arguments: tuple) -> bool:
    """Est-ce ``os.open``, qui ouvre aussi un dossier ? ``open`` dit un mode."""
    return evenement == "open" and len(arguments) > 1 and arguments[1] is None


def dire_le_refus(chemin: str) -> str:
    """La phrase d'un refus."""
    return f"cette page lit « {chemin} », qui ne lui est pas ouvert : {_FAITE_DE}"


def landlock_possible() -> bool:
    """Le noyau du système sait-il fermer la porte ?"""
    if find_spec("landlock") is None:
        return False
    from landlock import LandlockError
    from landlock.plumbing import landlock_abi_version

    try:
        return landlock_abi_version() >= 1
    except (LandlockError, OSError):
        return False


def _reel(chemin: str) -> str | None:
    """Le chemin sans lien ; ``None`` si ce n'en est pas un, ou qu'il ne peut pas être suivi."""
    try:
        return os.path.realpath(chemin)
    except (OSError, ValueError):
        return None


def _sous(chemin: str, arbres: tuple[str, ...]) -> bool:
    return any(chemin == arbre or chemin.startswith(arbre.rstrip(os.sep) + os.sep) for arbre in arbres)


def _alentours(interdits: tuple[str, ...], passages: set[str]) -> Iterator[str]:
    """Tout ce qui n'est pas interdit : Landlock ne sait dire que ce qui est permis.

    Ce sont les voisins de chaque interdit et de chacun des dossiers qui y mènent. Un lien n'est pas suivi : ce qu'il
    montre est permis, ou non, là où il est.
    """
    for passage in sorted(passages):
        if _sous(passage, interdits) or not os.access(passage, os.R_OK):
            continue
        with os.scandir(passage) as entrees:
            for entree in entrees:
                if not entree.is_symlink() and entree.path not in passages and not _sous(entree.path, interdits):
                    yield entree.path
