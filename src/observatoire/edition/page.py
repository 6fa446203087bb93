"""Faire une page : d'un modèle et de ses paramètres au notebook exécuté, identique d'un jour à l'autre.

:func:`faire_page` reçoit et rend des données, jamais un chemin de sortie : elle tourne de la même façon ici ou sur une
grappe.
"""

from __future__ import annotations

import hashlib
import json
import logging
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import papermill_engines
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config

from observatoire import lectures
from observatoire.documents.plan import ETIQUETTES
from observatoire.edition.equipe import MEURTRIERE, Lieu
from observatoire.edition.travail import MARQUE, Resultat, Travail
from observatoire.lectures import Lecture
from observatoire.moteur import NOYAU
from observatoire.moteur.souche import EnfantMort, TropLong
from observatoire.presentation.maison import ADRESSE, SANS_TEXTE
from observatoire.publie import VARIABLE

# Une cellule trop lente ou un noyau mort se disent dans le résultat : que papermill ne les dise pas aussi, en anglais.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
#: Où un noyau ordinaire trouve de quoi se préparer.
INSTALLATION = "observatoire.moteur.noyau"
CHANGEANT = "elle montre l'adresse d'un objet (« at 0x… »), qui change à chaque fois : n'en montrer que ce qui se lit."
QUE_LE_NOM = "N'en montrer que le nom (Path(…).name), ou rien."
ETIQUETTES_CACHEES = {"parameters", "injected-parameters", *ETIQUETTES}


def faire_page(travail: Travail, lieu: Lieu) -> Resultat:
    """Exécuter une page dans ce ``lieu``.

    Une cellule qui échoue ou qui dépasse son délai, un enfant qui meurt : c'est un :class:`Resultat` avec une erreur.
    Lève :class:`~observatoire.moteur.souche.SoucheMorte` si la page n'a pas pu commencer.
    """
    modele = nbformat.reads(travail.notebook, as_version=4)
    contenu = parametrer(modele, travail.parametres)
    erreur = _executer(contenu, travail, lieu) or _erreur_d_une_cellule(contenu, lieu)
    cellule = _rang_dans_le_modele(modele, contenu) if erreur else None
    lues = _prendre_les_lectures(contenu)
    avertissements = nettoyer(contenu, {c.id: rang for rang, c in enumerate(modele.cells)})
    # Sans retrait : l'écrire coûte dix fois moins, et personne ne lit ce JSON.
    texte = nbformat.writes(contenu, indent=None)
    if erreur is None and (chemins := [c for c in _chemins_de_la_machine(lieu) if c in texte]):
        erreur = f"un chemin de cette machine serait publié : {chemins[0]}. {QUE_LE_NOM}"
        cellule = _rang_de_ce_qui_dit(chemins[0], modele, contenu)
    return Resultat(travail, texte, lues, erreur, cellule, tuple(avertissements))


def _executer(contenu: nbformat.NotebookNode, travail: Travail, lieu: Lieu) -> str | None:
    """Exécuter les cellules en place ; rend pourquoi elles n'ont pas pu l'être jusqu'au bout."""
    commun = {"kernel_name": NOYAU, "progress_bar": False, "execution_timeout": travail.delai}
    try:
        if lieu.souche:
            ici = {"souche": lieu.souche, "environnement": {VARIABLE: str(lieu.publie)}, "atelier": str(lieu.atelier)}
            papermill_engines.execute_notebook_with_engine(NOYAU, contenu, **commun, **ici)
        else:
            _par_un_noyau(contenu, commun, lieu)
    except (CellTimeoutError, TropLong):
        return f"la cellule a été arrêtée : elle dépassait {travail.delai} s (--delai)."
    except (DeadKernelError, EnfantMort):
        if lieu.souche and not lieu.souche.survit():
            return MEURTRIERE
        return "le noyau s'est arrêté en cours de calcul (la mémoire a pu manquer)."
    return None


