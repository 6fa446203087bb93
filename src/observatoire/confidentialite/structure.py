"""La structure d'une année publiée : quels comptes existent et quelles sommes les lient, sans aucun nombre.

Elle est de notoriété publique : définitions des indicateurs, emboîtement des territoires. L'audit la lit à côté de ce
qui est imprimé, et n'a besoin de rien d'autre pour attaquer.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from observatoire.confidentialite.colonnes import Colonnes
from observatoire.confidentialite.liens import Relations, Systeme
from observatoire.fichiers import ecrire_octets

DOSSIER = "structure"


@dataclass(frozen=True)
class Structure:
    """``systeme`` : ses ``valeurs`` sont toutes inconnues. ``reservees`` : vrai pour chaque cellule cachée tout entière
    (un seul immeuble, un bailleur qui domine)."""

    systeme: Systeme
    reservees: np.ndarray


def ecrire_structure(structure: Structure, dossier: Path, annee: int) -> None:
    """Écrire ``structure/<annee>.npz`` dans un dossier publié."""
    s, c = structure.systeme, structure.systeme.colonnes
    relations = s.relations
    textes = {
        "noms": c.noms, "comptes": c.comptes, "roles": [[*cle, rang] for cle, rang in c.roles.items()],
        "differences": c.differences, "foyers": c.foyers, "genres": relations.genres,
        "cellules": s.cellules.to_dict("list"),
    }  # fmt: skip
    tampon = io.BytesIO()
    np.savez_compressed(
        tampon, textes=np.array(json.dumps(textes, ensure_ascii=False)), presentes=s.presentes, restes=s.restes,
        poids=relations.matrice.data, variables=relations.matrice.indices, debuts=relations.matrice.indptr,
        cellule=relations.cellule, genre=relations.genre, colonne=relations.colonne, reservees=structure.reservees,
    )  # fmt: skip
    ecrire_octets(tampon.getvalue(), dossier / DOSSIER / f"{annee}.npz")


def lire_structures(dossier: Path) -> dict[int, Structure]:
    """Les structures d'un dossier publié, par année."""
    return {int(f.stem): _lire(f) for f in sorted((dossier / DOSSIER).glob("*.npz"))}


def _lire(fichier: Path) -> Structure:
    with np.load(fichier, allow_pickle=False) as lu:
        t = json.loads(str(lu["textes"]))
        taille = len(lu["presentes"])
        matrice = sparse.csr_array((lu["poids"], lu["variables"], lu["debuts"]), shape=(len(lu["debuts"]) - 1, taille))
        colonnes = Colonnes(
            t["noms"], t["comptes"], {(code, role): rang for code, role, rang in t["roles"]},
            [tuple(d) for d in t["differences"]], [tuple(f) for f in t["foyers"]],
        )  # fmt: skip
        relations = Relations(matrice, lu["cellule"], lu["genre"], lu["colonne"], t["genres"])
        systeme = Systeme(
            colonnes, pd.DataFrame(t["cellules"]), np.full(taille, np.nan), lu["presentes"], lu["restes"], relations
        )
        return Structure(systeme, lu["reservees"])
