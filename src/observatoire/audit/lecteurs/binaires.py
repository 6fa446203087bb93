"""Archives, images et fichiers muets (polices)."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError

from observatoire.audit.lecteurs.contenu import Contenu, Illisible, en_clair, opaque, par_morceaux, reunir, seul
from observatoire.audit.lecteurs.textes import decoder

_POLICES = (b"wOFF", b"wOF2", b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")
_SPHINX = b"# Sphinx inventory version 2"


def lire_muet(octets: bytes, ouvrir) -> Contenu:
    """Une police : rien à y lire, que ce qui y est en clair. Lève :class:`Illisible` si ce n'en est pas une."""
    if not octets.startswith(_POLICES) and octets[34:36] != b"LP":
        raise Illisible("ce n'est pas une police de caractères")
    return opaque(octets, muet=True)


def lire_image(octets: bytes, ouvrir) -> Contenu:
    """Une image : ses métadonnées (textes PNG, EXIF, commentaires) et ce qui y est en clair ; pas ses points."""
    try:
        with Image.open(io.BytesIO(octets)) as image:
            image.load()
            infos = {**image.info, **dict(image.getexif())}
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as erreur:
        raise Illisible("ce n'est pas une image") from erreur
    morceaux = [(f"métadonnée « {nom} »", _texte(valeur)) for nom, valeur in infos.items()]
    return par_morceaux(morceaux, en_clair(octets))


def lire_tableaux(octets: bytes, ouvrir) -> Contenu:
    """Des tableaux NumPy (``npz``) : les textes qu'ils portent ; leurs nombres sont ceux de la structure."""
    try:
        with np.load(io.BytesIO(octets), allow_pickle=False) as lus:
            textes = [(nom, " ".join(lus[nom].ravel())) for nom in lus.files if lus[nom].dtype.kind == "U"]
    except (OSError, ValueError, zipfile.BadZipFile) as erreur:
        raise Illisible("ce ne sont pas des tableaux NumPy") from erreur
    return par_morceaux(textes, "")


def lire_archive(octets: bytes, ouvrir) -> Contenu:
    """Une archive zip (ou un document qui en est une) : chacun de ses fichiers, ouvert à son tour."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            membres = [ouvrir(_nom(m.filename), archive.read(m)) for m in archive.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as erreur:
        raise Illisible("archive abîmée ou chiffrée") from erreur
    return reunir(membres, [])


def lire_gzip(octets: bytes, ouvrir) -> Contenu:
    """Un fichier comprimé, ou l'inventaire de Sphinx, qui l'est après son en-tête."""
    if octets.startswith(_SPHINX):
        entete, corps = octets.split(b"zlib.\n", 1)
        return seul("inventaire", decoder(entete + zlib.decompress(corps)))
    try:
        clair = gzip.decompress(octets)
    except (gzip.BadGzipFile, EOFError, zlib.error) as erreur:
        raise Illisible("ce n'est pas un fichier gzip") from erreur
    return seul("texte décomprimé", decoder(clair))


def _nom(interieur: str) -> str:
    """Les relations d'un classeur sont du XML sous un autre suffixe."""
    return f"{interieur}.xml" if interieur.endswith((".rels", ".vml")) else interieur


def _texte(valeur: object) -> str:
    return valeur.decode("utf-8", "replace") if isinstance(valeur, bytes) else str(valeur)
