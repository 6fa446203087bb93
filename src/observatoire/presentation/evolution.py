"""L'évolution d'un indicateur d'une année à l'autre : un SVG en ligne, son texte de remplacement, ses données."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from observatoire.presentation import donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.constats import constater_l_evolution
from observatoire.presentation.nombres import STATUTS, ecrire, en_unite, statut_de
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import BLEU, ENCRE, GRIS, LARGEUR, ORANGE, Toile, graduations, mesurer
from observatoire.vocabulaire import DE_DEFINITION, DEPUIS_ZERO, RUPTURES

if TYPE_CHECKING:
    from observatoire.publie import Publie

# La légende, en points : où elle commence, ce qui précède un texte, ce qu'il prend en plus de lui, une rangée.
_GAUCHE, _AVANT, _PAS, _RANGEE = 16.6, 20.7, 31.5, 14.4


def evolution(valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous") -> Fragment:
    """L'évolution d'un indicateur, son intervalle, la ville et l'état zéro pour repères.

    Là où les bailleurs ont changé, celle des bailleurs de l'état zéro est à côté. Aucun trait ne franchit une rupture
    de définition, ni une année sans valeur.
    """
    declaration = valeurs.catalogue[indicateur]
    annees = selection.serie(valeurs, indicateur, territoire, bailleur)
    nom = selection.nommer(valeurs, territoire, bailleur)
    if donnees.vide(annees):
        return absent(declaration["libelle"], donnees.raison({str(r["annee"]): r for r in annees}))
    repere = reperes.repere_de(valeurs, territoire, bailleur)
    ville = _serie_ville(valeurs, declaration, repere)
    autre = repere.nom if repere else ""
    constante = selection.serie_constante(valeurs, indicateur, territoire) if bailleur == "tous" else []
    titre = f"{declaration['libelle']}, {nom}"
    with style():
        toile = _dessiner(valeurs, declaration, (annees, ville, constante), (nom, autre))
        decrite = _decrire_evolution(valeurs, declaration, (annees, ville, constante), (nom, autre))
        svg = rendre(toile.achever(), titre, decrite)
    lignes = [(str(r["annee"]), r, r["annee"]) for r in annees]
    lignes += [(f"{autre}, {r['annee']}", r, r["annee"]) for r in ville]
    lignes += [(f"à périmètre constant, {r['annee']}", r, r["annee"]) for r in constante]
    courante = next(r for r in annees if r["annee"] == valeurs.annee)
    note = donnees.note(valeurs, declaration, courante, dire_ruptures(valeurs, indicateur))
    constat = constater_l_evolution(valeurs, indicateur, territoire, bailleur)
    table = donnees.table_figure("Année", lignes, declaration, titre)
    return donnees.figure(svg, donnees.Cartouche(titre, constat, f"evolution-{indicateur}"), table, note)


def _serie_ville(valeurs, declaration, repere) -> list[dict]:
    """La série de la ville, sauf pour elle-même et pour un effectif (rien à comparer)."""
    if repere is None or declaration["nature"] == "effectif":
        return []
    return valeurs.lignes(declaration["code"], repere.niveau, repere.code)


def _dessiner(valeurs, declaration, series, noms) -> Toile:
    unite, dates, (annees, ville, constante) = declaration["unite"], valeurs.edition["annees"], series
    propre, repere, fixe = (Trace(valeurs, declaration, lignes) for lignes in series)
    ruptures = selection.ruptures(valeurs, declaration["code"])
    zero = _etat_zero(valeurs, propre, ruptures)
    hauteurs = [propre.valeur, propre.bas, propre.haut, repere.valeur, fixe.valeur, [y for _, y in zero]]
    hauteurs = np.concatenate(hauteurs)
    depart = f"État zéro {valeurs.edition['annee_zero']}" if zero else None
    legende = _ranger(noms[: 1 + (len(ville) > 0)], depart, constante[0]["annee"] if constante else None)
    marge = _RANGEE * (len(legende) - 1)
    bornes_x = dates[0] - 0.45, dates[-1] + 0.45
    toile = Toile(198 + marge, bornes_x, cadrer(declaration, hauteurs), gauche=36, haut=30.24 + marge)
    toile.graduer_y(*graduations(toile.bornes_y, unite))
    toile.graduer_x(dates, [str(a) for a in dates], grille=False)
    if constante:
        toile.relier(fixe.couper(toile.x(fixe.annee)), fixe.couper(toile.y(fixe.valeur)), ENCRE, 1.5, (0, (4, 2)))
    _tracer_serie(toile, propre, repere, zero)
    tracer_ruptures(toile, ruptures)
    ecrire_valeurs(toile, declaration, annees, propre)
    _legender(toile, legende)
    return toile


class Trace:
    """Une série à l'échelle de son unité, en colonnes ; ``coupes`` : les rangs où un segment commence."""

    def __init__(self, valeurs: Publie, declaration: dict, lignes: list[dict]):
        self.annee = np.array([r["annee"] for r in lignes], float)
        colonnes = ([r[c] for r in lignes] for c in ("valeur", "borne_basse", "borne_haute"))
        self.valeur, self.bas, self.haut = (en_unite(np.array(c, float), declaration["unite"]) for c in colonnes)
        segments = selection.segments(valeurs, declaration["code"], lignes)
        self.coupes = np.flatnonzero(np.diff(segments)) + 1

    def couper(self, colonne: np.ndarray) -> np.ndarray:
        """Une colonne, interrompue entre deux segments."""
        return np.insert(colonne, self.coupes, np.nan)


