"""Les ruptures de série : ce qui a changé, entre quelles années, pour quels indicateurs.

Un enregistrement de ``referentiels/ruptures.yml`` ::

    - annee: 2009                    # rupture entre 2008 et 2009
      indicateurs: [emmenages_recents]    # ou « tous », ou le nom d'une table
      libelle: ADOMA rejoint l'observatoire
      description: ses ménages entrent dans les parts d'occupation à partir de 2009
      source: dépôts

Aucun trait n'est tracé à travers une rupture.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.erreurs import ErreurConfiguration
from observatoire.saisie import lire_yaml
from observatoire.tables.edition import RUPTURES

COLONNES = RUPTURES.noms


def lire_ruptures(referentiels: Path, catalogue) -> pd.DataFrame:
    """Lire ``ruptures.yml``, une ligne par rupture et par indicateur (colonnes :data:`COLONNES`).

    ``catalogue`` : code -> déclaration. Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    fichier = referentiels / "ruptures.yml"
    if not fichier.is_file():
        return pd.DataFrame(columns=COLONNES)
    problemes, lignes = [], []
    for rang, rupture in enumerate(_enregistrements(fichier), start=1):
        mal_ecrits = _problemes(rupture)
        problemes += [f"  - rupture n° {rang} : {p}" for p in mal_ecrits]
        if mal_ecrits:
            continue
        vises, inconnus = _vises(rupture["indicateurs"], catalogue)
        problemes += [f"  - rupture n° {rang} : « {i} » n'est ni un indicateur ni une table." for i in inconnus]
        lignes += [{**rupture, "indicateurs": code} for code in vises]
    if problemes:
        raise ErreurConfiguration("ruptures.yml est mal écrit :\n" + "\n".join(problemes))
    return pd.DataFrame(lignes, columns=COLONNES)


def _enregistrements(fichier: Path) -> list:
    contenu = lire_yaml(fichier) or []
    if not isinstance(contenu, list):
        raise ErreurConfiguration("ruptures.yml : le fichier doit être une liste (un tiret par rupture).")
    return contenu


def _problemes(rupture: object) -> list[str]:
    if not isinstance(rupture, dict):
        return ["ce n'est pas une suite de « clé: valeur »."]
    problemes = [f"« {c} » manque." for c in COLONNES if not rupture.get(c)]
    if rupture.get("annee") and not isinstance(rupture["annee"], int):
        problemes.append("« annee » doit être une année, par exemple 2009.")
    vises = rupture.get("indicateurs")
    if vises and not (isinstance(vises, str) or (isinstance(vises, list) and all(isinstance(v, str) for v in vises))):
        problemes.append("« indicateurs » doit être un code, une table, ou une liste des deux.")
    return problemes


def _vises(demandes, catalogue) -> tuple[list[str], list[str]]:
    demandes = [demandes] if isinstance(demandes, str) else demandes
    par_table = {t for i in catalogue.values() for t in i.tables}
    inconnus = [d for d in demandes if d != "tous" and d not in catalogue and d not in par_table]
    vises = [
        code
        for code, i in catalogue.items()
        if "tous" in demandes or code in demandes or set(i.tables) & (set(demandes) - set(catalogue))
    ]
    return vises, inconnus
