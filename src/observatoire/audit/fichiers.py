"""Ouvrir chaque fichier d'un site selon son genre, pour y lire tout ce qui peut se lire.

Un genre s'ajoute dans :data:`LECTEURS` : un suffixe et la fonction qui rend ce que le fichier contient. Un fichier de
genre inconnu ou illisible n'est jamais passé : ses ``defauts`` le disent, et ce qui s'y lit en clair est lu.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import cbor2
import pandas as pd
import pyarrow.parquet as pq
from lxml import etree, html
from PIL import Image
from pypdf import PdfReader

from observatoire.livre.recherche import MAGIE

_CLAIR, CLAIR = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{6,}"), "en clair"
_ECHAPPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_POLICES = (b"wOFF", b"wOF2", b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")
_SPHINX, _WASM = b"# Sphinx inventory version 2", b"\0asm"
_GETTEXT = (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde")
_TEXTES, _ATTRIBUTS = etree.XPath("//text()", smart_strings=False), etree.XPath("//@*", smart_strings=False)
_COMMENTAIRES = etree.XPath("//comment() | //processing-instruction()")
_DONNEES = etree.XPath("//script[contains(@type, 'json')]")
_SOUS_TYPES = {"svg+xml": "svg", "jpeg": "jpg", "x-icon": "ico", "javascript": "js", "plain": "txt"}
#: Entre deux cases d'un tableau, deux mots d'un index : une lettre, car « 0.928498 », « 8 » n'est pas une coordonnée.
SEPARE = " ǀ "


class Illisible(ValueError):
    """Le fichier n'est pas ce que son nom annonce ; le message dit pourquoi, sans rien citer de son contenu."""


@dataclass
class Fichier:
    """Un fichier, lu.

    ``contenu`` : un texte, une page analysée, une table, un autre fichier, (lieu, contenu), ou des listes et des
    dictionnaires de tout cela. ``panne`` : pourquoi il n'a pas pu être lu.
    """

    nom: str
    genre: str
    contenu: Any
    panne: str = ""

    @cached_property
    def texte(self) -> str:
        """Tout ce qui s'y lit, pour chercher vite ; :meth:`lieux` dit où."""
        return SEPARE.join(texte for _, texte in _lire(self.contenu))

    def lieux(self) -> Iterator[tuple[str, str]]:
        """Chaque (lieu, texte) du fichier, son nom d'abord."""
        yield "nom du fichier", self.nom
        yield from _lire(self.contenu, fin=True)

    @cached_property
    def tables(self) -> list[tuple[str, pd.DataFrame]]:
        """(lieu, table) des données en lignes et colonnes."""
        return list(_tables(self.contenu))

    @property
    def racine(self) -> Any:
        """La page analysée, pour du HTML, du SVG ou du XML."""
        return next(filter(etree.iselement, self.contenu), None) if isinstance(self.contenu, list) else None

    @property
    def muet(self) -> bool:
        """Ne porte-t-il pas de texte que l'on sache lire (une police) ?"""
        return not self.panne and isinstance(self.contenu, tuple) and self.contenu[0] == CLAIR

    @property
    def defauts(self) -> list[str]:
        """Ce qui n'a pas pu être lu de lui, ou des fichiers qu'il contient."""
        dedans = [f for f in self.contenu if isinstance(f, Fichier)] if isinstance(self.contenu, list) else []
        return [self.panne] * bool(self.panne) + [f"{f.nom} : {defaut}" for f in dedans for defaut in f.defauts]


def lire_dossier(dossier: Path, prefixe: str = "") -> Iterator[Fichier]:
    """Chaque fichier d'un dossier, dans l'ordre des noms, fichiers cachés compris ; ``prefixe`` précède son nom."""
    for chemin in sorted(c for c in dossier.rglob("*") if c.is_file()):
        yield ouvrir(prefixe + chemin.relative_to(dossier).as_posix(), chemin.read_bytes())


