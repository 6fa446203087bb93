"""La répartition d'un parc ou de ses occupants : des barres empilées, une par année, et la ville."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib import colormaps

from observatoire.presentation import donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.contraste import encre_sur
from observatoire.presentation.nombres import STATUTS, ecrire, en_unite, graduer, statut_de
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import ENCRE, GRIS, LARGEUR, Toile, mesurer
from observatoire.vocabulaire import NON_APPLICABLE, NON_DISPONIBLE, NON_EVALUE, SECRET

if TYPE_CHECKING:
    from observatoire.publie import Publie

_INCONNUES = ("inconnu", "inconnue", "non renseigné", "non renseignée")
# Les mêmes traits que sur la carte : obliques, points, horizontales, quadrillage.
_HACHURES = {SECRET: "\\\\\\\\", NON_DISPONIBLE: "..", NON_APPLICABLE: "---", NON_EVALUE: "++"}
_COLONNES = 4  # entrées de légende par rangée


class Barre(NamedTuple):
    """Une barre : son nom, et une ligne de ``indicateurs`` par modalité."""

    nom: str
    lignes: list[dict]

    @property
    def parts(self) -> np.ndarray:
        return np.array([ligne["valeur"] for ligne in self.lignes], float)


def repartition(valeurs: Publie, groupe: str, territoire: str | None = None, bailleur: str = "tous") -> Fragment:
    """Les modalités d'un groupe, en barres empilées : toutes les années, puis la ville pour repère."""
    codes = selection.groupe(valeurs, groupe)
    libelle = valeurs.catalogue[codes[0]]["libelle"].split(" : ")[0]
    barres = _barres(valeurs, codes, territoire, bailleur)
    if all(donnees.vide(barre.lignes) for barre in barres):
        return absent(f"{libelle} (répartition)", donnees.raison(_par_barre(valeurs, barres)))
    titre = f"{libelle}, {selection.nommer(valeurs, territoire, bailleur)}"
    noms = [valeurs.catalogue[c]["modalite"] for c in codes]
    with style():
        svg = rendre(_dessiner(barres, noms).achever(), titre, _decrire(valeurs, barres, noms))
    courante = selection.ligne(valeurs, codes[0], territoire, bailleur)
    note = donnees.note(valeurs, valeurs.catalogue[codes[0]] | {"numerateur": libelle}, courante)
    propres = [selection.ligne(valeurs, c, territoire, bailleur) for c in codes]
    cartouche = donnees.Cartouche(titre, _constater(propres, noms), f"repartition-{groupe}")
    return donnees.figure(svg, cartouche, _table(valeurs, barres, titre), note)


def _constater(lignes: list[dict], noms: list[str]) -> str:
    """« Le plus souvent : 3 pièces (34,2 %) » ; rien s'il y manque une modalité, ou si l'inconnu l'emporte."""
    parts = [ligne["valeur"] for ligne in lignes]
    if np.isnan(np.array(parts, float)).any():
        return ""
    rang = int(np.argmax(parts))
    if noms[rang].lower() in _INCONNUES:
        return ""
    return f"Le plus souvent : {noms[rang]} ({ecrire(parts[rang], '%')})"


def _barres(valeurs: Publie, codes: list[str], territoire, bailleur) -> list[Barre]:
    """Une barre par année, puis celle de la ville, dans l'ordre où elles se lisent."""
    series = [selection.serie(valeurs, c, territoire, bailleur) for c in codes]
    propres = [Barre(str(lignes[0]["annee"]), list(lignes)) for lignes in zip(*series, strict=True)]
    repere = reperes.repere_de(valeurs, territoire, bailleur)
    if repere is None:
        return propres
    lignes = [reperes.ligne(valeurs, c, repere) for c in codes]
    return [*propres, Barre(f"{repere.court} {valeurs.annee}", lignes)]


