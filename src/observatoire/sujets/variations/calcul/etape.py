"""Compter les passages de toutes les années : ``prepare/passages.parquet``."""

from __future__ import annotations

from observatoire.droits import reserver
from observatoire.rangement import ecrire_preparee
from observatoire.sujets.variations.calcul.passages import compter_les_passages
from observatoire.sujets.variations.tables import PASSAGES
from observatoire.tables import Travail
from observatoire.typographie import compter


def faire(travail: Travail) -> str:
    """L'étape, telle que la chaîne l'appelle."""
    config = travail.config
    passages = compter_les_passages(config)
    with reserver(config.acces):
        ecrire_preparee(PASSAGES, passages, config.chemin("prepare"))
    parts = passages["indicateur"].nunique()
    return f"passages de {compter(parts, 'part')}" if parts else "aucun passage"
