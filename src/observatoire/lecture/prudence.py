"""Lire des dépôts dans des processus à part : un fichier qui arrête la lecture n'est que son propre refus.

Des fichiers se lisent ensemble tant que tout va bien. Si leur processus meurt, ou passe sa limite de mémoire ou de
temps, chacun est rouvert seul : ceux qui l'arrêtent encore sont refusés, et les autres relus sans eux.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from observatoire.erreurs import ErreurObservatoire
from observatoire.isolement import Limites, Panne, faire_a_part
from observatoire.lecture.depots import Fichier, peser
from observatoire.lecture.parts import Outils, controler_fichier
from observatoire.lecture.problemes import Probleme
from observatoire.processus import coeurs

#: Mémoire (octets) que peut prendre une lecture ; secondes qu'elle peut prendre, et de plus par million d'octets.
MEMOIRE = 4 << 30
SECONDES = 120
SECONDES_PAR_MO = 5
#: Octets (voir :func:`peser`) en deçà desquels un processus de plus coûte davantage qu'il ne rapporte.
POIDS_D_UN_OUVRIER = 4_000_000
ECOURTER = "Recopier le tableau seul, en valeurs, dans un fichier neuf, et le déposer en CSV ou en XLSX."


def lire_prudemment(fonction: Callable, unites: Iterable, commun: object, outils: Outils) -> Iterator:
    """``fonction(unite, commun)`` pour chaque unité, dans l'ordre, plusieurs à la fois si elles sont grosses.

    Une unité est une liste de :class:`Fichier`, ou a des ``fichiers``. ``outils`` : de quoi relire un fichier seul.
    """
    unites = list(unites)
    poids = sum(peser(_fichiers(unite)) for unite in unites)
    effectif = min(coeurs(), len(unites), 1 + poids // POIDS_D_UN_OUVRIER)
    resultats = faire_a_part(fonction, unites, commun, limites, effectif)
    for unite, resultat in zip(unites, resultats, strict=True):
        if isinstance(resultat, Panne) and _ecarter(_fichiers(unite), outils):
            (resultat,) = faire_a_part(fonction, [unite], commun, limites)
        if isinstance(resultat, Panne):
            _se_plaindre(resultat, _fichiers(unite))
        yield resultat


def _fichiers(unite) -> list[Fichier]:
    return unite if isinstance(unite, list) else unite.fichiers


def limites(unite) -> Limites:
    """Ce que peut prendre la lecture d'un fichier, ou d'une unité, selon son poids."""
    fichiers = [unite] if isinstance(unite, Fichier) else _fichiers(unite)
    return Limites(MEMOIRE, SECONDES + SECONDES_PAR_MO * peser(fichiers) / 1e6)


def _ecarter(fichiers: list[Fichier], outils: Outils) -> bool:
    """Refuser les fichiers qui, seuls, arrêtent leur lecture ; vrai s'il y en a."""
    seuls = faire_a_part(_ouvrir_seul, fichiers, outils, limites)
    pannes = {f.relatif: dire(panne, f) for f, panne in zip(fichiers, seuls, strict=True) if panne is not None}
    for fichier in fichiers:
        if fichier.relatif in pannes:
            fichier.problemes.append(pannes[fichier.relatif])
            fichier.a_lire = False
    return bool(pannes)


def _ouvrir_seul(fichier: Fichier, outils: Outils) -> None:
    controler_fichier(fichier, outils)


def dire(panne: Panne, fichier: Fichier) -> Probleme:
    """Le refus d'un fichier dont la lecture a été arrêtée."""
    if panne.cause == "temps":
        minutes = math.ceil(limites(fichier).secondes / 60)
        return Probleme("lecture", f"sa lecture n'est pas finie après {minutes} minutes.", ECOURTER)
    if panne.cause == "faute":
        phrase = f"sa lecture s'est arrêtée sur une faute de l'observatoire ({panne.faute})."
        conseil = "Le déposer dans un autre format ; si le refus demeure, dire cette phrase à qui tient l'observatoire."
        return Probleme("lecture", phrase, conseil)
    giga = MEMOIRE >> 30
    return Probleme(
        "lecture", f"sa lecture s'est arrêtée : il est abîmé, ou demande plus de {giga} Go de mémoire.", ECOURTER
    )


def _se_plaindre(panne: Panne, fichiers: list[Fichier]) -> None:
    """Aucun fichier n'est en cause à lui seul : c'est la machine, ou nous."""
    if panne.cause == "faute":
        raise RuntimeError(f"{panne.faute}\n{panne.trace}")
    raise ErreurObservatoire(
        f"la lecture des dépôts de {fichiers[0].annee} s'est arrêtée, faute de mémoire ou de temps. Libérer de la "
        "mémoire (arrêter d'autres programmes), puis relancer."
    )
