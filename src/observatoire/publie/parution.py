"""Ce qui paraît des indicateurs d'un public, cherché cellule par cellule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.publie.contenu import TOUS
from observatoire.publie.tables import CLES
from observatoire.vocabulaire import NON_DISPONIBLE, SECRET

_CROISEMENT = ["niveau", "indicateur"]


class Parution:
    """Les indicateurs d'un public, après protection, rangés par :data:`observatoire.publie.CLES`."""

    def __init__(self, protegee: pd.DataFrame):
        self._cellules = protegee.drop_duplicates(CLES).set_index(CLES)
        croisees = protegee.loc[protegee["bailleur"].ne(TOUS), _CROISEMENT].drop_duplicates()
        self._croisees = pd.MultiIndex.from_frame(croisees)

    def lire(self, cellules: pd.DataFrame, **fixes) -> pd.DataFrame:
        """Les mesures et le statut de chaque cellule, sous l'index de ``cellules`` ; là où il n'y a rien, « nd », ou
        « c » d'un bailleur quand aucun n'y paraît.

        ``cellules`` : une colonne par clé. ``fixes`` : les clés qui valent autre chose que leur colonne.
        """
        voulues = cellules.assign(**fixes)[CLES]
        trouvees = self._cellules.reindex(pd.MultiIndex.from_frame(voulues)).set_axis(cellules.index)
        de_tous = pd.MultiIndex.from_frame(voulues.assign(bailleur=TOUS)).isin(self._cellules.index)
        croisee = pd.MultiIndex.from_frame(voulues[_CROISEMENT]).isin(self._croisees)
        tue = voulues["bailleur"].ne(TOUS).to_numpy() & de_tous & ~croisee
        manque = pd.Series(np.where(tue, SECRET, NON_DISPONIBLE), cellules.index, dtype=object)
        return trouvees.assign(statut=trouvees["statut"].astype(object).where(trouvees["statut"].notna(), manque))

    def statuts(self, cellules: pd.DataFrame, **fixes) -> pd.Series:
        """Le statut de chaque cellule : voir :meth:`lire`."""
        return self.lire(cellules, **fixes)["statut"]
