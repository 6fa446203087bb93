"""La mixité : les indices de la ville, leurs changements décomposés, la diversité d'un quartier."""

from __future__ import annotations

from html import escape
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.liens import lier, vers_fiche
from observatoire.presentation.mixite_figures import dessiner
from observatoire.presentation.nombres import (
    ABSENT,
    ecrire,
    ecrire_annee,
    ecrire_entier,
    ecrire_statut,
    nommer_statut,
    statut_de,
)
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import en_lignes
from observatoire.registre.impressions import dire

if TYPE_CHECKING:
    from observatoire.publie import Publie

GROUPES = ("moins_40_plafond", "monoparentales", "plafond", "composition")
INDICES = ("dissimilarite", "dissimilarite_corrigee", "isolement", "theil_h")
NIVEAUX = {"quartier": "quartiers", "secteur": "secteurs"}
_VIDE = {"valeur": nan, "borne_basse": nan, "borne_haute": nan, "attendu_hasard": nan, "p_hasard": nan, "statut": "nd"}
_RARE = 0.05


class Lieu(NamedTuple):
    """Ce qu'une ligne décrit : le niveau des unités, le territoire, le groupe réparti, l'indice."""

    niveau: str
    territoire: str
    groupe: str
    indice: str


def tableau_mixite(valeurs: Publie) -> Fragment:
    """Les indices de la ville, l'année de la page : valeur, intervalle, et ce que donnerait le hasard."""
    rangs = []
    for groupe in _groupes(valeurs):
        for indice in INDICES:
            lignes = {n: _ligne(valeurs, Lieu(n, valeurs.edition["code"], groupe, indice)) for n in _niveaux(valeurs)}
            if any(ligne is not None for ligne in lignes.values()):
                rangs.append(_rang(valeurs, groupe, indice, lignes))
    titre = f"Mixité, {valeurs.edition['nom']}, {ecrire_annee(valeurs.annee)}"
    if not rangs:
        return absent(titre, "aucune comparaison de quartiers n'est calculée")
    note = dire(
        "Sous chaque indice : son intervalle à 95 % et les unités comparées. Celles dont un compte est secret sont "
        "réunies en une seule. « Au hasard » : ce que vaudrait l'indice si les ménages étaient répartis au hasard, et "
        "la probabilité p que le hasard donne au moins l'indice observé."
    )
    return composer(pd.DataFrame(rangs), titre, groupe="groupe", note=note)


def evolution_mixite(valeurs: Publie, groupe: str, indice: str, niveau: str = "quartier") -> Fragment:
    """Un indice de la ville, d'année en année, à côté de ce que donnerait le hasard."""
    lieu = Lieu(niveau, valeurs.edition["code"], groupe, indice)
    titre = f"{_libelle(valeurs, indice)}, {_nommer(valeurs, groupe)}, entre {NIVEAUX[niveau]}"
    series = {"au hasard": [r | {"valeur": r["attendu_hasard"]} for r in _serie(valeurs, lieu)]}
    return _figurer(valeurs, lieu, titre, valeurs.edition["nom"], series)


def changements_mixite(valeurs: Publie, niveau: str = "quartier") -> Fragment:
    """Ce qui change depuis l'état zéro et l'année d'avant : la part de la structure, celle de la composition."""
    annee, zero = valeurs.annee, valeurs.edition["annee_zero"]
    titre = f"Ce qui a changé entre {NIVEAUX[niveau]}, jusqu'en {ecrire_annee(annee)}"
    table = valeurs.mixite_evolution
    table = table[table["annee"].eq(annee) & table["niveau"].eq(niveau) & table["groupe"].isin(_groupes(valeurs))]
    departs = [d for d in dict.fromkeys([zero, annee - 1]) if d in set(table["depart"])]
    if not departs:
        return absent(titre, f"{ecrire_annee(annee)} n'a pas d'année d'avant à quoi se comparer")
    par_cle = {(r["depart"], r["groupe"], r["indice"]): r for r in en_lignes(table)}
    rangs = [
        {
            "groupe": escape(_nommer(valeurs, groupe)),
            "Indice": f"{_lier(valeurs, indice)}, depuis {ecrire_annee(depart)}",
            "Variation": _mesurer(par_cle[depart, groupe, indice], "variation", signe=True),
            "Structure": _signer(par_cle[depart, groupe, indice], "structure"),
            "Composition": _signer(par_cle[depart, groupe, indice], "composition"),
        }
        for groupe in _groupes(valeurs)
        for indice in INDICES
        for depart in departs
        if (depart, groupe, indice) in par_cle
    ]
    note = dire(
        "La variation est la somme des deux autres colonnes. Composition : ce qu'auraient changé, à elles seules, les "
        "parts des ménages dans la ville et la taille des quartiers. Structure : ce qui vient de leur répartition "
        "entre quartiers. Les quartiers connus aux deux dates sont comparés, les autres réunis. Une variation dont "
        "l'intervalle à 95 % contient zéro n'est pas établie."
    )
    return composer(pd.DataFrame(rangs), titre, groupe="groupe", note=note)


