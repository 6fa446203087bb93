"""Exécuter une édition : toutes les pages du plan, plusieurs à la fois, et rien à moitié.

Les pages sont écrites à l'écart, puis mises en place ensemble. Si une seule échoue, les autres continuent, les
échecs sont tous dits à la fin et l'édition en place n'est pas touchée.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from observatoire.configuration import Configuration
from observatoire.edition.fiches import ecrire_fiches
from observatoire.edition.page import Resultat, faire_page
from observatoire.edition.plan import Page, lister_pages
from observatoire.erreurs import EditionIncomplete
from observatoire.publie import VARIABLE

Avancement = Callable[[int, int, str], None]
MEMOIRE_DE_L_EDITION = "edition.json"
DEJA_LA = {".gitkeep"}


@dataclass(frozen=True)
class Bilan:
    """``pages`` exécutées, ``fiches`` écrites, ``retirees`` (pages qui ne sont plus au plan), et les
    ``avertissements`` que des bibliothèques ont émis, page par page."""

    pages: int
    fiches: int
    retirees: int
    avertissements: dict[str, tuple[str, ...]]


def executer(
    config: Configuration,
    public: str = "publique",
    ouvriers: int | None = None,
    avancement: Avancement | None = None,
) -> Bilan:
    """Exécuter l'édition d'un public dans ``config.chemin("edition")``.

    Lève :class:`ParametreInconnu` avant tout noyau, :class:`EditionIncomplete` si une page échoue : les notebooks
    partiels sont alors gardés dans le dossier ``.<edition>/echecs``, à côté de l'édition.
    """
    publie = (config.chemin("publie") / public).resolve()
    edition = config.chemin("edition")
    pages = lister_pages(publie, config.chemin("notebooks"))
    ecart = edition.parent / f".{edition.name}"
    shutil.rmtree(ecart, ignore_errors=True)
    nouvelle, echecs = ecart / "pages", ecart / "echecs"
    nouvelle.mkdir(parents=True)
    resultats = _executer_pages(pages, nouvelle, publie, config.fichier.parent, ouvriers, avancement)
    if rates := [r for r in resultats if r.erreur]:
        echecs.mkdir(parents=True)
        for resultat in rates:
            if resultat.fichier.is_file():
                resultat.fichier.rename(echecs / f"{resultat.page.sortie.replace('/', '-')}.ipynb")
        raise EditionIncomplete(_message(rates, len(pages), echecs))
    fiches = ecrire_fiches(publie, config.chemin("schemas"), nouvelle)
    shutil.copyfile(publie / "edition.json", nouvelle / MEMOIRE_DE_L_EDITION)
    retirees = _mettre_en_place(nouvelle, edition)
    shutil.rmtree(ecart)
    return Bilan(len(pages), fiches, retirees, {r.page.sortie: r.avertissements for r in resultats if r.avertissements})


def _executer_pages(pages, dossier, publie, dossier_courant, ouvriers, avancement) -> list[Resultat]:
    """Une page par tâche, dans ``ouvriers`` processus (autant que de cœurs par défaut)."""
    contexte = multiprocessing.get_context("spawn")
    resultats = []
    # Les sockets des noyaux vivent ici : leur chemin doit rester sous 108 caractères.
    with tempfile.TemporaryDirectory(prefix="obs-") as sockets:
        environnement = {**_ENVIRONNEMENT, VARIABLE: str(publie), "JUPYTER_RUNTIME_DIR": sockets}
        with ProcessPoolExecutor(
            ouvriers or os.cpu_count() or 1,
            mp_context=contexte,
            initializer=_poser_environnement,
            initargs=(environnement,),
        ) as equipe:
            taches = {equipe.submit(faire_page, p, dossier / f"{p.sortie}.ipynb", dossier_courant): p for p in pages}
            for fait, tache in enumerate(as_completed(taches), start=1):
                resultats.append(_resultat(tache, taches[tache], dossier))
                if avancement:
                    avancement(fait, len(pages), taches[tache].sortie)
    return sorted(resultats, key=lambda r: r.page.sortie)


def _resultat(tache: Future, page: Page, dossier: Path) -> Resultat:
    """Le résultat d'une tâche ; un noyau mort ou trop lent est un échec de sa page, pas de l'édition entière."""
    if (panne := tache.exception()) is None:
        return tache.result()
    return Resultat(page, dossier / f"{page.sortie}.ipynb", erreur=f"{type(panne).__name__} : {panne}")


# Deux fils de calcul au plus par noyau : au-delà, les noyaux se disputent les cœurs. Le moteur graphique est
# nommé, sans quoi les figures d'un noyau lancé hors de Jupyter deviennent du texte.
_ENVIRONNEMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "2"),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


def _poser_environnement(variables: dict[str, str]) -> None:
    """Ce que reçoit chaque ouvrier, et par lui les noyaux qu'il démarre."""
    os.environ.update(variables)


def _mettre_en_place(nouvelle: Path, edition: Path) -> int:
    """Remplacer ce qui a changé, laisser ce qui n'a pas changé (le livre se reconstruit alors plus vite),
    retirer ce qui n'est plus au plan. Rend le nombre de pages retirées."""
    edition.mkdir(parents=True, exist_ok=True)
    gardes = set()
    for fichier in sorted(f for f in nouvelle.rglob("*") if f.is_file()):
        relatif = fichier.relative_to(nouvelle)
        gardes.add(relatif)
        cible = edition / relatif
        if cible.is_file() and cible.read_bytes() == fichier.read_bytes():
            continue
        cible.parent.mkdir(parents=True, exist_ok=True)
        fichier.replace(cible)
    anciens = [
        f for f in edition.rglob("*") if f.is_file() and f.relative_to(edition) not in gardes and f.name not in DEJA_LA
    ]
    for ancien in anciens:
        ancien.unlink()
    for dossier in sorted((d for d in edition.rglob("*") if d.is_dir()), reverse=True):
        if not any(dossier.iterdir()):
            dossier.rmdir()
    return len(anciens)


def _message(rates: list[Resultat], total: int, echecs: Path) -> str:
    lignes = [f"{len(rates)} page(s) sur {total} n'ont pas pu être exécutées ; rien n'a été publié."]
    for r in rates:
        donnes = ", ".join(f"{n} = {v}" for n, v in r.page.parametres.items()) or "aucun paramètre"
        ou = f", cellule {r.cellule + 1}" if r.cellule is not None else ""
        lignes.append(f"\n{r.page.sortie} ({r.page.notebook.name}{ou} ; {donnes})\n    {r.erreur}")
    lignes.append(f"\nNotebooks partiels : {echecs}")
    return "\n".join(lignes)


__all__ = ["Bilan", "Page", "executer"]
