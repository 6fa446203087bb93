"""Protéger année par année, plusieurs à la fois : aucune somme ne lie deux années."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

import pandas as pd

from observatoire.confidentialite.protection import Matiere, Outils, Protection, proteger_table
from observatoire.confidentialite.regles import Regles
from observatoire.processus import coeurs, engager

Avancement = Callable[[int, int, str], None]
#: Sous ce nombre de valeurs, engager des ouvriers coûte plus que le calcul.
VALEURS_SEUL = 4000


def proteger_les_annees(
    matiere: Matiere,
    outils: Outils,
    regles: Regles,
    parues: Sequence[pd.DataFrame] = (),
    avancement: Avancement | None = None,
) -> dict[int, Protection]:
    """La protection de chaque année de ``matiere``, de la première à la dernière. ``parues`` : voir
    :func:`proteger_table`."""
    annees = sorted(int(a) for a in matiere.indicateurs["annee"].unique())
    taches = [(_de_l_annee(matiere, annee), outils, regles, parues) for annee in annees]
    faites = {}
    for annee, protection in zip(annees, _proteger(taches, len(matiere.indicateurs)), strict=True):
        faites[annee] = protection
        if avancement:
            avancement(len(faites), len(annees), str(annee))
    return faites


def _de_l_annee(matiere: Matiere, annee: int) -> Matiere:
    tables = {champ.name: getattr(matiere, champ.name) for champ in fields(Matiere)}
    return Matiere(**{nom: table[table["annee"].eq(annee)] for nom, table in tables.items()})


def _proteger(taches: list[tuple], valeurs: int) -> Iterator[Protection]:
    effectif = min(coeurs(), len(taches))
    if effectif < 2 or valeurs < VALEURS_SEUL:
        yield from (proteger_table(*tache) for tache in taches)
        return
    with engager(effectif, __name__) as equipe:
        yield from equipe.map(proteger_table, *zip(*taches, strict=True))
