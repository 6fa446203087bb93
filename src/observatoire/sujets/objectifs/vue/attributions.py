"""Les attributions : conformité aux objectifs, profil des entrants."""

from __future__ import annotations

import datetime
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent, en_bref
from observatoire.presentation.liens import lier, lier_fiche, lier_lieu, vers_fiche
from observatoire.presentation.nombres import (
    ecrire,
    ecrire_bornes,
    ecrire_date,
    ecrire_intervalle,
    ecrire_ligne,
    ecrire_statut,
)
from observatoire.presentation.objectifs import (
    CE_QUI_SE_VERRAIT,
    ecrire_cible,
    ecrire_decelable,
    ecrire_verdict,
    est_ecrit,
)
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import en_lignes
from observatoire.sujets.simulation.modele.traits import TRAITS
from observatoire.vocabulaire import CONSTATS, VERDICTS

if TYPE_CHECKING:
    from observatoire.publie import Publie

TOUS = "tous"
#: Le trait lui-même : la ligne d'un profil montre plusieurs indicateurs, et ne porte le nom d'aucun.
_PROFILS = {
    "moins_40": "Moins de quarante pour cent du plafond", "monoparentales": "Parent seul avec enfants",
    "personnes_seules": "Ménage d'une personne",
}  # fmt: skip


def tableau_conformite(
    valeurs: Publie, territoire: str | None = None, bailleur: str | None = None, depuis: str = "annee"
) -> Fragment:
    """Les objectifs en vigueur et ce qui est observé ; une phrase quand il n'y en a pas.

    Sans ``territoire`` ni ``bailleur`` : tous les territoires et tous les bailleurs.
    """
    table = de_l_annee(valeurs.attributions_conformite, valeurs)
    if territoire is not None:
        table = table[table["territoire"].eq(territoire)]
    if bailleur is not None:
        table = table[table["bailleur"].eq(bailleur)]
    lignes = en_lignes(table)
    vises = [r for r in lignes if r["statut"] != "na"]
    phrases = list(dict.fromkeys(_dire_sans_objet(valeurs, r) for r in lignes if r["statut"] == "na"))
    if not vises:
        an = str(valeurs.annee)
        return paragraphe(" ".join([f"Aucun objectif chiffré d'attribution n'était en vigueur ici en {an}.", *phrases]))
    titre = f"Conformité aux objectifs, {valeurs.annee}"
    note = (
        "Le constat compare la valeur à la cible. Le verdict, le même que celui d'un engagement, compare tout un "
        "intervalle dont chaque bord a cinq chances sur cent d'être faux, et compte ce qui n'a pas été déposé : si "
        "l'intervalle contient la cible, on ne conclut pas."
    )
    return composer(
        pd.DataFrame([_ligne_conformite(valeurs, r, depuis) for r in vises]),
        titre,
        note=" ".join([note, CE_QUI_SE_VERRAIT, *phrases]),
    )


def objectifs_en_bref(valeurs: Publie, depuis: str = "annee") -> Fragment:
    """En une phrase par objectif : qui le tient, qui ne le tient pas, où l'on ne conclut pas."""
    par_objectif: dict[tuple, dict[str, list[str]]] = {}
    for r in en_lignes(de_l_annee(valeurs.attributions_conformite, valeurs)):
        if r["statut"] == "publie" and r["verdict"] in VERDICTS:
            cible = ecrire_cible(valeurs, r | {"jusque": None}, r["sens"])
            lieux = par_objectif.setdefault((r["indicateur"], cible), {}).setdefault(r["verdict"], [])
            lieux.append(_lieu(valeurs, r, depuis))
    if not par_objectif:
        return absent("Objectifs", "aucun objectif d'attribution n'a de verdict cette année")
    phrases = []
    for (indicateur, cible), verdicts in par_objectif.items():
        dits = [f"{VERDICTS[v].libelle} : {', '.join(verdicts[v])}" for v in VERDICTS if v in verdicts]
        phrases.append(f"{lier_fiche(valeurs, indicateur, depuis)}, {escape(cible)} – {' ; '.join(dits)}.")
    return en_bref("Objectifs.", " ".join(phrases))


def de_l_annee(table: pd.DataFrame, valeurs: Publie) -> pd.DataFrame:
    return table[table["annee"].eq(valeurs.annee)]


def _dire_sans_objet(valeurs: Publie, ligne: dict) -> str:
    libelle = valeurs.catalogue[ligne["indicateur"]]["libelle"]
    jusque = ligne["jusque"]
    if est_ecrit(jusque) and jusque < f"{valeurs.annee}-12-31":
        lendemain = datetime.date.fromisoformat(jusque) + datetime.timedelta(days=1)
        return f"« {libelle} » : n'est plus en vigueur depuis le {ecrire_date(lendemain)}."
    return f"« {libelle} » : non applicable, en vigueur depuis le {ecrire_date(ligne['depuis'])}."


