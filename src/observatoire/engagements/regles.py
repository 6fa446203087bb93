"""Ce que ``engagements.yml`` peut contenir : la déclaration de ses champs, et tout ce qui ne va pas dans le fichier."""

from __future__ import annotations

import datetime as dt
import re

from observatoire.catalogue import catalogue
from observatoire.configuration import TABLES, Configuration
from observatoire.gouvernance import DECISIONS, GENRES
from observatoire.interdits import RECONNUS, famille_du_texte
from observatoire.lecture.territoires import est_inconnu

NATURES = ("moyens", "resultat")
SENS = ("au_moins", "au_plus")
#: D'où viennent les faits : les comptes rendus, les dépôts, les alertes, les actions sur elles, les pièces versées ici.
PREUVES = ("seances", "depots", "alertes", "actions", "pieces")
RYTHMES = ("trimestriel", "annuel", "une_fois")
NIVEAUX = ("quartier", "secteur", "qpv", "ville", "agglomeration")
#: Ce qu'une séance doit montrer pour compter, hors du genre d'une décision.
AVEC = ("alertes", "supports", "associations", "decisions", *DECISIONS)
DATE, NOMBRE, LISTE = "date", "nombre", "liste de textes"
#: Champ -> (type, obligatoire), pour chaque sorte d'enregistrement.
CHAMPS_D_UN_TEXTE = {
    "code": (str, True), "nom": (str, True), "depuis": (DATE, True), "duree_ans": (int, False), "source": (str, True),
    "note": (str, False),
}  # fmt: skip
CHAMPS = {
    "code": (str, True), "texte": (str, True), "article": (str, True), "libelle": (str, True),
    "titulaires": (LISTE, True), "nature": (str, True), "mesure": (dict, False), "preuve": (dict, False),
    "sans_mesure": (str, False), "sens": (str, False), "tolerance": (NOMBRE, False), "arithmetique": (bool, False),
    "cibles": (list, False), "etat_zero": (dict, False), "echeance": (int, False), "pieces": (list, False),
}  # fmt: skip
CHAMPS_D_UNE_MESURE = {
    "indicateur": (str, True), "niveau": (str, False), "territoire": (str, False), "bailleur": (str, False),
}  # fmt: skip
CHAMPS_D_UNE_PREUVE = {
    "genre": (str, True), "rythme": (str, False), "seance": (str, False), "avec": (str, False),
    "presents": (LISTE, False), "tables": (LISTE, False), "reponse": (str, False), "outil": (bool, False),
}  # fmt: skip
#: Ce qui se précise pour chaque genre de preuve.
PRECISIONS = {
    "seances": {"rythme", "seance", "avec", "presents"}, "depots": {"tables"}, "alertes": set(),
    "actions": {"rythme", "reponse", "outil"}, "pieces": {"rythme"},
}  # fmt: skip
CHAMPS_D_UNE_CIBLE = {
    "depuis": (DATE, True), "valeur": (NOMBRE, True), "jusque": (NOMBRE, False), "echeance": (int, False),
    "adoptee_par": (str, True), "source": (str, True),
}  # fmt: skip
#: La révision git du fichier à l'état zéro : ce que la revue relit et rejuge.
CHAMPS_DE_LA_REVISION = {"revision": (str, True), "date": (DATE, True)}
EMPREINTE = re.compile(r"[0-9a-f]{7,64}")
CHAMPS_D_UN_ETAT_ZERO = {"annee": (int, True), "valeur": (NOMBRE, False), "source": (str, False)}
CHAMPS_D_UNE_PIECE = {"date": (DATE, True), "libelle": (str, True), "source": (str, True)}
_DITS = {
    str: "un texte", int: "un nombre entier", bool: "true ou false", dict: "une suite de « clé: valeur »",
    list: "une liste", DATE: "une date AAAA-MM-JJ, ou une année", NOMBRE: "un nombre", LISTE: "une liste de textes",
}  # fmt: skip