def entropie_quartier(valeurs: Publie, quartier: str) -> Fragment:
    """La diversité d'un quartier, en une phrase par répartition, et son évolution à côté de celle de la ville."""
    nom, ville = valeurs.nom("quartier", quartier), valeurs.edition["code"]
    groupes = [g for g in _groupes(valeurs) if _ligne(valeurs, Lieu("quartier", quartier, g, "entropie")) is not None]
    if not groupes:
        return absent(f"{nom}, diversité des ménages", nommer_statut("nd"))
    phrases = "".join(_dire_entropie(valeurs, quartier, groupe).html for groupe in groupes)
    figures = ""
    for groupe in groupes:
        lieu = Lieu("quartier", quartier, groupe, "entropie")
        serie = {"Ville": _serie(valeurs, Lieu("ville", ville, groupe, "entropie"))}
        titre = f"{_libelle(valeurs, 'entropie')}, {_nommer(valeurs, groupe)}, {nom}"
        figures += f'<div class="obs-case">{_figurer(valeurs, lieu, titre, nom, serie).html}</div>'
    return Fragment(f'{phrases}<div class="obs-grille">{figures}</div>', f"{nom}, diversité des ménages")


def _dire_entropie(valeurs: Publie, quartier: str, groupe: str) -> Fragment:
    ligne = _ligne(valeurs, Lieu("quartier", quartier, groupe, "entropie"))
    ville = _ligne(valeurs, Lieu("ville", valeurs.edition["code"], groupe, "entropie")) or _VIDE
    sujet = f"{_nommer(valeurs, groupe)}, {_libelle(valeurs, 'entropie').lower()}"
    if statut_de(ligne) != "publie":
        return absent(sujet, nommer_statut(statut_de(ligne)))
    moins = ligne["valeur"] < ligne["attendu_hasard"]
    verdict = (
        "ce que le hasard suffit à expliquer"
        if not ligne["p_hasard"] < _RARE
        else f"{'moins' if moins else 'plus'} que ce que donnerait le hasard dans un quartier de cette taille"
    )
    return paragraphe(
        f"{sujet} : {_nombre(ligne['valeur'])} ({_bornes(ligne)}) sur une échelle de zéro (tous semblables) à un "
        f"(également partagés), {_nombre(ville['valeur'])} pour la ville ; {verdict} "
        f"({_nombre(ligne['attendu_hasard'])} attendu, p = {_nombre(ligne['p_hasard'])})."
    )


def _rang(valeurs: Publie, groupe: str, indice: str, lignes: dict[str, dict | None]) -> dict[str, str]:
    rang = {"groupe": escape(_nommer(valeurs, groupe)), "Indice": _lier(valeurs, indice)}
    for niveau, ligne in lignes.items():
        ligne = ligne or _VIDE
        rang[f"Entre {NIVEAUX[niveau]}"] = _mesurer(ligne, "valeur", _unites(ligne, niveau))
        hasard = f"{_nombre(ligne['attendu_hasard'])}<br><small>p = {_nombre(ligne['p_hasard'])}</small>"
        rang[f"Au hasard, entre {NIVEAUX[niveau]}"] = hasard if statut_de(ligne) == "publie" else ABSENT
    return rang


def _unites(ligne: dict, niveau: str) -> str:
    if statut_de(ligne) != "publie":
        return ""
    reunis = f", {ecrire(ligne['part_reste'], '%')} des ménages réunis" if ligne["part_reste"] > 0 else ""
    return f"{ecrire_entier(ligne['unites'])} {NIVEAUX[niveau]}{reunis}"


