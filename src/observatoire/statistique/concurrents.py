r"""L'attente quand une demande peut finir de plusieurs façons : l'estimateur d'Aalen et Johansen, entrées tardives.

Une demande est satisfaite, ou se retire, ou attend encore. Compter une demande retirée comme si elle attendait toujours
suppose qu'elle sera un jour satisfaite comme les autres, et gonfle à la fois la part qui attend et celle qui sera
servie. Avec $d_{ks}$ sorties pour la cause $k$ à l'âge $s$, $d_s$ pour toutes et $n_s$ demandes observées à cet âge :

$$ S(t) = \prod_{s \le t} \left(1 - \frac{d_s}{n_s}\right), \qquad
F_k(t) = \sum_{s \le t} S(s^-)\,\frac{d_{ks}}{n_s}, \qquad S(t) + \sum_k F_k(t) = 1. $$

Une demande déposée avant l'année n'est observée qu'à partir de l'âge qu'elle avait au 1er janvier : celles qui en sont
sorties plus tôt ne se voient pas, et l'ignorer allongerait les délais.

$$ \operatorname{Var} F_k(t) = \sum_{s \le t} \left[ (F_k(t) - F_k(s))^2 \frac{d_s}{n_s(n_s - d_s)}
+ S(s^-)^2 \frac{d_{ks}(n_s - d_{ks})}{n_s^3} - 2\,(F_k(t) - F_k(s))\,S(s^-) \frac{d_{ks}}{n_s^2} \right] $$

L'intervalle est pris sur $\log(-\log F)$ ; celui d'un âge inverse cette bande.

**Référence.** Aalen O. et Johansen S. (1978), *Scandinavian Journal of Statistics* 5, 141-150 ; Marubini E. et
Valsecchi M. G. (1995), *Analysing Survival Data from Clinical Trials and Observational Studies*, § 10.2 (variance) ;
Geskus R. B. (2011), *Biometrics* 67, 39-49 (entrées tardives). Sans entrée tardive, égal à
``statsmodels.duration.survfunc.CumIncidenceRight``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from observatoire.statistique.intervalles import CONFIANCE, quantile


@dataclass(frozen=True)
class Courbe:
    """Une part à chaque âge, et ses bornes : celle qui attend encore, ou celle qui est sortie pour une cause."""

    part: np.ndarray
    basse: np.ndarray
    haute: np.ndarray


@dataclass(frozen=True)
class Incidences:
    """Ce que deviennent les demandes avec l'âge ; une place par âge où l'une d'elles est sortie.

    ``temps`` : ces âges, en mois ; ``risque`` : combien y sont observées ; ``attend`` : la part qui attend encore ;
    ``sorties`` : une :class:`Courbe` par cause, dans l'ordre des causes.
    """

    temps: np.ndarray
    risque: np.ndarray
    attend: Courbe
    sorties: list[Courbe]

    def a(self, courbe: Courbe, age: float) -> tuple[float, float, float, float]:
        """La part d'une courbe à un âge, ses bornes, et combien de demandes en portent l'observation.

        Avant la première sortie, tout le monde attend : la part est connue, sans intervalle.
        """
        rang = int(np.searchsorted(self.temps, age, side="right")) - 1
        if rang < 0:
            part = 1.0 if courbe is self.attend else 0.0
            return part, part, part, float(self.risque[0]) if len(self.risque) else 0.0
        return tuple(float(v[rang]) for v in (courbe.part, courbe.basse, courbe.haute, self.risque))

    def age(self, courbe: Courbe, part: float) -> tuple[float, float, float, float]:
        """L'âge auquel ``part`` de toutes les demandes sont sorties pour cette cause, ses bornes, et l'observation.

        Un âge ou une borne que la courbe n'atteint pas manque : une part peut ne jamais l'être.
        """
        rangs = [_premier(valeurs, part) for valeurs in (courbe.part, courbe.haute, courbe.basse)]
        age, bas, haut = (float(self.temps[r]) if r is not None else np.nan for r in rangs)
        return age, bas, haut, float(self.risque[rangs[0]]) if rangs[0] is not None else 0.0


def estimer_les_incidences(entree, sortie, cause, causes: int, poids=None, confiance: float = CONFIANCE) -> Incidences:
    """Suivre des demandes observées après l'âge ``entree`` et jusqu'à l'âge ``sortie`` (mois entiers).

    ``cause`` : le rang de ce qui l'a fait sortir, de 0 à ``causes`` - 1, ou -1 si elle attend encore. ``entree`` vaut
    -1 quand la demande est observée dès son dépôt. ``poids`` : combien de demandes chaque ligne représente.
    """
    entree, sortie, cause = (np.asarray(v, dtype=np.int64) for v in (entree, sortie, cause))
    poids = np.ones(len(entree)) if poids is None else np.asarray(poids, dtype=float)
    observees = sortie > entree
    entree, sortie, cause, poids = (v[observees] for v in (entree, sortie, cause, poids))
    taille = int(sortie.max(initial=0)) + 2
    entrees = np.bincount(entree + 1, weights=poids, minlength=taille)
    parties = np.bincount(sortie, weights=poids, minlength=taille)
    # À l'âge t sont observées celles entrées avant t et pas encore sorties.
    risque = np.cumsum(entrees)[:taille] - np.concatenate([[0], np.cumsum(parties)[: taille - 1]])
    par_cause = np.stack([np.bincount(sortie, weights=poids * (cause == k), minlength=taille) for k in range(causes)])
    temps = np.flatnonzero(par_cause.sum(axis=0) > 0)
    n, d = risque[temps], par_cause[:, temps]
    toutes = d.sum(axis=0) / n
    attend = np.cumprod(1 - toutes)
    avant = np.concatenate([[1.0], attend])[: len(temps)]
    # Là où tout le monde sort, rien ne suit : le terme est nul.
    propagee = np.divide(toutes, n * (1 - toutes), out=np.zeros(len(temps)), where=toutes < 1)
    sorties = [_sortie(avant, d[k] / n, n, propagee, confiance) for k in range(causes)]
    erreur = attend * np.sqrt(np.cumsum(propagee))
    return Incidences(temps, n, _encadrer(attend, erreur, confiance), sorties)


def _sortie(avant, taux, n, propagee, confiance: float) -> Courbe:
    """La part sortie pour une cause ; sa variance, développée pour que chaque somme ne soit parcourue qu'une fois."""
    part = np.cumsum(avant * taux)
    propres = np.cumsum(avant**2 * taux * (1 - taux) / n)
    croises = part * np.cumsum(avant * taux / n) - np.cumsum(avant * taux * part / n)
    transmis = part**2 * np.cumsum(propagee) - 2 * part * np.cumsum(part * propagee) + np.cumsum(part**2 * propagee)
    return _encadrer(part, np.sqrt(np.maximum(propres - 2 * croises + transmis, 0)), confiance)


def _encadrer(part: np.ndarray, erreur: np.ndarray, confiance: float) -> Courbe:
    z = quantile(confiance)
    connue = (part > 0) & (part < 1)
    dedans = np.where(connue, part, 0.5)
    ecart = erreur / np.abs(dedans * np.log(dedans))
    with np.errstate(over="ignore"):  # une part presque nulle ou presque entière : la borne est 0 ou 1
        bornes = [np.where(connue, dedans ** np.exp(signe * z * ecart), np.nan) for signe in (1, -1)]
    return Courbe(part, *bornes)


def _premier(parts: np.ndarray, seuil: float) -> int | None:
    atteint = np.flatnonzero(parts >= seuil - 1e-12)
    return int(atteint[0]) if len(atteint) else None
