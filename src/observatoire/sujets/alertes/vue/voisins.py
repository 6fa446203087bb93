"""Les immeubles qui entourent une alerte : sur un plan, et en liste."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import donnees, plan, selection
from observatoire.presentation.affichage import Fragment, absent, defiler, plier, titrer
from observatoire.presentation.nombres import ecrire, ecrire_statut, nommer_statut
from observatoire.presentation.svg import envelopper
from observatoire.presentation.tableaux import cellule
from observatoire.sujets.alertes.vue.dossier import Alerte, trouver
from observatoire.sujets.alertes.vue.resume import reserver
from observatoire.sujets.alertes.vue.verdicts import COULEURS, MONTRES, est_signale, pastille
from observatoire.vocabulaire import ALERTE, ALERTE_CONFIRMEE, CONFORME, SIGNALES, VIGILANCE

if TYPE_CHECKING:
    from observatoire.publie import Publie

CACHE = "cache"
#: Rayon d'une marque, et sa forme : losange si le territoire est signalé, rond s'il est conforme, vide s'il est caché.
_RAYONS = {ALERTE_CONFIRMEE: 9, ALERTE: 8, VIGILANCE: 7, CONFORME: 4.5, CACHE: 3.5}
_LEGENDES = {nom: verdict.nom for nom, verdict in MONTRES.items()} | {CACHE: "sans verdict publié"}


def voisins(valeurs: Publie, alerte: str) -> Fragment:
    """Les immeubles du secteur de l'alerte (à défaut, de son quartier) pour le même indicateur."""
    trouvee = trouver(valeurs, alerte)
    niveau, code = _entourer(valeurs, trouvee)
    lieux = selection.immeubles(valeurs, code)
    ou = valeurs.noms.get((niveau, code), "sans nom")
    titre = f"{trouvee.declaration['libelle']}, immeubles : {ou}, {valeurs.annee}"
    if not lieux:
        return absent("Voisins", "aucun immeuble n'est connu dans ce territoire")
    lignes = valeurs.alertes(
        annee=valeurs.annee, niveau="immeuble", indicateur=trouvee.dossier["indicateur"], **{niveau: code}
    )
    par_code = {r["territoire"]: r for r in lignes}
    marques = [_marquer(lieu, par_code.get(lieu["code"]), trouvee.dossier["territoire"]) for lieu in lieux]
    dessin = _dessiner(valeurs, marques, (niveau, code), titre)
    liste = _lister(valeurs, trouvee, marques, par_code, titre)
    return reserver(valeurs, f"{dessin}{liste}", titre)


def _entourer(valeurs: Publie, alerte: Alerte) -> tuple[str, str]:
    """Le secteur d'un immeuble ou d'une alerte de secteur ; sinon le quartier."""
    dossier = alerte.dossier
    if dossier["niveau"] == "secteur":
        return "secteur", dossier["territoire"]
    if dossier["niveau"] == "immeuble":
        lieux = valeurs.territoires
        siens = lieux.loc[lieux["niveau"].eq("immeuble") & lieux["code"].eq(dossier["territoire"]), "parent"]
        if len(siens) and ("secteur", siens.iloc[0]) in valeurs.noms:
            return "secteur", siens.iloc[0]
    return "quartier", dossier["quartier"]


def _marquer(lieu: dict, ligne: dict | None, courant: str) -> dict:
    """Un immeuble : son nom, sa marque, et s'il est celui de l'alerte."""
    marque = ligne["verdict"] if ligne is not None and ligne["statut"] == "publie" else CACHE
    return {**lieu, "marque": marque, "courant": lieu["code"] == courant}


def _dessiner(valeurs: Publie, marques: list[dict], ou: tuple[str, str], titre: str) -> str:
    """Le plan : le contour, et une marque par immeuble situé ; rien si aucun ne l'est."""
    place = plan.placer(valeurs, marques, ou)
    if place is None:
        return ""
    corps = "".join(_tracer(marque) for marque in sorted(place.situes, key=lambda m: _RAYONS[m["marque"]]))
    svg = envelopper(place.cadre, place.fond + corps, titre, _decrire(place.situes))
    return f'<figure class="obs-figure obs-plan">{titrer(titre)}{svg}{_legender(place.situes)}</figure>'


