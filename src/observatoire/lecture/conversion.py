"""Passer du texte écrit par un tableur aux types de l'observatoire, colonne par colonne.

Nombres : virgule ou point, espaces (insécables ou non) entre milliers. Dates : AAAA-MM-JJ ou JJ/MM/AAAA ; une
heure derrière n'y change rien.
D'une colonne qui se répète, seules les valeurs distinctes sont converties.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from observatoire.echappement import A_REPLIER, changer_textes, replier
from observatoire.repetitions import se_repete
from observatoire.schemas import Champ

ESPACES = "[ \u00a0\u202f\u2009\u2007]"
NOMBRE = rf"^[+-]?(?:\d+|\d{{1,3}}(?:{ESPACES}\d{{3}})+)(?:[.,]\d+)?$"
#: Des milliers, ou trois décimales : d'un nombre entier, on ne sait lequel.
MILLIERS = r"[+-]?\d{1,3}(?:[.,]\d{3})+"
#: Une heure derrière une date, que les progiciels ajoutent : elle n'en change pas le jour.
HEURE = r"(?:[T ]+(?:[01]?\d|2[0-3])[:h][0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)?"
DATE_ISO = rf"^\d{{4}}-\d{{2}}-\d{{2}}{HEURE}$"
DATE_FRANCAISE = rf"^\d{{1,2}}/\d{{1,2}}/\d{{4}}{HEURE}$"


def cle_de_valeur(valeur: str) -> str:
    """Une valeur sans ses accents, sa casse ni ses espaces de trop ; ses signes restent (« > 100 % »).

    >>> cle_de_valeur("  Loué "), cle_de_valeur("> 100  %")
    ('loue', '> 100 %')
    """
    nue = unicodedata.normalize("NFKD", valeur)
    return " ".join("".join(c for c in nue if not unicodedata.combining(c)).casefold().split())


def convertir(texte: pd.Series, champ: Champ) -> tuple[pd.Series, np.ndarray]:
    """Convertir une colonne de texte (vide = manquant) au type que son champ déclare.

    Un texte est replié : saut de ligne, caractère de commande ou invisible ne va pas plus loin. Retourne la colonne
    convertie (texte, ``float64`` ou ``datetime64``, manquant = NaN/NaT) et le masque des cellules qui n'ont pas pu
    l'être ; ces cellules sont manquantes dans la colonne convertie.
    """
    arrow = pa.array(texte, from_pandas=True)
    if champ.type == "string":
        ordinaires = pc.all(pc.ascii_is_printable(arrow)).as_py()  # le cas le plus fréquent se voit sans motif
        if not ordinaires and texte.str.contains(A_REPLIER).any():
            texte = changer_textes(texte, replier)
        if champ.admises:
            texte = _sans_casse_ni_accents(texte, champ.admises)
        return texte.mask(texte.eq("")), np.zeros(len(texte), dtype=bool)
    repetee = se_repete(arrow)
    rangs, distinctes = pd.factorize(texte) if repetee else (np.arange(len(texte)), texte.array)
    distinctes = pd.Series(distinctes, dtype="str")
    valeurs = _dates(distinctes) if champ.type == "date" else nombres_ecrits(distinctes)
    if champ.type == "integer":
        valeurs = valeurs.where((valeurs % 1 == 0) & ~distinctes.str.fullmatch(MILLIERS))
    fautes = (distinctes.ne("") & valeurs.isna()).to_numpy(dtype=bool)
    convertie = pd.Series(valeurs.to_numpy()[rangs], index=texte.index, name=texte.name)
    return convertie, fautes[rangs]


def _sans_casse_ni_accents(texte: pd.Series, admises: tuple[str, ...]) -> pd.Series:
    """« Loué » est « loue » : dans une liste, seules comptent les lettres.

    Même règle que :func:`cle_de_valeur`, toute la colonne à la fois : un million de valeurs fausses ne coûte rien.
    """
    autres = ~texte.isin([*admises, ""])
    if not autres.any():
        return texte
    nues = pc.utf8_normalize(pa.array(texte[autres], pa.string()), "NFKD")
    nues = pc.replace_substring_regex(nues, r"\p{M}", "")
    nues = pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(nues), r"\s+", " "))
    rangs = pc.index_in(nues, pa.array([cle_de_valeur(admise) for admise in admises]))
    trouves = pd.Series(
        np.array([*admises, None], dtype=object)[rangs.fill_null(len(admises))], index=texte.index[autres]
    )
    return texte.mask(autres, trouves.fillna(texte[autres]))


def nombres_ecrits(texte: pd.Series) -> pd.Series:
    """Les nombres d'une colonne de texte (``float64``) ; manquant là où ce n'en est pas un."""
    bien_ecrits = texte[texte.str.match(NOMBRE)]
    nus = bien_ecrits.str.replace(ESPACES, "", regex=True).str.replace(",", ".", regex=False)
    return pd.to_numeric(nus, errors="coerce").astype("float64").reindex(texte.index)


def _dates(texte: pd.Series) -> pd.Series:
    iso = pd.to_datetime(texte.where(texte.str.match(DATE_ISO)).str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    francaises = texte.where(texte.str.match(DATE_FRANCAISE), "").str.replace("[T ].*", "", regex=True)
    francaises = pd.to_datetime(francaises, format="%d/%m/%Y", errors="coerce")
    return iso.fillna(francaises).astype("datetime64[us]")


def ecrire(valeurs: pd.Series) -> pd.Series:
    """Récrire des nombres comme un lecteur français les lit (45,2), pour les citer dans un message."""
    if not pd.api.types.is_numeric_dtype(valeurs):
        return valeurs.astype("str")
    textes = valeurs.map(lambda v: f"{v:.10g}")
    return textes.astype("str").str.replace(".", ",", regex=False)
