"""Charger un script du dépôt qui n'est pas dans la bibliothèque (``.ci``, ``bench``)."""

from __future__ import annotations

import types
from pathlib import Path


def charger(script: Path) -> types.ModuleType:
    """Son module ; rien de ce qu'il ne fait que lancé n'est fait."""
    module = types.ModuleType(script.stem)
    module.__file__ = str(script)
    exec(compile(script.read_text(encoding="utf-8"), script, "exec"), module.__dict__)
    return module
