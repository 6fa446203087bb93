r"""Le bruit : ce que la clé d'une case ajoute à son compte.

Pour chaque compte $i$, la loi du bruit $d$ est celle d'entropie maximale parmi les lois entières sans biais, de
variance $V$, d'écart $D$ au plus, qui ne publient jamais un compte de 1 à ``plancher`` ; zéro reste zéro.

$$ p_d \propto e^{a d + b d^2}, \qquad \sum_d p_d\,d = 0, \qquad \sum_d p_d\,d^2 = V $$

Au-delà d'un certain compte la loi ne change plus. La clé de la case, brassée, y choisit le bruit : sans cela, les
bruits de deux cases et de leur réunion seraient liés comme leurs clés, et l'un en dirait un peu des autres.

**Référence.** Giessing S. (2016), « Computational Issues in the Design of Transition Probabilities and Disclosure Risk
Estimation for Additive Noise », *PSD 2016*, LNCS 9867, 237-251 ; Hundepool A. et al., *Handbook on Statistical
Disclosure Control*, 5.4 ; paquets R ``ptable`` et ``cellKey``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cache

import numpy as np
from scipy import special  # scipy.stats mettrait une seconde à se charger

from observatoire.cles import MODULE
from observatoire.statistique.intervalles import CONFIANCE

#: Chiffres du calcul des lois, et ce qui y reste d'écart sur leurs deux moments.
_CHIFFRES, _PRECISION = 50, Decimal("1e-20")
#: Multiplicateurs impairs du brassage : chacun est une permutation de [0, MODULE[.
_BRASSAGE = (0x9E3779B1 % MODULE, 0x85EBCA77 % MODULE)


@dataclass(frozen=True)
class Bruit:
    """La loi du bruit : ``ecart`` maximal (unités), ``variance``, et plus grand petit compte jamais publié.

    Une variance nulle est l'absence de bruit. Lève :class:`ValueError` si aucune loi n'a ces propriétés.
    """

    ecart: int = 5
    variance: float = 2.0
    plancher: int = 2

    def __post_init__(self) -> None:
        if self.variance and not 0 < self.variance < self.ecart**2:
            raise ValueError(f"aucun bruit d'au plus {self.ecart} n'a une variance de {self.variance}.")

    @property
    @cache  # noqa: B019 – égales, deux lois n'en font qu'une, calculée une fois
    def lois(self) -> np.ndarray:
        """Une ligne par compte (la dernière vaut pour tous ceux qui suivent), une colonne par bruit de -D à D."""
        return np.array([self._loi(i) for i in range(self.ecart + self.plancher + 2)])

    @property
    @cache  # noqa: B019 – de même
    def _cumuls(self) -> np.ndarray:
        return np.rint(np.cumsum(self.lois, axis=1) * MODULE).astype(np.int64)

    def ecrire(self, differences: np.ndarray) -> np.ndarray:
        """Des différences de comptes publiés, écrites comme des comptes : de 1 à ``plancher``, le plus proche de ceux
        qui paraissent.

        >>> Bruit().ecrire(np.array([0.0, 1.0, 2.0, 3.0])).tolist()
        [0.0, 0.0, 3.0, 3.0]
        """
        parait = np.where(2 * differences > self.plancher + 1, self.plancher + 1.0, 0.0)
        petites = (differences > 0) & (differences <= self.plancher) & bool(self.variance)
        return np.where(petites, parait, differences)

    @cache  # noqa: B019 – de même
    def borne_d_un_zero(self, confiance: float = CONFIANCE) -> float:
        """Le plus grand compte attendu (loi de Poisson) dont un zéro publié garde ``(1 - confiance) / 2`` chance.

        Un petit compte se publie souvent zéro : l'intervalle d'un zéro va plus haut que sans bruit, où c'est la borne
        exacte de Garwood (3,69 à 95 %)."""
        comptes = np.arange(self.ecart + 1)
        publie_zero = self.lois[comptes, self.ecart - comptes] / special.factorial(comptes)
        risque, bas, haut = (1 - confiance) / 2, 0.5, 50.0
        while haut - bas > 1e-11:
            milieu = (bas + haut) / 2
            trop = np.exp(-milieu) * (milieu**comptes @ publie_zero) > risque
            bas, haut = (milieu, haut) if trop else (bas, milieu)
        return haut

    def tirer(self, comptes: np.ndarray, cles: np.ndarray) -> np.ndarray:
        """Le bruit de chaque compte (entier), choisi par sa clé, de [0, ``MODULE``[ ; nul là où le compte manque.

        Lève :class:`ValueError` si un compte n'a pas de clé."""
        comptes, cles = np.asarray(comptes, float), np.asarray(cles, float)
        connus = np.isfinite(comptes)
        if (connus & ~np.isfinite(cles)).any():
            raise ValueError("un compte sans clé ne peut pas être bruité.")
        if not self.variance:
            return np.zeros(comptes.shape)
        rangs = np.minimum(np.where(connus, comptes, 0), len(self.lois) - 1).astype(np.int64)
        seuils = brasser(np.where(connus, cles, 0).astype(np.int64) % MODULE)
        bruits = np.zeros(comptes.shape, dtype=np.int64)
        for colonne in self._cumuls[:, :-1].T:
            bruits += seuils >= colonne[rangs]
        return np.where(connus, bruits - self.ecart, 0.0)

    def bruiter(self, comptes: np.ndarray, cles: np.ndarray) -> np.ndarray:
        """Les comptes, bruit compris ; manquants là où ils manquaient."""
        return np.asarray(comptes, float) + self.tirer(comptes, cles)

    def _loi(self, compte: int) -> np.ndarray:
        bruits = np.arange(-self.ecart, self.ecart + 1)
        publies = compte + bruits
        if compte == 0 or not self.variance:
            return (bruits == 0).astype(float)
        admis = bruits[(publies >= 0) & ~((publies >= 1) & (publies <= self.plancher))]
        loi = np.zeros(len(bruits))
        loi[np.isin(bruits, admis)] = _entropie_maximale(admis.astype(float), self.variance)
        return loi


def brasser(cles: np.ndarray) -> np.ndarray:
    """Une permutation publique des clés : celle d'une somme ne se déduit plus de celles de ses termes."""
    for multiplicateur in _BRASSAGE:
        cles = (cles ^ (cles >> 12)) * multiplicateur % MODULE
    return cles ^ (cles >> 12)


def _entropie_maximale(bruits: np.ndarray, variance: float) -> np.ndarray:
    """La loi d'entropie maximale, de moyenne nulle et de cette variance, sur ces bruits ; à défaut, la moins dispersée.

    Près de zéro, deux bruits au plus près de part et d'autre peuvent déjà être plus dispersés que voulu. Calculée en
    décimal, où chaque opération est arrondie comme la norme le dit : la loi est la même sur tous les processeurs.
    """
    dessous, dessus = bruits[bruits <= 0].max(), bruits[bruits >= 0].min()
    if -dessous * dessus >= variance:
        poids = {dessous: dessus, dessus: -dessous}
        return np.array([poids.get(b, 0.0) for b in bruits]) / (dessus - dessous)
    if -bruits.min() * bruits.max() <= variance:
        raise ValueError(
            f"aucune loi de moyenne nulle et de variance {variance} n'existe sur {bruits.astype(int).tolist()}."
        )
    with localcontext(Context(prec=_CHIFFRES)):
        moments = [(Decimal(int(b)), Decimal(int(b)) ** 2 - Decimal(str(variance))) for b in bruits]
        return np.array([float(p) for p in _minimiser(moments)])


def _minimiser(moments: list[tuple[Decimal, Decimal]]) -> list[Decimal]:
    """La loi proportionnelle à ``exp(a·u + b·v)`` sous laquelle ``u`` et ``v`` sont nuls en moyenne (Newton)."""
    a = b = Decimal(0)
    potentiel, loi = _loi_et_potentiel(moments, a, b)
    while True:
        u, v = (sum(p * m[k] for p, m in zip(loi, moments, strict=True)) for k in (0, 1))
        if max(abs(u), abs(v)) < _PRECISION:
            return loi
        uu, uv, vv = (
            sum(p * m[j] * m[k] for p, m in zip(loi, moments, strict=True)) - x * y
            for j, k, x, y in ((0, 0, u, u), (0, 1, u, v), (1, 1, v, v))
        )
        aire = uu * vv - uv * uv
        pas_a, pas_b = (vv * u - uv * v) / aire, (uu * v - uv * u) / aire
        # le potentiel est convexe : un pas assez court le diminue toujours
        while (essai := _loi_et_potentiel(moments, a - pas_a, b - pas_b))[0] > potentiel:
            pas_a, pas_b = pas_a / 2, pas_b / 2
        a, b, (potentiel, loi) = a - pas_a, b - pas_b, essai


def _loi_et_potentiel(moments: list[tuple[Decimal, Decimal]], a: Decimal, b: Decimal) -> tuple[Decimal, list[Decimal]]:
    poids = [(a * u + b * v).exp() for u, v in moments]
    total = sum(poids)
    return total.ln(), [p / total for p in poids]