def _par_barre(valeurs: Publie, barres: list[Barre]) -> dict[str, dict]:
    """Ce que décrit chaque ligne : sa barre, et sa modalité si la barre n'a pas partout le même statut."""
    noms = {}
    for barre in barres:
        seul = len({statut_de(ligne) for ligne in barre.lignes}) == 1
        for ligne in barre.lignes[:1] if seul else barre.lignes:
            modalite = valeurs.catalogue[ligne["indicateur"]]["modalite"]
            noms[barre.nom if seul else f"{barre.nom} ({modalite})"] = ligne
    return noms


def _dessiner(barres: list[Barre], noms: list[str]) -> Toile:
    parts = np.array([barre.parts for barre in barres])
    rangees = 14.4 * np.ceil(len(noms) / len(_colonnes(noms)))
    hauteur = 43.2 + 23.76 * len(barres) + rangees
    gauche = max(54, 7 + max(mesurer(barre.nom, 9) for barre in barres))
    toile = Toile(hauteur, (0, 100), (len(barres) - 0.45, -0.55), gauche=gauche, haut=14.4 + rangees)
    quarts = [0, 25, 50, 75, 100]
    toile.graduer_x(quarts, [graduer(q, "%") for q in quarts])
    couleurs = _couleurs(noms)
    bouts = toile.x(np.minimum(np.cumsum(en_unite(np.nan_to_num(parts), "%"), axis=1), 100))
    places, demi = toile.y(np.arange(len(barres))), 0.37 * (toile.y(0) - toile.y(1))
    debuts = np.column_stack([np.full(len(barres), toile.gauche), bouts[:, :-1]])
    for rang, (nom, couleur) in enumerate(zip(noms, couleurs, strict=True)):
        pleines = np.flatnonzero(parts[:, rang] > 0)
        if len(pleines):
            cadres = (debuts[pleines, rang], places[pleines] - demi, bouts[pleines, rang], places[pleines] + demi)
            toile.encadrer(*cadres, **_aspect(nom, couleur))
    for barre, place, debut, bout in zip(barres, places, debuts, bouts, strict=True):
        toile.ecrire(toile.gauche - 3.5, place, barre.nom, ancre="right", ligne="chiffre")
        _montrer_le_cache(toile, barre, place, demi, bout[-1])
        _ecrire_parts(toile, barre, place, debut, bout, couleurs=couleurs, noms=noms)
    _legender(toile, noms, couleurs)
    return toile


def _ecrire_parts(toile: Toile, barre: Barre, y: float, debuts, bouts, *, couleurs: list, noms: list[str]) -> None:
    """La part écrite dans chaque morceau assez large pour la porter."""
    for rang in np.flatnonzero(bouts - debuts >= 6.5 * (toile.droite - toile.gauche) / 100):
        milieu = (debuts[rang] + bouts[rang]) / 2
        texte = ecrire(barre.parts[rang], "%", decimales=0, avec_unite=False)
        if noms[rang].lower() in _INCONNUES:
            demi = mesurer(texte, 9) / 2 + 1
            toile.encadrer(milieu - demi, y - 5.5, milieu + demi, y + 5.5, fc=couleurs[rang], lw=0, zorder=3)
        toile.ecrire(milieu, y, texte, corps=9, couleur=encre_sur(couleurs[rang]))


def _montrer_le_cache(toile: Toile, barre: Barre, y: float, demi: float, debut: float) -> None:
    """Ce que les modalités publiées laissent de la barre, hachuré, avec le statut de celles qui ne le sont pas.

    Une modalité nulle, elle, ne laisse rien.
    """
    caches = [s for s in STATUTS if s in {statut_de(ligne) for ligne in barre.lignes}]
    if not caches:
        return
    fin, sigles = float(toile.x(100)), ", ".join(STATUTS[s].signe for s in caches)
    toile.encadrer(debut, y - demi, fin, y + demi, fc="white", ec=GRIS, lw=0.8, hatch=_HACHURES[caches[0]])
    large = mesurer(sigles, 10) + 4
    if large > fin - debut:
        toile.ecrire(fin + 2, y, sigles, ancre="left", corps=9, couleur=ENCRE, penche=True)
    else:
        milieu = (debut + fin) / 2
        toile.encadrer(milieu - large / 2, y - 6, milieu + large / 2, y + 6, fc="white", lw=0, zorder=3)
        toile.ecrire(milieu, y, sigles, corps=10, couleur=ENCRE, penche=True)


