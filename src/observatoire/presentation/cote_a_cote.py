"""Comparer des quartiers, ou des bailleurs, une année donnée : un point et son intervalle par ligne."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.constats import constater_les_ecarts
from observatoire.presentation.etiquettes import raccourcir
from observatoire.presentation.nombres import INSECABLE, ecrire_ligne, en_unite
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import BLEU, ENCRE, GRIS, LARGEUR, PALE, Toile, graduations, mesurer
from observatoire.vocabulaire import DEPUIS_ZERO, NIVEAUX

if TYPE_CHECKING:
    from observatoire.publie import Publie

_TRAIT, _FILET = "#8b97a1", "#eef1f3"
_CORPS, _PLACE = 9.5, 0.46 * LARGEUR  # ce que prennent les noms, au plus


def comparaison_quartiers(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> Fragment:
    """Les quartiers, du plus élevé au moins élevé, chacun avec son intervalle ; la ville pour repère."""
    declaration = valeurs.catalogue[indicateur]
    niveau, lignes = selection.parties(valeurs, indicateur, territoire, bailleur)
    genre = NIVEAUX[niveau].nom
    a_qui = "" if bailleur == "tous" else f", {selection.nommer(valeurs, None, bailleur)}"
    titre = f"{declaration['libelle']} par {genre.lower()}, {valeurs.annee}{a_qui}"
    lieu = (genre, territoire, reperes.englober(valeurs, territoire))
    return _cote_a_cote(valeurs, declaration, lignes, titre, lieu)


def comparaison_bailleurs(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str | None = None
) -> Fragment:
    """Les bailleurs côte à côte sur un même territoire ; ``bailleur`` est celui que l'on met en avant."""
    declaration = valeurs.catalogue[indicateur]
    lignes = selection.bailleurs(valeurs, indicateur, territoire)
    lieu = selection.nommer(valeurs, territoire)
    titre = f"{declaration['libelle']} par bailleur, {lieu}, {valeurs.annee}"
    lieu_et_repere = ("Bailleur", bailleur, reperes.englober(valeurs, territoire))
    return _cote_a_cote(valeurs, declaration, lignes, titre, lieu_et_repere)


def _cote_a_cote(valeurs, declaration, lignes, titre, lieu) -> Fragment:
    """Un point et son intervalle par ligne, triés ; les valeurs cachées en bas, par leur statut.

    ``lieu`` : ce qu'est une ligne, celle que l'on met en avant, le repère.
    """
    premiere, courant, repere = lieu
    if not lignes:
        return silence(f"Cette ville n'a pas de {premiere.lower()}s.")
    if donnees.vide(lignes):
        return absent(f"{declaration['libelle']} ({premiere.lower()}s)", donnees.raison({r["nom"]: r for r in lignes}))
    lignes = sorted(lignes, key=lambda r: (np.inf if pd.isna(r["valeur"]) else -r["valeur"], r["nom"]))
    ville = reperes.ligne(valeurs, declaration["code"], repere)
    avec_ville = declaration["nature"] != "effectif" and not pd.isna(ville["valeur"])
    lignes_de_repere = [(repere.nom, ville)] * avec_ville
    with style():
        toile = _dessiner(declaration, lignes, lignes_de_repere, courant)
        clairs = [
            donnees.en_clair(nom, r, declaration) for nom, r in [*lignes_de_repere, *((r["nom"], r) for r in lignes)]
        ]
        svg = rendre(toile.achever(), titre, " ; ".join(clairs) + ".")
    rangs = [(nom, r, valeurs.annee) for nom, r in [*((r["nom"], r) for r in lignes), *lignes_de_repere]]
    table = donnees.table_figure(premiere, rangs, declaration, titre)
    constat = constater_les_ecarts(valeurs, declaration["code"], lignes, repere, premiere.lower())
    cartouche = donnees.Cartouche(titre, constat, f"{premiere.lower()}s-{declaration['code']}")
    return donnees.figure(svg, cartouche, table, donnees.note(valeurs, declaration, ville))


