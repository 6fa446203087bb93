"""Les phrases : écrites à partir des valeurs, jamais tapées ; et les commentaires déposés par le groupe."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.echappement import markdown_en_html
from observatoire.presentation import comparaisons, donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.liens import lier, vers_document
from observatoire.presentation.nombres import (
    ecrire,
    ecrire_ligne,
    ecrire_mesure,
    ecrire_reference,
)
from observatoire.vocabulaire import MOINS, PLUS

if TYPE_CHECKING:
    from observatoire.publie import Publie


def commentaire(annee: int, territoire: str | None = None) -> Fragment:
    """Le commentaire déposé pour un territoire ou un bailleur (la ville par défaut), ou qu'il n'y en a pas."""
    from observatoire.publie import lire_publie

    valeurs = lire_publie(annee)
    texte = valeurs.commentaire(annee, territoire or valeurs.tout[1])
    if texte is None:
        phrase = "Aucun commentaire n'a été déposé pour cette page."
        return Fragment(f'<p class="obs-absent">{phrase}</p>', phrase)
    return texte_depose(texte)


def texte_depose(markdown: str) -> Fragment:
    """Le Markdown que quelqu'un a écrit, en HTML sûr."""
    return Fragment(f'<div class="obs-texte">{markdown_en_html(markdown)}</div>', markdown)


def presenter(valeurs: Publie, territoire: str | None = None, bailleur: str = "tous") -> Fragment:
    """Le paragraphe d'ouverture d'une page : le parc, sa part de la ville, la couverture."""
    ligne = selection.ligne(valeurs, "nb_logements", territoire, bailleur)
    declaration = valeurs.catalogue["nb_logements"]
    nom = selection.nommer(valeurs, territoire, bailleur)
    if pd.isna(ligne["valeur"]):
        return absent(f"{nom}, nombre de logements", donnees.raison({nom: ligne}))
    ville = comparaisons.comparer_ville(valeurs, "nb_logements", territoire, bailleur)
    part = f", soit {ville.texte}" if ville and ville.ecart else ""
    phrases = [
        f"{nom} : {ecrire_ligne(ligne, declaration)} dans les fichiers déposés au "
        f"{ecrire_reference(declaration, valeurs.annee)}{part}."
    ]
    if not pd.isna(ligne["couverture"]):
        phrases.append(
            f"Les bailleurs qui ont déposé gèrent {ecrire_mesure(ligne, 'couverture')} des logements connus."
        )
    zero = comparaisons.comparer_zero(valeurs, "nb_logements", territoire, bailleur)
    if zero and zero.signe in (PLUS, MOINS):
        depart = str(valeurs.edition["annee_zero"])
        phrases.append(f"{zero.ecart.lstrip('+−')} de {zero.signe} qu'en {depart}, l'état zéro.")
    return paragraphe(" ".join(phrases))


def avertir(valeurs: Publie) -> Fragment:
    """Ce que le lecteur doit savoir avant de lire : données fictives, seuil, immeubles hors quartier."""
    edition = valeurs.edition
    phrases = []
    if edition.get("fictif"):
        phrases.append("Les données de cette édition sont fictives.")
    seuil = ecrire(edition["seuil"], decimales=0)
    phrases.append(f"Une valeur qui porterait sur moins de {seuil} ménages ou logements est cachée (« c » : secret).")
    dehors = (edition.get("immeubles_hors_quartier") or {}).get(str(valeurs.annee), 0)
    if dehors:
        ou = "Hors commune" if valeurs.communes else "Hors quartier"
        phrases.append(
            f"{ecrire(dehors, 'immeubles')} hors de tout contour de quartier : comptés {reperes.tout(valeurs).dans}, "
            f"à la ligne « {ou} »."
        )
    return paragraphe(" ".join(phrases))


def paragraphe(texte: str) -> Fragment:
    """Un paragraphe, en HTML sûr."""
    return Fragment(f'<p class="obs-phrase">{escape(texte)}</p>', texte)


def imprimer_ceci(document: str, texte: str = "Ce document en PDF, à imprimer", depuis: str = "edition") -> Fragment:
    """Où est un document (PDF), depuis une page de l'édition ; ce lien ne s'imprime pas."""
    return Fragment(f'<p class="obs-note obs-ecran">{lier(texte, vers_document(document, depuis))}</p>', texte)
