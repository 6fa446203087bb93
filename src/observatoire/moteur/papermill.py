"""Le moteur ``observatoire`` de papermill : ``papermill entree.ipynb sortie.ipynb --engine observatoire``.

Papermill charge ce module avec lui. Son moteur ordinaire y apprend à poser les titres d'un notebook de l'observatoire ;
pour tout autre noyau, rien n'est changé.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from papermill.engines import Engine, NBClientEngine, papermill_engines

from observatoire.erreurs import ErreurConfiguration
from observatoire.moteur import NOYAU
from observatoire.moteur.publics import porte_autour_de
from observatoire.moteur.souche import Ordre, Souche
from observatoire.moteur.textes import noms_des_textes
from observatoire.publie import VARIABLE, dossier_publie

TOLERANCE = "raises-exception"


class Moteur(Engine):
    """Un enfant de la souche exécute le notebook ; ce qu'il en sort est rangé dans ses cellules, à mesure."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, souche: Souche | None = None, execution_timeout=None,
                                 environnement=None, atelier: str | None = None, **_autres) -> None:  # fmt: skip
        """Exécuter ``nb_man.nb``. ``souche`` : celle de ce processus par défaut ; ``atelier`` : où travailler.

        Lève :class:`~observatoire.moteur.souche.TropLong` et :class:`~observatoire.moteur.souche.EnfantMort`.
        """
        _poser_les_titres(nb_man.nb)
        cellules = [
            {"rang": rang, "source": c.source, "tolere": TOLERANCE in c.metadata.get("tags", ())}
            for rang, c in enumerate(nb_man.nb.cells)
            if c.cell_type == "code" and c.source.strip()
        ]
        if not cellules:
            return
        if souche is None:
            souche, environnement, atelier = souche_du_processus(publie := _publie()), _dire(publie), _atelier()
        ordre = Ordre(cellules, environnement or {}, execution_timeout, atelier)
        with souche.enfant(ordre) as messages:
            _ranger(nb_man, messages)


class Ordinaire(NBClientEngine):
    """Celui de papermill quand rien n'en nomme un : un noyau Jupyter."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        """Exécuter ``nb_man.nb``, ses titres posés si son noyau est le nôtre."""
        if kernel_name == NOYAU:
            _poser_les_titres(nb_man.nb)
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(None, Ordinaire)


def _poser_les_titres(contenu: nbformat.NotebookNode) -> None:
    """Ne rien lire de ce qui est publié s'il n'y a rien à poser : les pages d'une édition le sont déjà."""
    if noms_des_textes(contenu):
        from observatoire.moteur.titres import poser_les_titres

        poser_les_titres(contenu)


def _ranger(nb_man, messages) -> None:
    """Donner à chaque cellule ses sorties ; celle d'un fil qui s'attarde reste à la cellule qui vient de finir."""
    nommees: dict[str, nbformat.NotebookNode] = {}
    cellule, ouverte = None, False
    try:
        for message in messages:
            if "commence" in message:
                rang, ouverte = message["commence"], True
                cellule = nb_man.nb.cells[rang]
                nb_man.cell_start(cellule, rang)
            elif "finit" in message:
                cellule.execution_count = message["rang"]
                if not message["reussie"]:
                    nb_man.cell_exception(cellule, rang)
                nb_man.cell_complete(cellule, rang)
                ouverte = False
            elif "efface" in message:
                cellule.outputs.clear()
            else:
                _ajouter(cellule.outputs, message, nommees)
    finally:
        if ouverte:
            nb_man.cell_exception(cellule, rang)


def _ajouter(sorties: list, message: dict, nommees: dict) -> None:
    """Une sortie de plus ; ce qui s'écrit à la suite ne fait qu'une sortie."""
    sortie, nom = nbformat.from_dict(message["sortie"]), message.get("nom")
    if message.get("remplace"):
        if nom in nommees:
            nommees[nom].update(data=sortie.data, metadata=sortie.metadata)
        return
    if sortie.output_type == "stream" and sorties and sorties[-1].get("name") == sortie.name:
        sorties[-1].text += sortie.text
        return
    sorties.append(sortie)
    if nom:
        nommees[nom] = sortie


@cache
def souche_du_processus(publie: Path | None = None) -> Souche:
    """Une souche démarrée au premier notebook qui lit ce dossier, et fermée à la fin du processus.

    Ses notebooks n'ouvrent que ce qu'ouvrirait une page du site : ce dossier, et rien de ce dont il est fait.
    """
    _atelier()  # la porte ne laisse ouvert que ce qui existe déjà
    souche = Souche(porte=publie and porte_autour_de(publie))
    atexit.register(souche.fermer)
    return souche


def _publie() -> Path | None:
    """Ce que lira le notebook ; rien s'il n'y a pas d'observatoire ici."""
    try:
        return dossier_publie().resolve()
    except ErreurConfiguration:
        return None


def _dire(publie: Path | None) -> dict[str, str]:
    return {VARIABLE: str(publie)} if publie else {}


@cache
def _atelier() -> str:
    """Un dossier où travaillent les notebooks de ce processus, effacé à sa fin."""
    dossier = TemporaryDirectory(prefix="observatoire-", ignore_cleanup_errors=True)
    atexit.register(dossier.cleanup)
    return dossier.name
