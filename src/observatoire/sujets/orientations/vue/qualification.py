"""La classe des résidences et des quartiers, leur place parmi les autres, et ce que d'autres poids y changeraient."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.presentation import donnees
from observatoire.presentation.affichage import Fragment, absent, defiler, plier, silence
from observatoire.presentation.liens import lier_fiche, lier_lieu
from observatoire.presentation.nombres import ecrire, ecrire_entier, ecrire_part, ecrire_statut
from observatoire.presentation.objectifs import denombrer
from observatoire.presentation.reperes import tout
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import est_hors
from observatoire.sujets.orientations.tables import PROBABILITES
from observatoire.vocabulaire import (
    AXES,
    CLASSES,
    FRAGILITE,
    IMMEUBLE,
    INDETERMINEE,
    NIVEAUX,
    PUBLIE,
    QUARTIER,
    SECRET,
    VARIANTES,
)

if TYPE_CHECKING:
    from observatoire.publie import Publie

RESERVE = (
    "La classe de chaque résidence n'apparaît que dans l'édition réservée aux partenaires ; tous lisent combien de "
    "logements sont dans chaque classe."
)
_SANS = "aucun barème de qualification n'est en vigueur, ou rien n'en est publié"
#: Largeur et hauteur d'un intervalle de rang, en pixels.
_LARGE, _HAUT = 120, 12


def ecrire_la_classe(classe: str) -> str:
    """La classe, son signe et son libellé."""
    mot = CLASSES[classe]
    aspect = f"obs-verdict obs-classe-{classe.replace('_', '-')}"
    return f'<span class="{aspect}"><span aria-hidden="true">{mot.signe}</span> {mot.libelle}</span>'


def lire_les_qualifies(valeurs: Publie, niveau: str, **cles: str) -> list[dict]:
    """Les lieux d'un niveau, l'année de la page, du plus fragile au moins fragile ; ceux sans score à la fin."""
    lignes = valeurs.lignes_de("qualifications", annee=valeurs.annee, niveau=niveau, **cles)
    return sorted(lignes, key=lambda r: (pd.isna(r[FRAGILITE]), -(r[FRAGILITE] or 0), r["territoire"]))


def resume_de_la_qualification(valeurs: Publie) -> Fragment:
    """Combien de résidences et de quartiers sont dans chaque classe, et de combien on ne peut rien dire."""
    if valeurs.edition["public"] == PUBLIQUE:
        return paragraphe(RESERVE)
    phrases = []
    for niveau in (IMMEUBLE, QUARTIER):
        classes = pd.Series([r["classe"] for r in lire_les_qualifies(valeurs, niveau)], dtype=object).value_counts()
        comptes = [denombrer(classes[c], mot.libelle, mot.pluriel) for c, mot in CLASSES.items() if c in classes]
        if comptes:
            nom = "résidences" if niveau == IMMEUBLE else NIVEAUX[niveau].pluriel
            phrases.append(f"{ecrire_entier(classes.sum())} {nom} : {', '.join(comptes)}.")
    if not phrases:
        return absent("Qualification", _SANS)
    sens = CLASSES[INDETERMINEE]
    return paragraphe(" ".join([*phrases, f"{sens.nom} : {sens.sens}."]))


def tableau_des_quartiers_qualifies(valeurs: Publie, depuis: str = "edition") -> Fragment:
    """Un quartier par ligne, du plus fragile au moins fragile."""
    if valeurs.edition["public"] == PUBLIQUE:
        return silence(RESERVE)
    titre = f"La qualification des quartiers, {valeurs.annee}"
    lignes = lire_les_qualifies(valeurs, QUARTIER)
    if not lignes:
        return absent(titre, _SANS)
    corps = [[lier_lieu(valeurs, QUARTIER, r["territoire"], depuis), *_cases(r)] for r in lignes]
    return _tabuler(valeurs, ["Quartier", *_ENTETES], corps, titre)


def tableau_des_residences(valeurs: Publie, quartier: str | None = None, depuis: str = "edition") -> Fragment:
    """Une résidence par ligne, de la plus fragile à la moins fragile ; celles sans classe sont repliées dessous, et
    celles dont on ne sait rien, comptées.

    ``quartier`` : les siennes seulement.
    """
    if valeurs.edition["public"] == PUBLIQUE:
        return silence(RESERVE)
    ou = {} if quartier is None else {"quartier": quartier}
    lignes = lire_les_qualifies(valeurs, IMMEUBLE, **ou)
    titre = f"La qualification des résidences, {valeurs.annee}"
    if not lignes:
        return absent(titre, _SANS)
    entetes = ["Résidence", *_ENTETES]
    avec = [r for r in lignes if r["classe"] != INDETERMINEE]
    sans = [r for r in lignes if r["classe"] == INDETERMINEE and r["statut"] == PUBLIE]
    html = ""
    if avec:
        html += _tabuler(valeurs, entetes, [[_nommer(valeurs, r, depuis), *_cases(r)] for r in avec], titre).html
    if sans:
        combien = f"{ecrire_entier(len(sans))} sans classe : trop peu de ménages pour le dire"
        rangs = [[_nommer(valeurs, r, depuis), *_cases(r)] for r in sans]
        html += plier(combien, _tabuler(valeurs, entetes, rangs, f"{titre} : indéterminées").html)
    if tues := len(lignes) - len(avec) - len(sans):
        phrase = (
            f"{ecrire_entier(tues)} autres résidences ont trop peu de ménages, ou de réponses, pour avoir un score."
        )
        html += f'<p class="obs-table-note">{phrase}</p>'
    return Fragment(f'{html}<p class="obs-table-note">{escape(_NOTE.format(a=tout(valeurs).a))}</p>', titre)


def _nommer(valeurs: Publie, r: dict, depuis: str) -> str:
    nom = valeurs.noms.get((IMMEUBLE, r["territoire"]), "sans nom")
    quartier = r["quartier"]
    situe = isinstance(quartier, str) and not est_hors(quartier)
    lieu = f", {lier_lieu(valeurs, QUARTIER, quartier, depuis)}" if situe else ""
    bailleur = valeurs.noms.get(("bailleur", r["bailleur"]), r["bailleur"])
    return f"{escape(str(nom))}<br><small>{escape(str(bailleur))}{lieu}</small>"


_ENTETES = ["Logements", "Classe", "Fragilité : rang, puis score", "Capacité d'accueil : rang, puis score"]
_NOTE = (
    "Sous la classe, sa probabilité et l'année depuis laquelle le lieu l'a : celle de l'an passé est gardée tant qu'il "
    "n'est pas sûr qu'elle ait changé, fût-elle devenue moins probable. Un score est un écart {a}, en points ; "
    "son intervalle, comme celui du rang, est à 95 %."
)


def _cases(r: dict) -> list[str]:
    logements = ecrire_entier(r["logements"])
    if r["statut"] != PUBLIE:
        return [logements, ecrire_la_classe(r["classe"]), *[ecrire_statut(r["statut"], html=True)] * 2]
    dite = r["classe"] if r["classe"] != INDETERMINEE else max(PROBABILITES, key=lambda c: r[PROBABILITES[c]])
    sure = ecrire_part(r[PROBABILITES[dite]])
    sure += f" {CLASSES[dite].libelle}" if dite != r["classe"] else f", depuis {int(r['depuis'])}"
    classe = f"{ecrire_la_classe(r['classe'])}<br><small>{escape(sure)}</small>"
    return [logements, classe, *(_situer(r, axe) for axe in AXES)]


def _situer(r: dict, axe: str) -> str:
    score, bas, haut = (ecrire(r[f"{axe}{suite}"], decimales=1, signe=True) for suite in ("", "_bas", "_haut"))
    return f"{dessiner_le_rang(r, axe)}<br><small>{score} ({bas} à {haut})</small>"


def dessiner_le_rang(r: dict, axe: str) -> str:
    """L'intervalle de rang d'un lieu, sur la longueur de tous ceux de son niveau, et ses bornes écrites."""
    bas, haut, rang = (r[f"{axe}_rang{suite}"] for suite in ("_bas", "_haut", ""))
    sur = max(r["classes_de"] - 1, 1)
    x = [round(3 + (v - 1) / sur * (_LARGE - 6), 1) for v in (bas, haut, rang)]
    milieu = _HAUT / 2
    dit = f"du {_ordonner(bas)} au {_ordonner(haut)} rang sur {ecrire_entier(r['classes_de'])}"
    return (
        f'<svg class="obs-rang" width="{_LARGE}" height="{_HAUT}" viewBox="0 0 {_LARGE} {_HAUT}" role="img" '
        f'aria-label="{dit}"><path d="M3 {milieu:.0f}H{_LARGE - 3}" stroke="#dfe4e8" stroke-width="2"/>'
        f'<path d="M{x[0]} {milieu:.0f}H{x[1]}" stroke="#0072B2" stroke-width="5"/>'
        f'<circle cx="{x[2]}" cy="{milieu:.0f}" r="4" fill="#1f2933"/></svg>'
        f"<br><small>{dit.rpartition(' rang')[0]}</small>"
    )


def _ordonner(rang: float) -> str:
    return "1er" if rang == 1 else f"{ecrire_entier(rang)}e"


def _tabuler(valeurs: Publie, entetes: list[str], corps: list[list[str]], titre: str) -> Fragment:
    # La marque suit le tableau où qu'il soit copié : le site public refuse tout fichier qui la porte.
    table = defiler(donnees.tableau_simple(entetes, corps, titre), titre)
    html = f'<div class="obs-immeubles" data-observatoire-public="{escape(valeurs.edition["public"])}">{table}</div>'
    return Fragment(html + donnees.noter_statuts(html), titre)


def parc_par_classe(valeurs: Publie, depuis: str = "edition") -> Fragment:
    """Les logements de chaque classe dans chaque quartier : ce que tous peuvent en lire."""
    titre = f"Les logements de chaque classe, {valeurs.annee}"
    lignes = [r for r in valeurs.lignes_de("qualifications_parc") if r["annee"] == valeurs.annee]
    cases = {(r["territoire"], r["classe"]): r for r in lignes}
    quartiers = [q for q in dict.fromkeys(r["territoire"] for r in lignes) if (QUARTIER, q) in valeurs.noms]
    if not quartiers:
        return absent(titre, _SANS)
    lues = {c: mot for c, mot in CLASSES.items() if any(cases[q, c]["statut"] == PUBLIE for q in quartiers)}
    rangees = [
        {"Quartier": lier_lieu(valeurs, QUARTIER, q, depuis)}
        | {mot.nom: _ecrire_le_parc(cases[q, c]) for c, mot in lues.items()}
        for q in sorted(quartiers, key=lambda q: valeurs.noms[QUARTIER, q])
    ]
    note = (
        "Une case réunit au moins trois résidences et onze logements ; sinon elle est cachée, qu'elle soit petite ou "
        "vide. Une case cachée n'est jamais seule dans son quartier : le total, connu de tous, la dirait. "
        f"{CLASSES[INDETERMINEE].nom} : {CLASSES[INDETERMINEE].sens}."
    )
    if muettes := [mot.libelle for c, mot in CLASSES.items() if c not in lues]:
        note += f" Aucune case ne se lit pour : {', '.join(muettes)}."
    return composer(pd.DataFrame(rangees), titre, note=note)


def _ecrire_le_parc(r: dict) -> str:
    return ecrire_statut(SECRET, html=True) if r["statut"] == SECRET else ecrire_entier(r["logements"])


def tableau_de_sensibilite(valeurs: Publie, depuis: str = "edition") -> Fragment:
    """Combien de résidences changeraient de classe avec d'autres poids ; les quartiers, entre parenthèses."""
    if valeurs.edition["public"] == PUBLIQUE:
        return paragraphe("Ce que d'autres poids changeraient se lit dans l'édition des partenaires.")
    titre = f"Ce que d'autres poids changeraient, {valeurs.annee}"
    lignes = valeurs.lignes_de("qualifications_sensibilite")
    par_cle = {(r["niveau"], r["variante"], r["indicateur"]): r for r in lignes}
    variantes = list(dict.fromkeys((r["variante"], r["indicateur"]) for r in lignes if r["niveau"] == IMMEUBLE))
    if not variantes:
        return absent(titre, _SANS)
    rangees = []
    for variante, code in variantes:
        siennes = [par_cle[niveau, variante, code] for niveau in (IMMEUBLE, QUARTIER)]
        quoi = f"{lier_fiche(valeurs, code, depuis)} : " if isinstance(code, str) and code else "Tous : "
        rangees.append({"Poids": quoi + VARIANTES[variante].libelle} | _compter(siennes))
    note = (
        "Résidences, et quartiers entre parenthèses, qui ont une classe avec les poids adoptés, sur la seule année. "
        "Perdre sa classe, c'est devenir indéterminé : on ne sait plus, on ne dit pas le contraire."
    )
    return composer(pd.DataFrame(rangees), titre, note=note)


def _compter(lignes: list[dict]) -> dict[str, str]:
    colonnes = {
        "Ont une classe": "lieux", "La gardent": "gardees", "N'en ont plus": "perdues", "En ont une autre": "changees",
        "En gagnent une": "gagnees",
    }  # fmt: skip
    return {nom: f"{ecrire_entier(lignes[0][c])} ({ecrire_entier(lignes[1][c])})" for nom, c in colonnes.items()}
