"""Reconnaître une donnée interdite à ce que contient sa colonne, quel que soit son nom.

Toute la colonne est lue, valeur distincte par valeur distincte, par les noyaux de pyarrow : rien n'est tiré au sort.
N'est cherché que ce qui se reconnaît sûrement : adresse électronique, téléphone français, NIR (clé comprise, ou treize
chiffres), IBAN (clé), numéro unique de la demande, civilité et nom (:mod:`observatoire.interdits.personnes`). Un nom de
personne seul ne se distingue pas d'un nom de rue : il n'est refusé que par le nom de sa colonne.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from observatoire.interdits import personnes
from observatoire.interdits.cles import cles_iban, cles_nir
from observatoire.interdits.personnes import nomme_une_personne
from observatoire.repetitions import se_repete

COORDONNEES, NUMERO, IDENTITE = "coordonnées", "numéro d'identification", "identité"
CIVILITE = "civilite"
#: Famille -> ce que l'on dit avoir reconnu.
RECONNUS = {
    "adresse": (COORDONNEES, "adresses électroniques"),
    "telephone": (COORDONNEES, "numéros de téléphone"),
    "nir": (NUMERO, "numéros de sécurité sociale"),
    "iban": (NUMERO, "numéros de compte bancaire (IBAN)"),
    "numero_unique": (NUMERO, "numéros uniques de demande de logement"),
    CIVILITE: (IDENTITE, "noms de personnes"),
}
#: Part des valeurs remplies à partir de laquelle une écriture que peu d'autres ont (arobase, paires, clé) fait refuser
#: la colonne : une clé peut tomber juste par hasard, une rue porter le nom d'une dame.
SURES = {"adresse": 0.001, "telephone": 0.01, "nir": 0.01, "iban": 0.01, CIVILITE: 0.2}
#: La même part pour une simple suite de chiffres, que d'autres codes peuvent avoir.
CHIFFRES = 0.5
#: Au-delà de ces valeurs remplies, une seule qui ressemble à un numéro est un hasard.
PEU = 20
#: En deçà de ces caractères, rien de ce qui est cherché ne tient.
COURT = 5
ADRESSE = r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}"
# Le séparateur se répète ou non ; les paires de chiffres distinguent un téléphone d'un autre code.
_PAIRES = r"[1-9](?:[ .\-_/\x{a0}\x{202f}]\d{2}){4}"
TELEPHONE = (
    rf"(?:^|[^\w+])(?:0|(?:\+|00) ?33[ .\-]?(?:\(0\))?[ .\-]?){_PAIRES}(?:\D|$)"
    r"|(?:^|\W)(?:\+|00)33(?:\(0\))?[1-9]\d{8}(?:\D|$)"
)
_COMPACT = r"[ .\-_/\x{a0}\x{202f}]"
_LIEU = r"(?:\d{2}|2[AB])"
NIR_13 = rf"^[1-478]\d{{2}}(?:0[1-9]|1[0-2]|[2-9]\d){_LIEU}\d{{6}}$"
NIR_15 = NIR_13.removesuffix("$") + r"\d{2}$"
IBAN = r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$"
UNIQUE = r"^\d{3}(?:(?:0[1-9]|1[0-2])\d{2}|\d{2}(?:0[1-9]|1[0-2]))\d{6}[0-9A-Z]{5}$"
#: Le début d'un numéro, ou d'un compte bancaire.
NUMERO_OU_COMPTE = r"^(?:\d[ .\-_/\x{a0}\x{202f}\d,]{5}|[A-Za-z]{2} ?\d{2})"
#: Sans cela (une arobase, neuf chiffres ou leur puissance de dix), ni numéro ni adresse...
NUMERIQUE = r"@|(?:\d\D{0,4}){9}|\d[eE]\+?\d"
#: ... et sans cela, ni civilité : rien d'autre n'est à chercher.
CANDIDAT = f"{NUMERIQUE}|{personnes.CANDIDAT}"
#: Un compte ou un NIR au milieu d'une phrase, séparateurs compris.
DANS_UN_TEXTE = (
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}",
    r"(?<!\d)[1-478](?:[ .\-\u00a0\u202f]?[\dAB]){14}(?!\d)",
)
IBAN_FRANCAIS = 27
#: Neuf ou dix chiffres d'affilée ; le zéro de tête se perd dans un tableur.
NUMEROS = r"^0?[1-9]\d{8}$"


def familles_des_colonnes(
    colonnes: dict[int, pd.Series],
    connues: frozenset[int] = frozenset(),
    libelles: frozenset[int] = frozenset(),
    nommables: frozenset[int] = frozenset(),
) -> dict[int, str]:
    """Rang de chaque colonne interdite -> ce que l'on y a reconnu (une clé de :data:`RECONNUS`).

    ``colonnes`` : rang -> textes, vide ou manquant pour une valeur absente ; ``connues`` : les colonnes que le format
    prévoit, où une suite de chiffres est d'abord un identifiant ; ``libelles`` : celles qui se montrent à des
    partenaires, où une seule valeur suffit ; ``nommables`` : celles où une seule personne nommée suffit (le format n'y
    prévoit ni nom de voie, ni rien qui y ressemble).
    """
    trouvees = {
        rang: _reconnaitre(_en_arrow(c), rang in connues, rang in libelles, rang in nommables | libelles)
        for rang, c in colonnes.items()
    }
    return {rang: nom for rang, nom in trouvees.items() if nom}


def suspecte(textes: pa.Array) -> bool:
    """Une valeur au moins, parmi des valeurs distinctes, demande-t-elle d'examiner la colonne ?"""
    textes = textes.filter(pc.greater_equal(pc.binary_length(textes), COURT)).drop_null()
    textes = textes.filter(pc.match_substring_regex(textes, CANDIDAT))
    return bool(len(textes)) and any(m.any() for m in [*_sures(textes).values(), *_chiffrees(textes).values()])


