"""L'aperçu : la page que l'on écrit, refaite à chaque enregistrement et rechargée dans le navigateur.

- :mod:`~observatoire.apercu.veille` : surveiller ce qui s'écrit, et qui fait les pages ;
- :mod:`~observatoire.apercu.serveur` : montrer les pages, les fautes, et recharger ;
- :mod:`~observatoire.apercu.ouvrier` : dans un autre processus, refaire ce qui a changé, la page regardée d'abord ;
- :mod:`~observatoire.apercu.vitrine` : ce dont les pages sont faites, dans des dossiers à part du site publié ;
- :mod:`~observatoire.apercu.compositeur` : Sphinx gardé chaud ;
- :mod:`~observatoire.apercu.fautes` : une erreur, sa cellule et sa ligne.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

# L'ouvrier dit ce qu'un module a de cassé : rien ne doit casser avant lui.
if TYPE_CHECKING:
    from observatoire.configuration import Configuration


def racine(config: Configuration, public: str) -> Path:
    """Où l'aperçu d'un public écrit tout : à côté de son site."""
    return config.chemin("site", public).with_name("apercu")
