"""Calculer ce que la revue tire des lignes et du dépôt git : ``prepare/revue_*.parquet``."""

from __future__ import annotations

from dataclasses import dataclass

from observatoire.configuration import Configuration
from observatoire.droits import reserver
from observatoire.evaluation.ecarts import AUCUN, relever_les_ecarts
from observatoire.evaluation.parcours import FICHIER, compter_les_flux
from observatoire.fichiers import ecrire_parquet

ECARTS, REJUGES = "revue_ecarts", "revue_engagements"


@dataclass(frozen=True)
class Bilan:
    """``parts`` : celles que l'on décompose ; ``ecarts`` : ceux d'avec l'état zéro, ``None`` s'il ne se relit pas."""

    parts: int
    ecarts: int | None

    def __str__(self) -> str:
        zero = "état zéro des engagements non relu" if self.ecarts is None else f"{self.ecarts} écarts à l'état zéro"
        return f"{self.parts} parts décomposées, {zero}"


def ecrire_evaluation(config: Configuration) -> Bilan:
    """Écrire ``revue_flux``, ``revue_ecarts`` et ``revue_engagements`` (les verdicts selon l'état zéro).

    Les pages n'ont donc besoin ni des lignes, ni de git. Lève :class:`ErreurConfiguration` si ``engagements.yml`` est
    mal écrit.
    """
    prepare, flux = config.chemin("prepare"), compter_les_flux(config)
    ecarts, rejuges = relever_les_ecarts(config)
    with reserver(config.acces):
        for nom, table in ((FICHIER, flux), (ECARTS, ecarts), (REJUGES, rejuges)):
            ecrire_parquet(table, prepare / f"{nom}.parquet")
    relu = ecarts["statut"].eq("publie").any()
    return Bilan(flux["indicateur"].nunique(), int(ecarts["ecart"].ne(AUCUN).sum()) if relu else None)