def _tracer_serie(toile: Toile, propre: Trace, repere: Trace, zero: list[tuple[float, float]]) -> None:
    x, valeur, bas, haut = toile.x(propre.annee), toile.y(propre.valeur), toile.y(propre.bas), toile.y(propre.haut)
    for rangs in np.split(np.arange(len(x)), propre.coupes):
        connus = rangs[np.isfinite(bas[rangs])]
        if len(connus) > 1:
            toile.remplir(x[connus], bas[connus], haut[connus], BLEU, 0.16)
    if zero:
        (debut, hauteur), (fin, _) = zero
        toile.tirer(toile.x(debut), toile.y(hauteur), toile.x(fin), toile.y(hauteur), ORANGE, largeur=1.5, tirets=":")
    if len(repere.annee):
        annees, hauteurs = toile.x(repere.annee), toile.y(repere.valeur)
        toile.relier(repere.couper(annees), repere.couper(hauteurs), GRIS, 1.5, "--")
        toile.marquer(annees, hauteurs, "s", 5, GRIS)
    toile.tirer(x, bas, x, haut, BLEU, largeur=1.2)
    toile.relier(propre.couper(x), propre.couper(valeur), BLEU)
    toile.marquer(x, valeur, "o", 8, BLEU)


def _etat_zero(valeurs: Publie, propre: Trace, ruptures: list[dict]) -> list[tuple[float, float]]:
    """Les deux bouts de la ligne de l'état zéro, qu'arrête une rupture de définition ; rien s'il n'est pas publié."""
    depart = valeurs.edition["annee_zero"]
    hauteurs = propre.valeur[(propre.annee == depart) & np.isfinite(propre.valeur)]
    if len(propre.annee) < 2 or not len(hauteurs):
        return []
    apres = [r["annee"] - 0.5 for r in ruptures if r["annee"] > depart and r["genre"] == DE_DEFINITION]
    fin = min(apres, default=propre.annee[-1] + 0.45)
    return [(depart - 0.45, hauteurs[0]), (fin, hauteurs[0])]


def cadrer(declaration: dict, hauteurs: np.ndarray) -> tuple[float, float]:
    """L'étendue verticale, jamais nulle : depuis zéro pour une part ou un effectif, autour des valeurs sinon."""
    hauteurs = hauteurs[np.isfinite(hauteurs)]
    if declaration["nature"] in DEPUIS_ZERO:
        return 0, hauteurs.max() * 1.22 or 1
    marge = max(np.ptp(hauteurs), abs(hauteurs).max() * 0.05) * 0.3 or 1
    return hauteurs.min() - marge, hauteurs.max() + marge * 1.3


