"""Ce que vaudraient les indices si les ménages étaient répartis au hasard.

La valeur attendue est exacte : à tailles des unités et totaux des classes fixés, le compte d'une case suit une loi
hypergéométrique. La probabilité d'un indice qui est un khi-deux à un facteur près (isolement : celui de Pearson ;
Theil : le rapport de vraisemblance) en vient, ramené à sa moyenne exacte (correction de Bartlett) ; celle des autres,
de tirages, toujours les mêmes pour la même table.

**Référence.** M. S. Bartlett, *Proceedings of the Royal Society A*, 160, 1937 ; D. A. Williams, « Improved likelihood
ratio tests for complete contingency tables », *Biometrika*, 63, 1976.
"""

from __future__ import annotations

import zlib

import numpy as np
from scipy.special import chdtrc, entr, gammaln

TIRAGES = 999
#: Au-delà de ce nombre de cases, il y a moins de tirages, mais jamais moins de :data:`TIRAGES_AU_MOINS`.
CASES = 4_000_000
TIRAGES_AU_MOINS = 99
RISQUE = 0.05
PLANCHER = 1 / (1 + TIRAGES)


def dissimilarite_attendue(comptes: np.ndarray) -> float:
    """La dissimilarité moyenne au hasard de deux classes (unités, 2) : écart moyen d'une loi hypergéométrique.

    Référence : Winship (1977) ; P. Diaconis, S. Zabell, « Closed form summation for classical distributions », 1991.
    """
    tailles, (groupe, autres) = comptes.sum(axis=1), comptes.sum(axis=0)
    total = groupe + autres
    seuil = np.floor(tailles * groupe / total) + 1
    atteint = _loi(seuil, total, groupe, tailles)
    ecart = 2 * seuil * (autres - tailles + seuil) / total * atteint
    return float(ecart.sum() * total / (2 * groupe * autres))


def isolement_attendu(comptes: np.ndarray) -> float:
    """L'isolement moyen au hasard du premier groupe (unités, 2)."""
    tailles, (groupe, autres) = comptes.sum(axis=1), comptes.sum(axis=0)
    tailles, total = tailles[tailles > 0], groupe + autres
    part = groupe / total
    variance = tailles * part * (1 - part) * (total - tailles) / max(total - 1, 1)
    return float((((tailles * part) ** 2 + variance) / tailles).sum() / groupe)


def theil_attendu(comptes: np.ndarray) -> float:
    """Le Theil H moyen au hasard (unités, classes)."""
    tailles, classes = comptes.sum(axis=1), comptes.sum(axis=0)
    diversite = entr(classes / classes.sum()).sum()
    return float(1 - tailles @ entropies_attendues(tailles, classes) / classes.sum() / diversite)


def entropies_attendues(tailles: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """L'entropie moyenne (non rapportée à son maximum) d'unités de ces ``tailles``, remplies au hasard.

    Les unités de même taille ne sont calculées qu'une fois.
    """
    distinctes, rangs = np.unique(np.asarray(tailles, dtype=np.int64), return_inverse=True)
    taille = np.repeat(distinctes, distinctes + 1)
    debuts = np.cumsum(distinctes + 1) - distinctes - 1
    possibles = np.arange(len(taille)) - np.repeat(debuts, distinctes + 1)
    moyennes = (_loi(possibles, classes.sum(), classes[:, None], taille) * entr(possibles / np.maximum(taille, 1))).sum(
        0
    )
    return np.add.reduceat(moyennes, debuts)[rangs]


def _loi(nombre, total, groupe, taille) -> np.ndarray:
    """La loi hypergéométrique : ``nombre`` ménages du ``groupe`` parmi ``taille`` pris au hasard dans ``total``.

    Celle de scipy est cent fois plus lente sur un parc entier.
    """
    nombre, groupe, taille = (np.asarray(v).astype(np.int64) for v in (nombre, groupe, taille))
    autres, reste = total - groupe, taille - nombre
    impossible = (nombre > groupe) | (reste > autres) | (reste < 0)
    nombre, reste = np.minimum(nombre, groupe), np.clip(reste, 0, autres)
    factorielles = gammaln(np.arange(int(total) + 1) + 1.0)

    def choisir(combien, parmi):
        return factorielles[parmi] - factorielles[combien] - factorielles[parmi - combien]

    chances = choisir(nombre, groupe) + choisir(reste, autres) - choisir(taille, np.asarray(total))
    return np.where(impossible, 0.0, np.exp(chances))


def semer(*cle: object) -> np.random.Generator:
    """Un générateur qui ne dépend que de la clé de la table : deux calculs donnent les mêmes tirages."""
    return np.random.default_rng(zlib.crc32(repr(cle).encode()))


def nombre_de_tirages(comptes: np.ndarray) -> int:
    """Combien de tirages une table (unités, classes) se permet."""
    return int(np.clip(CASES // max(comptes.size, 1), TIRAGES_AU_MOINS, TIRAGES))


def tirer_au_hasard(
    comptes: np.ndarray, generateur: np.random.Generator, ville: np.ndarray | None = None
) -> np.ndarray:
    """Des tables (tirages, unités, classes) où chaque unité garde sa taille et se remplit comme la ``ville``.

    ``ville`` : ses classes, celles de toutes les unités réunies par défaut.
    """
    classes = comptes.sum(axis=0) if ville is None else ville
    tailles = comptes.sum(axis=1).astype(np.int64)
    return generateur.multinomial(tailles, classes / classes.sum(), size=(nombre_de_tirages(comptes), len(tailles)))


def probabilite_d_un_khi_deux(comptes: np.ndarray, observe: float, attendu: float) -> float:
    """La probabilité que le hasard donne au moins ``observe`` à un indice qui est un khi-deux, et vaut ``attendu`` en
    moyenne ; comme d'après des tirages, jamais moins que :data:`PLANCHER`."""
    degres = np.prod([np.count_nonzero(comptes.sum(axis=axe)) - 1 for axe in (0, 1)])
    return max(float(chdtrc(degres, degres * observe / attendu)), PLANCHER) if degres else 1.0


def probabilite(tires: np.ndarray, observe) -> np.ndarray:
    """La probabilité que le hasard donne au moins autant ; l'observation compte pour un tirage."""
    return (1 + (tires >= np.asarray(observe) - 1e-12).sum(axis=0)) / (1 + len(tires))


def probabilite_bilaterale(tires: np.ndarray, observe) -> np.ndarray:
    """La probabilité que le hasard s'écarte autant, dans un sens ou dans l'autre."""
    plus, moins = probabilite(tires, observe), probabilite(-tires, -np.asarray(observe))
    return np.minimum(1.0, 2 * np.minimum(plus, moins))
