"""Les barèmes : seuils et objectifs datés, chacun avec sa source. Aucun seuil n'est écrit dans le code.

Un barème est un fichier de ``referentiels/baremes/`` ::

    code: delai_anormalement_long
    libelle: Délai d'attente anormalement long
    unite: mois
    valeurs:
      - {depuis: 2007-12-01, valeur: 24, source: "arrêté préfectoral"}

Une valeur s'applique de sa date jusqu'à la suivante ; avant la première, la règle est *sans objet*.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import pandas as pd

from observatoire.configuration.modeles.baremes import BaremeEcrit
from observatoire.configuration.saisie import FichierFautif, lire_fiche
from observatoire.erreurs import ErreurConfiguration


class _Datee(Protocol):
    depuis: datetime.date


Regle = TypeVar("Regle", bound=_Datee)


class SansObjet(Exception):
    """La règle n'existe pas encore à la date demandée."""


class BaremeAbsent(ErreurConfiguration):
    """Le territoire n'a pas ce barème : ce qui en dépend n'est pas disponible."""


@dataclass(frozen=True)
class Bareme:
    """Un barème et ses valeurs, triées par date d'effet."""

    code: str
    libelle: str
    unite: str
    valeurs: tuple[dict, ...]

    def au(self, jour: datetime.date):
        """La valeur en vigueur ``jour`` ; lève :class:`SansObjet` avant la première."""
        en_vigueur = [v for v in self.valeurs if v["depuis"] <= jour]
        if not en_vigueur:
            raise SansObjet(self.code)
        return en_vigueur[-1]["valeur"]


@dataclass(frozen=True)
class Baremes:
    """Tous les barèmes d'un territoire."""

    par_code: dict[str, Bareme]

    def au_31_decembre(self, annee: int):
        """Une fonction ``bareme(code)`` qui rend la valeur en vigueur au 31 décembre de l'année.

        Un code inconnu lève :class:`BaremeAbsent` : un seuil oublié ne vaut pas zéro.
        """
        jour = datetime.date(annee, 12, 31)

        def bareme(code: str):
            if code not in self.par_code:
                connus = ", ".join(sorted(self.par_code)) or "aucun"
                raise BaremeAbsent(f"barème « {code} » introuvable. Barèmes connus : {connus}.")
            return self.par_code[code].au(jour)

        return bareme

    def tableau(self) -> pd.DataFrame:
        """Une ligne par valeur : code, libelle, depuis, valeur, unite, source."""
        lignes = [
            {"code": b.code, "libelle": b.libelle, "depuis": v["depuis"], "valeur": v["valeur"],
             "unite": b.unite, "source": v["source"]}
            for b in self.par_code.values()
            for v in b.valeurs
        ]  # fmt: skip
        return pd.DataFrame(lignes, columns=["code", "libelle", "depuis", "valeur", "unite", "source"])


def lire_baremes(referentiels: Path) -> Baremes:
    """Lire ``referentiels/baremes/*.yml`` ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas."""
    baremes, problemes = relire_baremes(referentiels)
    if problemes:
        raise ErreurConfiguration("barèmes mal écrits :\n" + "\n".join(f"  - {p}" for p in problemes))
    return baremes


def relire_baremes(referentiels: Path) -> tuple[Baremes, list[str]]:
    """Les barèmes bien écrits, et ce qui ne va pas dans les autres, une ligne par faute."""
    baremes, problemes = {}, []
    for fichier in sorted((referentiels / "baremes").glob("*.yml")):
        try:
            ecrit = lire_fiche(fichier, BaremeEcrit)
        except ErreurConfiguration as erreur:
            problemes += erreur.lignes if isinstance(erreur, FichierFautif) else [str(erreur)]
            continue
        if ecrit.code in baremes:
            problemes.append(f"{fichier.name} : le code « {ecrit.code} » est donné deux fois.")
        valeurs = sorted((v.model_dump() for v in ecrit.valeurs), key=lambda v: v["depuis"])
        baremes[ecrit.code] = Bareme(ecrit.code, ecrit.libelle, ecrit.unite or "", tuple(valeurs))
    return Baremes(baremes), problemes


def retenir(regles: Iterable[Regle], annee: int) -> Regle | None:
    """La dernière règle entrée en vigueur au 31 décembre d'une année ; ``None`` avant la première."""
    jour = datetime.date(annee, 12, 31)
    return max((r for r in regles if r.depuis <= jour), key=lambda r: r.depuis, default=None)
