"""Ce que coûte le complément : le nôtre, celui de G-Confid (Statistique Canada), et le moindre possible.

    python bench/perte.py --gconfid AUTRE/bin/python [--graines 10] [--optimum 60]

``--gconfid`` : l'interpréteur où ``gconfid`` est installé (il demande ``duckdb`` < 2, il ne peut l'être ici). Chaque
forme de tableau est tirée au sort ; mêmes cases, mêmes cases à protéger, mêmes coûts. Tout motif est mis à l'épreuve de
notre attaque, et de bornes exactes qu'un autre calcul trouve. Une ligne JSON par tableau et par coût, puis le résumé.

La protection demandée est la même, à ceci près : une case de 3 doit pouvoir en valoir 11, donc bouger de 8, et G-Confid
borne une case par un « bruit » égal dans les deux sens ; il la croit alors capable de descendre sous zéro. Les cases
qu'il laisse ainsi trop faibles sont comptées, puis fermées par lui-même, une à une (« complété »).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import numpy as np
import pandas as pd
from observatoire.confidentialite.attaque import AU_DELA, FOIS, attaquer
from observatoire.confidentialite.colonnes import Colonnes
from observatoire.confidentialite.etat import Etat
from observatoire.confidentialite.liens import CELLULE, TOUS, Relations, Systeme
from observatoire.confidentialite.primaire import Exigences, Valeurs
from observatoire.confidentialite.protection import Preparation, cacher
from observatoire.confidentialite.regles import lire_regles_du_secret
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from observatoire.baremes import lire_baremes

RACINE = Path(__file__).resolve().parents[1]
ANNEE = 2010
REFERENTIELS = RACINE / "data" / "referentiels"
REGLES = lire_regles_du_secret(REFERENTIELS, lire_baremes(REFERENTIELS), "publique", ANNEE)
PART_DES_BAILLEURS = (0.45, 0.25, 0.15, 0.1, 0.05)
PRECISION = 1e-6


@dataclass(frozen=True)
class Axe:
    """``noms`` des éléments d'une entrée du tableau ; ``sommes`` : rang d'un total -> rangs de ses parties."""

    noms: list
    sommes: dict[int, list[int]]


@dataclass(frozen=True)
class Forme:
    """Une forme de tableau : croisée par bailleur, en autant de ``tranches`` qu'on en tire, avec ou sans secteurs."""

    croisee: bool
    tranches: tuple[int, ...]
    secteurs: bool


FORMES = {
    "13 quartiers × 5 bailleurs": Forme(croisee=True, tranches=(), secteurs=False),
    "13 quartiers × 4 à 6 tranches": Forme(croisee=False, tranches=(4, 5, 6), secteurs=False),
    "secteurs et quartiers × 4 tranches": Forme(croisee=False, tranches=(4,), secteurs=True),
    "13 quartiers × 5 bailleurs × 3 tranches": Forme(croisee=True, tranches=(3,), secteurs=False),
}


@dataclass(frozen=True)
class Tableau:
    """``systeme`` : une variable par case. ``petites`` : les cases à protéger ; ``poids`` : ceux des règles."""

    systeme: Systeme
    petites: np.ndarray
    poids: np.ndarray

    @property
    def besoin(self) -> np.ndarray:
        """Ce dont chaque petite case doit pouvoir monter : jusqu'au seuil, et de l'amplitude au moins."""
        return np.maximum(REGLES.seuil - self.systeme.valeurs[self.petites], REGLES.amplitude)


def _territoires(tirage: np.random.Generator, secteurs: bool) -> tuple[Axe, np.ndarray]:
    """La ville, ses treize quartiers, leurs secteurs s'il y en a ; et la taille de chaque élément de base."""
    tailles = np.sort(tirage.lognormal(5.2, 0.9, 13))
    if not secteurs:
        return Axe([*(("quartier", f"q{q}") for q in range(13)), ("ville", "ville")], {13: list(range(13))}), tailles
    nombres = tirage.integers(2, 5, 13)
    quartiers = np.repeat(np.arange(13), nombres)
    parts = np.concatenate([tirage.dirichlet(np.full(n, 3.0)) for n in nombres])
    n = len(quartiers)
    noms = [("secteur", f"s{s}") for s in range(n)] + [("quartier", f"q{q}") for q in range(13)] + [("ville", "ville")]
    sommes = {n + q: np.flatnonzero(quartiers == q).tolist() for q in range(13)}
    return Axe(noms, {**sommes, n + 13: list(range(n, n + 13))}), tailles[quartiers] * parts


