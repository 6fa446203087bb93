"""Le registre des alertes d'une année : tout ce qui est signalé, ce qui presse d'abord.

Le tableau se lit sans script ; ``registre.js`` y ajoute de quoi trier et filtrer.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.presentation import donnees
from observatoire.presentation.affichage import Fragment, absent, defiler
from observatoire.presentation.liens import dire_la_commune, lier, lier_fiche, vers_alerte, vers_territoire
from observatoire.presentation.nombres import ecrire, ecrire_ligne, ecrire_trimestre
from observatoire.presentation.phrases import couper
from observatoire.presentation.reperes import tout
from observatoire.publie import cle_d_alerte
from observatoire.sujets.alertes.vue.examens import dater_l_examen, examens
from observatoire.sujets.alertes.vue.resume import dossiers_ouverts, nommer_lieu, reserver
from observatoire.sujets.alertes.vue.suites import dire_la_suite, dire_le_decide
from observatoire.sujets.alertes.vue.verdicts import MONTRES, est_signale, est_une_alerte, gravite, pastille
from observatoire.typographie import majuscule
from observatoire.vocabulaire import ETATS_D_UN_DOSSIER, FORMES, TROP_LONG

if TYPE_CHECKING:
    from observatoire.publie import Publie


def registre_des_alertes(valeurs: Publie, depuis: str = "annee") -> Fragment:
    """Une ligne par territoire et indicateur signalés, avec son dossier la dernière année de l'édition.

    En tête, les dossiers que personne ne pilote depuis deux trimestres ; puis du plus grave au moins grave.
    """
    signales = [r for r in valeurs.alertes(annee=valeurs.annee) if est_signale(r)]
    titre = f"Registre des alertes, {valeurs.annee}"
    if not signales:
        return absent(titre, "rien n'est signalé parmi ce qui est publié")
    ouverts = dossiers_ouverts(valeurs)
    signales.sort(key=lambda r: (not _est_seul(ouverts.get(cle_d_alerte(r))), gravite(r)))
    suivis = bool(ouverts)
    suivi = _colonnes_du_suivi(valeurs) * suivis
    entetes = ["Territoire", "Indicateur", "Verdict", "Taux", *suivi[:1], "Examinée", *suivi[1:], *_MESURES]
    lignes = [_ligne(valeurs, r, ouverts, suivis, depuis) for r in signales]
    table = donnees.tableau_simple(entetes, lignes, titre, "obs-registre obs-fiches")
    html = defiler(table, titre) + donnees.noter_statuts(table)
    sens = " ; ".join(f"{v.signe} {v.nom.lower()} : {v.sens}" for v in MONTRES.values())
    html += f'<p class="obs-table-note">{escape(_LECTURE)} {escape(tout(valeurs).de)}. {escape(sens)}.</p>'
    return reserver(valeurs, html, titre)


#: Ce qui précise une alerte sans rien décider : après ce qui se lit d'un coup d'œil.
_MESURES = ("Niveau", "Excès", "Attendu", "Forme", "Années en alerte")
_LECTURE = (
    "Excès : ce qui est observé de plus que l'attendu, si le territoire était occupé comme les logements de même "
    "taille et de même financement du reste"
)


def _est_seul(dossier: dict | None) -> bool:
    """Personne ne le pilote depuis trop longtemps ; le grand public n'en sait rien."""
    return dossier is not None and dossier.get("trimestres_sans_pilote", 0) >= TROP_LONG


def _ligne(valeurs: Publie, ligne: dict, ouverts: dict, suivis: bool, depuis: str) -> list[str]:
    dossier = ouverts.get(cle_d_alerte(ligne))
    adresse = vers_alerte(valeurs, dossier, depuis) or vers_territoire(valeurs, "quartier", ligne["quartier"], depuis)
    declaration = valeurs.catalogue[ligne["indicateur"]]
    propre = valeurs.ligne(ligne["indicateur"], ligne["niveau"], ligne["territoire"], annee=ligne["annee"])
    suivi = _suivi(valeurs, dossier) if suivis else []
    return [
        lier(nommer_lieu(valeurs, ligne).removeprefix(f"{ligne['niveau']} "), adresse)
        + dire_la_commune(valeurs, ligne["niveau"], ligne["territoire"]),
        lier_fiche(valeurs, ligne["indicateur"], depuis),
        pastille(ligne),
        ecrire_ligne(propre, declaration, html=True),
        *suivi[:1],
        _examen(valeurs, ligne, dossier, depuis),
        *suivi[1:],
        ligne["niveau"],
        _exces(ligne, declaration),
        ecrire(ligne["attendu"], decimales=0),
        _forme(ligne),
        ecrire(ligne["annees_en_alerte"], decimales=0),
    ]


def _examen(valeurs: Publie, ligne: dict, dossier: dict | None, depuis: str) -> str:
    """Le dernier examen, s'il y en a un ; « jamais » ne se reproche qu'à une alerte ou à un dossier ouvert."""
    attendu = dossier is not None or est_une_alerte(ligne)
    return dater_l_examen(valeurs, ligne, depuis) if attendu or examens(valeurs, ligne) else "–"


def _exces(ligne: dict, declaration: dict) -> str:
    """L'excès, ce qui se compte et l'intervalle."""
    quoi = escape(couper(declaration["numerateur"])[0])
    bornes = " à ".join(ecrire(ligne[b], decimales=0, signe=True) for b in ("exces_bas", "exces_haut"))
    return f"{ecrire(ligne['exces'], decimales=0, signe=True)}<br><small>{quoi}, de {bornes}</small>"


def _forme(ligne: dict) -> str:
    if ligne["niveau"] == "immeuble":
        return "–"
    if ligne["forme"] in FORMES:
        return FORMES[ligne["forme"]].libelle
    return "–" if pd.isna(ligne["immeubles"]) else "sans excès"


def _colonnes_du_suivi(valeurs: Publie) -> list[str]:
    pilote = ["Pilote"] * (valeurs.edition["public"] != PUBLIQUE)
    return ["Ouverte", "Décidé", *pilote, "Prochaine étape", "État"]


def _suivi(valeurs: Publie, dossier: dict | None) -> list[str]:
    """Son ouverture, ce qui est décidé, qui pilote, ce qui vient, et l'état du dossier ; des tirets sans dossier."""
    colonnes = _colonnes_du_suivi(valeurs)
    if dossier is None:
        return ["–"] * len(colonnes)
    pilote = [dire_pilote(valeurs, dossier)] * ("Pilote" in colonnes)
    ouverte = ecrire_trimestre(dossier["ouverture"], court=True)
    suite = majuscule(dire_la_suite(valeurs, dossier))
    etat = ETATS_D_UN_DOSSIER[dossier["etat"]].libelle
    return [ouverte, dire_le_decide(valeurs, dossier), *pilote, suite, etat]


def dire_pilote(valeurs: Publie, dossier: dict) -> str:
    """Qui pilote un dossier, ou depuis combien de trimestres personne ne le fait ; rien à dire au grand public."""
    if "pilote" not in dossier:
        return "–"
    if not pd.isna(dossier["pilote"]):
        return escape(valeurs.libelle_du_suivi("pilote", dossier["pilote"]))
    depuis = ecrire(dossier["trimestres_sans_pilote"], "trimestres", decimales=0)
    return f'<strong class="obs-sans-pilote">sans pilote depuis {depuis}</strong>'
