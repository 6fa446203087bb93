"""Faire une page : d'un modèle et de ses paramètres au notebook exécuté, identique d'un jour à l'autre.

:func:`faire_page` est la seule fonction qui démarre un noyau : pour en changer la façon, c'est elle qui change.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from observatoire.edition.plan import Page
from observatoire.edition.textes import remplacer

DELAI_CELLULE = 120
# Une page vit quelques secondes et laisse peu de déchets : ramasser moins souvent épargne un dixième de son temps.
RAMASSAGE = "import gc; gc.set_threshold(50_000, 20, 20); del gc"
ETIQUETTES_CACHEES = {"parameters", "injected-parameters"}


class NoyauLocal(AsyncKernelManager):
    """Un noyau joint par socket de fichier : pas de port TCP à se disputer quand plusieurs pages tournent."""

    def __init__(self, **options):
        # Un nom à soi : sans lui, tous les noyaux d'un même dossier partageraient la même socket.
        dossier = Path(jupyter_runtime_dir())
        dossier.mkdir(parents=True, exist_ok=True)
        socket = str(dossier / uuid4().hex[:12])
        super().__init__(transport="ipc", ip=socket, connection_file=f"{socket}.json", **options)


@dataclass(frozen=True)
class Resultat:
    """Ce qu'a donné une page : où elle est écrite, et l'échec ou les avertissements s'il y en a."""

    page: Page
    fichier: Path
    erreur: str | None = None
    cellule: int | None = None
    avertissements: tuple[str, ...] = ()


def faire_page(page: Page, fichier: Path, dossier_courant: Path) -> Resultat:
    """Exécuter une page et l'écrire dans ``fichier``, même partielle si une cellule échoue."""
    fichier.parent.mkdir(parents=True, exist_ok=True)
    erreur = cellule = None
    try:
        execute_notebook(
            preparer(page),
            fichier,
            parameters=page.parametres,
            progress_bar=False,
            cwd=dossier_courant,
            execution_timeout=DELAI_CELLULE,
            kernel_manager_class=NoyauLocal,
            shutdown_kernel="immediate",
            record_timing=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            extra_arguments=[f"--IPKernelApp.exec_lines={RAMASSAGE}", "--log-level=CRITICAL"],
        )
    except PapermillExecutionError as echec:
        erreur, cellule = f"{echec.ename} : {echec.evalue}", echec.cell_index
    contenu = nbformat.read(fichier, as_version=4)
    avertissements = nettoyer(contenu)
    if erreur is None and (chemins := _chemins_de_la_machine(contenu, dossier_courant)):
        erreur = f"un chemin de cette machine serait publié : {chemins[0]}"
    nbformat.write(contenu, fichier)
    return Resultat(page, fichier, erreur, cellule, tuple(avertissements))


def preparer(page: Page) -> nbformat.NotebookNode:
    """Le modèle, ses textes remplacés, ses cellules de code cachées, son sommaire ajouté."""
    contenu = nbformat.read(page.notebook, as_version=4)
    for cellule in contenu.cells:
        if cellule.cell_type == "markdown":
            cellule.source = remplacer(cellule.source, page.textes)
    if page.sommaire:
        lignes = ["```{toctree}", ":hidden:", ":glob:", "", *page.sommaire, "```"]
        sommaire = nbformat.v4.new_markdown_cell("\n".join(lignes), id="sommaire")
        contenu.cells.append(sommaire)
    return contenu


def nettoyer(contenu: nbformat.NotebookNode) -> list[str]:
    """Retirer du notebook tout ce qui change d'une exécution à l'autre ; rendre ce qu'il a dit sur stderr.

    Ce texte est celui d'avertissements de bibliothèques : il n'a pas sa place sur une page, mais la personne
    qui lance l'édition doit le voir.
    """
    avertissements = []
    contenu.metadata = nbformat.from_dict({"kernelspec": contenu.metadata["kernelspec"]})
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


def _chemins_de_la_machine(contenu: nbformat.NotebookNode, dossier: Path) -> list[str]:
    publie = os.environ.get("OBSERVATOIRE_PUBLIE", "")
    interdits = {str(dossier), str(Path.home()), publie} - {"", "/", "/root"}
    texte = "\n".join(str(c.get("outputs", "")) + c.source for c in contenu.cells)
    return sorted(chemin for chemin in interdits if chemin in texte)
