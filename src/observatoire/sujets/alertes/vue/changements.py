"""Les alertes de changement d'un lieu : ce qui est arrivé à qui reste, ce qu'apporte qui arrive, une phrase chacune."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.presentation.affichage import plier
from observatoire.presentation.liens import lier_fiche
from observatoire.presentation.nombres import ecrire, ecrire_part
from observatoire.sujets.alertes.vue.verdicts import est_signale, gravite, pastille
from observatoire.vocabulaire import ARRIVES, GAGNES, OUVRENT, PERDUS, PROGRES

if TYPE_CHECKING:
    from observatoire.publie import Publie

_TITRE = "Ce qui change d'une année à l'autre"
#: Qui perd un trait n'est pas une alerte : c'est une baisse, souvent un progrès.
_BAISSE = '<span class="obs-verdict obs-verdict-conforme"><span aria-hidden="true">▼</span> Baisse nette</span>'
_UNITES = {"menages": "ménages", "logements": "logements"}


def lister_les_changements(valeurs: Publie, depuis: str, **cles: str) -> str:
    """Les changements signalés de l'année qui portent ces clés, les plus nets d'abord ; rien s'il n'y en a aucun."""
    lignes = valeurs.lignes_de("changements", annee=valeurs.annee, **cles)
    signales = sorted((r for r in lignes if est_signale(r)), key=gravite)
    nets = [r for r in signales if r["verdict"] in OUVRENT]
    if not signales:
        return ""
    tests = ecrire(sum(r["statut"] == "publie" for r in lignes), "comparaisons", decimales=0)
    note = (
        f"Entre {valeurs.annee - 1} et {valeurs.annee}, parmi ceux qui restent et ceux qui arrivent, face au reste de "
        f"la ville ; {tests}."
    )
    corps = f'<p class="obs-phrase"><strong>{_TITRE}.</strong> {escape(note)}</p>'
    corps += _enumerer(valeurs, nets, depuis)
    if vigilances := [r for r in signales if r not in nets]:
        corps += plier(f"{ecrire(len(vigilances), decimales=0)} en vigilance", _enumerer(valeurs, vigilances, depuis))
    return corps


def dire_un_changement(valeurs: Publie, ligne: dict) -> str:
    """« parmi les 665 ménages restés qui ne l'étaient pas, 126 le sont devenus (18,9 %, pour 2,1 % attendus) »."""
    unites = _UNITES[valeurs.catalogue[ligne["indicateur"]]["tables"][0]]
    exposes, observe = ecrire(ligne["exposes"], unites, decimales=0), ecrire(ligne["observe"], decimales=0)
    debut, fin = {
        GAGNES: (f"parmi {exposes} restés qui n'en étaient pas", f"{observe} en sont"),
        PERDUS: (f"parmi {exposes} restés qui en étaient", f"{observe} n'en sont plus"),
        ARRIVES: (f"parmi {exposes} arrivés", f"{observe} en sont"),
    }[ligne["mouvement"]]
    parts = [ecrire_part(ligne[nom] / ligne["exposes"]) for nom in ("observe", "attendu")]
    return f"{debut}, {fin} ({parts[0]}, pour {parts[1]} attendus)"


def qualifier(valeurs: Publie, ligne: dict) -> str:
    """« amélioration » ou « dégradation », d'après le sens du progrès de l'indicateur ; vide s'il n'en a pas."""
    hausse, baisse, _neutre = PROGRES
    voulu, va = valeurs.catalogue[ligne["indicateur"]]["sens"], baisse if ligne["mouvement"] == PERDUS else hausse
    if voulu not in (hausse, baisse):
        return ""
    return "amélioration" if va == voulu else "dégradation"


def _enumerer(valeurs: Publie, lignes: list[dict], depuis: str) -> str:
    puces = "".join(f"<li>{_phrase(valeurs, r, depuis)}</li>" for r in lignes)
    return f'<ul class="obs-alertes">{puces}</ul>' if puces else ""


def _phrase(valeurs: Publie, ligne: dict, depuis: str) -> str:
    lieu = valeurs.noms.get((ligne["niveau"], ligne["territoire"]), "sans nom")
    lieu = lieu if ligne["niveau"] == "quartier" else f"{ligne['niveau']} {lieu}"
    qualite = qualifier(valeurs, ligne)
    quoi = f"{lier_fiche(valeurs, ligne['indicateur'], depuis)}{f' ({qualite})' if qualite else ''}"
    marque = _BAISSE if ligne["mouvement"] == PERDUS else pastille(ligne)
    return f"{marque} {escape(lieu)}, {quoi} : {escape(dire_un_changement(valeurs, ligne))}."
