r"""À combien près un indice de mixité est connu : la méthode delta.

Chaque unité garde sa taille, et ses ménages sont tirés de sa composition moyenne (loi multinomiale) ; à chaque compte
publié s'ajoute un bruit de variance $B$. La variance d'un indice est celle de sa partie linéaire :

$$ V = \sum_{i,k} n_{ik} \left(d_{ik} - \bar d_i\right)^2 + B \sum_{i,k} d_{ik}^2 $$

$n_{ik}$ : ménages de la classe $k$ dans l'unité $i$ ; $d_{ik}$ : pente de l'indice quand ce compte change ;
$\bar d_i$ : leur moyenne dans l'unité. L'intervalle tient ce que l'indice vaut en moyenne, biais compris : il ne le
corrige pas. Près de zéro, où l'indice n'est plus linéaire, il est trop large plutôt que trop court
(``bench/RESULTATS.md``). L'entropie d'une seule unité, petite, a de plus son terme du second ordre, $(K - 1) / 2n^2$.

**Référence.** M. R. Ransom, « Sampling distributions of segregation indexes », *Sociological Methods & Research*, 28,
2000 ; R. Allen et al., *Econometrics Journal*, 18, 2015 ; pour l'entropie, B. Harris, « The statistical estimation of
entropy in the non-parametric case », *Topics in Information Theory*, 1975.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from observatoire.statistique import indices
from observatoire.statistique.intervalles import CONFIANCE


def pente_de_la_dissimilarite(comptes: np.ndarray) -> np.ndarray:
    """Comme les autres pentes, de la forme des comptes (unités, classes) ; où un compte est nul, elle ne sert pas."""
    totaux = comptes.sum(axis=0)
    parts = comptes / totaux
    signe = np.sign(parts[:, 0] - parts[:, 1])[:, None]
    return (signe - (signe * parts).sum(axis=0)) / totaux * [0.5, -0.5]


def pente_de_l_isolement(comptes: np.ndarray) -> np.ndarray:
    """De deux classes."""
    groupe, tailles = comptes[:, 0], comptes.sum(axis=1)
    parts = np.divide(groupe, tailles, out=np.zeros(len(comptes)), where=tailles > 0)
    du_groupe = 2 * parts - parts**2 - indices.isolement(comptes)
    return np.column_stack([du_groupe, -(parts**2)]) / groupe.sum()


def pente_de_theil(comptes: np.ndarray) -> np.ndarray:
    """De toute répartition."""
    classes, tailles, total = comptes.sum(axis=0), comptes.sum(axis=1, keepdims=True), comptes.sum()
    diversite = total * _log(total) - (classes * _log(classes)).sum()
    ville, ici = _log(total) - _log(classes), _log(tailles) - _log(comptes)
    return ((1 - indices.theil_h(comptes)) * ville - ici) / diversite


def pente_de_l_entropie(comptes: np.ndarray) -> np.ndarray:
    """De l'entropie de chaque unité, selon ses propres comptes."""
    tailles = np.maximum(comptes.sum(axis=1, keepdims=True), 1)
    autant = np.log(comptes.shape[1])
    return ((_log(tailles) - _log(comptes)) / autant - indices.entropie(comptes)[:, None]) / tailles


def variances_de_l_entropie(comptes: np.ndarray, bruit: float = 0.0) -> np.ndarray:
    """La variance de l'entropie de chaque unité ; ``bruit`` : voir :func:`variances`."""
    tailles, autant = np.maximum(comptes.sum(axis=1), 1), np.log(comptes.shape[1])
    second_ordre = (comptes.shape[1] - 1) / 2 / (tailles * autant) ** 2
    return variances(comptes, pente_de_l_entropie(comptes), bruit) + second_ordre


def _log(nombres: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(nombres, 1))


def variances(comptes: np.ndarray, pente: np.ndarray, bruit: float = 0.0) -> np.ndarray:
    """Ce que chaque unité ajoute à la variance d'un indice de cette ``pente`` (unités, classes).

    ``bruit`` : variance de celui de chaque compte publié ; un compte nul n'en a pas. De deux classes, ceux du groupe et
    de l'unité sont publiés : l'autre classe en est la différence.
    """
    tailles = comptes.sum(axis=1, keepdims=True)
    moyennes = (comptes * pente).sum(axis=1, keepdims=True) / np.maximum(tailles, 1)
    publies, selon_eux = comptes, pente
    if comptes.shape[1] == 2:
        publies = np.column_stack([comptes[:, 0], tailles])
        selon_eux = np.column_stack([pente[:, 0] - pente[:, 1], pente[:, 1]])
    return (comptes * (pente - moyennes) ** 2 + bruit * (publies > 0) * selon_eux**2).sum(axis=1)


def encadrer(valeur: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """L'intervalle à 95 % d'un indice, ou d'une différence d'indices, de cette ``variance``."""
    marge = ndtri((1 + CONFIANCE) / 2) * np.sqrt(variance)
    return valeur - marge, valeur + marge
