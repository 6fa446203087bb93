"""La fiche à imprimer d'un quartier ou d'un bailleur : ce qu'une feuille A4 en retient, la dernière année."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent, section, silence
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.nombres import ABSENT, INSECABLE, ecrire_intervalle, ecrire_ligne
from observatoire.presentation.textes import imprimer_ceci

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Les chiffres d'une fiche : de quoi est fait le parc, qui l'occupe, ce qui s'y passe, qui y entre.
DIX = (
    "nb_logements", "part_dpe_efg", "loyer_m2", "taux_vacance", "taux_mobilite", "moins_40_plafond", "monoparentales",
    "impayes_3_mois", "signalements", "premier_quartile_hors_qpv",
)  # fmt: skip


def fiche(valeurs: Publie, *fragments: Fragment) -> Fragment:
    """Ce que porte la fiche d'une page ; rien les autres années, qui n'en ont pas."""
    return section("Fiche", *fragments) if _est_la_derniere(valeurs) else silence("Fiche")


def imprimer_la_fiche(valeurs: Publie, page: str) -> Fragment:
    """Où est la fiche d'une page (« quartier-battant »), en PDF ; ce lien ne s'imprime pas."""
    if not _est_la_derniere(valeurs):
        return silence("Fiche")
    return imprimer_ceci(f"fiche-{page}", "L'essentiel sur une feuille, à imprimer (PDF)", "annee")


def dix_chiffres(
    valeurs: Publie, territoire: str | None = None, bailleur: str = "tous", codes: tuple[str, ...] = DIX
) -> Fragment:
    """Un tableau serré : chaque valeur, son intervalle, le repère et l'évolution depuis l'état zéro."""
    connus = [c for c in codes if c in valeurs.catalogue]
    lignes = {c: selection.ligne(valeurs, c, territoire, bailleur) for c in connus}
    publies = [c for c in connus if not pd.isna(lignes[c]["valeur"])]
    if not publies:
        noms = {valeurs.catalogue[c]["libelle"]: ligne for c, ligne in lignes.items()}
        return absent("Chiffres", donnees.raison(noms))
    repere = reperes.repere_de(valeurs, territoire, bailleur) or reperes.tout(valeurs)
    entetes = ["Indicateur", "Valeur", "Intervalle à 95 %", repere.genre, f"Écart {repere.a}", "Depuis l'état zéro"]
    rangs = [_rang(valeurs, c, lignes[c], (territoire, bailleur), repere) for c in publies]
    titre = f"{selection.nommer(valeurs, territoire, bailleur)} en chiffres, {valeurs.annee}"
    return Fragment(donnees.tableau_simple(entetes, rangs, titre), titre)


def _rang(valeurs, code, ligne, lieu, repere) -> list[str]:
    declaration = valeurs.catalogue[code]
    ecarts = [comparer(valeurs, code, *lieu) for comparer in (comparaisons.comparer_ville, comparaisons.comparer_zero)]
    bornes = ecrire_intervalle(ligne["borne_basse"], ligne["borne_haute"], declaration["unite"])
    return [
        escape(_nommer(declaration)),
        _sans_unite(ecrire_ligne(ligne, declaration, html=True), declaration),
        _sans_unite(bornes, declaration),
        _sans_unite(ecrire_ligne(reperes.ligne(valeurs, code, repere), declaration, html=True), declaration),
        *(dire_ecart(e) if e else ABSENT for e in ecarts),
    ]


def _nommer(declaration: dict) -> str:
    """Le nom d'un indicateur, et son unité si elle n'y est pas déjà."""
    libelle, unite = declaration["libelle"], declaration["unite"]
    return libelle if unite == "%" or unite in libelle.lower() else f"{libelle} ({unite})"


def _sans_unite(ecrite: str, declaration: dict) -> str:
    """Une valeur écrite sans son unité, qui est avec le nom de la ligne ; un pourcentage garde la sienne."""
    return ecrite if declaration["unite"] == "%" else ecrite.partition(INSECABLE)[0]


def _est_la_derniere(valeurs: Publie) -> bool:
    return valeurs.annee == valeurs.edition["annees"][-1]
