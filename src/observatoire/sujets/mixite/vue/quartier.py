"""La diversité des ménages d'un quartier : une phrase par répartition, et son évolution à côté de celle de la ville."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.presentation.affichage import Absent, Fragment, absent, grille
from observatoire.presentation.nombres import nommer_statut, statut_de
from observatoire.presentation.reperes import englober
from observatoire.sujets.mixite.vue.figures import figurer
from observatoire.sujets.mixite.vue.lignes import (
    RARE,
    VIDE,
    Lieu,
    ecrire_bornes,
    ecrire_indice,
    libeller,
    lire_ligne,
    lire_serie,
    lister_groupes,
    nommer_groupe,
)

if TYPE_CHECKING:
    from observatoire.publie import Publie


def entropie_quartier(valeurs: Publie, quartier: str) -> Fragment:
    """La diversité d'un quartier, en une phrase par répartition, et son évolution à côté de celle de la ville."""
    nom, repere = valeurs.nom("quartier", quartier), englober(valeurs, quartier)
    groupes = [
        g for g in lister_groupes(valeurs) if lire_ligne(valeurs, Lieu("quartier", quartier, g, "entropie")) is not None
    ]
    if not groupes:
        return absent(f"{nom}, diversité des ménages", nommer_statut("nd"))
    phrases = "".join(f"<li>{escape(_dire_entropie(valeurs, quartier, groupe))}</li>" for groupe in groupes)
    figures = [
        figurer(
            valeurs,
            Lieu("quartier", quartier, groupe, "entropie"),
            f"{libeller(valeurs, 'entropie')}, {nommer_groupe(valeurs, groupe)}, {nom}",
            nom,
            {repere.nom: lire_serie(valeurs, Lieu(repere.niveau, repere.code, groupe, "entropie"))},
        )
        for groupe in groupes
    ]
    montrees = [f for f in figures if not isinstance(f, Absent)]
    suite = grille(*montrees).html if montrees else ""
    return Fragment(f"<ul>{phrases}</ul>{suite}", f"{nom}, diversité des ménages")


def _dire_entropie(valeurs: Publie, quartier: str, groupe: str) -> str:
    ligne = lire_ligne(valeurs, Lieu("quartier", quartier, groupe, "entropie"))
    repere = englober(valeurs, quartier)
    ville = lire_ligne(valeurs, Lieu(repere.niveau, repere.code, groupe, "entropie")) or VIDE
    sujet = f"{nommer_groupe(valeurs, groupe)}, {libeller(valeurs, 'entropie').lower()}"
    if statut_de(ligne) != "publie":
        return f"{sujet} : {nommer_statut(statut_de(ligne))}."
    verdict = "écart non établi"
    if ligne["p_hasard"] < RARE:
        verdict = "moins divers" if ligne["valeur"] < ligne["attendu_hasard"] else "plus divers"
    return (
        f"{sujet} : {ecrire_indice(ligne['valeur'])} ({ecrire_bornes(ligne)}), de zéro (tous semblables) à un "
        f"(également partagés) ; {repere.genre.lower()} : {ecrire_indice(ville['valeur'])}. Rempli au "
        f"hasard, un quartier de cette taille aurait {ecrire_indice(ligne['attendu_hasard'])} : {verdict} "
        f"(p = {ecrire_indice(ligne['p_hasard'])})."
    )
