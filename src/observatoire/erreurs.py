"""Les erreurs que l'observatoire sait dire, chacune en une phrase utile et en français."""

from __future__ import annotations

import errno
import os
from concurrent.futures import BrokenExecutor
from traceback import extract_tb


class ErreurObservatoire(Exception):
    """Toute erreur dont le message s'adresse à la personne qui a lancé la commande.

    ``code`` est le code de sortie de la commande : 1 quand le travail est refusé ou a échoué, 2 quand la
    commande, la configuration ou un paramètre est mal écrit.
    """

    code = 1


class ErreurConfiguration(ErreurObservatoire):
    """``observatoire.yml``, un barème ou un fichier de suivi est absent ou mal écrit."""

    code = 2


class ParametreInconnu(ErreurObservatoire):
    """Un paramètre de notebook manque, est inconnu ou n'a pas une valeur admise."""

    code = 2


class DepotRefuse(ErreurObservatoire):
    """Un fichier au moins a été refusé ; le message liste tous les problèmes."""


class DouteInexplique(ErreurObservatoire):
    """Un doute à expliquer ne l'est pas ; le message les liste tous et donne de quoi les expliquer."""


class EditionIncomplete(ErreurObservatoire):
    """Une page au moins n'a pas pu être exécutée, ou le livre n'a pas pu être construit."""


class SecretDecouvert(ErreurObservatoire):
    """L'audit a trouvé qu'une valeur cachée ou un identifiant peut se savoir."""


class DossierTenu(ErreurObservatoire):
    """Une autre commande écrit déjà dans ce dossier ; le message la nomme."""


_PANNES = {
    ("ENOSPC", "EDQUOT"): "plus de place sur le disque{pour}. Libérer de la place, puis relancer.",
    ("EFBIG",): "fichier trop gros pour ce disque ou pour la limite permise (ulimit -f){pour}.",
    ("EROFS",): "disque en lecture seule{pour}.",
    ("EACCES", "EPERM"): "accès refusé{pour}. Vérifier à qui est le dossier et quels sont ses droits.",
    ("EMFILE", "ENFILE"): "trop de fichiers ouverts à la fois{pour}. Baisser --ouvriers, ou relever la limite "
    "(ulimit -n).",
    ("ENOTDIR",): "un fichier est à la place d'un dossier{pour}.",
    ("EISDIR",): "un dossier est à la place d'un fichier{pour}.",
    ("EIO", "ESTALE", "ENODEV", "ENXIO"): "le disque ne répond pas comme il faut{pour}.",
    ("ENOMEM",): "plus de mémoire, ou un ouvrier s'est arrêté. Baisser --ouvriers, ou arrêter d'autres programmes.",
    ("EPIPE",): "la sortie a été fermée avant la fin.",
    ("EXDEV", "EBUSY"): "ce dossier est sur un autre disque, ou en est le point de montage{pour}. En donner un "
    "qui soit dedans.",
}  # fmt: skip


def dire_panne(erreur: Exception) -> str | None:
    """La phrase qui dit une panne de la machine (disque plein, droits…) ; rien si ``erreur`` n'en est pas une.

    Le chemin est donné à partir du dossier courant quand il est dedans.
    """
    if isinstance(erreur, MemoryError | BrokenExecutor):
        erreur = OSError(errno.ENOMEM, "mémoire")  # un ouvrier que le système a tué ne dit pas pourquoi
    if not isinstance(erreur, OSError):
        return None
    nom = errno.errorcode.get(erreur.errno or 0, "")
    if nom == "EEXIST" and erreur.filename and not os.path.isdir(erreur.filename):
        nom = "ENOTDIR"  # un dossier était à créer là où il y a un fichier
    phrase = next((phrase for noms, phrase in _PANNES.items() if nom in noms), None)
    if phrase is None:
        return None
    pour = f" : {_lisible(erreur.filename)}" if isinstance(erreur.filename, str | bytes | os.PathLike) else ""
    return f"{phrase.format(pour=pour)}\nCe qui était publié l'est encore."


def decrire(erreur: BaseException) -> str:
    """Une erreur que personne n'attendait : son nom, ce qu'elle dit, et d'où elle vient (fichier et ligne).

    D'une trace, la dernière ligne de l'observatoire, où l'on peut la réparer ; d'un code que Python ne lit pas, la
    sienne.
    """
    quoi, ou = str(erreur), None
    if isinstance(erreur, SyntaxError) and erreur.filename:
        quoi, ou = erreur.msg, (erreur.filename, erreur.lineno)
    elif trace := [(appel.filename, appel.lineno) for appel in extract_tb(erreur.__traceback__)]:
        ici = os.path.dirname(os.path.abspath(__file__)) + os.sep
        ou = next((appel for appel in reversed(trace) if os.path.abspath(appel[0]).startswith(ici)), trace[-1])
    return f"{type(erreur).__name__} : {quoi}" + (f" ({_lisible(ou[0])}, ligne {ou[1]})" if ou else "")


def _lisible(chemin: str | bytes | os.PathLike) -> str:
    chemin, ici = os.path.abspath(os.fsdecode(chemin)), os.getcwd()
    return os.path.relpath(chemin, ici) if os.path.commonpath([chemin, ici]) == ici else chemin
