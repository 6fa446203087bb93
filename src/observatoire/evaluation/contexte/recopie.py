"""Le relevé tenu à la main, ``referentiels/contexte.csv`` : ce que l'on recopie d'avant le RPLS, ou d'une autre source.

Une ligne ::

    annee;echelle;territoire;nom;indicateur;valeur;source
    2009;epci;242500361;Grand Besançon;taux_vacance;0,034;EPLS au 1er janvier 2010 (SOeS)

Une colonne ``denominateur`` peut s'y ajouter.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.evaluation.contexte.mesures import CLES, COLONNES, ECHELLES
from observatoire.interdits import famille_du_texte

FICHIER = "contexte.csv"
DEPOSEES = ["annee", "echelle", "territoire", "nom", "indicateur", "valeur", "source"]
FACULTATIVE = "denominateur"


def lire(referentiels: Path) -> tuple[pd.DataFrame, list[str]]:
    """Les lignes recopiées (:data:`COLONNES`), et ce qui ne va pas ; aucune ligne quand rien n'est déposé.

    Une valeur est à l'échelle publiée : une fraction pour une part. Virgule ou point, « ; » ou « , » entre colonnes.
    """
    fichier, vide = referentiels / FICHIER, pd.DataFrame(columns=COLONNES)
    if not fichier.is_file():
        return vide, []
    texte = fichier.read_text(encoding="utf-8-sig")
    separateur = ";" if ";" in texte.partition("\n")[0] else ","
    lues = pd.read_csv(fichier, sep=separateur, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    if manquent := [c for c in DEPOSEES if c not in lues]:
        return vide, [f"{FICHIER} : colonnes absentes, {', '.join(manquent)}."]
    table = lues.reindex(columns=[*DEPOSEES, FACULTATIVE], fill_value="").apply(lambda c: c.str.strip())
    nombres = table.assign(
        annee=pd.to_numeric(table["annee"], errors="coerce"),
        **{c: pd.to_numeric(table[c].str.replace(",", "."), errors="coerce") for c in ("valeur", FACULTATIVE)},
    )
    if defauts := _defauts(table, nombres):
        return vide, defauts
    return nombres.astype({"annee": "int64"}).assign(statut="publie")[COLONNES], []


def _defauts(table: pd.DataFrame, nombres: pd.DataFrame) -> list[str]:
    connus = catalogue()
    parts = table["indicateur"].map({c: d.nature == "proportion" for c, d in connus.items()}).eq(True)
    fautes = {
        "« annee » n'est pas une année.": nombres["annee"].isna(),
        f"« echelle » vaut {' ou '.join(ECHELLES)}.": ~table["echelle"].isin(ECHELLES),
        "« indicateur » n'est pas un code du catalogue.": ~table["indicateur"].isin(connus),
        "« valeur » n'est pas un nombre.": nombres["valeur"].isna(),
        "« valeur » : une part s'écrit en fraction, de 0 à 1.": parts & ~nombres["valeur"].fillna(0).between(0, 1),
        "« denominateur » est vide, ou un nombre plus grand que 0.": table[FACULTATIVE].ne("")
        & ~nombres[FACULTATIVE].gt(0),
        "« nom » ou « source » manque.": table["nom"].eq("") | table["source"].eq(""),
        "ce qui désigne une personne ne se publie pas.": table[["nom", "source"]].map(famille_du_texte).any(axis=1),
        "cette ligne est donnée deux fois.": nombres.duplicated(CLES),
    }
    return [f"{FICHIER}, ligne {rang + 2} : {dit}" for dit, faute in fautes.items() for rang in faute[faute].index]
