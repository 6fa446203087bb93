"""Une colonne qui se répète se traite valeur distincte par valeur distincte ; de l'autre, les dénombrer coûterait plus
que tout traiter.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

#: Les premières lignes, qui en jugent : le résultat est le même, seul son coût en dépend.
PREMIERES = 4096


def se_repete(valeurs: pa.Array | pa.ChunkedArray) -> bool:
    """Une valeur sur deux au moins, parmi les premières, en répète-t-elle une autre ?

    >>> se_repete(pa.array(["T1", "T2", "T1", "T1"])), se_repete(pa.array(["a", "b", "c"]))
    (True, False)
    """
    debut = valeurs[:PREMIERES]
    return 2 * len(pc.unique(debut)) <= len(debut)
