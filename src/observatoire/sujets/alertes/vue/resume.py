"""Les alertes d'un territoire : une phrase chacune, combien de comparaisons ont été faites, et ce qui est caché."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.presentation.affichage import Fragment, absent, en_bref, plier
from observatoire.presentation.comparaisons import comparer_annee
from observatoire.presentation.liens import lier, lier_fiche, vers_alerte, vers_registre, vers_territoire
from observatoire.presentation.nombres import (
    STATUTS,
    ecrire,
    ecrire_en_lettres,
    ecrire_mesure,
    ecrire_part,
    ecrire_reference,
    nommer_statut,
)
from observatoire.presentation.phrases import dire_alerte, dire_taux
from observatoire.publie import cle_d_alerte
from observatoire.sujets.alertes.vue.changements import lister_les_changements
from observatoire.sujets.alertes.vue.examens import raconter_le_dernier
from observatoire.sujets.alertes.vue.verdicts import DU_PLUS_LARGE, est_signale, est_une_alerte, gravite, pastille
from observatoire.typographie import majuscule
from observatoire.vocabulaire import OUVRENT

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Combien d'alertes, les plus graves d'abord, se lisent hors du registre.
LISTEES = 5
TOTAL = 0.995  # au-delà, une probabilité arrondie s'écrirait « 100 % »


def alertes_du_quartier(valeurs: Publie, quartier: str, depuis: str = "annee") -> Fragment:
    """Une phrase par alerte du quartier, de ses secteurs et, pour les partenaires, de ses immeubles ; ou qu'il n'y en
    a aucune, et combien de comparaisons le disent."""
    lignes = valeurs.alertes(annee=valeurs.annee, quartier=quartier)
    if not lignes:
        return absent("Alertes", "aucun indicateur sous alerte n'a été évalué ici cette année")
    signales = sorted((r for r in lignes if est_signale(r)), key=gravite)
    alertes = [r for r in signales if est_une_alerte(r)]
    vigilances = [r for r in signales if not est_une_alerte(r)]
    ouverts = dossiers_ouverts(valeurs, quartier=quartier)
    corps = f'<p class="obs-phrase">{escape(_annoncer(lignes, alertes))}</p>'
    corps += lister(valeurs, alertes, ouverts, depuis)
    if vigilances:
        titre = f"{ecrire(len(vigilances), decimales=0)} en vigilance"
        corps += plier(titre, lister(valeurs, vigilances, ouverts, depuis))
    corps += lister_les_changements(valeurs, depuis, quartier=quartier)
    corps += _renvoyer(valeurs, depuis)
    return reserver(valeurs, corps, f"Alertes, {valeurs.annee}")


def alertes_et_decisions(valeurs: Publie, quartier: str, nombre: int = LISTEES) -> Fragment:
    """Les alertes d'un quartier, les plus graves d'abord, chacune avec son dernier examen et ce qui y fut décidé."""
    lignes = valeurs.alertes(annee=valeurs.annee, quartier=quartier)
    if not lignes:
        return absent("Alertes", "aucun indicateur sous alerte n'a été évalué ici cette année")
    alertes = sorted(filter(est_une_alerte, lignes), key=gravite)
    puces = "".join(f"<li>{_dire_et_suivre(valeurs, r)}</li>" for r in alertes[:nombre])
    corps = f'<h2>Alertes et décisions</h2><p class="obs-phrase">{escape(_annoncer(lignes, alertes))}</p>'
    corps += (f"<ul>{puces}</ul>" if puces else "") + _dire_les_autres(alertes, nombre)
    return reserver(valeurs, corps, "Alertes et décisions")


def _dire_et_suivre(valeurs: Publie, ligne: dict) -> str:
    quoi = lier_fiche(valeurs, ligne["indicateur"])
    dite = f"{pastille(ligne)} – {escape(nommer_lieu(valeurs, ligne))}, {quoi} : {escape(dire(valeurs, ligne))}."
    return f"{dite} Examen : {raconter_le_dernier(valeurs, ligne)}"


def resume_des_alertes(valeurs: Publie, depuis: str = "annee", commune: str | None = None) -> Fragment:
    """Les alertes de l'année dans la ville : leur nombre par niveau, et les plus graves en une phrase chacune.

    ``commune`` : celles des quartiers de cette commune d'une agglomération.
    """
    lignes = valeurs.alertes(annee=valeurs.annee)
    if commune is not None and valeurs.communes:
        lignes = [r for r in lignes if valeurs.commune("quartier", r["quartier"]) == commune]
    if not lignes:
        return absent("Alertes", "aucun indicateur sous alerte n'a été évalué cette année")
    alertes = sorted(filter(est_une_alerte, lignes), key=gravite)
    corps = f'<p class="obs-phrase">{escape(_annoncer(lignes, alertes))}</p>'
    corps += lister(valeurs, alertes[:LISTEES], dossiers_ouverts(valeurs), depuis) + _dire_les_autres(alertes, LISTEES)
    corps += lister_les_changements(valeurs, depuis, niveau="quartier") if commune is None else ""
    corps += _renvoyer(valeurs, depuis)
    return reserver(valeurs, corps, f"Alertes, {valeurs.annee}")


def alertes_en_bref(valeurs: Publie, depuis: str = "edition", nombre: int = 2) -> Fragment:
    """En une phrase : combien d'alertes l'année de la page, et les plus graves des quartiers et secteurs."""
    lignes = valeurs.alertes(annee=valeurs.annee)
    if not lignes:
        return absent("Alertes", "aucun indicateur sous alerte n'a été évalué cette année")
    alertes = [*filter(est_une_alerte, lignes)]
    adresse = vers_registre(valeurs, depuis)
    if not alertes:
        return en_bref("Alertes.", f"{lier(f'Aucune alerte publiée en {valeurs.annee}', adresse)}.")
    larges = [r for r in alertes if r["niveau"] != "immeuble"]
    pires = sorted(larges, key=lambda r: (-OUVRENT.index(r["verdict"]), -r["observe"] / max(r["attendu"], 1)))[:nombre]
    dites = "".join(f" {_resumer(valeurs, r, depuis)}." for r in pires)
    return en_bref("Alertes.", f"{lier(_compter(alertes, f' en {valeurs.annee}'), adresse)}.{dites}")


def _resumer(valeurs: Publie, ligne: dict, depuis: str) -> str:
    """« Secteur Planoise – Époisses, impayés : 21,8 %, trois fois l'attendu (7,1 %), en hausse depuis 2009 »."""
    nom = nommer_lieu(valeurs, ligne)
    ou = lier(majuscule(nom), vers_territoire(valeurs, "quartier", ligne["quartier"], depuis))
    quoi = lier_fiche(valeurs, ligne["indicateur"], depuis)
    return f"{ou}, {quoi} : {escape(dire_le_niveau(valeurs, ligne))}"


