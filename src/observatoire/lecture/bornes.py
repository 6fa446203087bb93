"""Jusqu'où un dépôt se lit : au-delà, il est refusé avant d'emplir la mémoire.

Aucun parc de bailleur n'approche ces bornes ; un fichier qui les passe est abîmé, ou fait pour nuire.
"""

from __future__ import annotations

from observatoire.lecture.problemes import Probleme, compter, nombre

LIGNES = 5_000_000
#: La colonne ZZ d'un tableur ; un tableau plus large a une cellule égarée loin à droite.
COLONNES = 702
CELLULES = 100_000_000
#: Octets d'un classeur ou d'un fichier Parquet, une fois décompressé.
OCTETS = 500_000_000


def hors_bornes(lignes: int, colonnes: int) -> list[Probleme]:
    """Le problème d'un tableau trop grand pour être celui d'un bailleur."""
    if colonnes > COLONNES:
        return [trop_loin(f"le tableau a {compter(colonnes, 'colonne')}")]
    if lignes > LIGNES or lignes * colonnes > CELLULES:
        taille = f"{compter(lignes, 'ligne')} de {compter(colonnes, 'colonne')}"
        conseil = f"Ne déposer que le parc de ce bailleur, sans lignes vides : {nombre(LIGNES)} lignes au plus."
        return [Probleme("taille", f"le tableau est trop grand : {taille}.", conseil)]
    return []


def trop_loin(quoi: str = "des cellules sont remplies") -> Probleme:
    """Le problème de cellules remplies loin du tableau."""
    return Probleme(
        "hors_tableau",
        f"{quoi}, loin à droite du tableau (au-delà de la colonne ZZ).",
        "Dans le tableur, aller à la dernière cellule (Ctrl+Fin), supprimer les colonnes et les lignes qui ne sont pas "
        "du tableau, puis enregistrer de nouveau.",
    )


def trop_gros(octets: int) -> list[Probleme]:
    """Le problème d'un fichier qui, décompressé, dépasse ce qu'un dépôt peut prendre."""
    if octets <= OCTETS:
        return []
    taille = f"{nombre(octets // 1_000_000)} Mo une fois décompressé (au plus {nombre(OCTETS // 1_000_000)})"
    conseil = "Recopier le tableau seul, en valeurs, dans un fichier neuf, et l'enregistrer de nouveau."
    return [Probleme("taille", f"le fichier est trop gros : {taille}.", conseil)]
