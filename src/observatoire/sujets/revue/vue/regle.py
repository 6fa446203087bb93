"""Un champ d'``engagements.yml``, tel que la revue le relit, dit en français."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import yaml

from observatoire.presentation.nombres import ABSENT, INSECABLE, ecrire, ecrire_date
from observatoire.presentation.objectifs import ecrire_cible, nommer_lieux, unite_de
from observatoire.vocabulaire import COTES, DECISIONS, GENRES_DE_SEANCE, OBLIGATIONS, PREUVES, RYTHMES

if TYPE_CHECKING:
    from observatoire.publie import Publie

_LISTES = {"presents": "présents", "tables": "tables", "reponse": "réponse"}


def dire_le_champ(valeurs: Publie, engagement: str, champ: str, texte: object) -> str:
    """Ce qu'un champ d'un engagement disait, sans rien de sa notation ; un tiret s'il ne disait rien.

    ``texte`` : ``au_depart`` ou ``a_la_fin`` de ``revue_ecarts.csv``. Ce qui ne s'y relit pas se montre tel quel.
    """
    if not isinstance(texte, str) or not texte:
        return ABSENT
    if champ in _SIMPLES:
        mot = _SIMPLES[champ].get(texte)
        return mot.libelle if mot else texte
    if champ not in _STRUCTURES and champ not in ("tolerance", "depuis", "duree_ans"):
        return texte
    try:
        lus = yaml.safe_load("[" + texte.replace("} ; {", "}, {") + "]")
    except yaml.YAMLError:
        return texte
    ligne = next(iter(valeurs.lignes_de("engagements", engagement=engagement, annee=valeurs.annee)), {})
    if champ in _STRUCTURES:
        dire = _STRUCTURES[champ]
        return " ; ".join(dire(valeurs, ligne, lu) if isinstance(lu, dict) else str(lu) for lu in lus)
    if champ == "tolerance":
        return _mesurer(valeurs, ligne, lus[0])
    return f"{lus[0]}{INSECABLE}ans" if champ == "duree_ans" else _dater(lus[0])


def _dire_une_cible(valeurs: Publie, ligne: dict, cible: dict) -> str:
    """« au plus 5,60 €/m² à partir du 15 décembre 2009, adopté par : Conférence communale (compte rendu …) »."""
    bornes = {"cible": cible.get("valeur"), "jusque": cible.get("valeur_haute")}
    if _a_une_unite(valeurs, ligne):
        dit = ecrire_cible(valeurs, ligne | bornes, ligne["sens"])
    else:
        dit = " à ".join(ecrire(b) for b in bornes.values() if b is not None)
    dit += f" à partir {_du(cible['depuis'])}" if "depuis" in cible else ""
    dit += f", à atteindre en {cible['echeance']}" if "echeance" in cible else ""
    source = f" ({cible['source']})" if cible.get("source") else ""
    dit += f", adopté par : {cible['adoptee_par']}{source}" if "adoptee_par" in cible else ""
    return dit + ", fictif" * bool(cible.get("fictif"))


def _dire_une_preuve(valeurs: Publie, ligne: dict, preuve: dict) -> str:
    """« comptes rendus des séances : Conférence communale, chaque année, avec : réexaminer la charte »."""
    genre, rythme = PREUVES.get(preuve.get("genre")), RYTHMES.get(preuve.get("rythme"))
    morceaux = [genre.sens if genre else "", _nommer(GENRES_DE_SEANCE, preuve.get("seance"))]
    morceaux += [rythme.libelle] if rythme else []
    morceaux += [f"avec : {_nommer(DECISIONS, preuve['avec'])}"] if "avec" in preuve else []
    morceaux += [f"{nom} : {_enumerer(preuve[cle])}" for cle, nom in _LISTES.items() if cle in preuve]
    morceaux += ["avec un outil" if preuve["outil"] else "sans outil"] if "outil" in preuve else []
    return ", ".join(m for m in morceaux if m)


def _dire_une_mesure(valeurs: Publie, ligne: dict, mesure: dict) -> str:
    code = mesure.get("indicateur")
    libelle = valeurs.catalogue[code]["libelle"] if code in valeurs.catalogue else "un autre indicateur"
    niveau, territoire = valeurs.tout
    lieu = {"niveau": niveau, "territoire": territoire, "bailleur": "tous"} | {c: v for c, v in mesure.items() if v}
    lieux = nommer_lieux(valeurs, lieu)
    return f"{libelle} ({lieux})" if lieux else libelle


def _dire_l_etat_zero(valeurs: Publie, ligne: dict, zero: dict) -> str:
    valeur = f" : {_mesurer(valeurs, ligne, zero['valeur'])}" if zero.get("valeur") is not None else ""
    source = f" ({zero['source']})" if zero.get("source") else ""
    return f"{zero.get('annee', '')}{valeur}{source}"


_STRUCTURES = {
    "cibles": _dire_une_cible, "preuve": _dire_une_preuve, "mesure": _dire_une_mesure, "etat_zero": _dire_l_etat_zero,
}  # fmt: skip
_SIMPLES = {"nature": OBLIGATIONS, "sens": COTES}


def _a_une_unite(valeurs: Publie, ligne: dict) -> bool:
    return ligne.get("indicateur") in valeurs.catalogue


def _mesurer(valeurs: Publie, ligne: dict, valeur: float) -> str:
    unite, decimales = unite_de(valeurs, ligne) if _a_une_unite(valeurs, ligne) else ("", None)
    return ecrire(valeur, "points" if unite == "%" else unite, decimales=decimales)


def _nommer(libelles: dict, code: str | None) -> str:
    """Le libellé d'un code ; à défaut, ses mots."""
    return libelles.get(code, (code or "").replace("_", " "))


def _enumerer(valeur: object) -> str:
    return ", ".join(map(str, valeur)) if isinstance(valeur, list) else str(valeur)


def _dater(jour: object) -> str:
    return ecrire_date(jour) if isinstance(jour, dt.date) else str(jour)


def _du(jour: object) -> str:
    return f"du {_dater(jour)}" if isinstance(jour, dt.date) else f"de {jour}"
