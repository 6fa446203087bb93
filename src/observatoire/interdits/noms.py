"""Reconnaître une donnée interdite, ou un texte libre, au nom de sa colonne."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MOTS_COLLES = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])")
#: Lettres d'autres alphabets, ou que Unicode ne décompose pas, qui se lisent comme des lettres latines.
SOSIES = str.maketrans(
    "аВвЕеКкМмНОоРрСсТтУуХхіІјЈѕЅԁӏαβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧøØłŁđĐıɑɡ",
    "aBvEeKkMmHOoPpCcTtYyXxiIjJsSdlabeiknoptuxABEZHIKMNOPTYXoOlLdDiag",
) | {ord(c): textes for c, textes in {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss"}.items()}  # fmt: skip

# Mots qui suffisent, seuls ou au milieu d'autres.
_MOTS = {
    "identité": "prenom patronyme identite civilite prn surname forename firstname lastname fullname",
    "numéro d'identification": "nir nss secu nur iban rib bic passeport passport cni ssn siv niss",
    "coordonnées": "email mail mel courriel telephone tel tele portable mobile gsm fax phone cellphone telecopie tph",
    "nationalité": "nat natio nationalite citoyennete etranger etrangere immigre nationality citizenship",
    "naissance": "naissance naiss natal ddn dnais datnais datenais dtnais dtn birth birthday birthdate birthplace dob",
    "origine": "ethnie ethnique race raciale migratoire ethnicity ethnic racial",
    "religion ou opinions": "religion religieux religieuse culte confession syndicat syndical politiques opinion "
    "religious creed",
    "santé": "sante handicap handicape handicapee maladie medical medicale pathologie invalidite invalide aah enceinte "
    "health disability disabled illness pregnant",
    "orientation sexuelle": "sexualite sexuelle sexuel sexuality",
}
_INVARIABLES = {"origines": "origine", "raciales": "origine"}
# Suites qui suffisent même quand le nom est écrit d'un seul tenant (« numsecuritesociale ») ou coupé à dix lettres.
_COLLES = {
    "identité": r"prenom|patronym|nomdefamille|nomfamille|nomdusage|nomusage|nomjeunefille|nommarital|nometprenom|"
    r"firstname|lastname|fullname|surname|forename|maidenname|familyname|givenname|tenantname|middlename",
    "numéro d'identification": r"securitesociale|numsecu|^n(?:o|um|umero)?(?:ss$|insee(?!com))|numerounique|"
    r"socialsecurity|carteidentite|cartedidentite",
    "coordonnées": r"telephon|courriel|email|adresseelectronique|adressemail|^tel(?:dom|port|mob|pro|bur|fixe)|"
    r"phonenumber|mobilephone|homephone|cellphone",
    "nationalité": r"nationalit|titre(?:de)?sejour|carte(?:de)?sejour|citizenship",
    "naissance": r"(?<!con)(?<!recon)naissance|^dat(?:e)?(?:de)?nais|^(?:lieu|pays|dep)(?:de)?naiss|^neele$|^nele$|"
    r"dateofbirth|placeofbirth|countryofbirth|birthdate|birthplace|birthday",
    "origine": r"ethni|paysorigine|paysdorigine|originegeographique|origine(?:du|de)?(?:locataire|menage|titulaire)",
    "religion ou opinions": r"religi|opinionspolitiques",
    "santé": r"handicap|etatdesante|medical|disabilit",
    "orientation sexuelle": r"orientationsex|sexualorient",
}
# « nom » ne désigne une personne que seul ou suivi de ces mots : « nom_voie », « nom_immeuble » sont permis.
_MOTS_DE_PERSONNE = """
    locataire titulaire demandeur demandeurs occupant occupants conjoint conjointe menage famille usage naissance
    complet prenom prenoms marital jeune fille patronymique beneficiaire candidat cotitulaire client personne loc tit
    locataires titulaires tenant applicant household person family first last full
