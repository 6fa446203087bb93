"""Les ruptures de série : ce qui a changé, entre quelles années, pour quels indicateurs.

Un enregistrement de ``referentiels/ruptures.yml`` ::

    - annee: 2009                    # rupture entre 2008 et 2009
      genre: perimetre               # qui dépose a changé ; « definition » (à défaut) : ce que l'on compte
      indicateurs: [emmenages_recents]    # ou « tous », ou le nom d'une table
      libelle: ADOMA rejoint l'observatoire
      description: ses ménages entrent dans les parts d'occupation à partir de 2009
      source: dépôts

Aucun trait n'est tracé à travers une rupture de définition. À travers une rupture de périmètre, on compare à périmètre
constant : ce qu'ont livré les bailleurs présents aux deux dates.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.configuration.modeles.ruptures import Ruptures
from observatoire.configuration.saisie import lire_fiche
from observatoire.tables.edition import RUPTURES

COLONNES = RUPTURES.noms


def lire_ruptures(referentiels: Path, catalogue) -> pd.DataFrame:
    """Lire ``ruptures.yml``, une ligne par rupture et par indicateur (colonnes :data:`COLONNES`).

    ``catalogue`` : code -> déclaration. Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    fichier = referentiels / "ruptures.yml"
    if not fichier.is_file():
        return pd.DataFrame(columns=COLONNES)
    par_table = {t for i in catalogue.values() for t in i.tables}
    vises = {"vises": ("tous", *catalogue, *sorted(par_table))}
    ecrites = lire_fiche(fichier, Ruptures, vises, liste="ruptures").ruptures
    lignes = [{**r.model_dump(), "indicateurs": c} for r in ecrites for c in _vises(r.indicateurs, catalogue)]
    return pd.DataFrame(lignes, columns=COLONNES)


def _vises(demandes: list[str], catalogue) -> list[str]:
    """Les codes que visent un code, le nom d'une table ou « tous »."""
    return [
        code
        for code, i in catalogue.items()
        if "tous" in demandes or code in demandes or set(i.tables) & (set(demandes) - set(catalogue))
    ]
