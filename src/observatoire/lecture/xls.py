"""Ce que la bibliothèque qui lit les classeurs ne dit pas d'un ancien XLS : cellules en erreur, pourcentages.

**Référence.** Microsoft, [MS-CFB] (le conteneur) et [MS-XLS] (les enregistrements BIFF8).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

from observatoire.lecture.malfacons import Fautives

#: Genres d'enregistrements : une feuille, une cellule selon son contenu, un style, un format de nombre.
FIN, FEUILLE, STYLE, FORMAT = 0x000A, 0x0085, 0x00E0, 0x041E
NOMBRE, COURT, COURTS, LOGIQUE, FORMULE = 0x0203, 0x027E, 0x00BD, 0x0205, 0x0006
ERREURS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
POURCENTAGES = {9, 10}
_BOUT = 0xFFFFFFFE
_MAGIE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def cellules_fautives(octets: bytes, feuille: str) -> Fautives:
    """(erreur, colonne) -> lignes, comptées à partir de 1. Lève ``ValueError`` si ce n'est pas un XLS."""
    fautives = defaultdict(list)
    for genre, corps in _cellules(extraire(octets), feuille):
        ligne, colonne = struct.unpack_from("<HH", corps)
        if genre == LOGIQUE and corps[7]:
            fautives[ERREURS.get(corps[6], "#N/A"), colonne + 1].append(ligne + 1)
        elif genre == FORMULE and corps[12:14] == b"\xff\xff" and corps[6] == 2:
            fautives[ERREURS.get(corps[8], "#N/A"), colonne + 1].append(ligne + 1)
    return dict(fautives)


def cellules_en_pourcent(octets: bytes, feuille: str) -> set[tuple[int, int]]:
    """(ligne, colonne), à partir de 1, de chaque nombre montré en pourcentage. Lève ``ValueError``."""
    flux = extraire(octets)
    globaux = list(_enregistrements(flux, 0))
    siens = {struct.unpack_from("<H", corps)[0] for genre, corps in globaux if genre == FORMAT and b"%" in corps}
    formats = [struct.unpack_from("<H", corps, 2)[0] for genre, corps in globaux if genre == STYLE]
    styles = {rang for rang, format_ in enumerate(formats) if format_ in siens | POURCENTAGES}
    return {place for place, style in _styles(_cellules(flux, feuille)) if style in styles} if styles else set()


def _styles(cellules: Iterator[tuple[int, bytes]]) -> Iterator[tuple[tuple[int, int], int]]:
    for genre, corps in cellules:
        ligne, colonne = struct.unpack_from("<HH", corps)
        if genre in (NOMBRE, COURT, FORMULE):
            yield (ligne + 1, colonne + 1), struct.unpack_from("<H", corps, 4)[0]
        elif genre == COURTS:  # plusieurs à la suite : six octets chacun
            for rang in range((len(corps) - 6) // 6):
                yield (ligne + 1, colonne + 1 + rang), struct.unpack_from("<H", corps, 4 + 6 * rang)[0]


def _cellules(flux: bytes, feuille: str) -> Iterator[tuple[int, bytes]]:
    for genre, corps in _enregistrements(flux, 0):
        if genre == FEUILLE:
            debut, large = struct.unpack_from("<I", corps)[0], corps[7] & 1
            nom = corps[8 : 8 + corps[6] * (1 + large)].decode("utf-16-le" if large else "latin-1")
            if nom == feuille:
                cellules = {NOMBRE, COURT, COURTS, LOGIQUE, FORMULE}
                yield from (e for e in _enregistrements(flux, debut) if e[0] in cellules)


def _enregistrements(flux: bytes, debut: int) -> Iterator[tuple[int, bytes]]:
    """(genre, contenu) de chaque enregistrement, jusqu'à la fin de la partie."""
    while debut + 4 <= len(flux):
        genre, taille = struct.unpack_from("<HH", flux, debut)
        if genre == FIN:
            return
        yield genre, flux[debut + 4 : debut + 4 + taille]
        debut += 4 + taille
    raise ValueError("une partie du classeur n'a pas de fin")


def extraire(octets: bytes) -> bytes:
    """Le flux « Workbook » du conteneur. Lève ``ValueError`` s'il est abîmé, ou d'un autre genre."""
    try:
        if octets[:8] != _MAGIE:
            raise ValueError("ce n'est pas un XLS")
        secteur = 1 << struct.unpack_from("<H", octets, 30)[0]
        suivants = _table(octets, secteur)
        dossier = _chaine(octets, suivants, struct.unpack_from("<I", octets, 48)[0], secteur)
        for place in range(0, len(dossier), 128):
            nom = dossier[place : place + struct.unpack_from("<H", dossier, place + 64)[0] - 2]
            debut, taille = struct.unpack_from("<II", dossier, place + 116)
            if nom.decode("utf-16-le", "replace") == "Workbook" and taille >= 4096:
                return _chaine(octets, suivants, debut, secteur)[:taille]
    except (struct.error, IndexError) as erreur:
        raise ValueError("le conteneur est abîmé") from erreur
    raise ValueError("le classeur n'est pas de BIFF8")


def _table(octets: bytes, secteur: int) -> list[int]:
    """Le secteur qui suit chacun des autres."""
    places = list(struct.unpack_from("<109I", octets, 76))
    suite, vus = struct.unpack_from("<I", octets, 68)[0], 0
    while suite < _BOUT - 3 and vus * secteur < len(octets):
        *autres, suite = struct.unpack_from(f"<{secteur // 4}I", octets, (suite + 1) * secteur)
        places, vus = places + autres, vus + 1
    return [
        n for p in places if p < _BOUT - 3 for n in struct.unpack_from(f"<{secteur // 4}I", octets, (p + 1) * secteur)
    ]


def _chaine(octets: bytes, suivants: list[int], debut: int, secteur: int) -> bytes:
    morceaux = []
    while debut < _BOUT - 3:
        if len(morceaux) > len(suivants):
            raise ValueError("une chaîne de secteurs se mord la queue")
        morceaux.append(octets[(debut + 1) * secteur : (debut + 2) * secteur])
        debut = suivants[debut]
    return b"".join(morceaux)
