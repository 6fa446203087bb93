"""Les données d'une figure : le tableau replié sous elle et son texte de remplacement."""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from observatoire.presentation.affichage import Fragment, defiler, plier, titrer
from observatoire.presentation.nombres import (
    STATUTS,
    ecrire_bornes,
    ecrire_ligne,
    ecrire_mesure,
    ecrire_reference,
    ecrire_reponse,
    legende_statuts,
    nommer_statut,
    statut_de,
)
from observatoire.typographie import majuscule

if TYPE_CHECKING:
    from observatoire.publie import Publie


#: Les lieux nommés quand une raison est celle de beaucoup.
_NOMMES = 3


def entetes() -> list[str]:
    """Les colonnes de la table d'une figure, après celle qui nomme les lignes."""
    return ["Valeur", "Intervalle à 95 %", "Numérateur", "Dénominateur", "Date", "Couverture", "Réponse"]


class Cartouche(NamedTuple):
    """Ce qui nomme une figure. ``constat`` : ce qu'elle montre, en une phrase, s'il est sûr ; il passe alors en titre.
    ``nom`` : son identifiant, le même d'une année à l'autre, qui fait son adresse dans la page."""

    titre: str
    constat: str = ""
    nom: str = ""

    @property
    def html(self) -> str:
        """La légende de la figure."""
        return titrer(self.constat or self.titre, self.titre if self.constat else "")

    @property
    def adresse(self) -> str:
        """Le lien qui mène à la figure elle-même ; rien sans nom."""
        return f'<p class="obs-note"><a href="#figure-{self.nom}">Adresse de cette figure</a></p>' if self.nom else ""


def figure(svg: str, cartouche: Cartouche, table: str, note: str, avec_statuts: bool = True) -> Fragment:
    """Une figure : son cartouche, le dessin, sa note, et les données repliées dessous.

    ``avec_statuts`` : expliquer les statuts sous le dessin ; inutile à qui a déjà sa légende.
    """
    nommee = f' id="figure-{escape(cartouche.nom)}"' if cartouche.nom else ""
    encadree = f'<figure class="obs-figure"{nommee}>{cartouche.html}{svg}</figure>'
    return deplier(encadree, cartouche.titre, table + cartouche.adresse, note, avec_statuts)


def deplier(figure: str, titre: str, table: str, note: str, avec_statuts: bool = True) -> Fragment:
    """Une figure déjà encadrée et titrée, sa note, et les données repliées dessous."""
    notes = f'<p class="obs-note">{note}</p>' if note else ""
    notes += noter_statuts(table) if avec_statuts else ""
    pli = plier("Données de la figure", defiler(table, f"Données : {titre}"))
    return Fragment(f"{figure.removesuffix('</figure>')}{notes}{pli}</figure>", titre)


def tableau_simple(
    entetes: list[str], lignes: list[list[str]], titre: str, classes: str = "", a_gauche: Collection[int] = ()
) -> str:
    """Une petite table, dont la première colonne nomme les lignes. Entêtes et cases sont du HTML déjà sûr.

    ``classes`` : celles de la table, en plus ; avec ``obs-fiches``, chaque ligne est une fiche sur un écran étroit, et
    chaque case y dit sa colonne. ``a_gauche`` : les rangs des colonnes de texte, si les autres sont de nombres.
    """
    gauche = [' class="gt_left"' * (rang in a_gauche) for rang in range(len(entetes))]
    dites = [
        g + f' data-colonne="{escape(e)}"' * ("obs-fiches" in classes)
        for e, g in zip(entetes[1:], gauche[1:], strict=True)
    ]
    tete = "".join(f'<th scope="col"{g}>{e}</th>' for e, g in zip(entetes, gauche, strict=True))
    corps = "".join(
        f'<tr><th scope="row">{premiere}</th>'
        + "".join(f"<td{d}>{c}</td>" for d, c in zip(dites, suite, strict=True))
        + "</tr>"
        for premiere, *suite in lignes
    )
    return (
        f'<table class="{" ".join(["obs-table", *classes.split()])}"><caption>{escape(titre)}</caption>'
        f"<thead><tr>{tete}</tr></thead><tbody>{corps}</tbody></table>"
    )


