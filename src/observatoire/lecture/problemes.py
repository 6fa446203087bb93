"""Dire ce qui ne va pas : où, quoi, et quoi écrire à la place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from observatoire.typographie import majuscule

LIGNES_CITEES = 5
VALEURS_CITEES = 20
#: D'un même genre, ce qui est gardé pour le rapport CSV : les premières valeurs, et d'une valeur les premières lignes.
VALEURS_GARDEES = 1000
LIGNES_GARDEES = 1000
#: Les lignes où les premières valeurs se cherchent à la fois.
BLOC = 16_384
LONGUEUR_CITEE = 40
LONGUEUR_D_UN_CODE, MOTS_D_UN_CODE, CHIFFRES_D_UN_CODE = 24, 2, 5
MOTS_D_UNITE = {"euro", "euros", "eur", "pièces", "pieces", "mois", "ans", "mètres", "metres", "carrés", "carres", "m²"}
ABSENCES = {"na", "nc", "nd", "nr", "ns"}
TUE = "non affichée"
NON_AFFICHEE = "(donnée personnelle, non affichée)"


class Lignes(tuple):
    """Les premiers numéros, triés, de lignes en cause ; ``nombre`` : combien elles sont en tout.

    ``d_autres_valeurs`` : parmi elles, des valeurs que personne n'a distinguées, trop nombreuses.
    """

    nombre: int
    d_autres_valeurs: bool = False

    @classmethod
    def de(cls, numeros: Iterable[int], nombre: int | None = None) -> Lignes:
        """D'après tous les numéros, ou les premiers quand ``nombre`` dit qu'il y en a d'autres."""
        numeros = np.sort(np.asarray(numeros, dtype=np.int64))
        lignes = cls(numeros[:LIGNES_GARDEES].tolist())
        lignes.nombre = len(numeros) if nombre is None else nombre
        return lignes


@dataclass(frozen=True)
class Probleme:
    """Un problème qui fait refuser un fichier.

    ``lignes`` : lignes du tableur (l'en-tête est la ligne 1) ; vide quand le problème porte sur tout le fichier.
    ``phrase`` dit quoi, ``conseil`` dit quoi écrire. ``regle`` est un mot qui sert à trier, jamais affiché.
    """

    regle: str
    phrase: str
    conseil: str = ""
    colonne: str | None = None
    lignes: tuple[int, ...] = ()

    @property
    def nombre(self) -> int:
        """Combien de lignes sont en cause ; 0 quand c'est tout le fichier."""
        return self.lignes.nombre if isinstance(self.lignes, Lignes) else len(self.lignes)

    @property
    def lieu(self) -> str:
        """Par exemple « lignes 2, 3 et 4, colonne « dpe » »."""
        morceaux = [citer_lignes(self.lignes, self.nombre)] if self.lignes else []
        return ", ".join([*morceaux, *([f"colonne « {self.colonne} »"] if self.colonne else [])])

    @property
    def texte(self) -> str:
        """Le problème tel qu'il s'imprime, conseil en retrait à la ligne."""
        tete = f"{self.lieu} : {self.phrase}" if self.lieu else majuscule(self.phrase)
        return "\n".join([tete, *(f"    {ligne}" for ligne in self.conseil.splitlines())])


def citer_lignes(lignes: Iterable[int], total: int | None = None) -> str:
    """« ligne 57 », « lignes 112 et 119 », « lignes 2, 3, 4 et 812 autres » ; ``total`` : s'il y en a d'autres."""
    lignes = sorted(lignes)
    total = total or len(lignes)
    if total == 1:
        return f"ligne {lignes[0]}"
    if total <= LIGNES_CITEES:
        return f"lignes {enumerer(map(str, lignes))}"
    return f"lignes {', '.join(map(str, lignes[:3]))} et {nombre(total - 3)} autres"


def enumerer(mots: Iterable[str]) -> str:
    """« a », « a et b », « a, b et c »."""
    mots = list(mots)
    return mots[0] if len(mots) == 1 else f"{', '.join(mots[:-1])} et {mots[-1]}"


def compter(n: int, singulier: str, pluriel: str | None = None) -> str:
    """« 1 ligne », « 12 345 lignes » ; zéro prend le singulier, comme en français."""
    return f"{nombre(n)} {singulier if n < 2 else pluriel or singulier + 's'}"


def nombre(n: int) -> str:
    """Un entier à la française : 12 345."""
    return f"{n:,}".replace(",", " ")


def citer(valeur: object) -> str:
    """Une valeur entre guillemets, sur une ligne et abrégée si elle est longue."""
    texte = imprimable(" ".join(str(valeur).split()))
    return f"« {texte if len(texte) <= LONGUEUR_CITEE else texte[: LONGUEUR_CITEE - 1] + '…'} »"


def imprimable(texte: str) -> str:
    """Le texte, où « � » remplace ce qui ne s'imprime pas : caractère de commande, octet d'un nom indécodable."""
    return texte if texte.isprintable() else "".join(c if c.isprintable() or c == "\u00a0" else "�" for c in texte)