def ouvrir(nom: str, octets: bytes) -> Fichier:
    """Lire un fichier selon son suffixe. ``nom`` : chemin dans le site, séparé par des « / »."""
    genre = PurePosixPath(nom).suffix.lstrip(".").lower()
    lecteur, annonce = LECTEURS.get(genre or "txt", (None, ""))
    panne = f"fichier illisible : {annonce}" if lecteur else f"genre de fichier inconnu (.{genre})"
    try:
        return Fichier(nom, genre or "sans suffixe", lecteur(octets))
    # Devant un fichier abîmé, chaque bibliothèque laisse passer les erreurs de ses propres tables : toutes se valent.
    except Exception as erreur:  # noqa: BLE001
        ou = f", ligne {erreur.lineno}" if getattr(erreur, "lineno", None) else ""
        panne = str(erreur) if isinstance(erreur, Illisible) else panne + ou
        return Fichier(nom, genre or "sans suffixe", (CLAIR, en_clair(octets)), panne)


def _lire(contenu: Any, lieu: str = "", fin: bool = False) -> Iterator[tuple[str, str]]:
    """Les (lieu, texte) d'un contenu ; ``fin`` : ligne à ligne, case à case, balise à balise, pour dire où."""
    if isinstance(contenu, str):
        lignes = ((f"ligne {rang}", ligne) for rang, ligne in enumerate(contenu.splitlines(), start=1))
        yield from lignes if fin and not lieu else [(lieu, contenu)]
    elif isinstance(contenu, Fichier):
        yield from ((f"{contenu.nom}, {ou}", texte) for ou, texte in _lire(contenu.contenu, "", fin))
    elif isinstance(contenu, tuple):
        yield from _lire(contenu[1], contenu[0], fin)
    elif isinstance(contenu, list):
        for valeur in contenu:
            yield from _lire(valeur, f"{lieu}[]", fin)
    elif isinstance(contenu, dict):
        for cle, valeur in contenu.items():
            yield f"nom de clé sous « {lieu or '/'} »", str(cle)
            yield from _lire(valeur, f"{lieu}/…" if len(str(cle)) > 30 else f"{lieu}/{cle}", fin)
    elif isinstance(contenu, pd.DataFrame):
        yield "noms des colonnes", SEPARE.join(map(str, contenu))
        for nom, colonne in contenu.astype(object).where(contenu.notna(), "").astype(str).items():
            cases = enumerate(colonne, start=2) if fin else [(0, SEPARE.join(colonne))]
            yield from ((f"ligne {rang}, colonne « {nom} »", texte) for rang, texte in cases)
    elif etree.iselement(contenu):
        yield from _lire_les_balises(contenu) if fin else [("", _tout_lire(contenu))]
    elif contenu is not None and not isinstance(contenu, bool):
        yield lieu, repr(contenu)


def _tables(contenu: Any, lieu: str = "lignes") -> Iterator[tuple[str, pd.DataFrame]]:
    """Les tables d'un contenu, et ses listes d'objets, à toute profondeur ; « properties » d'un GeoJSON compris."""
    if isinstance(contenu, pd.DataFrame):
        yield lieu, contenu
    elif isinstance(contenu, tuple):
        yield from _tables(contenu[1], contenu[0])
    elif isinstance(contenu, list | dict):
        objets = [o for o in contenu if isinstance(o, dict)] if isinstance(contenu, list) else []
        if objets:
            yield lieu, pd.DataFrame([o.get("properties", o) if o.get("type") == "Feature" else o for o in objets])
        for valeur in contenu.values() if isinstance(contenu, dict) else contenu:
            yield from _tables(valeur, lieu)
    elif isinstance(contenu, Fichier):
        yield from contenu.tables
    elif etree.iselement(contenu):
        for script in _DONNEES(contenu):
            try:
                yield from _tables(json.loads(script.text or "null"), "données d'un <script>")
            except json.JSONDecodeError:  # mal écrit, son texte est lu comme tel
                continue


def _tout_lire(racine) -> str:
    """Le texte, les attributs et les commentaires d'une page."""
    textes = _TEXTES(racine)
    attributs = (_adresse(a) for a in _ATTRIBUTS(racine) if not a.startswith("data:"))
    # Un mot coupé par une balise se lit d'un trait.
    return _clarifier("\n".join([*textes, *attributs, *(c.text or "" for c in _COMMENTAIRES(racine)), "".join(textes)]))


def _lire_les_balises(racine) -> Iterator[tuple[str, str]]:
    for element in racine.iter():
        if not isinstance(element.tag, str):
            yield "commentaire", element.text or ""
        else:
            nom = f"<{etree.QName(element).localname}>"
            yield f"texte de {nom}", _clarifier(element.text or "")
            for attribut, valeur in element.attrib.items():
                yield f"attribut « {attribut} » de {nom}", _adresse(valeur)
        if element.tail:
            yield f"texte de <{etree.QName(element.getparent()).localname}>", element.tail
    yield "texte coupé par des balises", "".join(_TEXTES(racine))


