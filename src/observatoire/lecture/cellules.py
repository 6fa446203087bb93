"""Trouver dans un classeur ce que la bibliothèque qui le lit ne dit pas : cellules en erreur, formules jamais
calculées, pourcentages, cellules égarées.

Cette bibliothèque rend les premières comme des cellules vides : une valeur perdue passerait pour une absence. « 50 % »
est pour elle 0,5. Une cellule égarée au bout de la feuille lui fait demander des milliards de cellules.
Le contenu du classeur n'est parcouru que s'il porte la marque d'une erreur, d'une formule ou d'un pourcentage.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from xml.parsers import expat

from observatoire.lecture import xls
from observatoire.lecture.bornes import trop_gros, trop_loin
from observatoire.lecture.malfacons import Fautives
from observatoire.lecture.problemes import Probleme

REFERENCE = re.compile(r"([A-Z]+)(\d+)")
#: Les formats de nombre en pourcentage que tout XLSX connaît sans les déclarer (« 0% », « 0.00% »).
POURCENTAGES = {"9", "10"}
#: Une cellule d'ODS répétée davantage ne compte que pour sa première place.
REPETEES = 100_000
#: Une feuille XLSX, dans l'archive, et une cellule de colonne AAA ou plus loin.
FEUILLE = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
EGAREE = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"'][A-Z]{3}")
#: Ce que lève une archive, ou son contenu, qui n'est pas ce que son nom promet.
ABIMEE = (
    zipfile.BadZipFile, zlib.error, ET.ParseError, expat.ExpatError, KeyError, ValueError, EOFError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


def demesure(chemin: Path) -> list[Probleme]:
    """Ce qui ferait d'un classeur, une fois ouvert, bien plus qu'un tableau ; à voir avant de l'ouvrir."""
    if _est_ancien(chemin):  # 65 536 lignes de 256 colonnes au plus ; abîmé, il emplirait la mémoire
        xls.extraire(chemin.read_bytes())
        return trop_gros(chemin.stat().st_size)
    with zipfile.ZipFile(chemin) as archive:
        parties = archive.infolist()
        if problemes := trop_gros(sum(partie.file_size for partie in parties)):
            return problemes
        if chemin.suffix.lower() == ".ods":  # coupé avant sa fin, la bibliothèque l'attendrait toujours
            expat.ParserCreate().Parse(_lire(archive, "content.xml"), True)
        feuilles = (partie for partie in parties if FEUILLE.fullmatch(partie.filename))
        return [trop_loin()] if any(EGAREE.search(archive.read(feuille)) for feuille in feuilles) else []


def _est_ancien(chemin: Path) -> bool:
    return chemin.suffix.lower() == ".xls"


def cellules_fautives(chemin: Path, feuille: str) -> Fautives:
    """Les cellules en erreur d'une feuille, lignes et colonnes comptées à partir de 1 ; « » : formule sans valeur."""
    if _est_ancien(chemin):
        return xls.cellules_fautives(chemin.read_bytes(), feuille)
    with zipfile.ZipFile(chemin) as archive:
        if chemin.suffix.lower() == ".ods":
            return _dans_ods(_lire(archive, "content.xml"), feuille)
        return _dans_xlsx(_lire(archive, _partie(archive, feuille)))


def cellules_en_pourcent(chemin: Path, feuille: str) -> set[tuple[int, int]]:
    """(ligne, colonne), à partir de 1, de chaque nombre que le tableur montre en pourcentage : 0,5 s'y lit « 50 % »."""
    if _est_ancien(chemin):
        return xls.cellules_en_pourcent(chemin.read_bytes(), feuille)
    with zipfile.ZipFile(chemin) as archive:
        if chemin.suffix.lower() == ".ods":
            contenu = _lire(archive, "content.xml")
            if b'value-type="percentage"' not in contenu:
                return set()
            cellules = _parcourir_ods(contenu, feuille)
            return {(n, m) for n, m, cellule in cellules if _attribut(cellule, "value-type") == "percentage"}
        styles = _styles_en_pourcent(archive)
        contenu = _lire(archive, _partie(archive, feuille)) if styles else b""
        if not any(f'"{style}"'.encode() in contenu for style in styles):
            return set()
        return {(n, m) for n, m, c in _parcourir_xlsx(contenu) if c.get("s") in styles and c.get("t", "n") == "n"}


