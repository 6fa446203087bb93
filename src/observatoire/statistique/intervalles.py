"""Intervalles de confiance, vectorisés, égaux à ceux de PHEindicatormethods et de PHStatsMethods.

Toutes les fonctions prennent des tableaux de même forme et rendent ``(borne_basse, borne_haute)``. Là où le
dénominateur est nul ou manque, les bornes manquent.
"""

from __future__ import annotations

import numpy as np
from scipy import special  # scipy.stats mettrait une seconde à se charger, pour les mêmes fonctions

CONFIANCE = 0.95


def quantile(confiance: float) -> float:
    """Celui de la loi normale qui laisse ``(1 - confiance) / 2`` de chaque côté."""
    return float(special.ndtri(0.5 + confiance / 2))


def _quantile_du_khi_deux(part: float, degres: np.ndarray) -> np.ndarray:
    return 2 * special.gammaincinv(degres / 2, part)


def wilson(x, n, confiance: float = CONFIANCE):
    r"""Intervalle de score de Wilson d'une proportion ``x / n``.

    $$ \frac{2x + z^2 \mp z\sqrt{z^2 + 4x(1 - x/n)}}{2(n + z^2)} $$

    **Référence.** Wilson E. B. (1927), *JASA* 22, 209-212 ; Newcombe et Altman (2000), *Statistics with
    confidence*, chap. 6. Même écriture que ``PHStatsMethods.confidence_intervals``.

    >>> from observatoire import wilson
    >>> bas, haut = wilson([0, 5], [20, 20])
    >>> bas.round(3).tolist(), haut.round(3).tolist()
    ([0.0, 0.112], [0.161, 0.469])
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    z = quantile(confiance)
    with np.errstate(divide="ignore", invalid="ignore"):
        racine = z * np.sqrt(z**2 + 4 * x * (1 - x / n))
        basse, haute = ((2 * x + z**2 + signe * racine) / (2 * (n + z**2)) for signe in (-1, 1))
    vide = ~(n > 0) | np.isnan(x)
    return np.where(vide, np.nan, np.clip(basse, 0, 1)), np.where(vide, np.nan, np.clip(haute, 0, 1))


def byar(x, n, confiance: float = CONFIANCE):
    """Intervalle d'un taux ``x / n`` où ``x`` est un nombre d'événements (loi de Poisson).

    Approximation de Byar, exacte (loi du khi-deux) sous dix événements.

    **Référence.** Breslow et Day (1987), *Statistical Methods in Cancer Research* II, p. 69 ; bornes exactes :
    Garwood (1936), *Biometrika* 28, 437-442. Mêmes règles que ``PHStatsMethods.ph_rate``.

    >>> from observatoire import byar
    >>> bas, haut = byar([3, 60], [100, 1000])
    >>> bas.round(4).tolist(), haut.round(4).tolist()
    ([0.0062, 0.0458], [0.0877, 0.0772])
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    z, alpha = quantile(confiance), (1 - confiance) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        approchee_basse = x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3
        approchee_haute = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3
        rare = x < 10
        rares = np.where(rare, x, np.nan)  # le quantile est long à chercher, et n'est lu que là
        exacte_basse = np.where(x == 0, 0.0, _quantile_du_khi_deux(alpha, 2 * rares) / 2)
        exacte_haute = _quantile_du_khi_deux(1 - alpha, 2 * rares + 2) / 2
        basse = np.where(rare, exacte_basse, approchee_basse) / n
        haute = np.where(rare, exacte_haute, approchee_haute) / n
    vide = ~(n > 0) | np.isnan(x)
    return np.where(vide, np.nan, basse), np.where(vide, np.nan, haute)


