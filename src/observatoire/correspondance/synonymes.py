"""Les mots du métier : ``synonymes.yml``, et à quel point un nom de colonne leur ressemble."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from rapidfuzz import fuzz

from observatoire.interdits import normaliser
from observatoire.lecture.traductions import cle_de_valeur
from observatoire.schemas import NON_RENSEIGNE, Champ

#: Mots qui ne distinguent pas une colonne.
VIDES = frozenset(["de", "du", "des", "d", "la", "le", "les", "l", "en", "au", "aux", "a", "et"])
#: Colonnes qui s'écrivent par « oui » ou « non ».
OUI_NON = ("oui", "non")


@dataclass(frozen=True)
class Rapprochement:
    """``note`` : de 0 à 1 ; ``synonyme`` : le mot du métier qui ressemble le plus ; ``source`` : d'où il vient ;
    ``contraire`` : un de ses mots dit que c'est autre chose.
    """

    note: float
    synonyme: str = ""
    source: str = ""
    contraire: bool = False


@cache
def _lire() -> dict:
    texte = files("observatoire.correspondance").joinpath("synonymes.yml").read_text(encoding="utf-8")
    return yaml.load(texte, yaml.BaseLoader)  # « no » et « 1 » y sont des mots


def simplifier(nom: str) -> str:
    """Un nom de colonne en mots simples.

    >>> simplifier("N° du Logement"), simplifier("Surf. hab. (m²)")
    ('n logement', 'surf hab m2')
    """
    texte = normaliser(nom.replace("²", "2").replace("€", " eur ").replace("%", " pct ")).replace("_", " ")
    return " ".join(mot for mot in texte.split() if mot not in VIDES)


@cache
def synonymes_de(table: str, champ: str) -> dict[str, str]:
    """{mot simplifié: source} d'une de nos colonnes, son propre nom compris ; ceux de sa table l'emportent."""
    declares = _lire()["champs"]
    propres = declares.get(f"{table}.{champ}", declares.get(champ, {}))
    return {simplifier(champ): "format"} | {simplifier(m): s for s, mots in propres.items() for m in mots}


@cache
def rapprocher(nom: str, table: str, champ: str) -> Rapprochement:
    """À quel point un nom de colonne désigne une de nos colonnes : 1 pour un mot du métier, moins s'il y ressemble."""
    simple = simplifier(nom)
    synonymes = synonymes_de(table, champ)
    if simple in synonymes:
        return Rapprochement(1.0, simple, synonymes[simple])
    sans_unite = " ".join(m for m in simple.split() if m not in ("m2", "eur", "pct", "mois", "n"))
    if len(sans_unite) > 2 and sans_unite in synonymes:
        return Rapprochement(0.97, sans_unite, synonymes[sans_unite])
    if not simple:
        return Rapprochement(0.0)
    notes = {mot: _ressemblance(simple, mot) for mot in synonymes}
    mot = max(notes, key=notes.get)
    contraire = not {*_lire()["contraires"].get(champ, ())}.isdisjoint(simple.split())
    return Rapprochement(min(notes[mot], 0.95), mot, synonymes[mot], contraire)


def _ressemblance(un: str, autre: str) -> float:
    """Mots communs, quel que soit leur ordre, et abréviations ; un mot de trop coûte, un mot qui manque aussi."""
    siens, notres = un.split(), autre.split()
    abrege = len(siens) == len(notres) and all(
        n.startswith(s) or s.startswith(n) for s, n in zip(siens, notres, strict=True)
    )
    if abrege and min(map(len, siens)) > 1:
        return 0.92
    mots = fuzz.token_sort_ratio(un, autre) / 100
    contenu = fuzz.token_set_ratio(un, autre) / 100 * (0.9 if len(autre) > 3 else 0.6)
    return max(mots, contenu * min(1, 0.6 + 0.4 * len(notres) / max(len(siens), 1)))


def est_du_metier(texte: str) -> bool:
    """Un mot au moins est de ceux que le métier emploie : ce n'est pas seulement un nom de personne.

    >>> est_du_metier("Export logements"), est_du_metier("DUPONT JEAN")
    (True, False)
    """
    return not _mots().isdisjoint(re.findall(r"[a-z]{3,}", normaliser(texte)))


@cache
def _mots() -> frozenset[str]:
    """Tous les mots de trois lettres ou plus de ``synonymes.yml``, sources exceptées."""
    declares = _lire()
    textes = [declares["feuilles"], list(declares["champs"]), *declares["contraires"].values()]
    textes += [mots for groupe in ("champs", "valeurs") for d in declares[groupe].values() for mots in _listes(d)]
    return frozenset(re.findall(r"[a-z]{3,}", normaliser(" ".join(mot for mots in textes for mot in mots))))


def _listes(declare: dict | list) -> list[list[str]]:
    return list(declare.values()) if isinstance(declare, dict) else [declare]


@cache
def valeurs_de(champ: str, admises: tuple[str, ...]) -> dict[str, str]:
    """{écriture simplifiée: notre valeur} d'une colonne à valeurs énumérées."""
    declarees = _lire()["valeurs"]
    groupes = declarees.get(champ, declarees["oui_non"] if set(OUI_NON) <= set(admises) else {})
    tus = dict.fromkeys(map(_simple, declarees["nr"]), NON_RENSEIGNE) if NON_RENSEIGNE in admises else {}
    connues = {_simple(admise): admise for admise in admises}
    dites = {_simple(mot): notre for notre, mots in groupes.items() for mot in mots if notre in admises}
    return tus | connues | dites


def _simple(valeur: str) -> str:
    cle = cle_de_valeur(valeur)
    mots = re.sub(r"[^a-z0-9<>+%;\[\]]+", " ", cle).split()
    return " ".join(mot for mot in mots if mot not in VIDES) or cle


def reconnaitre_valeur(valeur: str, champ: Champ) -> str | None:
    """Notre valeur, si le métier l'écrit ainsi ; ``None`` sinon."""
    return valeurs_de(champ.nom, champ.admises).get(_simple(valeur))
