"""Trouver dans un classeur les cellules en erreur et les formules jamais calculées.

La bibliothèque qui lit les classeurs les rend comme des cellules vides : une valeur perdue passerait pour une absence.
Le contenu du classeur n'est parcouru que s'il porte la marque d'une erreur ou d'une formule.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

Fautives = list[tuple[str, int, int]]
REFERENCE = re.compile(r"([A-Z]+)(\d+)")
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def cellules_fautives(chemin: Path, feuille: str) -> Fautives:
    """Les cellules (erreur, ligne, colonne) d'une feuille, comptées à partir de 1 ; « » : formule sans valeur."""
    with zipfile.ZipFile(chemin) as archive:
        if chemin.suffix.lower() == ".ods":
            return _dans_ods(archive.read("content.xml"), feuille)
        return _dans_xlsx(archive.read(_partie(archive, feuille)))


def _partie(archive: zipfile.ZipFile, feuille: str) -> str:
    """Le fichier de l'archive XLSX qui contient une feuille."""
    classeur = ET.fromstring(archive.read("xl/workbook.xml"))
    relation = next(e.get(RELATION) for e in classeur.iter() if _nom(e) == "sheet" and e.get("name") == feuille)
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    cible = next(e.get("Target") for e in relations if e.get("Id") == relation)
    return cible.lstrip("/") if cible.startswith("/") else f"xl/{cible}"


def _dans_xlsx(contenu: bytes) -> Fautives:
    if not re.search(rb"\st=[\"']e[\"']|<(?:\w+:)?f[\s>/]", contenu):
        return []
    fautives, ligne = [], 0
    for rangee in (e for e in ET.fromstring(contenu).iter() if _nom(e) == "row"):
        ligne, colonne = int(rangee.get("r", ligne + 1)), 0
        for cellule in rangee:
            place = REFERENCE.fullmatch(cellule.get("r", ""))
            colonne = _rang(place[1]) if place else colonne + 1
            parties = {_nom(e): e.text or "" for e in cellule}
            if cellule.get("t") == "e":
                fautives.append((parties.get("v", ""), ligne, colonne))
            elif "f" in parties and not parties.get("v") and cellule.get("t") not in ("str", "inlineStr"):
                fautives.append(("", ligne, colonne))
    return fautives


def _dans_ods(contenu: bytes, feuille: str) -> Fautives:
    if b'value-type="error"' not in contenu and b"table:formula" not in contenu:
        return []
    tables = (e for e in ET.fromstring(contenu).iter() if _nom(e) == "table" and _attribut(e, "name") == feuille)
    fautives, ligne = [], 1
    for rangee in (e for table in tables for e in table.iter() if _nom(e) == "table-row"):
        colonne = 1
        for cellule in (e for e in rangee if _nom(e) in ("table-cell", "covered-table-cell")):
            types = {valeur for nom, valeur in cellule.attrib.items() if nom.endswith("}value-type")}
            if "error" in types:
                fautives.append(("".join(cellule.itertext()).strip(), ligne, colonne))
            elif _attribut(cellule, "formula") and not types:
                fautives.append(("", ligne, colonne))
            colonne += int(_attribut(cellule, "number-columns-repeated") or 1)
        ligne += int(_attribut(rangee, "number-rows-repeated") or 1)
    return fautives


def _nom(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribut(element: ET.Element, nom: str) -> str | None:
    return next((valeur for cle, valeur in element.attrib.items() if cle.rpartition("}")[2] == nom), None)


def _rang(lettres: str) -> int:
    rang = 0
    for lettre in lettres:
        rang = 26 * rang + ord(lettre) - ord("A") + 1
    return rang
