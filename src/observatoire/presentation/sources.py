"""Les tableaux des sources : dépôts reçus, corrections, ruptures de série, barèmes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.echappement import replier
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.nombres import (
    ecrire,
    ecrire_date,
    ecrire_entier,
    ecrire_statut,
)
from observatoire.presentation.tableaux import TOTAUX, composer
from observatoire.presentation.textes import paragraphe
from observatoire.vocabulaire import RUPTURES

if TYPE_CHECKING:
    from observatoire.publie import Publie

TABLES = {
    "immeubles": "immeubles", "logements": "logements", "menages": "ménages", "attributions": "attributions",
    "demandes": "demandes", "signalements": "signalements", "programmes": "programmes",
}  # fmt: skip
_BRUIT = "Ce bruit est toujours le même pour les mêmes ménages, baux ou demandes."
_STATUTS_CORRECTION = {
    "appliquee": "appliquée", "explication": "expliquée", "refusee": "refusée", "passe_outre": "passé outre",
}  # fmt: skip
_STATUTS_DEPOT = {"accepte": "accepté", "refuse": "refusé", "non_depose": "non déposé"}


def tableau_depots(valeurs: Publie) -> Fragment:
    """Tous les dépôts : statut, lignes lues, réparées, mises à part, gardées ; « c » quand elles sont trop peu."""
    table = valeurs.depots
    if table.empty:
        return absent("Dépôts", "aucun fichier n'a été déposé")
    noms = valeurs.bailleurs.set_index("code")["nom"]
    propre = pd.DataFrame(
        {
            "annee": table["annee"].map(str),
            "Déposant": table["deposant"].map(noms).fillna(table["deposant"]).map(escape),
            "Table": table["table"].map(TABLES).fillna(table["table"]),
            "Statut": table["statut"].map(_STATUTS_DEPOT).fillna(table["statut"]),
        }
    )
    comptes = {
        "Lignes": "lignes", "Avertissements": "avertissements", "Réparées": "reparees",
        "Mises à part": "mises_a_part", "Gardées": "gardees",
    }  # fmt: skip
    propre = propre.assign(**{titre: table[c].map(_compte) for titre, c in comptes.items()})
    return composer(propre, "Dépôts reçus", gauche=("Table", "Statut"), groupe="annee")


def tableau_corrections(valeurs: Publie) -> Fragment:
    """Les corrections appliquées aux dépôts, sans aucune valeur."""
    table = valeurs.corrections
    if table.empty:
        return paragraphe("Aucune correction n'a été déposée.")
    noms = valeurs.bailleurs.set_index("code")["nom"]
    propre = pd.DataFrame(
        {
            "Année": table["annee"].map(str),
            "Déposant": table["deposant"].map(noms).fillna(table["deposant"]).map(escape),
            "Table": table["table"].map(TABLES).fillna(table["table"]),
            "Colonne": table["colonne"].map(_texte),
            "Motif": table["motif"].map(_texte),
            "Date": table["date"].map(_date),
            "Statut": table["statut"].map(_STATUTS_CORRECTION).fillna(table["statut"].map(_texte)),
        }
    )
    return composer(propre, "Corrections", gauche=tuple(propre.columns[1:]))


def bilan_du_secret(valeurs: Publie) -> Fragment:
    """Ce que l'édition cache, par quelle règle, ce qui le montrerait ; et ce que le bruit fait aux comptes."""
    phrases = valeurs.edition["secret"]["phrases"] or ["Aucune valeur n'est cachée."]
    return paragraphe(replier(" ".join([*phrases, TOTAUX, _BRUIT, *_dire_les_anciennes(valeurs.editions)])))


def _dire_les_anciennes(editions: pd.DataFrame) -> list[str]:
    """Une phrase sur les éditions d'avant qui cachaient des comptes exacts, s'il y en a."""
    anciennes = editions.loc[editions["methode"].eq("suppression"), "edition"].map(str).tolist()
    if not anciennes:
        return []
    return [
        f"Les éditions d'avant ({', '.join(anciennes)}) cachaient les petits comptes au lieu de les bruiter : leurs "
        "valeurs, dans l'archive, diffèrent de quelques unités de celles d'aujourd'hui."
    ]


def tableau_ruptures(valeurs: Publie) -> Fragment:
    """Les ruptures de série : ce qui a changé, et quand."""
    table = valeurs.ruptures.drop_duplicates(["annee", "libelle"]) if len(valeurs.ruptures) else valeurs.ruptures
    if table.empty:
        return paragraphe("Aucune rupture de série n'est connue.")
    propre = pd.DataFrame(
        {
            "Entre": [f"{a - 1} et {a}" for a in table["annee"]],
            "Rupture": table["libelle"].map(_texte).to_numpy(),
            "Ce qui a changé": [RUPTURES[genre].nom for genre in table["genre"]],
            "Description": table["description"].map(_texte).to_numpy(),
            "Source": table["source"].map(_texte).to_numpy(),
        }
    )
    return composer(propre, "Ruptures de série", gauche=("Rupture", "Description", "Source"))


def tableau_baremes(valeurs: Publie) -> Fragment:
    """Les seuils et leurs dates : aucun n'est dans le code."""
    table = valeurs.baremes
    if table.empty:
        return paragraphe("Aucun barème n'est publié.")
    propre = pd.DataFrame(
        {
            "Barème": table["libelle"].map(_texte),
            "Depuis le": table["depuis"].map(_date),
            "Valeur": [_valeur(v, u) for v, u in zip(table["valeur"], table["unite"], strict=True)],
            "Source": table["source"].map(_texte),
        }
    )
    return composer(propre, "Barèmes", gauche=("Source",))


def _compte(nombre: float) -> str:
    """Un compte de lignes ; ce qui n'est pas publié d'un dépôt ne l'est pas parce que c'est trop peu de ménages."""
    return ecrire_statut("c", html=True) if pd.isna(nombre) else ecrire_entier(nombre)


def _texte(valeur: object) -> str:
    return "" if pd.isna(valeur) else escape(str(valeur))


def _date(valeur: object) -> str:
    return "" if pd.isna(valeur) else ecrire_date(str(valeur))


def _valeur(valeur: object, unite: object) -> str:
    nombre = pd.to_numeric(valeur, errors="coerce")
    if pd.isna(nombre):
        return "" if pd.isna(valeur) else escape(str(valeur))
    # Un barème tient ses seuils comme les indicateurs : une part y est une fraction de [0, 1].
    ecrite = "" if pd.isna(unite) else {"fraction": "%"}.get(str(unite), str(unite))
    entier = float(nombre).is_integer() and ecrite != "%"
    return escape(ecrire(nombre, ecrite, decimales=0 if entier else None))
