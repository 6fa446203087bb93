"""Ce qui paraît des indicateurs d'un public, cherché cellule par cellule."""

from __future__ import annotations

import pandas as pd

from observatoire.publie.tables import CLES


class Parution:
    """Les indicateurs d'un public, après protection, rangés par :data:`observatoire.publie.CLES`."""

    def __init__(self, protegee: pd.DataFrame):
        self._cellules = protegee.drop_duplicates(CLES).set_index(CLES)

    def lire(self, cellules: pd.DataFrame, **fixes) -> pd.DataFrame:
        """Les mesures et le statut de chaque cellule, sous l'index de ``cellules`` ; « nd » là où il n'y a rien.

        ``cellules`` : une colonne par clé. ``fixes`` : les clés qui valent autre chose que leur colonne.
        """
        cles = pd.MultiIndex.from_frame(cellules.assign(**fixes)[CLES])
        trouvees = self._cellules.reindex(cles).set_axis(cellules.index)
        return trouvees.assign(statut=trouvees["statut"].astype(object).where(trouvees["statut"].notna(), "nd"))

    def statuts(self, cellules: pd.DataFrame, **fixes) -> pd.Series:
        """Le statut de chaque cellule : voir :meth:`lire`."""
        return self.lire(cellules, **fixes)["statut"]
