"""Passer des valeurs d'un déposant aux nôtres, colonne par colonne : codes, unités, dates, identifiants.

Ce qui ne se traduit pas reste tel quel : le contrôle de la table le dira, sous le nom et la ligne de son fichier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.lecture.conversion import cle_de_valeur, convertir, nombres_ecrits
from observatoire.schemas import Champ

if TYPE_CHECKING:
    from observatoire.configuration.modeles.correspondances import ColonneEcrite

#: Une unité derrière un nombre.
UNITE = r"(?i)(?<=[\d.,])\s*(?:m²|m2|€|eur|euros?|€/mois|%|mois|ans?|pi[eè]ces?)$"
#: Les tranches de ressources, en pourcentage du plafond : la borne basse est comprise.
TRANCHES = {"bornes": [-np.inf, 20, 40, 60, 100, np.inf], "noms": ["0-20", "20-40", "40-60", "60-100", "100+"]}
#: Forme écrite -> (motif, format de pandas, ce qui se met devant).
FORMATS = {
    "AAAAMMJJ": (r"\d{8}", "%Y%m%d", ""),
    "JJMMAAAA": (r"\d{7,8}", "%d%m%Y", ""),
    "JJ.MM.AAAA": (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y", ""),
    "JJ-MM-AAAA": (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y", ""),
    "MM/AAAA": (r"\d{1,2}/\d{4}", "%d/%m/%Y", "01/"),
}
#: Une date que rien d'autre ne contraint.
DATE = Champ("date", "date", "", "", False, False, {})
#: Le jour zéro des tableurs.
ORIGINE = "1899-12-30"


def traduire(textes: pd.Series, ecrite: ColonneEcrite, champ: Champ) -> pd.Series:
    """Une colonne du déposant (textes), dans les valeurs que notre colonne attend."""
    if ecrite.valeurs:
        table = {cle_de_valeur(sienne): notre for sienne, notre in ecrite.valeurs.items()}
        textes = textes.map({v: table.get(cle_de_valeur(v), v) for v in textes.unique()}).astype("str")
    if ecrite.dates:
        textes = dater(textes, ecrite.dates)
    if ecrite.unite == "annee":
        return _en_annees(textes)
    if ecrite.forme:
        return mettre_en_forme(textes, ecrite.forme)
    if champ.type in ("number", "integer") or ecrite.unite:
        textes = _nombres(textes, ecrite.milliers)
    if ecrite.unite == "annuel":
        return _calculer(textes, lambda n: (n / 12).round(2))
    if ecrite.unite == "fraction":
        return _calculer(textes, lambda n: (n * 100).round(10))
    if ecrite.unite == "tranches":
        rangees = pd.cut(nombres_ecrits(textes), TRANCHES["bornes"], right=False, labels=TRANCHES["noms"])
        return rangees.astype("str").fillna(textes)
    if ecrite.unite == "montant":
        nombres = nombres_ecrits(textes)
        return textes.mask(nombres.gt(0), "oui").mask(nombres.eq(0), "non")
    return textes


def _nombres(textes: pd.Series, milliers: str) -> pd.Series:
    """Des nombres sans leur unité, ni le signe de leurs milliers."""
    textes = textes.str.replace(UNITE, "", regex=True)
    if milliers:
        textes = textes.str.replace(milliers, "", regex=False)
    return textes


def _calculer(textes: pd.Series, calcul) -> pd.Series:
    nombres = nombres_ecrits(textes)
    ecrits = calcul(nombres).map(lambda v: np.format_float_positional(v, trim="-"))
    return ecrits.astype("str").where(nombres.notna(), textes)


def dater(textes: pd.Series, forme: str) -> pd.Series:
    """Les dates de cette forme, en AAAA-MM-JJ."""
    if forme == "serie":
        siennes = textes.str.fullmatch(r"\d{1,6}(?:[.,]\d+)?")
        jours = pd.to_numeric(textes.where(siennes).str.replace(",", "."), errors="coerce") // 1
        dates = pd.to_datetime(jours, unit="D", origin=ORIGINE, errors="coerce")
    else:
        motif, format_, devant = FORMATS[forme]
        siennes = textes.str.fullmatch(motif)
        ecrites = devant + (textes.str.zfill(8) if forme == "JJMMAAAA" else textes)
        dates = pd.to_datetime(ecrites.where(siennes), format=format_, errors="coerce")
    return dates.dt.strftime("%Y-%m-%d").astype("str").where(siennes & dates.notna(), textes)


def _en_annees(textes: pd.Series) -> pd.Series:
    dates, _ = convertir(textes, DATE)
    return dates.dt.strftime("%Y").astype("str").where(dates.notna(), textes)


def mettre_en_forme(textes: pd.Series, forme: str) -> pd.Series:
    """Des numéros, sous la forme de l'identifiant : leurs chiffres remplissent ses zéros, par la droite.

    >>> mettre_en_forme(pd.Series(["1001", "38002", "NEO0001-001"]), "NEO0000-000").tolist()
    ['NEO0001-001', 'NEO0038-002', 'NEO0001-001']
    """
    places = forme.count("0")
    numeros = textes.str.replace(r"[.,]0+$", "", regex=True)
    nus = numeros.where(~numeros.str.fullmatch(r"[\d ./-]+"), numeros.str.replace(r"[ ./-]", "", regex=True))
    entiers = nus.str.fullmatch(rf"\d{{1,{places}}}") & (numeros.eq(nus) | nus.str.len().eq(places))
    chiffres, ecrits, rang = nus.str.zfill(places), "", 0
    for signe in forme:
        ecrits = ecrits + (chiffres.str[rang] if signe == "0" else signe)
        rang += signe == "0"
    return pd.Series(ecrits, index=textes.index).astype("str").where(entiers, textes)