def bilan_des_alertes(valeurs: Publie) -> Fragment:
    """Combien de comparaisons ont été faites, combien d'alertes elles ont données, combien sont sans doute fausses."""
    lignes = valeurs.alertes(annee=valeurs.annee)
    if not lignes:
        return absent("Alertes", "aucun indicateur sous alerte n'a été évalué cette année")
    alertes = [*filter(est_une_alerte, lignes)]
    tests = {(r["niveau"], r["indicateur"]): r["nb_tests"] for r in lignes}
    phrases = [f"{ecrire(sum(tests.values()), 'comparaisons', decimales=0)} en {valeurs.annee} : "]
    par_niveau = {n: sum(t for (niveau, _), t in tests.items() if niveau == n) for n in DU_PLUS_LARGE}
    phrases[0] += ", ".join(f"{ecrire(t, decimales=0)} par {n}" for n, t in par_niveau.items() if t) + "."
    phrases += [_annoncer(lignes, alertes), dire_fausses(alertes)]
    texte = " ".join(p for p in phrases if p)
    return Fragment(f'<p class="obs-phrase">{escape(texte)}</p>', texte)


def dire_fausses(alertes: list[dict]) -> str:
    """Le nombre d'alertes que l'on attend fausses : la somme, sur elles, de la probabilité que l'écart soit moindre."""
    if not alertes:
        return ""
    fausses = ecrire(sum(1 - r["proba_alerte"] for r in alertes), decimales=1)
    return f"Nombre attendu de fausses alertes parmi elles, d'après leur probabilité : {fausses}."


