"""Les engagements : le tableau de bord, l'histoire de chacun, la cadence des séances."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.erreurs import ParametreInconnu
from observatoire.presentation.affichage import Fragment, absent, en_bref
from observatoire.presentation.evolution import evolution
from observatoire.presentation.liens import lier, lier_fiche
from observatoire.presentation.nombres import (
    ABSENT,
    ecrire,
    ecrire_date,
    ecrire_entier,
    ecrire_intervalle,
    ecrire_ligne,
)
from observatoire.presentation.objectifs import (
    CE_QUI_SE_VERRAIT,
    compter_les_verdicts,
    denombrer,
    ecrire_cible,
    ecrire_decelable,
    ecrire_verdict,
    est_ecrit,
    nommer_lieux,
    unite_de,
)
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.vocabulaire import (
    CONSTATS,
    NON_CONCLUANT,
    NON_TENU,
    OBLIGATIONS,
    PAR_ALERTES,
    PAR_DEPOTS,
    PAR_INDICATEUR,
    PREUVES,
    RYTHMES,
    TRIMESTRIEL,
)

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Ce qui est promis chaque trimestre : au singulier, au pluriel.
_TRIMESTRES = ("trimestre", "trimestres")
_ATTENDUS = {PAR_DEPOTS: "toutes les tables attendues", PAR_ALERTES: "tous les niveaux"}


def tableau_de_bord(valeurs: Publie) -> Fragment:
    """Tous les engagements de l'année de la page, texte par texte : observé, objectif, verdict, raison."""
    lignes = valeurs.lignes_de("engagements", annee=valeurs.annee)
    if not lignes:
        return absent("Engagements", "aucun n'est déclaré")
    rangs = [
        {
            "texte": escape(e["texte_nom"]),
            "Engagement": lier(e["libelle"], f"engagements/{e['engagement']}.html"),
            "Verdict": juger(e, avec_constat=True),
            "Observé": _observer(valeurs, e),
            "Objectif": _viser(valeurs, e),
            "Pourquoi": f"{escape(e['raison'])}{_puissance(valeurs, e)}",
            "Titulaire": f"{escape(e['titulaires'])}<br><small>{_obliger(e)}</small>",
        }
        for e in lignes
    ]
    gauche = ("Titulaire", "Observé", "Objectif", "Verdict", "Pourquoi")
    titre = f"Les engagements en {valeurs.annee}"
    return composer(pd.DataFrame(rangs), titre, gauche=gauche, groupe="texte", note=_regle())


def bilan_des_engagements(valeurs: Publie) -> Fragment:
    """En une phrase, combien de chaque verdict l'année de la page."""
    table = valeurs.engagements
    siens = table[table["annee"].eq(valeurs.annee)]
    dits = compter_les_verdicts(siens["verdict"])
    if not dits:
        return paragraphe("Aucun engagement n'a de verdict cette année.")
    notes = [n for n in dict.fromkeys(table["texte_note"].dropna()) if n]
    total = denombrer(len(siens), "engagement suivi", "engagements suivis")
    phrase = f"Sur {total}, en {valeurs.annee} : {dits}."
    return paragraphe(" ".join([phrase, *notes]))


def promesses_en_bref(valeurs: Publie) -> Fragment:
    """En une phrase, sur une page à la racine de l'édition : combien de promesses tenues, lesquelles ne le sont pas."""
    lignes = valeurs.lignes_de("engagements", annee=valeurs.annee)
    dits = compter_les_verdicts(pd.Series([e["verdict"] for e in lignes], dtype=object))
    if not dits:
        return absent("Promesses", "aucun engagement n'a de verdict cette année")
    bilan = lier(dits, "engagements.html")
    manques = [lier(e["libelle"], f"engagements/{e['engagement']}.html") for e in lignes if e["verdict"] == NON_TENU]
    suite = f" Non tenu : {' ; '.join(manques)}." if manques else ""
    objectifs = [o["verdict"] for o in valeurs.lignes_de("attributions_conformite", annee=valeurs.annee)]
    if dits := compter_les_verdicts(pd.Series(objectifs, dtype=object)):
        suite += f" Objectifs d'attribution : {lier(dits, f'{valeurs.annee}/attributions.html')}."
    return en_bref("Promesses.", f"En {valeurs.annee} : {bilan}.{suite}")


