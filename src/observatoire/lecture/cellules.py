"""Trouver dans un classeur ce que la bibliothèque qui le lit ne dit pas : cellules en erreur, formules jamais
calculées, cellules égarées.

Cette bibliothèque rend les premières comme des cellules vides : une valeur perdue passerait pour une absence. Une
cellule égarée au bout de la feuille lui fait demander des milliards de cellules.
Le contenu du classeur n'est parcouru que s'il porte la marque d'une erreur ou d'une formule.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections import defaultdict
from pathlib import Path

from observatoire.lecture.bornes import trop_gros, trop_loin
from observatoire.lecture.malfacons import Fautives
from observatoire.lecture.problemes import Probleme

REFERENCE = re.compile(r"([A-Z]+)(\d+)")
#: Une feuille XLSX, dans l'archive, et une cellule de colonne AAA ou plus loin.
FEUILLE = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
EGAREE = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"'][A-Z]{3}")
#: Ce que lève une archive, ou son contenu, qui n'est pas ce que son nom promet.
ABIMEE = (
    zipfile.BadZipFile, zlib.error, ET.ParseError, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError
)  # fmt: skip


def demesure(chemin: Path) -> list[Probleme]:
    """Ce qui ferait d'un classeur, une fois ouvert, bien plus qu'un tableau ; à voir avant de l'ouvrir."""
    with zipfile.ZipFile(chemin) as archive:
        parties = archive.infolist()
        if problemes := trop_gros(sum(partie.file_size for partie in parties)):
            return problemes
        feuilles = (partie for partie in parties if FEUILLE.fullmatch(partie.filename))
        return [trop_loin()] if any(EGAREE.search(archive.read(feuille)) for feuille in feuilles) else []


def cellules_fautives(chemin: Path, feuille: str) -> Fautives:
    """Les cellules en erreur d'une feuille, lignes et colonnes comptées à partir de 1 ; « » : formule sans valeur."""
    with zipfile.ZipFile(chemin) as archive:
        if chemin.suffix.lower() == ".ods":
            return _dans_ods(_lire(archive, "content.xml"), feuille)
        return _dans_xlsx(_lire(archive, _partie(archive, feuille)))


def _lire(archive: zipfile.ZipFile, nom: str) -> bytes:
    """Une partie de l'archive ; la casse de son nom ne compte pas, comme pour un tableur. Lève ``KeyError``."""
    return archive.read({n.lower(): n for n in archive.namelist()}[nom.lower()])


def _partie(archive: zipfile.ZipFile, feuille: str) -> str:
    """Le fichier de l'archive XLSX qui contient une feuille."""
    classeur = ET.fromstring(_lire(archive, "xl/workbook.xml"))
    relations = {e.get("Id"): e.get("Target") for e in ET.fromstring(_lire(archive, "xl/_rels/workbook.xml.rels"))}
    feuilles = {e.get("name"): e for e in classeur.iter() if _nom(e) == "sheet"}
    # L'attribut est dans un espace de noms, qui n'est pas le même en Open XML « strict ».
    cible = relations[next((v for cle, v in feuilles[feuille].attrib.items() if cle.endswith("}id")), None)]
    return cible.lstrip("/") if cible.startswith("/") else f"xl/{cible}"


def _dans_xlsx(contenu: bytes) -> Fautives:
    if not re.search(rb"\st=[\"']e[\"']|<(?:\w+:)?f[\s>/]", contenu):
        return {}
    fautives, ligne = defaultdict(list), 0
    for rangee in (e for e in ET.fromstring(contenu).iter() if _nom(e) == "row"):
        ligne, colonne = int(rangee.get("r", ligne + 1)), 0
        for cellule in rangee:
            place = REFERENCE.fullmatch(cellule.get("r", ""))
            colonne = _rang(place[1]) if place else colonne + 1
            parties = {_nom(e): e.text or "" for e in cellule}
            if cellule.get("t") == "e":
                fautives[parties.get("v", ""), colonne].append(ligne)
            elif "f" in parties and not parties.get("v") and cellule.get("t") not in ("str", "inlineStr"):
                fautives["", colonne].append(ligne)
    return fautives


def _dans_ods(contenu: bytes, feuille: str) -> Fautives:
    if b'value-type="error"' not in contenu and b"table:formula" not in contenu:
        return {}
    tables = (e for e in ET.fromstring(contenu).iter() if _nom(e) == "table" and _attribut(e, "name") == feuille)
    fautives, ligne = defaultdict(list), 1
    for rangee in (e for table in tables for e in table.iter() if _nom(e) == "table-row"):
        colonne = 1
        for cellule in (e for e in rangee if _nom(e) in ("table-cell", "covered-table-cell")):
            types = {valeur for nom, valeur in cellule.attrib.items() if nom.endswith("}value-type")}
            if "error" in types:
                fautives["".join(cellule.itertext()).strip(), colonne].append(ligne)
            elif _attribut(cellule, "formula") and not types:
                fautives["", colonne].append(ligne)
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
