"""Ce qui se déduit du réseau : des bornes, puis la probabilité de chaque valeur possible d'un compte."""

from __future__ import annotations

import numpy as np
from scipy import fft, optimize, sparse, special

from observatoire.secret.attaque.releve import vraisemblance
from observatoire.secret.attaque.reseau import Reseau

#: Valeurs possibles d'un compte que l'on suit une à une ; au-delà, il est trop mal connu pour en apprendre à d'autres.
LARGEUR = 24
#: Sommes suivies de proche en proche à partir d'un compte à borner ; en suivre moins oublie des contraintes.
PORTEE = 2
_TOURS, _AMORTI, _INFIME = 12, 0.5, 1e-14
#: Les mêmes comptes entrent dans plusieurs sommes, qui se répètent en partie : chacune ne compte que pour ce poids, qui
#: rend les probabilités justes (une réponse dite à 60 % l'est six fois sur dix : bench/secret.py).
_POIDS = 0.7
_PAQUET = 80_000


def resserrer(reseau: Reseau, tours: int = 60) -> None:
    """Resserrer les bornes de chaque compte par celles des autres membres de ses sommes.

    Une somme que ce qui est publié contredit ne tient pas ici (deux dépôts qui ne s'accordent pas) : elle s'en va.
    """
    depart = reseau.bas.copy(), reseau.haut.copy()
    touchees = np.ones(len(reseau.bas), dtype=bool)
    membres = reseau.sommes.tocoo()
    tient = np.ones(membres.shape[0], dtype=bool)
    for _ in range(tours):
        actives = np.zeros(membres.shape[0], dtype=bool)
        actives[membres.row[touchees[membres.col]]] = True
        ici = (actives & tient)[membres.row]
        somme, variable, totale = membres.row[ici], membres.col[ici], membres.data[ici] > 0
        if not len(somme):
            break
        # Le total passe du côté de ses parties : tout s'y ajoute à zéro.
        bas = np.where(totale, -reseau.haut[variable], reseau.bas[variable])
        haut = np.where(totale, -reseau.bas[variable], reseau.haut[variable])
        au_moins, au_plus = (np.bincount(somme, borne, len(tient)) for borne in (bas, haut))
        tient &= (au_moins <= 0) & (au_plus >= 0)
        bas, haut = (haut - au_plus[somme])[ok := tient[somme]], (bas - au_moins[somme])[ok]
        avant = reseau.bas.copy(), reseau.haut.copy()
        np.maximum.at(reseau.bas, variable[ok], np.where(totale[ok], -haut, bas))
        np.minimum.at(reseau.haut, variable[ok], np.where(totale[ok], -bas, haut))
        croisees = reseau.bas > reseau.haut
        reseau.bas[croisees], reseau.haut[croisees] = depart[0][croisees], depart[1][croisees]
        touchees = (reseau.bas != avant[0]) | (reseau.haut != avant[1])
    reseau.sommes = reseau.sommes[tient]


def borner(reseau: Reseau, variable: int, portee: int = PORTEE) -> tuple[float, float]:
    """Le plus petit et le plus grand compte entier que n'exclut aucune des sommes proches de lui."""
    proches = np.arange(len(reseau.bas)) == variable
    for _ in range(portee):
        lignes = reseau.sommes[abs(reseau.sommes) @ proches > 0]
        proches = proches | (abs(lignes).sum(axis=0) > 0)
    lies = np.flatnonzero(proches)
    sens, contraintes = (lies == variable).astype(float), optimize.LinearConstraint(lignes[:, lies], 0, 0)
    bornes = []
    for signe in (1.0, -1.0):
        trouve = optimize.milp(
            signe * sens, integrality=np.ones(len(lies)), constraints=contraintes if lignes.shape[0] else (),
            bounds=optimize.Bounds(reseau.bas[lies], reseau.haut[lies]),
        )  # fmt: skip
        bornes.append(round(signe * trouve.fun) if trouve.success else np.nan)
    return bornes[0], bornes[1]


