"""Les traits dont on suit le stock et les flux : les indicateurs qui les mesurent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trait:
    """Les codes des indicateurs d'un trait : sa part dans le ``parc``, parmi les ``entrants`` et les ``sortants``, et
    le taux de départ de ceux qui l'ont (``departs``)."""

    parc: str
    entrants: str
    sortants: str
    departs: str


TRAITS = {
    "moins_40": Trait("moins_40_plafond", "moins_40_entrants", "moins_40_sortants", "moins_40_departs"),
    "monoparentales": Trait(
        "monoparentales", "monoparentales_entrants", "monoparentales_sortants", "monoparentales_departs"
    ),
    "personnes_seules": Trait(
        "personnes_seules", "personnes_seules_entrants", "personnes_seules_sortants", "personnes_seules_departs"
    ),
}
#: Le taux de départ de tous les ménages, et les logements livrés dans l'année.
DEPARTS, LIVRES = "taux_depart", "logements_livres"
