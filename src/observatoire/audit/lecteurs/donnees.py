"""CSV, JSON, tableurs et Parquet : leur texte, et leurs lignes pour y chercher des clés cachées."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from observatoire.audit.lecteurs.binaires import lire_archive
from observatoire.audit.lecteurs.contenu import Contenu, Illisible
from observatoire.audit.lecteurs.textes import decoder, lire_texte


def lire_csv(octets: bytes, ouvrir) -> Contenu:
    """Un CSV, quel que soit son séparateur."""
    texte = decoder(octets)
    contenu = lire_texte(octets, ouvrir)
    entete = texte.partition("\n")[0]
    separateur = max(",;\t|", key=entete.count)
    try:
        table = pd.read_csv(io.StringIO(texte), sep=separateur, dtype=str, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error):
        return contenu  # son texte est lu ; ce n'est pas un tableau
    contenu.tables.append(("lignes", table))
    return contenu


def lire_json(octets: bytes, ouvrir) -> Contenu:
    """Un JSON : ses clés, ses textes et ses nombres, avec leur chemin."""
    texte = decoder(octets)
    try:
        objet = json.loads(texte)
    except json.JSONDecodeError as erreur:
        raise Illisible(f"JSON mal formé, ligne {erreur.lineno}") from erreur
    return Contenu(
        f"{texte}\n" + "\n".join(t for _, t in _feuilles(objet) if "\n" in t or not t.isascii()),
        lambda: _feuilles(objet),
        tables_du_json(objet, "lignes"),
    )


def _feuilles(objet: object, chemin: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(objet, dict):
        for cle, valeur in objet.items():
            yield f"nom de clé sous « {chemin or '/'} »", cle
            yield from _feuilles(valeur, f"{chemin}/…" if len(cle) > 30 else f"{chemin}/{cle}")
    elif isinstance(objet, list):
        for valeur in objet:
            yield from _feuilles(valeur, f"{chemin}[]")
    elif objet is not None and not isinstance(objet, bool):
        yield f"clé « {chemin or '/'} »", objet if isinstance(objet, str) else repr(objet)


def tables_du_json(objet: object, lieu: str) -> list[tuple[str, pd.DataFrame]]:
    """Les listes d'objets d'un JSON, à toute profondeur, chacune en table ; « properties » d'un GeoJSON compris."""
    if isinstance(objet, dict):
        return [table for valeur in objet.values() for table in tables_du_json(valeur, lieu)]
    if not isinstance(objet, list):
        return []
    lignes = [o.get("properties", o) if o.get("type") == "Feature" else o for o in objet if isinstance(o, dict)]
    dedans = [table for o in objet for table in tables_du_json(o, lieu)]
    return [(lieu, pd.DataFrame(lignes)), *dedans] if lignes else dedans


def lire_tableur(octets: bytes, ouvrir) -> Contenu:
    """Un classeur : tous ses fichiers intérieurs, et une table par feuille."""
    contenu = lire_archive(octets, ouvrir)
    try:
        classeur = CalamineWorkbook.from_filelike(io.BytesIO(octets))
        feuilles = {nom: classeur.get_sheet_by_name(nom).to_python() for nom in classeur.sheet_names}
    except (CalamineError, zipfile.BadZipFile) as erreur:
        raise Illisible("ce n'est pas un classeur") from erreur
    for nom, lignes in feuilles.items():
        if lignes:
            table = pd.DataFrame(lignes[1:], columns=[str(c) for c in lignes[0]]).replace("", None)
            contenu.tables.append((f"feuille « {nom} »", table))
    return contenu


def lire_parquet(octets: bytes, ouvrir) -> Contenu:
    """Une table Parquet : métadonnées, noms de colonnes et valeurs."""
    try:
        lue = pq.read_table(io.BytesIO(octets))
    except (pa.ArrowInvalid, OSError) as erreur:
        raise Illisible("ce n'est pas un fichier Parquet") from erreur
    table = lue.to_pandas()
    meta = " ".join(v.decode("utf-8", "replace") for v in (lue.schema.metadata or {}).values())
    morceaux = [("métadonnées", f"{meta} {' '.join(map(str, table.columns))}")]
    morceaux += [(f"colonne « {nom} »", "\n".join(table[nom].astype(str).unique())) for nom in table.columns]
    texte = "\n".join(t for _, t in morceaux)
    return Contenu(texte, lambda: iter(morceaux), [("lignes", table)])