def _plat(noms: list, total: str) -> Axe:
    return Axe([*noms, total], {len(noms): list(range(len(noms)))})


def tirer(forme: str, graine: int) -> Tableau:
    """Un tableau d'une des :data:`FORMES`, ses effectifs tirés d'une loi binomiale négative."""
    tirage = np.random.default_rng([graine, list(FORMES).index(forme)])
    choix = FORMES[forme]
    lieux, tailles = _territoires(tirage, choix.secteurs)
    bailleurs, colonnes = Axe([TOUS], {}), Axe(["total"], {})
    parts_b, parts_c = np.ones(1), np.ones(1)
    if choix.croisee:
        parts_b = np.array(PART_DES_BAILLEURS)
        bailleurs = _plat([f"b{b}" for b in range(len(parts_b))], TOUS)
    if choix.tranches:
        parts_c = tirage.dirichlet(np.full(tirage.choice(choix.tranches), 2.0))
        colonnes = _plat([f"t{t}" for t in range(len(parts_c))], "total")
    moyennes = np.einsum("i,j,k->ijk", tailles, parts_b, parts_c)
    corps = tirage.negative_binomial(1.5, 1.5 / (1.5 + moyennes)).astype(float)
    return _etablir(corps, (lieux, bailleurs, colonnes))


def _etablir(corps: np.ndarray, axes: tuple[Axe, ...]) -> Tableau:
    plein = np.zeros([len(a.noms) for a in axes])
    plein[tuple(slice(n) for n in corps.shape)] = corps
    rang = np.arange(plein.size).reshape(plein.shape)
    relations = []
    for numero, axe in enumerate(axes):
        for total, parties in axe.sommes.items():
            plein_par_axe, rang_par_axe = np.moveaxis(plein, numero, 0), np.moveaxis(rang, numero, 0)
            plein_par_axe[total] = plein_par_axe[parties].sum(axis=0)
            relations += list(
                zip(rang_par_axe[parties].reshape(len(parties), -1).T, rang_par_axe[total].ravel(), strict=True)
            )
    lieux, bailleurs, colonnes = axes
    cellules = pd.DataFrame([(ANNEE, *lieu, b) for lieu, b in product(lieux.noms, bailleurs.noms)], columns=CELLULE)
    noms = colonnes.noms
    roles = {(nom, "numerateur"): c for c, nom in enumerate(noms)}
    if len(noms) > 1:
        roles["t0", "denominateur"] = len(noms) - 1
    valeurs = plein.ravel()
    systeme = Systeme(
        Colonnes(noms=noms, comptes=[True] * len(noms), roles=roles), cellules, valeurs,
        np.ones(valeurs.size, dtype=bool), np.zeros((0, 2), dtype=int), _relier(relations, valeurs.size),
    )  # fmt: skip
    par_cellule = cellules["niveau"].map(REGLES.poids).to_numpy(dtype=float)
    par_cellule = par_cellule * np.where(cellules["bailleur"].eq(TOUS), 1.0, REGLES.poids_par_bailleur)
    return Tableau(systeme, np.flatnonzero(valeurs < REGLES.seuil), np.repeat(par_cellule, len(noms)))


def _relier(relations: list[tuple[np.ndarray, int]], taille: int) -> Relations:
    lignes = np.repeat(np.arange(len(relations)), [len(parties) + 1 for parties, _ in relations])
    variables = np.concatenate([[*parties, total] for parties, total in relations])
    signes = np.concatenate([[*np.ones(len(parties)), -1.0] for parties, _ in relations])
    matrice = sparse.csr_array((signes, (lignes, variables)), shape=(len(relations), taille))
    rien = np.zeros(len(relations), dtype=int)
    return Relations(matrice, rien, rien, rien - 1, ["somme"])


