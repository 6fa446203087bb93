"""La décomposition de la variation d'une part : le dessin de ses composantes, et les tableaux."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees
from observatoire.presentation.affichage import Absent, Fragment, absent, grille
from observatoire.presentation.liens import lier_et_situer, lier_fiche
from observatoire.presentation.nombres import ecrire, en_unite, nommer_statut, quantifier
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.tableaux import composer
from observatoire.presentation.toile import BLEU, ENCRE, GRIS, ORANGE, Toile, graduations, mesurer
from observatoire.publie import TOUTES, en_lignes
from observatoire.sujets.revue.tables import CONSTANT, COURANT
from observatoire.vocabulaire import COMPOSANTES, DEPLACES, DU_BRUIT

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Celles qui paraissent.
_PARUES = {c: mot.nom for c, mot in COMPOSANTES.items() if c != DEPLACES}
_SANS_FLUX = "il n'y a pas deux années de ménages à rapprocher"
_BOUTS = ("valeur_depart", "valeur")
_PAS, _DEMI = 22.0, 7.0  # hauteur d'une barre et de son intervalle, en points
_NOTE = (
    "Une entrée compte pour ce qui la sépare de la part de départ, une sortie de même ; les contributions s'ajoutent, "
    "sans ordre, à la variation, différence des deux parts telles qu'écrites. Les comptes portent un bruit de quelques "
    "ménages, qui protège leur secret : une ligne à part dit ce qu'il laisse, arrondis compris, et les composantes "
    "trop petites n'y sont pas détaillées. Décrire n'est pas expliquer."
)


def figure_decomposition(valeurs: Publie, indicateur: str, territoire: str | None = None) -> Fragment:
    """Les contributions à la variation d'une part, de l'état zéro à la dernière année ; la ville par défaut.

    Là où les bailleurs ont changé, celles des bailleurs présents aux deux dates sont à côté.
    """
    figures = [_figurer(valeurs, indicateur, territoire, perimetre) for perimetre in (COURANT, CONSTANT)]
    return figures[0] if isinstance(figures[1], Absent) else grille(*figures)


def _figurer(valeurs: Publie, indicateur: str, territoire: str | None, perimetre: str) -> Fragment:
    libelle = valeurs.catalogue[indicateur]["libelle"] if indicateur in valeurs.catalogue else indicateur
    lieu = territoire or valeurs.edition["code"]
    table = _du_niveau(valeurs, valeurs.tout[0] if territoire is None else "quartier")
    cles = (indicateur, lieu, perimetre)
    siennes = [r for r in en_lignes(table) if (r["indicateur"], r["territoire"], r["perimetre"]) == cles]
    publiees = [r for r in siennes if r["statut"] == "publie"]
    if not publiees:
        return absent(f"{libelle}, décomposition", _pourquoi(siennes))
    depart, annee, variation = (publiees[0][c] for c in ("depart", "annee", "variation"))
    titre = f"{libelle}, {_nommer(valeurs, lieu)} : de {depart} à {annee}{_dire_le_perimetre(valeurs, siennes[0])}"
    lignes = [
        [_PARUES[r["composante"]], _case(r)] for r in siennes
    ] + [["Variation", ecrire(variation, "points", signe=True)]]  # fmt: skip
    description = " ; ".join(f"{nom} : {_en_clair(r)}" for r in publiees for nom in [_PARUES[r["composante"]]])
    svg = _dessiner(publiees, variation, titre, description)
    tableau = donnees.tableau_simple(["Composante", "Contribution"], lignes, titre)
    return donnees.figure(svg, donnees.Cartouche(titre), tableau, escape(_NOTE))


def tableau_decomposition(valeurs: Publie, territoires: bool = False) -> Fragment:
    """Une ligne par part du parc de la ville, et une de plus à périmètre constant là où les bailleurs ont changé.

    ``territoires`` : une ligne par part et par quartier, à périmètre constant là où les bailleurs ont changé.
    """
    niveau = "quartier" if territoires else valeurs.tout[0]
    table = _du_niveau(valeurs, niveau)
    if table.empty:
        return absent("Décomposition" + (", quartiers" if territoires else ""), _SANS_FLUX)
    cles = ["territoire", "indicateur", "perimetre"]
    if territoires:
        fixes = pd.MultiIndex.from_frame(table.loc[table["perimetre"].eq(CONSTANT), cles[:2]])
        change = pd.MultiIndex.from_frame(table[cles[:2]]).isin(fixes)
        table = table[~change | table["perimetre"].eq(CONSTANT)]
    rangs = []
    for (lieu, code, _), siennes in table.groupby(cles, sort=False):
        par_nom = {r["composante"]: r for r in en_lignes(siennes)}
        premiere = next(iter(par_nom.values()))
        seule = par_nom.get(TOUTES)
        rangs.append(
            {
                **({"quartier": lier_et_situer(valeurs, "quartier", lieu, "edition")} if territoires else {}),
                "Part": lier_fiche(valeurs, code, "edition") + escape(_dire_le_perimetre(valeurs, premiere)),
                "Variation": ecrire(premiere["variation"], "points", premiere["statut"] if seule else "publie",
                                    signe=True, html=True),
                **{nom: _case(seule or par_nom.get(c)) for c, nom in _PARUES.items()},
            }
        )  # fmt: skip
    lignes = pd.DataFrame(rangs)
    depart, annee = (str(int(table[c].iloc[0])) for c in ("depart", "annee"))
    titre = f"De quoi est faite la variation de chaque part, de {depart} à {annee}"
    titre += ", par quartier" * territoires
    return composer(lignes, titre, groupe="quartier" if territoires else None, note=_NOTE)


def _du_niveau(valeurs: Publie, niveau: str) -> pd.DataFrame:
    """Les lignes d'un niveau ; leur variation est la différence des deux bouts tels qu'écrits.

    L'arrondi qui la sépare de celle du fichier va, comme celui du fichier, à la ligne « bruit » : tout s'ajoute encore.
    """
    table = valeurs.revue_decomposition
    table = table[table["niveau"].eq(niveau) & table["indicateur"].isin(valeurs.catalogue)]
    depart, arrivee = (table[b].map(lambda v: quantifier(v, "%"), na_action="ignore") for b in _BOUTS)
    ecrite = (arrivee - depart).astype(float) / 100
    reste = (ecrite - table["variation"]).where(table["composante"].eq(DU_BRUIT), 0)
    return table.assign(variation=ecrite, contribution=table["contribution"] + reste)


def _dire_le_perimetre(valeurs: Publie, ligne: dict) -> str:
    if ligne["perimetre"] == COURANT:
        return ""
    return f", à périmètre constant (sans {' ni '.join(valeurs.nom('bailleur', c) for c in ligne['absents'].split())})"


def _pourquoi(siennes: list[dict]) -> str:
    return siennes[0]["motif"] if siennes else _SANS_FLUX


def _nommer(valeurs: Publie, lieu: str) -> str:
    return valeurs.edition["nom"] if lieu == valeurs.edition["code"] else valeurs.nom("quartier", lieu)


def _case(r: dict | None) -> str:
    if r is None:
        return ""
    return ecrire(r["contribution"], "points", r["statut"], signe=True, html=True)


def _en_clair(r: dict) -> str:
    if r["statut"] != "publie":
        return nommer_statut(r["statut"])
    return ecrire(r["contribution"], "points", signe=True)


def _dessiner(publiees: list[dict], variation: float, titre: str, description: str) -> str:
    """Une barre par composante publiée, puis la variation."""
    noms = [*(_PARUES[r["composante"]] for r in publiees), "Variation"]
    valeurs = en_unite(np.array([*(r["contribution"] for r in publiees), variation], float), "points")
    textes = [ecrire(float(v), "points", signe=True, avec_unite=False) for v in [r["contribution"] for r in publiees]]
    textes.append(ecrire(variation, "points", signe=True, avec_unite=False))
    large = max(abs(valeurs).max(), 0.5)
    bornes = (min(valeurs.min(), 0) - 0.32 * large, max(valeurs.max(), 0) + 0.32 * large)
    gauche = 12 + max(mesurer(nom, 9) for nom in noms)
    hauteur = 30 + _PAS * len(noms)
    with style():
        toile = Toile(hauteur, bornes, (0, len(noms)), gauche=gauche, haut=4)
        toile.graduer_x(*graduations(bornes, ""))
        rangs = np.arange(len(noms))[::-1] + 0.5
        y, x, zero = toile.y(rangs), toile.x(valeurs), float(toile.x(0))
        couleurs = [*(BLEU if v >= 0 else ORANGE for v in valeurs[:-1]), GRIS]
        for nom, ou, bout, couleur, texte in zip(noms, y, x, couleurs, textes, strict=True):
            toile.encadrer(min(zero, bout), ou - _DEMI, max(zero, bout), ou + _DEMI, fc=couleur, ec="none", lw=0)
            toile.ecrire(gauche - 5, ou, nom, ancre="right", corps=9, couleur=ENCRE, gras=nom == "Variation")
            droite = bout >= zero
            toile.ecrire(bout + (3 if droite else -3), ou, texte, ancre="left" if droite else "right", corps=9)
        toile.tirer(zero, toile.bas, zero, toile.haut, GRIS, largeur=1)
        return rendre(toile.achever(), titre, description)
