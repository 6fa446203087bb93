"""Les verdicts d'une alerte : un signe, un mot et un ordre, qui ne se confondent pas avec un statut."""

from __future__ import annotations

from html import escape

from observatoire.presentation.nombres import ecrire_statut
from observatoire.vocabulaire import ALERTE, ALERTE_CONFIRMEE, ALERTES, CONFORME, EMBOITES, OUVRENT, SIGNALES, VIGILANCE

#: Du plus grave au moins grave, du plus étendu au moins étendu.
MONTRES = {code: ALERTES[code] for code in (*reversed(SIGNALES), CONFORME)}
DU_PLUS_LARGE = EMBOITES[::-1]
COULEURS = {ALERTE_CONFIRMEE: "#8a1c00", ALERTE: "#d9622b", VIGILANCE: "#f0c27b", CONFORME: "#e3eef3"}


def pastille(ligne: dict) -> str:
    """Le verdict d'une ligne ; à défaut, le statut qui dit pourquoi il n'y en a pas."""
    if ligne["statut"] != "publie":
        return ecrire_statut(ligne["statut"], html=True)
    verdict = MONTRES[ligne["verdict"]]
    signe = f'<span aria-hidden="true">{verdict.signe}</span>'
    return f'<span class="obs-verdict obs-verdict-{ligne["verdict"]}">{signe}\u00a0{escape(verdict.nom)}</span>'


def est_signale(ligne: dict) -> bool:
    """Ce territoire mérite d'être regardé."""
    return ligne["statut"] == "publie" and ligne["verdict"] in SIGNALES


def est_une_alerte(ligne: dict) -> bool:
    """Cette ligne ouvre un dossier : une vigilance ne suffit pas."""
    return ligne["statut"] == "publie" and ligne["verdict"] in OUVRENT


def gravite(ligne: dict) -> tuple:
    """De quoi trier : du plus grave au moins grave, du plus étendu au moins étendu, puis le plus grand excès."""
    return (
        -SIGNALES.index(ligne["verdict"]),
        DU_PLUS_LARGE.index(ligne["niveau"]),
        -ligne["exces"],
        ligne["territoire"],
        ligne["indicateur"],
    )