def etablir_couts(tableau: Tableau) -> dict[str, np.ndarray]:
    """Ce que coûte chaque case : le poids de nos règles, une case pour une autre, ou sa valeur."""
    valeurs = tableau.systeme.valeurs
    return {"règles": tableau.poids, "nombre": np.ones(len(valeurs)), "valeur": valeurs}


def cacher_ici(tableau: Tableau, couts: np.ndarray) -> np.ndarray:
    """Les cases que notre complément laisse cachées, petites comprises."""
    n = len(couts)
    s = tableau.systeme
    sans, faux = np.full(n, -1), np.zeros(n, dtype=bool)
    autres = ("denominateur", "effectif", "concernes", "muets")
    variables = {"numerateur": np.arange(n), **dict.fromkeys(autres, sans)}
    valeurs = Valeurs(
        np.arange(n) // s.largeur, variables, ~faux, faux, np.full(n, "effectif"), np.full(n, REGLES.seuil),
        np.full(n, "RPLS"), sans, couts,
    )  # fmt: skip
    imprime = sparse.vstack([sparse.eye_array(n), sparse.csr_array((n, n))], format="csr")
    etat = Etat(s, valeurs, imprime, np.tile(couts, 2), np.concatenate([~faux, faux]), faux)
    debut = np.zeros(2 * n, dtype=bool)
    debut[tableau.petites] = True
    rien = np.zeros(2 * n, dtype=bool)
    preparation = Preparation(
        pd.DataFrame({"reponse": np.full(n, np.nan)}), pd.DataFrame(), s, etat, _exiger(tableau), debut, debut, rien,
        rien, faux, np.zeros(len(s.cellules), dtype=bool),
    )  # fmt: skip
    cachees, failles = cacher(preparation, REGLES)
    if failles:
        raise RuntimeError(f"{len(failles)} cases ne sont pas protégées.")
    return cachees[:n]


def _exiger(tableau: Tableau) -> Exigences:
    nombre = len(tableau.petites)
    largeur, plancher = np.full(nombre, float(REGLES.amplitude)), np.full(nombre, float(REGLES.seuil))
    return Exigences(tableau.petites, plancher, largeur)


class GConfid:
    """G-Confid dans son interpréteur : une question et une réponse par ligne."""

    def __init__(self, python: str):
        fichier = Path(__file__).with_name("gconfid_seul.py")
        self.processus = Popen([python, str(fichier)], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True)
        self.secondes = 0.0

    def cacher(self, tableau: Tableau, couts: np.ndarray) -> np.ndarray:
        """Les cases qu'il cache, en deux phases."""
        besoin = np.zeros(len(couts))
        besoin[tableau.petites] = tableau.besoin
        return self._demander(tableau, couts, besoin, besoin > 0, True)

    def completer(self, tableau: Tableau, couts: np.ndarray, cachees: np.ndarray, faibles) -> np.ndarray:
        """Le même motif, et ce qu'il faut de plus pour ces cases qui n'y sont pas protégées, une à une."""
        for faible in faibles:
            besoin = np.zeros(len(couts))
            besoin[faible] = tableau.besoin[np.searchsorted(tableau.petites, faible)]
            cachees = cachees | self._demander(tableau, couts, besoin, cachees, False)
        return cachees

    def _demander(self, tableau, couts, besoin, cachees, deux_phases) -> np.ndarray:
        matrice = tableau.systeme.relations.matrice
        sommes = [
            [(int(matrice.indices[p]), int(matrice.data[p])) for p in range(*matrice.indptr[ligne : ligne + 2])]
            for ligne in range(matrice.shape[0])
        ]
        probleme = {
            # Une case peut bouger de son « bruit » dans les deux sens : au moins son besoin, et jamais zéro.
            "bruits": np.maximum(np.maximum(tableau.systeme.valeurs, besoin), 1e-4).tolist(),
            "sensibilites": besoin.tolist(),
            "etats": np.where(besoin > 0, "S", np.where(cachees, "X", "V")).tolist(),
            "couts": couts.tolist(), "sommes": sommes, "deux_phases": deux_phases,
        }  # fmt: skip
        self.processus.stdin.write(json.dumps(probleme) + "\n")
        self.processus.stdin.flush()
        reponse = json.loads(self.processus.stdout.readline())
        motif = cachees.copy()
        motif[reponse["cachees"]] = True
        self.secondes += reponse["secondes"]
        return motif

    def finir(self) -> None:
        """Le laisser partir."""
        self.processus.stdin.close()
        self.processus.wait()