def _tracer(marque: dict) -> str:
    """Une marque ; celle de l'alerte est cerclée."""
    rayon, x, y = _RAYONS[marque["marque"]], marque["x"], marque["y"]
    cercle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{rayon + 5}" fill="none" stroke="#1f2933" stroke-width="2"/>'
    texte = f"{marque['nom']} : {_LEGENDES[marque['marque']]}"
    dessin = f"<g><title>{escape(texte)}</title>{_forme(marque['marque'], x, y)}</g>"
    return (cercle if marque["courant"] else "") + dessin


def _forme(marque: str, x: float, y: float) -> str:
    rayon = _RAYONS[marque]
    if marque in SIGNALES:
        return plan.losange(x, y, rayon, COULEURS[marque])
    fond = "#ffffff" if marque == CACHE else "#6b9bb8"
    trait = "#525c66" if marque == CACHE else "#1f2933"
    tirets = ' stroke-dasharray="2 1.5"' if marque == CACHE else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{rayon}" fill="{fond}" stroke="{trait}"{tirets}/>'


def _decrire(marques: list[dict]) -> str:
    comptes = [(nom, [m for m in marques if m["marque"] == nom]) for nom in _LEGENDES]
    dits = [f"{_LEGENDES[nom]} : {ecrire(len(siens), decimales=0)}" for nom, siens in comptes if siens]
    return f"Plan des immeubles. {' ; '.join(dits)}."


def _legender(marques: list[dict]) -> str:
    presentes = [nom for nom in _LEGENDES if nom in {m["marque"] for m in marques}]
    cases = "".join(
        f'<li><svg viewBox="0 0 22 20" aria-hidden="true">{_forme(nom, 11, 10)}</svg>{escape(_LEGENDES[nom])}</li>'
        for nom in presentes
    )
    return f'<ul class="obs-legende obs-legende-plan" aria-label="Légende">{cases}</ul>'


def _lister(valeurs: Publie, alerte: Alerte, marques: list[dict], par_code: dict, titre: str) -> str:
    """Les immeubles signalés, puis les autres dans un pli : verdict, valeur, excès."""
    indicateur, declaration = alerte.dossier["indicateur"], alerte.declaration
    lignes = selection.lignes_des_immeubles(valeurs, indicateur, marques)
    rangs = [
        (
            marque,
            [
                f"<strong>{escape(marque['nom'])}</strong>" if marque["courant"] else escape(marque["nom"]),
                pastille(par_code[marque["code"]]) if marque["code"] in par_code else ecrire_statut("nd", html=True),
                cellule(ligne, declaration),
                _exces(par_code.get(marque["code"])),
            ],
        )
        for marque, ligne in zip(marques, lignes, strict=True)
    ]
    entetes = ["Immeuble", "Verdict", escape(declaration["libelle"]), "Excès"]
    devant = [rang for m, rang in rangs if m["courant"] or m["marque"] in SIGNALES]
    derriere = [rang for m, rang in rangs if not (m["courant"] or m["marque"] in SIGNALES)]
    html = defiler(donnees.tableau_simple(entetes, devant, titre), titre) if devant else ""
    if derriere:
        resume = f"{ecrire(len(derriere), 'immeubles', decimales=0)} sans signalement, ou {nommer_statut('c')}"
        suite = f"{titre} : les autres"
        html += plier(resume, defiler(donnees.tableau_simple(entetes, derriere, suite), suite))
    return html + donnees.noter_statuts(html)


def _exces(ligne: dict | None) -> str:
    if ligne is None or not est_signale(ligne):
        return "–"
    return ecrire(ligne["exces"], decimales=0, signe=True, statut="publie" if pd.notna(ligne["exces"]) else "c")
