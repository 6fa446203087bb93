"""Les règles datées que tient un barème (secret, alertes) : lire le fichier, dire ses défauts, retenir la règle."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path

from observatoire.configuration.saisie import chercher_malformes, lire_yaml
from observatoire.erreurs import ErreurConfiguration


def lire_fichier(fichier: Path, forme: dict, controler: Callable[[dict], list[str]]) -> dict:
    """Le contenu d'un fichier de règles. Lève :class:`ErreurConfiguration` avec tout ce qui n'a pas la ``forme``
    attendue (:func:`observatoire.configuration.saisie.chercher_malformes`), puis tout ce que ``controler`` y trouve."""
    contenu = lire_yaml(fichier)
    if defauts := chercher_malformes(contenu, forme) or controler(contenu):
        raise ErreurConfiguration(f"{fichier.name} est mal écrit :\n" + "\n".join(f"  - {d}" for d in defauts))
    return contenu


def retenir(regles: Iterable[dict], annee: int) -> dict | None:
    """La dernière règle entrée en vigueur au 31 décembre d'une année ; ``None`` avant la première."""
    jour = datetime.date(annee, 12, 31)
    return max((r for r in regles if r["depuis"] <= jour), key=lambda r: r["depuis"], default=None)


def controler_les_regles(contenu: dict, controler: Callable[[dict], list[str]], manque: str) -> list[str]:
    """Les défauts de chaque règle, avec son rang ; ``manque`` : ce qui est dit quand il n'y en a aucune."""
    regles = contenu.get("regles")
    if not isinstance(regles, list) or not regles:
        return [manque]
    defauts = []
    for rang, regle in enumerate(regles, start=1):
        trouves = controler(regle) if isinstance(regle, dict) else ["ce n'est pas une suite de « clé: valeur »."]
        defauts += [f"règle n° {rang} : {d}" for d in trouves]
    return defauts


def controler_la_date(contenu: dict, cle: str) -> list[str]:
    """Un défaut si ``cle`` est là et n'est pas une date."""
    fausse = contenu.get(cle) is not None and not isinstance(contenu[cle], datetime.date)
    return [f"« {cle} » s'écrit AAAA-MM-JJ."] if fausse else []


def est_nombre(valeur: object, minimum: float, maximum: float) -> bool:
    """Vrai pour un nombre de ]minimum ; maximum]."""
    return isinstance(valeur, int | float) and not isinstance(valeur, bool) and minimum < valeur <= maximum


def est_entier(valeur: object, minimum: int = 0) -> bool:
    """Vrai pour un entier d'au moins ``minimum``."""
    return isinstance(valeur, int) and not isinstance(valeur, bool) and valeur >= minimum
