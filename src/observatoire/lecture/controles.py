"""Vérifier les valeurs d'une table : types, valeurs admises, bornes, forme, présence, unicité.

``lecture.conformite`` trouve les cellules qui s'écartent du schéma ; ce module en fait des phrases.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from functools import cache

import pandas as pd

from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.conformite import CONTRAINTES, colonne_conforme, ecarts
from observatoire.lecture.conversion import MILLIERS, convertir
from observatoire.lecture.entetes import normaliser
from observatoire.lecture.problemes import (
    NON_AFFICHEE,
    Lignes,
    Probleme,
    citer_code,
    nombre,
    par_code,
    ressemble_a_un_code,
)
from observatoire.schemas import NON_RENSEIGNE, Champ, Schema

# Ce qu'une valeur refusée n'est pas ; à défaut, « une valeur admise ».
DITES = {
    "financement": "un financement connu",
    "occupation": "une occupation connue",
    "dpe": "une étiquette énergie connue",
    "nature": "une nature de difficulté connue",
    "gravite": "une gravité connue",
    "reservataire": "un réservataire connu",
    "type_demande": "un type de demande connu",
}
#: Les rôles d'un texte où quelqu'un peut avoir écrit un nom : rien n'en est recopié.
NOMMABLES = ("identifiant", "libelle")
TYPES = {"number": "un nombre", "integer": "un nombre entier", "date": "une date"}
DATE_ECRITE = r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}"
_AVEC_UNITE = (
    r"[+-]?\d[\d\s]*(?:[.,]\d+)?\s*[^\d\s.,/-].*", "les nombres sont écrits avec leur unité.",
    "N'écrire que le nombre : le nom de la colonne dit l'unité.",
)  # fmt: skip
_MILLIERS = (
    MILLIERS, "les milliers sont séparés par un point ou une virgule, que l'on lirait comme des décimales.",
    "Écrire 1250 ou 1 250.",
)  # fmt: skip
#: Type -> (motif, phrase, conseil) des façons d'écrire qui se disent une fois, à partir de :data:`COMMUNE` valeurs.
FACONS = {
    "number": (_AVEC_UNITE, _MILLIERS),
    "integer": (_AVEC_UNITE, _MILLIERS),
    "date": (
        (r"\d{5}(?:[.,]\d+)?", "les dates sont des numéros de jour du tableur.",
         "Donner à la colonne le format Date, puis enregistrer de nouveau."),
        (r"\d{8}", "les dates sont écrites sans séparateur.", "Écrire la date JJ/MM/AAAA ou AAAA-MM-JJ."),
        (r"\d{1,2}[.-]\d{1,2}[.-]\d{4}", "les dates sont écrites avec des points ou des tirets.",
         "Écrire la date JJ/MM/AAAA ou AAAA-MM-JJ."),
    ),
}  # fmt: skip
COMMUNE = 3
# Une valeur proche n'est proposée que si elle l'est assez, et nettement plus que les autres.
RESSEMBLANCE, ECART_DE_RESSEMBLANCE = 0.6, 0.15
# Pour être recopiée, il faut qu'elle le soit bien plus : « Laurent » n'est pas « vacant ».
RESSEMBLANCE_CITABLE = 0.75


def typer(textes: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Convertir toutes les colonnes ; retourne le tableau converti et le masque des cellules qui n'ont pu l'être."""
    converties, fautes = {}, {}
    for nom, champ in schema.champs.items():
        converties[nom], fautes[nom] = convertir(textes[nom], champ)
    return pd.DataFrame(converties), pd.DataFrame(fautes, index=textes.index)


def controler(
    textes: pd.DataFrame,
    typees: pd.DataFrame,
    fautes: pd.DataFrame,
    schema: Schema,
    connu: Callable[[str], bool] = lambda valeur: False,
) -> list[Probleme]:
    """Tous les problèmes d'une table, dans l'ordre des colonnes. L'index est la ligne du tableur.

    ``connu`` : cette valeur est-elle un code de la maison, que l'on peut redire où qu'il soit écrit ?
    """
    problemes = []
    for nom, champ in schema.champs.items():
        echecs = {"type": fautes[nom].to_numpy()}
        if not colonne_conforme(typees[nom], champ):
            if inconnues := champ.contraintes.keys() - CONTRAINTES:
                raise ErreurConfiguration(
                    f"{schema.nom}.json : contrainte que la lecture ne sait pas dire : {', '.join(sorted(inconnues))}. "
                    f"Y ajouter sa phrase dans lecture/controles.py."
                )
            echecs |= ecarts(typees[nom], champ)
            echecs["absence"] = echecs["absence"] & ~echecs["type"]  # une valeur mal écrite n'est pas absente
        siens = [dire(champ, regle, textes.loc[m, nom], connu) for regle, m in echecs.items() if m.any()]
        problemes += sorted((p for dits in siens for p in dits), key=lambda p: p.lignes)
    return problemes


