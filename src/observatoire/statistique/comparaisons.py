r"""À chaque comparaison l'épreuve qui lui va : la partie et le tout, deux groupes, deux dates des mêmes ménages.

Chaque fonction prend des tableaux de même forme et rend un :class:`Ecart`. Un écart et son épreuve viennent de la même
statistique : l'intervalle à 95 % exclut zéro si, et seulement si, la probabilité est sous 5 %.

Le recouvrement de deux intervalles n'est pas une épreuve : il se trompe bien moins de cinq fois sur cent, et le paie.
Trois points de plus dans un quartier de 3 600 ménages se voient neuf fois sur dix par l'épreuve, une sur deux par lui ;
quatre points de plus parmi mille ménages qui restent, presque toujours contre une fois sur dix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from observatoire.statistique.intervalles import CONFIANCE, ecart_type_du_bruit, quantile

#: La variance du bruit d'un compte exact.
SANS_BRUIT = 0.0
#: Une borne se cherche par dichotomie : à la fin, elle est connue à 1e-12 près.
_PAS = 41


@dataclass(frozen=True)
class Ecart:
    """Un écart, ses bornes et sa probabilité, quatre tableaux de même forme, manquants là où rien ne se compare.

    ``probabilite`` : celle, bilatérale, d'un écart au moins aussi grand s'il n'y en avait aucun. Les bornes sont ce qui
    coûte : avec une ``confiance`` de ``None``, elles manquent.
    """

    ecart: np.ndarray
    bas: np.ndarray
    haut: np.ndarray
    probabilite: np.ndarray


def comparer_proportions(x1, n1, x2, n2, variance=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    r"""``x1/n1 - x2/n2``, deux groupes qui ne partagent personne : épreuve et intervalle du score.

    $$ z^2(\delta) = \frac{(\hat p_1 - \hat p_2 - \delta)^2}{\frac{N}{N-1}\left(\frac{\tilde p_1(1-\tilde p_1)}{n_1}
    + \frac{\tilde p_2(1-\tilde p_2)}{n_2}\right) + b} $$

    $\tilde p_1 - \tilde p_2 = \delta$ : les proportions les plus vraisemblables si l'écart était $\delta$ ;
    $b$ : ce qu'un bruit de cette ``variance`` dans chacun des quatre comptes ajoute à celle de l'écart.

    **Référence.** Miettinen O. et Nurminen M. (1985), *Statistics in Medicine* 4, 213-226. Sans bruit, ce sont les
    bornes des tables de Newcombe R. G. (1998), *Statistics in Medicine* 17, 873-890, méthode 6.

    >>> from observatoire import comparer_proportions
    >>> e = comparer_proportions([30], [100], [20], [100])
    >>> e.ecart.round(3).tolist(), e.bas.round(3).tolist(), e.haut.round(3).tolist(), e.probabilite.round(3).tolist()
    ([0.1], [-0.021], [0.219], [0.103])
    """
    return _comparer(_proportions, (x1, n1, x2, n2), variance, confiance)


def situer_proportion(x, n, x_tout, n_tout, variance=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    r"""``x/n - x_tout/n_tout``, une partie face au tout qui la contient.

    La partie et le tout partagent des ménages ; la partie et le reste, non :
    $p - P = (1 - n/N)\,(p - p_\mathrm{reste})$, d'où :func:`comparer_proportions`, réduit d'autant. ``variance`` :
    celle du bruit de chacun des quatre comptes. Rien ne se compare si la partie est le tout.

    **Référence.** Celle de :func:`comparer_proportions`.

    >>> from observatoire import situer_proportion
    >>> e = situer_proportion([60], [200], [400], [2000])
    >>> e.ecart.round(3).tolist(), bool(e.probabilite[0] < 0.05)
    ([0.1], True)
    """
    return _situer(_proportions, (x, n, x_tout, n_tout), variance, confiance)


def comparer_taux(x1, n1, x2, n2, variance=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    r"""``x1/n1 - x2/n2``, deux nombres d'événements indépendants (Poisson) : épreuve et intervalle du score.

    Comme :func:`comparer_proportions`, avec $\frac{\tilde\lambda_1}{n_1} + \frac{\tilde\lambda_2}{n_2}$ pour variance.

    **Référence.** Miettinen O. et Nurminen M. (1985), *Statistics in Medicine* 4, 213-226, § 3 ; sans bruit, égal à
    ``statsmodels.stats.rates.test_poisson_2indep(method="score", compare="diff")``.

    >>> from observatoire import comparer_taux
    >>> comparer_taux([12], [100], [9], [150]).ecart.round(3).tolist()
    [0.06]
    """
    return _comparer(_taux, (x1, n1, x2, n2), variance, confiance)


def situer_taux(x, n, x_tout, n_tout, variance=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    """``x/n - x_tout/n_tout``, le taux d'une partie face à celui du tout : comme :func:`situer_proportion`."""
    return _situer(_taux, (x, n, x_tout, n_tout), variance, confiance)


