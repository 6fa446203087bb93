r"""Les deux lois des alertes : bêta-binomiale pour une proportion, gamma-Poisson pour un taux.

La part (ou le taux) d'un territoire varie autour de ce que l'on en attend ; la loi a priori, conjuguée, a pour moyenne
cet attendu et pour dispersion un nombre : tout ce qui suit est exact et sans tirage.

**Références.** Williams D. A. (1982), *Applied Statistics* 31, 144-148 (bêta-binomiale surdispersée) ; Clayton D. et
Kaldor J. (1987), *Biometrics* 43, 671-681 (gamma-Poisson) ; Gelman A. et al. (2013), *Bayesian Data Analysis*, chap. 2.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import special

#: Un attendu nul ou certain n'a pas de loi a priori : il est ramené à ces bornes.
PLANCHER, PLAFOND = 1e-4, 0.97


class Loi(Protocol):
    """``x`` : événements ; ``n`` : unités ; ``moyenne`` et ``dispersion`` : de la loi a priori. De même forme."""

    def borner(self, moyenne): ...
    def vraisemblance(self, x, n, moyenne, dispersion): ...
    def au_dela(self, seuil, x, n, moyenne, dispersion): ...
    def esperance(self, x, n, moyenne, dispersion): ...
    def lien(self, moyenne): ...
    def delier(self, valeur): ...
    def variance(self, moyenne, n): ...


class BetaBinomiale:
    r"""A priori : $\text{Bêta}(m\varphi, (1-m)\varphi)$, où $\varphi = 1/\rho - 1$ et $\rho$ est la dispersion."""

    def borner(self, moyenne):
        """Une moyenne que la loi admet."""
        return np.clip(moyenne, PLANCHER, PLAFOND)

    def vraisemblance(self, x, n, moyenne, dispersion):
        """Logarithme de la vraisemblance marginale, à un terme près qui ne dépend que de ``x`` et ``n``."""
        a, b = self._a_priori(moyenne, dispersion)
        return special.betaln(x + a, n - x + b) - special.betaln(a, b)

    def au_dela(self, seuil, x, n, moyenne, dispersion):
        """Probabilité a posteriori que la part dépasse ``seuil``."""
        a, b = self._a_priori(moyenne, dispersion)
        # Par symétrie : « betaincc » donne le même nombre, sept fois plus lentement.
        return special.betainc(n - x + b, x + a, 1 - np.clip(seuil, 0, 1))

    def esperance(self, x, n, moyenne, dispersion):
        """Moyenne a posteriori."""
        a, b = self._a_priori(moyenne, dispersion)
        return (x + a) / (n + a + b)

    def lien(self, moyenne):
        """Échelle sur laquelle un effet s'ajoute : le logit."""
        return special.logit(self.borner(moyenne))

    def delier(self, valeur):
        """La part dont ``valeur`` est le logit."""
        return special.expit(valeur)

    def variance(self, moyenne, n):
        """Variance d'échantillonnage de ``x / n``."""
        return moyenne * (1 - moyenne) / n

    @staticmethod
    def _a_priori(moyenne, dispersion):
        poids = 1 / dispersion - 1
        return moyenne * poids, (1 - moyenne) * poids


class GammaPoisson:
    r"""A priori : $\text{Gamma}$ de moyenne $m$ et de forme $1/c$, où $c$, la dispersion, est le carré de son
    coefficient de variation."""

    def borner(self, moyenne):
        """Une moyenne que la loi admet."""
        return np.maximum(moyenne, PLANCHER)

    def vraisemblance(self, x, n, moyenne, dispersion):
        """Logarithme de la vraisemblance marginale (binomiale négative), à un terme près en ``x`` et ``n``."""
        forme, taux = self._a_priori(moyenne, dispersion)
        return (
            special.gammaln(x + forme) - special.gammaln(forme) + forme * np.log(taux) - (x + forme) * np.log(taux + n)
        )

    def au_dela(self, seuil, x, n, moyenne, dispersion):
        """Probabilité a posteriori que le taux dépasse ``seuil``."""
        forme, taux = self._a_priori(moyenne, dispersion)
        return special.gammaincc(x + forme, (n + taux) * seuil)

    def esperance(self, x, n, moyenne, dispersion):
        """Moyenne a posteriori."""
        forme, taux = self._a_priori(moyenne, dispersion)
        return (x + forme) / (n + taux)

    def lien(self, moyenne):
        """Échelle sur laquelle un effet s'ajoute : le logarithme."""
        return np.log(self.borner(moyenne))

    def delier(self, valeur):
        """Le taux dont ``valeur`` est le logarithme."""
        return np.exp(valeur)

    def variance(self, moyenne, n):
        """Variance d'échantillonnage de ``x / n``."""
        return moyenne / n

    @staticmethod
    def _a_priori(moyenne, dispersion):
        forme = 1 / dispersion
        return forme, forme / moyenne


#: Nature d'un indicateur -> sa loi.
LOIS: dict[str, Loi] = {"proportion": BetaBinomiale(), "taux": GammaPoisson()}
