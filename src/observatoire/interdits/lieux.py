"""Dire où regarder sans répéter le nom de quelqu'un, que peut porter un fichier, un dossier, une colonne."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from observatoire.interdits.contenus import famille_du_texte
from observatoire.interdits.noms import MOTS_COLLES
from observatoire.interdits.personnes import nomme_une_personne

_LIAISONS = re.compile(r"[\s_.\-]+")
#: Au-delà, ce n'est plus un nom : c'est un texte, et il ne se répète pas.
LONGUEUR = 255


@lru_cache(maxsize=4096)
def porte_un_nom(nom: str) -> bool:
    """Un nom de fichier, de colonne ou de feuille désigne-t-il quelqu'un, ou dit-il où le joindre ?

    La règle est celle des textes (:mod:`observatoire.interdits.personnes`) ; les mots d'un tel nom se collent ou se
    lient autrement.

    >>> porte_un_nom("logements_MmeDupont.csv"), porte_un_nom("loyer M Dupont"), porte_un_nom("logements_neolia.csv")
    (True, True, False)
    """
    if len(nom) > LONGUEUR:
        return True
    mots = _LIAISONS.split(MOTS_COLLES.sub(" ", nom))
    ecritures = [nom, Path(nom).stem, *(" ".join(mots[rang:fin]) for rang in range(len(mots)) for fin in (None, -1))]
    return any(map(nomme_une_personne, ecritures)) or famille_du_texte(nom) is not None


def nommer(chemin: Path) -> str:
    """Le nom d'un fichier ou d'un dossier, ou son rang parmi ses semblables quand il porte celui de quelqu'un."""
    if not porte_un_nom(chemin.name):
        return chemin.name
    with os.scandir(chemin.parent) as entrees:
        genres = {entree.name: (entree.is_dir(follow_symlinks=False), _cache(entree.name)) for entree in entrees}
    sien = genres.get(chemin.name)
    rang = sum(genre == sien and _ordre(nom) < _ordre(chemin.name) for nom, genre in genres.items()) + 1
    quoi = f"{rang}{'er' if rang == 1 else 'e'} {'dossier' if sien and sien[0] else 'fichier'}"
    return f"({quoi}{' caché' if _cache(chemin.name) else ''} par ordre alphabétique, au nom d'une personne)"


def _cache(nom: str) -> bool:
    return nom.startswith(".")


def _ordre(nom: str) -> tuple[str, str]:
    return nom.casefold(), nom
