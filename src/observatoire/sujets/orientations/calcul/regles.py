"""Les règles de la qualification, lues dans ``referentiels/baremes/qualification.yml`` : aucune n'est dans le code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from observatoire.baremes import Baremes, SansObjet, retenir
from observatoire.catalogue import Indicateur, catalogue
from observatoire.catalogue.lues import lit_un_interdit
from observatoire.configuration.modeles.qualification import IndicateurQualifiant, Qualification, SeuilsDesClasses
from observatoire.configuration.saisie import lire_fiche
from observatoire.interdits import famille_interdite
from observatoire.statistique.lois import LOIS
from observatoire.vocabulaire import AXES, HAUSSE

FICHIER = Path("baremes") / "qualification.yml"


@dataclass(frozen=True)
class Regles:
    """Ce qui qualifie un lieu, une année donnée.

    ``probabilite`` : celle à partir de laquelle une classe est donnée. ``repondants``, ``reponse`` : en deçà, un
    indicateur ne dit rien d'un lieu. ``connus`` : part du poids d'un axe qu'il faut connaître. ``seuils`` :
    ceux des classes, en points. ``deplacement`` : ce dont un profil d'entrants peut changer au plus.
    """

    depuis: dt.date
    probabilite: float
    repondants: float
    reponse: float
    connus: float
    seuils: SeuilsDesClasses
    deplacement: float
    indicateurs: Mapping[str, IndicateurQualifiant]

    @property
    def codes(self) -> list[str]:
        """Les indicateurs, dans l'ordre du fichier."""
        return list(self.indicateurs)

    @cached_property
    def points(self) -> np.ndarray:
        """Ce que vaut un écart à la ville, en points : un nombre par indicateur, négatif si une baisse compte."""
        return np.array([(1 if i.sens == HAUSSE else -1) / i.ecart for i in self.indicateurs.values()])

    @cached_property
    def poids(self) -> np.ndarray:
        """Le poids de chaque indicateur dans chaque axe : (indicateur, axe)."""
        return np.array([[i.poids * (i.axe == axe) for axe in AXES] for i in self.indicateurs.values()], float)


def admissibles(declarations: Mapping[str, Indicateur]) -> tuple[str, ...]:
    """Ceux qui peuvent qualifier un lieu : une proportion ou un taux, dont ni le nom ni ce qu'il lit n'est interdit.

    Interdits : ce qui dit l'identité, l'origine, la nationalité, la religion, les opinions, la santé
    (:mod:`observatoire.interdits`).
    """
    return tuple(
        code
        for code, d in declarations.items()
        if d.nature in LOIS and not famille_interdite(code) and not lit_un_interdit(d.fonction)
    )


def lire_regles_de_qualification(referentiels: Path, baremes: Baremes, annee: int) -> Regles | None:
    """Les règles en vigueur au 31 décembre d'une année ; ``None`` si le territoire n'en a pas encore.

    Lève :class:`ErreurConfiguration` avec tous les défauts du fichier.
    """
    fichier = referentiels / FICHIER
    if not fichier.is_file():
        return None
    contenu = lire_fiche(fichier, Qualification, {"indicateurs": admissibles(catalogue())})
    regle = retenir(contenu.regles, annee)
    try:
        probabilite = baremes.au_31_decembre(annee)("qualification")
    except SansObjet:
        return None
    if regle is None:
        return None
    return Regles(
        depuis=regle.depuis,
        probabilite=probabilite,
        repondants=regle.repondants,
        reponse=regle.reponse,
        connus=regle.connus,
        seuils=regle.seuils,
        deplacement=regle.deplacement,
        indicateurs=regle.indicateurs,
    )
