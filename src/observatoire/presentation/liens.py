"""Les adresses des pages de l'édition, relatives à la page d'où l'on part.

Une page est dans le dossier d'une année (``depuis="annee"`` : ville, quartiers, bailleurs), à la racine de l'édition
(``depuis="edition"`` : accueil, couverture, sources) ou dans celui des fiches (``depuis="fiche"``).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.configuration import PUBLIQUE
from observatoire.publie import est_hors
from observatoire.vocabulaire import VILLE

if TYPE_CHECKING:
    from observatoire.publie import Publie

_ANNEE = {"annee": "", "edition": "{annee}/", "fiche": "../{annee}/"}
_RACINE = {"annee": "../", "edition": "", "fiche": "../"}


def vers_territoire(valeurs: Publie, niveau: str, code: str, depuis: str = "annee") -> str | None:
    """L'adresse de la page d'un territoire ou d'un bailleur ; ``None`` quand il n'en a pas."""
    dossier = _ANNEE[depuis].format(annee=valeurs.annee)
    if niveau == valeurs.tout[0]:
        return f"{dossier}{niveau}.html"
    if niveau not in {"ville", "quartier", "bailleur"} or est_hors(code) or (niveau, code) not in valeurs.noms:
        return None
    return f"{dossier}{niveau}-{code}.html"


def vers_registre(valeurs: Publie, depuis: str = "annee") -> str:
    """L'adresse du registre des alertes de l'année."""
    return f"{_ANNEE[depuis].format(annee=valeurs.annee)}alertes.html"


def vers_alerte(valeurs: Publie, dossier: dict | None, depuis: str = "annee") -> str | None:
    """L'adresse de la page d'un dossier ouvert ; ``None`` pour qui n'en a pas (l'édition publique, une autre année)."""
    if dossier is None or valeurs.edition["public"] == PUBLIQUE:
        return None
    return f"{_ANNEE[depuis].format(annee=valeurs.annee)}alerte-{dossier['dossier']}.html"


def vers_fiche(indicateur: str, depuis: str = "annee") -> str:
    """L'adresse de la fiche d'un indicateur."""
    return f"{_RACINE[depuis]}indicateurs/{indicateur}.html"


def vers_seance(seance: str, depuis: str = "annee") -> str:
    """L'adresse du compte rendu d'une séance."""
    return f"{_RACINE[depuis]}seances/{seance}.html"


def vers_document(document: str, depuis: str = "annee") -> str:
    """L'adresse d'un document à imprimer, à la racine du site."""
    return f"{_RACINE[depuis]}../../documents/{document}.pdf"


def vers_les_orientations(depuis: str = "annee") -> str:
    """L'adresse de la page des orientations de peuplement."""
    return f"{_RACINE[depuis]}orientations.html"


def lier(texte: str, adresse: str | None) -> str:
    """Un lien, ou le texte seul quand il n'y a pas d'adresse."""
    return f'<a href="{escape(adresse)}">{escape(texte)}</a>' if adresse else escape(texte)


def lier_fiche(valeurs: Publie, indicateur: str, depuis: str = "annee") -> str:
    """Le nom d'un indicateur, lié à sa fiche."""
    return lier(valeurs.catalogue[indicateur]["libelle"], vers_fiche(indicateur, depuis))


def lier_lieu(valeurs: Publie, niveau: str, code: str, depuis: str = "annee") -> str:
    """Le nom d'un territoire ou d'un bailleur, lié à sa page s'il en a une."""
    nom = valeurs.edition["nom"] if (niveau, code) == valeurs.tout else valeurs.nom(niveau, code)
    return lier(nom, vers_territoire(valeurs, niveau, code, depuis))


def lier_et_situer(valeurs: Publie, niveau: str, code: str, depuis: str = "annee") -> str:
    """Un territoire, lié à sa page ; dans une agglomération, la commune d'un quartier est dite dessous."""
    return lier_lieu(valeurs, niveau, code, depuis) + dire_la_commune(valeurs, niveau, code)


def dire_la_commune(valeurs: Publie, niveau: str, code: str) -> str:
    """Dans une agglomération, la commune d'un quartier, d'un secteur ou d'un immeuble, en petit sous son nom."""
    commune = None if niveau == VILLE else valeurs.commune(niveau, code)
    return f"<br><small>{escape(valeurs.nom(VILLE, commune))}</small>" if (VILLE, commune) in valeurs.noms else ""
