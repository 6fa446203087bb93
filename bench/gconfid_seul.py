"""G-Confid (Statistique Canada) seul, dans l'interpréteur où il est installé : voir ``perte.py``.

Lit des problèmes sur l'entrée, un objet JSON par ligne ; rend, de même, les cellules cachées et les secondes prises.
Un problème : ``bruits``, ``sensibilites``, ``etats`` et ``couts``, par cellule ; ``sommes``, listes de (cellule,
signe) ; ``deux_phases`` : reprendre le motif trouvé pour n'en garder que l'utile.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time

import pandas as pd
import pulp


def cacher(probleme: dict) -> dict:
    """Le motif de G-Confid : les rangs des cellules cachées."""
    from gconfid.suppression.suppression import Suppression  # il parle dès qu'on l'importe : la sortie est prête

    cellules = pd.DataFrame(
        {
            "CellId": range(1, len(probleme["bruits"]) + 1), "TotalNoise": probleme["bruits"],
            "Sensitivity": probleme["sensibilites"], "Status": probleme["etats"], "Type": "C",
            "Cout": probleme["couts"],
        }
    ).astype({"TotalNoise": float, "Sensitivity": float, "Cout": float})  # fmt: skip
    sommes = pd.DataFrame(
        [(n, c + 1, s) for n, somme in enumerate(probleme["sommes"], start=1) for c, s in somme],
        columns=["ConstraintId", "CellId", "Coefficient"],
    )
    seconde = {"cost_function2": "SIZE", "cost_var2": "Cout"} if probleme["deux_phases"] else {}
    depart = time.perf_counter()
    trouve = Suppression(
        incell=cellules, inconstraint=sommes, cost_function1="SIZE", cost_var1="Cout", constraint_scale=1,
        custom_solver=pulp.HiGHS(threads=1, msg=False), trace=logging.CRITICAL, **seconde,
    )  # fmt: skip
    secondes = time.perf_counter() - depart
    acheve = trouve.outsuppress_failed is None
    motif = (trouve.outsuppress if acheve else trouve.outsuppress_failed).to_pandas()
    cachees = motif.loc[motif["OutStatus"].eq("X"), "CellId"].astype(int) - 1
    return {"cachees": sorted(cachees.tolist()), "secondes": secondes, "acheve": acheve}


def principal() -> None:
    """Répondre à chaque ligne ; tout ce que G-Confid imprime va sur la sortie d'erreur."""
    reponses = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for ligne in sys.stdin:
        print(json.dumps(cacher(json.loads(ligne))), file=reponses, flush=True)


if __name__ == "__main__":
    principal()
