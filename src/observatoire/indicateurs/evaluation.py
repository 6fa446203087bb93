"""Évaluer : remonter les sommes à un niveau, diviser, encadrer, et dire ce qui manque.

Une valeur n'est divisée qu'ici, si bien que le taux de la ville est le rapport des sommes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.catalogue.encadrement import ENCADRENT
from observatoire.cles import MODULE
from observatoire.configuration import Configuration
from observatoire.couverture import couvrir, ranger
from observatoire.erreurs import ErreurObservatoire
from observatoire.indicateurs.sommes import Sommes
from observatoire.statistique import intervalles
from observatoire.tables import indicateurs as tables
from observatoire.tables.indicateurs import ROLES
from observatoire.vocabulaire import (
    AGGLOMERATION,
    CALCULE,
    DE_DISTRIBUTION,
    IMMEUBLE,
    NON_APPLICABLE,
    NON_DISPONIBLE,
    QPV,
    QUARTIER,
    SECTEUR,
    VILLE,
)

#: Ce dont le bruit a besoin, à côté de chaque valeur : les unités derrière une moyenne, celles qui étaient concernées,
#: l'erreur type d'une moyenne, et la clé de chaque compte.
CLES_DES_ROLES = [f"cle_{role}" for role in ROLES]
COMPTES = tables.COMPTES.noms_des_mesures
ECRITS = [CALCULE, NON_DISPONIBLE, NON_APPLICABLE]
_CALCULE, _ND, _NA = range(3)
MESURES = tables.INDICATEURS.noms_des_mesures[:-1]  # sans le statut
_MONTREES = 5  # cellules nommées dans un message
#: Lignes d'une tranche : chacune porte tous les indicateurs d'un territoire.
TRANCHE = 20_000

#: Dimensions qu'une table n'a pas : un indicateur qui la lit y est sans objet.
SANS_DIMENSION = {
    "demandes": {IMMEUBLE, SECTEUR, QPV, "bailleur"},
    "programmes": {IMMEUBLE, SECTEUR, QPV},
}


#: Les seuls indicateurs qui se croisent par secteur et bailleur : qui y entre, là où les bailleurs se rencontrent.
PAR_SECTEUR_ET_BAILLEUR = ("moins_40_entrants",)


@dataclass(frozen=True)
class Croisement:
    """Un niveau publié : ``dimension`` donne le territoire, ``par_bailleur`` dit s'il est croisé."""

    niveau: str
    dimension: str
    par_bailleur: bool = False

    @property
    def cles(self) -> list[str]:
        """Les dimensions selon lesquelles sommer."""
        return [self.dimension, "bailleur"] if self.par_bailleur else [self.dimension]


@dataclass(frozen=True)
class Tranche:
    """Des lignes (territoire, bailleur) évaluées : chaque mesure, chaque compte est un tableau (ligne, indicateur)."""

    niveau: str
    territoires: pd.Categorical
    bailleurs: pd.Categorical
    codes: list[str]
    mesures: dict[str, np.ndarray]
    comptes: dict[str, np.ndarray]
    statuts: np.ndarray

    def tableau(self) -> pd.DataFrame:
        """En long : une ligne par territoire, bailleur et indicateur."""
        lignes, codes = len(self.territoires), self.codes
        return pd.DataFrame(
            {
                "niveau": self.niveau,
                "territoire": np.repeat(np.asarray(self.territoires, dtype=object), len(codes)),
                "bailleur": np.repeat(np.asarray(self.bailleurs, dtype=object), len(codes)),
                "indicateur": np.tile(codes, lignes),
                **{nom: mesure.ravel() for nom, mesure in self.mesures.items()},
                **{nom: compte.ravel() for nom, compte in self.comptes.items()},
                "statut": np.array(ECRITS)[self.statuts.ravel()],
            }
        )


def croisements(config: Configuration) -> list[Croisement]:
    """Tous les niveaux et croisements du territoire, du plus fin au plus large."""
    simples = [Croisement(niveau, niveau) for niveau in config.niveaux]
    par_bailleur = [Croisement(n, n, True) for n in (QUARTIER, VILLE, AGGLOMERATION) if n in config.niveaux]
    return [*simples, Croisement("qpv", "qpv"), *par_bailleur]


