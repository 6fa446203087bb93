"""Le niveau et la puissance de chaque comparaison, la couverture de chaque intervalle, et ce qu'ils remplacent.

    python bench/comparaisons.py [--tirages 4000] [--ecrire]

Tout est tiré au hasard, d'après une vérité connue ; les graines sont fixées. Le *niveau* est la part d'écarts annoncés
quand il n'y en a aucun (5 % attendus) ; la *puissance*, la part de ceux qui sont vus quand ils existent.
"""

from __future__ import annotations

import argparse

import numpy as np
from resultats import RESULTATS

from observatoire.fichiers import ecrire_texte
from observatoire.statistique.comparaisons import comparer_proportions, situer_proportion, varier
from observatoire.statistique.delta import encadrer, pente_de_la_dissimilarite, variances
from observatoire.statistique.hasard import dissimilarite_attendue
from observatoire.statistique.indices import dissimilarite, dissimilarite_corrigee
from observatoire.statistique.intervalles import byar, rapport_de_comptes, wilson
from observatoire.statistique.segregation import tirer_les_dissimilarites
from observatoire.sujets.mixite.calcul.villes import BINAIRES, MULTIPLES

TITRE = "## Les comparaisons"
GRAINE = 2007
#: Ménages de la partie et du reste, part, et points de plus dans la partie.
PARTIES = [(3600, 8400, 0.20, 3), (900, 11_100, 0.20, 5), (100, 11_900, 0.20, 10), (30, 2970, 0.10, 15)]
#: Ménages restés, partis ou arrivés, part, points de plus, part de ceux qui changent d'état.
SUITES = [(1000, 0, 0.20, 4, 0.07), (800, 200, 0.20, 4, 0.07), (200, 40, 0.20, 6, 0.07), (60, 12, 0.20, 10, 0.07)]
#: Unités, ménages de chacune, dispersion des parts.
VILLES = [(48, 250, 0.06), (48, 250, 0.12), (13, 900, 0.12), (48, 60, 0.12)]
#: Demandes et baux attendus.
RAPPORTS = [(150, 35), (40, 12), (900, 450)]


def _separes(x1, n1, x2, n2) -> np.ndarray:
    """L'ancienne règle : les deux intervalles ne se recouvrent pas."""
    (bas1, haut1), (bas2, haut2) = wilson(x1, n1), wilson(x2, n2)
    return (bas1 > haut2) | (haut1 < bas2)


def face_au_tout(tirages: int) -> list[str]:
    """Une partie et le tout : l'ancienne règle, l'épreuve, avec et sans le bruit du secret."""
    lignes = []
    for n, reste, part, points in PARTIES:
        case = [f"{n} sur {n + reste}, {100 * part:.0f} %"]
        for ajout in (0, points / 100):
            hasard = np.random.default_rng(GRAINE)
            x, autres = hasard.binomial(n, part + ajout, tirages), hasard.binomial(reste, part, tirages)
            case.append(_pour_cent(_separes(x, n, x + autres, n + reste)))
            case.append(_pour_cent(situer_proportion(x, n, x + autres, n + reste).probabilite < 0.05))
            bruit = hasard.normal(0, 2**0.5, (2, tirages))
            bruite = situer_proportion(x + bruit[0], n, x + autres + bruit[1], n + reste, 2.0)
            case.append(_pour_cent(bruite.probabilite < 0.05))
        lignes.append([*case[:4], f"+{points}", *case[4:]])
    return _tabler(
        ["partie", "recouvrement, niveau", "épreuve, niveau", "bruitée, niveau", "points", "recouvrement, puissance",
         "épreuve, puissance", "bruitée, puissance"], lignes,
    )  # fmt: skip