def croire(reseau: Reseau, visees: np.ndarray, poids: float = _POIDS) -> tuple[np.ndarray, np.ndarray]:
    """Les variables suivies, et la probabilité de leurs valeurs (``bas``, ``bas`` + 1...), par somme-produit.

    ``visees`` : celles dont les sommes comptent. ``poids`` : celui d'une somme ; 1 s'il n'y a pas de boucle.

    **Référence.** Kschischang F. R., Frey B. J. et Loeliger H.-A. (2001), « Factor Graphs and the Sum-Product
    Algorithm », *IEEE Trans. Inf. Theory* 47 ; Wainwright M. J. et al. (2005), *ibid.* 51 (poids des sommes).
    """
    etroites = reseau.haut - reseau.bas < LARGEUR
    larges, utiles = (abs(reseau.sommes) @ masque.astype(int) for masque in (~etroites, visees))
    sommes = reseau.sommes[(larges == 0) & (utiles > 0)]
    suivies = np.flatnonzero(etroites & (visees | (abs(sommes).sum(axis=0) > 0)))
    place = np.full(len(reseau.bas), -1)
    place[suivies] = np.arange(len(suivies))
    logs = _presumer(reseau)[suivies] + _publies(reseau, place, suivies)
    aretes, ecarts = place[sommes.indices], (sommes @ reseau.bas).astype(int)
    recoit = sparse.csr_array((np.ones(len(aretes)), (aretes, np.arange(len(aretes)))), (len(suivies), len(aretes)))
    messages, tailles = np.zeros((len(aretes), LARGEUR)), np.diff(sommes.indptr)
    lots = []
    for taille in np.unique(tailles):
        memes = np.flatnonzero(tailles == taille)
        for lot in np.array_split(memes, len(memes) * taille // _PAQUET + 1):
            lots.append((lot, sommes.indptr[lot][:, None] + np.arange(taille)))
    for _ in range(_TOURS if len(aretes) else 0):
        envoyes = _normer((logs + recoit @ messages)[aretes] - messages)
        for rangs, ici in lots:
            recus = _repondre(envoyes[ici], sommes.data[ici] > 0, ecarts[rangs])
            messages[ici] = _AMORTI * messages[ici] + (1 - _AMORTI) * poids * recus
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


def _repondre(formes: np.ndarray, totales: np.ndarray, ecarts: np.ndarray) -> np.ndarray:
    """Ce que chaque somme dit à chacun de ses membres : la loi de ce que les autres lui laissent (logarithme).

    Les lois s'ajoutent par transformée de Fourier ; celle du total est retournée, si bien que tout s'additionne.
    """
    membres, largeur = formes.shape[1:]
    formes = np.where(totales[:, :, None], formes[:, :, ::-1], formes)
    taille = fft.next_fast_len(membres * largeur, real=True)
    but = (ecarts + largeur - 1)[:, None] - np.arange(largeur)
    dedans = (but >= 0) & (but < taille)
    ondes = np.pad(np.fft.rfft(formes, taille, axis=2), ((0, 0), (1, 1), (0, 0)), constant_values=1)
    avant, apres = np.cumprod(ondes, axis=1), np.cumprod(ondes[:, ::-1], axis=1)[:, ::-1]
    reponses = np.empty_like(formes)
    for membre in range(membres):
        autres = np.fft.irfft(avant[:, membre] * apres[:, membre + 2], taille, axis=1)
        dites = np.where(dedans, np.take_along_axis(autres, np.where(dedans, but, 0), axis=1), 0)
        reponses[:, membre] = np.log(np.maximum(dites, _INFIME))
    return np.where(totales[:, :, None], reponses[:, :, ::-1], reponses)


def _presumer(reseau: Reseau) -> np.ndarray:
    """L'a priori (logarithme) : d'un compte publié, la part de son code et sa dispersion d'un lieu à l'autre
    (bêta-binomiale, par les moments) ; d'un pas, une loi de Laplace ; d'un reste sans doute nul, la chance que deux
    bruits indépendants aient fait paraître le même compte de chaque côté."""
    logs = np.zeros((len(reseau.bas), LARGEUR))
    variables = reseau.pas[:, 0].astype(int)
    pas = np.abs(reseau.bas[variables][:, None] + np.arange(LARGEUR))
    logs[variables] = -np.maximum(pas - reseau.pas[:, 2:], 0) / reseau.pas[:, 1:2]
    vues = reseau.observations[~reseau.observations["role"].isin(["denominateur", "concernes"])]
    vues = vues[vues["unites"].gt(0) & np.isfinite(vues["vu_haut"])].drop_duplicates("variable")
    x, n = vues["vu_bas"].to_numpy(float), vues["unites"].to_numpy(float)
    memes = [vues["indicateur"], vues["role"]]
    sommes = vues.assign(x=x, n=n, carre=n**2).groupby(memes)[["x", "n", "carre"]].transform("sum").to_numpy().T
    part = np.clip(sommes[0] / sommes[1], 1e-3, 1 - 1e-3)
    exces = vues.assign(e=n * (x / n - part) ** 2 - part * (1 - part) - 2 / n).groupby(memes)["e"].transform("sum")
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
