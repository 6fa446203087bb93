"""Ce qu'une figure ou une page montre, dit en une phrase : un constat n'est fait que si la comparaison est sûre.

Le titre d'une figure est son constat ; le nom de l'indicateur et le lieu sont dessous. Une évolution se juge comme sur
le reste de la page (:mod:`observatoire.presentation.comparaisons`) ; des quartiers ou des bailleurs côte à côte, par
l'épreuve de la partie et du tout, corrigée du nombre de lignes de la figure.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from observatoire.presentation import comparaisons, reperes, selection
from observatoire.presentation.affichage import Fragment, essentiel, silence
from observatoire.presentation.cles import ESSENTIELS
from observatoire.presentation.epreuves import SEUIL, eprouver, sans_lieu
from observatoire.presentation.liens import lier_fiche
from observatoire.presentation.nombres import ecrire_en_lettres, ecrire_ligne
from observatoire.presentation.reperes import Repere
from observatoire.statistique.comparaisons import fausses_decouvertes
from observatoire.typographie import majuscule
from observatoire.vocabulaire import EFFECTIF, MOINS, PLUS

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Ce qu'une page retient, au plus ; et les noms qu'une phrase énumère avant de les compter.
RETENUS, NOMMES = 3, 3
_NETS = {PLUS, MOINS}


def constater_l_evolution(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> str:
    """« En hausse depuis 2007 (+3,1 points), au-dessus de la ville » ; rien si rien ne se compare."""
    zero = comparaisons.comparer_zero(valeurs, indicateur, territoire, bailleur)
    ville = comparaisons.comparer_ville(valeurs, indicateur, territoire, bailleur)
    dites = [zero.texte] if zero and zero.mot else []
    if ville and ville.mot:
        dites.append(ville.mot if dites else ville.texte)
    return majuscule(", ".join(dites))


def constater_les_ecarts(valeurs: Publie, indicateur: str, lignes: list[dict], repere: Repere, genre: str) -> str:
    """« Planoise et Battant au-dessus de la ville, Bregille au-dessous » ; rien d'un effectif, qui ne s'y compare pas.

    ``lignes`` : une par lieu, avec son ``nom``. ``genre`` : ce qu'elles sont, « quartier » ou « bailleur ».
    """
    bailleur = "tous" if genre != "bailleur" else genre
    tout = reperes.ligne(valeurs, indicateur, repere)
    if valeurs.catalogue[indicateur]["nature"] == EFFECTIF or sans_lieu(valeurs, indicateur, bailleur):
        return ""
    probabilites = eprouver(valeurs, [indicateur] * len(lignes), lignes, [tout] * len(lignes), contenue=True)
    jugees = np.flatnonzero(np.isfinite(probabilites))
    if not len(jugees):
        return ""
    surs = [lignes[r] for r in jugees[fausses_decouvertes(probabilites[jugees].tolist()) < SEUIL]]
    dessus = sorted((r for r in surs if r["valeur"] > tout["valeur"]), key=lambda r: -r["valeur"])
    dessous = sorted((r for r in surs if r["valeur"] < tout["valeur"]), key=lambda r: r["valeur"])
    mots, dites = comparaisons.en_mots(repere), []
    if dessus:
        dites.append(f"{_enumerer(dessus, genre)} {mots.plus}")
    if dessous:
        dites.append(
            f"{_enumerer(dessous, genre, seuls=len(dessus) <= NOMMES)} {'au-dessous' if dessus else mots.moins}"
        )
    return majuscule(", ".join(dites) or f"aucun {genre} ne se distingue nettement {repere.de}")


def constats(valeurs: Publie, territoire: str | None = None, bailleur: str = "tous") -> Fragment:
    """Les trois constats d'une page : les écarts les plus grands, parmi ceux que le hasard n'explique pas.

    Parmi les chiffres clés et les indicateurs sous alerte. Un écart est compté en part de ce à quoi l'on se compare, la
    ville ou l'état zéro ; une famille d'indicateurs ne donne qu'un constat.
    """
    sous_alerte = sorted({ligne["indicateur"] for ligne in valeurs.alertes(annee=valeurs.annee)})
    trouves = []
    for code in dict.fromkeys((*ESSENTIELS, *sous_alerte)):
        if code not in valeurs.catalogue or valeurs.catalogue[code]["nature"] == EFFECTIF:
            continue
        ville = comparaisons.comparer_ville(valeurs, code, territoire, bailleur)
        zero = comparaisons.comparer_zero(valeurs, code, territoire, bailleur)
        dites = [c for c in (ville, zero) if c and c.mot]
        if any(c.signe in _NETS for c in dites):
            trouves.append((_ampleur(valeurs, code, territoire, bailleur), code, dites))
    puces: dict[str, Fragment] = {}
    for _, code, dites in sorted(trouves, key=lambda t: (-t[0], t[1])):
        puces.setdefault(valeurs.catalogue[code]["famille"], _puce(valeurs, code, territoire, bailleur, dites))
    return essentiel(*[*puces.values()][:RETENUS] or [_rien_de_net(valeurs, territoire, bailleur)])


def _rien_de_net(valeurs, territoire, bailleur) -> Fragment:
    repere = reperes.repere_de(valeurs, territoire, bailleur)
    a_quoi = [repere.de] if repere else []
    a_quoi += [f"de {valeurs.edition['annee_zero']}"] if valeurs.annee > valeurs.edition["annee_zero"] else []
    phrase = f"Aucun chiffre clé ne se distingue nettement {' ni '.join(a_quoi)}."
    return Fragment(phrase, phrase) if a_quoi else silence("Aucun constat")


def _puce(valeurs, code, territoire, bailleur, dites) -> Fragment:
    ligne = selection.ligne(valeurs, code, territoire, bailleur)
    texte = ", ".join([ecrire_ligne(ligne, valeurs.catalogue[code]), *(c.texte for c in dites)])
    return Fragment(f"<strong>{lier_fiche(valeurs, code)}</strong> : {escape(texte)}.", texte)


def _ampleur(valeurs, code, territoire, bailleur) -> float:
    """Le plus grand des écarts nets, en part de ce à quoi l'on se compare."""
    ici = selection.ligne(valeurs, code, territoire, bailleur)["valeur"]
    repere = reperes.repere_de(valeurs, territoire, bailleur)
    autres = [] if repere is None else [reperes.ligne(valeurs, code, repere)["valeur"]]
    zero = selection.variations(valeurs, valeurs.edition["annee_zero"], territoire, bailleur).get(code)
    autres += [zero["valeur_depart"]] if zero else []
    return max((abs(ici - autre) / abs(autre) for autre in autres if autre), default=0.0)


def _enumerer(lignes: list[dict], genre: str, seuls: bool = True) -> str:
    """« Planoise et Battant » ; au-delà de trois, « cinq quartiers », ou « cinq » si d'autres viennent d'être dits."""
    noms = [r["nom"] for r in lignes]
    if len(noms) > NOMMES:
        return f"{ecrire_en_lettres(len(noms))} {genre}s" if seuls else ecrire_en_lettres(len(noms))
    return noms[0] if len(noms) == 1 else f"{', '.join(noms[:-1])} et {noms[-1]}"