def dans_le_temps(tirages: int) -> list[str]:
    """Deux dates des mêmes ménages : recouvrement, deux groupes, épreuve appariée."""
    lignes = []
    for restent, autres, part, points, changent in SUITES:
        case = []
        for ajout in (0, points / 100):
            hasard = np.random.default_rng(GRAINE)
            avec, sans = hasard.multinomial(restent, [part, 1 - part], tirages).T
            perdent = hasard.binomial(avec, changent)
            gagnent = hasard.binomial(sans, changent * part / (1 - part) + ajout / (1 - part))
            partis, arrives = hasard.binomial(autres, part, tirages), hasard.binomial(autres, part + ajout, tirages)
            avant, apres, total = avec + partis, avec - perdent + gagnent + arrives, restent + autres
            ceux_qui_restent = (restent, avec - perdent, gagnent, perdent)
            case.append(_pour_cent(_separes(apres, total, avant, total)))
            case.append(_pour_cent(comparer_proportions(apres, total, avant, total).probabilite < 0.05))
            case.append(_pour_cent(varier((avant, total), (apres, total), ceux_qui_restent).probabilite < 0.05))
        nom = f"{restent} restés, {autres} partis, autant arrivés"
        lignes.append([nom, *case[:3], f"+{points}", *case[3:]])
    return _tabler(
        ["ménages", "recouvrement, niveau", "deux groupes, niveau", "mêmes ménages, niveau", "points",
         "recouvrement, puissance", "deux groupes, puissance", "mêmes ménages, puissance"], lignes,
    )  # fmt: skip


def rapports(tirages: int) -> list[str]:
    """Un rapport de deux comptes : couverture de Byar, et de l'intervalle sur le logarithme."""
    lignes = []
    for demandes, baux in RAPPORTS:
        hasard = np.random.default_rng(GRAINE)
        x, n = hasard.poisson(demandes, tirages), hasard.poisson(baux, tirages)
        couvre = [
            (bas <= demandes / baux) & (demandes / baux <= haut) for bas, haut in (byar(x, n), rapport_de_comptes(x, n))
        ]
        lignes.append([f"{demandes} pour {baux}", *map(_pour_cent, couvre)])
    return _tabler(["demandes et baux", "Byar, couverture", "rapport de comptes, couverture"], lignes)


