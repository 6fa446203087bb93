"""Le noyau Jupyter ordinaire d'une page, là où l'on ne peut pas se dédoubler."""

from __future__ import annotations

import os

from observatoire.moteur.porte import Porte


def installer(publie: str, interdits: tuple[str, ...], permis: tuple[str, ...]) -> None:
    """Dire au noyau où est ce qui est publié, et fermer la porte ; à faire avant la première cellule."""
    os.environ["OBSERVATOIRE_PUBLIE"] = publie
    Porte(interdits, permis).fermer()