def clopper_pearson(x, n, confiance: float = CONFIANCE):
    """Intervalle exact d'une proportion ``x / n`` (loi binomiale) : chaque bord a ``(1 - confiance) / 2`` de risque.

    **Référence.** Clopper C. J. et Pearson E. S. (1934), *Biometrika* 26, 404-413.
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    alpha = (1 - confiance) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        basse = np.where(x > 0, special.betaincinv(x, n - x + 1, alpha), 0.0)
        haute = np.where(x < n, special.betaincinv(x + 1, n - x, 1 - alpha), 1.0)
    vide = ~(n > 0) | np.isnan(x)
    return np.where(vide, np.nan, basse), np.where(vide, np.nan, haute)


def garwood(x, n, confiance: float = CONFIANCE):
    """Intervalle exact d'un taux ``x / n`` (loi de Poisson), quel que soit le nombre d'événements.

    **Référence.** Garwood F. (1936), *Biometrika* 28, 437-442.
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    alpha = (1 - confiance) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        basse = np.where(x == 0, 0.0, _quantile_du_khi_deux(alpha, 2 * x) / 2) / n
        haute = _quantile_du_khi_deux(1 - alpha, 2 * x + 2) / 2 / n
    vide = ~(n > 0) | np.isnan(x)
    return np.where(vide, np.nan, basse), np.where(vide, np.nan, haute)