def chercher_defauts(contenu: object, config: Configuration) -> list[str]:
    """Tout ce qui ne va pas, une phrase par défaut, dans l'ordre du fichier."""
    if not isinstance(contenu, dict) or not isinstance(contenu.get("textes"), list):
        return ["« textes » et « engagements » manquent : deux listes."]
    if not isinstance(contenu.get("engagements"), list):
        return ["« engagements » manque : une liste."]
    defauts = [f"« {cle} » est inconnu." for cle in contenu if cle not in ("textes", "engagements", "etat_zero")]
    defauts += _defauts_de_la_revision(contenu.get("etat_zero"))
    for rang, texte in enumerate(contenu["textes"], start=1):
        defauts += [f"texte n° {rang} : {d}" for d in _defauts_des_champs(texte, CHAMPS_D_UN_TEXTE)]
    textes = [t.get("code") for t in contenu["textes"] if isinstance(t, dict)]
    codes = [e.get("code") for e in contenu["engagements"] if isinstance(e, dict)]
    for liste in (textes, codes):
        doubles = sorted({str(c) for c in liste if liste.count(c) > 1})
        defauts += [f"le code « {c} » est donné deux fois." for c in doubles]
    for rang, brut in enumerate(contenu["engagements"], start=1):
        nom = brut.get("code") if isinstance(brut, dict) else None
        defauts += [f"engagement {f'« {nom} »' if nom else f'n° {rang}'} : {d}" for d in _defauts(brut, textes, config)]
    return defauts


def _defauts(brut: object, textes: list, config: Configuration) -> list[str]:
    if defauts := _defauts_des_champs(brut, CHAMPS):
        return defauts
    if (
        not brut["code"].replace("_", "").isalnum()
        or not brut["code"].isascii()
        or brut["code"] != brut["code"].lower()
    ):
        defauts.append("« code » : des minuscules sans accent, des chiffres et des « _ ».")
    for cle, admises in (("texte", textes), ("nature", NATURES), ("sens", SENS)):
        if brut.get(cle) not in (None, *admises):
            defauts.append(
                f"« {cle} » : « {brut[cle]} » est inconnu. Valeurs admises : {', '.join(map(str, admises))}."
            )
    portes = [cle for cle in ("mesure", "preuve", "sans_mesure") if brut.get(cle)]
    if len(portes) != 1:
        defauts.append("il porte une « mesure », une « preuve » ou « sans_mesure » (pourquoi), et une seule des trois.")
    if brut.get("cibles") and not brut.get("mesure"):
        defauts.append("« cibles » : un objectif chiffré demande une « mesure ».")
    preuve = brut.get("preuve") or {}
    if brut.get("pieces") and preuve.get("genre") != "pieces":
        defauts.append("« pieces » : la preuve n'est pas « {genre: pieces} ».")
    if preuve.get("rythme") == "une_fois" and not brut.get("echeance"):
        defauts.append("« echeance » manque : le rythme « une_fois » en demande une.")
    if brut.get("tolerance", 0) and brut["tolerance"] < 0:
        defauts.append("« tolerance » : un nombre positif.")
    defauts += _defauts_de_la_mesure(brut.get("mesure"), config)
    defauts += _defauts_de_la_preuve(brut.get("preuve"), config)
    for cle, champs in (("cibles", CHAMPS_D_UNE_CIBLE), ("pieces", CHAMPS_D_UNE_PIECE)):
        for rang, sous in enumerate(brut.get(cle) or (), start=1):
            defauts += [f"« {cle} », n° {rang} : {d}" for d in _defauts_des_champs(sous, champs)]
    if brut.get("etat_zero"):
        defauts += [f"« etat_zero » : {d}" for d in _defauts_des_champs(brut["etat_zero"], CHAMPS_D_UN_ETAT_ZERO)]
    for rang, cible in enumerate(brut.get("cibles") or (), start=1):
        if not _en_ordre(cible):
            defauts.append(f"« cibles », n° {rang} : « jusque » est plus petit que « valeur ».")
    return [*defauts, *_defauts_des_parts(brut)]


def _defauts_des_parts(brut: dict) -> list[str]:
    """Ce qui s'écrit en fraction et n'en est pas une : « 80 » pour 80 %."""
    declaration = catalogue().get(str((brut.get("mesure") or {}).get("indicateur")))
    if declaration is None or declaration.unite != "%":
        return []
    cibles = [c for c in brut.get("cibles") or () if isinstance(c, dict)]
    dites = [(f"« cibles », n° {rang} : « {cle} »", c.get(cle))
             for rang, c in enumerate(cibles, start=1) for cle in ("valeur", "jusque")]  # fmt: skip
    dites += [("« etat_zero » : « valeur »", (brut.get("etat_zero") or {}).get("valeur"))]
    dites += [("« tolerance »", brut.get("tolerance"))]
    fausses = [nom for nom, v in dites if v is not None and _est(v, NOMBRE) and not 0 <= v <= 1]
    return [f"{nom} s'écrit en fraction de [0 ; 1] : 0.25 pour un quart." for nom in fausses]


