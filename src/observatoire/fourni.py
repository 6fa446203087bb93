"""Ce qui vient avec la bibliothèque : les schémas d'échange et les barèmes de l'observatoire."""

from __future__ import annotations

from pathlib import Path

#: Où la roue les range ; dans le dépôt, ils sont dans ``data``.
_DANS_LA_ROUE = Path(__file__).parent / "data"
_DANS_LE_DEPOT = Path(__file__).parents[2] / "data"


def fourni(nom: str) -> Path:
    """Un dossier livré (``schemas``, ``referentiels``), que la bibliothèque soit installée ou dans son dépôt."""
    return (_DANS_LA_ROUE if _DANS_LA_ROUE.is_dir() else _DANS_LE_DEPOT) / nom
