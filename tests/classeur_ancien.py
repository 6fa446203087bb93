"""Écrire un XLS d'avant 2007 (BIFF8 dans son conteneur), ce qu'aucune bibliothèque de l'observatoire ne sait faire."""

from __future__ import annotations

import struct

LIBRE, BOUT = 0xFFFFFFFF, 0xFFFFFFFE
Place = tuple[int, int]


def ecrire_xls(lignes: list[list], erreurs: set[Place] = frozenset(), pourcents: set[Place] = frozenset()) -> bytes:
    """Une feuille « Feuil1 ». ``erreurs``, ``pourcents`` : (ligne, colonne), à partir de zéro, de #N/A et de « % »."""
    feuille = _debut(0x0010) + b"".join(
        _cellule(n, m, valeur, (n, m) in erreurs, (n, m) in pourcents)
        for n, ligne in enumerate(lignes)
        for m, valeur in enumerate(ligne)
    )
    globaux = _globaux(len(_globaux(0)))
    flux = globaux + feuille + _enregistrer(0x000A, b"")
    return _contenir(flux.ljust(max(4096, -(-len(flux) // 512) * 512), b"\0"))


def _enregistrer(genre: int, corps: bytes) -> bytes:
    return struct.pack("<HH", genre, len(corps)) + corps


def _debut(genre: int) -> bytes:
    return _enregistrer(0x0809, struct.pack("<HHHHII", 0x0600, genre, 0x0DBB, 0x07CC, 0, 6))


def _globaux(place: int) -> bytes:
    """L'ordinaire, le format 9 (« 0% »), et où commence la feuille."""
    styles = b"".join(_enregistrer(0x00E0, struct.pack("<HH16x", 0, format_)) for format_ in (0, 9))
    feuille = _enregistrer(0x0085, struct.pack("<IBBBB", place, 0, 0, 6, 0) + b"Feuil1")
    return _debut(0x0005) + styles + feuille + _enregistrer(0x000A, b"")


def _cellule(ligne: int, colonne: int, valeur, en_erreur: bool, en_pourcent: bool) -> bytes:
    tete = struct.pack("<HHH", ligne, colonne, int(en_pourcent))
    if en_erreur:
        return _enregistrer(0x0205, tete + bytes([0x2A, 1]))
    if isinstance(valeur, int | float):
        return _enregistrer(0x0203, tete + struct.pack("<d", valeur))
    return (
        _enregistrer(0x0204, tete + struct.pack("<HB", len(valeur), 1) + valeur.encode("utf-16-le")) if valeur else b""
    )


def _contenir(flux: bytes) -> bytes:
    """Le conteneur : un en-tête, la table des secteurs, le dossier, le flux."""
    secteurs = len(flux) // 512
    suivants = [0xFFFFFFFD, BOUT, *range(3, secteurs + 2), BOUT]
    assert len(suivants) <= 128
    table = struct.pack("<128I", *suivants, *[LIBRE] * (128 - len(suivants)))
    tete = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    tete += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, BOUT, 0, BOUT, 0)
    tete += struct.pack("<109I", 0, *[LIBRE] * 108)
    dossier = _entree("Root Entry", 5, 1, BOUT, 0) + _entree("Workbook", 2, LIBRE, 2, len(flux))
    return tete + table + dossier.ljust(512, b"\0") + flux


def _entree(nom: str, genre: int, enfant: int, debut: int, taille: int) -> bytes:
    ecrit = (nom + "\0").encode("utf-16-le")
    suite = struct.pack("<HBBIII16xI8x8xIII", len(ecrit), genre, 1, LIBRE, LIBRE, enfant, 0, debut, taille, 0)
    return ecrit.ljust(64, b"\0") + suite
