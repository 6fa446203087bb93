"""La qualification sur des villes dont on sait la vérité : ce que couvrent les intervalles, ce que valent les classes.

    python bench/orientations.py [--graines 20]

Le générateur (``tests/petites_orientations.py``) ne sait rien du calcul : chaque résidence a ses vrais taux, on compte
des ménages, on y ajoute le bruit ; la qualification n'en lit que les comptes. Rien ne change d'une année à l'autre :
tout changement de classe est une erreur.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from petites_orientations import PARTS, REGLES, TOUT, Ville, batir, lieux_de

from observatoire.statistique.classement import ranger_les_tirages
from observatoire.sujets.orientations.calcul.qualification import Qualifications, qualifier
from observatoire.sujets.orientations.calcul.scores import compter_en_points, ponderer, probabilites_des_classes
from observatoire.vocabulaire import AXES, CLASSES, IMMEUBLE, INDETERMINEE, QUARTIER

ANNEES = [2007, 2008, 2009, 2010]
TAILLES = (20, 60, 150)
QUARTIERS, RESIDENCES = 12, 25
_NOMS = np.array([c for c in CLASSES if c != INDETERMINEE])


def savoir(ville: Ville, niveau: str) -> pd.DataFrame:
    """La vérité : le score de chaque axe, et la classe, de chaque lieu d'un niveau."""
    codes = ville.lieux.index if niveau == IMMEUBLE else ville.lieux["quartier"]
    taux, unites = (pd.DataFrame(v[:, : len(PARTS)], index=codes) for v in (ville.taux, ville.unites))
    attendus = (taux * unites).groupby(level=0).sum()
    parts = attendus / unites.groupby(level=0).sum()
    reference = (taux * unites).sum().to_numpy() / unites.sum().to_numpy()
    scores = ponderer(compter_en_points(parts.to_numpy()[None], reference, REGLES), REGLES.poids)
    vrais = {axe: scores[rang, 0] for rang, axe in enumerate(AXES)}
    return pd.DataFrame(
        vrais | {"vraie": _NOMS[probabilites_des_classes(scores, REGLES).argmax(axis=1)]}, index=parts.index
    )


def essayer(graine: int, taille: int) -> list[dict]:
    """Ce que valent les intervalles et les classes d'une ville, niveau par niveau."""
    alea = np.random.default_rng([graine, taille])
    ville = batir(alea, QUARTIERS, RESIDENCES, taille)
    publiees = pd.concat([ville.publier(annee, alea) for annee in ANNEES], ignore_index=True)
    lieux, regles = lieux_de(ville, ANNEES), dict.fromkeys(ANNEES, REGLES)
    avec = qualifier(publiees, lieux, regles, TOUT)
    seules = [
        qualifier(publiees, lieux, {annee: REGLES}, TOUT).table.set_index(["niveau", "territoire"])["classe"]
        for annee in ANNEES[-2:]
    ]
    return [_mesurer(ville, avec, seules, niveau) | {"taille": taille} for niveau in (IMMEUBLE, QUARTIER)]


def _mesurer(ville: Ville, qualifiees: Qualifications, seules: list[pd.Series], niveau: str) -> dict:
    vrais = savoir(ville, niveau)
    table = qualifiees.table[qualifiees.table["niveau"].eq(niveau)].set_index("territoire")
    derniere, avant = (table[table["annee"].eq(annee)] for annee in ANNEES[:-3:-1])
    vues = derniere[derniere["statut"].eq("publie")].join(vrais.add_suffix("_vrai"))
    mesures = {"niveau": niveau, "lieux": len(derniere), "evalues": len(vues)}
    for axe in AXES:
        rangs = ranger_les_tirages(vues[f"{axe}_vrai"].to_numpy()[None])[0]
        for nom, vrai, suite in (("score", vues[f"{axe}_vrai"], ""), ("rang", rangs, "_rang")):
            bas, haut = (vues[f"{axe}{suite}_{borne}"] for borne in ("bas", "haut"))
            mesures[f"{nom}_{axe}"] = int(((bas - 0.005 <= vrai) & (vrai <= haut + 0.005)).sum())
    donnees = vues[vues["classe"].ne(INDETERMINEE)]
    neuves = seules[1].loc[niveau].reindex(vues.index)
    donnees_seules = neuves.ne(INDETERMINEE)
    mesures |= {
        "donnees": len(donnees), "justes": int(donnees["classe"].eq(donnees["vraie_vrai"]).sum()),
        "donnees_seules": int(donnees_seules.sum()),
        "justes_seules": int((donnees_seules & neuves.eq(vues["vraie_vrai"])).sum()),
    }  # fmt: skip
    for nom, hier, demain in (
        ("memoire", avant["classe"], derniere["classe"]), ("sans", *(s.loc[niveau] for s in seules)),
    ):  # fmt: skip
        hier = hier[hier.ne(INDETERMINEE)]
        demain = demain.reindex(hier.index)
        mesures |= {
            f"{nom}_hier": len(hier), f"{nom}_gardees": int(demain.eq(hier).sum()),
            f"{nom}_perdues": int(demain.eq(INDETERMINEE).sum()),
        }  # fmt: skip
    return mesures


def dire(table: pd.DataFrame) -> str:
    """Les mesures, en parts."""
    t = table.groupby(["niveau", "taille"]).sum()
    parts = {f"{n} {axe}": t[f"{n}_{axe}"] / t["evalues"] for axe in AXES for n in ("score", "rang")}
    parts |= {
        "évalués": t["evalues"] / t["lieux"], "classés": t["donnees"] / t["evalues"],
        "justes": t["justes"] / t["donnees"], "justes sans mémoire": t["justes_seules"] / t["donnees_seules"],
        "gardées": t["memoire_gardees"] / t["memoire_hier"], "perdues": t["memoire_perdues"] / t["memoire_hier"],
        "gardées sans mémoire": t["sans_gardees"] / t["sans_hier"],
        "perdues sans mémoire": t["sans_perdues"] / t["sans_hier"],
    }  # fmt: skip
    return pd.DataFrame(parts).round(3).T.to_string()


def principal() -> None:
    analyseur = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    analyseur.add_argument("--graines", type=int, default=20)
    graines = analyseur.parse_args().graines
    lignes = [ligne for graine in range(graines) for taille in TAILLES for ligne in essayer(graine, taille)]
    print(f"{graines} villes de {QUARTIERS * RESIDENCES} résidences par taille ; probabilité {REGLES.probabilite}")
    print(dire(pd.DataFrame(lignes)))


if __name__ == "__main__":
    principal()
