"""Ce que plusieurs tests partagent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

RACINE = Path(__file__).resolve().parents[1]
LOGEMENTS = 3000


@pytest.fixture(scope="session")
def petite_chaine(tmp_path_factory):
    """Toute la chaîne, une fois, sur des dépôts fictifs de deux années ; rend sa configuration."""
    from observatoire.chaine import Chaine
    from observatoire.configuration import lire_configuration

    dossier = tmp_path_factory.mktemp("chaine")
    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["edition"] |= {"annees": [2009, 2010], "annee_zero": 2009}
    reglages["niveaux"] = ["immeuble", "quartier", "ville"]
    du_depot = {"schemas", "referentiels", "suivi", "notebooks", "livre"}
    reglages["chemins"] = {
        nom: str(RACINE / chemin) if nom in du_depot else str(dossier / chemin)
        for nom, chemin in reglages["chemins"].items()
    }
    fichier = dossier / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    chaine = Chaine(lire_configuration(fichier))
    chaine.exemple(2007, LOGEMENTS)
    chaine.calculer(sans_les_refuses=False)
    chaine.proteger("publique")
    chaine.executer("publique", None)
    chaine.livre("publique")
    return chaine.config


@pytest.fixture(scope="session")
def site_construit(request):
    """Le dossier du site de :func:`petite_chaine` ; OBSERVATOIRE_SITE en donne un autre, déjà construit."""
    if donne := os.environ.get("OBSERVATOIRE_SITE"):
        return Path(donne)
    return request.getfixturevalue("petite_chaine").chemin("site")
