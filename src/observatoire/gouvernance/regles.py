"""Ce que l'en-tête d'un compte rendu peut contenir ; une situation individuelle n'y entre pas."""

from __future__ import annotations

import datetime as dt
import re

from observatoire.interdits import RECONNUS, famille_du_texte, nomme_une_personne

GENRES = {"conference": "Conférence communale", "groupe_de_travail": "Groupe de travail"}
ETATS = {"prevue": "prévue", "tenue": "tenue"}
#: Qui, sans être signataire, est invité.
INVITES = {
    "associations_de_locataires": "associations de locataires",
    "associations_d_insertion": "associations d'insertion",
    "conseils_de_quartier": "conseils de quartier",
}
ASSOCIATIONS = "associations_de_locataires"
DECISIONS = {
    "adopter_objectif": "adopter un objectif",
    "evaluer_conformite": "évaluer la conformité des attributions aux objectifs",
    "evaluer_pertinence": "évaluer la pertinence des objectifs",
    "proposer_action": "proposer une action complémentaire",
    "confier_pilotage": "confier le pilotage d'une réponse",
    "presenter_rapport": "présenter le rapport d'évaluation aux assemblées délibérantes",
    "adopter_bareme": "adopter un barème",
    "reexaminer_charte": "réexaminer la charte",
    "organiser": "organiser le dispositif",
}
CLES = {
    "genre": str, "date": dt.date, "etat": str, "fictif": bool, "public": str, "presents": list, "invites": list,
    "alertes": list, "supports": list, "decisions": list,
}  # fmt: skip
OBLIGATOIRES = ("genre", "date")
LISTES = ("presents", "invites", "alertes", "supports", "decisions")
LONGUEUR = 200
#: Un dossier d'alerte : son identifiant au registre, ou « niveau territoire indicateur ».
DOSSIER = re.compile(r"[bcdfghjklmnpqrstvwxz]{12}")
ALERTE = re.compile(r"(immeuble|secteur|quartier) (\S.*) ([a-z]\w*)")
_INDIVIDUEL = re.compile(
    r"\b(?:M\.|Mr|Mme|Mmes|Mlle|Monsieur|Madame|Mademoiselle)(?!\w)"
    r"|\b(?:le|la|du|au|ce|cette) (?:locataire|famille(?! (?:«|d['’]indicateurs))|ménage|demandeu(?:r|se)|voisine?)\b"
    r"|\b(?:l['’]|cet |cette )(?:occupante?|habitante?)\b"
    r"|\b(?:logement|appartement|porte|bail) (?:n[°o]|numéro)",
    re.IGNORECASE,
)
_TYPES = {str: "un texte", dt.date: "une date AAAA-MM-JJ", bool: "true ou false", list: "une liste"}


def chercher_defauts(entete: object, nom: str, signataires: dict[str, str], publics: tuple[str, ...]) -> list[str]:
    """Tout ce qui ne va pas dans un en-tête, une phrase par défaut ; ``nom`` : celui du fichier.

    ``signataires`` : ce qui peut s'écrire dans « presents » -> le nom du signataire. Un texte refusé n'est jamais cité.
    """
    if not isinstance(entete, dict):
        return ["l'en-tête manque : le fichier commence par « --- », des « clé: valeur », puis « --- »."]
    defauts = [f"« {cle} » manque." for cle in OBLIGATOIRES if entete.get(cle) is None]
    defauts += [
        f"« {cle} » est inconnu. Clés admises : {', '.join(CLES)}." for cle in map(str, set(entete) - set(CLES))
    ]
    mal_typees = {cle for cle, t in CLES.items() if entete.get(cle) is not None and not isinstance(entete[cle], t)}
    defauts += [f"« {cle} » doit être {_TYPES[t]}." for cle, t in CLES.items() if cle in mal_typees]
    for cle, admises in (("genre", GENRES), ("etat", ETATS), ("public", publics)):
        if cle not in mal_typees and entete.get(cle) not in (None, *admises):
            defauts.append(f"« {cle} » vaut {' ou '.join(admises)}.")
    if "date" not in mal_typees and entete.get("date") and not nom.startswith(f"{entete['date']}-"):
        defauts.append("la date n'est pas celle du nom du fichier, AAAA-MM-JJ-….md.")
    listes = {cle: entete.get(cle) or [] for cle in LISTES if cle not in mal_typees}
    defauts += _inconnus(listes, "presents", signataires, "un signataire d'observatoire.yml")
    defauts += _inconnus(listes, "invites", INVITES, "un invité connu")
    defauts += [
        f"alerte n° {rang} : écrire l'identifiant du dossier, ou « quartier battant signalements »."
        for rang, alerte in enumerate(listes.get("alertes", ()), start=1)
        if not (isinstance(alerte, str) and (DOSSIER.fullmatch(alerte) or ALERTE.fullmatch(alerte)))
    ]
    for rang, support in enumerate(listes.get("supports", ()), start=1):
        defauts += _defauts_du_texte(f"support n° {rang}", support)
    for rang, decision in enumerate(listes.get("decisions", ()), start=1):
        defauts += _defauts_de_la_decision(f"décision n° {rang}", decision)
    return defauts


def dire_l_individuel(texte: str) -> str | None:
    """Pourquoi ce texte parle d'une personne, ou ``None`` ; ne cite jamais le texte."""
    if reconnu := famille_du_texte(texte):
        return f"des {RECONNUS[reconnu][1]}"
    individuel = _INDIVIDUEL.search(texte) or nomme_une_personne(texte)
    return "une situation individuelle (elle se traite au PIL)" if individuel else None


def _inconnus(listes: dict, cle: str, admis: dict, quoi: str) -> list[str]:
    return [
        f"« {cle} », n° {rang} : ce n'est pas {quoi}. Valeurs admises : {', '.join(admis)}."
        for rang, valeur in enumerate(listes.get(cle, ()), start=1)
        if not isinstance(valeur, str) or valeur not in admis
    ]


def _defauts_de_la_decision(ou: str, decision: object) -> list[str]:
    if not isinstance(decision, dict) or not set(decision) <= {"genre", "texte"}:
        return [f"{ou} : s'écrit « {{genre: proposer_action, texte: une phrase courte}} »."]
    defauts = []
    if decision.get("genre") not in tuple(DECISIONS):
        defauts.append(f"{ou} : « genre » vaut {', '.join(DECISIONS)}.")
    return defauts + _defauts_du_texte(ou, decision.get("texte"))


def _defauts_du_texte(ou: str, texte: object) -> list[str]:
    if not isinstance(texte, str) or not texte.strip():
        return [f"{ou} : le texte manque."]
    defauts = []
    if len(texte) > LONGUEUR or "\n" in texte.strip():
        defauts.append(f"{ou} : une phrase d'au plus {LONGUEUR} caractères.")
    if individuel := dire_l_individuel(texte):
        defauts.append(f"{ou} : {individuel}.")
    return defauts
