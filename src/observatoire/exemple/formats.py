"""Écrire une table comme un déposant l'enverrait : CSV de plusieurs façons, XLSX, ODS.

Deux écritures de la même table donnent les mêmes octets : aucune heure, aucun ordre qui dépende du processus.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from functools import reduce
from operator import add
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
from openpyxl import Workbook

HEURE = (2007, 12, 31, 12, 0, 0)
"""Date de tout ce que les archives contiennent."""

_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_MANIFESTE = f"""{_XML}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:version="1.2" manifest:media-type="{_MIMETYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
"""
_CONTENU = f"""{_XML}<office:document-content xmlns:office="{_ODF}:office:1.0" xmlns:table="{_ODF}:table:1.0" \
xmlns:text="{_ODF}:text:1.0" office:version="1.2"><office:body><office:spreadsheet>
<table:table table:name="{{feuille}}"><table:table-column table:number-columns-repeated="{{colonnes}}"/>
{{lignes}}
</table:table></office:spreadsheet></office:body></office:document-content>
"""


def ecrire(table: pd.DataFrame, chemin: Path, deposant: str) -> None:
    """Écrire ``table`` au format du ``deposant`` ; ``chemin`` est donné sans extension."""
    FORMATS.get(deposant, ORDINAIRE)(table, chemin)


def _textes(table: pd.DataFrame, decimale: str) -> pd.DataFrame:
    """Tout en texte : dates JJ/MM/AAAA ou ISO, entiers sans décimale, virgule ou point."""
    jours = "%d/%m/%Y" if decimale == "," else "%Y-%m-%d"
    colonnes = {}
    for nom, colonne in table.items():
        if pd.api.types.is_datetime64_any_dtype(colonne):
            colonnes[nom] = colonne.dt.strftime(jours).fillna("")
        elif pd.api.types.is_float_dtype(colonne):
            entiere = colonne.dropna().mod(1).eq(0).all()
            texte = colonne.astype("Int64").astype("str") if entiere else colonne.astype("str")
            colonnes[nom] = texte.where(colonne.notna(), "").str.replace(".", decimale, regex=False)
        else:
            colonnes[nom] = colonne.astype("str")
    return pd.DataFrame(colonnes)


def _csv(separateur: str, encodage: str, decimale: str) -> Callable:
    def ecrire_csv(table: pd.DataFrame, chemin: Path) -> None:
        texte = _textes(table, decimale).to_csv(index=False, sep=separateur, lineterminator="\r\n")
        chemin.with_name(f"{chemin.name}.csv").write_bytes(texte.encode(encodage))

    return ecrire_csv


def _feuille(chemin: Path) -> str:
    return chemin.name.partition("_")[0].capitalize()


def _xlsx(table: pd.DataFrame, chemin: Path) -> None:
    """Un classeur aux cellules typées : nombres et dates y sont des nombres et des dates."""
    classeur = Workbook(write_only=True)
    feuille = classeur.create_sheet(_feuille(chemin))
    feuille.append(list(table.columns))
    for ligne in table.astype(object).where(table.notna(), None).to_numpy().tolist():
        feuille.append(ligne)
    tampon = io.BytesIO()
    classeur.save(tampon)
    with zipfile.ZipFile(tampon) as source:
        contenus = {nom: source.read(nom) for nom in source.namelist()}
    du_jour = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    contenus["docProps/core.xml"] = re.sub(du_jour, b"2007-12-31T12:00:00", contenus["docProps/core.xml"])
    _archiver(contenus, chemin.with_name(f"{chemin.name}.xlsx"))


def _ods(table: pd.DataFrame, chemin: Path) -> None:
    """Une feuille OpenDocument 1.2 réduite à l'essentiel : nombres typés, le reste en texte."""
    entete = _lignes_ods(pd.DataFrame([table.columns], columns=table.columns))
    lignes = pd.concat([entete, _lignes_ods(table)])
    contenu = _CONTENU.format(feuille=_feuille(chemin), colonnes=len(table.columns), lignes="\n".join(lignes))
    # Le type de l'archive vient en tête et sans compression, comme la norme le demande.
    archive = {"mimetype": _MIMETYPE, "META-INF/manifest.xml": _MANIFESTE, "content.xml": contenu}
    _archiver(archive, chemin.with_name(f"{chemin.name}.ods"), sans_compression=("mimetype",))


def _lignes_ods(table: pd.DataFrame) -> pd.Series:
    """Une ligne XML par ligne de la table."""
    cellules = []
    for nom, texte in _textes(table, ",").items():
        type_ = 'office:value-type="string"'
        if pd.api.types.is_numeric_dtype(table[nom]):
            type_ = 'office:value-type="float" office:value="' + texte.str.replace(",", ".", regex=False) + '"'
        pleine = "<table:table-cell " + type_ + "><text:p>" + texte.map(escape) + "</text:p></table:table-cell>"
        cellules.append(pleine.where(texte.ne(""), "<table:table-cell/>"))
    return "<table:table-row>" + reduce(add, cellules) + "</table:table-row>"


def _archiver(contenus: dict[str, str | bytes], fichier: Path, sans_compression: tuple[str, ...] = ()) -> None:
    """Écrire une archive ZIP dont aucun membre ne porte l'heure de sa création."""
    with zipfile.ZipFile(fichier, "w") as archive:
        for nom, contenu in contenus.items():
            compression = zipfile.ZIP_STORED if nom in sans_compression else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(nom, HEURE), contenu, compression)


FORMATS = {
    "saiemb": _xlsx,
    "habitat25": _csv(";", "cp1252", ","),
    "neolia": _csv(",", "utf-8", "."),
    "adoma": _ods,
}
ORDINAIRE = _csv(";", "utf-8-sig", ",")