def dire(
    champ: Champ, regle: str, valeurs: pd.Series, connu: Callable[[str], bool] = lambda valeur: False
) -> list[Probleme]:
    """Les problèmes d'une colonne pour une règle : un par valeur citable, et un seul pour celles qui ne le sont pas.

    ``valeurs`` a pour index la ligne du tableur. Ne sont jamais cités : une valeur d'une colonne personnelle, un
    identifiant, un libellé, ni ce qui, ailleurs, pourrait être le nom de quelqu'un.
    """
    valeurs, communs = _causes_communes(champ, regle, valeurs)
    if valeurs.empty:
        return communs
    if champ.personnelle or regle == "absence":
        groupes = {None: Lignes.de(valeurs.index)}
    else:
        groupes = par_code(valeurs, lambda valeur: connu(valeur) or citable(champ, valeur))
    return communs + [
        Probleme(regle, _phrase(champ, regle, valeur), conseiller(champ, regle, valeur), champ.nom, lignes)
        for valeur, lignes in groupes.items()
    ]


def _causes_communes(champ: Champ, regle: str, valeurs: pd.Series) -> tuple[pd.Series, list[Probleme]]:
    """Ce qui tient à une seule façon d'écrire est dit une fois par colonne ; le reste, valeur par valeur."""
    problemes = []
    for motif, phrase, conseil in FACONS.get(champ.type, ()) if regle == "type" else ():
        siennes = valeurs.str.fullmatch(motif)
        if valeurs[siennes].nunique() >= COMMUNE:
            problemes.append(Probleme(regle, phrase, conseil, champ.nom, Lignes.de(valeurs.index[siennes])))
            valeurs = valeurs[~siennes]
    return valeurs, problemes


def citable(champ: Champ, valeur: str) -> bool:
    """Peut-on recopier cette valeur refusée ? Un code énuméré, s'il ressemble à l'un de ceux qui sont admis."""
    if champ.role in NOMMABLES:
        return False
    if ressemble_a_un_code(valeur) or (champ.type == "date" and re.fullmatch(DATE_ECRITE, valeur)):
        return True
    return bool(champ.admises) and ressemble(valeur, champ.admises)


def _phrase(champ: Champ, regle: str, valeur: str | None) -> str:
    if regle == "absence":
        return f"valeur absente {NON_AFFICHEE}." if champ.personnelle else "valeur absente."
    if champ.personnelle:
        quoi = {
            "type": f"valeur qui n'est pas {TYPES.get(champ.type)}",
            "enum": "valeur non admise",
            "bornes": "valeur hors des bornes",
            "forme": "valeur qui n'a pas la forme attendue",
            "unicite": "valeur qui figure plusieurs fois",
        }[regle]
        return f"{quoi} {NON_AFFICHEE}."
    quoi = {
        "type": f"n'est pas {TYPES.get(champ.type)}",
        "enum": f"n'est pas {DITES.get(champ.nom, 'une valeur admise')}",
        "bornes": "est hors des bornes",
        "forme": "n'a pas la forme attendue",
        "unicite": "figure plusieurs fois",
    }[regle]
    return f"{citer_code(valeur)} {quoi}."


def conseiller(champ: Champ, regle: str, valeur: str | None) -> str:
    """Ce qu'il faut écrire à la place. Sans valeur (colonne personnelle), le conseil ne la laisse pas deviner."""
    if regle == "absence":
        return f"Renseigner la colonne ou écrire « {NON_RENSEIGNE} »." if champ.admet_nr else "Renseigner la colonne."
    if regle == "enum":
        admises = f"Valeurs admises : {', '.join(champ.admises)}."
        proche = plus_proche(valeur, champ.admises)
        return f"{admises} La plus proche : {proche}." if proche else admises
    if regle == "bornes":
        return f"Valeurs admises : {ecrire_bornes(champ, *champ.bornes)}."
    if regle == "unicite":
        return f"Chaque ligne a son propre {champ.nom} : corriger l'identifiant, ou ôter la ligne donnée deux fois."
    if regle == "forme":
        return champ.description
    return _conseil_de_type(champ, valeur)


