"""Les bailleurs d'un même territoire, face à face : qui attribue autrement que les autres, et de combien."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent, en_bref
from observatoire.presentation.liens import lier_fiche, lier_lieu
from observatoire.presentation.nombres import ecrire, ecrire_intervalle
from observatoire.presentation.objectifs import PAR_HASARD, denombrer
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import en_lignes
from observatoire.sujets.objectifs.vue.attributions import de_l_annee, ecrire_ecart
from observatoire.sujets.simulation.modele.traits import TRAITS
from observatoire.vocabulaire import MOINS, PLUS, PRATIQUES_D_UN_BAILLEUR, SEMBLABLE

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Dans l'édition dont le barème ne croise pas les ménages d'un quartier par bailleur.
RESERVE = (
    "Dans un quartier, l'édition publique ne détaille pas les attributions par bailleur ; les partenaires les lisent "
    "dans la leur."
)


def _reserve(valeurs: Publie, niveau: str) -> bool:
    """Les règles de ce public taisent-elles, à ce niveau, les attributions de chaque bailleur ?"""
    croisees = (valeurs.edition.get("regles") or {}).get("par_bailleur") or {}
    return "attributions" not in croisees.get(niveau, ["attributions"])


def tableau_pratiques(valeurs: Publie, territoire: str | None = None) -> Fragment:
    """Les bailleurs d'un même territoire, pratique par pratique : leur écart à tous les autres."""
    niveau, code = selection.reperer(valeurs, territoire)
    table = de_l_annee(valeurs.attributions_cote_a_cote, valeurs)
    table = table[table["niveau"].eq(niveau) & table["territoire"].eq(code)]
    if table.empty and _reserve(valeurs, niveau):
        return paragraphe(RESERVE)
    publiees = table[table["statut"].eq("publie")]
    nom = selection.nommer(valeurs, territoire)
    if publiees.empty:
        statuts = {r["bailleur"]: r | {"valeur": float("nan")} for r in en_lignes(table)}
        raison = donnees.raison({valeurs.nom("bailleur", b): r for b, r in statuts.items()})
        return absent(f"Pratiques des bailleurs, {nom}", raison or "aucune comparaison n'est possible")
    cases = {(r["indicateur"], r["bailleur"]): r for r in en_lignes(table)}
    codes = [c for c in valeurs.catalogue if c in set(publiees["indicateur"])]
    presents = [b for b in selection.vrais_bailleurs(valeurs)["code"] if b in set(table["bailleur"])]
    lignes = [
        {"Pratique": lier_fiche(valeurs, c)}
        | {valeurs.nom("bailleur", b): _case_pratique(cases.get((c, b))) for b in presents}
        for c in codes
    ]
    titre = f"Chaque bailleur face aux autres, {nom}, {valeurs.annee}"
    note = (
        "Écart, en points, entre la part du bailleur et celle de tous les autres du même territoire, à taille et "
        "financement de logement égaux ; intervalle à 95 %. En gras, les écarts dont l'intervalle ne contient pas zéro."
    )
    return composer(pd.DataFrame(lignes), titre, note=note)


def pratiques_en_bref(valeurs: Publie, depuis: str = "annee") -> Fragment:
    """En une phrase : quel bailleur accueille plus, ou moins, de ménages modestes que les autres, à logements égaux."""
    code, (niveau, lieu) = TRAITS["moins_40"].entrants, valeurs.tout
    lignes = [
        r
        for r in en_lignes(de_l_annee(valeurs.attributions_cote_a_cote, valeurs))
        if (r["niveau"], r["territoire"], r["indicateur"], r["statut"]) == (niveau, lieu, code, "publie")
    ]
    if not lignes:
        return absent("Bailleurs côte à côte", "aucune comparaison n'est publiée")
    dits = [
        f"{PRATIQUES_D_UN_BAILLEUR[sens].libelle}, {lier_lieu(valeurs, 'bailleur', r['bailleur'], depuis)} "
        f"({ecrire(r['standardise'], 'points', signe=True)}, de "
        f"{ecrire_intervalle(r['standardise_bas'], r['standardise_haut'], 'points')})"
        for sens in (MOINS, PLUS)
        for r in sorted(lignes, key=lambda r: abs(r["standardise"]), reverse=True)
        if r["sens"] == sens
    ]
    quoi = lier_fiche(valeurs, code, depuis)
    suite = " ; ".join(dits) or "aucun bailleur ne se distingue nettement des autres"
    return en_bref("Bailleurs.", f"{quoi}, à taille et financement de logement égaux : {suite}.")


def _case_pratique(ligne: dict | None) -> str:
    case = ecrire_ecart(ligne, "standardise", "statut")
    marque = ligne is not None and ligne["statut"] == "publie" and ligne["sens"] != SEMBLABLE
    return f"<strong>{case}</strong>" if marque else case


def tableau_ecarts_marques(valeurs: Publie, depuis: str = "annee") -> Fragment:
    """Sur quels quartiers un bailleur attribue autrement que les autres, et de combien ; les plus grands d'abord."""
    table = de_l_annee(valeurs.attributions_cote_a_cote, valeurs)
    table = table[table["niveau"].eq("quartier")]
    if table.empty and _reserve(valeurs, "quartier"):
        return paragraphe(RESERVE)
    faites = int(table.drop_duplicates("indicateur")["nb_comparaisons"].sum()) if len(table) else 0
    table = table[table["statut"].eq("publie")]
    if table.empty:
        return absent("Bailleurs d'un même quartier", "aucune comparaison n'est publiée")
    marques = table[table["sens"].ne(SEMBLABLE)]
    marques = marques.assign(taille=marques["standardise"].abs()).sort_values(
        ["taille", "territoire", "bailleur", "indicateur"], ascending=[False, True, True, True]
    )
    phrase = (
        f"Sur {denombrer(faites, 'comparaison', 'comparaisons')} d'un bailleur aux autres du même quartier, "
        f"{denombrer(len(table), 'est publiée', 'sont publiées')} ; "
        f"{denombrer(len(marques), 's’écarte', 's’écartent')}, "
        f"contre {ecrire(PAR_HASARD * len(table), decimales=1)} par le seul hasard."
    )
    if marques.empty:
        return paragraphe(phrase)
    lignes = [
        {
            "Quartier": lier_lieu(valeurs, "quartier", r["territoire"], depuis),
            "Bailleur": lier_lieu(valeurs, "bailleur", r["bailleur"], depuis),
            "Pratique": lier_fiche(valeurs, r["indicateur"], depuis),
            "Les autres": ecrire(r["autres"], "%"),
            "Écart": ecrire_ecart(r, "ecart", "statut"),
            "À logements égaux": ecrire_ecart(r, "standardise", "statut"),
            "Sens": PRATIQUES_D_UN_BAILLEUR[r["sens"]].libelle,
        }
        for r in en_lignes(marques)
    ]
    titre = f"Les bailleurs qui attribuent autrement que les autres du quartier, {valeurs.annee}"
    return composer(pd.DataFrame(lignes), titre, gauche=("Bailleur", "Pratique", "Sens"), note=phrase)
