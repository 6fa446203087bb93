"""Les engagements tels qu'ils étaient à l'état zéro : ``engagements.yml`` à sa révision git.

La revue rejuge la dernière année avec les cibles, les tolérances et les indicateurs fixés au départ. Le fichier relu
est celui de la révision inscrite dans ``engagements.yml`` (``etat_zero: {revision: …, date: …}``).
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.sujets.objectifs.calcul.declaration import FICHIER, relire_document

SANS_REVISION = "Aucune révision de l'état zéro n'est inscrite dans engagements.yml."
SANS_GIT = "git n'est pas installé : le fichier de l'état zéro ne peut pas être relu."
INTROUVABLE = "La révision inscrite ne se retrouve pas dans le dépôt git, ou engagements.yml n'y est pas."
ILLISIBLE = "Le fichier de l'état zéro ne se lit plus avec les règles d'aujourd'hui."
DELAI = 30  # secondes accordées à git


@dataclass(frozen=True)
class EtatZero:
    """``contenu`` : le document de l'état zéro, ou ``None`` et ``motif`` dit pourquoi."""

    revision: str
    date: str
    contenu: dict | None
    motif: str = ""


def lire_etat_zero(config: Configuration, actuel: dict) -> EtatZero:
    """Relire ``engagements.yml`` à la révision de l'état zéro, que dit le document ``actuel`` (vide s'il n'y en a pas).

    Rien ici n'échoue, le motif dit ce qui manque.
    """
    fichier = config.chemin("suivi") / FICHIER
    inscrite = actuel.get("etat_zero") or {}
    if not inscrite:
        return EtatZero("", "", None, SANS_REVISION)
    revision, date = str(inscrite["revision"]), inscrite["date"].isoformat()
    texte, motif = montrer(fichier, revision)
    if texte is None:
        return EtatZero(revision, date, None, motif)
    try:
        return EtatZero(revision, date, relire_document(texte, config))
    except ErreurConfiguration:
        return EtatZero(revision, date, None, ILLISIBLE)


def montrer(fichier: Path, revision: str) -> tuple[str | None, str]:
    """Le texte d'un fichier suivi par git à une ``revision`` (une empreinte) ; sinon ``None`` et pourquoi."""
    # Lancé par un crochet de git, le dossier d'un autre dépôt serait dans l'environnement.
    libre = {nom: v for nom, v in os.environ.items() if not nom.startswith("GIT_")}
    commande = ["git", "-C", str(fichier.parent), "show", f"{revision}:./{fichier.name}"]
    try:
        rendu = subprocess.run(commande, capture_output=True, env=libre, timeout=DELAI, check=False)
    except FileNotFoundError:
        return None, SANS_GIT
    except subprocess.TimeoutExpired:
        return None, INTROUVABLE
    return (rendu.stdout.decode("utf-8"), "") if rendu.returncode == 0 else (None, INTROUVABLE)
