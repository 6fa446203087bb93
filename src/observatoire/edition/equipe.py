"""L'équipe de cette machine : quelques processus qui exécutent les pages, et la souche de leurs noyaux."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from observatoire.edition.travail import Resultat, Travail
from observatoire.noyaux import demarrage
from observatoire.processus import coeurs, engager
from observatoire.publie import VARIABLE

PAGE = "observatoire.edition.page"
PRECHARGEMENT = ("observatoire.edition.prechargement",)
# Un fil de calcul par noyau : il y a déjà un noyau par cœur.
FILS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
TOURS = 3
SANS_SOUCHE = "les noyaux ne naissent plus de la souche, qui s'est arrêtée : l'édition est plus lente."
SANS_OUVRIER = "l'ouvrier qui faisait cette page s'est arrêté à chaque essai (la mémoire a pu manquer)."


class Naissance(NamedTuple):
    """De quoi naissent les noyaux : les variables à donner à qui les demande, et si la souche vit encore."""

    environnement: dict[str, str]
    vivante: Callable[[], bool]


def executer_ici(
    travaux: Iterable[Travail], publie: Path, atelier: Path, ouvriers: int | None = None
) -> Iterator[Resultat]:
    """Exécuter des pages, ``ouvriers`` à la fois (un par cœur par défaut), et les rendre à mesure.

    ``atelier`` : un dossier vide, d'où les noyaux travaillent. Si un ouvrier ou la souche meurt, les pages qui restent
    sont reprises par d'autres, la dernière d'abord : celle qui tue son ouvrier n'empêche que celles d'après. Au dernier
    tour, ce sont des noyaux ordinaires.
    """
    restants = {t.sortie: t for t in travaux}
    for tour in range(TOURS):
        dernier = tour == TOURS - 1
        travaux = list(restants.values())[:: -1 if tour % 2 else 1]
        for resultat in _un_tour(travaux, publie, atelier, ouvriers, avec_souche=not dernier):
            del restants[resultat.travail.sortie]
            yield replace(resultat, avertissements=(*resultat.avertissements, SANS_SOUCHE)) if dernier else resultat
        if not restants:
            return
    for travail in restants.values():
        yield Resultat(travail, None, erreur=SANS_OUVRIER)


def _un_tour(
    travaux: Iterable[Travail], publie: Path, atelier: Path, ouvriers: int | None, avec_souche: bool
) -> Iterator[Resultat]:
    """Les résultats obtenus jusqu'à la fin, ou jusqu'à la mort d'un ouvrier ou de la souche."""
    travaux = list(travaux)
    if not travaux:
        return
    effectif = min(ouvriers or coeurs(), len(travaux))
    with (
        souche(publie, avec_souche) as naissance,
        engager(effectif, PAGE, _installer, naissance.environnement) as equipe,
    ):
        taches = {equipe.submit(_faire_page, t, publie, atelier): t for t in travaux}
        for tache in as_completed(taches):
            vivante, panne = naissance.vivante(), tache.exception()
            if not isinstance(panne, BrokenProcessPool) and (vivante or panne is None):
                resultat = resultat_de(tache, taches[tache])
                if vivante or not resultat.erreur:
                    yield resultat
            if not vivante:
                equipe.shutdown(cancel_futures=True)
                return


@contextmanager
def souche(publie: Path, demarree: bool = True) -> Iterator[Naissance]:
    """Une souche qui a lu ``publie``, le temps du bloc.

    Là où il n'y a pas de ``fork``, ou si ``demarree`` est faux, rien n'est démarré : les noyaux sont ordinaires.
    """
    if not (demarree and demarrage.fourche_possible()):
        yield Naissance({demarrage.REGLAGE: "0", **FILS}, lambda: True)
        return
    with demarrage.Souche.demarrer(PRECHARGEMENT, {VARIABLE: str(publie), **FILS}) as en_marche:
        variables = {demarrage.REGLAGE: "1", demarrage.VARIABLE: en_marche.adresse, **FILS}
        yield Naissance(variables, en_marche.vivante)


def resultat_de(tache: Future, travail: Travail) -> Resultat:
    """Le résultat d'une tâche ; une panne imprévue est l'échec de sa page, sauf si l'écriture même est impossible."""
    panne = tache.exception()
    if panne is None:
        return tache.result()
    if isinstance(panne, OSError) and panne.errno is not None:
        raise panne
    return Resultat(travail, None, erreur=f"{type(panne).__name__} : {panne}")


def _installer(variables: dict[str, str]) -> None:
    os.environ.update(variables)


def _faire_page(travail: Travail, publie: Path, atelier: Path) -> Resultat:
    """Ce que fait un ouvrier ; lui seul a besoin de papermill."""
    return import_module(PAGE).faire_page(travail, publie, atelier)
