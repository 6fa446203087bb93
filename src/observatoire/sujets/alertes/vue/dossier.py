"""La page d'une alerte : où elle en est, ce qui a été fait, et qui porte l'écart."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from observatoire.erreurs import ParametreInconnu
from observatoire.presentation import donnees
from observatoire.presentation.affichage import Fragment, absent, defiler, plier
from observatoire.presentation.liens import lier, lier_fiche, vers_territoire
from observatoire.presentation.nombres import (
    ecrire,
    ecrire_date,
    ecrire_part,
    ecrire_trimestre,
    nommer_statut,
)
from observatoire.presentation.phrases import arrondir
from observatoire.presentation.textes import paragraphe
from observatoire.sujets.alertes.vue.examens import raconter_les_examens
from observatoire.sujets.alertes.vue.registre import dire_pilote
from observatoire.sujets.alertes.vue.resume import dire, juger, nommer_lieu, reserver
from observatoire.sujets.alertes.vue.verdicts import est_signale, gravite, pastille
from observatoire.vocabulaire import ETATS_D_UN_DOSSIER

if TYPE_CHECKING:
    from observatoire.publie import Publie


class Alerte(NamedTuple):
    """Un dossier, et l'évaluation de l'année de la page (``None`` si le territoire n'y est pas évalué)."""

    dossier: dict
    ligne: dict | None
    declaration: dict

    @property
    def lieu(self) -> dict:
        """Ce qui situe l'alerte : niveau, territoire, indicateur."""
        return {nom: self.dossier[nom] for nom in ("niveau", "territoire", "indicateur")}


def trouver(valeurs: Publie, alerte: str) -> Alerte:
    """L'alerte d'un dossier ; lève :class:`ParametreInconnu` s'il n'est pas publié."""
    dossiers = valeurs.dossiers(dossier=alerte)
    if not dossiers:
        raise ParametreInconnu(f"« {alerte} » n'est pas un dossier publié.")
    dossier = dossiers[0]
    lieu = {nom: dossier[nom] for nom in ("niveau", "territoire", "indicateur")}
    lignes = valeurs.alertes(annee=valeurs.annee, **lieu)
    return Alerte(dossier, lignes[0] if lignes else None, valeurs.catalogue[dossier["indicateur"]])


def ouvrir_dossier(valeurs: Publie, alerte: str, depuis: str = "annee") -> Fragment:
    """La phrase de l'alerte, de quoi en juger, l'état de son dossier et qui le pilote."""
    trouvee = trouver(valeurs, alerte)
    dossier, ligne = trouvee.dossier, trouvee.ligne
    quartier = dossier["quartier"]
    puces = [f"Indicateur : {lier_fiche(valeurs, dossier['indicateur'], depuis)}"]
    puces += [f"Lieu : {escape(nommer_lieu(valeurs, dossier))}"] * (dossier["niveau"] != "quartier")
    puces += _dire_l_immeuble(valeurs, dossier)
    if ("quartier", quartier) in valeurs.noms:
        lien = lier(valeurs.nom("quartier", quartier), vers_territoire(valeurs, "quartier", quartier, depuis))
        puces.append(f"Quartier : {lien}")
    puces += _dire_le_dossier(valeurs, dossier)
    corps = _dire(valeurs, ligne) + "<ul>" + "".join(f"<li>{p}</li>" for p in puces) + "</ul>"
    corps += juger(valeurs, ligne) if ligne and ligne["statut"] == "publie" else ""
    return reserver(valeurs, corps, nommer_lieu(valeurs, dossier))


def _dire_l_immeuble(valeurs: Publie, dossier: dict) -> list[str]:
    """De quel bailleur est un immeuble, et le code qu'il y a chez lui."""
    if dossier["niveau"] != "immeuble":
        return []
    bailleur, _, code = dossier["territoire"].partition(":")
    return [f"Bailleur : {escape(valeurs.nom('bailleur', bailleur))}, immeuble {escape(code)}"]


def _dire_le_dossier(valeurs: Publie, dossier: dict) -> list[str]:
    """Le numéro du dossier, son état, et qui le pilote."""
    etat = f"{ETATS_D_UN_DOSSIER[dossier['etat']].libelle}, ouverte au {ecrire_trimestre(dossier['ouverture'])}"
    if dossier["depuis"] != dossier["ouverture"]:
        etat += f", rouverte au {ecrire_trimestre(dossier['depuis'])}"
    etat += f" ; en alerte {ecrire(dossier['annees'], 'années', decimales=0)}"
    return [f"Dossier {dossier['dossier']} : {etat}", f"Pilote : {dire_pilote(valeurs, dossier)}"]


def _dire(valeurs: Publie, ligne: dict | None) -> str:
    if ligne is None:
        return '<p class="obs-phrase">Ce territoire n\'est pas évalué cette année ; le dossier reste ouvert.</p>'
    if not est_signale(ligne):
        quoi = "n'est plus signalé" if ligne["statut"] == "publie" else nommer_statut(ligne["statut"])
        return f'<p class="obs-phrase">{pastille(ligne)} : cette année, {escape(quoi)} ; le dossier reste ouvert.</p>'
    return f'<p class="obs-phrase">{pastille(ligne)} : {escape(dire(valeurs, ligne))}.</p>'


def examens_du_dossier(valeurs: Publie, alerte: str) -> Fragment:
    """Ce que les séances en ont dit et décidé, la plus récente d'abord."""
    return raconter_les_examens(valeurs, trouver(valeurs, alerte).lieu)


def actions_du_dossier(valeurs: Publie, alerte: str) -> Fragment:
    """Ce qui a été décidé et fait, dans l'ordre des dates, et comment inscrire la suite."""
    actions, suite = valeurs.actions(alerte), _inscrire(valeurs, trouver(valeurs, alerte).dossier)
    if not actions:
        rien = paragraphe("Aucune action n'a été inscrite sur ce dossier.")
        return reserver(valeurs, rien.html + suite, rien.resume)
    titre = "Actions"
    champs = ("pilote", "reponse", "outil", "decision", "issue")
    lignes = [
        [_dater(a.get("date")), *(_libeller(valeurs, c, a.get(c)) for c in champs), _dater(a.get("date_effet"))]
        for a in actions
    ]
    entetes = ["Date", "Pilote", "Réponse", "Outil", "Décision", "Issue", "Effet"]
    return reserver(valeurs, defiler(donnees.tableau_simple(entetes, lignes, titre), titre) + suite, titre)


def _inscrire(valeurs: Publie, dossier: dict) -> str:
    """La ligne à ajouter au relevé des actions, prête à copier, et les réponses et outils qui s'y écrivent."""
    bailleur = dossier["territoire"].partition(":")[0] if dossier["niveau"] == "immeuble" else "PILOTE"
    ligne = f"{dossier['dossier']};;;;JJ/MM/AAAA;{bailleur};;;designer_pilote;;"
    listes = (("reponse", "Réponses"), ("outil", "Outils"))
    admises = " ".join(f"{nom} : {', '.join(_codes(valeurs, colonne))}." for colonne, nom in listes)
    contenu = (
        f"<p>Dans <code>suivi/actions.csv</code>, une ligne de plus ; le jour et le pilote sont à compléter.</p>"
        f"<pre><code>{escape(ligne)}</code></pre><p>{escape(admises)}</p>"
    )
    return plier("Inscrire une décision", contenu)


def _codes(valeurs: Publie, colonne: str) -> list[str]:
    """« pil (PIL) » : chaque valeur qu'admet une colonne du relevé des actions."""
    return [f"{r['code']} ({r['libelle']})" for r in valeurs.lignes_de("libelles_du_suivi", colonne=colonne)]


def _dater(jour: object) -> str:
    return "–" if pd.isna(jour) else ecrire_date(str(jour))


def _libeller(valeurs: Publie, colonne: str, code: object) -> str:
    return "–" if pd.isna(code) else escape(valeurs.libelle_du_suivi(colonne, str(code)))


def ampleur(valeurs: Publie, alerte: str) -> Fragment:
    """Les immeubles signalés, les autres ensemble, et le tout : leurs excès, tels qu'ils s'écrivent, s'ajoutent."""
    trouvee = trouver(valeurs, alerte)
    tout = _contenant(valeurs, trouvee)
    titre = f"Ampleur, {trouvee.declaration['libelle']}, {valeurs.annee}"
    if tout is None or pd.isna(tout["exces"]):
        return absent("Ampleur", "l'excès du territoire qui contient cette alerte n'est pas publié")
    siens = valeurs.alertes(
        annee=valeurs.annee, niveau="immeuble", indicateur=tout["indicateur"], **{tout["niveau"]: tout["territoire"]}
    )
    signales = sorted(filter(est_signale, siens), key=gravite)
    reste = arrondir(tout["exces"]) - sum(arrondir(r["exces"]) for r in signales)
    lignes = [_part(valeurs, r, tout, r["territoire"] == trouvee.dossier["territoire"]) for r in signales]
    if siens:
        autres = "Les autres immeubles" if signales else "Tous les immeubles, ensemble"
        lignes.append([autres, "–", ecrire(reste, decimales=0, signe=True), "–", _fraction(reste, tout["exces"])])
    lignes.append(_part(valeurs, tout, tout, True))
    entetes = ["Territoire", "Verdict", "Excès", "Entre", "Part de l'excès"]
    table = donnees.tableau_simple(entetes, lignes, titre)
    return reserver(valeurs, defiler(table, titre) + donnees.noter_statuts(table), titre)


def _contenant(valeurs: Publie, alerte: Alerte) -> dict | None:
    """L'évaluation du territoire dont on dit qui porte l'écart : le quartier d'un immeuble, sinon celui de l'alerte."""
    if alerte.ligne is None or alerte.dossier["niveau"] != "immeuble":
        return alerte.ligne
    ou = {"niveau": "quartier", "territoire": alerte.dossier["quartier"]}
    lignes = valeurs.alertes(annee=valeurs.annee, indicateur=alerte.dossier["indicateur"], **ou)
    return lignes[0] if lignes else None


def _part(valeurs: Publie, ligne: dict, tout: dict, en_avant: bool) -> list[str]:
    nom = escape(nommer_lieu(valeurs, ligne))
    bornes = " à ".join(ecrire(ligne[b], decimales=0, signe=True) for b in ("exces_bas", "exces_haut"))
    exces = ecrire(ligne["exces"], decimales=0, signe=True)
    nom = f"<strong>{nom}</strong>" if en_avant else nom
    return [nom, pastille(ligne), exces, bornes, _fraction(ligne["exces"], tout["exces"])]


def _fraction(exces: float, tout: float) -> str:
    """La part d'un excès dans un tout ; un tiret quand le tout n'est pas un excès, ou que d'autres le compensent."""
    return ecrire_part(exces / tout) if tout > 0 and 0 <= exces <= tout else "–"
