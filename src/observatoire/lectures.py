"""Retenir ce qu'une page lit de ``publie``, pour ne la refaire que si ce qu'elle montre a changé.

Toute lecture passe par :mod:`observatoire.publie`, qui la note ici : un fichier entier, ou les lignes d'une table
choisies par leurs clés. À la fin d'une page, :data:`CELLULE` rend ces notes à qui l'exécute.
"""

from __future__ import annotations

#: Une lecture : le fichier de ``publie``, et les clés des lignes lues (aucune : le fichier entier).
Lecture = tuple[str, tuple[tuple[str, str | int], ...]]

TYPE_MIME = "application/vnd.observatoire.lectures+json"
CELLULE = "from observatoire.lectures import Lectures\nLectures()"
_notees: set[Lecture] = set()


def noter(fichier: str, **cles: str | int) -> None:
    """Noter la lecture de ``fichier`` (chemin dans ``publie``), ou de ses seules lignes qui portent ``cles``."""
    _notees.add((fichier, tuple(sorted(cles.items()))))


def oublier() -> None:
    """Oublier ce qui a été noté jusque-là."""
    _notees.clear()


class Lectures:
    """Ce qui a été lu depuis le début du processus, tel que l'exécution d'une page le reçoit."""

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        notees = sorted(_notees, key=repr)
        return {TYPE_MIME: notees, "text/plain": f"{len(notees)} lectures"}


def relire(contenu: list) -> frozenset[Lecture]:
    """Les lectures telles qu'elles étaient avant leur passage en JSON."""
    return frozenset((fichier, tuple((cle, valeur) for cle, valeur in cles)) for fichier, cles in contenu)