def croiser_les_secteurs(config: Configuration) -> list[Croisement]:
    """Le secteur par bailleur, pour les seuls :data:`PAR_SECTEUR_ET_BAILLEUR` ; rien sans secteurs."""
    return [Croisement(SECTEUR, SECTEUR, True)] if SECTEUR in config.niveaux else []


def evaluer(
    sommes: Sommes,
    croisement: Croisement,
    etats: pd.DataFrame,
    parc: pd.DataFrame,
    lues: dict[Indicateur, frozenset],
    sans_regle: dict[str, str],
) -> pd.DataFrame:
    """Remonter les sommes à un niveau, diviser, encadrer et dire ce qui manque.

    Rend les colonnes de ``publie.COLONNES`` (sauf ``annee``) et :data:`COMPTES`, une ligne par territoire, bailleur et
    indicateur. Statuts : ``calcule``, ``nd`` (rien n'est déposé), ``na`` (sans objet).
    """
    livrees = livrer(sommes, etats)
    tranches = evaluer_par_tranches(livrees, croisement, etats, parc, list(lues), sans_regle)
    tableaux = [tranche.tableau() for tranche in tranches]
    vide = pd.DataFrame(columns=["niveau", "territoire", "bailleur", "indicateur", *MESURES, *COMPTES, "statut"])
    return pd.concat(tableaux, ignore_index=True) if tableaux else vide


def livrer(sommes: Sommes, etats: pd.DataFrame) -> Sommes:
    """Mettre à zéro ce que le bailleur d'une cellule n'a pas livré ; les cellules sans bailleur comptent toujours."""
    if not len(sommes.cellules):
        return sommes
    livre = etats.eq("livre")
    bailleurs = sommes.cellules["bailleur"].astype("category")
    par_bailleur = livre.reindex(bailleurs.cat.categories, fill_value=True)
    valeurs = sommes.valeurs.copy()
    for code in {code for code, _ in sommes.colonnes if not par_bailleur[code].all()}:
        masque = np.append(par_bailleur[code].to_numpy(dtype=float), 1.0)[bailleurs.cat.codes]
        rangs = [rang for rang, (c, _) in enumerate(sommes.colonnes) if c == code]
        valeurs[:, rangs] *= masque[:, None]
    return Sommes(sommes.cellules, valeurs, sommes.colonnes)


def remonter(sommes: Sommes, cles: list[str]) -> Sommes:
    """Sommer les cellules qui ont les mêmes clés ; celles à qui une clé manque n'y sont pas."""
    connues = sommes.cellules[cles].notna().all(axis=1).to_numpy()
    groupe, cellules = ranger(sommes.cellules.loc[connues, cles], cles)
    valeurs = sommes.valeurs[connues]
    if not len(cellules):
        return Sommes(cellules, valeurs, sommes.colonnes)
    ordre = np.argsort(groupe, kind="stable")
    debuts = np.flatnonzero(np.diff(groupe[ordre], prepend=-1))
    return Sommes(cellules, np.add.reduceat(valeurs[ordre], debuts, axis=0), sommes.colonnes)


def evaluer_par_tranches(
    livrees: Sommes,
    croisement: Croisement,
    etats: pd.DataFrame,
    parc: pd.DataFrame,
    declarations: list[Indicateur],
    sans_regle: dict[str, str],
    *,
    taille: int = TRANCHE,
) -> Iterator[Tranche]:
    """Évaluer un niveau, territoires triés, sans jamais tenir plus de ``taille`` lignes."""
    cles = croisement.cles
    totaux = remonter(livrees, cles)
    part, couverts = couvrir(parc, etats, cles)
    lignes = pd.concat([totaux.cellules[cles].astype("str"), couverts.astype("str")], ignore_index=True)
    if lignes.empty:
        return
    groupe, distinctes = ranger(lignes, cles)
    des_totaux, de_la_couverture = (np.full(len(distinctes), -1) for _ in range(2))
    des_totaux[groupe[: len(totaux.cellules)]] = np.arange(len(totaux.cellules))
    de_la_couverture[groupe[len(totaux.cellules) :]] = np.arange(len(couverts))
    for cle in cles:
        distinctes[cle] = distinctes[cle].cat.reorder_categories(sorted(distinctes[cle].cat.categories))
    ordre = distinctes.sort_values(cles).index.to_numpy()
    for debut in range(0, len(ordre), taille):
        tranche = ordre[debut : debut + taille]
        calcul = _Calcul(croisement, declarations, sans_regle)
        yield calcul.tranche(
            distinctes.iloc[tranche], _prendre(totaux, des_totaux[tranche]),
            part(de_la_couverture[tranche]),
        )  # fmt: skip


