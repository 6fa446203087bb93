"""Faire une page : d'un modèle et de ses paramètres au notebook exécuté, identique d'un jour à l'autre.

:func:`faire_page` est la seule fonction qui démarre un noyau. Elle reçoit et rend des données, jamais un chemin de
sortie : elle tourne de la même façon ici ou sur une grappe.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import papermill_engines
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets import Dict
from traitlets.config import Config

from observatoire import lectures
from observatoire.edition.travail import MARQUE, Resultat, Travail
from observatoire.lectures import Lecture
from observatoire.noyaux.gestionnaire import NOM, GestionnaireNoyau
from observatoire.publie import VARIABLE

# Une cellule trop lente ou un noyau mort se disent dans le résultat : que papermill ne les dise pas aussi, en anglais.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
ETIQUETTES_CACHEES = {"parameters", "injected-parameters"}


class NoyauDePage(GestionnaireNoyau):
    """Un noyau qui sait, de plus, où est ce qui est publié."""

    environnement = Dict(config=True)

    async def start_kernel(self, **options) -> None:
        await super().start_kernel(env={**os.environ, **self.environnement}, **options)


def faire_page(travail: Travail, publie: Path, atelier: Path) -> Resultat:
    """Exécuter une page qui lit le dossier ``publie``, depuis le dossier vide ``atelier``.

    Une cellule qui échoue ou qui dépasse son délai, un noyau qui meurt : c'est un :class:`Resultat` avec une erreur.
    """
    modele = nbformat.reads(travail.notebook, as_version=4)
    contenu = _parametrer(modele, travail.parametres)
    erreur = None
    try:
        papermill_engines.execute_notebook_with_engine(
            None,
            contenu,
            kernel_name=NOM,
            progress_bar=False,
            execution_timeout=travail.delai,
            kernel_manager_class=NoyauDePage,
            config=Config(NoyauDePage={"environnement": {VARIABLE: str(publie)}}),
            resources={"metadata": {"path": str(atelier)}},
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=CRITICAL"],
            record_timing=False,
        )
    except CellTimeoutError:
        erreur = f"la cellule a été arrêtée : elle dépassait {travail.delai} s (--delai)."
    except DeadKernelError:
        erreur = "le noyau s'est arrêté en cours de calcul (la mémoire a pu manquer)."
    erreur = erreur or _erreur_d_une_cellule(contenu)
    cellule = _rang_dans_le_modele(modele, contenu) if erreur else None
    lues = _prendre_les_lectures(contenu)
    avertissements = nettoyer(contenu)
    # Sans retrait : l'écrire coûte dix fois moins, et personne ne lit ce JSON.
    texte = nbformat.writes(contenu, indent=None)
    if erreur is None and (chemins := [c for c in _chemins_de_la_machine(publie, atelier) if c in texte]):
        erreur = f"un chemin de cette machine serait publié : {chemins[0]}"
    return Resultat(travail, texte, lues, erreur, cellule, tuple(avertissements))


def _parametrer(modele: nbformat.NotebookNode, parametres: dict) -> nbformat.NotebookNode:
    """Une copie du modèle, ses paramètres injectés.

    Ce que fait ``papermill.execute_notebook``, sauf écrire le résultat : les cellules exécutées restent à nous, même
    si l'exécution s'interrompt.
    """
    return parameterize_notebook(load_notebook_node(modele), parametres, kernel_name=NOM, language="python")


def _erreur_d_une_cellule(contenu: nbformat.NotebookNode) -> str | None:
    sorties = (s for c in contenu.cells for s in c.get("outputs", ()) if s.output_type == "error")
    return next((f"{s.ename} : {s.evalue}" for s in sorties), None)


def _rang_dans_le_modele(modele: nbformat.NotebookNode, contenu: nbformat.NotebookNode) -> int | None:
    """Le rang de la dernière cellule commencée, telle que l'analyste la voit : sans celle des paramètres reçus."""
    commencees = [c.id for c in contenu.cells if c.metadata.papermill["exception"] is not None]
    rangs = {c.id: rang for rang, c in enumerate(modele.cells)}
    return next((rangs[id_] for id_ in reversed(commencees) if id_ in rangs), None)


def _prendre_les_lectures(contenu: nbformat.NotebookNode) -> frozenset[Lecture]:
    """Retirer la dernière cellule et rendre ce qu'elle disait : ce qui a été lu."""
    dites = {mime: dit for s in contenu.cells.pop().outputs for mime, dit in s.get("data", {}).items()}
    return lectures.relire(dites.get(lectures.TYPE_MIME, []))


def nettoyer(contenu: nbformat.NotebookNode) -> list[str]:
    """Retirer du notebook tout ce qui change d'une exécution à l'autre ; rendre ce qu'il a dit sur stderr.

    Ce texte est celui d'avertissements de bibliothèques : il n'a pas sa place sur une page, mais la personne
    qui lance l'édition doit le voir.
    """
    avertissements = []
    contenu.metadata = nbformat.from_dict({cle: contenu.metadata[cle] for cle in ("kernelspec", MARQUE)})
    for cellule in contenu.cells:
        etiquettes = set(cellule.metadata.get("tags", ()))
        for cle in ("papermill", "execution"):
            cellule.metadata.pop(cle, None)
        if cellule.cell_type != "code":
            continue
        if "injected-parameters" in etiquettes:
            cellule.id = hashlib.sha256(cellule.source.encode()).hexdigest()[:12]
        cachee = "remove-cell" if etiquettes & ETIQUETTES_CACHEES else "remove-input"
        cellule.metadata["tags"] = sorted(etiquettes | {cachee})
        avertissements += [s.text for s in cellule.outputs if s.get("name") == "stderr"]
        cellule.outputs = [s for s in cellule.outputs if s.get("name") != "stderr"]
    return avertissements


def _chemins_de_la_machine(publie: Path, atelier: Path) -> list[str]:
    return sorted({str(publie), str(atelier), str(Path.home())} - {"/", "/root"})
