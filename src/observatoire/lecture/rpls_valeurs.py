"""Ce que disent les cellules d'un fichier RPLS, et celles qui ne disent rien de lisible.

Une cellule remplie que l'on ne sait pas lire devient manquante et se compte. Au-delà de :data:`PART_ILLISIBLE`, la
colonne entière est suspecte (décalée, mal exportée) : le fichier est refusé.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from observatoire.lecture.depots import Traitement
from observatoire.lecture.problemes import Probleme, citer_code, par_code
from observatoire.lecture.rpls_modeles import CODE_QPV, DIT_QPV, ETIQUETTES
from observatoire.lecture.rpls_traitements import VIDES

#: Un fichier n'a pas plus de systèmes de coordonnées.
SYSTEMES = 100
PART_ILLISIBLE = 0.10  # dite dans le refus
LAMBERT_93 = 2154
SANS_ETIQUETTE = "9"
#: Colonnes utiles, et ce qu'on peut y écrire.
ADMISES = {
    "NBPIECE": "un nombre entier de pièces",
    "SURFHAB": "une surface en m², sans l'unité",
    "CONSTRUCT": "une année, par exemple 1970",
    "LOCAT": "une année, par exemple 1970",
    "FINAN": "un code de financement sur deux chiffres, 0 ou NC",
    "DPEENERGIE": "une étiquette de A à G, ou son code de 2 à 8",
    "QPV": "1 (en quartier prioritaire), 2 (hors quartier prioritaire) ou le code du quartier prioritaire",
    "X": "un nombre",
    "Y": "un nombre",
}


def en_nombre(textes: pd.Series) -> pd.Series:
    """Nombres d'une colonne de textes ; manquant si la cellule est vide ou illisible."""
    nombres = pd.to_numeric(textes.str.replace(",", "."), errors="coerce").astype("float64")
    return nombres.replace([np.inf, -np.inf], np.nan)


def en_qpv(textes: pd.Series) -> pd.Series:
    """« oui » (1 ou un code de quartier prioritaire), « non » (2) ou manquant."""
    codes = textes.str.upper().str.fullmatch(CODE_QPV)
    return textes.map(DIT_QPV).astype("str").mask(codes, "oui")


def en_etiquette(textes: pd.Series) -> pd.Series:
    """Étiquette énergie de A à G, ou manquant."""
    return textes.str.upper().map(ETIQUETTES).astype("str")


def illisibles(textes: pd.DataFrame) -> pd.DataFrame:
    """Masque des cellules remplies des colonnes utiles que l'on ne sait pas lire."""
    vides = textes[list(ADMISES)].isin(VIDES)
    lues = {c: en_nombre(textes[c]).notna() for c in ("NBPIECE", "SURFHAB", "CONSTRUCT", "LOCAT", "X", "Y")}
    lues["FINAN"] = textes["FINAN"].str.fullmatch(r"\d\d")
    lues["DPEENERGIE"] = en_etiquette(textes["DPEENERGIE"]).notna() | textes["DPEENERGIE"].eq(SANS_ETIQUETTE)
    lues["QPV"] = en_qpv(textes["QPV"]).notna()
    return ~(vides | pd.DataFrame(lues)[list(ADMISES)])


def compter_illisibles(masque: pd.DataFrame, noms: dict[str, str]) -> list[Traitement]:
    """Un traitement par colonne ; ``noms`` : nom de la colonne dans le fichier."""
    return [
        Traitement(f"illisible_{colonne.lower()}", "réparé", int(n), f"{noms[colonne]}, valeur illisible : manquante.")
        for colonne, n in masque.sum().items()
    ]


def refuser_illisibles(textes: pd.DataFrame, masque: pd.DataFrame, noms: dict[str, str]) -> list[Probleme]:
    """Les colonnes dont plus de 10 % des lignes sont illisibles : un problème par valeur."""
    return [
        Probleme(
            "illisible",
            f"{citer_code(valeur)} ne peut pas être lu ; plus de 10 % de la colonne est illisible.",
            f"Écrire {ADMISES[colonne]}, ou laisser vide.",
            noms[colonne],
            lignes,
        )
        for colonne in masque.columns[masque.mean() > PART_ILLISIBLE]
        for valeur, lignes in par_code(textes.loc[masque[colonne], colonne]).items()
    ]


def systeme(epsg: str) -> int | None:
    """Code EPSG d'un système de coordonnées, Lambert-93 par défaut ; ``None`` s'il n'existe pas.

    >>> systeme("4326.0"), systeme(""), systeme("L93")
    (4326, 2154, None)
    """
    if not epsg:
        return LAMBERT_93
    code = re.fullmatch(r"(?:EPSG:)?(\d{4,6})(?:[.,]0*)?", epsg, re.IGNORECASE)
    if code and int(code[1]) != LAMBERT_93:
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        try:
            CRS.from_epsg(int(code[1]))
        except CRSError:
            return None
    return int(code[1]) if code else None


def refuser_systemes(epsg: pd.Series) -> list[Probleme]:
    """Les systèmes de coordonnées que l'on ne connaît pas."""
    distincts = epsg.unique()
    inconnus = [e for e in distincts[:SYSTEMES] if systeme(e) is None]
    inconnus += list(distincts[SYSTEMES:])  # chercher chacun serait long, et un fichier n'en a qu'un ou deux
    return [
        Probleme(
            "systeme",
            f"{citer_code(valeur)} n'est pas un système de coordonnées connu.",
            "Écrire son code EPSG : 2154 (Lambert-93), 4326 (longitude et latitude).",
            "EPSG",
            lignes,
        )
        for valeur, lignes in par_code(epsg[epsg.isin(inconnus)]).items()
    ]


def positions(textes: pd.DataFrame) -> pd.DataFrame:
    """x et y en Lambert-93 ; les autres systèmes (outre-mer) sont ramenés en longitude et latitude."""
    nombres = {c: en_nombre(textes[c]) for c in ("X", "Y")}
    places = pd.DataFrame(np.nan, index=textes.index, columns=["x", "y", "lon", "lat"])
    systemes = textes["EPSG"].map({e: systeme(e) for e in textes["EPSG"].unique()})
    lambert = systemes.eq(LAMBERT_93)
    places["x"], places["y"] = nombres["X"].where(lambert), nombres["Y"].where(lambert)
    for code in systemes[~lambert].unique():
        from pyproj import Transformer

        ici = systemes.eq(code)
        vers = Transformer.from_crs(int(code), 4326, always_xy=True)
        lon, lat = vers.transform(nombres["X"][ici].to_numpy(), nombres["Y"][ici].to_numpy())
        places.loc[ici, "lon"], places.loc[ici, "lat"] = lon, lat
    return places.replace([np.inf, -np.inf], np.nan)