def diviser(
    totaux: Sommes, croisement: Croisement, declarations: list[Indicateur], sans_regle: dict[str, str]
) -> dict[str, np.ndarray]:
    """Les mesures et le ``statut`` de chaque (cellule, indicateur), tout étant couvert."""
    couverture = np.ones((len(totaux.cellules), len(declarations)))
    tranche = _Calcul(croisement, declarations, sans_regle).tranche(totaux.cellules, totaux, couverture)
    return tranche.mesures | {"statut": np.array(ECRITS)[tranche.statuts]}


def _prendre(totaux: Sommes, rangs: np.ndarray) -> Sommes:
    """Les lignes demandées ; zéro pour le rang -1."""
    valeurs = np.where(rangs[:, None] >= 0, totaux.valeurs[rangs], 0.0) if len(totaux.cellules) else None
    if valeurs is None:
        valeurs = np.zeros((len(rangs), len(totaux.colonnes)))
    return Sommes(totaux.cellules.iloc[:0], valeurs, totaux.colonnes)


@dataclass(frozen=True)
class _Calcul:
    """Les règles d'un niveau, appliquées à des tableaux (ligne, indicateur)."""

    croisement: Croisement
    declarations: list[Indicateur]
    sans_regle: dict[str, str]

    def tranche(self, cles: pd.DataFrame, totaux: Sommes, couverture: np.ndarray) -> Tranche:
        """Évaluer toutes les lignes d'une tranche."""
        roles = {role: self._tableau(totaux, role) for role in ROLES}
        self._refuser_l_impossible(roles, cles)
        statuts = self._statuts(roles, couverture)
        tires = self._tirer_des_classes(totaux)
        mesures = self._encadrer(roles, statuts == _CALCULE, tires) | {"couverture": couverture}
        tous = pd.Categorical.from_codes(np.zeros(len(cles), dtype=np.int8), ["tous"])
        return Tranche(
            self.croisement.niveau,
            cles[self.croisement.dimension].array,
            cles["bailleur"].array if self.croisement.par_bailleur else tous,
            [d.code for d in self.declarations],
            {nom: mesures[nom] for nom in MESURES},
            self._comptes(roles, totaux, statuts == _CALCULE, tires),
            statuts,
        )

    def _refuser_l_impossible(self, roles: dict[str, np.ndarray], cles: pd.DataFrame) -> None:
        """Une part compte au plus son dénominateur : lever :class:`ErreurObservatoire` avec ce qui en sort, et où."""
        sorties = (roles["numerateur"] > roles["denominateur"]) & self._natures("proportion", "ecart")
        if not sorties.any():
            return
        lignes, rangs = np.nonzero(sorties)
        lieux = cles[self.croisement.dimension]
        dites = [
            f"« {self.declarations[rang].code} », {self.croisement.niveau} « {lieux.iloc[ligne]} »"
            for ligne, rang in zip(lignes[:_MONTREES], rangs[:_MONTREES], strict=True)
        ]
        reste = f" (et {len(lignes) - _MONTREES} autres)" if len(lignes) > _MONTREES else ""
        raise ErreurObservatoire(
            f"le numérateur dépasse le dénominateur : {' ; '.join(dites)}{reste}. Une part ne compte en haut que ce "
            "qu'elle compte en bas : revoir la fonction de l'indicateur (src/observatoire/catalogue)."
        )

    def _tirer_des_classes(self, totaux: Sommes) -> dict[int, tuple[np.ndarray, ...]]:
        """Rang de chaque quantile, de chaque indice -> sa valeur et ses bornes, cellule par cellule."""
        return {
            rang: d.distribution.mesurer(totaux.classes(d))
            for rang, d in enumerate(self.declarations)
            if d.distribution is not None
        }

    def _comptes(
        self, roles: dict[str, np.ndarray], totaux: Sommes, calcule: np.ndarray, tires: dict
    ) -> dict[str, np.ndarray]:
        moyenne = self._natures("moyenne")
        moments = (self._tableau(totaux, role) for role in ("carre", "produit", "poids_carre"))
        erreur = intervalles.erreur_d_un_rapport(roles["numerateur"], roles["denominateur"], *moments)
        for rang, (_, bas, haut) in tires.items():
            precision = self.declarations[rang].distribution.precision
            erreur[:, rang] = np.fmax(intervalles.erreur_type(bas, haut), precision)
        cles = {
            f"cle_{role}": np.where(calcule, self._tableau(totaux, f"{role}_cle") % MODULE, np.nan) for role in ROLES
        }
        return {
            "effectif": np.where(moyenne, roles["effectif"], np.nan),
            "concernes": np.where(calcule & (roles["concernes"] > 0), roles["concernes"], np.nan),
            # En simple précision : l'ordre des lignes n'y change alors rien.
            "erreur": np.where(calcule & (moyenne | self._natures(*DE_DISTRIBUTION)), erreur, np.nan)
            .astype(np.float32)
            .astype(float),
        } | cles

    def _tableau(self, totaux: Sommes, role: str) -> np.ndarray:
        tableau = np.zeros((len(totaux.valeurs), len(self.declarations)))
        for rang, declaration in enumerate(self.declarations):
            colonne = totaux.role(declaration.code, role)
            if colonne is not None:
                tableau[:, rang] = colonne
        return tableau

    def _natures(self, *natures: str) -> np.ndarray:
        return np.array([d.nature in natures for d in self.declarations])

    def _statuts(self, roles: dict[str, np.ndarray], couverture: np.ndarray) -> np.ndarray:
        sans_dimension = np.array(
            [any(set(self.croisement.cles) & SANS_DIMENSION.get(t, set()) for t in d.tables) for d in self.declarations]
        )
        regle = np.array([self.sans_regle.get(d.code, "") for d in self.declarations])
        # Une demande peut viser un quartier sans aucun logement connu : sa valeur existe, sa couverture manque.
        hors_champ = np.isnan(couverture) & (roles["numerateur"] == 0) & (roles["denominateur"] == 0)
        vide = ~self._natures("effectif") & ~(roles["denominateur"] > 0)
        statuts = np.where(vide, np.where(roles["concernes"] > 0, _ND, _NA), _CALCULE).astype(np.int8)
        statuts[(couverture == 0) | (regle == NON_DISPONIBLE)] = _ND
        statuts[hors_champ | sans_dimension | (regle == NON_APPLICABLE)] = _NA
        return statuts

    def _encadrer(self, roles: dict[str, np.ndarray], calcule: np.ndarray, tires: dict) -> dict[str, np.ndarray]:
        """Valeur, bornes et taux de réponse des cellules calculées ; rien pour les autres."""
        effectif, moyenne = self._natures("effectif"), self._natures("moyenne")
        haut = np.where(calcule & ~self._natures(*DE_DISTRIBUTION), roles["numerateur"], np.nan)
        bas = np.where(calcule & ~effectif, roles["denominateur"], np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            valeur = np.where(effectif, haut, haut / bas)
            concernes = np.where(calcule & (roles["concernes"] > 0), roles["concernes"], np.nan)
            reponse = np.where(moyenne, roles["effectif"], bas) / concernes
        bornes = np.full((2, *haut.shape), np.nan)
        for nature, intervalle in ENCADRENT.items():
            ou = calcule & self._natures(nature)
            bornes[:, ou] = intervalle(haut[ou], bas[ou])
        for rang, mesures in tires.items():
            valeur[:, rang], bornes[0, :, rang], bornes[1, :, rang] = np.where(calcule[:, rang], mesures, np.nan)
        self._ecarts(roles, calcule, valeur, bornes)
        return {
            "numerateur": haut, "denominateur": bas, "valeur": valeur, "borne_basse": bornes[0],
            "borne_haute": bornes[1], "reponse": reponse,
        }  # fmt: skip

    def _ecarts(self, roles, calcule, valeur, bornes) -> None:
        """Un écart se rapporte au même indicateur de référence, au même endroit."""
        rangs = {d.code: rang for rang, d in enumerate(self.declarations)}
        for rang, declaration in enumerate(self.declarations):
            ou = calcule[:, rang]
            if declaration.nature != "ecart" or not ou.any():
                continue
            tout = [roles[role][ou, rangs[declaration.reference]] for role in ("numerateur", "denominateur")]
            partie = [roles[role][ou, rang] for role in ("numerateur", "denominateur")]
            with np.errstate(divide="ignore", invalid="ignore"):
                valeur[ou, rang] -= tout[0] / tout[1]
            bornes[:, ou, rang] = intervalles.ecart_au_tout(*partie, *tout)
