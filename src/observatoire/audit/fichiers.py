"""Ouvrir chaque fichier d'un site selon son genre, pour y lire tout ce qui peut se lire.

Un genre s'ajoute dans :data:`LECTEURS` : un suffixe et la fonction qui rend un :class:`Fichier`. Un fichier de genre
inconnu ou illisible n'est jamais passé : ses ``defauts`` le disent, et ce qui s'y lit en clair est lu.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import cbor2
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree, html
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from python_calamine import CalamineError

from observatoire.audit.suites import atomes
from observatoire.livre.recherche import MAGIE

_CLAIR = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{6,}")
_ECHAPPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_POLICES = (b"wOFF", b"wOF2", b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")
_SPHINX, _WASM = b"# Sphinx inventory version 2", b"\0asm"
_GETTEXT = (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde")
_TEXTES, _ATTRIBUTS = etree.XPath("//text()", smart_strings=False), etree.XPath("//@*", smart_strings=False)
_COMMENTAIRES = etree.XPath("//comment() | //processing-instruction()")
_DONNEES = etree.XPath("//script[contains(@type, 'json')]")
_SOUS_TYPES = {"svg+xml": "svg", "jpeg": "jpg", "x-icon": "ico", "javascript": "js", "plain": "txt"}
# Devant un fichier abîmé, chaque bibliothèque laisse aussi passer les erreurs de ses propres tables.
_ABIME = (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, EOFError, SyntaxError, RuntimeError)
_ABIME += (
    zlib.error,
    zipfile.BadZipFile,
    etree.LxmlError,
    cbor2.CBORDecodeError,
    PyPdfError,
    pa.ArrowException,
    CalamineError,
)


#: Entre deux cases d'un tableau, deux mots d'un index : une lettre, car « 0.928498 », « 8 » n'est pas une coordonnée.
SEPARE = " ǀ "


class Illisible(ValueError):
    """Le fichier n'est pas ce que son nom annonce ; le message dit pourquoi, sans rien citer de son contenu."""


@dataclass
class Fichier:
    """Un fichier, lu.

    ``texte`` : tout ce qui s'y lit, pour chercher vite ; ``dire_ou`` rend chaque (lieu, texte). ``tables`` : (lieu,
    table) des données en lignes et colonnes. ``racine`` : la page analysée, pour le HTML. ``muet`` : il ne porte pas de
    texte que l'on sache lire (une police). ``defauts`` : ce qui n'a pas pu en être lu.
    """

    texte: str
    dire_ou: Callable[[], Iterator[tuple[str, str]]]
    tables: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    racine: Any = None
    muet: bool = False
    defauts: list[str] = field(default_factory=list)
    nom: str = ""
    genre: str = ""

    @cached_property
    def atomes(self) -> list[str]:
        """Les atomes de son nom et de tout son texte, dans l'ordre."""
        return [*atomes(self.nom), *atomes(self.texte)]

    def lieux(self) -> Iterator[tuple[str, str]]:
        """Chaque (lieu, texte) du fichier, son nom d'abord."""
        return chain([("nom du fichier", self.nom)], self.dire_ou())


def lire_dossier(dossier: Path, prefixe: str = "") -> Iterator[Fichier]:
    """Chaque fichier d'un dossier, dans l'ordre des noms, fichiers cachés compris ; ``prefixe`` précède son nom."""
    for chemin in sorted(c for c in dossier.rglob("*") if c.is_file()):
        yield ouvrir(prefixe + chemin.relative_to(dossier).as_posix(), chemin.read_bytes())


def ouvrir(nom: str, octets: bytes) -> Fichier:
    """Lire un fichier selon son suffixe. ``nom`` : chemin dans le site, séparé par des « / »."""
    genre = PurePosixPath(nom).suffix.lstrip(".").lower()
    lecteur, annonce = LECTEURS.get(genre, (None, "")) if genre else LECTEURS["txt"]
    try:
        if lecteur is None:
            raise Illisible(f"genre de fichier inconnu (.{genre})")
        lu = lecteur(octets)
    except _ABIME as erreur:
        pourquoi = str(erreur) if isinstance(erreur, Illisible) else f"fichier illisible : {annonce}"
        lu = par_morceaux([("en clair", en_clair(octets))], defauts=[pourquoi])
    lu.nom, lu.genre = nom, genre or "sans suffixe"
    return lu