def ecrire_bornes(champ: Champ, bas, haut) -> str:
    """« de 5 à 1 000 », « 0 ou plus », « de 1950 à 2100 » pour une année, « du 01/01/1950 au 31/12/2100 »."""
    if champ.type == "date":
        textes = [None if b is None else f"{b.item():%d/%m/%Y}" for b in (bas, haut)]
        return f"du {textes[0]} au {textes[1]}" if haut is not None else f"{textes[0]} ou après"
    annee = champ.type == "integer" and bas is not None and bas >= 1000
    textes = [None if b is None else str(b) if annee else nombre(b) for b in (bas, haut)]
    if haut is None:
        return f"{textes[0]} ou plus"
    return f"de {textes[0]} à {textes[1]}" if bas is not None else f"{textes[1]} ou moins"


def _conseil_de_type(champ: Champ, valeur: str | None) -> str:
    if champ.type == "date":
        return "Écrire la date JJ/MM/AAAA ou AAAA-MM-JJ."
    avec_unite = re.fullmatch(r"([+-]?\d[\d\s]*(?:[.,]\d+)?)\s*[^\d\s.,].*", valeur or "")
    if avec_unite and champ.type == "number":
        return f"Écrire {avec_unite[1].strip().replace('.', ',')} sans l'unité."
    exemple = {"number": "Écrire un nombre, par exemple 45,2", "integer": "Écrire un nombre entier, par exemple 3"}
    return f"{exemple[champ.type]}, ou laisser vide." if not champ.obligatoire else f"{exemple[champ.type]}."


def plus_proche(valeur: str | None, admises: tuple[str, ...]) -> str | None:
    """La valeur admise qui ressemble le plus à celle qui est écrite, ou ``None`` si deux se valent presque.

    >>> plus_proche("Loué", ("loue", "vacant"))
    'loue'
    >>> plus_proche("PLIA", ("PLAI", "PLI")) is None
    True
    """
    notes = _noter(valeur, admises)
    if not notes:
        return None
    (meilleure, choisie), suivante = notes[0], notes[1][0] if len(notes) > 1 else 0
    nette = meilleure == 1 or (meilleure >= RESSEMBLANCE and meilleure - suivante >= ECART_DE_RESSEMBLANCE)
    return choisie if nette else None


def ressemble(valeur: str | None, admises: tuple[str, ...]) -> bool:
    """Est-ce l'une des valeurs admises, à une faute de frappe près ? Un nom n'en est presque jamais aussi près.

    >>> [ressemble(valeur, ("loue", "vacant")) for valeur in ("Loué", "vaccant", "Laurent", "Vincent")]
    [True, True, False, False]
    """
    initiale = normaliser(valeur or "")[:1]
    notes = _noter(valeur, admises)
    return any(note >= RESSEMBLANCE_CITABLE and normaliser(admise)[:1] == initiale for note, admise in notes)


def _noter(valeur: str | None, admises: tuple[str, ...]) -> list[tuple[float, str]]:
    """(ressemblance, valeur admise), la plus proche d'abord ; rien si aucune n'en approche."""
    if not valeur:
        return []
    ecrite = normaliser(valeur)
    paires = _comparer_a(tuple(admises))
    for paire, _ in paires:
        paire.set_seq1(ecrite)
    if not any(_approche(paire) for paire, _ in paires):  # ne pas les aligner
        return []
    return sorted(((paire.ratio(), a) for paire, a in paires), reverse=True)


def _approche(paire: difflib.SequenceMatcher) -> bool:
    return paire.real_quick_ratio() >= RESSEMBLANCE and paire.quick_ratio() >= RESSEMBLANCE


@cache
def _comparer_a(admises: tuple[str, ...]) -> list[tuple[difflib.SequenceMatcher, str]]:
    """De quoi aligner sur chaque valeur admise ce qui a été écrit : elle n'est indexée qu'une fois."""
    return [(difflib.SequenceMatcher(None, b=normaliser(a)), a) for a in admises]
