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

from observatoire.statistique.intervalles import ecart_type_du_bruit

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
    def variance_a_priori(self, moyenne, dispersion): ...


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

    def variance_a_priori(self, moyenne, dispersion):
        """Variance de la part d'un territoire à l'autre."""
        return dispersion * moyenne * (1 - moyenne)

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

    def variance_a_priori(self, moyenne, dispersion):
        """Variance du taux d'un territoire à l'autre."""
        return dispersion * moyenne**2

    @staticmethod
    def _a_priori(moyenne, dispersion):
        forme = 1 / dispersion
        return forme, forme / moyenne


#: Nature d'un indicateur -> sa loi.
LOIS: dict[str, Loi] = {"proportion": BetaBinomiale(), "taux": GammaPoisson()}


def peser(loi: Loi, comptes: tuple, moyenne: np.ndarray, bruit, ou: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Les ``comptes`` (événements, unités) à employer, nuls hors d'``ou``. Bruité, un compte en vaut un plus petit, de
    même part, dont la variance est celle du sien et du bruit réunies (effectif efficace), à mi-chemin de l'attendu et
    de l'observé.

    **Référence.** Rao J. N. K. et Scott A. J. (1992), *Biometrics* 48, 577-585.
    """
    x, n = np.where(ou, np.maximum(comptes[0], 0.0), 0.0), np.where(ou, comptes[1], 0.0)
    if not np.any(bruit):
        return x, n
    effectif = np.where(ou, n, 1.0)
    part = loi.borner((np.where(ou, x / effectif, moyenne) + moyenne) / 2)
    du_hasard = loi.variance(part, effectif)
    poids = du_hasard / (du_hasard + ecart_type_du_bruit(part, effectif, bruit) ** 2)
    return x * poids, n * poids
