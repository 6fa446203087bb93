"""Lire les formats d'échange : un fichier Table Schema par table, dans ``data/schemas``.

Ces fichiers sont la seule déclaration des colonnes : la vérification des dépôts, le dictionnaire publié et les
rapports en découlent. Six clés s'ajoutent au standard : ``personnelle`` (les valeurs de la colonne ne sont
jamais affichées), ``facultative`` (la colonne peut être absente du fichier), ``identifiante`` (la valeur désigne un
logement, un immeuble ou une demande, comme le font déjà les clés et les liens), ``vraisemblable`` (``minimum`` et
``maximum`` : au-delà, une valeur admise est à expliquer), ``stable`` (d'une année à l'autre, la valeur ne change
presque jamais) et ``role``, ce qu'est un texte dont les valeurs ne sont pas énumérées : identifiant, code ou libellé.
Un texte libre, ou une donnée interdite, n'a pas de place dans un schéma.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from observatoire.configuration import TABLES
from observatoire.configuration.modeles.schema import ChampEcrit, TableSchema
from observatoire.configuration.saisie import lire_json, verifier_fiche
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import famille_interdite

NON_RENSEIGNE = "nr"
TYPES = ("string", "number", "integer", "date")
ROLES = ("identifiant", "code", "libelle")


@dataclass(frozen=True)
class Champ:
    """Une colonne d'une table, telle que le schéma la déclare."""

    nom: str
    type: str
    titre: str
    description: str
    personnelle: bool
    facultative: bool
    contraintes: dict
    identifiante: bool = False
    role: str = ""
    stable: bool = False
    ordinaire: dict = field(default_factory=dict)

    @property
    def obligatoire(self) -> bool:
        """La colonne doit-elle être renseignée à chaque ligne ?"""
        return bool(self.contraintes.get("required"))

    @property
    def unique(self) -> bool:
        """Une même valeur ne peut-elle figurer qu'une fois ?"""
        return bool(self.contraintes.get("unique"))

    @property
    def admises(self) -> tuple[str, ...]:
        """Valeurs admises, dans l'ordre du schéma ; vide quand toute valeur l'est."""
        return tuple(self.contraintes.get("enum") or ())

    @property
    def admet_nr(self) -> bool:
        """« nr » (non renseigné) est-il une valeur admise ?"""
        return NON_RENSEIGNE in self.admises

    @property
    def bornes(self) -> tuple:
        """Plus petite et plus grande valeur admises, bornes comprises ; des ``datetime64`` pour une date."""
        return self._extremes(self.contraintes)

    @property
    def vraisemblable(self) -> tuple:
        """Plus petite et plus grande valeur ordinaires, bornes comprises ; au-delà, le bailleur explique."""
        return self._extremes(self.ordinaire)

    def _extremes(self, limites: dict) -> tuple:
        deux = limites.get("minimum"), limites.get("maximum")
        return tuple(b and np.datetime64(b) for b in deux) if self.type == "date" else deux


@dataclass(frozen=True)
class Schema:
    """Une table d'échange. ``cle`` : clé primaire ; ``liens`` : {colonne: table où son identifiant existe}."""

    nom: str
    titre: str
    description: str
    champs: dict[str, Champ]
    cle: tuple[str, ...]
    liens: dict[str, str]
    brut: dict

    @property
    def colonnes(self) -> list[str]:
        """Noms des colonnes, dans l'ordre du schéma."""
        return list(self.champs)

    @property
    def personnelles(self) -> frozenset[str]:
        """Colonnes dont aucune valeur n'est jamais affichée."""
        return frozenset(nom for nom, champ in self.champs.items() if champ.personnelle)

    @property
    def identifiantes(self) -> frozenset[str]:
        """Colonnes dont une valeur suffit à désigner une ligne ou un lieu : clés, liens, colonnes déclarées."""
        return frozenset({*self.cle, *self.liens, *(nom for nom, champ in self.champs.items() if champ.identifiante)})

    @cached_property
    def pandera(self):
        """Schéma pandera équivalent, pour un tableau déjà converti (voir ``lecture.conversion``).

        Les types sont ceux de l'observatoire (texte, ``float64``, date) : pandera ne convertit rien, il ne
        vérifie que les contraintes. Import différé : pandera met près d'une seconde à se charger.
        """
        from pandera.io.pandas_io import from_frictionless_schema

        schema = from_frictionless_schema(self.brut)
        schema.coerce = False
        for colonne in schema.columns.values():
            colonne.dtype, colonne.coerce = None, False
        return schema


def lire_schema(fichier: Path) -> Schema:
    """Lire un Table Schema ; lève :class:`ErreurConfiguration` s'il est mal écrit."""
    if not fichier.is_file():
        raise ErreurConfiguration(f"{fichier.name} : schéma introuvable dans {fichier.parent.name}.")
    brut = lire_json(fichier)
    ecrit = verifier_fiche(brut, fichier.name, TableSchema)
    return Schema(
        nom=ecrit.name or fichier.stem,
        titre=ecrit.title or fichier.stem,
        description=ecrit.description,
        champs={champ.name: _champ(champ, fichier) for champ in ecrit.fields},
        cle=tuple(ecrit.primaryKey),
        liens={lien.fields[0]: lien.reference.resource for lien in ecrit.foreignKeys},
        brut=brut,
    )


def lire_schemas(dossier: Path | str) -> dict[str, Schema]:
    """Les schémas de toutes les tables d'échange, dans leur ordre de dépendance."""
    return {table: lire_schema(Path(dossier) / f"{table}.json") for table in TABLES}


def _champ(ecrit: ChampEcrit, fichier: Path) -> Champ:
    _refuser_la_colonne(ecrit, f"{fichier.name}, colonne « {ecrit.name} »")
    return Champ(
        nom=ecrit.name,
        type=ecrit.type,
        titre=ecrit.title or ecrit.name,
        description=ecrit.description or "",
        personnelle=ecrit.personnelle,
        facultative=ecrit.facultative,
        contraintes=ecrit.constraints.model_dump(exclude_unset=True) if ecrit.constraints else {},
        identifiante=ecrit.identifiante,
        role=ecrit.role,
        stable=ecrit.stable,
        ordinaire=ecrit.vraisemblable.model_dump(exclude_unset=True) if ecrit.vraisemblable else {},
    )


def _refuser_la_colonne(ecrit: ChampEcrit, ou: str) -> None:
    """Ni type inconnu, ni donnée interdite, sous son nom ou dans son titre, ni texte libre."""
    if ecrit.type not in TYPES:
        raise ErreurConfiguration(f"{ou} : type « {ecrit.type} » inconnu. Types admis : {', '.join(TYPES)}.")
    for texte in (ecrit.name, ecrit.title or ""):
        if famille := famille_interdite(texte):
            raise ErreurConfiguration(
                f"{ou} : donnée interdite ({famille}). L'observatoire ne reçoit rien qui dise qui sont les gens, ni ce "
                "que protège l'article 9 du RGPD : retirer cette colonne du schéma."
            )
    enumere = ecrit.type != "string" or (ecrit.constraints and ecrit.constraints.enum)
    if not enumere and ecrit.role not in ROLES:
        raise ErreurConfiguration(
            f"{ou} : un texte libre n'est pas lu. Énumérer ses valeurs (« enum »), ou dire ce qu'il est : "
            f"« role » vaut {', '.join(ROLES)}."
        )
