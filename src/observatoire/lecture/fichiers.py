"""Lire un fichier déposé, CSV ou tableur, en un tableau de textes où chaque ligne garde son numéro."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from observatoire.lecture.bornes import hors_bornes
from observatoire.lecture.malfacons import (
    LIGNES_D_EN_TETE,
    entete_repete,
    erreurs_de_tableur,
    erreurs_ecrites,
    premieres_lignes,
    titre_au_dessus,
)
from observatoire.lecture.problemes import Probleme, enumerer, par_valeur
from observatoire.lecture.refus import FichierIllisible, refuser

#: Formats conseillés à qui dépose ; l'ancien XLS, et Parquet, que produisent des programmes, se lisent aussi.
FORMATS = ("csv", "xlsx", "ods")
LUS = (*FORMATS, "xls", "parquet")
#: Un Parquet, ou un morceau de dépôt, que nous avons coupé.
EN_COLONNES = (".parquet", ".morceau")
# Suites de lettres que produit un texte UTF-8 relu comme du Latin-1 : le fichier mêle deux encodages.
MELANGE = re.compile("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
AUTRES_SEPARATEURS = {"\t": "des tabulations", "|": "des barres verticales"}
#: L'encodage de DOS et celui des anciens Macintosh -> ce qui s'en dit.
ANCIENS = {"cp850": "DOS (CP850)", "mac_roman": "Macintosh (MacRoman)"}
_PETITES, _GRANDES = "àâäçéèêëîïôöùûüÿœæ", "ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ"
#: Ce qu'un texte français n'a pas : un autre signe, une capitale accentuée après une minuscule, ou l'inverse.
ETRANGE = re.compile(
    rf"[^\x00-\x7f{_PETITES}{_GRANDES}°€²³½«»’‘“”…–—·µ§±\u00a0]|[a-z][{_GRANDES}]|[A-Z][{_PETITES}][A-Z]"
)
#: Les accents de presque tout texte français : sans l'un d'eux, rien ne prouve un encodage.
COURANTES = re.compile("[éèàêçôâîûÉÈÀ°]")
_COMMANDES = bytes([*range(0x09), *range(0x0E, 0x20)])


@dataclass(frozen=True)
class Lu:
    """Un fichier lu. ``cadre`` : textes sans espaces autour, vide = manquant, colonnes 0, 1, 2… ;
    ``lignes`` : numéro de chaque ligne dans le tableur (l'en-tête est la ligne 1) ; ``feuille`` : sa feuille.
    """

    entete: list[str]
    cadre: pd.DataFrame
    lignes: np.ndarray
    feuille: str | None = None


def lire_fichier(chemin: Path, entetes_attendus: list[list[str]], sans_ligne: bool = False) -> Lu:
    """Lire un fichier CSV, XLSX, XLS, ODS ou Parquet.

    ``entetes_attendus`` : les en-têtes possibles, qui servent à choisir la feuille d'un classeur ; ``sans_ligne`` :
    admettre un en-tête seul, comme en a un registre où rien n'est encore écrit.
    Lève :class:`FichierIllisible`.
    """
    try:
        return _lire_selon_le_format(chemin, entetes_attendus, sans_ligne)
    except OSError as erreur:
        raise FichierIllisible(inaccessible(erreur)) from erreur


def inaccessible(erreur: OSError, quoi: str = "fichier") -> Probleme:
    """Le problème d'un fichier ou d'un dossier que le système ne laisse pas lire."""
    if isinstance(erreur, PermissionError):
        conseil = "Donner ce droit au compte qui lance la commande."
        return Probleme("acces", f"le droit de lire ce {quoi} manque.", conseil)
    return Probleme("acces", f"ce {quoi} ne peut pas être lu.", "Le copier de nouveau dans le dossier des dépôts.")


def _lire_selon_le_format(chemin: Path, entetes_attendus: list[list[str]], sans_ligne: bool) -> Lu:
    if chemin.stat().st_size == 0:
        raise FichierIllisible(_vide())
    if chemin.suffix.lower() in EN_COLONNES:
        from observatoire.lecture.parquet import lire_textes

        texte, lu = None, Lu(*lire_textes(chemin))
    elif chemin.suffix.lower() == ".csv":
        texte = decoder(chemin.read_bytes())
        separateur = _separateur(texte)
        refuser(hors_bornes(texte.count("\n"), re.match(r"[^\n]*", texte)[0].count(separateur) + 1))
        refuser(titre_au_dessus(premieres_lignes(texte), entetes_attendus))
        lu = _lire_d_un_bloc(texte, separateur) or _structurer(lignes_csv(texte, separateur))
    else:
        from observatoire.lecture.tableurs import choisir_feuille, trouver_les_fautives

        nom, lignes = choisir_feuille(chemin, entetes_attendus)
        refuser(erreurs_de_tableur(trouver_les_fautives(chemin, nom), lignes, entetes_attendus))
        refuser(titre_au_dessus(lignes[:LIGNES_D_EN_TETE], entetes_attendus))
        texte, lu = None, _structurer(lignes, nom)
    if lu.cadre.empty and not sans_ligne:
        raise FichierIllisible(_vide(entete=True))
    refuser(entete_repete(lu.cadre, lu.entete, lu.lignes, entetes_attendus))
    if texte is None or "#" in texte or "Err:" in texte:
        refuser(erreurs_de_tableur(erreurs_ecrites(lu.cadre, lu.lignes), [lu.entete], entetes_attendus))
    return lu


def _vide(entete: bool = False) -> Probleme:
    quoi = "le fichier n'a aucune ligne sous l'en-tête." if entete else "le fichier est vide."
    return Probleme("vide", quoi, "Déposer le fichier complet, ou ne pas le déposer du tout.")


def decoder(octets: bytes) -> str:
    """UTF-8 (avec ou sans marque), sinon Latin-1 dans sa forme Windows, ou l'un des :data:`ANCIENS` si lui seul ne
    donne que des lettres françaises ; le reste est refusé.

    Lève :class:`FichierIllisible`.
    """
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FichierIllisible(_encodage("le fichier est encodé en UTF-16."))
    for encodage in ("utf-8-sig", encodage_ancien(octets) or "cp1252"):
        try:
            texte = octets.decode(encodage)
        except UnicodeDecodeError:
            continue
        if binaire(octets):
            raise FichierIllisible(_encodage("ce n'est pas un fichier de texte."))
        if encodage == "cp1252" and MELANGE.search(texte):
            raise FichierIllisible(_encodage("le fichier mêle deux encodages, UTF-8 et Latin-1."))
        return texte
    raise FichierIllisible(_encodage("l'encodage n'est ni UTF-8, ni Latin-1."))


def encodage_ancien(octets: bytes) -> str | None:
    """Celui des :data:`ANCIENS` qui fait de ces octets un texte français, ce que Latin-1 ne fait pas ; ``None`` le plus
    souvent.
    """
    if octets.isascii() or binaire(octets):
        return None
    with contextlib.suppress(UnicodeDecodeError):
        octets.decode("utf-8-sig")
        return None
    candidats = ("cp1252", *ANCIENS)
    francais = [e for e in candidats if not ETRANGE.search(octets.decode(e, "replace"))]
    if not francais or francais[0] not in ANCIENS or not COURANTES.search(octets.decode(francais[0])):
        return None
    return francais[0]


def binaire(octets: bytes) -> bool:
    """Y a-t-il des caractères de commande qu'un texte n'a pas ? Aucun encodage lu ne les emploie à autre chose."""
    return len(octets.translate(None, _COMMANDES)) < len(octets)


def _encodage(phrase: str) -> Probleme:
    return Probleme(
        "encodage", phrase, "Enregistrer de nouveau au format « CSV UTF-8 », ou déposer le fichier XLSX ou ODS."
    )


def _lire_d_un_bloc(texte: str, separateur: str) -> Lu | None:
    """Lecture rapide d'un CSV sans guillemet ni ligne vide, où une ligne du texte est une ligne du tableur.

    Retourne ``None`` au moindre doute : la lecture ligne à ligne prend alors le relais et sait dire ce qui ne va pas.
    """
    normalise = (texte.replace("\r\n", "\n") if "\r" in texte else texte).rstrip("\n")
    suivantes = normalise.count("\n")
    if '"' in normalise or "\r" in normalise or "\n\n" in normalise or suivantes < 1:
        return None
    entete = [nom.strip() for nom in normalise[: normalise.index("\n")].split(separateur)]
    rangs = [str(rang) for rang in range(len(entete))]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(normalise.encode()),
            read_options=arrow_csv.ReadOptions(column_names=rangs, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(delimiter=separateur, quote_char=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(rangs, pa.large_string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if "" in entete or table.num_rows != suivantes:
        return None
    nus = {int(rang): pd.Series(pc.utf8_trim_whitespace(table[rang]), dtype="str") for rang in rangs}
    cadre = pd.DataFrame(nus)
    remplies = cadre.ne("").any(axis=1).to_numpy()
    numeros = np.arange(2, len(cadre) + 2)
    return Lu(entete, cadre[remplies].reset_index(drop=True), numeros[remplies])


def lignes_csv(texte: str, separateur: str) -> list[list[str]]:
    """Les lignes d'un CSV, guillemets ôtés. Lève :class:`FichierIllisible` s'ils sont mal fermés."""
    try:
        return list(csv.reader(io.StringIO(texte, newline=""), delimiter=separateur, strict=True))
    except csv.Error as erreur:
        raise FichierIllisible(
            Probleme(
                "guillemets",
                "un guillemet ouvert n'est pas refermé, ou est suivi d'un autre texte.",
                "Doubler les guillemets à l'intérieur d'une valeur, ou enregistrer de nouveau depuis un tableur.",
            )
        ) from erreur


def _separateur(texte: str) -> str:
    premiere = next((m[0] for m in re.finditer(r"[^\r\n]+", texte) if m[0].strip()), "")
    essais = {s: len(next(csv.reader([premiere], delimiter=s), [])) for s in (";", ",")}
    for autre, nom in AUTRES_SEPARATEURS.items():
        if premiere.count(autre) >= max(essais.values()):
            raise FichierIllisible(
                Probleme(
                    "separateur",
                    f"les valeurs sont séparées par {nom}.",
                    "Enregistrer de nouveau avec le séparateur « ; » ou « , ».",
                )
            )
    return max(essais, key=essais.get)


def _structurer(lignes: list[list[str]], feuille: str | None = None) -> Lu:
    """Séparer l'en-tête des données, écarter les lignes vides, refuser les lignes mal découpées."""
    numerotees = [(n, ligne) for n, ligne in enumerate(lignes, start=1) if "".join(ligne).strip()]
    if not numerotees:
        raise FichierIllisible(_vide())
    entete = [nom.strip() for nom in numerotees[0][1]]
    while entete and not entete[-1] and feuille is not None:
        entete.pop()
    numeros = np.array([n for n, _ in numerotees[1:]], dtype="int64")
    largeurs = np.array([len(ligne) for _, ligne in numerotees[1:]], dtype="int64")
    donnees = [ligne for _, ligne in numerotees[1:]]
    if feuille is None and (largeurs != len(entete)).any():
        raise FichierIllisible(*_mal_decoupees(numeros, largeurs, len(entete)))
    cadre = pd.DataFrame(donnees, dtype="str") if donnees else pd.DataFrame(columns=range(len(entete)), dtype="str")
    if feuille is not None and cadre.iloc[:, len(entete) :].ne("").any(axis=None):
        raise FichierIllisible(
            Probleme(
                "hors_tableau",
                "des cellules sont remplies à droite de la dernière colonne nommée.",
                "Donner un nom à leur colonne ; si elles ne sont pas du tableau, les ôter.",
            )
        )
    cadre = cadre.iloc[:, : len(entete)]
    return Lu(entete, cadre.apply(lambda colonne: colonne.str.strip()), numeros, feuille)


def _mal_decoupees(numeros: np.ndarray, largeurs: np.ndarray, attendu: int) -> list[Probleme]:
    fausses = largeurs != attendu
    groupes = par_valeur(pd.Series(largeurs[fausses]), pd.Series(numeros[fausses]))
    return [
        Probleme(
            "nombre_de_champs",
            f"{largeur} valeurs au lieu de {attendu}.",
            "Mettre entre guillemets les valeurs qui contiennent le séparateur, et remplir toutes les colonnes.",
            lignes=lignes,
        )
        for largeur, lignes in groupes.items()
    ]


def conseiller_format(suffixe: str) -> str:
    """Que faire d'un fichier dont le format n'est pas lu."""
    admis = enumerer(f.upper() for f in FORMATS)
    return f"Enregistrer le fichier dans un de ces formats : {admis}." if suffixe else f"Formats admis : {admis}."
