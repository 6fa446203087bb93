"""Ce que les pages montrent des séances : leur calendrier, et ce qu'elles ont décidé."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation.affichage import Fragment, absent, en_bref
from observatoire.presentation.liens import lier, vers_seance
from observatoire.presentation.nombres import ABSENT, ecrire_date, ecrire_entier
from observatoire.presentation.objectifs import est_ecrit
from observatoire.presentation.seances import dire_la_decision, nommer_la_seance
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import en_lignes
from observatoire.typographie import majuscule

if TYPE_CHECKING:
    from observatoire.publie import Publie


def calendrier_des_seances(valeurs: Publie) -> Fragment:
    """Les séances, de la plus récente à la plus ancienne : date, genre, présents, associations invitées."""
    lignes = en_lignes(valeurs.seances.sort_values("date", ascending=False))
    if not lignes:
        return paragraphe("Aucun compte rendu n'a encore été versé.")
    rangs = [
        {
            "Date": lier(ecrire_date(s["date"]), vers_seance(s["seance"], "edition")),
            "Séance": escape(s["libelle"]),
            "État": s["etat"] + (" (fictive)" if s["fictif"] else ""),
            "Signataires présents": ecrire_entier(len(s["presents"].split(" ; ")))
            if est_ecrit(s["presents"])
            else ABSENT,
            "Invités": escape(s["invites"]) if est_ecrit(s["invites"]) else ABSENT,
        }
        for s in lignes
    ]
    return composer(pd.DataFrame(rangs), "Les séances", gauche=("Séance", "État", "Invités"))


def decisions_de_l_annee(valeurs: Publie) -> Fragment:
    """Les séances de l'année de la page, dans l'ordre, et ce que chacune a décidé."""
    seances = valeurs.lignes_de("seances", annee=valeurs.annee, etat="tenue")
    if not seances:
        return paragraphe(f"Aucune séance tenue en {valeurs.annee} n'a de compte rendu.")
    decisions = valeurs.lignes_de("decisions")
    puces = []
    for s in sorted(seances, key=lambda s: s["date"]):
        siennes = [d for d in decisions if d["seance"] == s["seance"]]
        dites = [dire_la_decision(d) for d in siennes]
        quoi = " ".join(escape(majuscule(t)) for t in dites) or "Aucune décision inscrite."
        puces.append(f"<li><strong>{escape(nommer_la_seance(s))}</strong> : {quoi}</li>")
    return Fragment(f"<ul>{''.join(puces)}</ul>", f"Séances de {valeurs.annee}")


def decisions_en_bref(valeurs: Publie) -> Fragment:
    """En une phrase, sur une page à la racine de l'édition : ce qu'a décidé la dernière séance qui a décidé."""
    decisions = valeurs.lignes_de("decisions")
    decisives = {d["seance"] for d in decisions if isinstance(d["texte"], str)}
    tenues = [s for s in valeurs.lignes_de("seances", etat="tenue") if s["seance"] in decisives]
    tenues = [s for s in tenues if s["annee"] <= valeurs.annee]
    if not tenues:
        return absent("Décisions", "aucune séance n'a de décision inscrite")
    derniere = max(tenues, key=lambda s: s["date"])
    textes = [d["texte"] for d in decisions if d["seance"] == derniere["seance"] and isinstance(d["texte"], str)]
    quand = f"{derniere['libelle']} du {ecrire_date(derniere['date'])}{' (fictive)' if derniere['fictif'] else ''}"
    dites = " ".join(escape(t) for t in textes)
    return en_bref("Décisions.", f"{lier(quand, vers_seance(derniere['seance'], 'edition'))} : {dites}")
