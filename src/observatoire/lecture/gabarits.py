"""Des classeurs à remplir, un par table, faits d'après les schémas : qui n'a pas d'extrait part de là."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from observatoire.droits import creer_dossier
from observatoire.fichiers import ecrire_octets
from observatoire.lecture.controles import ecrire_bornes
from observatoire.schemas import Champ, Schema

#: Jusqu'où une liste se propose ; au-delà, la valeur est vérifiée au dépôt.
LIGNES = 20_000
FORMATS = {"date": "dd/mm/yyyy", "integer": "0", "number": "0.##", "string": "@"}
EN_TETE, OBLIGATOIRE = PatternFill("solid", fgColor="DDE6F0"), PatternFill("solid", fgColor="F6D9B8")
#: Un exemple de chaque genre de colonne ; celui d'une liste est sa première valeur.
EXEMPLES = {"date": "04/05/2010", "integer": "3", "number": "45,2", "string": "A1"}
_HEURE = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NOTICE = "Mode d'emploi"


def ecrire_gabarits(schemas: dict[str, Schema], dossier: Path) -> list[Path]:
    """Écrire ``<table>_gabarit.xlsx`` dans ce dossier pour chaque table ; rend les chemins."""
    creer_dossier(dossier)
    return [_ecrire(schema, dossier / f"{schema.nom}_gabarit.xlsx") for schema in schemas.values()]


def _ecrire(schema: Schema, chemin: Path) -> Path:
    classeur = Workbook()
    feuille = classeur.active
    feuille.title = schema.nom
    for rang, champ in enumerate(schema.champs.values(), start=1):
        _preparer_la_colonne(feuille, rang, champ)
    feuille.freeze_panes = "A2"
    feuille.protection.sheet = True  # l'en-tête seul : les autres cellules sont déverrouillées
    feuille.protection.formatColumns = feuille.protection.insertRows = feuille.protection.deleteRows = False
    _rediger_la_notice(classeur.create_sheet(NOTICE), schema)
    classeur.save(flux := io.BytesIO())
    ecrire_octets(_sans_date(flux), chemin)
    return chemin


def _sans_date(flux: io.BytesIO) -> bytes:
    """Le même classeur, sans l'heure où il est écrit : les mêmes schémas donnent les mêmes octets."""
    propre = io.BytesIO()
    with zipfile.ZipFile(flux) as datee, zipfile.ZipFile(propre, "w") as archive:
        for nom in datee.namelist():
            contenu = _HEURE.sub(b"2000-01-01T00:00:00Z", datee.read(nom))
            archive.writestr(zipfile.ZipInfo(nom), contenu, zipfile.ZIP_DEFLATED)
    return propre.getvalue()


def _preparer_la_colonne(feuille: Worksheet, rang: int, champ: Champ) -> None:
    """Son nom, verrouillé ; dessous, son format, sa liste s'il y en a une."""
    lettre = get_column_letter(rang)
    tete = feuille.cell(1, rang, champ.nom)
    tete.font, tete.fill, tete.protection = Font(bold=True), _couleur(champ), Protection(locked=True)
    colonne = feuille.column_dimensions[lettre]
    colonne.width, colonne.number_format = max(14, len(champ.nom) + 3), FORMATS[champ.type]
    colonne.protection = Protection(locked=False)
    if champ.admises:
        liste = DataValidation("list", formula1=f'"{",".join(champ.admises)}"', allow_blank=not champ.obligatoire)
        liste.error, liste.errorTitle = f"Valeurs admises : {', '.join(champ.admises)}.", champ.titre
        liste.add(f"{lettre}2:{lettre}{LIGNES}")
        feuille.add_data_validation(liste)


def _couleur(champ: Champ) -> PatternFill:
    return OBLIGATOIRE if champ.obligatoire else EN_TETE


def _rediger_la_notice(feuille: Worksheet, schema: Schema) -> None:
    """Ce que chaque colonne attend, et un exemple ; il n'est pas sur la feuille à remplir, où il resterait."""
    feuille.append(["Colonne", "Contenu", "À écrire", "Obligatoire", "Exemple"])
    for champ in schema.champs.values():
        obligatoire = "oui" if champ.obligatoire else "non"
        feuille.append([champ.nom, champ.description, _attendu(champ), obligatoire, exemple(champ)])
    for lettre, largeur in zip("ABCDE", (26, 70, 50, 12, 14), strict=True):
        feuille.column_dimensions[lettre].width = largeur
    for cellule in feuille[1]:
        cellule.font, cellule.fill = Font(bold=True), EN_TETE


def _attendu(champ: Champ) -> str:
    if champ.admises:
        return ", ".join(champ.admises)
    if champ.bornes != (None, None):
        return ecrire_bornes(champ, *champ.bornes)
    return {"date": "JJ/MM/AAAA", "string": "texte"}.get(champ.type, "nombre")


def exemple(champ: Champ) -> str:
    """Une valeur que la colonne admet."""
    if champ.admises:
        return champ.admises[0]
    bas = champ.bornes[0]
    if champ.type in ("integer", "number") and bas is not None and bas > 3:
        return f"{bas:.0f}" if bas < 1000 or champ.type == "number" else "1970"
    return "25056" if champ.nom == "commune" else EXEMPLES[champ.type]
