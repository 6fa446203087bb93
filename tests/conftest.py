"""Ce que plusieurs tests partagent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def petite_chaine():
    """Toute la chaîne, une fois, sur des dépôts fictifs de deux années ; rend sa configuration."""
    import petite_edition

    return petite_edition.construire()


@pytest.fixture(scope="session")
def site_construit(request):
    """Le dossier du site de :func:`petite_chaine` ; OBSERVATOIRE_SITE en donne un autre, déjà construit."""
    if donne := os.environ.get("OBSERVATOIRE_SITE"):
        return Path(donne)
    return request.getfixturevalue("petite_chaine").chemin("site")
