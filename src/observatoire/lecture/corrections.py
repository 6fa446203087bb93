"""Corriger une valeur ou expliquer un avertissement, à la main et avec une garde.

Chaque entrée de ``suivi/corrections.yml`` dit la valeur qu'elle s'attend à trouver. Si le fichier n'a pas cette valeur,
la correction est refusée et rien n'est changé : le bailleur a sans doute déposé un fichier corrigé.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.configuration.modeles.corrections import Corrections
from observatoire.configuration.saisie import lire_fiche
from observatoire.lecture.conversion import convertir
from observatoire.lecture.problemes import citer
from observatoire.schemas import Schema
from observatoire.tables.depots import CORRECTIONS

COLONNES = CORRECTIONS.noms
APPLIQUEE, EXPLIQUEE, REFUSEE = "appliquee", "explication", "refusee"


@dataclass(frozen=True)
class Correction:
    """Une entrée de ``corrections.yml`` ; ``rang`` est sa place dans le fichier.

    ``regle`` : l'entrée explique tous les doutes d'une règle ; elle n'a pas d'identifiant, et ``attendu`` est la mesure
    du doute ou, pour une règle qui regarde chaque ligne, le nombre de lignes.
    """

    rang: int
    annee: int
    deposant: str
    table: str
    id: str
    colonne: str
    attendu: str
    remplacer_par: str | None
    explication: str | None
    motif: str
    auteur: str
    date: str
    id_personnel: bool = False
    regle: str = ""

    def refuser(self, raison: str) -> str:
        """La phrase qui dit que la correction n'est pas appliquée ; jamais une valeur d'une colonne personnelle."""
        identifiant = "non affiché" if self.id_personnel else citer(self.id)
        vise = f"règle {citer(self.regle)}" if self.regle else f"identifiant {identifiant}"
        colonne = f", colonne « {self.colonne} »" if self.colonne else ""
        return (
            f"corrections.yml, entrée {self.rang} ({self.table} de {self.deposant}, {self.annee}, {vise}{colonne}) : "
            f"{raison} La correction n'est pas appliquée."
        )

    def vise(self, doutes: pd.DataFrame) -> pd.Series:
        """Les doutes que cette entrée explique."""
        if self.regle:
            return doutes["regle"].eq(self.regle) & doutes["colonne"].eq(self.colonne)
        return doutes["id"].eq(self.id) & doutes["colonne"].eq(self.colonne)

    def ligne(self, statut: str) -> dict:
        """La trace publiable : ni valeur attendue, ni valeur de remplacement, ni identifiant personnel."""
        trace = {nom: getattr(self, nom, statut) for nom in COLONNES}
        return {**trace, "id": ""} if self.id_personnel else trace


def lire_corrections(config: Configuration, schemas: dict[str, Schema]) -> list[Correction]:
    """Lire ``suivi/corrections.yml`` s'il existe ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas."""
    fichier = config.chemin("suivi") / "corrections.yml"
    if not fichier.is_file():
        return []
    contexte = {
        "annees": config.annees,
        "deposants": tuple(d.code for d in config.deposants),
        "tables": tuple(schemas),
        "colonnes": {table: tuple(schema.colonnes) for table, schema in schemas.items()},
    }
    ecrites = lire_fiche(fichier, Corrections, contexte, liste="corrections").corrections
    return [
        Correction(
            rang,
            **e.model_dump(exclude={"date"}),
            date=e.date.isoformat(),
            id_personnel=colonne_id(schemas[e.table]) in schemas[e.table].personnelles,
        )
        for rang, e in enumerate(ecrites, 1)
    ]


def colonne_id(schema: Schema) -> str:
    """Colonne qui désigne une ligne : la clé primaire, sinon l'identifiant d'une autre table."""
    return (*schema.cle, *schema.liens)[0]


def appliquer(textes: pd.DataFrame, corrections: list[Correction], schema: Schema):
    """Appliquer les corrections d'un fichier à ses textes.

    Retourne les textes corrigés, les corrections retenues, et {rang: phrase} pour celles qui sont refusées.
    """
    textes, retenues, refus = textes.copy(), [], {}
    for correction in corrections:
        champ = schema.champs[correction.colonne]
        du_logement = textes[colonne_id(schema)].eq(correction.id)
        trouvees = textes.index[du_logement & _egales(textes[correction.colonne], correction.attendu, champ)]
        if len(trouvees) == 1:
            retenues.append(correction)
            if correction.remplacer_par is not None:
                textes.loc[trouvees[0], correction.colonne] = correction.remplacer_par
        elif not du_logement.any():
            refus[correction.rang] = correction.refuser("cet identifiant n'est pas dans le fichier.")
        elif len(trouvees) > 1:
            refus[correction.rang] = correction.refuser("plusieurs lignes conviennent.")
        else:
            refus[correction.rang] = correction.refuser("la valeur attendue n'est pas celle du fichier.")
    return textes, retenues, refus


def _egales(textes: pd.Series, attendu: str, champ) -> pd.Series:
    """Même écriture, ou même nombre ou même date sous une autre écriture (45.2 et 45,2)."""
    valeurs, _ = convertir(textes, champ)
    attendue, _ = convertir(pd.Series([attendu], dtype="str"), champ)
    return textes.eq(attendu) | (valeurs.eq(attendue.iloc[0]) if attendue.notna().all() else False)
