"""Un Table Schema de ``data/schemas`` : le standard, et nos clés. Une clé mal écrite (« personelle ») est une faute."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from observatoire.configuration.fiche import Fiche, Texte, entier


class Contraintes(Fiche):
    """Ce qu'une valeur doit être ; pandera les vérifie."""

    required: bool = False
    unique: bool = False
    enum: list[Texte] = None
    minimum: object = None
    maximum: object = None
    pattern: Texte = None
    minLength: entier(0) = None
    maxLength: entier(0) = None


class Vraisemblable(Fiche):
    """Au-delà, une valeur admise est à expliquer."""

    minimum: object = None
    maximum: object = None


class ChampEcrit(Fiche):
    """Une colonne."""

    name: Texte
    type: Texte = "string"
    format: Texte = None
    title: str = None
    description: str = None
    example: object = None
    constraints: Contraintes = None
    libelles: dict[str, Texte] = None
    role: Texte = ""
    personnelle: bool = False
    facultative: bool = False
    identifiante: bool = False
    stable: bool = False
    vraisemblable: Vraisemblable = None


class Reference(Fiche):
    """La table qu'un lien vise."""

    resource: Texte
    fields: list[Texte] = Field(default_factory=list)


class Lien(Fiche):
    """Un lien vers une autre table."""

    fields: list[Texte] = Field(min_length=1)
    reference: Reference


class TableSchema(Fiche):
    """Une table. Ce que le standard ajoute à la table elle-même n'est pas lu."""

    model_config = ConfigDict(extra="ignore")
    name: Texte = None
    title: Texte = None
    description: str = ""
    fields: list[ChampEcrit] = Field(default_factory=list)
    primaryKey: list[Texte] = Field(default_factory=list)
    foreignKeys: list[Lien] = Field(default_factory=list)
