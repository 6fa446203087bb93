"""Ce qui se déduit du réseau : des bornes, puis la probabilité de chaque valeur possible d'un compte."""

from __future__ import annotations

import numpy as np
from scipy import fft, sparse, special

from observatoire.secret.attaque.releve import vraisemblance
from observatoire.secret.attaque.reseau import Reseau

#: Valeurs possibles d'un compte que l'on suit une à une ; au-delà, il est trop mal connu pour en apprendre à d'autres.
LARGEUR = 24
_TOURS, _AMORTI, _INFIME = 12, 0.5, 1e-14
#: Les mêmes comptes entrent dans plusieurs sommes, qui se répètent en partie : chacune ne compte que pour ce poids, qui
#: rend les probabilités justes (une réponse dite à 60 % l'est six fois sur dix : bench/secret.py).
_POIDS = 0.7
_PAQUET = 80_000


def resserrer(reseau: Reseau, tours: int = 30) -> None:
    """Resserrer les bornes de chaque compte par celles des autres membres de ses sommes.

    Une somme que ce qui est publié contredit ne tient pas ici (deux dépôts qui ne s'accordent pas) : elle s'en va.
    """
    depart = reseau.bas.copy(), reseau.haut.copy()
    for _ in range(tours):
        avant = reseau.bas.copy(), reseau.haut.copy()
        gardees = []
        for somme in reseau.sommes:
            bas, haut = reseau.bas[somme], reseau.haut[somme]
            possible = (bas[:, 1:].sum(axis=1) <= haut[:, 0]) & (haut[:, 1:].sum(axis=1) >= bas[:, 0])
            somme, bas, haut = somme[possible], bas[possible], haut[possible]
            gardees.append(somme)
            parties_bas, parties_haut = (b[:, 1:].sum(axis=1)[:, None] for b in (bas, haut))
            np.maximum.at(reseau.bas, somme[:, :1], parties_bas)
            np.minimum.at(reseau.haut, somme[:, :1], parties_haut)
            np.maximum.at(reseau.bas, somme[:, 1:], bas[:, :1] - parties_haut + haut[:, 1:])
            np.minimum.at(reseau.haut, somme[:, 1:], haut[:, :1] - parties_bas + bas[:, 1:])
        croisees = reseau.bas > reseau.haut
        reseau.bas[croisees], reseau.haut[croisees] = depart[0][croisees], depart[1][croisees]
        reseau.sommes = gardees
        if (reseau.bas == avant[0]).all() and (reseau.haut == avant[1]).all():
            break


def croire(reseau: Reseau, visees: np.ndarray, poids: float = _POIDS) -> tuple[np.ndarray, np.ndarray]:
    """Les variables suivies, et la probabilité de leurs valeurs (``bas``, ``bas`` + 1...), par somme-produit.

    ``visees`` : celles dont les sommes comptent. ``poids`` : celui d'une somme ; 1 s'il n'y a pas de boucle.

    **Référence.** Kschischang F. R., Frey B. J. et Loeliger H.-A. (2001), « Factor Graphs and the Sum-Product
    Algorithm », *IEEE Trans. Inf. Theory* 47 ; Wainwright M. J. et al. (2005), *ibid.* 51 (poids des sommes).
    """
    etroites = reseau.haut - reseau.bas < LARGEUR
    utiles = [s[etroites[s].all(axis=1) & visees[s].any(axis=1)] for s in reseau.sommes]
    utiles = [s for s in utiles if len(s)]
    suivies = np.unique(np.concatenate([*(s.ravel() for s in utiles), np.flatnonzero(etroites & visees)]))
    place = np.full(len(reseau.bas), -1)
    place[suivies] = np.arange(len(suivies))
    logs = _presumer(reseau)[suivies] + _publies(reseau, place, suivies)
    aretes = np.concatenate([*(place[s].ravel() for s in utiles), np.array([], dtype=int)])
    ou = (aretes, np.arange(len(aretes)))
    recoit = sparse.csr_array((np.ones(len(aretes)), ou), shape=(len(suivies), len(aretes)))
    messages = np.zeros((len(aretes), LARGEUR))
    for _ in range(_TOURS if len(aretes) else 0):
        envoyes = _normer((logs + recoit @ messages)[aretes] - messages)
        recus, debut = [], 0
        for s in utiles:
            formes = envoyes[debut : debut + s.size].reshape(*s.shape, LARGEUR)
            ecart = (reseau.bas[s[:, 0]] - reseau.bas[s[:, 1:]].sum(axis=1)).astype(int)
            recus.append(_repondre(formes, ecart).reshape(-1, LARGEUR))
            debut += s.size
        messages = _AMORTI * messages + (1 - _AMORTI) * poids * np.concatenate(recus)
    return suivies, _normer(logs + recoit @ messages)


