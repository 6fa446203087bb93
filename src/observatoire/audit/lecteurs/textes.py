"""Les textes : UTF-8, UTF-16 marqué, à défaut Windows-1252, dont aucun octet n'est perdu."""

from __future__ import annotations

from observatoire.audit.jetons import desechapper
from observatoire.audit.lecteurs.contenu import Contenu, Illisible, seul

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_GETTEXT = (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde")


def decoder(octets: bytes) -> str:
    """Le texte d'un fichier ; lève :class:`Illisible` si c'est un binaire."""
    if octets.startswith(_UTF_16):
        return octets.decode("utf-16", "replace")
    if b"\0" in octets:
        raise Illisible("un binaire, sous un nom de texte")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def lire_texte(octets: bytes, ouvrir) -> Contenu:
    """Un texte, un script ou une feuille de style ; les caractères échappés aussi sont lus."""
    texte = decoder(octets)
    clair = desechapper(texte)

    def lieux():
        for rang, ligne in enumerate(clair.splitlines(), start=1):
            yield f"ligne {rang}", ligne

    return Contenu(clair, lieux)


def lire_catalogue_gettext(octets: bytes, ouvrir) -> Contenu:
    """Un catalogue de traductions compilé : ses textes y sont en clair."""
    if not octets.startswith(_GETTEXT):
        raise Illisible("ce n'est pas un catalogue de traductions")
    return seul("traductions", octets.decode("utf-8", "replace").replace("\0", "\n"))