def comparer_rapports(x1, n1, x2, n2, variance=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    r"""Le logarithme de ``(x1/n1) / (x2/n2)``, quatre nombres d'événements indépendants (Poisson).

    $\operatorname{Var} = \frac1{x_1} + \frac1{n_1} + \frac1{x_2} + \frac1{n_2}$, et le bruit. Référence :
    :func:`situer_rapport`.
    """
    comptes, variance = _tableaux(x1, n1, x2, n2), np.asarray(variance, float)
    avec = np.minimum.reduce(comptes) > 0
    x1, n1, x2, n2 = comptes = [np.where(avec, v, 1.0) for v in comptes]
    erreur = np.sqrt(sum(1 / v + variance / v**2 for v in comptes))
    return _normale(avec, np.log(x1 / n1) - np.log(x2 / n2), erreur, confiance)


def situer_rapport(x, n, x_tout, n_tout, variance=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    r"""Le logarithme de ``(x/n) / (x_tout/n_tout)``, rapports de deux comptes indépendants, une partie face au tout.

    $$ \operatorname{Var} = \frac1x - \frac1X + \frac1n - \frac1N $$

    car le compte de la partie est dans celui du tout. Rien ne se compare là où un compte est nul.

    **Référence.** Katz D. et coll. (1978), *Biometrics* 34, 469-474 ; la covariance d'un compte de Poisson et du total
    qui le contient est le compte lui-même.
    """
    x, n, x_tout, n_tout, variance = _tableaux(x, n, x_tout, n_tout, variance)
    avec = (np.minimum(x, n) > 0) & (x_tout > x) & (n_tout > n)
    x, n, x_tout, n_tout = (
        np.where(avec, v, defaut) for v, defaut in ((x, 1.0), (n, 1.0), (x_tout, 2.0), (n_tout, 2.0))
    )
    erreur = np.sqrt(1 / x - 1 / x_tout + 1 / n - 1 / n_tout + variance * sum(1 / v**2 for v in (x, n, x_tout, n_tout)))
    return _normale(avec, np.log(x / n) - np.log(x_tout / n_tout), erreur, confiance)


def comparer_valeurs(valeur1, erreur1, valeur2, erreur2, confiance: float | None = CONFIANCE) -> Ecart:
    """``valeur1 - valeur2``, deux estimations indépendantes d'erreurs types connues (moyennes, loyers)."""
    valeur1, erreur1, valeur2, erreur2 = _tableaux(valeur1, erreur1, valeur2, erreur2)
    return _normale(np.isfinite(erreur1 + erreur2), valeur1 - valeur2, np.hypot(erreur1, erreur2), confiance)


def situer_moyenne(valeur, erreur, valeur_tout, erreur_tout, poids, confiance: float | None = CONFIANCE) -> Ecart:
    r"""``valeur - valeur_tout``, la moyenne d'une partie face à celle du tout qui la contient.

    ``poids`` : la part $f$ du tout que pèse la partie. $\operatorname{Var} = e^2(1 - 2f) + E^2$, car la partie compte
    pour $f$ dans le tout.
    """
    valeur, erreur, valeur_tout, erreur_tout, poids = _tableaux(valeur, erreur, valeur_tout, erreur_tout, poids)
    variance = np.maximum(erreur**2 * (1 - 2 * poids) + erreur_tout**2, 0)
    return _normale((poids < 1) & (variance > 0), valeur - valeur_tout, np.sqrt(variance), confiance)


def varier(avant, apres, restent, bruit=SANS_BRUIT, confiance: float | None = CONFIANCE) -> Ecart:
    r"""``x1/n1 - x0/n0``, la variation d'une part entre deux dates, où la plupart des ménages sont les mêmes.

    ``avant``, ``apres`` : ``(x, n)`` à chaque date. ``restent`` : de ceux qui sont là aux deux, leur nombre, ceux qui
    ont le trait aux deux, ceux qui l'ont gagné, ceux qui l'ont perdu ; les autres sont partis ou arrivés. ``bruit`` :
    la variance du bruit de l'écart. Des comptes bruités qui ne s'accordent pas sont ramenés à ce qui est possible.

    $$ \operatorname{Var} = s\,\operatorname{Var}\!\left(\frac{y_1}{N_1} - \frac{y_0}{N_0}\right)
    + \frac{n_p\,p_p(1-p_p)}{N_0^2} + \frac{n_a\,p_a(1-p_a)}{N_1^2} $$

    $s$ : ménages restés ; $y$ : leur trait, 0 ou 1 ; $p$, $a$ : partis, arrivés. Un demi-ménage est ajouté à chaque
    cas, pour la variance seulement : sans lui, un quartier où personne n'a changé semblerait connu exactement.

    **Référence.** Derrick B. et coll. (2015), *Journal of Modern Applied Statistical Methods* 14 (2) (échantillons qui
    se recouvrent en partie) ; Agresti A. et Min Y. (2005), *Statistics in Medicine* 24, 729-740 (le demi-ménage).
    """
    x0, n0, x1, n1, restes, gardes, gagnes, perdus, bruit = _tableaux(*avant, *apres, *restent, bruit)
    avec = (n0 > 0) & (n1 > 0) & np.isfinite(restes + gardes + gagnes + perdus)
    n0, n1 = np.where(avec, n0, 1.0), np.where(avec, n1, 1.0)
    restes = np.clip(restes, 0, np.minimum(n0, n1))
    gardes = np.clip(gardes, 0, np.minimum(restes, np.minimum(x0, x1)))
    perdus = np.clip(perdus, 0, np.minimum(restes, x0) - gardes)
    gagnes = np.clip(gagnes, 0, np.minimum(restes - perdus, x1) - gardes)
    cas = np.stack([gardes, perdus, gagnes, restes - gardes - perdus - gagnes]) + 0.5
    apports = np.stack([1 / n1 - 1 / n0, -1 / n0, 1 / n1, np.zeros(n0.shape)])
    parts = cas / cas.sum(axis=0)
    moyenne = (parts * apports).sum(axis=0)
    variance = restes * ((parts * apports**2).sum(axis=0) - moyenne**2) + bruit
    for x, n, total in ((x0 - gardes - perdus, n0 - restes, n0), (x1 - gardes - gagnes, n1 - restes, n1)):
        part = (np.clip(x, 0, n) + 0.5) / (n + 1)
        variance = variance + n * part * (1 - part) / total**2
    return _normale(avec & (variance > 0), x1 / n1 - x0 / n0, np.sqrt(variance), confiance)


def fausses_decouvertes(probabilites) -> np.ndarray:
    r"""La probabilité ajustée de chaque comparaison d'une page.

    Annoncer celles sous 5 % ne laisse, en moyenne, que cinq annonces sur cent qui ne tiennent qu'au hasard.

    $q_{(i)} = \min_{j \ge i} \frac{m}{j}\,p_{(j)}$. Une probabilité absente n'est pas des $m$ et le reste.

    >>> from observatoire import fausses_decouvertes
    >>> fausses_decouvertes([0.01, 0.04, 0.30]).round(2).tolist()
    [0.03, 0.06, 0.3]

    **Référence.** Benjamini Y. et Hochberg Y. (1995), *JRSS B* 57, 289-300 ; égal à
    ``scipy.stats.false_discovery_control``.
    """
    probabilites = np.asarray(probabilites, float)
    ajustees = np.full(probabilites.shape, np.nan)
    faites = np.flatnonzero(np.isfinite(probabilites.ravel()))
    ordre = faites[np.argsort(probabilites.ravel()[faites], kind="stable")]
    rangs = np.arange(1, len(ordre) + 1)
    croissantes = probabilites.ravel()[ordre] * len(ordre) / rangs
    ajustees.ravel()[ordre] = np.minimum(np.minimum.accumulate(croissantes[::-1])[::-1], 1.0)
    return ajustees


def _tableaux(*valeurs) -> list[np.ndarray]:
    return np.broadcast_arrays(*(np.asarray(v, float) for v in valeurs))


def _proportions(x1, n1, x2, n2, bruit, confiance: float | None) -> Ecart:
    avec = (n1 > 0) & (n2 > 0) & np.isfinite(x1 + x2)
    n1, n2 = np.where(avec, n1, 1.0), np.where(avec, n2, 1.0)
    x1, x2 = (np.where(avec, np.clip(x, 0, n), 0.0) for x, n in ((x1, n1), (x2, n2)))

    def variance(delta):
        return _variance_contrainte(x1, n1, x2, n2, delta) + bruit

    return _par_score(avec, x1 / n1 - x2 / n2, variance, (-1.0, 1.0), confiance)


def _taux(x1, n1, x2, n2, bruit, confiance: float | None) -> Ecart:
    avec = (n1 > 0) & (n2 > 0) & (x1 >= 0) & (x2 >= 0)
    x1, n1, x2, n2 = (np.where(avec, v, 1.0) for v in (x1, n1, x2, n2))
    loin = [(x + 10 * np.sqrt(x + 1) + 10) / n for x, n in ((x1, n1), (x2, n2))]

    def variance(delta):
        reste = x1 + x2 - (n1 + n2) * delta
        second = (reste + np.sqrt(np.maximum(reste**2 + 4 * (n1 + n2) * x2 * delta, 0))) / (2 * (n1 + n2))
        return np.maximum(second + delta, 0) / n1 + np.maximum(second, 0) / n2 + bruit

    return _par_score(avec, x1 / n1 - x2 / n2, variance, (-loin[1], loin[0]), confiance)


def _comparer(loi, comptes, variance, confiance: float | None) -> Ecart:
    x1, n1, x2, n2, variance = _tableaux(*comptes, variance)
    return loi(x1, n1, x2, n2, bruit_de_l_ecart(x1, n1, x2, n2, variance), confiance)


def _situer(loi, comptes, variance, confiance: float | None) -> Ecart:
    x, n, x_tout, n_tout, variance = _tableaux(*comptes, variance)
    avec = (n > 0) & (n_tout > n)
    n, n_tout = np.where(avec, n, 1.0), np.where(avec, n_tout, 2.0)
    poids = 1 - n / n_tout
    bruit = bruit_de_l_ecart(x, n, x_tout, n_tout, variance) / poids**2
    reste = loi(x, n, np.maximum(x_tout - x, 0), n_tout - n, bruit, confiance)
    bornes = [poids * v for v in (reste.bas, reste.haut)]
    return _la_ou(avec, x / n - x_tout / n_tout, *bornes, reste.probabilite)


def bruit_de_l_ecart(x1, n1, x2, n2, variance) -> np.ndarray:
    """La variance que le bruit de quatre comptes donne à l'écart de leurs rapports."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bruit = sum(ecart_type_du_bruit(x / n, n, variance) ** 2 for x, n in ((x1, n1), (x2, n2)))
    return np.where(np.isfinite(bruit), bruit, 0.0)


def _par_score(avec, ecart, variance, limites, confiance: float | None) -> Ecart:
    """L'intervalle et la probabilité d'un écart dont la variance dépend de l'écart supposé."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z_nul = np.where(ecart == 0, 0.0, np.abs(ecart) / np.sqrt(variance(np.zeros(ecart.shape))))
    absentes = (np.full(ecart.shape, np.nan),) * 2
    bornes = absentes if confiance is None else [_borner(ecart, variance, limite, confiance) for limite in limites]
    return _la_ou(avec, ecart, *bornes, 2 * special.ndtr(-z_nul))


def _borner(ecart, variance, limite, confiance: float) -> np.ndarray:
    """L'écart le plus proche de ``limite`` que l'observation n'exclut pas."""
    z = quantile(confiance)
    dehors, dedans = np.broadcast_to(limite, ecart.shape), ecart
    for _ in range(_PAS):
        milieu = (dehors + dedans) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            exclu = np.where(ecart == milieu, 0.0, np.abs(ecart - milieu) / np.sqrt(variance(milieu))) > z
        dehors, dedans = np.where(exclu, milieu, dehors), np.where(exclu, dedans, milieu)
    return dedans


def _normale(avec, ecart, erreur, confiance: float | None) -> Ecart:
    with np.errstate(divide="ignore", invalid="ignore"):
        z_nul = np.where(ecart == 0, 0.0, np.abs(ecart) / erreur)
    marge = np.nan if confiance is None else quantile(confiance) * erreur
    return _la_ou(avec, ecart, ecart - marge, ecart + marge, 2 * special.ndtr(-z_nul))


def _la_ou(avec, *valeurs) -> Ecart:
    return Ecart(*(np.where(avec, v, np.nan) for v in valeurs))


def _variance_contrainte(x1, n1, x2, n2, delta) -> np.ndarray:
    """La variance de l'écart de deux proportions, aux plus vraisemblables si l'écart était ``delta``."""
    n = n1 + n2
    deux, un = (n1 + 2 * n2) * delta - n - x1 - x2, (n2 * delta - n - 2 * x2) * delta + x1 + x2
    zero = x2 * delta * (1 - delta)
    q = (deux / (3 * n)) ** 3 - deux * un / (6 * n**2) + zero / (2 * n)
    p = np.where(q < 0, -1.0, 1.0) * np.sqrt(np.maximum((deux / (3 * n)) ** 2 - un / (3 * n), 0))
    cube = np.where(p == 0, 1.0, p**3)
    angle = (np.pi + np.arccos(np.clip(np.where(p == 0, 1.0, q / cube), -1, 1))) / 3
    second = np.clip(2 * p * np.cos(angle) - deux / (3 * n), 0, 1)
    premier = np.clip(second + delta, 0, 1)
    return (premier * (1 - premier) / n1 + second * (1 - second) / n2) * n / (n - 1)