def rapport_de_comptes(x, n, confiance: float = CONFIANCE):
    r"""Intervalle du rapport ``x / n`` de deux nombres d'événements indépendants (lois de Poisson).

    $$ \frac{x}{n} \exp\left(\mp z \sqrt{\frac1x + \frac1n}\right) $$

    :func:`byar` prend ``n`` pour connu : ses bornes ne couvrent alors que sept fois sur dix. Là où ``x`` est nul, la
    borne haute est celle d'un demi-événement, et la basse zéro.

    **Référence.** Katz D. et coll. (1978), *Biometrics* 34, 469-474 ; le demi-événement : Walter S. D. (1975),
    *Biometrika* 62, 371-374.
    """
    x, n = np.asarray(x, float), np.asarray(n, float)
    au_moins = np.where(x == 0, 0.5, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        fois = np.exp(quantile(confiance) * np.sqrt(1 / au_moins + 1 / n))
        basse, haute = np.where(x == 0, 0.0, x / n / fois), au_moins / n * fois
    vide = ~(n > 0) | np.isnan(x)
    return np.where(vide, np.nan, basse), np.where(vide, np.nan, haute)


def newcombe(x1, n1, x2, n2, confiance: float = CONFIANCE):
    """Intervalle de la différence ``x1/n1 - x2/n2`` de deux proportions indépendantes.

    **Référence.** Newcombe R. G. (1998), *Statistics in Medicine* 17, 873-890, méthode 10 (score hybride) ;
    égal à ``statsmodels.stats.proportion.confint_proportions_2indep(method="newcomb")``.

    >>> from observatoire import newcombe
    >>> [float(b.round(3)) for b in newcombe(30, 100, 20, 100)]
    [-0.02, 0.217]
    """
    x1, n1, x2, n2 = (np.asarray(v, float) for v in (x1, n1, x2, n2))
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = x1 / n1, x2 / n2
    return ecart_de_bornes(p1, *wilson(x1, n1, confiance), p2, *wilson(x2, n2, confiance))


def ecart_au_tout(x_partie, n_partie, x_tout, n_tout, confiance: float = CONFIANCE):
    """Intervalle de l'écart entre la proportion d'une partie et celle du tout qui la contient.

    La partie et le tout ne sont pas indépendants ; la partie et le reste le sont :
    ``p_partie - p_tout = (1 - n_partie / n_tout) * (p_partie - p_reste)``, d'où l'intervalle de
    :func:`newcombe` multiplié par ``1 - n_partie / n_tout``.
    """
    x_partie, n_partie, x_tout, n_tout = (np.asarray(v, float) for v in (x_partie, n_partie, x_tout, n_tout))
    x_reste, n_reste = x_tout - x_partie, n_tout - n_partie
    with np.errstate(divide="ignore", invalid="ignore"):
        poids = n_reste / n_tout
    basse, haute = newcombe(x_partie, n_partie, x_reste, n_reste, confiance)
    return poids * basse, poids * haute


def ecart_de_bornes(p1, bas1, haut1, p2, bas2, haut2):
    """Intervalle de ``p1 - p2``, deux estimations indépendantes dont on connaît les intervalles de même confiance.

    Avec les bornes de :func:`wilson`, c'est :func:`newcombe`.

    **Référence.** Zou G. Y. et Donner A. (2008), *Statistics in Medicine* 27, 1693-1702 (MOVER).
    """
    p1, bas1, haut1, p2, bas2, haut2 = (np.asarray(v, float) for v in (p1, bas1, haut1, p2, bas2, haut2))
    ecart = p1 - p2
    basse = ecart - np.sqrt((p1 - bas1) ** 2 + (haut2 - p2) ** 2)
    haute = ecart + np.sqrt((haut1 - p1) ** 2 + (p2 - bas2) ** 2)
    return basse, haute


def erreur_type(bas, haut, confiance: float = CONFIANCE):
    """L'erreur type que suppose un intervalle symétrique, dans son unité.

    >>> round(float(erreur_type(-1.96, 1.96)), 3)
    1.0
    """
    return (np.asarray(haut, float) - np.asarray(bas, float)) / (2 * quantile(confiance))


def erreur_d_un_rapport(haut, bas, carre, produit, poids_carre):
    r"""L'erreur type d'un rapport de sommes ``haut / bas``, linéarisée.

    $$ \frac{\sqrt{\sum x^2 - 2r\sum xw + r^2\sum w^2}}{\sum w}, \quad r = \frac{\sum x}{\sum w} $$

    ``carre`` : $\sum x^2$ ; ``produit`` : $\sum xw$ ; ``poids_carre`` : $\sum w^2$. Manque si ``bas`` est nul.
    Quand $w$ vaut 1, c'est l'erreur type d'une moyenne.

    **Référence.** Cochran W. G. (1977), *Sampling Techniques*, 3ᵉ éd., 6.3.

    >>> round(float(erreur_d_un_rapport(10, 4, 30, 10, 4)), 4)
    0.559
    """
    haut, bas, carre, produit, poids_carre = (np.asarray(v, float) for v in (haut, bas, carre, produit, poids_carre))
    with np.errstate(divide="ignore", invalid="ignore"):
        rapport = haut / bas
        residus = carre - 2 * rapport * produit + rapport**2 * poids_carre
        return np.where(bas > 0, np.sqrt(np.maximum(residus, 0)) / bas, np.nan)


def ecart_type_du_bruit(rapport, n, variance):
    """L'écart type que le bruit de ses deux comptes, de même variance, donne à un rapport de dénominateur ``n``."""
    return np.sqrt(variance * (1 + rapport**2)) / n


def elargir(valeur, bas, haut, ecart_type, confiance: float = CONFIANCE):
    """Élargir un intervalle de ce qu'un bruit indépendant, d'écart type ``ecart_type``, ajoute à sa valeur.

    Les deux sources d'incertitude s'ajoutent en carrés, de chaque côté. Sans bruit, l'intervalle est le même.

    **Référence.** Zou G. Y. et Donner A. (2008), *Statistics in Medicine* 27, 1693-1702 (MOVER).
    """
    valeur, bas, haut, ecart_type = (np.asarray(v, float) for v in (valeur, bas, haut, ecart_type))
    bruit = (quantile(confiance) * ecart_type) ** 2
    return valeur - np.sqrt((valeur - bas) ** 2 + bruit), valeur + np.sqrt((haut - valeur) ** 2 + bruit)


#: Les intervalles d'une part, qui ne dépasse pas 1 ; les autres sont ceux d'un taux.
_D_UNE_PART = (wilson, clopper_pearson)


def encadrer_un_rapport(loi, x, n, bruit: tuple, confiance: float = CONFIANCE):
    """L'intervalle d'un rapport ``x / n`` de deux comptes publiés, partout où il s'en fait un.

    ``loi`` : celui des mêmes comptes sans bruit (:func:`wilson`, :func:`byar`, :func:`clopper_pearson`,
    :func:`garwood`). ``bruit`` : la variance de celui de chaque compte, et le plus grand compte attendu d'un zéro
    publié (:meth:`observatoire.secret.Bruit.borne_d_un_zero`) ; une variance nulle est celle de comptes exacts.
    """
    variance, zero = (np.asarray(b, float) for b in bruit)
    with np.errstate(divide="ignore", invalid="ignore"):
        rapport = x / n
        bas, haut = elargir(rapport, *loi(x, n, confiance), ecart_type_du_bruit(rapport, n, variance), confiance)
        haut = np.maximum(haut, np.where((x == 0) & (variance > 0), zero / n, 0))
    return np.maximum(bas, 0), np.minimum(haut, 1) if loi in _D_UNE_PART else haut