def histoire_des_engagements(valeurs: Publie) -> Fragment:
    """Le verdict de chaque engagement, année par année."""
    lignes = valeurs.lignes_de("engagements")
    if not lignes:
        return absent("Histoire", "aucun engagement n'est déclaré")
    rangs: dict[str, dict] = {}
    for e in lignes:
        lien = lier(e["libelle"], f"engagements/{e['engagement']}.html")
        rang = rangs.setdefault(e["engagement"], {"texte": escape(e["texte_nom"]), "Engagement": lien})
        rang[str(e["annee"])] = juger(e)
    table = pd.DataFrame(rangs.values())
    return composer(table, "Les verdicts d'une année à l'autre", gauche=tuple(table.columns[2:]), groupe="texte")


def identite_d_un_engagement(valeurs: Publie, engagement: str) -> Fragment:
    """Le texte, le titulaire, la nature, la mesure, l'état zéro et l'objectif d'un engagement."""
    e = _derniere(valeurs, engagement)
    mesure = PREUVES[e["genre"]].sens
    if e["genre"] == PAR_INDICATEUR:
        mesure = lier_fiche(valeurs, e["indicateur"])
        mesure += f" ({escape(lieux)})" if (lieux := nommer_lieux(valeurs, e)) else ""
    elif isinstance(e["rythme"], str):
        mesure += f", {RYTHMES[e['rythme']].libelle}"
    rangs = {
        "Texte": escape(e["texte_nom"]),
        "Article": escape(e["article"]),
        "Titulaire": escape(e["titulaires"]),
        "Nature": _obliger(e),
        "Mesure ou preuve": mesure,
        "État zéro": _etat_zero(valeurs, e),
        "Objectif": _viser(valeurs, e),
        "Adopté": _adoption(e),
        "Tolérance": _tolerer(valeurs, e),
        "Échéance": str(int(e["echeance"])) if pd.notna(e["echeance"]) else None,
        "À savoir": escape(e["texte_note"]) if isinstance(e["texte_note"], str) else None,
    }
    table = pd.DataFrame([{"Rubrique": nom, "Contenu": c} for nom, c in rangs.items() if c])
    return composer(table, "Ce qui est promis", gauche=("Contenu",))


def verdict_d_un_engagement(valeurs: Publie, engagement: str) -> Fragment:
    """Le verdict de l'année de la page, sa raison, et le constat de la règle quand elle est arithmétique."""
    e = _derniere(valeurs, engagement)
    constat = f" Règle lue sur la valeur : {CONSTATS[e['constat']].libelle}." if isinstance(e["constat"], str) else ""
    phrase = f"{escape(e['raison'])}{_puissance(valeurs, e)}{constat}"
    html = f'<p class="obs-phrase">{valeurs.annee} : {juger(e)}. {phrase}</p>'
    return Fragment(html, e["raison"])


def histoire_d_un_engagement(valeurs: Publie, engagement: str) -> Fragment:
    """Une ligne par année : observé, intervalle du verdict, objectif, verdict, constat, raison."""
    rangs = [
        {
            "Année": str(e["annee"]),
            "Observé": _observer(valeurs, e),
            "Intervalle": _encadrer(valeurs, e),
            "Se verrait": _deceler(valeurs, e),
            "Objectif": _viser(valeurs, e),
            "Verdict": juger(e),
            "Règle": CONSTATS[e["constat"]].libelle if e["constat"] in CONSTATS else "",
            "Pourquoi": escape(e["raison"]),
        }
        for e in _siennes(valeurs, engagement)
    ]
    table = pd.DataFrame(rangs)
    vides = [c for c in ("Intervalle", "Se verrait", "Règle") if set(table[c]) <= {"", ABSENT}]
    gauche = ("Observé", "Intervalle", "Se verrait", "Objectif", "Verdict", "Règle", "Pourquoi")
    note = _regle() if "Se verrait" in vides else f"{_regle()} {CE_QUI_SE_VERRAIT}"
    return composer(table.drop(columns=vides), "Année par année", gauche=gauche, note=note)


def courbe_d_un_engagement(valeurs: Publie, engagement: str) -> Fragment:
    """L'évolution de l'indicateur, ou pourquoi il n'y en a pas."""
    e = _derniere(valeurs, engagement)
    if e["genre"] != PAR_INDICATEUR:
        return paragraphe("Cet engagement se juge sur des faits, non sur un indicateur : il n'a pas de courbe.")
    lieu = None if e["niveau"] == valeurs.tout[0] else e["territoire"]
    return evolution(valeurs, e["indicateur"], lieu, e["bailleur"])


