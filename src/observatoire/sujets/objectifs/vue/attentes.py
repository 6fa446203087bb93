"""L'attente des demandeurs : en combien de mois ils sont logés, et ce qu'ils sont devenus au seuil."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.nombres import (
    ecrire,
    ecrire_entier,
    ecrire_ligne,
    ecrire_part,
    ecrire_statut,
)
from observatoire.presentation.tableaux import composer
from observatoire.publie import en_lignes
from observatoire.sujets.objectifs.vue.attributions import TOUS, de_l_annee

if TYPE_CHECKING:
    from observatoire.publie import Publie

_GROUPES = {
    ("ensemble", TOUS): "Ensemble des demandes",
    ("type_demande", "externe"): "Demandes externes",
    ("type_demande", "mutation"): "Demandes de mutation",
    ("quartile_ressources", "1"): "Premier quartile de ressources",
    ("quartile_ressources", "2"): "Deuxième quartile",
    ("quartile_ressources", "3"): "Troisième quartile",
    ("quartile_ressources", "4"): "Quatrième quartile",
}
_DEVENIRS = {"au_seuil": "Attendent", "satisfaites_au_seuil": "Logées", "retirees_au_seuil": "Retirées"}
_AGES = {"quart": "Un quart logé en", "mediane": "La moitié en", "trois_quarts": "Trois quarts en"}


def tableau_attentes(valeurs: Publie) -> Fragment:
    """En combien de mois les demandes sont satisfaites, parmi toutes ; et ce qu'elles sont devenues au seuil."""
    table = de_l_annee(valeurs.attributions_attente, valeurs)
    lignes = {(r["groupe"], r["modalite"], r["mesure"]): r for r in en_lignes(table)}
    groupes = [g for g in _GROUPES if any(cle[:2] == g for cle in lignes)]
    if not groupes:
        return absent("Attente des demandeurs", "la demande de cette année et de la précédente n'est pas déposée")
    seuil = _seuil(valeurs)
    rangees = []
    for groupe in groupes:
        rangee = {"Demandes": _GROUPES[groupe]}
        rangee |= {titre: _age(lignes.get((*groupe, mesure))) for mesure, titre in _AGES.items()}
        if seuil is not None:
            apres = ecrire(seuil, "mois", decimales=0)
            rangee |= {f"{titre} après {apres}": _part(lignes.get((*groupe, m))) for m, titre in _DEVENIRS.items()}
        rangees.append(rangee)
    titre = f"L'attente des demandeurs, {valeurs.annee}"
    return composer(pd.DataFrame(rangees), titre, note=_note_des_attentes(valeurs))


def _seuil(valeurs: Publie) -> float | None:
    """Le seuil local en vigueur au 31 décembre de l'année de la page."""
    seuils = valeurs.baremes[valeurs.baremes["code"].eq("delai_anormalement_long")]
    seuils = seuils[seuils["depuis"].astype(str).le(f"{valeurs.annee}-12-31")].sort_values("depuis")
    return None if seuils.empty else float(seuils["valeur"].iloc[-1])


def _age(ligne: dict | None) -> str:
    if ligne is None or ligne["statut"] != "publie":
        return ecrire_statut("nd" if ligne is None else ligne["statut"], html=True)
    bornes = [ecrire_entier(ligne[c]) for c in ("borne_basse", "borne_haute")]
    return f"{ecrire(ligne['valeur'], 'mois', decimales=0)}<br><small>{bornes[0]} à {bornes[1]}</small>"


def _part(ligne: dict | None) -> str:
    if ligne is None or ligne["statut"] != "publie":
        return ecrire_statut("nd" if ligne is None else ligne["statut"], html=True)
    bornes = [ecrire_part(ligne[c]) for c in ("borne_basse", "borne_haute")]
    return f"{ecrire_part(ligne['valeur'])}<br><small>{' à '.join(bornes)}</small>"


def _note_des_attentes(valeurs: Publie) -> str:
    note = (
        "Parmi toutes les demandes, retirées comprises (Aalen et Johansen, entrées tardives) ; dessous, l'intervalle. "
        "Un tiret : au-delà de ce qui est observé. Une demande retirée l'est à la moitié de l'année ; celles déposées "
        "et retirées la même année ne se voient pas. Une demande s'adresse à tous les bailleurs : il n'y a pas "
        "d'attente par bailleur."
    )
    moyenne = selection.ligne(valeurs, "delai_attente")
    if pd.isna(moyenne["valeur"]):
        return note
    ecrite = ecrire_ligne(moyenne, valeurs.catalogue["delai_attente"])
    return f"{note} La moyenne des seules demandes satisfaites, {ecrite}, oublie celles qui attendent encore."
