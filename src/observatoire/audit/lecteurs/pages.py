"""HTML, XML et SVG : textes, attributs, commentaires, scripts, et ce que portent les adresses « data: »."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote, unquote_to_bytes

from lxml import etree, html

from observatoire.audit.jetons import desechapper
from observatoire.audit.lecteurs.contenu import Contenu, Fichier, Illisible
from observatoire.audit.lecteurs.donnees import tables_du_json

_TEXTES = etree.XPath("//text()", smart_strings=False)
_ATTRIBUTS = etree.XPath("//@*", smart_strings=False)
_COMMENTAIRES = etree.XPath("//comment() | //processing-instruction()")
_DONNEES = etree.XPath("//script[contains(@type, 'json')]")
_SUFFIXES = {"svg+xml": "svg", "jpeg": "jpg", "x-icon": "ico", "javascript": "js", "plain": "txt"}


def lire_html(octets: bytes, ouvrir) -> Contenu:
    """Une page : tout son texte, ses attributs, ses commentaires et les fichiers qu'elle porte en elle."""
    if not octets.strip():
        return Contenu("", lambda: iter([]))
    try:
        racine = html.document_fromstring(octets, parser=html.HTMLParser(encoding="utf-8"))
    except etree.ParserError as erreur:
        raise Illisible("HTML sans aucun élément") from erreur
    return _contenu(racine, ouvrir)


def lire_xml(octets: bytes, ouvrir) -> Contenu:
    """Un XML ou un SVG ; les entités extérieures ne sont jamais suivies."""
    try:
        racine = etree.fromstring(octets, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as erreur:
        raise Illisible(f"XML mal formé, ligne {erreur.lineno}") from erreur
    return _contenu(racine, ouvrir)


def _contenu(racine, ouvrir) -> Contenu:
    textes, attributs = _TEXTES(racine), _ATTRIBUTS(racine)
    joints = list(_joints(racine, ouvrir))
    lus = [
        *textes,
        *(_adresse(a) for a in attributs if not a.startswith("data:")),
        *(c.text or "" for c in _COMMENTAIRES(racine)),
        *(desechapper(t) for t in textes if "\\u" in t),
        *(joint.contenu.texte for joint in joints),
    ]
    colle = "".join(textes)  # un mot coupé par une balise se lit d'un trait
    tables = [table for joint in joints for table in joint.contenu.tables]
    for script in _DONNEES(racine):
        tables += tables_du_json(_en_json(script.text), "données d'un <script>")
    defauts = [f"{joint.nom} : {defaut}" for joint in joints for defaut in joint.defauts]
    return Contenu("\n".join(lus), lambda: _lieux(racine, joints), tables, racine, defauts=defauts, colle=colle)


def _lieux(racine, joints: list[Fichier]) -> Iterator[tuple[str, str]]:
    for element in racine.iter():
        if not isinstance(element.tag, str):
            yield "commentaire", element.text or ""
        else:
            nom = f"<{etree.QName(element).localname}>"
            yield f"texte de {nom}", desechapper(element.text or "")
            for attribut, valeur in element.attrib.items():
                yield f"attribut « {attribut} » de {nom}", _adresse(valeur)
        if element.tail:
            yield f"texte de <{etree.QName(element.getparent()).localname}>", element.tail
    for joint in joints:
        for lieu, texte in joint.contenu.lieux():
            yield f"{joint.nom}, {lieu}", texte
    yield "texte coupé par des balises", "".join(_TEXTES(racine))


def _adresse(valeur: str) -> str:
    return f"{valeur} {unquote(valeur)}" if "%" in valeur else valeur


def _joints(racine, ouvrir) -> Iterator[Fichier]:
    """Les fichiers portés par une adresse « data: », ouverts selon leur type."""
    for valeur in _ATTRIBUTS(racine):
        if valeur.startswith("data:") and "," in valeur:
            entete, corps = valeur[5:].split(",", 1)
            octets = unquote_to_bytes(corps)
            octets = b64decode(octets + b"==") if entete.endswith(";base64") else octets
            sous_type = entete.split(";")[0].rpartition("/")[2] or "plain"
            yield ouvrir(f"adresse « data: ».{_SUFFIXES.get(sous_type, sous_type)}", octets)


def _en_json(texte: str | None) -> object:
    """Le contenu d'un script de données ; rien s'il est mal écrit, son texte étant déjà lu comme tel."""
    try:
        return json.loads(texte or "null")
    except json.JSONDecodeError:
        return None