def _siennes(valeurs: Publie, engagement: str) -> list[dict]:
    lignes = valeurs.lignes_de("engagements", engagement=engagement)
    if not lignes:
        raise ParametreInconnu(f"« {engagement} » n'est pas un engagement publié.")
    return lignes


def _derniere(valeurs: Publie, engagement: str) -> dict:
    return next(e for e in _siennes(valeurs, engagement) if e["annee"] == valeurs.annee)


def juger(e: dict, avec_constat: bool = False) -> str:
    """Le verdict, son signe et son libellé ; là où il n'y en a pas, le statut qui dit pourquoi."""
    return ecrire_verdict(e["verdict"], e["statut"], e["constat"] if avec_constat else None)


def _obliger(e: dict) -> str:
    return f"obligation de {OBLIGATIONS[e['nature']].libelle}"


def _observer(valeurs: Publie, e: dict) -> str:
    if e["genre"] == PAR_INDICATEUR:
        lieu = (e["niveau"], e["territoire"], e["bailleur"])
        ligne = valeurs.ligne(e["indicateur"], *lieu, annee=e["annee"])
        return ecrire_ligne(ligne, valeurs.catalogue[e["indicateur"]], html=True)
    if pd.isna(e["faits"]):
        return ABSENT
    fait = PREUVES[e["genre"]]
    noms = _TRIMESTRES if e["rythme"] == TRIMESTRIEL else (fait.libelle, fait.pluriel)
    if e["attendus"]:
        return f"{ecrire_entier(e['faits'])} sur {denombrer(e['attendus'], *noms)}"
    return denombrer(e["faits"], *noms)


def _viser(valeurs: Publie, e: dict) -> str:
    if pd.isna(e["cible"]):
        if est_ecrit(e["rythme"]):
            return RYTHMES[e["rythme"]].libelle
        return _ATTENDUS.get(e["genre"], "aucun objectif chiffré")
    return ecrire_cible(valeurs, e, e["sens"])


def _encadrer(valeurs: Publie, e: dict) -> str:
    if e["genre"] != PAR_INDICATEUR or pd.isna(e["bas"]) or pd.isna(e["haut"]) or e["bas"] == e["haut"]:
        return ABSENT
    return ecrire_intervalle(e["bas"], e["haut"], unite_de(valeurs, e)[0])


def _deceler(valeurs: Publie, e: dict) -> str:
    return ecrire_decelable(valeurs, e) if e["genre"] == PAR_INDICATEUR else ""


def _puissance(valeurs: Publie, e: dict) -> str:
    """Ce qui, faute de conclure, se serait vu : rien à dire d'un verdict rendu."""
    decelable = _deceler(valeurs, e) if e["verdict"] == NON_CONCLUANT else ""
    return f" Se verrait huit fois sur dix : {decelable}." if decelable else ""


def _etat_zero(valeurs: Publie, e: dict) -> str | None:
    if pd.isna(e["zero_annee"]):
        return None
    annee, unite = str(int(e["zero_annee"])), unite_de(valeurs, e)
    valeur = ecrire(e["zero_valeur"], unite[0], decimales=unite[1], signe=unite[0] == "points", html=True)
    source = f" ({escape(e['zero_source'])})" if est_ecrit(e["zero_source"]) else ""
    return f"{valeur} en {annee}{source}"


def _adoption(e: dict) -> str | None:
    if pd.isna(e["cible"]):
        return None
    depuis = e["cible_depuis"]
    quand = str(int(depuis[:4])) if depuis.endswith("-01-01") else ecrire_date(depuis)
    return f"{escape(e['adoptee_par'])}, {quand} ({escape(e['cible_source'])})"


def _tolerer(valeurs: Publie, e: dict) -> str | None:
    if pd.isna(e["cible"]) or not e["tolerance"]:
        return None
    unite = unite_de(valeurs, e)[0]
    return ecrire(e["tolerance"], "points" if unite == "%" else unite)


def _regle() -> str:
    return (
        "Une proportion ou un taux se juge sur un intervalle dont chaque bord a 5 chances sur 100 d'être faux : tenu "
        "s'il est tout entier du bon côté de l'objectif, non tenu s'il est tout entier du mauvais, non concluant "
        "sinon. Un dénombrement complet se juge sur sa valeur. Sans donnée, sans pièce ou sans objectif adopté, rien "
        "n'est mesurable."
    )