"""
_PERSONNES = set(_MOTS_DE_PERSONNE.split())
_LOCATAIRE = {"locataire", "locataires", "titulaire", "titulaires", "cotitulaire", "colocataire", "tenant"}
_AUTOUR_DU_LOCATAIRE = {"du", "de", "le", "la", "bail", "principal", "1", "2"}
_SEULS = {
    "nom": "identité",
    "noms": "identité",
    "name": "identité",
    "names": "identité",
    "conjoint": "identité",
    "origine": "origine",
    "pays": "nationalité",
    "ss": "numéro d'identification",
}
#: Mots d'une colonne où chacun écrit ce qu'il veut : elle n'est pas lue.
_MOTS_LIBRES = """
    commentaire commentaires observation observations remarque remarques note notes comment comments memo precision
    precisions annotation annotations texte libre description details divers
"""
_TEXTES_LIBRES = set(_MOTS_LIBRES.split())
_PAR_MOT = {mot: famille for famille, liste in _MOTS.items() for mot in liste.split()} | _INVARIABLES


def normaliser(nom: str) -> str:
    """Ramener un nom de colonne à sa forme commune : minuscules, sans accent, mots liés par « _ ».

    >>> normaliser(" Âge  du-titulaire ")
    'age_du_titulaire'
    """
    sans_accent = unicodedata.normalize("NFKD", str(nom)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", sans_accent.lower()).strip("_")


def mots(nom: str) -> list[str]:
    """Mots d'un nom de colonne, y compris ceux que seule une majuscule sépare (« NomLocataire »)."""
    return normaliser(MOTS_COLLES.sub("_", str(nom))).split("_")


@lru_cache(maxsize=4096)
def famille_interdite(nom: str) -> str | None:
    """La famille de données interdites que désigne un nom de colonne, ou ``None`` s'il est permis.

    Ni la casse, ni les accents, ni les séparateurs, ni un numéro (« tel_2 »), ni une lettre d'un autre alphabet qui se
    lit de même, ni un caractère invisible n'y changent rien.

    >>> famille_interdite("Nom_Locataire")
    'identité'
    >>> famille_interdite("nom_voie") is None
    True
    """
    nom = str(nom)
    if "@" in nom:
        return "coordonnées"
    nom = "".join(c for c in nom.translate(SOSIES) if unicodedata.category(c) != "Cf")
    decoupes = {tuple(_sans_numeros(suite)) for suite in (mots(nom), normaliser(nom).split("_"))}
    return next((famille for suite in sorted(decoupes) if (famille := _famille(list(suite)))), None)


def _sans_numeros(suite: list[str]) -> list[str]:
    """Les mots sans leurs chiffres de fin ou de début : « tel2 » est « tel » ; un nombre seul disparaît."""
    nus = [mot.strip("0123456789") for mot in suite]
    return [mot for mot in nus if mot] or [""]


def _famille(suite: list[str]) -> str | None:
    colle = "".join(suite)
    if colle in _SEULS:
        return _SEULS[colle]
    if _nom_de_personne(suite, colle):
        return "identité"
    if suite[0] in {"no", "num", "numero", "n"} and "ss" in suite:
        return "numéro d'identification"
    for mot in [*suite, colle]:
        if famille := _du_mot(mot):
            return famille
    if "e" in suite and "mail" in suite:
        return "coordonnées"
    return next((famille for famille, motif in _COLLES.items() if re.search(motif, colle)), None)


def _du_mot(mot: str) -> str | None:
    """La famille d'un mot, au singulier ou au pluriel."""
    return _PAR_MOT.get(mot) or _PAR_MOT.get(mot.removesuffix("s")) or _PAR_MOT.get(mot.removesuffix("es"))


def _nom_de_personne(suite: list[str], colle: str) -> bool:
    """« nom_locataire », « locataire nom », « nomlocataire », « titulaire du bail » ; « age_titulaire » est permis."""
    if _LOCATAIRE & set(suite) and set(suite) <= _LOCATAIRE | _AUTOUR_DU_LOCATAIRE:
        return True
    if {"nom", "noms", "name", "names"} & set(suite) and _PERSONNES & set(suite):
        return True
    return any(colle in (f"nom{p}", f"noms{p}", f"{p}nom", f"nomdu{p}", f"nomde{p}", f"{p}name") for p in _PERSONNES)


def texte_libre(nom: str) -> bool:
    """Le nom d'une colonne où l'on écrit ce que l'on veut.

    >>> texte_libre("Observations_2"), texte_libre("libelle")
    (True, False)
    """
    return bool(_TEXTES_LIBRES & set(_sans_numeros(mots(nom))))
