"""Faire une page : d'un modèle et de ses paramètres au notebook exécuté, identique d'un jour à l'autre.

:func:`faire_page` est la seule fonction qui démarre un noyau. Elle reçoit et rend des données, jamais un chemin de
sortie : elle tourne de la même façon ici ou sur une grappe.
"""

from __future__ import annotations

import hashlib
import json
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
from observatoire.registre.impressions import Impression, Impressions, relire
from observatoire.registre.sorties import dire_nus, impressions_de_texte, impressions_libres, nombres_nus

# Une cellule trop lente ou un noyau mort se disent dans le résultat : que papermill ne les dise pas aussi, en anglais.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
OUVRIR_LE_REGISTRE = "from observatoire.registre import impressions as _registre; _registre.ouvrir()"
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
            extra_arguments=["--log-level=CRITICAL", f"--IPKernelApp.exec_lines={OUVRIR_LE_REGISTRE}"],
            record_timing=False,
        )
    except CellTimeoutError:
        erreur = f"la cellule a été arrêtée : elle dépassait {travail.delai} s (--delai)."
    except DeadKernelError:
        erreur = "le noyau s'est arrêté en cours de calcul (la mémoire a pu manquer)."
    erreur = erreur or _erreur_d_une_cellule(contenu)
    cellule = _rang_dans_le_modele(modele, contenu) if erreur else None
    lues, imprimees = _prendre_les_notes(contenu)
    avertissements = [relire(a) for a in nettoyer(contenu)]
    # Sans retrait : l'écrire coûte dix fois moins, et personne ne lit ce JSON.
    certifie = nbformat.writes(contenu, indent=None)
    texte = relire(certifie)
    if erreur is None and (chemins := [c for c in _chemins_de_la_machine(publie, atelier) if c in texte]):
        erreur = f"un chemin de cette machine serait publié : {chemins[0]}"
    if erreur is None:
        erreur, cellule = _hors_registre(modele, contenu)
    ecrits = (c.source for c in contenu.cells if c.cell_type == "markdown")
    textes = dict.fromkeys([*impressions_libres(*ecrits), *impressions_de_texte(certifie)])
    return Resultat(
        travail, texte, lues, erreur and relire(erreur), cellule, tuple(avertissements), (*imprimees, *textes)
    )


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


def _hors_registre(modele: nbformat.NotebookNode, contenu: nbformat.NotebookNode) -> tuple[str | None, int | None]:
    """Le refus de la première cellule qui imprime un nombre sans passer par le registre, et son rang dans le modèle."""
    rangs = {c.id: rang for rang, c in enumerate(modele.cells)}
    for cellule in contenu.cells:
        if nus := [nu for sortie in cellule.get("outputs", ()) for nu in nombres_nus(sortie)]:
            return dire_nus(nus), rangs.get(cellule.id)
    return None, None


def _prendre_les_notes(contenu: nbformat.NotebookNode) -> tuple[frozenset[Lecture], list[Impression]]:
    """Retirer la dernière cellule et rendre ce qu'elle disait : ce qui a été lu, ce qui a été imprimé."""
    dites = {mime: dit for s in contenu.cells.pop().outputs for mime, dit in s.get("data", {}).items()}
    lues, imprimees = dites.get(lectures.TYPE_MIME, []), dites.get(Impressions.TYPE_MIME, "[]")
    return lectures.relire(lues), [tuple(impression) for impression in json.loads(imprimees)]


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
