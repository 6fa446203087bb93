"""Ce qui paraît d'une case : exacte, bruitée ou cachée, et par quelle règle.

Rien n'est caché pour en protéger une autre : les comptes portent un bruit, et une différence de deux comptes n'apprend
donc rien de sûr. Ne se cachent que les unités trop petites, et les chiffres qui seraient ceux d'un bailleur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.secret.bruit import Bruit
from observatoire.secret.regles import Regles
from observatoire.statistique.intervalles import CONFIANCE
from observatoire.verdicts import RISQUE
from observatoire.vocabulaire import IMMEUBLE, LIVRE

TOUS = "tous"
CELLULE = ["annee", "niveau", "territoire", "bailleur"]
#: Pourquoi une valeur est cachée, dans l'ordre où on le dit.
EXACT, UNITE, BAILLEURS, ACCORD = "exact", "unite", "bailleurs", "accord"


@dataclass(frozen=True)
class Ouverture:
    """Les indicateurs qui ne disent que ce que chacun peut savoir (``ouverts``), et leurs déclarations."""

    ouverts: frozenset[str]
    declarations: Mapping[str, Indicateur]

    def dire(self, indicateurs: pd.Series, quoi: str) -> np.ndarray:
        """Ce que la déclaration de chaque indicateur dit sous ce nom (``nature``, ``source``...)."""
        return attribuer(indicateurs, {code: getattr(d, quoi) for code, d in self.declarations.items()})

    def seuils(self, indicateurs: pd.Series, regles: Regles) -> np.ndarray:
        """Le seuil de la source de chaque indicateur."""
        return attribuer(indicateurs, {code: regles.seuil_de(d.source) for code, d in self.declarations.items()}, float)

    def bruits(self, regles: Regles) -> dict[str, Bruit]:
        """Le bruit que portent les comptes de chaque indicateur ; nul s'il est ouvert."""
        return {
            code: Bruit(variance=0) if code in self.ouverts else regles.bruit_de(declaration.source)
            for code, declaration in self.declarations.items()
        }


def attribuer(colonne: pd.Series, valeurs: Mapping[str, object], genre: type = object) -> np.ndarray:
    """À chaque texte d'une colonne, la sienne de ces ``valeurs`` ; manquante s'il n'en a pas."""
    rangs, textes = pd.factorize(colonne)
    return np.array([*(valeurs.get(texte, np.nan) for texte in textes), np.nan], dtype=genre)[rangs]


def exactes(table: pd.DataFrame, ouverture: Ouverture, regles: Regles) -> np.ndarray:
    """Vrai pour chaque ligne que rien ne bruite : ce qui est ouvert, tous bailleurs réunis ou sans bailleur à taire, et
    les totaux sur lesquels une règle se juge."""
    d_un_seul = table["bailleur"].ne(TOUS).to_numpy()
    programmes = [c for c, d in ouverture.declarations.items() if d.tables == ("programmes",)]
    ouverts = table["indicateur"].isin(ouverture.ouverts).to_numpy()
    libres = ouverts & (~d_un_seul | table["indicateur"].isin(programmes).to_numpy())
    for niveau in {niveau for niveau, _ in regles.exacts}:
        juges = table["indicateur"].isin([code for n, code in regles.exacts if n == niveau])
        libres |= (table["niveau"].eq(niveau) & juges).to_numpy() & ~d_un_seul
    return libres


def mesurer_le_bruit(
    table: pd.DataFrame, ouverture: Ouverture, regles: Regles, confiance: float = CONFIANCE
) -> tuple[np.ndarray, np.ndarray]:
    """Du bruit que porte chaque compte d'une ligne bruitée : la variance, et la borne d'un zéro."""
    lois = {c: regles.bruit_de(d.source) for c, d in ouverture.declarations.items()}
    mesures = (
        {c: loi.variance for c, loi in lois.items()},
        {c: loi.borne_d_un_zero(confiance) for c, loi in lois.items()},
    )
    return tuple(attribuer(table["indicateur"], mesure, float) for mesure in mesures)


def porter_le_bruit(table: pd.DataFrame, ouverture: Ouverture, regles: Regles) -> pd.DataFrame:
    """La table publiée et, ligne à ligne, ce qu'un verdict doit savoir du bruit de chaque compte : sa ``variance``, et
    ``zero``, la borne d'un zéro au risque d'un verdict. La variance d'une ligne exacte est nulle."""
    variance, zero = mesurer_le_bruit(table, ouverture, regles, 1 - 2 * RISQUE)
    return table.assign(variance=np.where(exactes(table, ouverture, regles), 0.0, variance), zero=zero)


