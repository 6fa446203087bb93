"""Refuser à vue les colonnes qui disent qui sont les gens : à leur nom, ou à ce qu'elles contiennent.

Un observatoire n'a besoin ni de noms, ni d'adresses électroniques, ni d'aucune des données que l'article 9 du RGPD
protège. Le fichier entier est refusé ; le message nomme la colonne, jamais une valeur.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import TABLES
from observatoire.interdits import (
    RECONNUS,
    famille_interdite,
    familles_des_colonnes,
    normaliser,
    porte_un_nom,
    texte_libre,
)
from observatoire.lecture.problemes import Probleme, citer

if TYPE_CHECKING:
    from observatoire.lecture.depots import Fichier
    from observatoire.lecture.fichiers import Lu

ADRESSE_MAIL = re.compile(r"\S@\S")
FEUILLE_TUE = "autre"
_MOTS_DE_FEUILLE = """
    feuil feuille sheet tableau table donnees data export extraction extrait depot fichier liste parc patrimoine notes
    rpls sne ops enquete programme livraison bail baux annee final finale version modele a lire de des du la le les et
"""
MOTS_DE_FEUILLE = {*TABLES, *(table.removesuffix("s") for table in TABLES), *_MOTS_DE_FEUILLE.split()}
SUPPRIMER = "Supprimer cette colonne du fichier, puis le déposer de nouveau. "


@dataclass(frozen=True)
class Interdites:
    """Les colonnes interdites d'un fichier : leurs rangs (à partir de 0) et les problèmes qu'elles posent.

    ``prevues`` : les rangs de celles que le format prévoit.
    """

    rangs: frozenset[int]
    problemes: list[Probleme]
    prevues: frozenset[int]

    def retirer(self, lu: Lu) -> Lu:
        """Le tableau sans les colonnes interdites que le format ne prévoit pas : le reste se vérifie."""
        return _sans(lu, self.rangs - self.prevues)


def chercher_interdites(
    entete: list[str],
    cadre: pd.DataFrame,
    connues: set[str],
    libelles: set[str] = frozenset(),
    nommables: set[str] = frozenset(),
) -> Interdites:
    """Les colonnes interdites d'un tableau lu, par leur nom puis par leur contenu.

    ``connues`` : noms que le format prévoit, quelle qu'en soit la casse, et qui sont permis (ORIGINE du
    patrimoine, dans le RPLS) ; ``libelles`` : ceux dont les valeurs se montrent, où une seule adresse
    électronique suffit ; ``nommables`` : ceux où une seule personne nommée suffit.
    """
    problemes = colonnes_interdites(entete, connues)
    attendues = _rangs(entete, connues)
    par_le_nom = {rang for rang, nom in enumerate(entete) if rang not in attendues and famille_interdite(nom)}
    autres = {rang: cadre.iloc[:, rang] for rang in range(min(len(entete), cadre.shape[1])) if rang not in par_le_nom}
    trouvees = familles_des_colonnes(autres, attendues, _rangs(entete, libelles), _rangs(entete, nommables))
    problemes += [_deguisee(entete[rang], rang, nom, rang in attendues) for rang, nom in sorted(trouvees.items())]
    return Interdites(frozenset(par_le_nom | set(trouvees)), problemes, attendues)


def _rangs(entete: list[str], noms: Iterable[str]) -> frozenset[int]:
    voulus = {normaliser(nom) for nom in noms}
    return frozenset(rang for rang, nom in enumerate(entete) if normaliser(nom) in voulus)


def colonnes_interdites(entete: list[str], connues: set[str] = frozenset()) -> list[Probleme]:
    """Les problèmes que posent les noms interdits d'un en-tête ; ``connues`` : voir :func:`chercher_interdites`."""
    permis = {normaliser(nom) for nom in connues}
    familles = {nom: famille_interdite(nom) for nom in dict.fromkeys(entete) if normaliser(nom) not in permis}
    rangs = {nom: rang for rang, nom in reversed(list(enumerate(entete, start=1)))}
    return [
        Probleme(
            "colonne_interdite",
            f"la colonne {nommer_la_colonne(nom, rangs[nom])} est interdite ({famille}).",
            SUPPRIMER + "Elle est refusée quel que soit son contenu.",
        )
        for nom, famille in familles.items()
        if famille
    ]


def sans_textes_libres(lu: Lu, fichier: Fichier, connues: set[str]) -> Lu:
    """Le tableau sans les colonnes où l'on écrit ce que l'on veut : elles ne sont pas lues, et un avertissement le dit.

    ``connues`` : les colonnes du format, qui restent.
    """
    prevues = _rangs(lu.entete, connues)
    libres = [rang for rang, nom in enumerate(lu.entete) if rang not in prevues and texte_libre(nom)]
    if not libres:
        return lu
    message = "Colonne de texte libre : elle n'est pas lue et aucune de ses valeurs n'est gardée."
    doutes = [{"id": "", "colonne": _dicible(lu.entete[rang], rang), "regle": "texte_libre", "message": message,
               "explication": "", "a_expliquer": False, "mesure": ""}
              for rang in libres]  # fmt: skip
    fichier.ajouter_avertissements([pd.DataFrame(doutes).assign(ligne=float("nan"))])
    return _sans(lu, libres)


def _dicible(nom: str, rang: int) -> str:
    return f"n° {rang + 1}" if porte_un_nom(nom) else nom


def _sans(lu: Lu, rangs: Collection[int]) -> Lu:
    if not rangs:
        return lu
    gardees = [rang for rang in range(len(lu.entete)) if rang not in rangs]
    cadre = lu.cadre.iloc[:, gardees].set_axis(range(len(gardees)), axis=1)
    return replace(lu, entete=[lu.entete[rang] for rang in gardees], cadre=cadre)


def _deguisee(nom: str, rang: int, reconnu: str, attendue: bool) -> Probleme:
    famille, quoi = RECONNUS[reconnu]
    conseil = SUPPRIMER + "Aucune de ses valeurs n'est affichée ni gardée."
    if attendue:
        conseil = "Y écrire ce que le format prévoit, sans rien qui désigne une personne, puis déposer de nouveau."
    return Probleme(
        "contenu_interdit",
        f"la colonne {nommer_la_colonne(nom, rang + 1)} contient des {quoi} : interdite ({famille}).",
        conseil,
    )


def nommer_la_feuille(nom: str | None) -> str | None:
    """Le nom d'une feuille s'il n'a que des mots de classeur ; « autre » sinon, car ce peut être le nom de quelqu'un.

    >>> nommer_la_feuille("Logements 2010"), nommer_la_feuille("Dupont")
    ('Logements 2010', 'autre')
    """
    if nom is None or set(re.sub(r"[\d_]+", " ", normaliser(nom)).split()) <= MOTS_DE_FEUILLE:
        return nom
    return FEUILLE_TUE


def nommer_la_colonne(nom: str, rang: int) -> str:
    """Le nom d'une colonne entre guillemets ; son numéro, à partir de 1, quand elle n'en a pas ou qu'il désigne
    quelqu'un.
    """
    return f"n° {rang}" if not nom.strip() or ADRESSE_MAIL.search(nom) or porte_un_nom(nom) else citer(nom)
