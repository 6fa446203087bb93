"""Les singularités connues des fichiers RPLS : chacune a un nom, un traitement voulu, et se compte.

Un traitement est une fonction qui reçoit le tableau de textes et dit quelles lignes sont concernées. « réparé » : la
valeur vraie est certaine ou la valeur fausse est retirée ; « mis à part » : la ligne ne sert pas ; « gardé » : la ligne
sert telle quelle, et l'on sait qu'elle est étrange. La première ligne de la docstring est la phrase du rapport.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from observatoire.lecture.depots import Traitement
from observatoire.lecture.rpls_modeles import ADRESSE, ETIQUETTES, FINANCEMENTS, PLACE

SINGULARITES: dict[str, tuple[str, Callable]] = {}
VIDES = ("", "0", "NC", "Non renseigné", "Non conforme", "Sans objet")


def singularite(genre: str):
    """Déclarer une singularité : la fonction décorée retourne le masque des lignes concernées."""

    def inscrire(fonction):
        SINGULARITES[fonction.__name__] = (genre, fonction)
        return fonction

    return inscrire


def constater(textes: pd.DataFrame) -> list[Traitement]:
    """Compter chaque singularité d'un fichier, sur toutes ses lignes ; celles qui n'y sont pas comptent zéro."""
    return [
        Traitement(nom, genre, int(fonction(textes).sum()), fonction.__doc__.splitlines()[0])
        for nom, (genre, fonction) in SINGULARITES.items()
    ]


@singularite("réparé")
def zeros_perdus(d):
    """Code de commune sans son zéro initial (6029) : le zéro est remis."""
    return d["DEPCOM"].str.len().eq(4)


@singularite("réparé")
def dpe_fictif(d):
    """Date de diagnostic 01/1900 sans étiquette : diagnostic inconnu, l'étiquette est manquante."""
    return d["DPEDATE"].str.fullmatch(r"(?:01/)?01/1900|1900-01(?:-01)?") & d["DPEENERGIE"].isin(VIDES)


@singularite("réparé")
def dpe_en_chiffres(d):
    """Étiquette énergie codée de 2 à 8, comme dans le dictionnaire : traduite de A à G."""
    return d["DPEENERGIE"].isin([code for code in ETIQUETTES if code.isdigit()])


@singularite("réparé")
def surface_non_renseignee(d):
    """Surface habitable à 0 ou non conforme : manquante."""
    return d["SURFHAB"].isin(VIDES)


@singularite("réparé")
def pieces_non_renseignees(d):
    """Nombre de pièces à 0 ou non conforme : manquant."""
    return d["NBPIECE"].isin(VIDES)


@singularite("gardé")
def financement_inconnu(d):
    """Financement « autre », non renseigné ou non conforme : le logement est gardé, son financement est inconnu."""
    return ~d["FINAN"].isin(FINANCEMENTS) & (d["FINAN"].isin(VIDES) | d["FINAN"].str.fullmatch(r"\d\d"))


@singularite("gardé")
def caracteres_perdus(d):
    """Lettre accentuée remplacée par le signe « caractère inconnu » : le libellé est gardé tel quel."""
    return _contient(d, "\ufffd")


@singularite("gardé")
def accents_en_point_d_interrogation(d):
    """Lettre accentuée remplacée par un point d'interrogation dans l'adresse : gardée telle quelle."""
    return _contient(d[[c for c in ("NOMVOIE", "COMPLGEO", "COMPLIDENT", "LIEUDIT") if c in d]], "?")


@singularite("gardé")
def adresse_coupee_a_l_accent(d):
    """Adresse coupée là où d'autres lignes ont un accent abîmé : gardée telle quelle (cas certains seulement)."""
    abimees = d["COMPLGEO"][d["COMPLGEO"].str.contains("[?\ufffd]", regex=True)].unique()
    debuts = {abimee.replace("\ufffd", "?").split("?")[0] for abimee in abimees} - {""}
    return d["COMPLGEO"].isin(debuts)


@singularite("gardé")
def immeuble_comme_une_date(d):
    """Identifiant d'immeuble qui ressemble à une date (7190-01-01) : gardé comme un texte sans signification."""
    return d["IMMEU"].str.fullmatch(r"\d{4}-\d{2}-\d{2}")


@singularite("gardé")
def nombre_abime_par_un_tableur(d):
    """Identifiant récrit en notation scientifique (6.19951E+021) : gardé, jamais utilisé seul comme clé."""
    return _contient(d, r"^\d+(?:[.,]\d+)?E\+\d+$", regex=True)


@singularite("gardé")
def patrimoine_avant_location(d):
    """Entrée au patrimoine antérieure à la première mise en location : les deux années sont gardées."""
    return pd.to_numeric(d["PATRIMOINE"], errors="coerce") < pd.to_numeric(d["LOCAT"], errors="coerce")


@singularite("gardé")
def adresse_partagee(d):
    """Même adresse et même place, sans numéro d'appartement, mais logements différents : tous gardés."""
    return sans_numero(d) & d.duplicated([*ADRESSE, *PLACE], keep=False) & ~d.duplicated(keep=False)


@singularite("gardé")
def lignes_identiques_sans_numero(d):
    """Lignes identiques sans numéro d'appartement : rien ne dit que ce soit le même logement, toutes sont gardées."""
    return sans_numero(d) & d.duplicated(keep=False)


@singularite("mis à part")
def doublons_exacts(d):
    """Ligne répétée à l'identique, numéro d'appartement compris : une seule est gardée."""
    return d.duplicated() & ~sans_numero(d)


def sans_numero(d: pd.DataFrame) -> pd.Series:
    """Logements que ni un numéro d'appartement ni une boîte aux lettres ne distinguent."""
    return d["NUMAPPT"].eq("") & d["NUMBOITE"].eq("")


def _contient(d: pd.DataFrame, motif: str, regex: bool = False) -> pd.Series:
    masque = pd.Series(False, index=d.index)
    for colonne in d.columns:
        masque |= d[colonne].str.contains(motif, regex=regex)
    return masque
