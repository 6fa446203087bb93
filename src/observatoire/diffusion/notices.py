"""Sous quel droit les données paraissent, comment les citer, comment un catalogue les moissonne."""

from __future__ import annotations

from dataclasses import dataclass

from observatoire.configuration import PUBLIQUE
from observatoire.typographie import ponctuer
from observatoire.vocabulaire import STATUTS

_QUOI = "Occupation du parc social, alertes, attributions, engagements."
_STATUTS = ", ".join(f"{s.signe} ({s.libelle})" for s in STATUTS.values())


@dataclass(frozen=True)
class Licence:
    """``code`` : celui de SPDX, ou vide."""

    code: str
    nom: str
    adresse: str = ""


#: Celle des données publiques en France, à défaut d'une autre (code des relations entre le public et l'administration,
#: articles L. 323-2 et D. 323-2-1).
OUVERTE = Licence(
    "etalab-2.0", "Licence Ouverte 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
)  # fmt: skip
RESERVEE = Licence("", "Réservé aux signataires de la charte : ne pas transmettre.")


def licence(edition: dict) -> Licence:
    """Celle d'une édition : ouverte pour le public, réservée pour les partenaires."""
    return OUVERTE if edition["public"] == PUBLIQUE else RESERVEE


def intituler(edition: dict) -> str:
    """« Observatoire du logement public de Besançon, 2007-2010 (données fictives) »."""
    annees = edition["annees"]
    periode = str(annees[0]) if len(annees) == 1 else f"{annees[0]}-{annees[-1]}"
    return ponctuer(f"{edition['titre']}, {periode}") + (" (données fictives)" if edition.get("fictif") else "")


def nommer(edition: dict) -> str:
    """Le nom d'une édition dans une adresse : « observatoire-25056-2010 »."""
    return f"observatoire-{edition['code'].lower()}-{edition['annees'][-1]}"


def lisez_moi(edition: dict) -> str:
    """Ce que trouve qui ouvre l'archive."""
    droit = licence(edition)
    ou = f" ({droit.adresse})" if droit.adresse else ""
    return (
        f"{intituler(edition)}\n\n"
        "datapackage.json   chaque table et chaque colonne (Table Schema)\n"
        "international/     les tables en CSV : virgule, point décimal, UTF-8\n"
        "francais/          les mêmes : point-virgule, virgule décimale, pour un tableur français\n"
        "territoires.geojson, CITATION.cff\n\n"
        f"Une proportion est une fraction de 0 à 1. « statut » dit pourquoi une valeur manque : {_STATUTS}.\n"
        "Les comptes de ménages, de baux et de demandes portent un bruit de quelques unités, qui les protège :\n"
        "un total peut différer un peu de la somme de ses parties.\n\n"
        f"{droit.nom}{ou}\n"
    )


def citation(edition: dict) -> dict:
    """Le contenu de ``CITATION.cff`` (Citation File Format 1.2)."""
    droit = licence(edition)
    return {
        "cff-version": "1.2.0",
        "type": "dataset",
        "title": intituler(edition),
        "message": "Pour citer ces données.",
        "authors": [{"name": edition["titre"]}],
        "date-released": f"{edition['annees'][-1]}-12-31",
        "version": str(edition["annees"][-1]),
        **({"license-url": droit.adresse} if droit.adresse else {}),
    }


def dcat(edition: dict, fichiers: list[dict]) -> dict:
    """La notice DCAT-AP du jeu de données, en JSON-LD ; ``fichiers`` : ``chemin``, ``titre``, ``type``, ``octets``.

    Les adresses sont relatives à celle de la notice.
    """
    droit, annees = licence(edition), edition["annees"]
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"#{nommer(edition)}",
        "@type": "dcat:Dataset",
        "dct:title": {"@language": "fr", "@value": intituler(edition)},
        "dct:description": {"@language": "fr", "@value": _QUOI},
        "dct:identifier": nommer(edition),
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": edition["titre"]},
        "dct:language": "fr",
        "dct:spatial": edition["nom"],
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:gYear", "@value": str(annees[0])},
            "dcat:endDate": {"@type": "xsd:gYear", "@value": str(annees[-1])},
        },
        "dct:accrualPeriodicity": "http://publications.europa.eu/resource/authority/frequency/ANNUAL",
        "dcat:distribution": [_distribuer(f, droit) for f in fichiers],
    }  # fmt: skip


def _distribuer(fichier: dict, droit: Licence) -> dict:
    return {
        "@type": "dcat:Distribution",
        "dct:title": fichier["titre"],
        "dcat:downloadURL": {"@id": fichier["chemin"]},
        "dcat:mediaType": fichier["type"],
        "dcat:byteSize": fichier["octets"],
        "dct:license": {"@id": droit.adresse} if droit.adresse else droit.nom,
    }
