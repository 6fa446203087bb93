"""Le temps qu'on laisse aux attributions : la durée de la charte."""

from __future__ import annotations

from collections.abc import Mapping

#: En années, quand la charte ne dit pas sa durée.
DUREE = 3


def duree_de_la_charte(charte: Mapping[str, object]) -> int:
    """Le nombre d'années de ``charte``, la rubrique de la configuration ou celle de l'édition publiée."""
    return int(charte.get("duree_ans", DUREE))
