"""L'image qui accompagne le lien d'une page là où on le partage : le nom du site, le titre, le premier constat.

Deux dégradés de gris tiennent lieu de couleurs (blanc vers encre, bandeau vers blanc) : l'image se dessine lissée, puis
s'écrit en seize teintes, et pèse une quinzaine de kilo-octets.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

DOSSIER = "_vignettes"
#: Ce que les réseaux demandent d'une image large.
LARGEUR, HAUTEUR = 1200, 630
_MARGE, _BANDEAU, _INTERLIGNE = 64, 84, 1.3
#: Le corps du site et de la mention, du titre, du constat ; un titre a trois lignes au plus.
_PETIT, _TITRE, _CONSTAT, _LIGNES = 30, 56, 36, 3
_BLANC, _ENCRE, _BANDE, _SUR_LA_BANDE = 0, 127, 128, 255
#: Les couleurs de la charte, au bout de chaque dégradé.
_DEGRADES = ((255, 255, 255), (29, 43, 48)), ((11, 74, 86), (255, 255, 255))
_FICTIVES = "Données fictives"
_INSECABLES = "\u00a0\u202f"


def dessiner(site: str, titre: str, constat: str, *, fictif: bool) -> bytes:
    """Le PNG d'une page. Ses textes, quels qu'ils soient, ne sont que dessinés, et repris dans ses métadonnées."""
    image = Image.new("L", (LARGEUR, HAUTEUR), _BLANC)
    pinceau = ImageDraw.Draw(image)
    bas = HAUTEUR - _BANDEAU * fictif
    for mention, haut in ((site, 0), *([(_FICTIVES, bas)] if fictif else [])):
        pinceau.rectangle((0, haut, LARGEUR, haut + _BANDEAU), fill=_BANDE)
        _ecrire(pinceau, mention, _police("DejaVuSans.ttf", _PETIT), (haut + 25, 1), _SUR_LA_BANDE)
    haut = _ecrire(pinceau, titre, _police("DejaVuSans-Bold.ttf", _TITRE), (_BANDEAU + 48, _LIGNES)) + 24
    restent = int((bas - 16 - haut) / (_CONSTAT * _INTERLIGNE))
    _ecrire(pinceau, constat, _police("DejaVuSans.ttf", _CONSTAT), (haut, restent))
    return _en_png(image, [site, titre, *([_FICTIVES] if fictif else []), constat])


def _ecrire(pinceau: ImageDraw.ImageDraw, texte: str, police: ImageFont.FreeTypeFont, ou: tuple[int, int],
            teinte: int = _ENCRE) -> int:  # fmt: skip
    """Écrire un texte d'une hauteur, en tant de lignes au plus ; rend la hauteur de ce qui suit."""
    haut, lignes = ou
    for ligne in _plier(texte, police, lignes):
        pinceau.text((_MARGE, haut), ligne, font=police, fill=teinte)
        haut += round(police.size * _INTERLIGNE)
    return haut


def _en_png(image: Image.Image, textes: list[str]) -> bytes:
    """Seize teintes, huit par dégradé ; les textes sont aussi en clair, pour qui relit le site sans voir."""
    image = image.point([niveau >> 4 for niveau in range(256)])
    image.putpalette([round(d + (f - d) * rang / 7) for debut, fin in _DEGRADES for rang in range(8)
                      for d, f in zip(debut, fin, strict=True)])  # fmt: skip
    infos, sortie = PngInfo(), io.BytesIO()
    infos.add_itxt("Description", "\n".join(textes), "fr")
    image.save(sortie, "PNG", bits=4, pnginfo=infos)
    return sortie.getvalue()


def _plier(texte: str, police: ImageFont.FreeTypeFont, lignes: int) -> list[str]:
    """Le texte en ``lignes`` lignes au plus, qui tiennent dans la largeur ; coupé, il finit par « … ».

    Ce qui dépasse n'est pas mesuré : un texte démesuré ne coûte que ce qui s'en voit.
    """
    pliees = [""]
    for mot in _mots(texte, police):
        essai = f"{pliees[-1]} {mot}".strip()
        if _tient(essai, police):
            pliees[-1] = essai
        else:
            pliees.append(mot)
        if len(pliees) > lignes:
            break
    if len(pliees) > lignes:
        dernier = pliees[lignes - 1]
        while dernier and not _tient(f"{dernier}…", police):
            dernier = dernier[:-1]
        pliees[lignes - 1 :] = [f"{dernier.rstrip()}…"]
    return pliees


def _mots(texte: str, police: ImageFont.FreeTypeFont) -> Iterator[str]:
    """Les mots, dont un trop long est coupé ; une espace insécable reste dans le sien."""
    for mot in "".join(signe if signe.isprintable() or signe in _INSECABLES else " " for signe in texte).split(" "):
        while not _tient(mot, police):
            bout = max(1, bisect_right(range(1, len(mot)), LARGEUR - 2 * _MARGE, key=partial(_mesurer, mot, police)))
            yield mot[:bout]
            mot = mot[bout:]
        yield mot


def _tient(ligne: str, police: ImageFont.FreeTypeFont) -> bool:
    return police.getlength(ligne) <= LARGEUR - 2 * _MARGE


def _mesurer(mot: str, police: ImageFont.FreeTypeFont, signes: int) -> float:
    return police.getlength(mot[:signes])


@cache
def _police(fichier: str, corps: int) -> ImageFont.FreeTypeFont:
    """Une DejaVu de matplotlib, comme les figures ; sans mise en forme qui dépende de la machine."""
    dossier = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(dossier / fichier, corps, layout_engine=ImageFont.Layout.BASIC)
