"""``orientations.yml`` : les orientations de peuplement que le groupe a adoptées."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from observatoire.configuration.fiche import Chemin, Fiche, doubles, parmi_ceux
from observatoire.configuration.modeles.objectifs import CHACUN, ObjectifAdopte
from observatoire.configuration.modeles.publiable import Publiable


class OrientationAdoptee(ObjectifAdopte):
    """Un objectif d'attribution sur un lieu nommé, tel que le groupe l'a retenu ou changé.

    ``cible`` : la part des entrants ; ``bailleur`` : chacun, si rien n'est dit.
    """

    indicateur: parmi_ceux("entrants", "une part des entrants")
    niveau: parmi_ceux("niveaux_orientes")
    territoire: Publiable
    bailleur: parmi_ceux("bailleurs_ou_chacun") = CHACUN
    adoptee_par: Publiable


class Orientations(Fiche):
    """Le fichier entier."""

    orientations: list[OrientationAdoptee] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        ecrites = [o if isinstance(o, dict) else {} for o in sain.get("orientations") or ()]
        for rang, code in doubles(o.get("code") for o in ecrites):
            yield ("orientations", rang, "code"), f"« {code} » est déjà le code d'une autre orientation."
