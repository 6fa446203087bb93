"""Refuser à vue les colonnes qui disent qui sont les gens, quoi qu'elles contiennent.

Un observatoire n'a besoin ni de noms, ni d'adresses électroniques, ni d'aucune des données que l'article 9 du RGPD
protège. Le fichier entier est refusé ; le message nomme la colonne, jamais une valeur.
"""

from __future__ import annotations

import re

from observatoire.lecture.entetes import mots
from observatoire.lecture.problemes import Probleme, citer

ADRESSE_MAIL = re.compile(r"\S@\S")
# Mots qui suffisent, seuls ou au milieu d'autres.
_MOTS = {
    "identité": "prenom prenoms patronyme nom_prenom noms_prenoms identite civilite",
    "numéro d'identification": "nir nss secu nur iban rib passeport cni",
    "coordonnées": "email mail mel courriel courriels mails emails telephone tel portable mobile gsm fax",
    "nationalité": "nat natio nationalite nationalites citoyennete etranger etrangers immigre immigres",
    "naissance": "naissance naiss natal ddn datnais datenais dnais",
    "origine": "ethnie ethnique race raciale raciales migratoire origines",
    "religion ou opinions": "religion religieux religieuse culte confession syndicat syndical politiques opinion",
    "santé": "sante handicap handicape handicapes maladie medical medicale pathologie invalidite invalide aah enceinte",
}
# Suites qui suffisent même quand le nom est écrit d'un seul tenant (« numsecuritesociale »).
_COLLES = {
    "identité": r"prenom|patronyme|nomdefamille|nomfamille|nomdusage|nomusage|nomjeunefille|nommarital",
    "numéro d'identification": r"securitesociale|numsecu|^n(?:o|um|umero)?(?:ss$|insee(?!com))|numerounique",
    "coordonnées": r"telephone|courriel|email|adresseelectronique|^tel(?:dom|port|mob|pro|bur|fixe)",
    "nationalité": r"nationalite|titre(?:de)?sejour|carte(?:de)?sejour",
    "naissance": r"(?<!con)(?<!recon)naissance|^dat(?:e)?(?:de)?nais|^neele$|^nele$",
    "origine": r"ethni|paysorigine|paysdorigine|originegeographique|origine(?:du|de)?(?:locataire|menage|titulaire)",
    "religion ou opinions": r"religi|opinionspolitiques",
    "santé": r"handicap|etatdesante|medical",
}
# « nom » ne désigne une personne que seul ou suivi de ces mots : « nom_voie », « nom_immeuble » sont permis.
_MOTS_DE_PERSONNE = """
    locataire titulaire demandeur demandeurs occupant occupants conjoint conjointe menage famille usage naissance
    complet prenom prenoms marital jeune fille patronymique beneficiaire candidat cotitulaire client personne loc tit
"""
_PERSONNES = set(_MOTS_DE_PERSONNE.split())
_LOCATAIRE = {"locataire", "locataires", "titulaire", "titulaires", "cotitulaire", "colocataire"}
_AUTOUR_DU_LOCATAIRE = {"du", "de", "le", "la", "bail", "principal", "1", "2"}
_SEULS = {
    "nom": "identité",
    "noms": "identité",
    "conjoint": "identité",
    "origine": "origine",
    "pays": "nationalité",
    "ss": "numéro d'identification",
}


def famille_interdite(nom: str) -> str | None:
    """La famille de données interdites que désigne un nom de colonne, ou ``None`` s'il est permis.

    >>> famille_interdite("Nom_Locataire")
    'identité'
    >>> famille_interdite("nom_voie") is None
    True
    """
    if "@" in nom:
        return "coordonnées"
    suite = mots(nom)
    colle = "".join(suite)
    if colle in _SEULS:
        return _SEULS[colle]
    if _nom_de_personne(suite, colle):
        return "identité"
    if suite[0] in {"no", "num", "numero", "n"} and "ss" in suite:
        return "numéro d'identification"
    for famille, liste in _MOTS.items():
        if set(liste.split()) & set(suite) or "_".join(suite) in liste.split():
            return famille
    if "e" in suite and "mail" in suite:
        return "coordonnées"
    return next((famille for famille, motif in _COLLES.items() if re.search(motif, colle)), None)


def _nom_de_personne(suite: list[str], colle: str) -> bool:
    """« nom_locataire », « locataire nom », « nomlocataire », « titulaire du bail » ; « age_titulaire » est permis."""
    if _LOCATAIRE & set(suite) and set(suite) <= _LOCATAIRE | _AUTOUR_DU_LOCATAIRE:
        return True
    if {"nom", "noms"} & set(suite) and _PERSONNES & set(suite):
        return True
    return any(colle in (f"nom{p}", f"noms{p}", f"{p}nom", f"nomdu{p}") for p in _PERSONNES)


def colonnes_interdites(entete: list[str], connues: set[str] = frozenset()) -> list[Probleme]:
    """Les problèmes que posent les colonnes interdites d'un en-tête.

    ``connues`` : noms exacts que le format prévoit et qui sont donc permis (ORIGINE du patrimoine, dans le RPLS).
    """
    familles = {nom: famille_interdite(nom) for nom in dict.fromkeys(entete) if nom not in connues}
    rangs = {nom: rang for rang, nom in reversed(list(enumerate(entete, start=1)))}
    return [
        Probleme(
            "colonne_interdite",
            f"la colonne {f'n° {rangs[nom]}' if ADRESSE_MAIL.search(nom) else citer(nom)} est interdite ({famille}).",
            "Supprimer cette colonne du fichier, puis le déposer de nouveau. "
            "Elle est refusée quel que soit son contenu.",
        )
        for nom, famille in familles.items()
        if famille
    ]
