"""Le contexte : les chiffres de la commune et de l'EPCI, recopiés des fichiers ouverts du RPLS.

``data/referentiels/contexte.csv`` est facultatif ; sans lui, la page dit que rien n'est déposé. Une ligne ::

    annee;echelle;territoire;nom;indicateur;valeur;source
    2010;epci;242500361;Grand Besançon;taux_vacance;0,034;RPLS au 1er janvier 2011 (SDES)
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import famille_du_texte

FICHIER = "contexte.csv"
ECHELLES = ("commune", "epci")
DEPOSEES = ["annee", "echelle", "territoire", "nom", "indicateur", "valeur", "source"]
COLONNES = [*DEPOSEES, "statut"]
_CLES = ["annee", "echelle", "territoire", "indicateur"]


def lire_contexte(referentiels: Path) -> pd.DataFrame:
    """Les chiffres de contexte (:data:`COLONNES`), triés ; aucune ligne quand le fichier n'est pas déposé.

    Une valeur est à l'échelle publiée : une fraction pour une part. Virgule ou point, « ; » ou « , » entre les
    colonnes. Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas.
    """
    fichier = referentiels / FICHIER
    if not fichier.is_file():
        return pd.DataFrame(columns=COLONNES)
    texte = fichier.read_text(encoding="utf-8-sig")
    separateur = ";" if ";" in texte.partition("\n")[0] else ","
    lues = pd.read_csv(fichier, sep=separateur, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    if manquent := [c for c in DEPOSEES if c not in lues]:
        raise ErreurConfiguration(f"{FICHIER} : colonnes absentes, {', '.join(manquent)}.")
    table = lues[DEPOSEES].apply(lambda c: c.str.strip())
    nombres = table.assign(
        annee=pd.to_numeric(table["annee"], errors="coerce"),
        valeur=pd.to_numeric(table["valeur"].str.replace(",", "."), errors="coerce"),
    )
    if defauts := _defauts(table, nombres):
        raise ErreurConfiguration(f"{FICHIER} est mal écrit :\n" + "\n".join(f"  - {d}" for d in defauts))
    return nombres.astype({"annee": "int64"}).assign(statut="publie").sort_values(_CLES, ignore_index=True)[COLONNES]


def _defauts(table: pd.DataFrame, nombres: pd.DataFrame) -> list[str]:
    connus = catalogue()
    parts = table["indicateur"].map({c: d.nature == "proportion" for c, d in connus.items()}).eq(True)
    fautes = {
        "« annee » n'est pas une année.": nombres["annee"].isna(),
        f"« echelle » vaut {' ou '.join(ECHELLES)}.": ~table["echelle"].isin(ECHELLES),
        "« indicateur » n'est pas un code du catalogue.": ~table["indicateur"].isin(connus),
        "« valeur » n'est pas un nombre.": nombres["valeur"].isna(),
        "« valeur » : une part s'écrit en fraction, de 0 à 1.": parts & ~nombres["valeur"].fillna(0).between(0, 1),
        "« nom » ou « source » manque.": table["nom"].eq("") | table["source"].eq(""),
        "ce qui désigne une personne ne se publie pas.": table[["nom", "source"]].map(famille_du_texte).any(axis=1),
        "cette ligne est donnée deux fois.": nombres.duplicated(_CLES),
    }
    return [f"ligne {rang + 2} : {dit}" for dit, faute in fautes.items() for rang in faute[faute].index]
