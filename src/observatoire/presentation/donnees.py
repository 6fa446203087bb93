"""Les données d'une figure : le tableau replié sous elle et son texte de remplacement."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation.affichage import Fragment, defiler, plier
from observatoire.presentation.nombres import (
    STATUTS,
    dire_statuts,
    ecrire_bornes,
    ecrire_ligne,
    ecrire_mesure,
    ecrire_reference,
)
from observatoire.registre.impressions import dire

if TYPE_CHECKING:
    from observatoire.publie import Publie


def entetes() -> list[str]:
    """Les colonnes de la table d'une figure, après celle qui nomme les lignes."""
    return ["Valeur", dire("Intervalle à 95 %"), "Numérateur", "Dénominateur", "Date", "Couverture", "Réponse"]


def figure(svg: str, titre: str, table: str, note: str) -> Fragment:
    """Une figure : son titre, le dessin, sa note, et les données repliées dessous."""
    legende = f'<figcaption><strong class="obs-titre">{escape(titre)}</strong></figcaption>'
    notes = f'<p class="obs-note">{note}</p>' if note else ""
    pli = plier("Données de la figure", defiler(table, f"Données : {titre}"))
    return Fragment(f'<figure class="obs-figure">{legende}{svg}{notes}{pli}</figure>', titre)


def tableau_simple(entetes: list[str], lignes: list[list[str]], titre: str) -> str:
    """Une petite table, dont la première colonne nomme les lignes. Les cases sont du HTML déjà sûr."""
    tete = "".join(f'<th scope="col">{escape(e)}</th>' for e in entetes)
    corps = "".join(
        f'<tr><th scope="row">{premiere}</th>' + "".join(f"<td>{c}</td>" for c in suite) + "</tr>"
        for premiere, *suite in lignes
    )
    return (
        f'<table class="obs-table"><caption>{escape(titre)}</caption>'
        f"<thead><tr>{tete}</tr></thead><tbody>{corps}</tbody></table>"
    )


def cases(ligne: dict, declaration: dict, annee: int) -> list[str]:
    """Tout ce qui accompagne une valeur, dans l'ordre de :func:`entetes`."""
    return [
        ecrire_ligne(ligne, declaration, html=True),
        ecrire_bornes(ligne, declaration),
        ecrire_mesure(ligne, "numerateur"),
        ecrire_mesure(ligne, "denominateur"),
        ecrire_reference(declaration, annee),
        ecrire_mesure(ligne, "couverture"),
        ecrire_mesure(ligne, "reponse"),
    ]


def table_figure(premiere: str, lignes: list[tuple[str, dict, int]], declaration: dict, titre: str) -> str:
    """La table d'une figure : ``lignes`` sont (nom, valeurs, année)."""
    contenu = [[escape(nom), *cases(ligne, declaration, annee)] for nom, ligne, annee in lignes]
    return tableau_simple([premiere, *entetes()], contenu, titre)


def en_clair(nom: str, ligne: dict, declaration: dict) -> str:
    """« Battant : 12,3 % (11,2 à 13,4 %) », ou « Battant : secret »."""
    if ligne["statut"] != "publie":
        return f"{nom} : {STATUTS[ligne['statut']].libelle}"
    suite = f" ({ecrire_bornes(ligne, declaration)})" if not pd.isna(ligne["borne_basse"]) else ""
    return f"{nom} : {ecrire_ligne(ligne, declaration)}{suite}"


def note(valeurs: Publie, declaration: dict, ligne: dict, *complements: str) -> str:
    """La note d'une figure : rapport, date, couverture, intervalle ou pourquoi il n'y en a pas."""
    rapport = declaration["numerateur"]
    if declaration.get("denominateur"):
        rapport += f" / {declaration['denominateur']}"
    morceaux = [f"{_majuscule(rapport)}, {ecrire_reference(declaration, valeurs.annee)}"]
    if not pd.isna(ligne["couverture"]):
        morceaux.append(f"couverture {ecrire_mesure(ligne, 'couverture')}")
    if not pd.isna(ligne["reponse"]):
        morceaux.append(f"réponse {ecrire_mesure(ligne, 'reponse')}")
    sans = str(declaration.get("intervalle") or "").startswith("sans")
    methode = declaration.get("intervalle") or ""
    morceaux.append(methode if sans or not methode else f"intervalle : {methode}")
    texte = " ; ".join(m for m in morceaux if m) + f". Source : {declaration['source']}."
    return escape(" ".join([texte, *(c for c in complements if c)]))


def _majuscule(texte: str) -> str:
    return texte[:1].upper() + texte[1:]


def vide(lignes: list[dict]) -> bool:
    """Aucune de ces lignes n'a de valeur publiée."""
    return all(pd.isna(ligne["valeur"]) for ligne in lignes)


def raison(lignes: list[dict]) -> str:
    """Pourquoi rien n'est publié : les statuts présents, au long."""
    return dire_statuts(ligne["statut"] for ligne in lignes)