def famille_du_texte(texte: str) -> str | None:
    """Ce qu'un texte écrit à la main contient d'interdit (une clé de :data:`RECONNUS`), ou ``None``.

    >>> famille_du_texte("voir jean.dupont@exemple.fr"), famille_du_texte("bail du 03/02/2010")
    ('adresse', None)
    """
    suites = [re.sub(r"\W", "", suite) for motif in DANS_UN_TEXTE for suite in re.findall(motif, str(texte).upper())]
    suites = [suite[:IBAN_FRANCAIS] if suite.startswith("FR") else suite for suite in suites]
    if not suites and not re.search(NUMERIQUE, str(texte)):
        return None
    for nom, masque in _ecrites(pa.array([str(texte), *suites], pa.large_string())).items():
        if masque.any():
            return nom
    seul = re.search(r"(?<!\d)0[1-9]([ .\-/\u00a0\u202f]?)\d{2}(?:\1\d{2}){3}(?!\d)", str(texte))
    return "telephone" if seul else None


def _en_arrow(colonne: pd.Series) -> pa.Array:
    if isinstance(colonne.dtype, pd.CategoricalDtype):
        colonne = colonne.astype("str")
    valeurs = pa.array(colonne, from_pandas=True)
    valeurs = valeurs.combine_chunks() if isinstance(valeurs, pa.ChunkedArray) else valeurs
    return valeurs if pa.types.is_large_string(valeurs.type) else valeurs.cast(pa.large_string())


def _reconnaitre(textes: pa.Array, connue: bool, libelle: bool, nommable: bool) -> str | None:
    longueurs = pc.binary_length(textes)
    if (pc.max(longueurs).as_py() or 0) < COURT:
        return None
    comptees = _candidates(textes)
    if not len(comptees):
        return None
    distinctes, nombres = comptees.field("values"), comptees.field("counts").to_numpy()
    remplies = pc.sum(pc.greater(longueurs, 0)).as_py()
    for nom, masque in _sures(distinctes).items():
        une_suffit = nommable if nom == CIVILITE else libelle
        au_moins = 1 if nom == "adresse" or remplies <= PEU else 2
        seuil = 1 if une_suffit else max(SURES[nom] * remplies, au_moins)
        if masque.any() and nombres[masque].sum() >= seuil:
            return nom
    for nom, masque in _chiffrees(distinctes).items():
        if not masque.any() or nombres[masque].sum() < CHIFFRES * remplies:
            continue
        if nom != "telephone" or _sont_des_telephones(distinctes.filter(pa.array(masque)), connue):
            return nom
    return None


