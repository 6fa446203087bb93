"""Les éditions d'avant : leurs valeurs restent telles qu'elles ont paru, et l'on dit sous quelle méthode du secret."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd

from observatoire.rangement import ecrire_publiee, lire_publiee
from observatoire.tables.depots import CORRECTIONS_PUBLIEES, DEPOTS_PUBLIES
from observatoire.tables.edition import ANTERIEURES, BAREMES, CATALOGUE, EDITION, EDITIONS
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES
from observatoire.vocabulaire import BRUIT, SUPPRESSION

#: Ce qui dira plus tard pourquoi une valeur a changé, gardé avec elles : peu de chose, et déjà publié.
TEMOINS = (CATALOGUE, BAREMES, DEPOTS_PUBLIES, CORRECTIONS_PUBLIEES)


def garder_les_anterieures(en_place: Path, derniere: int, travail: Path, public: str) -> None:
    """Recopier dans ``travail`` les éditions d'avant ``derniere``, celle de ``en_place`` comprise, et leur liste.

    Une édition qui n'a pas de clé a été publiée en cachant des comptes exacts (``suppression``).
    """
    connues = lire_publiee(EDITIONS, en_place)
    methodes = dict(zip(connues["edition"].astype(int), connues["methode"], strict=True))
    gardees = {
        int(f.stem): (f, f.with_suffix(""), methodes.get(int(f.stem), SUPPRESSION))
        for f in (en_place / ANTERIEURES).glob("*.csv")
    }
    if EDITION.dans(en_place).is_file():
        edition = json.loads(EDITION.dans(en_place).read_text(encoding="utf-8"))
        methode = BRUIT if edition.get("cle") else SUPPRESSION
        gardees[edition["annees"][-1]] = INDICATEURS_PUBLIES.dans(en_place), en_place, methode
    lignes = []
    for annee, (fichier, source, methode) in sorted(gardees.items()):
        if annee >= derniere:
            continue
        sortie = travail / ANTERIEURES / str(annee)
        sortie.parent.mkdir(exist_ok=True)
        shutil.copy(fichier, sortie.with_suffix(".csv"))
        for temoin in (t for t in TEMOINS if t.dans(source).is_file()):  # une édition d'avant cette règle n'en a pas
            sortie.mkdir(exist_ok=True)
            shutil.copy(temoin.dans(source), sortie / temoin.fichier)
        statuts = pd.read_csv(fichier, usecols=["statut"], keep_default_na=False)["statut"]
        lignes.append((annee, methode, statuts.eq("publie").sum(), statuts.eq("c").sum()))
    ecrire_publiee(EDITIONS, pd.DataFrame(lignes, columns=EDITIONS.noms), travail, public)