def tracer_ruptures(toile: Toile, ruptures: list[dict]) -> None:
    for x in toile.x([r["annee"] - 0.5 for r in ruptures]):
        toile.tirer(x, toile.bas, x, toile.haut, GRIS, largeur=1, tirets=(0, (1, 2)))
        toile.ecrire(x + 3, toile.haut - 1.5, "rupture", ancre="left", ligne="haut", corps=9, couleur=GRIS)


def ecrire_valeurs(toile: Toile, declaration: dict, annees: list[dict], propre: Trace) -> None:
    """La valeur au-dessus de chaque point ; au pied de l'axe, le statut d'une année cachée."""
    unite, pied = declaration["unite"], toile.bas + 0.03 * (toile.haut - toile.bas)
    sommets = toile.y(np.where(np.isfinite(propre.haut), propre.haut, propre.valeur))
    for ligne, x, sommet in zip(annees, toile.x(propre.annee), sommets, strict=True):
        if (statut := statut_de(ligne)) != "publie":
            toile.ecrire(x, pied, STATUTS[statut].signe, ligne="pied", corps=10, couleur=GRIS, penche=True)
        else:
            texte = ecrire(ligne["valeur"], unite, avec_unite=False, signe=unite == "points")
            toile.ecrire(x, sommet + 5, texte, ligne="bas", couleur=BLEU, gras=True, halo=True)


def _ranger(noms: tuple[str, ...], zero: str | None, constante: int | None) -> list[list[tuple]]:
    """Les entrées de la légende, une par série, en autant de rangées qu'il en faut pour tenir dans la largeur."""
    entrees = [(noms[0], BLEU, 2.2, "-", ("o", 8))]
    entrees += [(autre, GRIS, 1.5, "--", ("s", 6)) for autre in noms[1:]]
    entrees += [(zero, ORANGE, 1.5, ":", None)] * (zero is not None)
    entrees += [(f"bailleurs de {constante}", ENCRE, 1.5, (0, (4, 2)), None)] * (constante is not None)
    rangees: list[list[tuple]] = [[]]
    for entree in entrees:
        if rangees[-1] and _large([*rangees[-1], entree]) > LARGEUR:
            rangees.append([])
        rangees[-1].append(entree)
    return rangees


def _large(entrees: list[tuple]) -> float:
    """La largeur d'une rangée, en points ; la dernière entrée n'a rien après elle."""
    return _GAUCHE + sum(_PAS + mesurer(texte, 9) for texte, *_ in entrees) - (_PAS - _AVANT)


def _legender(toile: Toile, rangees: list[list[tuple]]) -> None:
    """Les rangées de la légende, de haut en bas au-dessus du dessin."""
    for rang, entrees in enumerate(reversed(rangees)):
        x, y = _GAUCHE, toile.haut + 13.3 + _RANGEE * rang
        for texte, couleur, largeur, tirets, marque in entrees:
            toile.tirer(x, y, x + 16.2, y, couleur, largeur=largeur, tirets=tirets)
            if marque:
                toile.marquer(x + 8.1, y, *marque, couleur, bord=0)
            toile.ecrire(x + _AVANT, y, texte, ancre="left", ligne="legende", corps=9, couleur=ENCRE)
            x += _PAS + mesurer(texte, 9)


def _decrire_evolution(valeurs, declaration, series, noms) -> str:
    annees, ville, constante = series

    def suite(lignes: list[dict]) -> str:
        return " ; ".join(donnees.en_clair(str(r["annee"]), r, declaration) for r in lignes)

    phrases = [f"{noms[0]}, {suite(annees)}.", f"{noms[1]}, {suite(ville)}." if ville else ""]
    phrases += [f"À périmètre constant, {suite(constante)}."] * bool(constante)
    return " ".join([*phrases, dire_ruptures(valeurs, declaration["code"])]).strip()


def dire_ruptures(valeurs: Publie, indicateur: str) -> str:
    ruptures = selection.ruptures(valeurs, indicateur)
    return " ".join(
        f"Rupture entre {r['annee'] - 1} et {r['annee']} ({RUPTURES[r['genre']].libelle}) : {r['libelle']}."
        for r in ruptures
    )