def _styles_en_pourcent(archive: zipfile.ZipFile) -> set[str]:
    """Les rangs des styles de cellule d'un XLSX dont le format de nombre est un pourcentage."""
    styles = {n.lower() for n in archive.namelist()} & {"xl/styles.xml"}
    if not styles:
        return set()
    racine = ET.fromstring(_lire(archive, styles.pop()))
    siens = {e.get("numFmtId") for e in racine.iter() if _nom(e) == "numFmt" and "%" in e.get("formatCode", "")}
    formats = [e for groupe in racine if _nom(groupe) == "cellXfs" for e in groupe]
    return {str(rang) for rang, e in enumerate(formats) if e.get("numFmtId") in siens | POURCENTAGES}


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
    fautives = defaultdict(list)
    for ligne, colonne, cellule in _parcourir_xlsx(contenu):
        parties = {_nom(e): e.text or "" for e in cellule}
        if cellule.get("t") == "e":
            fautives[parties.get("v", ""), colonne].append(ligne)
        elif "f" in parties and not parties.get("v") and cellule.get("t") not in ("str", "inlineStr"):
            fautives["", colonne].append(ligne)
    return fautives


def _parcourir_xlsx(contenu: bytes) -> Iterator[tuple[int, int, ET.Element]]:
    """(ligne, colonne, cellule) de chaque cellule écrite, comptées à partir de 1."""
    ligne = 0
    for rangee in (e for e in ET.fromstring(contenu).iter() if _nom(e) == "row"):
        ligne, colonne = int(rangee.get("r", ligne + 1)), 0
        for cellule in rangee:
            place = REFERENCE.fullmatch(cellule.get("r", ""))
            colonne = _rang(place[1]) if place else colonne + 1
            yield ligne, colonne, cellule


def _dans_ods(contenu: bytes, feuille: str) -> Fautives:
    if b'value-type="error"' not in contenu and b"table:formula" not in contenu:
        return {}
    fautives = defaultdict(list)
    for ligne, colonne, cellule in _parcourir_ods(contenu, feuille):
        types = {valeur for nom, valeur in cellule.attrib.items() if nom.endswith("}value-type")}
        if "error" in types:
            fautives["".join(cellule.itertext()).strip(), colonne].append(ligne)
        elif _attribut(cellule, "formula") and not types:
            fautives["", colonne].append(ligne)
    return fautives


def _parcourir_ods(contenu: bytes, feuille: str) -> Iterator[tuple[int, int, ET.Element]]:
    """(ligne, colonne, cellule) de chaque cellule remplie d'une feuille, répétitions comprises."""
    tables = (e for e in ET.fromstring(contenu).iter() if _nom(e) == "table" and _attribut(e, "name") == feuille)
    ligne = 1
    for rangee in (e for table in tables for e in table.iter() if _nom(e) == "table-row"):
        hauteur, colonne = int(_attribut(rangee, "number-rows-repeated") or 1), 1
        for cellule in (e for e in rangee if _nom(e) in ("table-cell", "covered-table-cell")):
            largeur = int(_attribut(cellule, "number-columns-repeated") or 1)
            if len(cellule) or _attribut(cellule, "value-type"):  # les vides se répètent par millions
                places = product(range(hauteur), range(largeur)) if hauteur * largeur <= REPETEES else [(0, 0)]
                yield from ((ligne + n, colonne + m, cellule) for n, m in places)
            colonne += largeur
        ligne += hauteur


def _nom(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribut(element: ET.Element, nom: str) -> str | None:
    return next((valeur for cle, valeur in element.attrib.items() if cle.rpartition("}")[2] == nom), None)


def _rang(lettres: str) -> int:
    rang = 0
    for lettre in lettres:
        rang = 26 * rang + ord(lettre) - ord("A") + 1
    return rang