def lister(valeurs: Publie, lignes: list[dict], ouverts: dict[tuple, dict], depuis: str) -> str:
    """Les alertes, une puce chacune : verdict, lieu, phrase, et de quoi la juger dans un pli."""
    puces = "".join(f"<li>{phrase(valeurs, r, ouverts, depuis)}</li>" for r in lignes)
    return f'<ul class="obs-alertes">{puces}</ul>' if puces else ""


def phrase(valeurs: Publie, ligne: dict, ouverts: dict[tuple, dict], depuis: str) -> str:
    """Une alerte : son verdict, où, de quoi, sa phrase, puis ce qui permet de la juger."""
    lieu = lier(nommer_lieu(valeurs, ligne), vers_alerte(valeurs, ouverts.get(cle_d_alerte(ligne)), depuis))
    fiche = lier_fiche(valeurs, ligne["indicateur"], depuis)
    dite = escape(dire(valeurs, ligne))
    return f"{pastille(ligne)} {lieu}, {fiche} : {dite}.{plier('De quoi en juger', juger(valeurs, ligne))}"


def dire(valeurs: Publie, ligne: dict) -> str:
    """La phrase d'une alerte : le taux, sa tendance, puis les ménages de plus qu'attendu ; sans point ni majuscule."""
    excedent = dire_alerte(ligne, valeurs.catalogue[ligne["indicateur"]])
    return " ; ".join(p for p in (dire_le_niveau(valeurs, ligne), excedent) if p)


def dire_le_niveau(valeurs: Publie, ligne: dict) -> str:
    """Le taux d'une alerte et sa tendance : « 21,8 %, trois fois l'attendu (7,1 %), en hausse depuis 2009 »."""
    lieu = (ligne["niveau"], ligne["territoire"], "tous")
    taux = dire_taux(ligne, valeurs.ligne(ligne["indicateur"], *lieu), valeurs.catalogue[ligne["indicateur"]])
    return ", ".join(p for p in (taux, _tendance(valeurs, ligne, lieu)) if p)


def _tendance(valeurs: Publie, ligne: dict, lieu: tuple[str, str, str]) -> str:
    """« en hausse depuis 2009 (+3,1 points) », ou que rien de net n'a changé ; rien sans année à qui se comparer."""
    avant = valeurs.annee - 1
    if avant not in valeurs.edition["annees"]:
        return ""
    ecart = comparer_annee(valeurs, ligne["indicateur"], avant, lieu)
    if ecart.signe == "impossible":
        return ""
    return ecart.texte if ecart.signe != "egal" else f"sans changement net depuis {avant}"


def juger(valeurs: Publie, ligne: dict) -> str:
    """L'observé et l'attendu, le dénominateur, la date, la couverture, la réponse, la probabilité."""
    declaration = valeurs.catalogue[ligne["indicateur"]]
    propre = valeurs.ligne(ligne["indicateur"], ligne["niveau"], ligne["territoire"], annee=ligne["annee"])
    unite = declaration["unite"]
    estimee, reference = ecrire(ligne["lisse"], unite), ecrire(ligne["reference"], unite)
    rapport = f"{ecrire_mesure(propre, 'numerateur')} observés pour {ecrire(ligne['attendu'], decimales=0)} attendus"
    morceaux = [
        ecrire_reference(declaration, ligne["annee"]),
        f"{rapport}, sur {ecrire_mesure(propre, 'denominateur')} {declaration['denominateur']}",
        f"{estimee} d'après lui et ce qui l'entoure, pour {reference} dans ce qui l'entoure",
    ]
    for nom in ("couverture", "reponse"):
        if not pd.isna(propre[nom]):
            morceaux.append(f"{nom.replace('reponse', 'réponse')} {ecrire_mesure(propre, nom)}")
    morceaux.append(f"probabilité d'un écart d'alerte : {dire_probabilite(ligne['proba_alerte'])}")
    morceaux.append(f"comparaisons du même indicateur au même niveau : {ecrire(ligne['nb_tests'], decimales=0)}")
    return f'<p class="obs-note">{escape(" ; ".join(morceaux))}.</p>'


