"""Les alertes de changement face aux alertes de niveau, sur des immeubles dont on sait lesquels changent.

    python bench/changements.py [--graines 20]

Le générateur ne sait rien du calcul : des ménages d'un immeuble, chacun avec ou sans le trait selon la part de
l'immeuble ; chaque année, un dixième s'en va et est remplacé, les autres gagnent ou perdent parfois le trait. La
dernière année, dans un immeuble sur vingt, ceux qui restent le gagnent bien plus souvent. Chaque règle passe par le
vrai calcul (``evaluer_les_changements``) : sur ce que les restés ont gagné, ou sur la part de tous (l'alerte de
niveau).
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
from mesure_alertes import lire_regles

from observatoire.cles import MODULE
from observatoire.secret import Bruit
from observatoire.sujets.alertes.calcul.changements import evaluer_les_changements
from observatoire.vocabulaire import ARRIVES, GAGNES, MOUVEMENTS

QUARTIERS, SECTEURS, IMMEUBLES = 12, 4, 8
INDICATEURS = 12
PARTENT, GAGNENT, PERDENT, CHANGENT = 0.1, 0.02, 0.08, 0.05
TAILLES, DERIVES, BROUILLES = (15, 30, 120), (0.10, 0.20), (0.0, 0.3)
HETEROGENE = 0.10
SANS_BRUIT, BRUITE = Bruit(variance=0), Bruit()


def tirer(taille: int, derive: float, brouille: float, alea: np.random.Generator) -> dict[str, np.ndarray]:
    """Une ville : les comptes de chaque immeuble et indicateur, et lesquels changent.

    ``brouille`` : la part des ménages dont la réponse est tirée de nouveau, au hasard, chaque année.
    """
    forme = QUARTIERS * SECTEURS * IMMEUBLES, INDICATEURS
    menages = np.maximum(alea.poisson(taille, forme[0]), 11)[:, None]
    part = np.clip(0.2 + HETEROGENE * alea.standard_normal(forme), 0.02, 0.9)
    change = alea.random(forme) < CHANGENT
    restent = alea.binomial(np.broadcast_to(menages, forme), 1 - PARTENT)
    avaient = alea.binomial(restent, part)
    gagnent = alea.binomial(restent - avaient, np.where(change, GAGNENT + derive, GAGNENT))
    perdent = alea.binomial(avaient, PERDENT)
    if brouille:
        flous = alea.binomial(restent - avaient, brouille), alea.binomial(avaient, brouille)
        gagnent = np.minimum(gagnent + alea.binomial(flous[0], part), restent - avaient)
        perdent = np.minimum(perdent + alea.binomial(flous[1], 1 - part), avaient)
    arrives = alea.binomial(menages - restent, part)
    return {
        "change": change, "gagnes_x": gagnent, "gagnes_n": restent - avaient, "perdus_x": perdent, "perdus_n": avaient,
        "arrives_x": avaient + gagnent - perdent + arrives, "arrives_n": np.broadcast_to(menages, forme),
    }  # fmt: skip


def evaluer(comptes: dict[str, np.ndarray], bruit: Bruit, alea: np.random.Generator) -> tuple[np.ndarray, ...]:
    """(immeuble, indicateur) : la probabilité d'alerte des restés qui gagnent, puis celle de la part de tous."""
    codes = tuple(f"i{rang}" for rang in range(INDICATEURS))
    immeuble = np.arange(len(comptes["change"]))
    secteur = immeuble // IMMEUBLES
    lieux = {"immeuble": immeuble, "secteur": secteur, "quartier": secteur // SECTEURS}
    noms = {niveau: np.char.add(niveau[0], rangs.astype(str)) for niveau, rangs in lieux.items()}
    tables = []
    for niveau, rangs in lieux.items():
        nombre = rangs.max() + 1
        colonnes = {}
        for nom in (f"{m}_{r}" for m in MOUVEMENTS for r in "nx"):
            sommes = np.zeros((nombre, INDICATEURS))
            np.add.at(sommes, rangs, comptes[nom])
            bruites = bruit.bruiter(sommes, alea.integers(0, MODULE, sommes.shape))
            borne = colonnes[f"{nom[:-1]}n"].reshape(sommes.shape) if nom.endswith("x") else np.inf
            colonnes[nom] = np.clip(bruites, 0, borne).ravel()
        uniques = np.char.add(niveau[0], np.arange(nombre).astype(str))
        cles = {"territoire": np.repeat(uniques, INDICATEURS), "indicateur": np.tile(codes, nombre)}
        tables.append(pd.DataFrame({"annee": 2010, "niveau": niveau, **cles, **colonnes}))
    regles = lire_regles()
    probas = []
    for sens, seuils in ((GAGNES, regles.changement), (ARRIVES, regles.seuils)):
        siennes = replace(regles, indicateurs=codes, suivis=codes, changement=seuils)
        lieux_nommes = pd.DataFrame(noms).assign(annee=2010, bailleur="gbh")
        table = evaluer_les_changements(
            pd.concat(tables, ignore_index=True), lieux_nommes, {2010: siennes}, dict.fromkeys(codes, bruit)
        )
        ici = table[table["niveau"].eq("immeuble") & table["mouvement"].eq(sens)]
        large = ici.assign(proba=ici["proba_alerte"].where(ici["exces"] > 0, 0)).pivot(
            index="territoire", columns="indicateur", values="proba"
        )
        probas.append(large.reindex(index=noms["immeuble"], columns=codes).fillna(0).to_numpy())
    return probas[0], probas[1], np.full(probas[0].shape, regles.probabilite)


def mesurer(taille: int, derive: float, brouille: float, bruit: Bruit, graines: int) -> list[float]:
    """Alertes pour cent immeubles, précision et rappel de l'alerte de changement ; précision et rappel de celle de
    niveau à nombre égal."""
    comptes = np.zeros(5)
    for graine in range(graines):
        alea = np.random.default_rng([graine, taille, round(100 * derive), round(100 * brouille)])
        ville = tirer(taille, derive, brouille, alea)
        change, niveau, seuil = evaluer(ville, bruit, alea)
        signales, vrais = change > seuil, ville["change"]
        premiers = np.argsort(-niveau, axis=None, kind="stable")[: signales.sum()]
        comptes += [signales.sum(), (signales & vrais).sum(), vrais.sum(), vrais.ravel()[premiers].sum(), vrais.size]
    alertes, justes, vrais, de_niveau, cases = comptes
    return [100 * alertes / cases, justes / alertes, justes / vrais, de_niveau / alertes, de_niveau / vrais]


def imprimer(graines: int) -> str:
    """Le tableau, en Markdown."""
    entetes = ["ménages", "gagnent", "réponses tirées de nouveau", "comptes", "alertes sur cent", "précision", "rappel",
               "précision du niveau à nombre égal", "rappel du niveau"]  # fmt: skip
    lignes = [entetes, ["--:"] * len(entetes)]
    for taille in TAILLES:
        for derive in DERIVES:
            for brouille, bruit in ((0.0, SANS_BRUIT), (0.3, SANS_BRUIT), (0.0, BRUITE)):
                mesures = mesurer(taille, derive, brouille, bruit, graines)
                noms = [
                    f"{taille}",
                    f"+{derive:.0%}",
                    f"{brouille:.0%}",
                    "exacts" if bruit is SANS_BRUIT else "publiés",
                ]
                lignes.append([*noms, *(f"{m:.2f}".replace(".", ",") for m in mesures)])
    return "\n".join(f"| {' | '.join(ligne)} |" for ligne in lignes)


if __name__ == "__main__":
    analyseur = argparse.ArgumentParser(description=__doc__)
    analyseur.add_argument("--graines", type=int, default=20)
    print(imprimer(analyseur.parse_args().graines))
