"""Les trimestres : comment ils s'écrivent (« 2011-T1 ») et comment ils se comptent.

Un trimestre se compte par son rang, quatre par année : l'écart de deux rangs est un nombre de trimestres. Les stocks
d'une année sont ceux du 31 décembre : ses alertes se voient au premier trimestre de l'année suivante.
"""

from __future__ import annotations

import re

FORME = re.compile(r"(\d{4})-T([1-4])")


def rang_du_trimestre(trimestre: str) -> int:
    """Le rang d'un trimestre écrit ; lève ``ValueError`` s'il n'a pas la forme AAAA-T1 à AAAA-T4.

    >>> rang_du_trimestre("2011-T1") - rang_du_trimestre("2010-T3")
    2
    """
    lu = FORME.fullmatch(trimestre)
    if lu is None:
        raise ValueError(f"« {trimestre} » n'est pas un trimestre : AAAA-T1 à AAAA-T4.")
    return 4 * int(lu[1]) + int(lu[2]) - 1


def nommer_trimestre(rang: int) -> str:
    """L'écriture d'un rang.

    >>> nommer_trimestre(rang_du_trimestre("2011-T4") + 1)
    '2012-T1'
    """
    return f"{rang // 4}-T{rang % 4 + 1}"


def rang_de_l_annee(annee):
    """Le rang du trimestre où se voient les alertes d'une année (un entier, ou une colonne d'entiers).

    >>> nommer_trimestre(rang_de_l_annee(2010))
    '2011-T1'
    """
    return 4 * (annee + 1)


def rang_des_dates(dates):
    """Le rang du trimestre de chaque date d'une colonne ``datetime64`` sans manquant."""
    return 4 * dates.dt.year.astype("int64") + dates.dt.quarter.astype("int64") - 1


def sont_depuis(dates, trimestres):
    """Vrai pour chaque date d'une colonne qui n'est pas d'avant son trimestre écrit ; faux s'il manque."""
    return rang_des_dates(dates) >= trimestres.map(rang_du_trimestre, na_action="ignore").astype("float64")