def _mesurer(ligne: dict, mesure: str, detail: str = "", signe: bool = False) -> str:
    """Une mesure dans une case, son intervalle et un détail dessous ; ou le statut."""
    if ligne["statut"] != "publie":
        return ecrire_statut(ligne["statut"], html=True)
    bornes = f"{_nombre(ligne['borne_basse'], signe)} à {_nombre(ligne['borne_haute'], signe)}"
    return "<br>".join([_nombre(ligne[mesure], signe), *(f"<small>{d}</small>" for d in (bornes, detail) if d)])


def _signer(ligne: dict, mesure: str) -> str:
    return ABSENT if ligne["statut"] != "publie" else _nombre(ligne[mesure], signe=True)


def _figurer(valeurs: Publie, lieu: Lieu, titre: str, nom: str, reperes: dict[str, list[dict]]) -> Fragment:
    """La figure d'une série et de son repère, et ses données ; une phrase quand rien n'est publié."""
    serie = _serie(valeurs, lieu)
    if donnees.vide(serie):
        return absent(titre, donnees.raison({ecrire_annee(r["annee"]): r for r in serie}))
    code = selection.groupe(valeurs, lieu.groupe)[:1] or [lieu.groupe]
    coupures = {r["annee"] for r in selection.ruptures(valeurs, code[0])}
    svg = dessiner(serie, reperes, coupures, titre, nom)
    entetes = ["Année", "Valeur", dire("Intervalle à 95 %"), *reperes, "p au hasard", "Ménages", "Réponse"]
    lignes = [
        [
            ecrire_annee(r["annee"]),
            _nombre(r["valeur"]) if statut_de(r) == "publie" else ecrire_statut(statut_de(r), html=True),
            _bornes(r),
            *(_nombre(repere[rang]["valeur"]) for repere in reperes.values()),
            _nombre(r["p_hasard"]),
            ecrire_entier(r.get("menages", nan)),
            ecrire(r["reponse"], "%", decimales=0) if pd.notna(r.get("reponse", nan)) else ABSENT,
        ]
        for rang, r in enumerate(serie)
    ]
    note = "Barres : l'intervalle ; pointillé : ce que donnerait le hasard, ou la ville. Voir la fiche de l'indice."
    return donnees.figure(svg, titre, donnees.tableau_simple(entetes, lignes, titre), escape(note))


def _groupes(valeurs: Publie) -> list[str]:
    """Les groupes que le catalogue connaît."""
    return [g for g in GROUPES if g in valeurs.catalogue or selection.groupe(valeurs, g)]


def _niveaux(valeurs: Publie) -> list[str]:
    vus = set(valeurs.mixite["niveau"])
    return [n for n in NIVEAUX if n in vus]


def _serie(valeurs: Publie, lieu: Lieu) -> list[dict]:
    """Une ligne par année de l'édition ; ``nd`` si rien n'y est calculé."""
    return [(_ligne(valeurs, lieu, a) or _VIDE) | {"annee": a} for a in valeurs.edition["annees"]]


def _ligne(valeurs: Publie, lieu: Lieu, annee: int | None = None) -> dict | None:
    """La ligne d'une année (celle de la page par défaut), ou ``None``."""
    table = valeurs.mixite
    garde = table["annee"].eq(valeurs.annee if annee is None else annee)
    for colonne, code in lieu._asdict().items():
        garde &= table[colonne].eq(code)
    trouvees = en_lignes(table[garde])
    return trouvees[0] if trouvees else None


def _nommer(valeurs: Publie, groupe: str) -> str:
    """Le nom d'un groupe : celui de son indicateur, ou de sa répartition."""
    if groupe in valeurs.catalogue:
        return valeurs.catalogue[groupe]["libelle"]
    return valeurs.catalogue[selection.groupe(valeurs, groupe)[0]]["libelle"].split(" : ")[0]


def _libelle(valeurs: Publie, indice: str) -> str:
    return valeurs.fiches_mixite[indice]["libelle"]


def _lier(valeurs: Publie, indice: str) -> str:
    return lier(_libelle(valeurs, indice), vers_fiche(f"mixite_{indice}"))


def _bornes(ligne: dict) -> str:
    if pd.isna(ligne["borne_basse"]):
        return ABSENT
    return f"{_nombre(ligne['borne_basse'])} à {_nombre(ligne['borne_haute'])}"


def _nombre(valeur: float, signe: bool = False) -> str:
    """Un indice, une probabilité : trois décimales, sans unité ; un tiret s'il n'y en a pas."""
    return ABSENT if pd.isna(valeur) else ecrire(valeur, decimales=3, signe=signe)