@dataclass(frozen=True)
class Contributeurs:
    """Qui est derrière une valeur : les bailleurs qui ont livré ce qu'elle compte, là où ils ont des logements.

    ``parc`` : les logements de chaque bailleur (``contributeur``) dans chaque cellule (:func:`parc_par_cellule`).
    ``livrent`` : (année, indicateur) -> ceux qui l'ont livré ; tous, de ce qui n'y est pas.
    """

    parc: pd.DataFrame
    livrent: Mapping[tuple[int, str], frozenset[str]] = field(default_factory=dict)

    @classmethod
    def lire(cls, lieux: pd.DataFrame, couverture: pd.DataFrame) -> Contributeurs:
        """D'après ``lieux`` et ``couverture``, telles que le calcul les écrit."""
        livres = couverture.assign(bailleur=couverture["bailleur"].astype(object).where(couverture["statut"].eq(LIVRE)))
        groupes = livres.groupby(["annee", "indicateur"], observed=True)["bailleur"]
        return cls(parc_par_cellule(lieux), {cle: frozenset(siens.dropna()) for cle, siens in groupes})

    def de_chaque_annee(self, annees: int) -> Contributeurs:
        """Ceux qui ont livré chacune des ``annees`` qui finissent à celle dont on parle."""
        livrent = {
            (annee, code): siens.intersection(*(self.livrent.get((annee - ans, code), siens) for ans in range(annees)))
            for (annee, code), siens in self.livrent.items()
        }
        return replace(self, livrent=livrent)

    def logements(self, table: pd.DataFrame) -> np.ndarray:
        """Ceux de la cellule de chaque ligne, tous bailleurs réunis ; zéro sans parc."""
        numeros = numeroter(pd.concat([table[CELLULE], self.parc[CELLULE]]))
        ici, la = numeros[: len(table)], numeros[len(table) :]
        return np.bincount(la, self.parc["logements"], numeros.max(initial=-1) + 1)[ici]

    def situer(self, table: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        """Le numéro, ligne à ligne, de l'année et de ceux qui y ont livré l'indicateur (``livraison``) ; leur parc."""
        cles, ensembles = table[["annee", "indicateur"]], {}
        rangs = numeroter(cles, cles.columns)
        numeros = [
            ensembles.setdefault((annee, self.livrent.get((annee, code))), len(ensembles))
            for annee, code in cles.drop_duplicates().itertuples(index=False)
        ]
        annees, qui = self.parc["annee"].to_numpy(), self.parc["contributeur"]
        siens = [(annees == annee) & (True if codes is None else qui.isin(codes)) for annee, codes in ensembles]
        livraisons, lignes = np.nonzero(np.array(siens, dtype=bool).reshape(len(siens), len(qui)))
        return np.array(numeros, dtype=int)[rangs], self.parc.iloc[lignes].assign(livraison=livraisons)


def reserver(
    table: pd.DataFrame, contributeurs: Contributeurs, regles: Regles
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ligne à ligne, d'après qui est derrière : trop petite ; dirait les chiffres d'un bailleur ; est celle d'un
    bailleur qui n'a pas accepté."""
    livraisons, parc = contributeurs.situer(table)
    situees = table[CELLULE].assign(livraison=livraisons)
    rangs = numeroter(situees, situees.columns)
    cellules = situees.iloc[np.unique(rangs, return_index=True)[1]]
    return tuple(masque[rangs] for masque in _reserver(cellules, parc, regles))


def motiver(
    table: pd.DataFrame, unites: np.ndarray, contributeurs: Contributeurs, ouverture: Ouverture, regles: Regles
) -> np.ndarray:
    """Pourquoi chaque ligne est cachée ; vide si elle paraît, « exact » si rien ne la touche.

    ``unites`` : les unités derrière chaque valeur (manquantes : celles de sa cellule).
    """
    seuils = ouverture.seuils(table["indicateur"], regles)
    petite, peu, muette = reserver(table, contributeurs, regles)
    petite = petite | (unites < seuils)
    exacte = exactes(table, ouverture, regles)
    return np.select([exacte, muette, peu, petite], [EXACT, ACCORD, BAILLEURS, UNITE], "")


def seuil_flou(table: pd.DataFrame, logements: np.ndarray, seuil: int, bruit: Bruit) -> np.ndarray:
    """Vrai là où le seuil porte aussi sur le compte bruité : partout, sauf dans un immeuble assez grand, où onze
    ménages suffisent.

    ``logements`` : ceux de la cellule, que chacun connaît. Onze, dont dix ménages se cachent, et l'on sait qu'un
    logement n'est pas loué : il n'est grand que si le bruit ne peut pas mettre tous ses logements sous le seuil.
    """
    return table["niveau"].ne(IMMEUBLE).to_numpy() | (np.asarray(logements, float) < seuil + bruit.ecart)


def juger_les_unites(
    table: pd.DataFrame, comptes: pd.DataFrame, contributeurs: Contributeurs, ouverture: Ouverture, regles: Regles
) -> np.ndarray:
    """Le compte d'unités que juge la règle des onze, manquant pour un effectif : le plus petit de l'exact et du bruité.

    Un seuil sur l'exact seul dirait dix au plus de ce qui est caché, onze au moins de ce qui paraît : un total public
    de douze logements suffirait à établir ce qu'il y manque. Ce que le bruit met sous le seuil est donc caché aussi.
    """
    moyenne = ouverture.dire(table["indicateur"], "nature") == "moyenne"
    exact = np.where(moyenne, comptes["effectif"], table["denominateur"].to_numpy(float))
    cles = np.where(moyenne, comptes["cle_effectif"], comptes["cle_denominateur"].to_numpy(float))
    flou = seuil_flou(table, contributeurs.logements(table), regles.seuil, regles.bruit)
    flou &= np.isfinite(cles)  # un compte sans clé ne se bruite pas : il est ouvert
    return np.fmin(exact, regles.bruiter(exact, cles, ouverture.dire(table["indicateur"], "source"), flou))


def numeroter(table: pd.DataFrame, cles: Sequence[str] = CELLULE) -> np.ndarray:
    """Le numéro de la cellule de chaque ligne (de ses ``cles``), dans l'ordre où elles viennent."""
    cellules = np.zeros(len(table), dtype=np.int64)
    for nom in cles:
        rangs, valeurs = pd.factorize(table[nom])
        cellules = pd.factorize(cellules * len(valeurs) + rangs)[0]
    return cellules


def _reserver(cellules: pd.DataFrame, parc: pd.DataFrame, regles: Regles) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Par cellule : trop petite ; dirait les chiffres d'un bailleur ; est celle d'un bailleur qui n'a pas accepté.

    Les colonnes de ``cellules`` sont celles qui la rapprochent de son ``parc``.
    """
    numeros = numeroter(pd.concat([cellules, parc[[*cellules]]]), [*cellules])
    ici, la, logements = numeros[: len(cellules)], numeros[len(cellules) :], parc["logements"].to_numpy(float)
    refus, nombre = ~parc["contributeur"].isin(regles.accords).to_numpy(), numeros.max(initial=-1) + 1
    tout, bailleurs = np.bincount(la, logements, nombre), np.bincount(la, minlength=nombre)
    refusent, premier = np.bincount(la[refus], minlength=nombre), np.zeros(nombre)
    np.maximum.at(premier, la[refus], logements[refus])
    petite = (tout > 0) & (tout < regles.seuil)
    livre = (bailleurs < regles.contributeurs) & (refusent > 0) | (premier > regles.part_maximale * tout)
    tous = cellules["bailleur"].eq(TOUS).to_numpy()
    muette = ~tous & ~cellules["bailleur"].isin(regles.accords).to_numpy()
    return petite[ici], livre[ici] & tous, muette


def trahit(cellules: pd.DataFrame, parc: pd.DataFrame, regles: Regles) -> np.ndarray:
    """Vrai là où ce que dit une cellule (:data:`CELLULE`) serait celui d'un bailleur, d'après leur ``parc``
    (:func:`parc_par_cellule`)."""
    return _reserver(cellules, parc, regles)[1]


def parc_par_cellule(lieux: pd.DataFrame) -> pd.DataFrame:
    """Les logements de chaque bailleur (``contributeur``) dans chaque cellule."""
    morceaux = []
    for niveau in set(lieux) - {"annee", "bailleur", "logements"}:
        comptes = lieux.groupby(["annee", niveau, "bailleur"], observed=True)["logements"].sum().reset_index()
        comptes = comptes.rename(columns={niveau: "territoire", "bailleur": "contributeur"}).assign(niveau=niveau)
        morceaux += [comptes.assign(bailleur=TOUS), comptes.assign(bailleur=comptes["contributeur"])]
    parc = pd.concat(morceaux, ignore_index=True)[[*CELLULE, "contributeur", "logements"]]
    return parc.astype(dict.fromkeys([*CELLULE[1:], "contributeur"], object))