def _legender(toile: Toile, noms: list[str], couleurs: list) -> None:
    """La légende se lit ligne par ligne, au-dessus des barres ; ses colonnes sont aussi larges que leurs noms."""
    largeurs = _colonnes(noms)
    colonnes, total = len(largeurs), sum(largeurs) - 9.9
    gauche = max(3, min(toile.gauche + 0.45 * (toile.droite - toile.gauche) - total / 2, LARGEUR - 3 - total))
    departs = gauche + np.cumsum([0, *largeurs[:-1]])
    rangees = -(-len(noms) // colonnes)
    for rang, (nom, couleur) in enumerate(zip(noms, couleurs, strict=True)):
        x, y = departs[rang % colonnes], toile.haut + 7.6 + 13.6 * (rangees - 1 - rang // colonnes)
        toile.encadrer(x, y, x + 10.8, y + 6.3, **_aspect(nom, couleur))
        toile.ecrire(x + 14.4, y, nom, ancre="left", ligne="pied", corps=9, couleur=ENCRE)


def _colonnes(noms: list[str]) -> list[float]:
    """La largeur de chaque colonne de la légende : autant de colonnes qu'il en tient, quatre au plus."""
    for nombre in range(min(_COLONNES, len(noms)), 0, -1):
        largeurs = [24.3 + max(mesurer(nom, 9) for nom in noms[rang::nombre]) for rang in range(nombre)]
        if sum(largeurs) <= LARGEUR:
            break
    return largeurs


def _aspect(nom: str, couleur) -> dict:
    """L'aspect d'une barre : bordée de blanc ; l'inconnu est hachuré."""
    hachure = "///" if nom.lower() in _INCONNUES else None
    return {"fc": couleur, "ec": "white", "lw": 0.8, "joinstyle": "miter", "hatch": hachure}


def _couleurs(noms: list[str]) -> list:
    """Une rampe ordonnée du foncé au clair ; l'inconnu en gris."""
    connus = [n for n in noms if n.lower() not in _INCONNUES]
    # Celle de seaborn.color_palette("YlGnBu_r"), que l'édition mettrait une seconde à charger.
    rampe = iter(map(tuple, colormaps["YlGnBu_r"](np.linspace(0, 1, len(connus) + 3)[1:-2])[:, :3].tolist()))
    return ["#c3cad1" if n.lower() in _INCONNUES else next(rampe) for n in noms]


def _decrire(valeurs: Publie, barres: list[Barre], noms: list[str]) -> str:
    def parts(barre: Barre) -> str:
        dites = (donnees.dire_ligne(ligne, valeurs.catalogue[ligne["indicateur"]]) for ligne in barre.lignes)
        return ", ".join(f"{nom} {dite}" for nom, dite in zip(noms, dites, strict=True))

    return " ".join(f"{barre.nom} : {parts(barre)}." for barre in barres)


def _table(valeurs: Publie, barres: list[Barre], titre: str) -> str:
    lignes = [
        [
            f"{barre.nom}, {valeurs.catalogue[r['indicateur']]['modalite']}",
            *donnees.cases(r, valeurs.catalogue[r["indicateur"]], r["annee"]),
        ]
        for barre in barres
        for r in barre.lignes
    ]
    return donnees.tableau_simple(["Année et modalité", *donnees.entetes()], lignes, titre)
