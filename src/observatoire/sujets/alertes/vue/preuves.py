"""Ce qui a été observé et ce qui était attendu d'un territoire, d'une année à l'autre."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.evolution import Trace, cadrer, dire_ruptures, ecrire_valeurs, tracer_ruptures
from observatoire.presentation.nombres import ecrire, ecrire_bornes, ecrire_ligne, ecrire_mesure
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import BLEU, ENCRE, GRIS, Toile, graduations, mesurer
from observatoire.sujets.alertes.vue.dossier import trouver
from observatoire.sujets.alertes.vue.resume import nommer_lieu, reserver
from observatoire.sujets.alertes.vue.verdicts import pastille

if TYPE_CHECKING:
    from observatoire.publie import Publie

SANS = "–"


def preuves(valeurs: Publie, alerte: str) -> Fragment:
    """La part observée et son intervalle, la part attendue, année par année ; aucun trait ne franchit une rupture.

    Une année où le territoire n'est pas signalé n'a pas d'attendu publié sous le quartier.
    """
    trouvee = trouver(valeurs, alerte)
    declaration, lieu = trouvee.declaration, trouvee.lieu
    annees = valeurs.lignes(lieu["indicateur"], lieu["niveau"], lieu["territoire"])
    nom = nommer_lieu(valeurs, lieu)
    if donnees.vide(annees):
        return absent(declaration["libelle"], donnees.raison({str(r["annee"]): r for r in annees}))
    evaluees = {r["annee"]: r for r in valeurs.alertes(**lieu)}
    attendues = [_attendre(r, evaluees.get(r["annee"])) for r in annees]
    titre = f"{declaration['libelle']}, {nom} : observé et attendu"
    with style():
        toile = _dessiner(valeurs, declaration, annees, attendues)
        svg = rendre(toile.achever(), titre, _decrire(valeurs, declaration, annees, attendues))
    lignes = [_ligne(r, a, evaluees.get(r["annee"]), declaration) for r, a in zip(annees, attendues, strict=True)]
    entetes = ["Année", "Observé", "Intervalle à 95 %", "Attendu", "Numérateur", "Attendu (nombre)", "Excès",
               "Entre", "Dénominateur", "Verdict"]  # fmt: skip
    courante = next(r for r in annees if r["annee"] == valeurs.annee)
    note = donnees.note(valeurs, declaration, courante, dire_ruptures(valeurs, lieu["indicateur"]))
    fragment = donnees.figure(svg, donnees.Cartouche(titre), donnees.tableau_simple(entetes, lignes, titre), note)
    return reserver(valeurs, fragment.html, titre)


def _attendre(ligne: dict, evaluee: dict | None) -> dict:
    """La part attendue une année, dans la forme d'une ligne d'``indicateurs``."""
    absente = evaluee is None or pd.isna(evaluee["attendu"]) or not evaluee["denominateur"]
    part = math.nan if absente else evaluee["attendu"] / evaluee["denominateur"]
    vide = {"borne_basse": math.nan, "borne_haute": math.nan}
    return {"annee": ligne["annee"], "valeur": part, "statut": "nd" if absente else "publie", **vide}


def _dessiner(valeurs: Publie, declaration: dict, annees: list[dict], attendues: list[dict]) -> Toile:
    unite, dates = declaration["unite"], valeurs.edition["annees"]
    observe, attendu = (Trace(valeurs, declaration, lignes) for lignes in (annees, attendues))
    hauteurs = np.concatenate([observe.valeur, observe.bas, observe.haut, attendu.valeur])
    toile = Toile(198, (dates[0] - 0.45, dates[-1] + 0.45), cadrer(declaration, hauteurs), gauche=36, haut=30.24)
    toile.graduer_y(*graduations(toile.bornes_y, unite))
    toile.graduer_x(dates, [str(a) for a in dates], grille=False)
    x, reference = toile.x(attendu.annee), toile.y(attendu.valeur)
    toile.relier(attendu.couper(x), attendu.couper(reference), GRIS, 1.5, "--")
    toile.marquer(x, reference, "s", 6, GRIS)
    x, haut = toile.x(observe.annee), toile.y(observe.valeur)
    toile.tirer(x, toile.y(observe.bas), x, toile.y(observe.haut), BLEU, largeur=1.6)
    toile.relier(observe.couper(x), observe.couper(haut), BLEU)
    toile.marquer(x, haut, "o", 8, BLEU)
    tracer_ruptures(toile, selection.ruptures(valeurs, declaration["code"]))
    ecrire_valeurs(toile, declaration, annees, observe)
    _legender(toile)
    return toile


def _legender(toile: Toile) -> None:
    x, y = 16.6, toile.haut + 13.3
    for texte, couleur, tirets, marque in (("Observé", BLEU, "-", ("o", 8)), ("Attendu", GRIS, "--", ("s", 6))):
        toile.tirer(x, y, x + 16.2, y, couleur, largeur=2, tirets=tirets)
        toile.marquer(x + 8.1, y, *marque, couleur, bord=0)
        toile.ecrire(x + 20.7, y, texte, ancre="left", ligne="legende", corps=9, couleur=ENCRE)
        x += 31.5 + mesurer(texte, 9)


def _decrire(valeurs: Publie, declaration: dict, annees: list[dict], attendues: list[dict]) -> str:
    paires = [
        f"{donnees.en_clair(str(r['annee']), r, declaration)}, attendu {_part(a, declaration)}"
        for r, a in zip(annees, attendues, strict=True)
    ]
    return f"{' ; '.join(paires)}. {dire_ruptures(valeurs, declaration['code'])}".strip()


def _part(attendue: dict, declaration: dict) -> str:
    return SANS if pd.isna(attendue["valeur"]) else ecrire(attendue["valeur"], declaration["unite"])


def _ligne(ligne: dict, attendue: dict, evaluee: dict | None, declaration: dict) -> list[str]:
    compte = evaluee if evaluee is not None and not pd.isna(evaluee["attendu"]) else None
    exces = [SANS] * 3
    if compte:
        bornes = " à ".join(ecrire(compte[b], decimales=0, signe=True) for b in ("exces_bas", "exces_haut"))
        exces = [ecrire(compte["attendu"], decimales=0), ecrire(compte["exces"], decimales=0, signe=True), bornes]
    return [
        str(ligne["annee"]), ecrire_ligne(ligne, declaration, html=True), ecrire_bornes(ligne, declaration),
        _part(attendue, declaration), ecrire_mesure(ligne, "numerateur"), *exces, ecrire_mesure(ligne, "denominateur"),
        pastille(evaluee) if evaluee else SANS,
    ]  # fmt: skip
