"""Les alertes sur des populations dont on sait ce qui dérive, à côté des règles usuelles ; et à l'échelle du pays.

    python bench/alertes.py [--graines 50] [--ouvriers 2] [--bruit] [--json FICHIER] [--fiabilite]
    python bench/alertes.py --national [--immeubles 500000]

Chaque population (:mod:`populations`) passe par le vrai calcul : ``evaluer_le_parc`` pour quatre années, puis
``juger``. La dernière est comparée à la vérité. ``--fiabilite`` récrit la figure et la table de la page « La méthode ».
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import fiabilite
import numpy as np
import pandas as pd
from mesure_alertes import ANNEES, CAS, NOS_REGLES, SANS_RUPTURE, evaluer, lire_regles
from populations import SECTEURS, compter, disperser, placer, ranger, sont_des_taux

from observatoire.fichiers import ecrire_texte
from observatoire.secret import Bruit
from observatoire.sujets.alertes.calcul.etape import evaluer_le_parc
from observatoire.sujets.alertes.calcul.suites import juger

GRAINES, OUVRIERS = 50, 2
IMMEUBLES, IMMEUBLES_PAR_SECTEUR = 500_000, 12
MENAGES = (5, 60)
ENTETES = ["Règle", "Alertes par indicateur", "Précision", "Rappel", "Rappel de la méthode à nombre égal"]
EXPLICATION = """\
*Précision* : part des signalés où une dérive a été plantée ; *rappel* : part des dérives plantées qui sont signalées.
*À nombre égal* : rappel de la méthode quand on en retient, indicateur par indicateur, autant de territoires qu'en
signale la règle ; ceux qu'elle signale d'abord, par probabilité d'alerte, puis les autres, par écart observé à leur
référence. Une dérive de dix points est tout juste au seuil d'alerte."""


def imprimer(graines: int = GRAINES, ouvriers: int = OUVRIERS) -> str:
    """Mesurer, et rendre les tableaux en Markdown."""
    return mettre_en_page(evaluer(graines, ouvriers), graines)


def mettre_en_page(tableaux: dict[str, pd.DataFrame], graines: int) -> str:
    """Les tableaux en Markdown."""
    indicateurs = len(lire_regles().indicateurs)
    parties = [
        f"{graines} graines, {indicateurs} indicateurs. `python bench/alertes.py --graines {graines}`",
        EXPLICATION,
    ]
    for (niveau, taille, derive), regles in tableaux["regles"].groupby(CAS, sort=False):
        quoi = f"immeubles d'environ {taille} ménages" if niveau == "immeuble" else "quartiers"
        parties += [f"### {quoi.capitalize()}, dérives de {derive} points", _tableau(regles)]
    return "\n\n".join(parties)


def _tableau(regles: pd.DataFrame) -> str:
    lignes = [ENTETES, [":--", *["--:"] * (len(ENTETES) - 1)]]
    for r in regles.itertuples():
        egal = "" if r.regle in NOS_REGLES else _ecrire(r.a_nombre_egal, 3)
        lignes.append([r.regle, _ecrire(r.alertes, 1), _ecrire(r.precision, 2), _ecrire(r.rappel, 3), egal])
    return "\n".join(f"| {' | '.join(ligne)} |" for ligne in lignes)


def _ecrire(valeur: float, decimales: int) -> str:
    return "–" if np.isnan(valeur) else f"{valeur:.{decimales}f}".replace(".", ",")


def imprimer_le_pays(immeubles: int = IMMEUBLES) -> str:
    """Évaluer et juger une année d'un pays : durée, mémoire au plus haut."""
    regles, alea = lire_regles(), np.random.default_rng(1)
    secteur = placer(immeubles, immeubles // IMMEUBLES_PAR_SECTEUR, alea)
    quartier = secteur // SECTEURS
    n = alea.integers(*MENAGES, immeubles).astype(float)[:, None]
    x = compter(disperser(regles, quartier, secteur, alea), n, sont_des_taux(regles), alea)
    parc = ranger(x, n, quartier, secteur, regles)
    depart, travail = time.perf_counter(), time.process_time()
    evaluees = evaluer_le_parc(parc, regles).assign(annee=ANNEES[-1])
    juger(evaluees, {ANNEES[-1]: regles}, SANS_RUPTURE)
    duree, travail = time.perf_counter() - depart, time.process_time() - travail
    memoire = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    nombres = f"{immeubles:,} immeubles, {len(regles.indicateurs)} indicateurs, {len(evaluees):,} évaluations"
    return (
        (f"{nombres} : {duree:.0f} s, dont {travail:.0f} s de calcul, et {memoire:.1f} Gio au plus haut.")
        .replace(",", "\u202f")
        .replace("\u202f ", ", ")
        .replace(".", ",", 1)
    )


def principal() -> None:
    """Lire les arguments, mesurer, imprimer."""
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--graines", type=int, default=GRAINES)
    lecteur.add_argument("--ouvriers", type=int, default=OUVRIERS)
    lecteur.add_argument("--json", type=Path, help="où écrire tous les tableaux")
    lecteur.add_argument("--fiabilite", action="store_true", help="récrire la figure et la table de la méthode")
    lecteur.add_argument("--bruit", action="store_true", help="mesurer les alertes telles qu'elles se publient")
    lecteur.add_argument("--national", action="store_true")
    lecteur.add_argument("--immeubles", type=int, default=IMMEUBLES)
    choix = lecteur.parse_args()
    if choix.national:
        print(imprimer_le_pays(choix.immeubles))
        return
    tableaux = evaluer(choix.graines, choix.ouvriers, Bruit() if choix.bruit else None)
    if choix.json:
        contenu = {nom: table.to_dict("records") for nom, table in tableaux.items()}
        ecrire_texte(json.dumps(contenu, ensure_ascii=False, indent=1) + "\n", choix.json)
    if choix.fiabilite:
        fiabilite.ecrire(tableaux["fiabilite"])
    print(mettre_en_page(tableaux, choix.graines))


if __name__ == "__main__":
    principal()
