"""Ce que plusieurs tests partagent."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def deux_annees(tmp_path_factory):
    """La configuration du dépôt, réduite à ses deux dernières années."""
    import yaml
    from fabrique import RACINE

    from observatoire.configuration import lire_configuration

    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    annees = reglages["edition"]["annees"][-2:]
    reglages["edition"] |= {"annees": annees, "annee_zero": annees[0]}
    reglages["chemins"] = {nom: str(RACINE / "data" / nom) for nom in ("schemas", "referentiels")}
    fichier = tmp_path_factory.mktemp("config") / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    return lire_configuration(fichier)


@pytest.fixture(scope="session")
def un_logement_calcule(tmp_path_factory):
    """Le dossier d'un territoire d'un logement, déjà calculé ; qui y écrit en prend une copie (:func:`calcule`)."""
    from fabrique import calculer_tout, configuration, ecrire_prepare, tenir_pour_calcule

    dossier = tmp_path_factory.mktemp("calcule")
    config = configuration(dossier)
    ecrire_prepare(config, {2010: {"logements": [{"quartier": "battant"}]}}, [(2010, "gbh", "logements")])
    calculer_tout(config)
    tenir_pour_calcule(config)
    return dossier


@pytest.fixture
def calcule(un_logement_calcule, tmp_path):
    """La configuration de ce territoire, dans ``tmp_path`` : tout y est calculé, rien n'y est publié."""
    from observatoire.configuration import lire_configuration

    shutil.copytree(un_logement_calcule, tmp_path, dirs_exist_ok=True)
    return lire_configuration(tmp_path / "observatoire.yml")


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


@pytest.fixture(scope="session")
def ville_seule(tmp_path_factory):
    """Une ville qui ne publie que son total, des dépôts au site, par la vraie commande sous un umask fermé : (son
    dossier, ce que la commande a rendu). Qui y change quelque chose le remet en l'état."""
    import petite_ville

    dossier = tmp_path_factory.mktemp("ville_seule")
    fichier = petite_ville.ecrire_petite_ville(dossier, quartiers=False, immeubles=False)
    commande = petite_ville.commande("publier", fichier)
    return dossier, subprocess.run(commande, capture_output=True, text=True, umask=0o077)
