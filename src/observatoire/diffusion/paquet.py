"""Chaque table publiée en CSV, à l'international et à la française, et le paquet qui les décrit (Data Package, v1)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from observatoire.configuration import PUBLIQUE
from observatoire.diffusion import notices
from observatoire.tables import Colonne, Table, publiees
from observatoire.tables.contrat import BOOLEEN, DATE, ENTIER, NOMBRE
from observatoire.tables.edition import CONTOURS

INTERNATIONAL, FRANCAIS = "international", "francais"
DESCRIPTEUR, CITATION = "datapackage.json", "CITATION.cff"
_TYPES = {DATE: "date", ENTIER: "integer", NOMBRE: "number", BOOLEEN: "boolean"}
# La date des fichiers d'une archive : la même toujours, pour que les mêmes données donnent les mêmes octets.
_MINUIT = (1980, 1, 1, 0, 0, 0)


def tables_a_diffuser(publie: Path, public: str) -> list[Table]:
    """Les tables que ce public lit, présentes en CSV dans ``publie``, par ordre de nom."""
    siennes = (t for _, t in sorted(publiees().items()) if t.paraissent(public == PUBLIQUE))
    return [t for t in siennes if t.fichier.endswith(".csv") and t.dans(publie).is_file()]


def lire_en_texte(table: Table, publie: Path) -> pd.DataFrame:
    """Une table telle qu'elle est écrite, case par case."""
    return pd.read_csv(table.dans(publie), dtype=str, keep_default_na=False)


def a_la_francaise(table: Table, contenu: pd.DataFrame) -> bytes:
    """La même table pour un tableur français : point-virgule, virgule décimale, UTF-8 avec sa marque."""
    nombres = [c for c in table.colonnes if c.genre in (ENTIER, NOMBRE) and c.nom in contenu]
    ecrits = {c.nom: contenu[c.nom].str.removesuffix(".0") for c in nombres}
    ecrite = contenu.assign(**{nom: valeurs.str.replace(".", ",", regex=False) for nom, valeurs in ecrits.items()})
    return ecrite.to_csv(index=False, sep=";", lineterminator="\r\n").encode("utf-8-sig")


def decrire(table: Table, contenu: pd.DataFrame, dossier: str = f"{INTERNATIONAL}/") -> dict:
    """La ressource d'une table : son schéma (Table Schema) ne nomme que les colonnes qui y sont."""
    connues = {c.nom: c for c in table.colonnes}
    return {
        "name": table.nom.replace("_", "-"),
        "path": f"{dossier}{table.fichier}",
        "title": table.libelle,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [_champ(nom, connues.get(nom), contenu[nom]) for nom in contenu.columns],
            **({"primaryKey": cles} if (cles := [c.nom for c in table.cles if c.nom in contenu]) else {}),
            "missingValues": [""],
        },
    }


def _champ(nom: str, colonne: Colonne | None, valeurs: pd.Series) -> dict:
    """Une colonne ; un entier qui peut manquer est écrit « 2.0 » et se lit comme un nombre."""
    if colonne is None:
        return {"name": nom, "type": "any"}
    genre = _TYPES.get(colonne.genre, "string")
    if genre == "integer" and valeurs.str.contains(".", regex=False).any():
        genre = "number"
    return {
        "name": nom, "type": genre, "title": colonne.libelle,
        **({"description": f"en {colonne.unite}"} if colonne.unite else {}),
    }  # fmt: skip


def descripteur(edition: dict, ressources: list[dict]) -> dict:
    """Le contenu de ``datapackage.json``."""
    droit = notices.licence(edition)
    dit = {"title": droit.nom, **({"name": droit.code, "path": droit.adresse} if droit.code else {"name": "reserve"})}
    return {
        "profile": "data-package",
        "name": notices.nommer(edition),
        "title": notices.intituler(edition),
        "version": str(edition["annees"][-1]),
        "licenses": [dit],
        "resources": ressources,
    }


def archiver(edition: dict, publie: Path, fichiers: Mapping[str, bytes]) -> bytes:
    """L'archive ZIP de l'édition : ``fichiers``, les contours, comment citer et lire ; mêmes données, mêmes octets."""
    tout = {
        **fichiers,
        CITATION: yaml.safe_dump(notices.citation(edition), allow_unicode=True, sort_keys=False).encode(),
        "LISEZ-MOI.txt": notices.lisez_moi(edition).encode("utf-8-sig"),
    }
    if CONTOURS.dans(publie).is_file():
        tout[CONTOURS.fichier] = CONTOURS.dans(publie).read_bytes()
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, octets in sorted(tout.items()):
            archive.writestr(zipfile.ZipInfo(f"{notices.nommer(edition)}/{nom}", _MINUIT), octets, zipfile.ZIP_DEFLATED)
    return sortie.getvalue()


def en_json(contenu: dict) -> bytes:
    """Du JSON lisible, dans l'ordre donné."""
    return json.dumps(contenu, ensure_ascii=False, indent=1).encode()