def cases(ligne: dict, declaration: dict, annee: int, imputee: float | None = None) -> list[str]:
    """Tout ce qui accompagne une valeur, dans l'ordre de :func:`entetes` ; ``imputee`` : voir
    :func:`~.nombres.ecrire_reponse`."""
    return [
        ecrire_ligne(ligne, declaration, html=True),
        ecrire_bornes(ligne, declaration),
        ecrire_mesure(ligne, "numerateur"),
        ecrire_mesure(ligne, "denominateur"),
        ecrire_reference(declaration, annee),
        ecrire_mesure(ligne, "couverture"),
        ecrire_reponse(ligne, declaration, imputee),
    ]


def table_figure(premiere: str, lignes: list[tuple[str, dict, int]], declaration: dict, titre: str) -> str:
    """La table d'une figure : ``lignes`` sont (nom, valeurs, année)."""
    contenu = [[escape(nom), *cases(ligne, declaration, annee)] for nom, ligne, annee in lignes]
    return tableau_simple([premiere, *entetes()], contenu, titre)


def en_clair(nom: str, ligne: dict, declaration: dict) -> str:
    """« Battant : 12,3 % (11,2 à 13,4 %) », ou « Battant : c (secret) »."""
    suite = f" ({ecrire_bornes(ligne, declaration)})" if not pd.isna(ligne["borne_basse"]) else ""
    return f"{nom} : {dire_ligne(ligne, declaration)}{suite}"


def dire_ligne(ligne: dict, declaration: dict) -> str:
    """La valeur, ou pourquoi elle manque, sans HTML : « 12,3 % », « c (secret) »."""
    statut = statut_de(ligne)
    return ecrire_ligne(ligne, declaration) if statut == "publie" else nommer_statut(statut)


def note(valeurs: Publie, declaration: dict, ligne: dict, *complements: str) -> str:
    """La note d'une figure : rapport, date, couverture, intervalle ou pourquoi il n'y en a pas."""
    rapport = declaration["numerateur"]
    if declaration.get("denominateur"):
        rapport += f" / {declaration['denominateur']}"
    morceaux = [f"{majuscule(rapport)}, {ecrire_reference(declaration, valeurs.annee)}"]
    if not pd.isna(ligne["couverture"]):
        morceaux.append(f"couverture {ecrire_mesure(ligne, 'couverture')}")
    if not pd.isna(ligne["reponse"]):
        morceaux.append(f"réponse {ecrire_mesure(ligne, 'reponse')}")
    sans = str(declaration.get("intervalle") or "").startswith("sans")
    methode = declaration.get("intervalle") or ""
    morceaux.append(methode if sans or not methode else f"intervalle : {methode}")
    texte = " ; ".join(m for m in morceaux if m) + f". Source : {declaration['source']}."
    return escape(" ".join([texte, *(c for c in complements if c)]))


def vide(lignes: list[dict]) -> bool:
    """Aucune de ces lignes n'a de valeur publiée."""
    return all(pd.isna(ligne["valeur"]) for ligne in lignes)


def raison(lignes: dict[str, dict]) -> str:
    """Pourquoi rien n'est publié : « c (secret) » si c'est partout le même statut, sinon lequel et où.

    ``lignes`` : ce que chaque ligne décrit (un quartier, une année, un indicateur) -> la ligne.
    """
    par_statut: dict[str, list[str]] = {}
    for nom, ligne in lignes.items():
        par_statut.setdefault(statut_de(ligne), []).append(nom)
    if len(par_statut) == 1:
        return nommer_statut(next(iter(par_statut)))
    return " ; ".join(f"{nommer_statut(s)} pour {_enumerer(par_statut[s])}" for s in STATUTS if s in par_statut)


def _enumerer(noms: list[str]) -> str:
    """Quelques noms, ou leurs premiers et combien d'autres : une liste entière ne se lit pas."""
    if len(noms) <= _NOMMES + 1:
        return ", ".join(noms)
    return f"{', '.join(noms[:_NOMMES])} et {len(noms) - _NOMMES} autres"


def noter_statuts(html: str) -> str:
    """La légende, sous un tableau ou une figure, des statuts qui y sont écrits ; rien s'il n'y en a pas."""
    legende = legende_statuts(html)
    return f'<p class="obs-note obs-note-statuts">{escape(legende)}.</p>' if legende else ""