def par_valeur(valeurs: pd.Series, lignes: pd.Series) -> dict[str, Lignes]:
    """Grouper des lignes par valeur, dans l'ordre de leur première apparition dans le fichier."""
    rangs, distinctes = pd.factorize(valeurs)
    groupes = _par_rang(rangs, len(distinctes), lignes.to_numpy())
    return {str(valeur): lignes for valeur, lignes in zip(distinctes, groupes, strict=True)}


def par_code(valeurs: pd.Series, citable: Callable[[str], bool] | None = None) -> dict[str | None, Lignes]:
    """Grouper par valeur les lignes (l'index) d'une colonne ; sous ``None``, celles dont la valeur ne se cite pas.

    ``citable`` : ce qui se cite [:func:`ressemble_a_un_code`]. Au-delà de :data:`VALEURS_GARDEES`, les valeurs ne se
    citent plus : leurs lignes sont comptées.
    """
    citable = citable or ressemble_a_un_code
    textes = pa.array(valeurs.astype("str"))
    premieres = _premieres(textes)
    codes = [valeur if citable(valeur) else None for valeur in premieres]
    cles = {code: rang for rang, code in enumerate(dict.fromkeys([*codes, None]))}
    places = pc.fill_null(pc.index_in(textes, pa.array(premieres, textes.type)), -1).to_numpy()
    rangs = np.array([cles[code] for code in [*codes, None]])[places]
    groupes = dict(zip(cles, _par_rang(rangs, len(cles), valeurs.index.to_numpy()), strict=True))
    groupes[None].d_autres_valeurs = bool((places < 0).any())
    return {code: lignes for code, lignes in groupes.items() if lignes}


def _premieres(textes: pa.Array | pa.ChunkedArray) -> list[str]:
    """Les :data:`VALEURS_GARDEES` premières valeurs distinctes, sans chercher plus loin que la dernière."""
    trouvees: dict[str, None] = {}
    for debut in range(0, len(textes), BLOC):
        trouvees |= dict.fromkeys(pc.unique(textes.slice(debut, BLOC)).to_pylist())
        if len(trouvees) >= VALEURS_GARDEES:
            break
    return list(trouvees)[:VALEURS_GARDEES]


def _par_rang(rangs: np.ndarray, nombre: int, lignes: np.ndarray) -> list[Lignes]:
    """Les lignes de chaque rang, de 0 à ``nombre`` - 1."""
    ordre = np.argsort(rangs, kind="stable")
    bornes = np.searchsorted(rangs[ordre], np.arange(nombre + 1))
    return [Lignes.de(lignes[ordre[debut:fin]]) for debut, fin in pairwise(bornes)]


def citer_code(valeur: str | None) -> str:
    """La valeur entre guillemets, ou « une valeur non affichée » si :func:`par_code` l'a tue."""
    return "une valeur non affichée" if valeur is None else citer(valeur)


def ressemble_a_un_code(texte: str) -> bool:
    """Est-ce un code, et non un texte libre où quelqu'un pourrait être nommé ou joint ?

    Un mot peut être un nom (« Li ») : il n'est cité que s'il n'a qu'une lettre, ou si c'est une unité, une absence.

    >>> [ressemble_a_un_code(texte) for texte in ("45,2 m²", "M. Dupont, 3e", "0381000000", "Li", "T3 Li", "Z", "NC")]
    [True, False, False, False, False, True, True]
    """
    sans_decimale = re.sub(r"(?<=\d),(?=\d)", ".", texte)
    return (
        len(texte) <= LONGUEUR_D_UN_CODE
        and len(texte.split()) <= MOTS_D_UN_CODE
        and not re.search("[,;@\n]", sans_decimale)
        and len(re.findall(r"\d", texte)) <= CHIFFRES_D_UN_CODE
        and all(mot.lower() in MOTS_D_UNITE | ABSENCES for mot in re.findall(r"[^\W\d_]{2,}", texte))
    )


def abreger(problemes: list[Probleme]) -> list[Probleme]:
    """Au-delà de vingt valeurs d'une même faute, compter le reste en une phrase (le rapport CSV a tout)."""
    cites, tus, vus = [], {}, Counter()
    for probleme in problemes:
        cle = (probleme.regle, probleme.colonne)
        vus[cle] += 1
        (cites if vus[cle] <= VALEURS_CITEES else tus.setdefault(cle, [])).append(probleme)
    return cites + [
        Probleme(
            regle,
            f"{compter_problemes(autres, 'autre problème', 'autres problèmes')} du même genre, sur "
            f"{compter(sum(p.nombre for p in autres), 'ligne')}.",
            f"Le rapport CSV les donne ({nombre(VALEURS_GARDEES)} au plus).",
            colonne,
        )
        for (regle, colonne), autres in tus.items()
    ]


def compter_problemes(problemes: list[Probleme], *mots: str) -> str:
    """« 2 problèmes » ; « au moins 1 013 problèmes » quand les valeurs fautives n'ont pas toutes été distinguées."""
    plancher = "au moins " * any(getattr(p.lignes, "d_autres_valeurs", False) for p in problemes)
    return plancher + compter(len(problemes), *(mots or ("problème",)))