def _adresse(valeur: str) -> str:
    return f"{valeur} {unquote(valeur)}" if "%" in valeur else valeur


def _clarifier(texte: str) -> str:
    return _ECHAPPE.sub(lambda m: chr(int(m[1], 16)), texte) if "\\u" in texte else texte


def en_clair(octets: bytes) -> str:
    """Les suites d'au moins six caractères lisibles d'un binaire."""
    return "\n".join(suite.decode("utf-8", "ignore") for suite in _CLAIR.findall(octets))


def _lire_texte(octets: bytes) -> str:
    """Un texte en UTF-8, en UTF-16 marqué, à défaut en Windows-1252, dont aucun octet n'est perdu."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    if b"\0" in octets:
        raise Illisible("fichier illisible : un binaire, sous un nom de texte")
    try:
        return _clarifier(octets.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _lire_csv(octets: bytes) -> pd.DataFrame | str:
    texte = _lire_texte(octets)
    separateur = max(",;\t|", key=texte.partition("\n")[0].count)
    try:
        table = pd.read_csv(io.StringIO(texte), sep=separateur, dtype=str, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return texte  # ce n'est pas un tableau
    return table if isinstance(table.index, pd.RangeIndex) else texte


def _lire_json(octets: bytes) -> Any:
    return json.loads(_lire_texte(octets))


def _lire_parquet(octets: bytes) -> list:
    lue = pq.read_table(io.BytesIO(octets))
    metadonnees = [v.decode("utf-8", "replace") for v in (lue.schema.metadata or {}).values()]
    return [("métadonnées", "\n".join(metadonnees)), ("lignes", lue.to_pandas(ignore_metadata=True))]


def _lire_archive(octets: bytes) -> list[Fichier]:
    """Une archive zip, ou un document qui en est une : chacun de ses fichiers, ouvert à son tour."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        # Les relations d'un classeur sont du XML sous un autre suffixe.
        noms = {m: f"{m}.xml" if m.endswith((".rels", ".vml")) else m for m in archive.namelist() if m[-1] != "/"}
        return [ouvrir(nom, archive.read(membre)) for membre, nom in noms.items()]


def _lire_tableur(octets: bytes) -> list:
    """Un classeur : tous ses fichiers intérieurs, et une table par feuille."""
    feuilles = pd.read_excel(io.BytesIO(octets), sheet_name=None, engine="calamine")
    return [*_lire_archive(octets), *((f"feuille « {nom} »", table) for nom, table in feuilles.items())]


def _lire_gzip(octets: bytes) -> tuple[str, str]:
    """Un fichier comprimé, ou l'inventaire de Sphinx, qui l'est après son en-tête."""
    if octets.startswith(_SPHINX):
        entete, corps = octets.split(b"zlib.\n", 1)
        return "inventaire", _lire_texte(entete + zlib.decompress(corps))
    return "texte décomprimé", _lire_texte(gzip.decompress(octets))


def _lire_pagefind(octets: bytes) -> tuple[str, str]:
    """Un morceau de l'index de recherche : le texte d'une page, des mots, ou le programme, qui est muet."""
    clair = gzip.decompress(octets)
    if not clair.startswith(MAGIE):
        raise Illisible("fichier illisible : ce n'est pas un morceau d'index de Pagefind")
    corps = clair.removeprefix(MAGIE)
    if corps.startswith(_WASM):
        return CLAIR, en_clair(corps)
    objet = json.loads(corps) if corps[:1] == b"{" else cbor2.load(io.BytesIO(corps))
    lieu = f"index de la page {objet['url']}" if isinstance(objet, dict) and "url" in objet else "mots de l'index"
    return lieu, SEPARE.join(texte for _, texte in _lire(objet))


def _lire_image(octets: bytes) -> list[tuple[str, str]]:
    """Une image : ses métadonnées (textes PNG, EXIF, commentaires) et ce qui y est en clair ; pas ses points."""
    with Image.open(io.BytesIO(octets)) as image:
        image.load()
        infos = {**image.info, **dict(image.getexif())}
    textes = {n: v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for n, v in infos.items()}
    return [*((f"métadonnée « {nom} »", texte) for nom, texte in textes.items()), (CLAIR, en_clair(octets))]