def par_morceaux(morceaux: list[tuple[str, str]], entre: str = "\n", **autres) -> Fichier:
    """Un fichier fait de morceaux (lieu, texte) déjà en mémoire ; ``entre`` : ce qui les sépare."""
    return Fichier(entre.join(texte for _, texte in morceaux), lambda: iter(morceaux), **autres)


def en_clair(octets: bytes) -> str:
    """Les suites d'au moins six caractères lisibles d'un binaire."""
    return "\n".join(suite.decode("utf-8", "ignore") for suite in _CLAIR.findall(octets))


def decoder(octets: bytes) -> str:
    """Un texte en UTF-8, en UTF-16 marqué, à défaut en Windows-1252, dont aucun octet n'est perdu."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    if b"\0" in octets:
        raise Illisible("fichier illisible : un binaire, sous un nom de texte")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _desechapper(texte: str) -> str:
    return _ECHAPPE.sub(lambda m: chr(int(m[1], 16)), texte)


def _lire_texte(octets: bytes) -> Fichier:
    clair = _desechapper(decoder(octets))
    return Fichier(clair, lambda: ((f"ligne {r}", ligne) for r, ligne in enumerate(clair.splitlines(), start=1)))


def _lire_csv(octets: bytes) -> Fichier:
    lu, texte = _lire_texte(octets), decoder(octets)
    separateur = max(",;\t|", key=texte.partition("\n")[0].count)
    try:
        table = pd.read_csv(io.StringIO(texte), sep=separateur, dtype=str, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error):
        return lu  # son texte est lu ; ce n'est pas un tableau
    lu.tables.append(("lignes", table))
    lu.texte = _desechapper(SEPARE.join([*map(str, table), *table.fillna("").to_numpy(object).ravel()]))
    return lu


def _lire_json(octets: bytes) -> Fichier:
    texte = decoder(octets)
    try:
        objet = json.loads(texte)
    except json.JSONDecodeError as erreur:
        raise Illisible(f"fichier illisible : JSON mal formé, ligne {erreur.lineno}") from erreur
    echappes = "\n".join(t for _, t in _feuilles(objet) if "\n" in t or not t.isascii())
    return Fichier(f"{texte}\n{echappes}", lambda: _feuilles(objet), _tables_du_json(objet, "lignes"))


def _feuilles(objet: object, chemin: str = "") -> Iterator[tuple[str, str]]:
    """Les clés, les textes et les nombres d'un objet, avec leur chemin."""
    if isinstance(objet, dict):
        for cle, valeur in objet.items():
            yield f"nom de clé sous « {chemin or '/'} »", str(cle)
            yield from _feuilles(valeur, f"{chemin}/…" if len(str(cle)) > 30 else f"{chemin}/{cle}")
    elif isinstance(objet, list | tuple):
        for valeur in objet:
            yield from _feuilles(valeur, f"{chemin}[]")
    elif objet is not None and not isinstance(objet, bool):
        yield f"clé « {chemin or '/'} »", objet if isinstance(objet, str) else repr(objet)


def _tables_du_json(objet: object, lieu: str) -> list[tuple[str, pd.DataFrame]]:
    """Les listes d'objets d'un JSON, à toute profondeur, chacune en table ; « properties » d'un GeoJSON compris."""
    if isinstance(objet, dict):
        return [table for valeur in objet.values() for table in _tables_du_json(valeur, lieu)]
    if not isinstance(objet, list):
        return []
    lignes = [o.get("properties", o) if o.get("type") == "Feature" else o for o in objet if isinstance(o, dict)]
    dedans = [table for o in objet for table in _tables_du_json(o, lieu)]
    return [(lieu, pd.DataFrame(lignes)), *dedans] if lignes else dedans


def _lire_parquet(octets: bytes) -> Fichier:
    lue = pq.read_table(io.BytesIO(octets))
    table = lue.to_pandas()
    meta = " ".join(v.decode("utf-8", "replace") for v in (lue.schema.metadata or {}).values())
    morceaux = [("métadonnées", f"{meta} {' '.join(map(str, table.columns))}")]
    morceaux += [(f"colonne « {nom} »", "\n".join(table[nom].astype(str).unique())) for nom in table.columns]
    return par_morceaux(morceaux, tables=[("lignes", table)])