def _dessiner(declaration: dict, lignes: list[dict], repere: list[tuple[str, dict]], courant: str | None) -> Toile:
    unite = declaration["unite"]
    valeur, bas, haut = (
        en_unite(np.array([r[c] for r in lignes], float), unite) for c in ("valeur", "borne_basse", "borne_haute")
    )
    minimum = 0.0 if declaration["nature"] in DEPUIS_ZERO else np.nanmin([*valeur, *bas])
    maximum = np.nanmax([*valeur, *haut])
    etendue = maximum - minimum or 1
    bornes = (minimum - 0.02 * etendue, maximum + 0.25 * etendue)
    noms = [r["nom"] for r in lignes]
    if max(mesurer(nom, _CORPS) for nom in noms) > _PLACE:
        noms = raccourcir(noms)
    gauche = min(7 + max(mesurer(nom, _CORPS, gras=True) for nom in noms), _PLACE)
    toile = Toile(57.6 + 19.44 * len(lignes), bornes, (len(lignes) - 0.4, -0.6), gauche, haut=23.04, bas=32.4)
    toile.graduer_x(*graduations(bornes, unite))
    if unite not in {"%", "‰"}:
        toile.ecrire((toile.gauche + toile.droite) / 2, 3.4, unite, ligne="pied")
    choisi = np.array([r["code"] == courant for r in lignes])
    x, y = toile.x(valeur), toile.y(np.arange(len(lignes)))
    toile.tirer(toile.gauche, y, toile.droite, y, _FILET)
    for nom, ligne in repere:
        _tracer_repere(toile, nom, ligne, declaration)
    for qui, couleur in ((~choisi, _TRAIT), (choisi, BLEU)):
        toile.tirer(toile.x(bas)[qui], y[qui], toile.x(haut)[qui], y[qui], couleur, largeur=2)
    toile.marquer(x[~choisi], y[~choisi], "o", 6.93, GRIS, 0.55)
    toile.marquer(x[choisi], y[choisi], "D", 8.49, BLEU, 0.55)
    bouts = np.where(np.isnan(valeur), toile.x(minimum), np.fmax(x, toile.x(haut)))
    for r, nom, oui, hauteur, bout in zip(lignes, noms, choisi, y, bouts, strict=True):
        _ecrire_ligne(toile, {**r, "nom": nom}, declaration, oui, hauteur, bout)
    return toile


def _ecrire_ligne(toile: Toile, ligne: dict, declaration: dict, choisie: bool, y: float, bout: float) -> None:
    """Le nom à gauche, la valeur (ou le statut, penché) à droite de son intervalle."""
    nom, texte = ligne["nom"].replace(" ", INSECABLE), ecrire_ligne(ligne, declaration).split(INSECABLE)[0]
    encre, pale = (BLEU, BLEU) if choisie else (ENCRE, PALE)
    toile.ecrire(toile.gauche - 3.5, y, nom, ancre="right", ligne="chiffre", corps=_CORPS, couleur=encre,
                 gras=choisie)  # fmt: skip
    toile.ecrire(bout + 6, y, texte, ancre="left", corps=9, couleur=pale, gras=choisie, penche=pd.isna(ligne["valeur"]),
                 halo=True)  # fmt: skip


def _tracer_repere(toile: Toile, nom: str, ligne: dict, declaration: dict) -> None:
    """La valeur du repère : un trait vertical, et son nom au-dessus, à droite."""
    x = toile.x(en_unite(ligne["valeur"], declaration["unite"]))
    toile.tirer(x, toile.bas, x, toile.haut, GRIS, largeur=1.4, tirets="--")
    texte = f"{nom} : {ecrire_ligne(ligne, declaration)}"
    droite, y = toile.droite + 0.02 * (toile.droite - toile.gauche) - 5.4, toile.haut + 10.7
    toile.ecrire(droite, y, texte, ancre="right", ligne="legende", corps=9, couleur=ENCRE)
    debut = droite - mesurer(texte, 9) - 25.2
    toile.tirer(debut, y, debut + 18, y, GRIS, largeur=1.4, tirets="--")