def segregation(tirages: int) -> list[str]:
    """La dissimilarité corrigée : biais et couverture de Winship, et de ce qui la remplace."""
    lignes = []
    for unites, menages, dispersion in VILLES:
        hasard, mesures = np.random.default_rng(GRAINE), []
        force = (1 - dispersion**2) / dispersion**2
        for _ in range(max(tirages // 10, 1)):
            tailles = np.maximum(hasard.poisson(menages, unites), 12)
            parts = hasard.beta(0.2 * force, 0.8 * force, unites)
            groupe = hasard.binomial(tailles, parts)
            comptes = np.stack([groupe, tailles - groupe], axis=1)
            dedans, dehors = parts * tailles, (1 - parts) * tailles
            vraie = np.abs(dedans / dedans.sum() - dehors / dehors.sum()).sum() / 2
            observee, attendue = float(dissimilarite(comptes)), dissimilarite_attendue(comptes)
            winship = (observee - attendue) / (1 - attendue)
            anciens = encadrer(winship, variances(comptes, pente_de_la_dissimilarite(comptes)).sum())
            nouveaux = np.quantile(tirer_les_dissimilarites(comptes, hasard), [0.025, 0.975])
            mesures.append(
                [winship - vraie, anciens[0] <= vraie <= anciens[1],
                 dissimilarite_corrigee(observee, attendue) - vraie, nouveaux[0] <= vraie <= nouveaux[1], vraie]
            )  # fmt: skip
        biais, couvre, biais_neuf, couvre_neuf, vraie = np.mean(mesures, axis=0)
        chiffres = [_decimal(vraie), _decimal(biais), _pour_cent(couvre), _decimal(biais_neuf), _pour_cent(couvre_neuf)]
        lignes.append([f"{unites} unités de {menages} ménages", *chiffres])
    titres = ["ville", "vraie", "Winship, biais", "Winship, couverture", "carrés, biais", "carrés, couverture"]
    return _tabler(titres, lignes)


def indices_de_mixite(tirages: int) -> list[str]:
    """Chaque indice de mixité et sa variation : la couverture de leur intervalle, sans et avec le bruit du secret.

    Ce qu'il doit tenir est ce que l'indice vaut en moyenne sur des comptes de la même ville.
    """
    lignes = []
    for nom, indice in (BINAIRES | MULTIPLES).items():
        for unites, menages, dispersion in [*VILLES, (48, 250, 0.01), (4, 60, 0.2)]:
            case = [nom, f"{unites} unités de {menages} ménages", _decimal(dispersion)]
            for bruit in (0.0, 2.0):
                hasard, force = np.random.default_rng(GRAINE), (1 - dispersion**2) / dispersion**2
                classes = np.array([0.2, 0.8] if nom in BINAIRES else [0.25, 0.3, 0.2, 0.15, 0.1])
                tailles = np.maximum(hasard.poisson(menages, unites), 12)
                tires = hasard.multinomial(tailles, hasard.dirichlet(classes * force, unites), (tirages // 4, unites))
                bruits = hasard.normal(0, bruit**0.5, tires.shape)
                if nom in BINAIRES:  # le groupe et le total sont publiés, l'autre classe en est la différence
                    bruits[..., 1] -= bruits[..., 0]
                comptes = np.maximum(np.rint(tires + bruits), 0)
                valeurs = indice.mesurer(comptes)
                siennes = np.array([indice.varier(table, bruit) for table in comptes])
                bas, haut = encadrer(valeurs, siennes)
                moitie = len(valeurs) // 2
                ecart = encadrer(valeurs[:moitie] - valeurs[moitie:], siennes[:moitie] + siennes[moitie:])
                case.append(_pour_cent((bas <= valeurs.mean()) & (valeurs.mean() <= haut)))
                case.append(_pour_cent((ecart[0] <= 0) & (ecart[1] >= 0)))
            lignes.append(case)
    titres = ["indice", "ville", "dispersion", "couverture", "variation", "bruité, couverture", "bruité, variation"]
    return _tabler(titres, lignes)


def _pour_cent(valeurs) -> str:
    return f"{100 * np.mean(valeurs):.1f} %".replace(".", ",")


def _decimal(valeur: float) -> str:
    return f"{valeur:.3f}".replace(".", ",").replace("-", "−")


def _tabler(titres: list[str], lignes: list[list[str]]) -> list[str]:
    traits = [":--", *["--:"] * (len(titres) - 1)]
    return [f"| {' | '.join(rangee)} |" for rangee in (titres, traits, *lignes)]


def imprimer(tirages: int) -> str:
    """Toute la partie, en Markdown."""
    return "\n".join(
        [
            TITRE, "", f"{tirages} tirages par case (`python bench/comparaisons.py --ecrire`). Le niveau visé est 5 %.",
            "", "### Un territoire et la ville qui le contient", "", *face_au_tout(tirages),
            "", "### Deux dates des mêmes ménages", "", *dans_le_temps(tirages),
            "", "### Un rapport de deux comptes", "", *rapports(tirages),
            "", "### La dissimilarité corrigée du hasard", "", *segregation(tirages),
            "", "### Les intervalles des indices de mixité", "", *indices_de_mixite(tirages),
        ]
    )  # fmt: skip


def main() -> None:
    """Mesurer ; avec ``--ecrire``, remplacer la partie de ``bench/RESULTATS.md``."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--tirages", type=int, default=4000)
    analyseur.add_argument("--ecrire", action="store_true")
    choix = analyseur.parse_args()
    partie = imprimer(choix.tirages)
    print(partie)
    if choix.ecrire:
        avant, _, suite = RESULTATS.read_text(encoding="utf-8").partition(TITRE + "\n")
        apres = suite.partition("\n## ")
        ecrire_texte(f"{avant.rstrip()}\n\n{partie}\n{apres[1]}{apres[2]}", RESULTATS)


if __name__ == "__main__":
    main()