def _lire_archive(octets: bytes) -> Fichier:
    """Une archive zip, ou un document qui en est une : chacun de ses fichiers, ouvert à son tour."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        # Les relations d'un classeur sont du XML sous un autre suffixe.
        noms = {m: f"{m}.xml" if m.endswith((".rels", ".vml")) else m for m in archive.namelist() if m[-1] != "/"}
        return _reunir([ouvrir(nom, archive.read(m)) for m, nom in noms.items()], [])


def _lire_tableur(octets: bytes) -> Fichier:
    """Un classeur : tous ses fichiers intérieurs, et une table par feuille."""
    lu = _lire_archive(octets)
    feuilles = pd.read_excel(io.BytesIO(octets), sheet_name=None, engine="calamine")
    lu.tables += [(f"feuille « {nom} »", table) for nom, table in feuilles.items()]
    return lu


def _reunir(dedans: list[Fichier], morceaux: list[tuple[str, str]]) -> Fichier:
    """Un fichier qui en contient d'autres : on y cherche comme dans chacun d'eux."""
    lu = par_morceaux([*morceaux, *((f"{f.nom}, {lieu}", texte) for f in dedans for lieu, texte in f.dire_ou())])
    lu.texte = "\n".join([*(texte for _, texte in morceaux), *(f.texte for f in dedans)])
    lu.tables = [table for f in dedans for table in f.tables]
    lu.defauts = [f"{f.nom} : {defaut}" for f in dedans for defaut in f.defauts]
    return lu


def _lire_gzip(octets: bytes) -> Fichier:
    """Un fichier comprimé, ou l'inventaire de Sphinx, qui l'est après son en-tête."""
    if octets.startswith(_SPHINX):
        entete, corps = octets.split(b"zlib.\n", 1)
        return par_morceaux([("inventaire", decoder(entete + zlib.decompress(corps)))])
    return par_morceaux([("texte décomprimé", decoder(gzip.decompress(octets)))])


def _lire_pagefind(octets: bytes) -> Fichier:
    """Un morceau de l'index de recherche : le texte d'une page, des mots, ou le programme, qui est muet."""
    clair = gzip.decompress(octets)
    if not clair.startswith(MAGIE):
        raise Illisible("fichier illisible : ce n'est pas un morceau d'index de Pagefind")
    corps = clair.removeprefix(MAGIE)
    if corps.startswith(_WASM):
        return par_morceaux([("en clair", en_clair(corps))], muet=True)
    objet = json.loads(corps) if corps[:1] == b"{" else cbor2.load(io.BytesIO(corps))
    lieu = f"index de la page {objet['url']}" if isinstance(objet, dict) and "url" in objet else "mots de l'index"
    return par_morceaux([(lieu, texte) for _, texte in _feuilles(objet)], entre=SEPARE)


def _lire_image(octets: bytes) -> Fichier:
    """Une image : ses métadonnées (textes PNG, EXIF, commentaires) et ce qui y est en clair ; pas ses points."""
    try:
        with Image.open(io.BytesIO(octets)) as image:
            image.load()
            infos = {**image.info, **dict(image.getexif())}
    except (UnidentifiedImageError, Image.DecompressionBombError) as erreur:
        raise ValueError from erreur
    textes = {n: v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for n, v in infos.items()}
    return par_morceaux([*((f"métadonnée « {n} »", t) for n, t in textes.items()), ("en clair", en_clair(octets))])


def _lire_police(octets: bytes) -> Fichier:
    """Une police : rien à y lire, que ce qui y est en clair."""
    if not octets.startswith(_POLICES) and octets[34:36] != b"LP":
        raise ValueError
    return par_morceaux([("en clair", en_clair(octets))], muet=True)


def _lire_traductions(octets: bytes) -> Fichier:
    """Un catalogue de traductions compilé : ses textes y sont en clair."""
    if not octets.startswith(_GETTEXT):
        raise ValueError
    return par_morceaux([("traductions", octets.decode("utf-8", "replace").replace("\0", "\n"))])


def _lire_pdf(octets: bytes) -> Fichier:
    """Un PDF : ses pages, ses métadonnées, ses annotations, ses signets et ses pièces jointes."""
    document = PdfReader(io.BytesIO(octets))
    morceaux = [("métadonnées", " ".join(str(valeur) for valeur in (document.metadata or {}).values()))]
    morceaux.append(("signets", " ".join(_titres(document.outline))))
    for rang, page in enumerate(document.pages, start=1):
        morceaux.append((f"page {rang}", page.extract_text()))
        morceaux += [(f"page {rang}, annotation", str(a.get_object())) for a in page.get("/Annots") or ()]
    joints = [ouvrir(nom, corps) for nom, versions in document.attachments.items() for corps in versions]
    return _reunir(joints, [*morceaux, ("en clair", en_clair(octets))])


def _titres(signets: list) -> Iterator[str]:
    for signet in signets:
        yield from _titres(signet) if isinstance(signet, list) else [str(signet.title)]


def _lire_html(octets: bytes) -> Fichier:
    """Une page : tout son texte, ses attributs, ses commentaires et les fichiers qu'elle porte en elle."""
    if not octets.strip():
        return par_morceaux([])
    return _lire_balises(html.document_fromstring(octets, parser=html.HTMLParser(encoding="utf-8")))


