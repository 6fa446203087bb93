"""Fabriquer un petit dossier de dépôts correct, que chaque test abîme à sa façon."""

from __future__ import annotations

import csv
import io
import json
from copy import deepcopy
from pathlib import Path

from observatoire.configuration import lire_configuration
from observatoire.lecture import verifier

SCHEMAS = Path(__file__).parent.parent / "data" / "schemas"

CONFIGURATION = f"""
territoire: {{nom: Besançon, code: "25056"}}
edition: {{annees: [2009, 2010]}}
bailleurs:
  - {{code: neolia, nom: Néolia}}
  - {{code: gbh, nom: Grand Besançon Habitat}}
  - {{code: adoma, nom: ADOMA, hors_rpls: true}}
autres_deposants:
  - {{code: sne, nom: Fichier de la demande, tables: [demandes]}}
chemins: {{brut: data/brut, prepare: data/prepare, schemas: {SCHEMAS}}}
"""

# Deux quartiers qui se touchent à la longitude 6,02 ; le premier a deux secteurs.
CARRES = {
    ("quartier", "battant", ""): (6.00, 47.20, 6.02, 47.24),
    ("quartier", "planoise", ""): (6.02, 47.20, 6.04, 47.24),
    ("secteur", "battant_nord", "battant"): (6.00, 47.22, 6.02, 47.24),
    ("secteur", "battant_sud", "battant"): (6.00, 47.20, 6.02, 47.22),
}

LIGNES = {
    "immeubles": [
        {"id_immeuble": "I1", "bailleur": "neolia", "libelle": "Résidence été", "lon": "6,01", "lat": "47,23"},
        {"id_immeuble": "I2", "bailleur": "neolia", "libelle": "Tour", "quartier": "planoise", "qpv": "oui"},
    ],
    "logements": [
        {
            "id_logement": f"L{n}",
            "id_immeuble": "I1" if n < 3 else "I2",
            "bailleur": "neolia",
            "nb_pieces": "3",
            "surface_m2": "60,5",
            "loyer_eur": "1 200,5" if n == 1 else "350",
            "financement": "PLUS",
            "annee_construction": "1970",
            "annee_premiere_location": "1971",
            "dpe": "D",
            "occupation": "vacant" if n == 4 else "loue",
            "mois_vacance": "2" if n == 4 else "",
            "date_bail": {1: "04/05/2010", 4: ""}.get(n, "01/03/2005"),
        }
        for n in range(1, 5)
    ],
    "menages": [
        {
            "id_logement": f"L{n}",
            "tranche_plafond": "20-40",
            "composition": "monoparentale",
            "nb_enfants": "2",
            "nb_occupants": "3",
            "age_titulaire": "41",
            "activite": "emploi",
            "apl": "oui",
            "minima_sociaux": "non",
            "annee_emmenagement": "2005",
            "impaye_3_mois": "nr",
        }
        for n in (1, 2)
    ],
    "attributions": [
        {
            "date": "2010-05-04",
            "id_logement": "L1",
            "bailleur": "neolia",
            "quartile_ressources": "1",
            "tranche_plafond": "20-40",
            "motif_prioritaire": "aucun",
            "reservataire": "etat",
            "type_demande": "externe",
            "mois_attente": "14",
            "relogement_operation": "non",
            "composition": "monoparentale",
        }
    ],
    "signalements": [
        {"date": "03/02/2010", "id_immeuble": "I2", "nature": "proprete", "gravite": "faible", "date_cloture": ""}
    ],
    "programmes": [
        {
            "id_programme": "P1",
            "bailleur": "neolia",
            "commune": "25056",
            "quartier": "planoise",
            "nb_logements": "20",
            "dont_tres_social": "5",
            "date_livraison": "30/06/2010",
            "emprunt_eur": "1 500 000",
            "garantie_ville_pct": "50",
        }
    ],
    "demandes": [
        {
            "id_demande": "D1",
            "date_depot": "2008-01-15",
            "type_demande": "mutation",
            "quartile_ressources": "2",
            "nb_pieces": "3",
            "quartier_souhaite": "battant",
        }
    ],
}


def colonnes(table: str) -> list[str]:
    """Colonnes du schéma d'une table."""
    return [c["name"] for c in json.loads((SCHEMAS / f"{table}.json").read_text(encoding="utf-8"))["fields"]]


def contours(carres: dict[tuple[str, str, str], tuple[float, float, float, float]]) -> dict:
    """Le GeoJSON de territoires carrés : (niveau, code, parent) -> ouest, sud, est et nord."""
    entites = [
        {
            "type": "Feature",
            "properties": {"code": c, "nom": c.title(), "niveau": n, "parent": p or None, "schematique": True},
            "geometry": {"type": "Polygon", "coordinates": [[(a, b), (x, b), (x, y), (a, y), (a, b)]]},
        }
        for (n, c, p), (a, b, x, y) in carres.items()
    ]
    return {"type": "FeatureCollection", "features": entites}


class Atelier:
    """Un dossier temporaire : une configuration, des contours, des dépôts."""

    def __init__(self, racine: Path, contours: bool = True):
        self.racine = racine
        self.lignes = deepcopy(LIGNES)
        (racine / "observatoire.yml").write_text(CONFIGURATION, encoding="utf-8")
        (racine / "data" / "brut").mkdir(parents=True)
        if contours:
            self.ecrire_contours()
        self.config = lire_configuration(racine / "observatoire.yml")

    def ecrire_contours(self) -> None:
        """Le référentiel des deux quartiers."""
        dossier = self.racine / "data" / "referentiels"
        dossier.mkdir(parents=True)
        (dossier / "quartiers.geojson").write_text(json.dumps(contours(CARRES)), encoding="utf-8")

    def deposer(self, table: str, deposant: str = "neolia", annee: int = 2010, **options) -> Path:
        """Écrire une table dans brut ; ``options`` : celles d'``octets_csv``, ``nom``, ``octets``."""
        dossier = self.racine / "data" / "brut" / str(annee)
        dossier.mkdir(exist_ok=True)
        chemin = dossier / options.pop("nom", f"{table}_{deposant}.csv")
        octets = options.pop("octets", None)
        if octets is None:
            octets = octets_csv(self.lignes[table], options.pop("entete", colonnes(table)), **options)
        chemin.write_bytes(octets)
        return chemin

    def deposer_tout(self) -> None:
        """Les six tables du bailleur et celle de la demande."""
        for table in self.lignes:
            self.deposer(table, "sne" if table == "demandes" else "neolia")

    def corriger(self, texte: str) -> None:
        """Écrire ``suivi/corrections.yml``."""
        (self.racine / "data" / "suivi").mkdir(parents=True, exist_ok=True)
        (self.racine / "data" / "suivi" / "corrections.yml").write_text(texte, encoding="utf-8")

    def verifier(self, annee: int | None = None):
        """Vérifier le dossier."""
        return verifier(self.config, annee)


def octets_csv(lignes, entete, separateur: str = ";", encodage: str = "utf-8", point: bool = False) -> bytes:
    """Un CSV comme un tableur l'écrit."""
    flux = io.StringIO(newline="")
    ecrivain = csv.DictWriter(flux, entete, delimiter=separateur, restval="", extrasaction="ignore")
    ecrivain.writerow({nom: nom for nom in entete})
    ecrivain.writerows(lignes)
    texte = flux.getvalue()
    return (texte.replace("60,5", "60.5") if point else texte).encode(encodage)