def _defauts_de_la_revision(brut: object) -> list[str]:
    if brut is None:
        return []
    defauts = [f"« etat_zero » : {d}" for d in _defauts_des_champs(brut, CHAMPS_DE_LA_REVISION)]
    if not defauts and not EMPREINTE.fullmatch(brut["revision"]):
        return ["« etat_zero » : « revision » est l'empreinte d'un commit, de 7 à 64 chiffres hexadécimaux."]
    if not defauts and not isinstance(brut["date"], dt.date):
        return ["« etat_zero » : « date » s'écrit AAAA-MM-JJ."]
    return defauts


def _en_ordre(cible: object) -> bool:
    bornes = [cible.get("valeur"), cible.get("jusque")] if isinstance(cible, dict) else []
    return not (len(bornes) == 2 and all(_est(b, NOMBRE) for b in bornes)) or bornes[0] <= bornes[1]


def _defauts_des_champs(brut: object, champs: dict) -> list[str]:
    """Ce qui manque, ce qui est inconnu, ce qui n'a pas le bon type, ce qui désigne une personne."""
    if not isinstance(brut, dict):
        return [f"doit être {_DITS[dict]}."]
    defauts = [f"« {c} » manque." for c, (_, requis) in champs.items() if requis and brut.get(c) in (None, "", [])]
    defauts += [f"« {c} » est inconnu. Champs admis : {', '.join(champs)}." for c in map(str, brut) if c not in champs]
    for cle, (type_, _) in champs.items():
        valeur = brut.get(cle)
        if valeur not in (None, "", []) and not _est(valeur, type_):
            defauts.append(f"« {cle} » doit être {_DITS[type_]}.")
        elif isinstance(valeur, str) and (reconnu := famille_du_texte(valeur)):
            defauts.append(f"« {cle} » : des {RECONNUS[reconnu][1]} ; ce qui désigne une personne ne se publie pas.")
    return defauts


def _est(valeur: object, type_: object) -> bool:
    if type_ == DATE:
        return isinstance(valeur, dt.date) or _est(valeur, int)
    if type_ == NOMBRE:
        return isinstance(valeur, int | float) and not isinstance(valeur, bool)
    if type_ == LISTE:
        return isinstance(valeur, list) and all(isinstance(v, str) for v in valeur)
    return isinstance(valeur, type_) and (type_ is bool or not isinstance(valeur, bool))


def _defauts_de_la_mesure(mesure: dict | None, config: Configuration) -> list[str]:
    if not mesure:
        return []
    if defauts := [f"« mesure » : {d}" for d in _defauts_des_champs(mesure, CHAMPS_D_UNE_MESURE)]:
        return defauts
    defauts, niveau = [], mesure.get("niveau", config.tout[0])
    if mesure["indicateur"] not in catalogue():
        defauts.append(f"« mesure » : « {mesure['indicateur']} » n'est pas un indicateur du catalogue.")
    if niveau not in NIVEAUX:
        defauts.append(f"« mesure » : « niveau » vaut {', '.join(NIVEAUX)}.")
    elif niveau != config.tout[0] and not mesure.get("territoire"):
        defauts.append("« mesure » : « territoire » manque.")
    if est_inconnu(config, niveau, lieu := mesure.get("territoire")):
        defauts.append(f"« mesure » : « territoire », « {lieu} » n'est pas un code du niveau « {niveau} ».")
    bailleurs = ["tous", *(b.code for b in config.bailleurs)]
    if mesure.get("bailleur", "tous") not in bailleurs:
        defauts.append(f"« mesure » : « bailleur » vaut {', '.join(bailleurs)}.")
    return defauts


def _defauts_de_la_preuve(preuve: dict | None, config: Configuration) -> list[str]:
    if not preuve:
        return []
    if defauts := [f"« preuve » : {d}" for d in _defauts_des_champs(preuve, CHAMPS_D_UNE_PREUVE)]:
        return defauts
    de_trop = sorted(set(preuve) - {"genre"} - PRECISIONS.get(preuve["genre"], set(preuve)))
    if de_trop:
        return [f"« preuve » : « {c} » ne va pas avec le genre « {preuve['genre']} »." for c in de_trop]
    admis = {
        "genre": PREUVES, "rythme": RYTHMES, "seance": tuple(GENRES), "avec": AVEC,
    }  # fmt: skip
    defauts = [
        f"« preuve » : « {cle} » vaut {', '.join(valeurs)}."
        for cle, valeurs in admis.items()
        if preuve.get(cle) not in (None, *valeurs)
    ]
    listes = {"presents": config.signataires, "tables": TABLES}
    defauts += [
        f"« preuve » : « {cle} », « {v} » est inconnu. Valeurs admises : {', '.join(admises)}."
        for cle, admises in listes.items()
        for v in preuve.get(cle) or ()
        if v not in admises
    ]
    return defauts