def _lire_xml(octets: bytes) -> Fichier:
    """Un XML ou un SVG ; les entités extérieures ne sont jamais suivies."""
    return _lire_balises(etree.fromstring(octets, etree.XMLParser(resolve_entities=False, no_network=True)))


def _lire_balises(racine) -> Fichier:
    textes, attributs = _TEXTES(racine), _ATTRIBUTS(racine)
    joints = list(_joints(attributs))
    lus = [
        *textes,
        *(_adresse(a) for a in attributs if not a.startswith("data:")),
        *(c.text or "" for c in _COMMENTAIRES(racine)),
        *(_desechapper(t) for t in textes if "\\u" in t),
        *(joint.texte for joint in joints),
        "".join(textes),  # un mot coupé par une balise se lit d'un trait
    ]
    tables = [table for joint in joints for table in joint.tables]
    for script in _DONNEES(racine):
        tables += _tables_du_json(_en_json(script.text), "données d'un <script>")
    defauts = [f"{joint.nom} : {defaut}" for joint in joints for defaut in joint.defauts]
    return Fichier("\n".join(lus), lambda: _lieux(racine, joints), tables, racine, defauts=defauts)


def _lieux(racine, joints: list[Fichier]) -> Iterator[tuple[str, str]]:
    for element in racine.iter():
        if not isinstance(element.tag, str):
            yield "commentaire", element.text or ""
        else:
            nom = f"<{etree.QName(element).localname}>"
            yield f"texte de {nom}", _desechapper(element.text or "")
            for attribut, valeur in element.attrib.items():
                yield f"attribut « {attribut} » de {nom}", _adresse(valeur)
        if element.tail:
            yield f"texte de <{etree.QName(element.getparent()).localname}>", element.tail
    yield from ((f"{joint.nom}, {lieu}", texte) for joint in joints for lieu, texte in joint.dire_ou())
    yield "texte coupé par des balises", "".join(_TEXTES(racine))


def _adresse(valeur: str) -> str:
    return f"{valeur} {unquote(valeur)}" if "%" in valeur else valeur


def _joints(attributs: list[str]) -> Iterator[Fichier]:
    """Les fichiers portés par une adresse « data: », ouverts selon leur type."""
    for valeur in attributs:
        if valeur.startswith("data:") and "," in valeur:
            entete, corps = valeur[5:].split(",", 1)
            octets = unquote_to_bytes(corps)
            octets = b64decode(octets + b"==") if entete.endswith(";base64") else octets
            sous_type = entete.split(";")[0].rpartition("/")[2] or "plain"
            yield ouvrir(f"adresse « data: ».{_SOUS_TYPES.get(sous_type, sous_type)}", octets)


def _en_json(texte: str | None) -> object:
    """Le contenu d'un script de données ; rien s'il est mal écrit, son texte étant déjà lu comme tel."""
    try:
        return json.loads(texte or "null")
    except json.JSONDecodeError:
        return None


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
