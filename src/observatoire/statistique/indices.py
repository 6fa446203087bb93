r"""Les indices de mixité : une fonction par indice, une formule ; sa docstring est la fiche publiée.

Chaque fonction reçoit des comptes, les unités puis les classes sur les deux derniers axes : (…, unités, classes). Elle
rend un indice par tableau ; les axes d'avant (des tirages, des années) passent tels quels. Une unité vide ne compte
pas.
"""

from __future__ import annotations

import numpy as np
from scipy.special import entr


def dissimilarite(comptes: np.ndarray) -> np.ndarray:
    r"""Part des ménages du groupe qui devraient changer de quartier pour que tous aient la même part du groupe.

    $$ D = \frac{1}{2} \sum_i \left| \frac{g_i}{G} - \frac{a_i}{A} \right| $$

    $g_i$ : ménages du groupe dans le quartier $i$ ; $a_i$ : les autres ; $G$, $A$ : leurs totaux dans la ville. Zéro :
    le groupe est réparti comme les autres ; un : ils ne partagent aucun quartier.

    **Pièges.** Biaisé vers le haut : au seul hasard, de petits quartiers diffèrent ; lire l'indice corrigé. Le
    découpage compte : plus les unités sont fines, plus l'indice est élevé. Il ignore où sont les quartiers les uns par
    rapport aux autres.

    **Référence.** O. D. Duncan, B. Duncan, « A methodological analysis of segregation indexes », *American Sociological
    Review*, 20, 1955.
    """
    parts = comptes / comptes.sum(axis=-2, keepdims=True)
    return np.abs(parts[..., 0] - parts[..., 1]).sum(axis=-1) / 2


def dissimilarite_corrigee(observee, attendue):
    r"""Dissimilarité de ce qu'une répartition au hasard ne suffit pas à expliquer.

    $$ D_c = \sqrt{\max(0,\; D^2 - D^{*2})} $$

    $D^*$ : ce que vaut $D$ en moyenne quand les ménages sont répartis au hasard, la taille de chaque quartier et le
    nombre de ménages du groupe restant les mêmes ; il est calculé exactement (loi hypergéométrique). Zéro : le hasard
    suffit. Le hasard ajoute sa variance à celle des quartiers : ce sont les carrés qui se retranchent.

    **Pièges.** Corrige le biais, pas l'incertitude : lire l'intervalle. Retrancher $D^*$ lui-même (Winship)
    ôterait trop dès qu'une ségrégation existe.

    **Référence.** C. Winship, « A revaluation of indexes of residential segregation », *Social Forces*, 55, 1977 ;
    R. Allen, S. Burgess, R. Davidson, F. Windmeijer, « More reliable inference for the dissimilarity index of
    segregation », *Econometrics Journal*, 18, 2015.
    """
    return np.sqrt(np.maximum(np.square(observee) - np.square(attendue), 0.0))


def isolement(comptes: np.ndarray) -> np.ndarray:
    r"""Part du groupe dans le quartier d'un ménage du groupe, en moyenne.

    $$ I = \sum_i \frac{g_i}{G} \cdot \frac{g_i}{t_i} $$

    $g_i$ : ménages du groupe dans le quartier $i$ ; $t_i$ : tous ses ménages ; $G$ : le groupe dans la ville.

    **Pièges.** Dépend d'abord de la part du groupe dans la ville : sans aucune ségrégation, il lui est égal. Le
    comparer à ce que donnerait le hasard, et lire la décomposition avant de comparer deux années.

    **Référence.** W. Bell, « A probability model for the measurement of ecological segregation », *Social Forces*, 32,
    1954 ; D. S. Massey, N. A. Denton, « The dimensions of residential segregation », *Social Forces*, 67, 1988.
    """
    groupe, total = comptes[..., 0], comptes.sum(axis=-1)
    return (groupe * _part(groupe, total)).sum(axis=-1) / groupe.sum(axis=-1)


def theil_h(comptes: np.ndarray) -> np.ndarray:
    r"""Part de la diversité de la ville qui sépare ses quartiers au lieu de se retrouver dans chacun.

    $$ H = \sum_i \frac{t_i}{T} \cdot \frac{E - E_i}{E}, \qquad E = \sum_k p_k \ln \frac{1}{p_k} $$

    $E_i$ : entropie du quartier $i$ ; $E$ : celle de la ville ; $t_i$, $T$ : leurs ménages ; $p_k$ : part de la
    classe $k$. Zéro : chaque quartier est fait comme la ville ; un : aucun n'a deux classes.

    **Pièges.** Les classes sont traitées comme de simples catégories : leur ordre ne compte pas. Biaisé vers le haut
    dans de petits quartiers : le comparer à ce que donnerait le hasard.

    **Référence.** H. Theil, A. J. Finizza, « A note on the measurement of racial integration of schools by means of
    informational concepts », *Journal of Mathematical Sociology*, 1, 1971 ; S. F. Reardon, G. Firebaugh, « Measures of
    multigroup segregation », *Sociological Methodology*, 32, 2002.
    """
    total = comptes.sum(axis=-1)
    ville = comptes.sum(axis=-2)
    diversite = entr(ville / ville.sum(axis=-1, keepdims=True)).sum(axis=-1)
    poids = total / total.sum(axis=-1, keepdims=True)
    return 1 - (poids * _entropie(comptes)).sum(axis=-1) / diversite


def entropie(comptes: np.ndarray) -> np.ndarray:
    r"""Diversité d'un quartier : zéro si tous ses ménages sont de la même classe, un s'ils s'y partagent également.

    $$ E_i = \frac{1}{\ln K} \sum_{k=1}^{K} p_{ik} \ln \frac{1}{p_{ik}} $$

    $p_{ik}$ : part de la classe $k$ dans le quartier $i$ ; $K$ : nombre de classes.

    **Pièges.** Mesure la diversité, pas la ressemblance avec la ville : un quartier peut être plus divers qu'elle. Un
    quartier petit paraît un peu moins divers par le seul hasard. Dépend des classes choisies.

    **Référence.** H. Theil, *Statistical Decomposition Analysis*, 1972 ; S. F. Reardon, G. Firebaugh, « Measures of
    multigroup segregation », *Sociological Methodology*, 32, 2002.
    """
    return _entropie(comptes) / np.log(comptes.shape[-1])


def _entropie(comptes: np.ndarray) -> np.ndarray:
    return entr(_part(comptes, comptes.sum(axis=-1, keepdims=True))).sum(axis=-1)


def _part(partie: np.ndarray, tout: np.ndarray) -> np.ndarray:
    """Zéro dans une unité vide."""
    return np.divide(partie, tout, out=np.zeros(np.broadcast_shapes(partie.shape, tout.shape)), where=tout > 0)
