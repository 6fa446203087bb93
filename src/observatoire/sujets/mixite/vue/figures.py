"""Le dessin d'un indice de mixité d'année en année : sa valeur, son intervalle, un repère en pointillé."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.evolution import dire_ruptures, tracer_ruptures
from observatoire.presentation.nombres import (
    ABSENT,
    STATUTS,
    ecrire,
    ecrire_entier,
    ecrire_statut,
    nommer_statut,
    statut_de,
)
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import BLEU, ENCRE, GRIS, Toile, graduations, mesurer
from observatoire.sujets.mixite.vue.lignes import (
    DECIMALES,
    Lieu,
    ecrire_bornes,
    ecrire_indice,
    lire_constante,
    lire_serie,
)
from observatoire.vocabulaire import DE_DEFINITION

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Le trait d'une série à périmètre constant.
TIRETS = (0, (4, 2))


def figurer(valeurs: Publie, lieu: Lieu, titre: str, nom: str, reperes: dict[str, list[dict]]) -> Fragment:
    """La figure d'une série et de son repère, et ses données ; une phrase quand rien n'est publié.

    Là où les bailleurs ont changé, la série de ceux de l'état zéro est à côté.
    """
    serie = lire_serie(valeurs, lieu)
    if donnees.vide(serie):
        return absent(titre, donnees.raison({str(r["annee"]): r for r in serie}))
    code = selection.groupe(valeurs, lieu.groupe)[:1] or [lieu.groupe]
    fixe = {f"bailleurs de {r[0]['annee']}": r for r in [lire_constante(valeurs, lieu)] if r}
    ruptures = selection.ruptures(valeurs, code[0])
    svg = dessiner(serie, (reperes, fixe), ruptures, titre, (nom, DECIMALES.get(lieu.indice, 3)))
    entetes = ["Année", "Valeur", "Intervalle à 95 %", *reperes, "p au hasard", "Ménages", "Réponse"]
    lignes = [
        [
            str(r["annee"]),
            ecrire_indice(r["valeur"], lieu.indice)
            if statut_de(r) == "publie"
            else ecrire_statut(statut_de(r), html=True),
            ecrire_bornes(r),
            *(ecrire_indice(repere[rang]["valeur"], lieu.indice) for repere in reperes.values()),
            ecrire_indice(r["p_hasard"]),
            ecrire_entier(r["menages"]),
            ecrire(r["reponse"], "%", decimales=0) if pd.notna(r["reponse"]) else ABSENT,
        ]
        for rang, r in enumerate(serie)
    ]
    for fixes in fixe.values():
        lignes += [
            [
                f"à périmètre constant, {r['annee']}",
                ecrire_indice(r["valeur"], lieu.indice),
                *[ABSENT] * len(entetes[2:]),
            ]
            for r in fixes
        ]
    note = f"Barres : l'intervalle à 95 % ; pointillé : {', '.join(reperes).lower()}."
    note = f"{note} {dire_ruptures(valeurs, code[0])}".strip()
    return donnees.figure(svg, donnees.Cartouche(titre), donnees.tableau_simple(entetes, lignes, titre), escape(note))


def dessiner(
    serie: list[dict],
    autres: tuple[dict[str, list[dict]], dict[str, list[dict]]],
    ruptures: list[dict],
    titre: str,
    facon: tuple[str, int],
) -> str:
    """Le SVG d'une ``serie`` (une ligne par année), de ses repères et de la même à périmètre constant, par nom.

    Aucun trait ne passe devant une rupture de définition. ``facon`` : le nom de la série, les décimales de l'indice.
    """
    (nom, decimales), (reperes, fixe) = facon, autres
    annees = [r["annee"] for r in serie]
    coupures = {r["annee"] for r in ruptures if r["genre"] == DE_DEFINITION}
    with style():
        cadre = _cadrer(serie, reperes | fixe)
        toile = Toile(170, (annees[0] - 0.45, annees[-1] + 0.45), cadre, gauche=36, haut=30.24)
        toile.graduer_y(*graduations(toile.bornes_y, ""))
        toile.graduer_x(annees, [str(a) for a in annees], grille=False)
        for repere in reperes.values():
            toile.relier(*_lignes(toile, repere, coupures), GRIS, 1.5, "--")
            toile.marquer(toile.x(annees), toile.y(_colonne(repere, "valeur")), "s", 5, GRIS)
        for lignes in fixe.values():
            toile.relier(*_lignes(toile, lignes, coupures), ENCRE, 1.5, TIRETS)
        x, bas, haut = toile.x(annees), toile.y(_colonne(serie, "borne_basse")), toile.y(_colonne(serie, "borne_haute"))
        toile.tirer(x, bas, x, haut, BLEU, largeur=1.2)
        toile.relier(*_lignes(toile, serie, coupures), BLEU)
        toile.marquer(x, toile.y(_colonne(serie, "valeur")), "o", 8, BLEU)
        tracer_ruptures(toile, ruptures)
        _ecrire_valeurs(toile, serie, decimales)
        _legender(toile, [nom, *reperes], [*fixe])
        return rendre(toile.achever(), titre, _decrire({nom: serie, **reperes}, fixe, decimales))


def _colonne(lignes: list[dict], nom: str) -> np.ndarray:
    return np.array([r[nom] for r in lignes], float)


def _cadrer(serie: list[dict], reperes: dict[str, list[dict]]) -> tuple[float, float]:
    """De zéro quand les valeurs en sont proches, autour d'elles sinon ; jamais nul."""
    colonnes = [_colonne(serie, c) for c in ("valeur", "borne_basse", "borne_haute")]
    hauteurs = np.concatenate([*colonnes, *(_colonne(r, "valeur") for r in reperes.values())])
    hauteurs = hauteurs[np.isfinite(hauteurs)]
    etendue = np.ptp(hauteurs) or abs(hauteurs).max() * 0.1 or 1
    bas = hauteurs.min() - 0.15 * etendue
    return (min(0.0, hauteurs.min()) if bas < etendue else bas), hauteurs.max() + 0.25 * etendue