def borner(tableau: Tableau, cachees: np.ndarray) -> list[int]:
    """Les petites cases que des bornes exactes situent de trop près : rien de notre code n'y sert."""
    valeurs, matrice = tableau.systeme.valeurs, tableau.systeme.relations.matrice
    libres = np.flatnonzero(cachees)
    restreinte = matrice[:, libres]
    second = -(matrice @ np.where(cachees, 0.0, valeurs))
    bornes = np.column_stack([np.zeros(len(libres)), FOIS * valeurs[libres] + AU_DELA])
    faibles = []
    for rang in np.flatnonzero(np.isin(libres, tableau.petites)):
        cout = np.zeros(len(libres))
        cout[rang] = 1
        bas, haut = (
            s * linprog(s * cout, A_eq=restreinte, b_eq=second, bounds=bornes, method="highs").fun for s in (1, -1)
        )
        if haut < REGLES.seuil - PRECISION or haut - bas < REGLES.amplitude - PRECISION:
            faibles.append(int(libres[rang]))
    return faibles


def attaquer_ici(tableau: Tableau, cachees: np.ndarray) -> int:
    """Le nombre de petites cases que notre attaque trouve."""
    return len(attaquer(tableau.systeme, ~cachees, _exiger(tableau)))


def optimiser(tableau: Tableau, couts: np.ndarray, patience: float) -> float:
    """Le moindre coût possible, ``nan`` s'il n'est pas trouvé à temps : un programme en nombres entiers.

    Pour chaque petite case, une hausse et une baisse qui ne touchent que des cases cachées : la hausse atteint le
    seuil, les deux ensemble l'amplitude. Dans un tableau à deux entrées, nulle case n'a à bouger de plus que le seuil.
    """
    valeurs, matrice = tableau.systeme.valeurs, tableau.systeme.relations.matrice
    n, p, seuil = len(valeurs), len(tableau.petites), float(REGLES.seuil)
    choix = np.setdiff1d(np.arange(n), tableau.petites)
    hausse, baisse = np.full(n, seuil), np.minimum(valeurs, seuil)
    # Un mouvement : il respecte les sommes, et une case qui n'est pas choisie ne bouge pas.
    place = sparse.csr_array((np.ones(len(choix)), (np.arange(len(choix)), choix)), shape=(len(choix), n))
    choisir = sparse.block_array(
        [[None, matrice], [-sparse.diags_array(hausse[choix]), place], [-sparse.diags_array(baisse[choix]), -place]]
    ).tocsc()
    sommes, limites = matrice.shape[0], 2 * len(choix)
    sur_choix, sur_cases = choisir[:, : len(choix)], choisir[:, len(choix) :]
    mouvements = sparse.hstack([sparse.vstack([sur_choix] * (2 * p)), sparse.block_diag([sur_cases] * (2 * p))])
    rangs = len(choix) + n * np.arange(2 * p) + np.repeat(tableau.petites, 2)
    ecarts = sparse.csr_array(
        (np.tile([1.0, -1.0], p), (np.repeat(np.arange(p), 2), rangs)), shape=(p, len(choix) + 2 * p * n)
    )
    bas = np.concatenate([np.zeros(len(choix)), *[-baisse] * (2 * p)])
    haut = np.concatenate([np.ones(len(choix)), *[hausse] * (2 * p)])
    bas[rangs[::2]] = seuil - valeurs[tableau.petites]
    minima = np.concatenate([*[np.repeat([0.0, -np.inf], [sommes, limites])] * (2 * p), np.full(p, REGLES.amplitude)])
    maxima = np.concatenate([np.zeros(2 * p * (sommes + limites)), np.full(p, np.inf)])
    trouve = milp(
        np.concatenate([couts[choix], np.zeros(2 * p * n)]),
        integrality=np.repeat([1, 0], [len(choix), 2 * p * n]),
        bounds=Bounds(bas, haut),
        constraints=LinearConstraint(sparse.vstack([mouvements, ecarts], format="csc"), minima, maxima),
        options={"time_limit": patience},
    )
    return float(trouve.fun) if trouve.status == 0 else np.nan


