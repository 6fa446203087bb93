"""L'équipe de cette machine : une souche, et quelques pages à la fois dans ses enfants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from observatoire.edition.travail import Resultat, Travail
from observatoire.moteur.porte import Porte
from observatoire.moteur.souche import Souche, SoucheMorte
from observatoire.processus import coeurs, fourche_possible
from observatoire.publie import VARIABLE

PAGE = "observatoire.edition.page"
PRECHARGEMENT, FEUILLETAGE = "observatoire.edition.prechargement", "observatoire.edition.feuilletage"
# Un fil de calcul par page : il y a déjà une page par cœur.
FILS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
SANS_SOUCHE = "la souche n'a pas pu démarrer : les pages ont été faites par des noyaux ordinaires, plus lents."
MEURTRIERE = "cette page arrête le processus qui la fait (la mémoire a pu manquer)."


@dataclass(frozen=True)
class Lieu:
    """Où se fait une page : ce qui est ``publie``, un dossier où travailler, ce qu'elle n'ouvre pas, la souche d'où
    naît qui la fait. Sans souche, c'est un noyau Jupyter ordinaire."""

    publie: Path
    atelier: Path
    porte: Porte
    souche: Souche | None = None


def executer_ici(travaux: Iterable[Travail], lieu: Lieu, ouvriers: int | None = None) -> Iterator[Resultat]:
    """Exécuter des pages, ``ouvriers`` à la fois (un par cœur par défaut), et les rendre à mesure.

    La souche est celle du ``lieu``, fermée à la fin, ou une autre. Si elle meurt, on la remplace ; les pages qui se
    faisaient alors sont reprises à la fin, chacune avec la sienne : celle qui la tue n'empêche qu'elle-même.
    """
    restants, suspectes = {t.sortie: t for t in travaux}, []
    while restants:
        avant = len(restants)
        tour = _un_tour([*restants.values()], lieu, ouvriers)
        lieu = replace(lieu, souche=None)
        for resultat in tour:
            travail = restants.pop(resultat.travail.sortie)
            if resultat.erreur == MEURTRIERE:
                suspectes.append(travail)
            else:
                yield resultat
        if len(restants) == avant:  # la souche est morte avant toute page : une par une, chacune la sienne
            suspectes += restants.values()
            break
    for travail in suspectes:
        yield from list(_un_tour([travail], lieu, 1)) or [Resultat(travail, None, erreur=MEURTRIERE)]


def _un_tour(travaux: list[Travail], lieu: Lieu, ouvriers: int | None) -> Iterator[Resultat]:
    """Les résultats jusqu'à la fin, ou jusqu'à la mort de la souche : les pages qui se faisaient en sont accusées."""
    if not fourche_possible():
        yield from _repartir(travaux, lieu, ouvriers)
        return
    with lieu.souche or demarrer(lieu.publie, lieu.porte) as souche:
        import_module(PAGE)  # et papermill, pendant que la souche s'échauffe
        if souche.prete:
            yield from _repartir(travaux, replace(lieu, souche=souche), ouvriers)
        else:
            for resultat in _repartir(travaux, replace(lieu, souche=None), ouvriers):
                yield replace(resultat, avertissements=(*resultat.avertissements, SANS_SOUCHE))


def _repartir(travaux: list[Travail], lieu: Lieu, ouvriers: int | None) -> Iterator[Resultat]:
    faire_page = import_module(PAGE).faire_page
    with ThreadPoolExecutor(min(ouvriers or coeurs(), len(travaux))) as equipe:
        taches = {equipe.submit(faire_page, t, lieu): t for t in travaux}
        try:
            for tache in as_completed(taches):
                # Une page que la souche n'a pas pu faire naître le sera par une autre.
                if not isinstance(tache.exception(), SoucheMorte):
                    yield resultat_de(tache, taches[tache])
        finally:
            equipe.shutdown(wait=False, cancel_futures=True)


def chauffer(publie: Path, porte: Porte) -> Souche:
    """Une souche qui importe ce qu'emploie une page ; ``publie`` peut n'être pas encore écrit."""
    return Souche((PRECHARGEMENT,), {VARIABLE: str(publie), **FILS}, porte)


def demarrer(publie: Path, porte: Porte, souche: Souche | None = None) -> Souche:
    """Une souche qui a lu ``publie``, d'où naissent les pages : celle-ci, déjà chauffée, ou une neuve.

    Revient sans attendre qu'elle soit prête."""
    souche = souche or chauffer(publie, porte)
    souche.partir(FEUILLETAGE)
    return souche


def resultat_de(tache: Future, travail: Travail) -> Resultat:
    """Le résultat d'une tâche ; une panne imprévue est l'échec de sa page, sauf si l'écriture même est impossible."""
    panne = tache.exception()
    if panne is None:
        return tache.result()
    if isinstance(panne, OSError) and panne.errno is not None:
        raise panne
    return Resultat(travail, None, erreur=f"{type(panne).__name__} : {panne}")
