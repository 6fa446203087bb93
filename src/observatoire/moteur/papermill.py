"""Le moteur ``observatoire`` de papermill : ``papermill entree.ipynb sortie.ipynb --engine observatoire``."""

from __future__ import annotations

import atexit
from functools import cache

import nbformat
from papermill.engines import Engine

from observatoire.moteur.souche import Ordre, Souche

TOLERANCE = "raises-exception"


class Moteur(Engine):
    """Un enfant de la souche exécute le notebook ; ce qu'il en sort est rangé dans ses cellules, à mesure."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, souche: Souche | None = None, execution_timeout=None,
                                 environnement=None, atelier: str | None = None, **_autres) -> None:  # fmt: skip
        """Exécuter ``nb_man.nb``. ``souche`` : celle de ce processus par défaut ; ``atelier`` : où travailler.

        Lève :class:`~observatoire.moteur.souche.TropLong` et :class:`~observatoire.moteur.souche.EnfantMort`.
        """
        cellules = [
            {"rang": rang, "source": c.source, "tolere": TOLERANCE in c.metadata.get("tags", ())}
            for rang, c in enumerate(nb_man.nb.cells)
            if c.cell_type == "code" and c.source.strip()
        ]
        if not cellules:
            return
        ordre = Ordre(cellules, environnement or {}, execution_timeout, atelier)
        with (souche or souche_du_processus()).enfant(ordre) as messages:
            _ranger(nb_man, messages)


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
def souche_du_processus() -> Souche:
    """Une souche démarrée au premier notebook, et fermée à la fin du processus."""
    souche = Souche()
    atexit.register(souche.fermer)
    return souche