def mesurer(forme: str, graine: int, gconfid: GConfid, patience: float) -> Iterator[dict]:
    """Les trois motifs d'un tableau, à chaque coût."""
    tableau = tirer(forme, graine)
    for nom, couts in etablir_couts(tableau).items():
        depart = time.perf_counter()
        motifs = {"ici": cacher_ici(tableau, couts)}
        secondes = {"ici": time.perf_counter() - depart}
        gconfid.secondes = 0.0
        motifs["gconfid"] = gconfid.cacher(tableau, couts)
        secondes["gconfid"] = gconfid.secondes
        faibles = borner(tableau, motifs["gconfid"])
        motifs["gconfid complété"] = gconfid.completer(tableau, couts, motifs["gconfid"], faibles)
        resultat = {"forme": forme, "graine": graine, "coût": nom, "cases": len(couts), "petites": len(tableau.petites)}
        for qui, motif in motifs.items():
            en_plus = motif.copy()
            en_plus[tableau.petites] = False
            resultat[qui] = {
                "cases": int(en_plus.sum()), "valeurs": float(tableau.systeme.valeurs[en_plus].sum()),
                "coût": float(couts[en_plus].sum()), "bornes": len(borner(tableau, motif)),
                "attaque": attaquer_ici(tableau, motif), "secondes": round(secondes.get(qui, np.nan), 2),
            }  # fmt: skip
        plates = patience and not FORMES[forme].secteurs and not (FORMES[forme].croisee and FORMES[forme].tranches)
        resultat["optimum"] = optimiser(tableau, couts, patience) if plates else np.nan
        yield resultat


def resumer(resultats: list[dict]) -> str:
    """Le tableau du résumé : des sommes sur les graines."""
    lignes = [
        "| forme | coût | cases cachées | valeurs cachées | coût total | optimum | petites cases trouvées | secondes |",
        "| :-- | :-- | --: | --: | --: | --: | --: | --: |",
    ]
    qui = ("ici", "gconfid", "gconfid complété")
    for forme, cout in product(FORMES, ("règles", "nombre", "valeur")):
        siens = [r for r in resultats if (r["forme"], r["coût"]) == (forme, cout)]
        sommes = {cle: [sum(r[q][cle] for r in siens) for q in qui] for cle in siens[0]["ici"]}
        optimum = sum(r["optimum"] for r in siens)
        trouvees = [max(b, a) for b, a in zip(sommes["bornes"], sommes["attaque"], strict=True)]
        textes = [" / ".join(f"{v:.0f}" for v in sommes[cle]) for cle in ("cases", "valeurs", "coût")]
        textes += ["–" if np.isnan(optimum) else f"{optimum:.0f}", " / ".join(map(str, trouvees))]
        textes += [" / ".join(f"{v:.1f}" for v in sommes["secondes"][:2])]
        lignes.append(f"| {forme} | {cout} | " + " | ".join(textes) + " |")
    return "\n".join(lignes).replace(".", ",")


def principal() -> None:
    """Lire les arguments, mesurer, imprimer."""
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--gconfid", required=True, help="l'interpréteur où gconfid est installé")
    lecteur.add_argument("--graines", type=int, default=10)
    lecteur.add_argument("--optimum", type=float, default=60, help="secondes accordées à chaque optimum (0 : aucun)")
    arguments = lecteur.parse_args()
    gconfid = GConfid(arguments.gconfid)
    resultats = []
    for graine, forme in product(range(1, arguments.graines + 1), FORMES):
        for resultat in mesurer(forme, graine, gconfid, arguments.optimum):
            print(json.dumps(resultat, ensure_ascii=False), flush=True)
            resultats.append(resultat)
    gconfid.finir()
    print(resumer(resultats))


if __name__ == "__main__":
    principal()
