"""Refuser un fichier : tous ses problèmes à la fois."""

from __future__ import annotations

from observatoire.lecture.problemes import Probleme, compter


class FichierIllisible(Exception):
    """Le contenu ne peut pas être lu comme un tableau ; porte la liste des problèmes."""

    def __init__(self, *problemes: Probleme):
        super().__init__(compter(len(problemes), "problème"))
        self.problemes = list(problemes)


def refuser(problemes: list[Probleme]) -> None:
    """Lever :class:`FichierIllisible` s'il y a un problème."""
    if problemes:
        raise FichierIllisible(*problemes)
