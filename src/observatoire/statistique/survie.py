r"""L'attente par l'analyse de survie : l'estimateur de Kaplan et Meier, avec entrées tardives.

Une demande déposée avant l'année n'est observée qu'à partir de l'âge qu'elle avait au 1er janvier : celles qui ont été
satisfaites plus tôt ne se voient pas, et l'ignorer allongerait les délais. Avec $d_t$ demandes satisfaites à l'âge $t$
et $n_t$ demandes observées à cet âge :

$$ S(t) = \prod_{s \le t} \left(1 - \frac{d_s}{n_s}\right) $$

L'intervalle est celui de Greenwood, calculé sur $\log(-\log S)$ ; celui d'un quantile inverse cette bande.

**Référence.** Kaplan E. L. et Meier P. (1958), *JASA* 53, 457-481 ; Klein J. P. et Moeschberger M. L. (2003),
*Survival Analysis*, § 4.6 (entrées tardives) ; Brookmeyer R. et Crowley J. (1982), *Biometrics* 38, 29-41. Égal à
``statsmodels.duration.survfunc.SurvfuncRight(entry=…)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from observatoire.statistique.intervalles import CONFIANCE


@dataclass(frozen=True)
class Survie:
    """Une ligne par âge où une demande a été satisfaite. ``temps`` (mois), ``risque`` et ``evenements`` (nombres),
    ``survie`` et ses bornes."""

    temps: np.ndarray
    risque: np.ndarray
    evenements: np.ndarray
    survie: np.ndarray
    basse: np.ndarray
    haute: np.ndarray

    def a(self, age: float) -> tuple[float, float, float, float]:
        """La survie à un âge, ses bornes, et combien de demandes en portent l'observation."""
        rang = int(np.searchsorted(self.temps, age, side="right")) - 1
        if rang < 0:
            return 1.0, 1.0, 1.0, float(self.risque[0]) if len(self.risque) else 0.0
        return tuple(float(v[rang]) for v in (self.survie, self.basse, self.haute, self.risque))


def estimer(entree, sortie, evenement, poids=None, confiance: float = CONFIANCE) -> Survie:
    """Estimer la survie de demandes observées après l'âge ``entree`` et jusqu'à l'âge ``sortie`` (mois entiers).

    ``evenement`` : vrai si elle est satisfaite à ``sortie``, faux si elle attend encore ou s'est retirée. ``entree``
    vaut -1 quand la demande est observée dès son dépôt. ``poids`` : combien de demandes chaque ligne représente.
    """
    entree, sortie = (np.asarray(v, dtype=np.int64) for v in (entree, sortie))
    evenement = np.asarray(evenement, dtype=bool)
    poids = np.ones(len(entree)) if poids is None else np.asarray(poids, dtype=float)
    observees = sortie > entree
    entree, sortie, evenement, poids = (v[observees] for v in (entree, sortie, evenement, poids))
    taille = int(sortie.max(initial=0)) + 2
    entrees = np.bincount(entree + 1, weights=poids, minlength=taille)
    sorties = np.bincount(sortie, weights=poids, minlength=taille)
    # À l'âge t sont observées celles entrées avant t et pas encore sorties.
    risque = np.cumsum(entrees)[:taille] - np.concatenate([[0], np.cumsum(sorties)[: taille - 1]])
    evenements = np.bincount(sortie, weights=poids * evenement, minlength=taille)
    temps = np.flatnonzero(evenements > 0)
    n, d = risque[temps], evenements[temps]
    survie = np.cumprod(1 - d / n)
    return Survie(temps, n, d, survie, *_encadrer(survie, d, n, confiance))


def _encadrer(survie: np.ndarray, d: np.ndarray, n: np.ndarray, confiance: float) -> tuple[np.ndarray, np.ndarray]:
    z = float(special.ndtri(0.5 + confiance / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        ecart = np.sqrt(np.cumsum(d / (n * (n - d)))) / np.abs(np.log(survie))
        basse, haute = (survie ** np.exp(signe * z * ecart) for signe in (1, -1))
    connue = (survie > 0) & (survie < 1)
    return np.where(connue, basse, np.nan), np.where(connue, haute, np.nan)


def quantile(courbe: Survie, part: float) -> tuple[float, float, float, float]:
    """L'âge auquel ``part`` des demandes sont satisfaites, ses bornes, et combien de demandes y sont observées.

    Un âge ou une borne que l'observation n'atteint pas manque.
    """
    reste = 1 - part
    rangs = [_premier(courbe.survie, reste), _premier(courbe.basse, reste), _premier(courbe.haute, reste)]
    age, basse, haute = (float(courbe.temps[r]) if r is not None else np.nan for r in rangs)
    return age, basse, haute, float(courbe.risque[rangs[0]]) if rangs[0] is not None else 0.0


def _premier(valeurs: np.ndarray, seuil: float) -> int | None:
    dessous = np.flatnonzero(valeurs <= seuil + 1e-12)
    return int(dessous[0]) if len(dessous) else None