def _lire_police(octets: bytes) -> tuple[str, str]:
    """Une police : rien à y lire, que ce qui y est en clair."""
    if not octets.startswith(_POLICES) and octets[34:36] != b"LP":
        raise ValueError
    return CLAIR, en_clair(octets)


def _lire_traductions(octets: bytes) -> tuple[str, str]:
    """Un catalogue de traductions compilé : ses textes y sont en clair."""
    if not octets.startswith(_GETTEXT):
        raise ValueError
    return "traductions", octets.decode("utf-8", "replace").replace("\0", "\n")


def _lire_pdf(octets: bytes) -> list:
    """Un PDF : ses pages, ses métadonnées, ses annotations, ses signets et ses pièces jointes."""
    document = PdfReader(io.BytesIO(octets))
    metadonnees, signets = map(str, (document.metadata or {}).values()), _titres(document.outline)
    pages = [
        [page.extract_text(), *(str(a.get_object()) for a in page.get("/Annots") or ())] for page in document.pages
    ]
    return [
        ("métadonnées", "\n".join(metadonnees)), ("signets", "\n".join(signets)),
        *((f"page {rang}", "\n".join(textes)) for rang, textes in enumerate(pages, start=1)),
        *(ouvrir(nom, corps) for nom, versions in document.attachments.items() for corps in versions),
        (CLAIR, en_clair(octets)),
    ]  # fmt: skip


def _titres(signets: list) -> Iterator[str]:
    for signet in signets:
        yield from _titres(signet) if isinstance(signet, list) else [str(signet.title)]


def _lire_html(octets: bytes) -> list:
    """Une page et les fichiers qu'elle porte en elle."""
    if not octets.strip():
        return []
    return _avec_ses_joints(html.document_fromstring(octets, parser=html.HTMLParser(encoding="utf-8")))


def _lire_xml(octets: bytes) -> list:
    """Un XML ou un SVG ; les entités extérieures ne sont jamais suivies."""
    return _avec_ses_joints(etree.fromstring(octets, etree.XMLParser(resolve_entities=False, no_network=True)))


def _avec_ses_joints(racine) -> list:
    """Une page, et les fichiers portés par une adresse « data: », ouverts selon leur type."""
    lus = [racine]
    for valeur in _ATTRIBUTS(racine):
        if valeur.startswith("data:") and "," in valeur:
            entete, corps = valeur[5:].split(",", 1)
            octets = unquote_to_bytes(corps)
            octets = b64decode(octets + b"==") if entete.endswith(";base64") else octets
            sous_type = entete.split(";")[0].rpartition("/")[2] or "plain"
            lus.append(ouvrir(f"adresse « data: ».{_SOUS_TYPES.get(sous_type, sous_type)}", octets))
    return lus


_GENRES = {
    _lire_html: ("html htm xhtml", "HTML sans aucun élément"),
    _lire_xml: ("svg xml rss atom", "XML mal formé"),
    _lire_json: ("json geojson map ipynb webmanifest jsonld", "JSON mal formé"),
    _lire_texte: ("js mjs css txt md rst po pot yml yaml toml cff", "ce n'est pas un texte"),
    _lire_csv: ("csv tsv", "ce n'est pas un texte"),
    _lire_parquet: ("parquet", "ce n'est pas un fichier Parquet"),
    _lire_pdf: ("pdf", "PDF abîmé"),
    _lire_tableur: ("xlsx ods", "ce n'est pas un classeur"),
    _lire_archive: ("zip docx odt", "archive abîmée ou chiffrée"),
    _lire_gzip: ("gz inv", "ce n'est pas un fichier gzip"),
    _lire_pagefind: ("pf_fragment pf_index pf_meta pf_filter pagefind", "morceau d'index abîmé"),
    _lire_image: ("png jpg jpeg gif webp ico", "ce n'est pas une image"),
    _lire_traductions: ("mo", "ce n'est pas un catalogue de traductions"),
    _lire_police: ("woff woff2 ttf otf eot", "ce n'est pas une police de caractères"),
}
#: Suffixe, sans point et en minuscules -> (lecteur, ce que l'on dit d'un fichier qu'il ne sait pas lire).
LECTEURS = {s: (lecteur, defaut) for lecteur, (suffixes, defaut) in _GENRES.items() for s in suffixes.split()}
