"""Une table d'un déposant, telle qu'elle se compare à une autre, et ce que l'on en dit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.lecture.depots import Contenu
from observatoire.lecture.resumes import Resume, coder_les_grappes, resumer
from observatoire.schemas import Champ, Schema

#: Règle -> ce qu'elle dit, sans aucune valeur (c'est la phrase qui se publie si l'on passe outre).
COMPARAISONS = {
    "volume_qui_change": "le nombre de lignes a beaucoup changé depuis l'année précédente",
    "volume_et_parc": "le nombre de lignes, rapporté au parc, est loin de celui des autres bailleurs",
    "identifiants_renumerotes": "presque aucun identifiant n'est celui de l'année précédente, sur un parc qui n'a "
    "guère bougé (zéros perdus, renumérotation) ; les flux de l'année ne comptent pas ce bailleur tant que "
    "suivi/renumerotations ne dit pas les anciens numéros",
    "lignes_disparues": "trop de lignes de l'année précédente ont disparu",
    "lignes_nouvelles": "trop de lignes n'étaient pas là l'année précédente",
    "table_deja_deposee": "la table est celle de l'année précédente",
    "repartition_qui_change": "la répartition des valeurs a beaucoup changé depuis l'année précédente",
    "repartition_des_autres": "la répartition des valeurs est loin de celle des autres bailleurs",
    "colonne_qui_se_vide": "la colonne est vide à l'une des deux dates, et remplie à l'autre",
    "colonne_rangee": "la colonne est triée, à l'une des deux dates, sans que le reste du fichier le soit",
    "valeur_en_suite": "une même valeur se suit sur beaucoup de lignes, à l'une des deux dates",
    "identifiants_d_une_autre_forme": "des identifiants n'ont pas la forme de ceux des autres années",
    "operations_absentes": "le bailleur y livre des logements toutes les autres années",
    "lieux_muets": "des immeubles qui se suivent n'ont plus aucune ligne, à l'une des deux dates",
    "accord_qui_change": "deux valeurs ne vont plus ensemble comme l'année précédente",
    "codes_et_lieux": "deux valeurs ont échangé les immeubles où elles allaient les années d'avant",
    "codes_et_valeurs": "deux valeurs ont échangé celles d'une autre colonne avec lesquelles elles allaient",
    "table_d_un_autre": "la moitié des lignes au moins sont aussi celles d'un autre déposant",
    "emprunt_hors_du_commun": "un emprunt par logement est à moins de la moitié, ou à plus du double, des autres",
    "valeurs_qui_changent": "trop de valeurs ont changé pour les mêmes logements, immeubles ou demandes",
    "livraisons_qui_changent": "les logements livrés ont plus que triplé depuis l'année précédente",
}


#: Les tables dont les lignes restent d'une année à l'autre, et ce dont leur nombre bouge sans que le parc ait changé.
STOCKS, STABLE = ("immeubles", "logements", "menages"), 0.10
#: Part et nombre d'identifiants perdus et remplacés au-delà desquels un parc est renuméroté.
RENUMEROTES, PERDUS_AU_MOINS = 0.4, 5


@dataclass(frozen=True)
class Vue:
    """Une table d'un déposant. ``genre`` : les déposants qui se comparent ; ``avant`` : la même, un an plus tôt."""

    annee: int
    deposant: str
    genre: object
    schema: Schema
    contenu: Contenu
    avant: Vue | None = None
    parc: int = 0

    @cached_property
    def resume(self) -> Resume:
        """Une part par modalité, une moyenne par colonne de nombres."""
        return resumer(self.contenu.temoins, self.schema, self.annee)

    @property
    def lue(self) -> bool:
        """Ses lignes ont-elles été lues ? D'une année purgée, il ne reste que leur nombre."""
        return self.contenu.temoins is not None

    @property
    def paire(self) -> bool:
        """Peut-on comparer ligne à ligne, ou valeur à valeur, avec l'année d'avant ?"""
        return self.avant is not None and self.avant.lue and self.lue

    @cached_property
    def communs(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Les témoins présents aux deux dates, avant et après, dans le même ordre."""
        avant, apres = (v.contenu.temoins[~v.contenu.temoins.index.duplicated()] for v in (self.avant, self))
        cles = avant.index.intersection(apres.index)
        return avant.loc[cles], apres.loc[cles]

    @cached_property
    def immeubles(self) -> np.ndarray | None:
        """L'immeuble de chaque témoin commun, avant."""
        return coder_les_grappes(self.communs[0])

    @cached_property
    def comparables(self) -> tuple[int, int, int]:
        """Témoins d'avant, d'après et communs, sur la plage d'empreintes que les deux échantillons couvrent."""
        index = [v.contenu.temoins.index for v in (self.avant, self)]
        entiers = [len(v.contenu.temoins) == v.contenu.lignes for v in (self.avant, self)]
        plafonds = [i.max() for i, entier in zip(index, entiers, strict=True) if not entier]
        avant, apres = (i[i <= min(plafonds)] if plafonds else i for i in index)
        return len(avant), len(apres), len(avant.intersection(apres))

    @cached_property
    def renumerotee(self) -> bool:
        """A-t-elle changé d'identifiants, sur un parc qui n'a guère bougé ?"""
        if not self.paire or self.schema.nom not in STOCKS:
            return False
        avant, apres, communs = self.comparables
        bouge = abs(self.contenu.lignes - self.avant.contenu.lignes) > STABLE * self.avant.contenu.lignes
        perdus = min(avant, apres) - communs
        return not bouge and perdus >= PERDUS_AU_MOINS and perdus > RENUMEROTES * min(avant, apres)


def douter(regle: str, mesure: str, colonne: str = "", precision: str = "") -> dict:
    """Un doute à expliquer, sans ligne ni identifiant."""
    phrase = f"{COMPARAISONS[regle]}{precision} : {mesure}."
    return {
        "ligne": np.nan, "id": "", "colonne": colonne, "regle": regle, "message": phrase, "explication": "",
        "a_expliquer": True, "mesure": mesure,
    }  # fmt: skip


def connues(valeurs: pd.Series, champ: Champ) -> np.ndarray:
    """Vrai là où un témoin a une valeur."""
    absente = -1 if champ.admises else 0 if champ.type == "string" else np.nan
    return (valeurs.notna() & valeurs.ne(absente)).to_numpy()
