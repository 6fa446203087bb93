"""La mixité : les indices de la ville, leurs changements décomposés, la diversité d'un quartier."""

from __future__ import annotations

from html import escape
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Absent, Fragment, absent, grille
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
_DECIMALES = {"theil_h": 4}


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
    voulus = [d for d in dict.fromkeys([zero, annee - 1]) if d in set(table["depart"])]
    departs = [d for d in voulus if table.loc[table["depart"].eq(d), "statut"].ne("na").any()]
    if not departs:
        return absent(titre, _dire_les_ruptures(annee, voulus) or "il n'y a pas d'année d'avant")
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
        "La variation est la somme des deux autres colonnes, aux arrondis près. Composition : ce qu'auraient changé, à "
        "elles seules, les parts des ménages dans la ville et la taille des quartiers. Structure : ce qui vient de "
        "leur répartition entre quartiers. Les quartiers connus aux deux dates sont comparés, les autres réunis. Une "
        "variation dont l'intervalle à 95 % contient zéro n'est pas établie."
    )
    rompus = _dire_les_ruptures(annee, [d for d in voulus if d not in departs])
    return composer(pd.DataFrame(rangs), titre, groupe="groupe", note=f"{note} {rompus}".strip())


def _dire_les_ruptures(annee: int, departs: list[int]) -> str:
    if not departs:
        return ""
    dits = " ni à ".join(ecrire_annee(d) for d in departs)
    return f"{ecrire_annee(annee)} n'est pas comparable à {dits} : rupture de série."


def entropie_quartier(valeurs: Publie, quartier: str) -> Fragment:
    """La diversité d'un quartier, en une phrase par répartition, et son évolution à côté de celle de la ville."""
    nom, ville = valeurs.nom("quartier", quartier), valeurs.edition["code"]
    groupes = [g for g in _groupes(valeurs) if _ligne(valeurs, Lieu("quartier", quartier, g, "entropie")) is not None]
    if not groupes:
        return absent(f"{nom}, diversité des ménages", nommer_statut("nd"))
    phrases = "".join(_dire_entropie(valeurs, quartier, groupe).html for groupe in groupes)
    figures = [
        _figurer(
            valeurs,
            Lieu("quartier", quartier, groupe, "entropie"),
            f"{_libelle(valeurs, 'entropie')}, {_nommer(valeurs, groupe)}, {nom}",
            nom,
            {"Ville": _serie(valeurs, Lieu("ville", ville, groupe, "entropie"))},
        )
        for groupe in groupes
    ]
    montrees = [f for f in figures if not isinstance(f, Absent)]
    return Fragment(phrases + (grille(*montrees).html if montrees else ""), f"{nom}, diversité des ménages")


def _dire_entropie(valeurs: Publie, quartier: str, groupe: str) -> Fragment:
    ligne = _ligne(valeurs, Lieu("quartier", quartier, groupe, "entropie"))
    ville = _ligne(valeurs, Lieu("ville", valeurs.edition["code"], groupe, "entropie")) or _VIDE
    sujet = f"{_nommer(valeurs, groupe)}, {_libelle(valeurs, 'entropie').lower()}"
    if statut_de(ligne) != "publie":
        return absent(sujet, nommer_statut(statut_de(ligne)))
    verdict = "écart non établi"
    if ligne["p_hasard"] < _RARE:
        verdict = "moins divers" if ligne["valeur"] < ligne["attendu_hasard"] else "plus divers"
    return paragraphe(
        f"{sujet} : {_nombre(ligne['valeur'])} ({_bornes(ligne)}), de zéro (tous semblables) à un (également "
        f"partagés) ; ville : {_nombre(ville['valeur'])}. Rempli au hasard, un quartier de cette taille aurait "
        f"{_nombre(ligne['attendu_hasard'])} : {verdict} (p = {_nombre(ligne['p_hasard'])})."
    )


def _rang(valeurs: Publie, groupe: str, indice: str, lignes: dict[str, dict | None]) -> dict[str, str]:
    rang = {"groupe": escape(_nommer(valeurs, groupe)), "Indice": _lier(valeurs, indice)}
    for niveau, ligne in lignes.items():
        ligne = ligne or _VIDE
        rang[f"Entre {NIVEAUX[niveau]}"] = _mesurer(ligne, "valeur", _unites(ligne, niveau))
        hasard = f"{_nombre(ligne['attendu_hasard'], indice)}<br><small>p = {_nombre(ligne['p_hasard'])}</small>"
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
    bornes = _bornes(ligne, signe)
    return "<br>".join(
        [_nombre(ligne[mesure], ligne["indice"], signe), *(f"<small>{d}</small>" for d in (bornes, detail) if d)]
    )


def _signer(ligne: dict, mesure: str) -> str:
    return ABSENT if ligne["statut"] != "publie" else _nombre(ligne[mesure], ligne["indice"], signe=True)


def _figurer(valeurs: Publie, lieu: Lieu, titre: str, nom: str, reperes: dict[str, list[dict]]) -> Fragment:
    """La figure d'une série et de son repère, et ses données ; une phrase quand rien n'est publié."""
    serie = _serie(valeurs, lieu)
    if donnees.vide(serie):
        return absent(titre, donnees.raison({ecrire_annee(r["annee"]): r for r in serie}))
    code = selection.groupe(valeurs, lieu.groupe)[:1] or [lieu.groupe]
    coupures = {r["annee"] for r in selection.ruptures(valeurs, code[0])}
    svg = dessiner(serie, reperes, coupures, titre, nom, _DECIMALES.get(lieu.indice, 3))
    entetes = ["Année", "Valeur", dire("Intervalle à 95 %"), *reperes, "p au hasard", "Ménages", "Réponse"]
    lignes = [
        [
            ecrire_annee(r["annee"]),
            _nombre(r["valeur"], lieu.indice) if statut_de(r) == "publie" else ecrire_statut(statut_de(r), html=True),
            _bornes(r),
            *(_nombre(repere[rang]["valeur"], lieu.indice) for repere in reperes.values()),
            _nombre(r["p_hasard"]),
            ecrire_entier(r.get("menages", nan)),
            ecrire(r["reponse"], "%", decimales=0) if pd.notna(r.get("reponse", nan)) else ABSENT,
        ]
        for rang, r in enumerate(serie)
    ]
    barres = dire("Barres : l'intervalle à 95 %")
    note = f"{barres} ; pointillé : {', '.join(reperes).lower()}."
    note += " Trait coupé : rupture de série." if coupures & {r["annee"] for r in serie[1:]} else ""
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


def _bornes(ligne: dict, signe: bool = False) -> str:
    if pd.isna(ligne["borne_basse"]):
        return ABSENT
    bas, haut = (_nombre(ligne[c], ligne["indice"], signe) for c in ("borne_basse", "borne_haute"))
    return f"{bas} à {haut}"


def _nombre(valeur: float, indice: str = "", signe: bool = False) -> str:
    """Un indice, une probabilité, sans unité ; un tiret s'il n'y en a pas."""
    return ABSENT if pd.isna(valeur) else ecrire(valeur, decimales=_DECIMALES.get(indice, 3), signe=signe)
