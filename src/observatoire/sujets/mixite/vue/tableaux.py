"""La mixité de la ville : ses indices, face au hasard, et leurs changements décomposés."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import reperes, selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.nombres import (
    ABSENT,
    ecrire,
    ecrire_entier,
    ecrire_statut,
    nommer_statut,
    statut_de,
)
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import en_lignes
from observatoire.sujets.mixite.vue.figures import figurer
from observatoire.sujets.mixite.vue.lignes import (
    INDICES,
    PLURIELS,
    RARE,
    VIDE,
    Lieu,
    ecrire_bornes,
    ecrire_indice,
    libeller,
    lier_indice,
    lire_ligne,
    lire_serie,
    lister_groupes,
    lister_niveaux,
    nommer_groupe,
)

if TYPE_CHECKING:
    from observatoire.publie import Publie


def tableau_mixite(valeurs: Publie, territoire: str | None = None, depuis: str = "annee") -> Fragment:
    """Les indices de la ville ou d'une commune, l'année de la page : valeur, intervalle, ce que le hasard donnerait."""
    rangs, code = [], selection.reperer(valeurs, territoire)[1]
    niveaux = lister_niveaux(valeurs, code)
    for groupe in lister_groupes(valeurs):
        for indice in INDICES:
            lignes = {n: lire_ligne(valeurs, Lieu(n, code, groupe, indice)) for n in niveaux}
            if any(ligne is not None for ligne in lignes.values()):
                rangs.append(_rang(valeurs, (groupe, indice), lignes, niveaux, depuis))
    titre = f"Mixité, {selection.nommer(valeurs, territoire)}, {valeurs.annee}"
    if not rangs:
        return absent(titre, "aucune comparaison de quartiers n'est calculée")
    note = (
        "Sous chaque indice : son intervalle à 95 % et les unités comparées. Celles dont un compte est secret sont "
        "réunies en une seule. « Au hasard » : ce que vaudrait l'indice si les ménages étaient répartis au hasard, et "
        "la probabilité p que le hasard donne au moins l'indice observé."
    )
    return composer(pd.DataFrame(rangs), titre, groupe="groupe", note=note)


def presenter_mixite(valeurs: Publie, territoire: str | None = None, niveau: str = "quartier") -> Fragment:
    """En une phrase : quels groupes sont répartis entre quartiers autrement que par le hasard."""
    phrases, code = [], selection.reperer(valeurs, territoire)[1]
    for groupe in [g for g in lister_groupes(valeurs) if g in valeurs.catalogue]:
        ligne = lire_ligne(valeurs, Lieu(niveau, code, groupe, "dissimilarite")) or VIDE
        if statut_de(ligne) != "publie":
            phrases.append(f"{nommer_groupe(valeurs, groupe)} : {nommer_statut(statut_de(ligne))}.")
            continue
        verdict = "répartis plus inégalement" if ligne["p_hasard"] < RARE else "rien n'établit qu'ils le soient plus"
        phrases.append(
            f"{nommer_groupe(valeurs, groupe)} : {verdict} que par le hasard (p = {ecrire_indice(ligne['p_hasard'])})."
        )
    lieux = PLURIELS[niveau]
    return paragraphe(f"Entre {lieux}. {' '.join(phrases)}") if phrases else silence("Mixité")


def evolution_mixite(
    valeurs: Publie, groupe: str, indice: str, territoire: str | None = None, niveau: str = "quartier"
) -> Fragment:
    """Un indice de la ville (ou d'une commune), d'année en année, à côté de ce que donnerait le hasard."""
    lieu = Lieu(niveau, selection.reperer(valeurs, territoire)[1], groupe, indice)
    titre = f"{libeller(valeurs, indice)}, {nommer_groupe(valeurs, groupe)}, entre {PLURIELS[niveau]}"
    series = {"au hasard": [r | {"valeur": r["attendu_hasard"]} for r in lire_serie(valeurs, lieu)]}
    return figurer(valeurs, lieu, titre, selection.nommer(valeurs, territoire), series)


def changements_mixite(valeurs: Publie, territoire: str | None = None, niveau: str = "quartier") -> Fragment:
    """Ce qui change depuis l'état zéro et l'année d'avant : la part de la structure, celle de la composition."""
    annee, zero = valeurs.annee, valeurs.edition["annee_zero"]
    titre = f"Ce qui a changé entre {PLURIELS[niveau]}, jusqu'en {annee}"
    table = valeurs.mixite_evolution
    table = table[table["territoire"].eq(selection.reperer(valeurs, territoire)[1])]
    table = table[table["annee"].eq(annee) & table["niveau"].eq(niveau) & table["groupe"].isin(lister_groupes(valeurs))]
    voulus = [d for d in dict.fromkeys([zero, annee - 1]) if d in set(table["depart"])]
    departs = [d for d in voulus if table.loc[table["depart"].eq(d), "statut"].ne("na").any()]
    if not departs:
        return absent(titre, _dire_les_ruptures(annee, voulus).rstrip(".") or "il n'y a pas d'année d'avant")
    par_cle = {(r["depart"], r["groupe"], r["indice"]): r for r in en_lignes(table)}
    rangs = [
        {
            "groupe": escape(nommer_groupe(valeurs, groupe)),
            "Indice": f"{lier_indice(valeurs, indice)}, {_depuis(par_cle[depart, groupe, indice])}",
            "Variation": _mesurer(par_cle[depart, groupe, indice], "variation", signe=True),
            "Structure": _signer(par_cle[depart, groupe, indice], "structure"),
            "Composition": _signer(par_cle[depart, groupe, indice], "composition"),
        }
        for groupe in lister_groupes(valeurs)
        for indice in INDICES
        for depart in departs
        if (depart, groupe, indice) in par_cle
    ]
    note = (
        "La variation est la somme des deux autres colonnes, aux arrondis près. Composition : ce qu'auraient changé, à "
        f"elles seules, les parts des ménages {reperes.englober(valeurs, territoire).dans} et la taille des quartiers. "
        "Structure : ce qui vient de leur répartition entre quartiers. Les quartiers connus aux deux dates sont "
        "comparés, les autres réunis. Une variation dont l'intervalle à 95 % contient zéro n'est pas établie."
    )
    rompus = _dire_les_ruptures(annee, [d for d in voulus if d not in departs])
    notes = (note, _dire_les_absents(valeurs, table[table["depart"].isin(departs)]), rompus)
    return composer(pd.DataFrame(rangs), titre, groupe="groupe", note=" ".join(n for n in notes if n))


def _depuis(ligne: dict) -> str:
    return f"depuis {ligne['depart']}{'' if pd.isna(ligne['absents']) else ', à périmètre constant'}"


def _dire_les_absents(valeurs: Publie, table: pd.DataFrame) -> str:
    """Les bailleurs laissés de côté, depuis chaque année."""
    absents = table.dropna(subset="absents").groupby("depart")["absents"].agg(lambda t: " ".join(t).split())
    dits = (
        f"depuis {depart}, sans {' ni '.join(valeurs.nom('bailleur', code) for code in sorted(set(codes)))}"
        for depart, codes in absents.items()
    )
    return f"À périmètre constant : {' ; '.join(dits)}." if len(absents) else ""


def _dire_les_ruptures(annee: int, departs: list[int]) -> str:
    if not departs:
        return ""
    dits = " ni à ".join(str(d) for d in departs)
    return f"{annee} n'est pas comparable à {dits} : rupture de définition."


def _rang(
    valeurs: Publie, quoi: tuple[str, str], lignes: dict[str, dict | None], niveaux: dict[str, str], depuis: str
) -> dict[str, str]:
    groupe, indice = quoi
    rang = {
        "groupe": escape(nommer_groupe(valeurs, groupe)),
        "Indice": lier_indice(valeurs, indice, depuis),
    }
    for niveau, ligne in lignes.items():
        ligne = ligne or VIDE
        rang[f"Entre {niveaux[niveau]}"] = _mesurer(ligne, "valeur", _unites(ligne, niveaux[niveau]))
        hasard = (
            f"{ecrire_indice(ligne['attendu_hasard'], indice)}<br><small>p = {ecrire_indice(ligne['p_hasard'])}</small>"
        )
        rang[f"Au hasard, entre {niveaux[niveau]}"] = hasard if statut_de(ligne) == "publie" else ABSENT
    return rang


def _unites(ligne: dict, nom: str) -> str:
    if statut_de(ligne) != "publie":
        return ""
    reunis = f", {ecrire(ligne['part_reste'], '%')} des ménages réunis" if ligne["part_reste"] > 0 else ""
    return f"{ecrire_entier(ligne['unites'])} {nom}{reunis}"


def _mesurer(ligne: dict, mesure: str, detail: str = "", signe: bool = False) -> str:
    """Une mesure dans une case, son intervalle et un détail dessous ; ou le statut."""
    if ligne["statut"] != "publie":
        return ecrire_statut(ligne["statut"], html=True)
    bornes = ecrire_bornes(ligne, signe)
    return "<br>".join(
        [
            ecrire_indice(ligne[mesure], ligne["indice"], signe),
            *(f"<small>{d}</small>" for d in (bornes, detail) if d),
        ]
    )


def _signer(ligne: dict, mesure: str) -> str:
    return ABSENT if ligne["statut"] != "publie" else ecrire_indice(ligne[mesure], ligne["indice"], signe=True)