def dire_probabilite(part: float) -> str:
    """Une probabilité arrondie, qui n'est jamais dite nulle ni certaine."""
    if part >= TOTAL:
        return "plus de 99 %"
    return "moins de 1 %" if part < 1 - TOTAL else ecrire_part(part)


def nommer_lieu(valeurs: Publie, ligne: dict) -> str:
    """Le nom d'un territoire, précédé de ce qu'il est sous le quartier : « secteur Planoise 3 »."""
    cles = (ligne["niveau"], ligne["territoire"])
    nom = valeurs.noms.get(cles, "sans nom")
    return nom if ligne["niveau"] == "quartier" else f"{ligne['niveau']} {nom}"


def dossiers_ouverts(valeurs: Publie, **cles: str) -> dict[tuple, dict]:
    """(niveau, territoire, indicateur) -> dossier ouvert."""
    return {cle_d_alerte(d): d for d in valeurs.dossiers_ouverts(**cles)}


def reserver(valeurs: Publie, html: str, resume: str) -> Fragment:
    """Un fragment qui porte la marque de son public, où qu'il soit copié : les immeubles ne sont que pour un."""
    public = valeurs.edition["public"]
    marque = "" if public == PUBLIQUE else f' data-observatoire-public="{escape(public)}"'
    return Fragment(f'<div class="obs-bloc-alertes"{marque}>{html}</div>', resume)


def _dire_les_autres(alertes: list[dict], listees: int) -> str:
    """Combien d'alertes annoncées ne sont pas listées, et où elles sont ; rien s'il n'en manque pas."""
    autres = len(alertes) - listees
    if autres <= 0:
        return ""
    sont = "L'autre est" if autres == 1 else f"Les {ecrire(autres, decimales=0)} autres, moins graves, sont"
    return f'<p class="obs-note">{escape(sont)} au registre des alertes.</p>'


def _renvoyer(valeurs: Publie, depuis: str) -> str:
    lien = lier("Toutes les alertes de l'année", vers_registre(valeurs, depuis))
    return f'<p class="obs-note">{lien}</p>'


def _annoncer(lignes: list[dict], alertes: list[dict]) -> str:
    """« 3 alertes, dont une confirmée. Comparaisons publiées : 513 ; cachées : 219 c (secret). »"""
    statuts = [r["statut"] for r in lignes]
    caches = [s for s in STATUTS if s in statuts]
    aucune = "Aucune alerte publiée" if caches else "Aucune alerte"
    tete = _compter(alertes) if alertes else aucune
    comptes = [f"Comparaisons publiées : {ecrire(statuts.count('publie'), decimales=0)}"]
    comptes += [f"{ecrire(statuts.count(s), decimales=0)} {nommer_statut(s)}" for s in caches]
    return f"{tete}. {' ; '.join(comptes)}."


def _compter(alertes: list[dict], quand: str = "") -> str:
    """« 3 alertes en 2010, dont une confirmée »."""
    confirmees = sum(r["verdict"] == "alerte_confirmee" for r in alertes)
    dont = f", dont {ecrire_en_lettres(confirmees, feminin=True)} confirmée{'s' * (confirmees > 1)}"
    return ecrire(len(alertes), "alertes", decimales=0) + quand + dont * bool(confirmees)
