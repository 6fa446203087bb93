r"""Les bailleurs côte à côte : sur un même lieu, qui fait autrement que les autres, et de combien.

L'écart d'un bailleur est la différence entre sa part et celle de tous les autres du même lieu. Les autres sont la ligne
publiée de tous, moins celle du bailleur : l'écart ne dit rien que ces deux lignes ne disent. Son intervalle est celui
de Newcombe, élargi du bruit des quatre comptes ($V$ est la variance de chacun) :

$$ V\left[\left(\tfrac1{n_b} + \tfrac1{n_a}\right)^2 + \left(\tfrac{p_b}{n_b} + \tfrac{p_a}{n_a}\right)^2
   + \frac{1 + p_a^2}{n_a^2}\right] $$

L'écart *à logements égaux* est le même, déplacé (:mod:`.deplacements`), l'attendu étant tenu pour exact.

**Référence.** Newcombe R. G. (1998), *Statistics in Medicine* 17, 873-890.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.publie import CLES, Parution
from observatoire.statistique import intervalles
from observatoire.sujets.objectifs.calcul.declaration import JUGES
from observatoire.sujets.objectifs.calcul.deplacements import PRATIQUES
from observatoire.sujets.objectifs.tables import COTE_A_COTE
from observatoire.vocabulaire import MOINS, PLUS, SEMBLABLE

COLONNES = COTE_A_COTE.noms
#: Décimales de ce qui est calculé.
DECIMALES = 3
_TOUS = "tous"


def comparer_les_bailleurs(publiees: pd.DataFrame, deplacements: pd.DataFrame, seuil: int) -> pd.DataFrame:
    """Une ligne par bailleur et pratique en un lieu (:data:`COLONNES`).

    ``publiees`` : les indicateurs d'un public, et la ``variance`` du bruit de chaque ligne. ``deplacements`` : voir
    :data:`.deplacements.COLONNES`. Statuts : ``ne`` si les autres ont moins de ``seuil``
    unités ; sinon le premier de ceux des deux lignes qui n'est pas « publie ».
    """
    utiles = publiees[publiees["niveau"].isin(JUGES) & publiees["indicateur"].isin(PRATIQUES)]
    siens = utiles[utiles["bailleur"].ne(_TOUS) & utiles["statut"].isin(["publie", "c"])]
    siens = siens.sort_values(CLES, ignore_index=True).astype(dict.fromkeys(CLES[1:], object))
    tous = Parution(utiles).lire(siens, bailleur=_TOUS)
    x, n, x_tous, n_tous = (t[c].to_numpy(float) for t in (siens, tous) for c in ("numerateur", "denominateur"))
    n_autres = n_tous - n
    statut = np.where(siens["statut"].eq("publie"), tous["statut"], siens["statut"])
    statut = np.where((statut == "publie") & ~(n_autres >= seuil), "ne", statut)
    parait = statut == "publie"
    n_autres = np.where(parait, n_autres, np.nan)
    x_autres = np.clip(x_tous - x, 0, n_autres)
    variance = np.maximum(siens["variance"].to_numpy(float), tous["variance"].to_numpy(float))
    deplacement = siens[CLES].merge(deplacements, how="left", on=CLES)["deplacement"].to_numpy(float)
    mesures = _mesurer((x, n), (x_autres, n_autres), variance, deplacement)
    table = siens[CLES].assign(**{nom: mesure.round(DECIMALES) for nom, mesure in mesures.items()}, statut=statut)
    sens = [~parait, table["standardise_bas"] > 0, table["standardise_haut"] < 0]
    table["sens"] = np.select(sens, ["", PLUS, MOINS], SEMBLABLE)
    table["nb_comparaisons"] = table.groupby(["annee", "niveau", "indicateur"])["statut"].transform("size").astype(int)
    return table[COLONNES]


def _mesurer(siens: tuple, autres: tuple, variance: np.ndarray, deplacement: np.ndarray) -> dict[str, np.ndarray]:
    (x, n), (x_a, n_a) = siens, autres
    with np.errstate(divide="ignore", invalid="ignore"):
        p, p_a = x / n, x_a / n_a
        bruit = variance * ((1 / n + 1 / n_a) ** 2 + (p / n + p_a / n_a) ** 2 + (1 + p_a**2) / n_a**2)
    ecart = p - p_a
    bas, haut = intervalles.elargir(ecart, *intervalles.newcombe(x, n, x_a, n_a), np.sqrt(bruit))
    return {
        "autres": p_a, "ecart": ecart, "ecart_bas": bas, "ecart_haut": haut, "standardise": ecart + deplacement,
        "standardise_bas": bas + deplacement, "standardise_haut": haut + deplacement,
    }  # fmt: skip
