"""Qui écrit et qui lit chaque table : celle de docs/architecture.md, tirée des déclarations.

    python bench/tables.py            imprime la table
    python bench/tables.py --ecrire   la met à jour dans docs/architecture.md

Une table se déclare dans ``sujets/<sujet>/tables.py`` ou ``tables/`` ; ce qui la lit est ce qui déclare s'en tirer.
"""

from __future__ import annotations

from observatoire import tables
from observatoire.tables import PREPARE, PUBLIE, Table

DEBUT, FIN = "<!-- tables : bench/tables.py -->", "<!-- fin des tables -->"
COMMUNES = ("une ligne", "écrite par", "d'après", "lue par")


def tabler() -> str:
    """Une table par étage, dans l'ordre où le calcul, puis la publication, les écrit."""
    rangs = {etape: rang for rang, etape in enumerate(tables.etapes())}
    preparees = sorted(tables.preparees().values(), key=lambda t: rangs[t.etape])
    publiees = sorted(tables.publiees().values(), key=lambda t: t.etape.nom)
    return "\n\n".join(
        "\n".join([_rang(f"`{etage}`", *COMMUNES, fin), _rang(*[":--"] * 6), *map(_ligne, siennes)])
        for etage, fin, siennes in (
            (PREPARE, "une purge en garde", preparees),
            (PUBLIE, "ce qui la protège", publiees),
        )
    )


def _rang(*cases: str) -> str:
    return f"| {' | '.join(cases)} |"


def _ligne(table: Table) -> str:
    lues, lecteurs = (_nommer(t, table.etage) for t in (table.de, tables.lecteurs(table)))
    fin = _garde(table) if table.etage == PREPARE else table.protection
    return _rang(
        _nom(table), table.libelle, table.etape.nom, _joindre([*lues, *table.sources]), _joindre(lecteurs), fin
    )


def _nom(table: Table) -> str:
    return f"`{table.fichier.removesuffix('.parquet').removesuffix('.csv')}`"


def _nommer(siennes, etage: str) -> list[str]:
    """Le nom de chacune, avec son étage quand ce n'est pas celui-ci."""
    return [_nom(t) if t.etage == etage else _nom(t).replace("`", f"`{t.etage}/", 1) for t in siennes]


def _garde(table: Table) -> str:
    if not table.purge.annees:
        return "rien"
    annees = "l'année" if table.purge.annees == (0,) else "l'année et la suivante"
    suites = [f"les petits immeubles {table.purge.petits}"] if table.purge.petits else []
    suites += [f"sans {nom}" for nom in table.purge.vider]
    return ", ".join([annees, *suites])


def _joindre(textes) -> str:
    return ", ".join(textes) or "–"


if __name__ == "__main__":
    from architecture import montrer  # à côté : ce que les essais chargent d'ici n'en a pas besoin

    montrer(tabler, DEBUT, FIN)
