"""La liste des indicateurs, par famille : ce que chacun vaut, et sous quels mots on le cherche."""

from __future__ import annotations

import re
from html import escape

from observatoire.edition.fiche import titre_de_la_fiche
from observatoire.presentation import reperes
from observatoire.presentation.affichage import defiler
from observatoire.presentation.donnees import noter_statuts
from observatoire.presentation.liens import lier, vers_fiche
from observatoire.presentation.nombres import ABSENT, ecrire_bornes, ecrire_ligne
from observatoire.publie import Publie

MIXITE = "Mixité"
_DEPUIS = "edition"
_CHAPEAU = """Une fiche par indicateur : définition, carte, quartiers classés, années, bailleurs. Les définitions
suivent celles des producteurs (SDES pour le RPLS, enquête OPS, SNE). [L'explorateur](explorateur.md) les montre tous,
à toute année et à tout niveau."""


def page_des_indicateurs(valeurs: Publie, fiches: dict[str, list[dict]]) -> str:
    """Le Markdown de la page. ``fiches`` : code de la fiche -> ses déclarations, dans l'ordre du catalogue."""
    rangees = [(d[0]["famille"], _rangee(valeurs, code, d)) for code, d in fiches.items()]
    rangees += [
        (MIXITE, [lier(indice["libelle"], vers_fiche(f"mixite_{code}", _DEPUIS)), "", ABSENT, ABSENT])
        for code, indice in valeurs.fiches_mixite.items()
    ]
    familles = list(dict.fromkeys(famille for famille, _ in rangees))
    ancres = " · ".join(f'<a href="#{_ancre(famille)}">{escape(famille)}</a>' for famille in familles)
    titre = f"Les indicateurs, {valeurs.edition['nom']}, {valeurs.annee}"
    tableau = _tableau(rangees, familles, titre)
    parties = [
        "# Les indicateurs",
        _CHAPEAU,
        f"<p>{ancres}</p>",
        f'<div data-pagefind-ignore="all">{tableau}{noter_statuts(tableau)}</div>',
    ]
    return "\n\n".join(parties) + "\n"


def _rangee(valeurs: Publie, code: str, declarations: list[dict]) -> list[str]:
    premiere = declarations[0]
    lien = lier(titre_de_la_fiche(declarations), vers_fiche(code, _DEPUIS))
    if len(declarations) > 1:
        return [lien, premiere.get("synonymes") or "", f"{len(declarations)} parts", ABSENT]
    ligne = reperes.ligne(valeurs, code, reperes.tout(valeurs))
    valeur = ecrire_ligne(ligne, premiere, html=True)
    return [lien, premiere.get("synonymes") or "", valeur, ecrire_bornes(ligne, premiere)]


def _tableau(rangees: list[tuple[str, list[str]]], familles: list[str], titre: str) -> str:
    """Un tableau que ``registre.js`` trie et filtre ; sans lui, la première ligne de chaque famille porte son ancre."""
    entetes = "".join(f'<th scope="col">{e}</th>' for e in ("Indicateur", "Famille", "Valeur", "Intervalle à 95 %"))
    attendues, corps = set(familles), []
    for famille, (lien, dits, *mesures) in rangees:
        ancre = f' id="{_ancre(famille)}"' if famille in attendues else ""
        attendues.discard(famille)
        aussi = f"<br><small>{escape(dits)}</small>" if dits else ""
        cases = "".join(f"<td>{case}</td>" for case in (escape(famille), *mesures))
        corps.append(f'<tr{ancre}><th scope="row">{lien}{aussi}</th>{cases}</tr>')
    table = (
        f'<table class="obs-table obs-registre" data-filtres="Famille"><caption>{escape(titre)}</caption>'
        f"<thead><tr>{entetes}</tr></thead><tbody>{''.join(corps)}</tbody></table>"
    )
    return defiler(table, titre)


def _ancre(famille: str) -> str:
    return f"famille-{re.sub(r'[^a-z]+', '-', famille.lower())}"