def _par_un_noyau(contenu: nbformat.NotebookNode, commun: dict, lieu: Lieu) -> None:
    """Le noyau Jupyter « observatoire », là où l'on ne peut pas se dédoubler : plus lent, aux mêmes sorties."""
    with TemporaryDirectory(prefix="obs-") as prive:
        # Une socket de fichier, où il y en a : aucun port ouvert, et aucun conflit entre deux noyaux.
        liaison = {"transport": "ipc", "ip": str(Path(prive, "n"))} if hasattr(socket, "AF_UNIX") else {}
        arguments = f"{str(lieu.publie)!r}, {lieu.porte.interdits!r}, {lieu.porte.permis!r}"
        lignes = [f"__import__({INSTALLATION!r}, fromlist='*').installer({arguments})"]
        papermill_engines.execute_notebook_with_engine(
            None,
            contenu,
            config=Config(KernelManager=liaison),
            resources={"metadata": {"path": str(lieu.atelier)}},
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=CRITICAL", f"--IPKernelApp.exec_lines={lignes!r}"],
            record_timing=False,
            coalesce_streams=True,
            **commun,
        )


def parametrer(modele: nbformat.NotebookNode, parametres: dict) -> nbformat.NotebookNode:
    """Une copie du modèle, ses paramètres injectés.

    Ce que fait ``papermill.execute_notebook``, sauf écrire le résultat : les cellules exécutées restent à nous, même
    si l'exécution s'interrompt.
    """
    return parameterize_notebook(load_notebook_node(modele), parametres, kernel_name=NOYAU, language="python")


def _erreur_d_une_cellule(contenu: nbformat.NotebookNode, lieu: Lieu) -> str | None:
    sorties = (s for c in contenu.cells for s in c.get("outputs", ()) if s.output_type == "error")
    return next((lieu.porte.expliquer(s.evalue, lieu.atelier) or f"{s.ename} : {s.evalue}" for s in sorties), None)


def _rang_dans_le_modele(modele: nbformat.NotebookNode, contenu: nbformat.NotebookNode) -> int | None:
    """Le rang de la dernière cellule commencée, telle que l'analyste la voit : sans celle des paramètres reçus."""
    commencees = [c.id for c in contenu.cells if c.metadata.papermill["exception"] is not None]
    rangs = {c.id: rang for rang, c in enumerate(modele.cells)}
    return next((rangs[id_] for id_ in reversed(commencees) if id_ in rangs), None)


def _rang_de_ce_qui_dit(texte: str, modele: nbformat.NotebookNode, contenu: nbformat.NotebookNode) -> int | None:
    """Le rang, dans le modèle, de la première cellule où ce texte se lit."""
    rangs = {c.id: rang for rang, c in enumerate(modele.cells)}
    return next((rangs.get(c.id) for c in contenu.cells if texte in json.dumps(c, ensure_ascii=False)), None)


def _prendre_les_lectures(contenu: nbformat.NotebookNode) -> frozenset[Lecture]:
    """Retirer la dernière cellule et rendre ce qu'elle disait : ce qui a été lu."""
    dites = {mime: dit for s in contenu.cells.pop().outputs for mime, dit in s.get("data", {}).items()}
    return lectures.relire(dites.get(lectures.TYPE_MIME, []))


def nettoyer(contenu: nbformat.NotebookNode, rangs: dict[str, int]) -> list[str]:
    """Retirer du notebook tout ce qui change d'une exécution à l'autre ; rendre les avertissements.

    Ce sont ce qu'il a dit sur stderr, qui n'a pas sa place sur une page mais que doit voir qui lance l'édition, et ses
    images sans texte de remplacement ; chacun nomme sa cellule. ``rangs`` : ceux des cellules du modèle.
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
        dits = [s.text for s in cellule.outputs if s.get("name") == "stderr"]
        cellule.outputs = [s for s in cellule.outputs if s.get("name") != "stderr"]
        dits += [SANS_TEXTE for sortie in cellule.outputs if _est_une_image(sortie)]
        dits += [CHANGEANT] * bool(ADRESSE.search(json.dumps(cellule.outputs)))
        ou = f"cellule {rangs[cellule.id] + 1} : " if cellule.id in rangs else ""
        avertissements += [f"{ou}{dit}" for dit in dits]
    return avertissements


def _est_une_image(sortie: nbformat.NotebookNode) -> bool:
    """Une image qui ne vient pas de la maison : rien ne la décrit."""
    donnees = sortie.get("data", {})
    return "text/html" not in donnees and any(mime.startswith("image/") for mime in donnees)


def _chemins_de_la_machine(lieu: Lieu) -> list[str]:
    return sorted({str(lieu.publie), str(lieu.atelier), str(Path.home())} - {"/", "/root"})
