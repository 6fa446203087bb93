"""Les chiffres clés : une valeur, et tout ce qu'il faut pour la lire honnêtement."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, donnees, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.liens import lier_fiche
from observatoire.presentation.nombres import (
    ecrire_bornes,
    ecrire_ligne,
    ecrire_mesure,
    ecrire_reference,
    ecrire_statut,
    statut_de,
)

if TYPE_CHECKING:
    from observatoire.publie import Publie

ESSENTIELS = (
    "nb_logements", "part_dpe_efg", "taux_vacance", "taux_mobilite", "moins_40_plafond", "impayes_3_mois",
    "tension", "logements_livres",
)  # fmt: skip


def chiffres_cles(
    valeurs: Publie,
    territoire: str | None = None,
    bailleur: str = "tous",
    codes: tuple[str, ...] = ESSENTIELS,
    depuis: str = "annee",
) -> Fragment:
    """Une carte par indicateur ; ceux qui n'ont pas de valeur sont nommés en une phrase."""
    connus = [c for c in codes if c in valeurs.catalogue]
    lignes = {c: selection.ligne(valeurs, c, territoire, bailleur) for c in connus}
    publies = [c for c in connus if not pd.isna(lignes[c]["valeur"])]
    caches = [c for c in connus if c not in publies]
    cartes = "".join(_carte(valeurs, c, lignes[c], territoire, bailleur, depuis) for c in publies)
    if not publies:
        return absent("Chiffres clés", donnees.raison({valeurs.catalogue[c]["libelle"]: lignes[c] for c in caches}))
    sans = ", ".join(f"{escape(valeurs.catalogue[c]['libelle'])} ({_sigle(lignes[c])})" for c in caches)
    suite = f'<p class="obs-absent">Sans valeur publiée : {sans}.</p>{donnees.noter_statuts(sans)}' if caches else ""
    regle = f'<p class="obs-note">{escape(comparaisons.regle(valeurs, territoire, bailleur))}</p>'
    nom = selection.nommer(valeurs, territoire, bailleur)
    titre = f"Chiffres clés, {nom}, {valeurs.annee}"
    liste = f'<ul class="obs-cles" aria-label="{escape(titre)}">{cartes}</ul>'
    return Fragment(f"{liste}{suite}{regle}", titre)


def _carte(valeurs, code, ligne, territoire, bailleur, depuis) -> str:
    declaration = valeurs.catalogue[code]
    ecarts = [
        comparaisons.comparer_ville(valeurs, code, territoire, bailleur),
        comparaisons.comparer_zero(valeurs, code, territoire, bailleur),
    ]
    phrases = "".join(f'<p class="obs-cle-ecart">{dire_ecart(e)}</p>' for e in ecarts if e)
    return (
        f'<li class="obs-cle"><p class="obs-cle-nom">{lier_fiche(valeurs, code, depuis)}</p>'
        f'<p class="obs-cle-valeur">{_grand(ligne, declaration)}</p>'
        f'<p class="obs-cle-detail">{_detail(valeurs, ligne, declaration)}</p>{phrases}</li>'
    )


def _grand(ligne: dict, declaration: dict) -> str:
    """La valeur en grand, son unité en petit quand elle est longue."""
    valeur, _, unite = ecrire_ligne(ligne, declaration).partition("\u00a0")
    return f"{valeur} <small>{escape(unite)}</small>" if unite else valeur


def dire_ecart(ecart: comparaisons.Comparaison) -> str:
    """Une comparaison : sa flèche (doublée par les mots) et sa phrase."""
    fleche = f'<span class="obs-fleche" aria-hidden="true">{ecart.fleche}</span>'
    return f'<span class="obs-{ecart.signe}">{fleche} {escape(ecart.texte)}</span>'


def _detail(valeurs: Publie, ligne: dict, declaration: dict) -> str:
    morceaux = [ecrire_reference(declaration, valeurs.annee)]
    if not pd.isna(ligne["borne_basse"]):
        morceaux.append(f"intervalle {ecrire_bornes(ligne, declaration)}")
    else:
        morceaux.append("sans intervalle")
    if not pd.isna(ligne["denominateur"]):
        bas = f"{ecrire_mesure(ligne, 'denominateur')} {declaration['denominateur'] or ''}".strip()
        haut = f"{ecrire_mesure(ligne, 'numerateur')} / " if not pd.isna(ligne["numerateur"]) else "sur "
        morceaux.append(f"{haut}{bas}")
    if not pd.isna(ligne["couverture"]):
        morceaux.append(f"couverture {ecrire_mesure(ligne, 'couverture')}")
    if not pd.isna(ligne["reponse"]):
        morceaux.append(f"réponse {ecrire_mesure(ligne, 'reponse')}")
    return escape(" · ".join(morceaux))


def _sigle(ligne: dict) -> str:
    return ecrire_statut(statut_de(ligne), html=True)