def _lignes(toile: Toile, lignes: list[dict], coupures: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """Les points à relier, coupés devant une rupture ; une année sans valeur coupe d'elle-même."""
    annees, valeurs = _colonne(lignes, "annee"), _colonne(lignes, "valeur")
    ou = [rang for rang, annee in enumerate(annees) if rang and annee in coupures]
    return np.insert(toile.x(annees), ou, np.nan), np.insert(toile.y(valeurs), ou, np.nan)


def _ecrire_valeurs(toile: Toile, serie: list[dict], decimales: int) -> None:
    """La valeur au-dessus de chaque point ; au pied de l'axe, le statut d'une année sans valeur."""
    pied = toile.bas + 0.03 * (toile.haut - toile.bas)
    for ligne, x in zip(serie, toile.x(_colonne(serie, "annee")), strict=True):
        if (statut := statut_de(ligne)) != "publie":
            toile.ecrire(x, pied, STATUTS[statut].signe, ligne="pied", corps=10, couleur=GRIS, penche=True)
            continue
        sommet = ligne["borne_haute"] if pd.notna(ligne["borne_haute"]) else ligne["valeur"]
        texte = ecrire(ligne["valeur"], decimales=decimales)
        toile.ecrire(x, toile.y(sommet) + 5, texte, ligne="bas", couleur=BLEU, gras=True, halo=True)


def _legender(toile: Toile, noms: list[str], fixes: list[str]) -> None:
    x, y = 16.6, toile.haut + 13.3
    aspects = [(BLEU, 2.2, "-", ("o", 8)), *[(GRIS, 1.5, "--", ("s", 6))] * (len(noms) - 1)]
    aspects += [(ENCRE, 1.5, TIRETS, None)] * len(fixes)
    for texte, (couleur, largeur, tirets, marque) in zip([*noms, *fixes], aspects, strict=True):
        toile.tirer(x, y, x + 16.2, y, couleur, largeur=largeur, tirets=tirets)
        if marque:
            toile.marquer(x + 8.1, y, *marque, couleur, bord=0)
        toile.ecrire(x + 20.7, y, texte, ancre="left", ligne="legende", corps=9, couleur=ENCRE)
        x += 31.5 + mesurer(texte, 9)


def _decrire(series: dict[str, list[dict]], fixe: dict[str, list[dict]], decimales: int) -> str:
    def dire(ligne: dict) -> str:
        statut = statut_de(ligne)
        return ecrire(ligne["valeur"], decimales=decimales) if statut == "publie" else nommer_statut(statut)

    fixe = {nom: [r | {"statut": "publie"} for r in lignes] for nom, lignes in fixe.items()}

    def suite(lignes: list[dict]) -> str:
        return " ; ".join(f"{r['annee']} : {dire(r)}" for r in lignes)

    return " ".join(f"{nom}, {suite(lignes)}." for nom, lignes in (series | fixe).items())
