"""La petite édition : les dépôts fictifs de tous les bailleurs, mais 4 000 logements et deux années.

C'est ce que l'on fait de plus long dans les essais. Les notebooks (nbval), l'audit et le site en lisent une seule,
faite au premier besoin ; ``make test`` leur donne à tous le même processus (voir ``durees.py``).
"""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

import yaml
from petit_publie import ecrire_publie

from observatoire.chaine import Chaine
from observatoire.configuration import PUBLIQUE, Configuration, lire_configuration

RACINE = Path(__file__).resolve().parents[1]
#: Chaque processus a la sienne : si deux en ont besoin, il y en a deux.
DOSSIER = RACINE / "_build" / "essai" / os.environ.get("PYTEST_XDIST_WORKER", "seul")
#: Le quart de la taille ordinaire : ce qu'on montre ici ne dépend pas du nombre de lignes.
LOGEMENTS = 4000
ANNEES = [2009, 2010]
_faite: dict[str, Configuration | None] = {}


def publier() -> Configuration:
    """La petite édition, des dépôts à ``publie`` pour le public ``publique`` ; rend sa configuration.

    Lève :class:`RuntimeError` si un premier essai a échoué : le recommencer prendrait une minute à chaque test.
    """
    if "config" not in _faite:
        _faite["config"] = None
        _faite["config"] = _publier()
    if _faite["config"] is None:
        raise RuntimeError("La petite édition n'a pas pu être faite : voir la première erreur.")
    return _faite["config"]


def construire() -> Configuration:
    """La petite édition, et le site de son public ``publique``."""
    config = publier()
    chaine = Chaine(config)
    chaine.executer(PUBLIQUE, None)
    chaine.livre(PUBLIQUE)
    return config


@functools.cache
def publier_aux_partenaires() -> Path:
    """Un dossier publié pour les partenaires, écrit à la main : protéger les immeubles serait aussi long que tout le
    reste."""
    contours = RACINE / "data" / "referentiels" / "quartiers.geojson"
    return ecrire_publie(DOSSIER.with_name(f"{DOSSIER.name}-partenaires"), contours, public="partenaires")


def _publier() -> Configuration:
    shutil.rmtree(DOSSIER, ignore_errors=True)
    DOSSIER.mkdir(parents=True)
    chaine = Chaine(lire_configuration(_ecrire_configuration()))
    chaine.exemple(2007, LOGEMENTS)
    chaine.calculer(sans_les_refuses=False)
    chaine.proteger(PUBLIQUE)
    return chaine.config


def _ecrire_configuration() -> Path:
    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["edition"] |= {"annees": ANNEES, "annee_zero": ANNEES[0]}
    reglages["niveaux"] = ["immeuble", "quartier", "ville"]
    du_depot = {"schemas", "referentiels", "suivi", "notebooks", "livre"}
    reglages["chemins"] = {
        nom: str(RACINE / chemin) if nom in du_depot else str(DOSSIER / chemin)
        for nom, chemin in reglages["chemins"].items()
    }
    fichier = DOSSIER / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    return fichier
