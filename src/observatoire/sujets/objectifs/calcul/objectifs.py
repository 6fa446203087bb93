"""Les objectifs d'attribution : ceux de la loi, dans les barèmes, et ceux que la Conférence a adoptés.

Aucun n'est dans le code, ni inventé : la charte de 2007 n'en chiffre aucun. Un barème en « fraction » qui porte le nom
d'un indicateur est un minimum ou un maximum légal, que la loi fixe pour le territoire entier, jamais pour un quartier
ni pour une commune d'une agglomération (CCH, art. L. 441-1) ; la liste ``objectifs`` de
``suivi/engagements.yml`` tient les autres ::

    objectifs:
      - code: planoise_ressources
        indicateur: moins_40_entrants
        sens: au_plus              # au_plus (ne pas dépasser) ou au_moins (atteindre)
        cible: 0.40                # une fraction
        niveau: quartier           # ville ou quartier ; agglomeration s'il y a plusieurs communes
        territoire: planoise-chateaufarine    # facultatif : sinon chacun du niveau
        bailleur: neolia           # facultatif : « chacun », ou un code ; sinon tous ensemble
        depuis: 2008-06-12
        jusque: 2010-12-31         # facultatif
        source: Conférence communale du 12 juin 2008, décision n° 3
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from observatoire.baremes import Baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.configuration.commun import TOUS
from observatoire.configuration.modeles.objectifs import CHACUN
from observatoire.sujets.objectifs.calcul.declaration import lire_adoptes
from observatoire.vocabulaire import AU_MOINS, AU_PLUS, BAISSE, HAUSSE

DE_LA_LOI, DE_LA_CONFERENCE = ORIGINES = ("loi", "conference")
_LEGAUX = {HAUSSE: AU_MOINS, BAISSE: AU_PLUS}


@dataclass(frozen=True)
class Objectif:
    """Un objectif en vigueur de ``depuis`` à ``jusque`` (comprises).

    ``territoire`` vide : chacun du ``niveau``. ``bailleur`` : « tous » ensemble, « chacun », ou un code.
    """

    code: str
    indicateur: str
    sens: str
    cible: float
    niveau: str
    depuis: datetime.date
    source: str
    origine: str = DE_LA_CONFERENCE
    territoire: str | None = None
    bailleur: str = TOUS
    jusque: datetime.date | None = None

    def en_vigueur(self, annee: int) -> bool:
        """Vaut-il au 31 décembre de l'année ?"""
        jour = datetime.date(annee, 12, 31)
        return self.depuis <= jour and (self.jusque is None or jour <= self.jusque)


def lire_objectifs(config: Configuration, baremes: Baremes, suivi: dict | None = None) -> list[Objectif]:
    """Tous les objectifs, légaux puis adoptés ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.

    ``suivi`` : voir :func:`~.declaration.lire_adoptes`.
    """
    adoptes = [Objectif(**o.model_dump(exclude_unset=True, exclude={"fictif"})) for o in lire_adoptes(config, suivi)]
    return [*_legaux(baremes, config.tout[0]), *adoptes]


def _legaux(baremes: Baremes, entier: str) -> list[Objectif]:
    """Une règle de la loi vaut sur le territoire entier (niveau ``entier``), tous bailleurs ensemble et chacun."""
    objectifs = []
    for code, declaration in catalogue().items():
        bareme = baremes.par_code.get(code)
        if bareme is None or bareme.unite != "fraction" or declaration.sens not in _LEGAUX:
            continue
        suivantes = [*(v["depuis"] - datetime.timedelta(days=1) for v in bareme.valeurs[1:]), None]
        for valeur, jusque in zip(bareme.valeurs, suivantes, strict=True):
            objectifs += [
                Objectif(
                    code, code, _LEGAUX[declaration.sens], valeur["valeur"], entier, valeur["depuis"],
                    valeur["source"], DE_LA_LOI, None, bailleur, jusque,
                )
                for bailleur in (TOUS, CHACUN)
            ]  # fmt: skip
    return objectifs
