"""Le contexte : les chiffres de la commune et de l'EPCI, à côté de ceux de l'observatoire.

Ils viennent des fichiers ouverts du RPLS déposés tels quels dans ``referentiels/contexte`` (:mod:`.feuilles` les lit,
:mod:`.rpls` y prend les territoires de la configuration, :mod:`.mesures` en tire des indicateurs) et, pour ce que le
RPLS ne donne pas, du relevé tenu à la main ``referentiels/contexte.csv`` (:mod:`.recopie`). Les deux sont facultatifs.
"""

from __future__ import annotations

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.sujets.revue.calcul.contexte import recopie, rpls
from observatoire.sujets.revue.calcul.contexte.mesures import CLES, COLONNES

__all__ = ["COLONNES", "lire_contexte"]


def lire_contexte(config: Configuration) -> pd.DataFrame:
    """Les chiffres de contexte (:data:`COLONNES`), triés ; aucune ligne quand rien n'est déposé.

    ``valeur`` est à l'échelle publiée (une fraction pour une part) et n'est donnée que si ``statut`` est ``publie``.
    ``denominateur`` manque quand la source ne publie qu'un taux. Une case qu'un fichier laisse ``nd`` cède à la ligne
    recopiée. Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas, fichiers et relevé ensemble.
    """
    referentiels = config.chemin("referentiels")
    recopies, defauts = recopie.lire_les_recopies(referentiels)
    deposes, problemes = rpls.lire_les_deposes(config)
    cles = pd.MultiIndex.from_frame(recopies[CLES])
    deposes = deposes[~(deposes["statut"].eq("nd") & pd.MultiIndex.from_frame(deposes[CLES]).isin(cles))]
    problemes = [*defauts, *problemes, *_en_double(recopies, deposes)]
    if problemes:
        liste = "\n".join(f"  - {p}" for p in problemes)
        raise ErreurConfiguration(f"contexte de la revue, dans {referentiels.name} :\n{liste}")
    reunis = pd.concat([t.astype(object) for t in (recopies, deposes)], ignore_index=True)
    types = {"annee": "int64", "valeur": "float64", "denominateur": "float64"}
    return reunis.astype(types).sort_values(CLES, ignore_index=True)[COLONNES]


def _en_double(recopies: pd.DataFrame, deposes: pd.DataFrame) -> list[str]:
    doubles = recopies.merge(deposes, on=CLES, suffixes=("", "_depose"))
    return [
        f"{recopie.FICHIER} : {annee}, {echelle} {territoire}, {indicateur} est aussi donné par « {source} ». Retirer "
        "la ligne recopiée, ou le fichier."
        for annee, echelle, territoire, indicateur, source in zip(
            *(doubles[c] for c in (*CLES, "source_depose")), strict=True
        )
    ]
