"""Des alertes écrites à la main, une lettre par année, et un dossier de suivi où écrire ``actions.csv``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from fabrique import configuration

from observatoire.sujets.alertes.calcul.dossiers import identifier, jalonner

PREMIERE = 2007
LETTRES = {"C": "conforme", "V": "vigilance", "A": "alerte", "K": "alerte_confirmee", "?": "non_evaluable"}
ENTETE = "dossier;niveau;territoire;indicateur;date;pilote;reponse;outil;decision;issue;date_effet"
SIGNATAIRES = [{"code": "ville", "nom": "Ville de Besançon"}, {"code": "ccas", "nom": "CCAS"}, "Néolia"]


def alertes(series: dict[tuple[str, str, str], str]) -> pd.DataFrame:
    """La table des alertes. ``series`` : clé -> une lettre par année (« . » : aucune ligne)."""
    lignes = [
        (PREMIERE + rang, *cle, LETTRES[lettre])
        for cle, serie in series.items()
        for rang, lettre in enumerate(serie)
        if lettre != "."
    ]
    table = pd.DataFrame(lignes, columns=["annee", "niveau", "territoire", "indicateur", "verdict"])
    return table.astype({"annee": "int64", **dict.fromkeys(table.columns[1:], "str")})


def du_quartier(**series: str) -> pd.DataFrame:
    """Les alertes d'un seul indicateur, une suite de lettres par quartier."""
    return alertes({("quartier", quartier, "apl"): serie for quartier, serie in series.items()})


def identifiant(niveau: str, territoire: str, indicateur: str = "apl") -> str:
    """L'identifiant d'un dossier."""
    cle = pd.DataFrame([(niveau, territoire, indicateur)], columns=["niveau", "territoire", "indicateur"])
    return identifier(cle).iloc[0]


def actions(*lignes: tuple[str, str, str, str]) -> pd.DataFrame:
    """Des actions : (quartier, date, pilote, décision), dans l'ordre des dates."""
    table = pd.DataFrame(lignes, columns=["dossier", "date", "pilote", "decision"]).astype("str")
    dossiers = table["dossier"].map({q: identifiant("quartier", q) for q in table["dossier"].unique()})
    dates = pd.to_datetime(table["date"])
    return table.assign(dossier=dossiers.astype("str"), date=dates)


class Suivi:
    """Un dossier temporaire, sa configuration et ses alertes."""

    def __init__(self, racine: Path, alertes_: pd.DataFrame | None = None, **edition):
        self.alertes = du_quartier(planoise="AAAA", battant="CACC") if alertes_ is None else alertes_
        self.config = configuration(
            racine, edition={"annees": [2007, 2008, 2009, 2010], **edition}, signataires=SIGNATAIRES
        )
        self.jalons = jalonner(self.alertes)
        self.dossier = self.config.chemin("suivi")
        self.dossier.mkdir(parents=True)

    def ecrire(self, *lignes: str, entete: str = ENTETE, nom: str = "actions.csv", encodage: str = "utf-8") -> Path:
        """Écrire le fichier des actions."""
        fichier = self.dossier / nom
        fichier.write_text("\n".join([entete, *lignes]) + "\n", encoding=encodage)
        return fichier