def _ligne_conformite(valeurs: Publie, r: dict, depuis: str) -> dict[str, str]:
    declaration = valeurs.catalogue[r["indicateur"]]
    observee = valeurs.ligne(r["indicateur"], r["niveau"], r["territoire"], r["bailleur"])
    statut = ecrire_statut(r["statut"], html=True) if r["statut"] != "publie" else None
    return {
        "Objectif": lier_fiche(valeurs, r["indicateur"], depuis),
        "Où": _lieu(valeurs, r, depuis),
        "Cible": ecrire_cible(valeurs, r | {"jusque": None}, r["sens"]),  # « jusque » est ici une date
        "Observé": ecrire_ligne(observee, declaration, html=True),
        "Intervalle": ecrire_bornes(observee, declaration),
        "Se verrait": ecrire_decelable(valeurs, r),
        "Constat": statut or (CONSTATS[r["constat"]].libelle if r["constat"] in CONSTATS else ""),
        "Verdict": ecrire_verdict(r["verdict"], r["statut"]),
        "Source": escape(str(r["source"])),
    }


def _lieu(valeurs: Publie, r: dict, depuis: str) -> str:
    """Un territoire, un bailleur, ou les deux, liés à leur page."""
    noms = []
    if (r["niveau"], r["territoire"]) != valeurs.tout or r["bailleur"] == TOUS:
        noms.append(lier_lieu(valeurs, r["niveau"], r["territoire"], depuis))
    if r["bailleur"] != TOUS:
        noms.append(lier_lieu(valeurs, "bailleur", r["bailleur"], depuis))
    return ", ".join(noms)


def tableau_profils(
    valeurs: Publie, territoire: str | None = None, bailleur: str = TOUS, depuis: str = "annee"
) -> Fragment:
    """Les entrants de l'année, face au parc du 31 décembre précédent et aux sortants de l'année."""
    niveau, code = selection.reperer(valeurs, territoire)
    table = de_l_annee(valeurs.attributions_profils, valeurs)
    table = table[table["niveau"].eq(niveau) & table["territoire"].eq(code) & table["bailleur"].eq(bailleur)]
    par_trait = {r["trait"]: r for r in en_lignes(table)}
    nom = selection.nommer(valeurs, territoire, bailleur)
    connus = {t: trait for t, trait in TRAITS.items() if trait.entrants in valeurs.catalogue}
    entrants = {t: selection.ligne(valeurs, trait.entrants, territoire, bailleur) for t, trait in connus.items()}
    if donnees.vide(list(entrants.values())):
        muets = {valeurs.catalogue[connus[t].entrants]["libelle"]: r for t, r in entrants.items()}
        raison = donnees.raison(muets) or "ils ne sont pas calculés"
        return absent("Profil des entrants", raison)
    lignes = [
        {"Trait": lier(_PROFILS[t], vers_fiche(trait.entrants, depuis))}
        | _ligne_profil(valeurs, trait, par_trait.get(t), (territoire, bailleur))
        for t, trait in connus.items()
    ]  # fmt: skip
    titre = f"Qui entre, qui était là, qui part : {nom}, {valeurs.annee}"
    note = (
        "Écarts en points, avec leur intervalle à 95 % (Newcombe). Le parc est celui du 31 décembre précédent. Un "
        "départ se lit sur le logement : un changement de logement dans le parc et un bail refait comptent comme des "
        "départs."
    )
    return composer(pd.DataFrame(lignes), titre, note=note)


def _ligne_profil(valeurs: Publie, trait, ecarts: dict | None, lieu: tuple) -> dict[str, str]:
    def valeur(code: str, annee: int) -> str:
        if annee not in valeurs.edition["annees"]:
            return ecrire_statut("nd", html=True)
        ligne = selection.ligne(valeurs, code, *lieu, annee=annee)
        return ecrire_ligne(ligne, valeurs.catalogue[code], html=True)

    annee = valeurs.annee
    return {
        "Entrants": valeur(trait.entrants, annee),
        "Parc d'avant": valeur(trait.parc, annee - 1),
        "Entrants moins parc": ecrire_ecart(ecarts, "ecart_parc", "statut_parc"),
        "Sortants": valeur(trait.sortants, annee),
        "Entrants moins sortants": ecrire_ecart(ecarts, "ecart_sortants", "statut_sortants"),
    }


def ecrire_ecart(ligne: dict | None, nom: str, statut: str, suffixes: tuple[str, str] = ("_bas", "_haut")) -> str:
    """Un écart en points et, dessous, son intervalle ; ou pourquoi il manque."""
    if ligne is None or ligne[statut] != "publie" or pd.isna(ligne[nom]):
        return ecrire_statut("nd" if ligne is None or ligne[statut] == "publie" else ligne[statut], html=True)
    bornes = ecrire_intervalle(ligne[nom + suffixes[0]], ligne[nom + suffixes[1]], "points")
    return f"{ecrire(ligne[nom], 'points', signe=True)}<br><small>{bornes}</small>"
