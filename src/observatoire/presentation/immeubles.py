"""Les immeubles d'un quartier, dans l'édition des partenaires ; ailleurs, une phrase dit où ils sont."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.configuration import PUBLIQUE
from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent, defiler, plier
from observatoire.presentation.liens import lier_fiche
from observatoire.presentation.nombres import STATUTS, ecrire, ecrire_entier, nommer_statut, statut_de
from observatoire.presentation.tableaux import cellule
from observatoire.presentation.textes import paragraphe

if TYPE_CHECKING:
    from observatoire.publie import Publie

AILLEURS = "Les immeubles n'apparaissent que dans l'édition réservée aux partenaires."


def tableau_immeubles(
    valeurs: Publie, codes: tuple[str, ...], titre: str, territoire: str, depuis: str = "annee"
) -> Fragment:
    """Une ligne par immeuble d'un quartier ou d'un secteur, par ordre de nom ; une colonne par indicateur.

    Les immeubles dont rien n'est publié sont repliés dessous, avec leurs statuts. Dans l'édition publique, une phrase.
    """
    if valeurs.edition["public"] == PUBLIQUE:
        return paragraphe(AILLEURS)
    codes = tuple(c for c in codes if c in valeurs.catalogue)
    lieux = selection.immeubles(valeurs, territoire)
    lignes = {c: selection.lignes_des_immeubles(valeurs, c, lieux) for c in codes}
    if not lieux or not lignes:
        return absent(titre, "aucun immeuble n'est connu dans ce territoire")
    rangs = [(lieu["nom"], ranges) for lieu, *ranges in zip(lieux, *lignes.values(), strict=True)]
    montres = [rang for rang in rangs if not donnees.vide(rang[1])]
    caches = [rang for rang in rangs if donnees.vide(rang[1])]
    titre = f"{titre}, {valeurs.annee}"
    corps = _table(valeurs, codes, montres, titre, depuis) if montres else ""
    if caches:
        sans = f"{ecrire(len(caches), 'immeubles', decimales=0)} sans valeur publiée"
        corps += plier(sans, _table(valeurs, codes, caches, f"{titre} : {sans}", depuis))
    bilan = f'<p class="obs-phrase">{escape(_compter(rangs))}</p>'
    # La marque suit le tableau où qu'il soit copié : le site public refuse tout fichier qui la porte.
    public = escape(valeurs.edition["public"])
    html = f'<div class="obs-immeubles" data-observatoire-public="{public}">{bilan}{corps}</div>'
    return Fragment(html + donnees.noter_statuts(html), titre)


def _table(valeurs: Publie, codes: tuple[str, ...], rangs: list[tuple[str, list[dict]]], titre: str, depuis) -> str:
    """Le tableau de ces immeubles ; ``rangs`` : le nom de chacun, et une ligne par indicateur."""
    declarations = [valeurs.catalogue[c] for c in codes]
    cases = [
        [escape(nom), *(cellule(r, d) for r, d in zip(lignes, declarations, strict=True))] for nom, lignes in rangs
    ]
    entetes = ["Immeuble", *(lier_fiche(valeurs, c, depuis) for c in codes)]
    return defiler(donnees.tableau_simple(entetes, cases, titre), titre)


def _compter(rangs: list[tuple[str, list[dict]]]) -> str:
    """« 61 immeubles. Sur 183 valeurs : 120 publiées, 60 c (secret), 3 nd (non disponible). »"""
    statuts = [statut_de(ligne) for _, lignes in rangs for ligne in lignes]
    comptes = [f"{ecrire_entier(statuts.count('publie'))} publiées"]
    comptes += [f"{ecrire_entier(statuts.count(s))} {nommer_statut(s)}" for s in STATUTS if s in statuts]
    immeubles, total = ecrire(len(rangs), "immeubles", decimales=0), ecrire_entier(len(statuts))
    return f"{immeubles}. Sur {total} valeurs : {', '.join(comptes)}."
