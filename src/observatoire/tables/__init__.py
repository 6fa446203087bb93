"""Les tables de ``prepare`` et de ``publie``, chacune déclarée une fois.

Ce qui se lit, s'écrit, se périme, se purge, paraît et dans quel ordre se tire d'ici. Celles d'un sujet sont dans
``sujets/<sujet>/tables.py``, les autres dans un module de ce dossier ; un module de plus, ici ou là, est trouvé sans
liste. Rien de ce qui déclare n'importe le reste de la bibliothèque, ni pandas.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from observatoire.tables.contrat import CODE, PREPARE, PUBLIE, RIEN, Colonne, Etape, Purge, Table, Travail, en_texte

__all__ = [
    "CODE", "PREPARE", "PUBLIE", "RIEN", "Colonne", "Etape", "Purge", "Table", "Travail", "attendues", "branches",
    "en_texte", "etapes", "lecteurs", "preparees", "publiees", "sources_de_la_publication", "toutes",
]  # fmt: skip


@cache
def toutes() -> tuple[Table, ...]:
    """Toutes les tables, les générales puis celles de chaque sujet, dans l'ordre où chaque module les déclare."""
    noms = [f"{__name__}.{m.name}" for m in pkgutil.iter_modules(__path__)]
    siennes = sorted(Path(__file__).parents[1].glob("sujets/*/tables.py"))
    noms += [f"observatoire.sujets.{f.parent.name}.tables" for f in siennes]
    modules = [import_module(nom) for nom in noms]
    return tuple(dict.fromkeys(t for module in modules for t in vars(module).values() if isinstance(t, Table)))


@cache
def preparees() -> dict[str, Table]:
    """Nom -> table de ``prepare``."""
    return {t.nom: t for t in toutes() if t.etage == PREPARE}


@cache
def publiees() -> dict[str, Table]:
    """Nom -> table de ``publie``."""
    return {t.nom: t for t in toutes() if t.etage == PUBLIE}


def sources_de_la_publication(dossier: str) -> set[str]:
    """Ce que, de ce dossier, seule la publication lit : le calcul n'est pas à refaire quand cela change."""
    lues = lambda tables: {s for t in tables.values() for s in t.sources if s.startswith(f"{dossier}/")}  # noqa: E731
    return {source.removeprefix(f"{dossier}/") for source in lues(publiees()) - lues(preparees())}


def lecteurs(table: Table) -> list[Table]:
    """Les tables qui s'en tirent, directement."""
    return [t for t in toutes() if table in t.de]


def suites(table: Table) -> set[Table]:
    """Toutes celles qui s'en tirent, de proche en proche."""
    directes = lecteurs(table)
    return {*directes, *(t for directe in directes for t in suites(directe))}


@cache
def etapes() -> tuple[Etape, ...]:
    """Les étapes du calcul, chacune après celles dont elle lit les tables ; d'abord celle dont le plus se tire."""
    siennes: dict[Etape, list[Table]] = {}
    for table in preparees().values():
        siennes.setdefault(table.etape, []).append(table)
    poids = {e: -len({s for t in tables for s in suites(t)}) for e, tables in siennes.items()}
    attend = attendues()
    faites: list[Etape] = []
    while reste := [e for e in siennes if e not in faites]:
        pretes = [e for e in reste if attend[e] <= set(faites)]
        if not pretes:
            raise ValueError(f"ces étapes s'attendent l'une l'autre : {', '.join(e.nom for e in reste)}.")
        faites.append(min(pretes, key=lambda e: (poids[e], e.nom)))
    return tuple(faites)


def attendues() -> dict[Etape, set[Etape]]:
    """Étape du calcul -> celles dont elle lit les tables."""
    attend: dict[Etape, set[Etape]] = {}
    for table in preparees().values():
        attend.setdefault(table.etape, set()).update(lue.etape for lue in table.de)
    return {etape: siennes - {etape} for etape, siennes in attend.items()}


def branches() -> list[list[Etape]]:
    """Ce qui suit la première étape du calcul, en branches dont aucune n'attend rien d'une autre."""
    attend, trouvees = attendues(), []
    for etape in etapes()[1:]:
        liees = [branche for branche in trouvees if attend[etape] & {*branche}]
        trouvees = [b for b in trouvees if b not in liees] + [[*(e for b in liees for e in b), etape]]
    return sorted(trouvees, key=lambda branche: etapes().index(branche[0]))
