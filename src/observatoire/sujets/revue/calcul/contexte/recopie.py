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
from observatoire.interdits import famille_du_texte
from observatoire.lecture.fichiers import decoder, lignes_csv
from observatoire.lecture.problemes import Probleme
from observatoire.lecture.refus import FichierIllisible
from observatoire.sujets.revue.calcul.contexte.mesures import CLES, COLONNES, ECHELLES

FICHIER = "contexte.csv"
DEPOSEES = ["annee", "echelle", "territoire", "nom", "indicateur", "valeur", "source"]
FACULTATIVE = "denominateur"


def lire_les_recopies(referentiels: Path) -> tuple[pd.DataFrame, list[str]]:
    """Les lignes recopiées (:data:`COLONNES`), et ce qui ne va pas ; aucune ligne quand rien n'est déposé.

    Une valeur est à l'échelle publiée : une fraction pour une part. Virgule ou point, « ; » ou « , » entre colonnes.
    """
    fichier, vide = referentiels / FICHIER, pd.DataFrame(columns=COLONNES)
    if not fichier.is_file():
        return vide, []
    try:
        lues = _lire_le_releve(fichier)
    except FichierIllisible as refus:
        return vide, [f"{FICHIER} : {p.phrase} {p.conseil}".rstrip() for p in refus.problemes]
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


def _lire_le_releve(fichier: Path) -> pd.DataFrame:
    """Le fichier en texte, ses lignes vides ôtées, numérotées comme un tableur. Lève :class:`FichierIllisible`."""
    texte = decoder(fichier.read_bytes())
    entete, *lignes = lignes_csv(texte, ";" if ";" in texte.partition("\n")[0] else ",") or [[]]
    trop = [rang for rang, ligne in enumerate(lignes, start=2) if any(c.strip() for c in ligne[len(entete) :])]
    if trop:
        phrase = f"ligne {trop[0]}, plus de valeurs que de colonnes."
        raise FichierIllisible(Probleme("contexte", phrase, "Mettre entre guillemets un texte qui a le séparateur."))
    pleines = {r: [*ligne, *[""] * len(entete)][: len(entete)] for r, ligne in enumerate(lignes) if any(ligne)}
    noms = [nom.strip() for nom in entete]
    if any(noms.count(nom) > 1 for nom in noms if nom):
        raise FichierIllisible(Probleme("contexte", "une colonne est donnée deux fois.", "N'en garder qu'une."))
    table = pd.DataFrame.from_dict(pleines, orient="index", columns=noms, dtype="str")
    return table.loc[:, [bool(nom) for nom in noms]]


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
