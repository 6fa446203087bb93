"""Où en est la réponse à une alerte : ce qui a été décidé en dernier, et l'étape qui vient."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import donnees
from observatoire.presentation.affichage import Fragment, defiler
from observatoire.presentation.liens import lier, lier_fiche, vers_alerte, vers_territoire
from observatoire.presentation.nombres import ecrire_date, ecrire_ligne, ecrire_trimestre
from observatoire.presentation.objectifs import denombrer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import cle_d_alerte
from observatoire.sujets.alertes.vue.bilan import EN_COURS, FINIES
from observatoire.sujets.alertes.vue.examens import dater_l_examen
from observatoire.sujets.alertes.vue.resume import nommer_lieu, reserver
from observatoire.sujets.alertes.vue.verdicts import pastille
from observatoire.typographie import majuscule

if TYPE_CHECKING:
    from observatoire.publie import Publie

DEPUIS = "edition"


def dire_le_fait(valeurs: Publie, action: dict) -> str:
    """« accompagnement, prévention des expulsions, en cours (2e trimestre 2009) » ; rien si l'action ne le dit pas."""
    champs = [(c, action.get(c)) for c in ("reponse", "outil", "issue")]
    dits = [valeurs.libelle_du_suivi(c, code) for c, code in champs if not pd.isna(code)]
    return f"{escape(', '.join(dits))} ({ecrire_trimestre(action['trimestre'])})" if dits else ""


def dire_le_decide(valeurs: Publie, dossier: dict) -> str:
    """La dernière réponse décidée depuis que le dossier est ouvert ; à défaut, la dernière décision, ou qu'aucune."""
    siennes = _depuis_l_ouverture(valeurs, dossier)
    faits = [fait for a in siennes if (fait := dire_le_fait(valeurs, a))]
    if faits or not siennes:
        return faits[-1] if faits else "rien encore"
    decision = siennes[-1].get("decision")
    dite = "examinée" if pd.isna(decision) else valeurs.libelle_du_suivi("decision", decision)
    return f"{escape(dite)} ({ecrire_trimestre(siennes[-1]['trimestre'])})"


def dire_la_suite(valeurs: Publie, dossier: dict) -> str:
    """Ce que la prochaine séance a à faire d'un dossier ouvert."""
    siennes = _depuis_l_ouverture(valeurs, dossier)
    if pd.isna(dossier.get("pilote", "")):
        return "désigner un pilote"
    if not siennes:
        return "l'examiner"
    issue, effet = siennes[-1].get("issue"), siennes[-1].get("date_effet")
    if issue in FINIES:
        return "décider de la suite : la réponse est terminée, le dossier reste ouvert"
    if issue in EN_COURS:
        return "rendre compte de l'avancement" if pd.isna(effet) else f"commencer le {ecrire_date(str(effet))}"
    return "choisir une réponse"


def alertes_a_suivre(valeurs: Publie, nombre: int | None = None) -> Fragment:
    """Les dossiers ouverts, dans l'ordre du registre : le taux, l'examen, ce qui est décidé et l'étape qui vient.

    ``nombre`` : les premiers seulement ; combien d'autres suivent est dit.
    """
    ouverts = valeurs.dossiers_ouverts()
    if not ouverts:
        return paragraphe("Aucune alerte n'est ouverte.")
    titre = "Alertes ouvertes : ce qui est décidé, ce qui vient"
    evaluees = {cle_d_alerte(r): r for r in valeurs.alertes(annee=valeurs.annee)}
    lignes = [_ligne(valeurs, d, evaluees.get(cle_d_alerte(d))) for d in ouverts[:nombre]]
    autres = paragraphe(f"Et {denombrer(len(ouverts) - len(lignes), 'autre', 'autres')}, au registre des alertes.")
    entetes = ["Territoire", "Indicateur", "Taux", "Ouverte", "Examinée", "Décidé", "Prochaine étape"]
    table = donnees.tableau_simple(entetes, lignes, titre, "obs-a-gauche obs-fiches")
    suite = autres.html if len(lignes) < len(ouverts) else ""
    return reserver(valeurs, defiler(table, titre) + donnees.noter_statuts(table) + suite, titre)


def _ligne(valeurs: Publie, dossier: dict, evaluee: dict | None) -> list[str]:
    lieu = dossier["niveau"], dossier["territoire"]
    adresse = vers_alerte(valeurs, dossier, DEPUIS) or vers_territoire(valeurs, "quartier", dossier["quartier"], DEPUIS)
    propre = valeurs.ligne(dossier["indicateur"], *lieu, annee=valeurs.annee)
    taux = ecrire_ligne(propre, valeurs.catalogue[dossier["indicateur"]], html=True)
    return [
        lier(majuscule(nommer_lieu(valeurs, dossier)), adresse),
        lier_fiche(valeurs, dossier["indicateur"], DEPUIS),
        taux if evaluee is None else f"{taux} {pastille(evaluee)}",
        ecrire_trimestre(dossier["depuis"], court=True),
        dater_l_examen(valeurs, dossier, DEPUIS),
        dire_le_decide(valeurs, dossier),
        majuscule(dire_la_suite(valeurs, dossier)),
    ]


def _depuis_l_ouverture(valeurs: Publie, dossier: dict) -> list[dict]:
    return [a for a in valeurs.actions(dossier["dossier"]) if a["trimestre"] >= dossier["depuis"]]