def _candidates(textes: pa.Array) -> pa.StructArray:
    """Les valeurs distinctes à regarder de plus près, et combien de fois chacune est écrite."""
    if not se_repete(textes):
        return pc.value_counts(textes.filter(pc.match_substring_regex(textes, CANDIDAT)))
    comptees = pc.value_counts(textes)
    return comptees.filter(pc.match_substring_regex(comptees.field("values"), CANDIDAT))


def _sures(textes: pa.Array) -> dict[str, np.ndarray]:
    """Ce que sa seule écriture trahit : valeur distincte -> vrai."""
    return _ecrites(textes) | {CIVILITE: _nommes(textes)}


def _ecrites(textes: pa.Array) -> dict[str, np.ndarray]:
    """De même, sans les noms de personnes."""
    return {
        "adresse": _cherche(textes, ADRESSE, avec="@"),
        "telephone": _cherche(textes, TELEPHONE),
        "nir": _du_numero(textes, NIR_15, cles_nir),
        "iban": _du_numero(textes, IBAN, cles_iban),
    }


def _nommes(textes: pa.Array) -> np.ndarray:
    masque = _cherche(textes, personnes.CANDIDAT)
    masque[masque] = [nomme_une_personne(texte) for texte in textes.filter(pa.array(masque)).to_pylist()]
    return masque


def _chiffrees(textes: pa.Array) -> dict[str, np.ndarray]:
    """Ce qui n'a pour soi que la forme de ses chiffres."""
    motifs = {"nir": NIR_13, "numero_unique": UNIQUE, "telephone": NUMEROS}
    return {nom: _du_numero(textes, motif) for nom, motif in motifs.items()}


def _du_numero(textes: pa.Array, motif: str, cle: Callable | None = None) -> np.ndarray:
    """Vrai pour une valeur qui commence comme un numéro et qui, sans ses séparateurs, a le motif et sa clé."""
    masque = _cherche(textes, NUMERO_OU_COMPTE)
    for verifier in (lambda serres: _cherche(serres, motif), cle and (lambda serres: cle(_en_textes(serres)))):
        if verifier and masque.any():
            masque[masque] = verifier(_serrer(textes.filter(pa.array(masque))))
    return masque


def _en_textes(valeurs: pa.Array) -> pd.Series:
    return valeurs.to_pandas().astype("str")


def _serrer(textes: pa.Array) -> pa.Array:
    """Sans séparateurs, en majuscules ; un nombre qu'un tableur a écrit « 1.85E+14 » redevient ses chiffres."""
    serres = pc.utf8_upper(pc.replace_substring_regex(textes, _COMPACT, ""))
    puissances = _cherche(textes, r"^[1-9](?:[.,]\d+)?[eE]\+?\d{1,2}$")
    if puissances.any():
        nombres = pd.to_numeric(pc.replace_substring(textes.filter(pa.array(puissances)), ",", ".").to_pandas())
        ecrits = pa.array(nombres.clip(upper=9e18).astype("int64").astype("str"), pa.large_string())
        serres = pc.replace_with_mask(serres, pa.array(puissances), ecrits)
    return serres


def _cherche(textes: pa.Array, motif: str, avec: str | None = None) -> np.ndarray:
    """Vrai là où le motif est trouvé ; ``avec`` : un caractère qu'il a toujours, plus rapide à voir."""
    if avec:
        masque = pc.match_substring(textes, avec).to_numpy(zero_copy_only=False)
        if masque.any():
            masque[masque] = _cherche(textes.filter(pa.array(masque)), motif)
        return masque
    return pc.match_substring_regex(textes, motif).to_numpy(zero_copy_only=False)


def _sont_des_telephones(numeros: pa.Array, connue: bool) -> bool:
    """Des suites de neuf ou dix chiffres sont-elles des téléphones ?

    Les mobiles (06, 07) se dispersent sur toutes leurs tranches, quand des identifiants en partagent une. Dans une
    colonne que le format ne prévoit pas, dix chiffres qui commencent par zéro suffisent.
    """
    textes = _en_textes(_serrer(numeros))
    if not connue and textes.str.len().eq(10).mean() >= CHIFFRES:
        return True
    nus = textes.str[-9:]
    mobiles = nus[nus.str[0].isin(["6", "7"])]
    tranches = mobiles.str[:3].nunique()
    return len(mobiles) >= 0.3 * len(nus) and tranches >= max(2, min(20, len(mobiles) / 3))