def _publies(reseau: Reseau, place: np.ndarray, suivies: np.ndarray) -> np.ndarray:
    """Le logarithme de la probabilité de ce qui est publié, pour chaque valeur possible des variables suivies."""
    valeurs = reseau.bas[suivies][:, None] + np.arange(LARGEUR)
    logs = np.where(valeurs <= reseau.haut[suivies][:, None], 0.0, -np.inf)
    vues = reseau.observations[place[reseau.observations["variable"]] >= 0]
    for numero, loi in enumerate(reseau.lois):
        siennes = vues[vues["loi"].eq(numero)]
        if loi.variance:
            ou = place[siennes["variable"]]
            bornes = (siennes[c].to_numpy(float)[:, None] for c in ("vu_bas", "vu_haut"))
            np.add.at(logs, ou, np.log(np.maximum(vraisemblance(loi, valeurs[ou], *bornes), _INFIME)))
    return logs


def _normer(logs: np.ndarray) -> np.ndarray:
    poids = np.exp(logs - logs.max(axis=1, keepdims=True))
    return poids / poids.sum(axis=1, keepdims=True)


def _repondre(formes: np.ndarray, ecart: np.ndarray) -> np.ndarray:
    """Ce que chaque somme dit à chacun de ses membres : la loi de ce que les autres lui laissent (logarithme).

    Les lois s'ajoutent par transformée de Fourier ; celle du total est retournée, si bien que tout s'additionne.
    """
    nombre, membres, largeur = formes.shape
    taille = fft.next_fast_len(membres * largeur, real=True)
    reponses = np.empty_like(formes)
    paquet = max(_PAQUET // membres, 1)
    for debut in range(0, nombre, paquet):
        lot = slice(debut, debut + paquet)
        but = (ecart[lot] + largeur - 1)[:, None] - np.arange(largeur)
        dedans = (but >= 0) & (but < taille)
        lois = formes[lot].copy()
        lois[:, 0] = lois[:, 0, ::-1]
        ondes = np.pad(np.fft.rfft(lois, taille, axis=2), ((0, 0), (1, 1), (0, 0)), constant_values=1)
        avant, apres = np.cumprod(ondes, axis=1), np.cumprod(ondes[:, ::-1], axis=1)[:, ::-1]
        for membre in range(membres):
            autres = np.fft.irfft(avant[:, membre] * apres[:, membre + 2], taille, axis=1)
            dites = np.where(dedans, np.take_along_axis(autres, np.where(dedans, but, 0), axis=1), 0)
            reponses[lot, membre] = np.log(np.maximum(dites, _INFIME))
    reponses[:, 0] = reponses[:, 0, ::-1]
    return reponses


def _presumer(reseau: Reseau) -> np.ndarray:
    """L'a priori (logarithme) : d'un compte publié, la part de son code et sa dispersion d'un lieu à l'autre
    (bêta-binomiale, par les moments) ; d'un pas, une loi de Laplace ; d'un reste sans doute nul, la chance que deux
    bruits indépendants aient fait paraître le même compte de chaque côté."""
    logs = np.zeros((len(reseau.bas), LARGEUR))
    variables = reseau.pas[:, 0].astype(int)
    pas = np.abs(reseau.bas[variables][:, None] + np.arange(LARGEUR))
    logs[variables] = -np.maximum(pas - reseau.pas[:, 2:], 0) / reseau.pas[:, 1:2]
    vues = reseau.observations[reseau.observations["role"].eq("numerateur") & reseau.observations["unites"].gt(0)]
    vues = vues[np.isfinite(vues["vu_haut"])].drop_duplicates("variable")
    x, n = vues["vu_bas"].to_numpy(float), vues["unites"].to_numpy(float)
    sommes = vues.assign(x=x, n=n, carre=n**2).groupby("code")[["x", "n", "carre"]].transform("sum").to_numpy().T
    part = np.clip(sommes[0] / sommes[1], 1e-3, 1 - 1e-3)
    exces = vues.assign(e=n * (x / n - part) ** 2 - part * (1 - part) - 2 / n).groupby("code")["e"].transform("sum")
    dispersion = np.maximum(exces.to_numpy() / np.maximum(sommes[1] - sommes[2] / sommes[1], 1e-9), 1e-5)
    force = np.clip(part * (1 - part) / dispersion - 1, 2, 500)
    ou = vues["variable"].to_numpy()
    i = reseau.bas[ou][:, None] + np.arange(LARGEUR)
    n, a, b = np.maximum(n[:, None], i), (part * force)[:, None], ((1 - part) * force)[:, None]
    nuls = reseau.bas[reseau.nuls][:, None] + np.arange(LARGEUR)
    logs[reseau.nuls] += np.where(nuls == 0, 0.0, np.log(0.2) - nuls**2 / 8)
    logs[ou] += (
        special.betaln(i + a, n - i + b) - special.betaln(a, b)
        + special.gammaln(n + 1) - special.gammaln(i + 1) - special.gammaln(n - i + 1)
    )  # fmt: skip
    return logs
