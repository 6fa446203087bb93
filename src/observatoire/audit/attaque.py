"""L'attaque : situer chaque valeur cachée à partir de tout ce qui paraît, et de rien d'autre.

``publie`` donne les nombres, la structure publiée les sommes qui les lient. Aucune vérité n'est lue : un compte caché
est trahi s'il se situe de trop près, ou tout entier sous le seuil.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from observatoire.audit.connaissance import Connaissance, lire_connaissance
from observatoire.audit.dossier import Dossier
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.catalogue import catalogue
from observatoire.confidentialite.attaque import Faille, attaquer, deduire, expliquer
from observatoire.confidentialite.etat import taire
from observatoire.confidentialite.liens import CELLULE, Systeme
from observatoire.confidentialite.monde import Monde, imaginer
from observatoire.confidentialite.primaire import Exigences, Valeurs, reperer
from observatoire.confidentialite.regles import Regles
from observatoire.confidentialite.structure import Structure, lire_structures
from observatoire.processus import coeurs, engager
from observatoire.publie import CLES

#: Relations nommées pour chaque compte trahi.
RELATIONS_DITES = 6


@dataclass(frozen=True)
class Cibles:
    """Ce que l'attaquant vise.

    ``cachees`` : comptes d'une valeur cachée. ``exactes`` : (numérateur, dénominateur) de chacune. ``differences`` :
    (ce qu'une part a de plus qu'une autre, cette part). ``positives`` : ce qui ne trahit que s'il n'est pas nul
    (non-réponses, foyers, restes d'une somme). ``reservees`` : comptes d'une cellule cachée tout entière.
    """

    cachees: np.ndarray
    exactes: np.ndarray
    differences: np.ndarray
    positives: np.ndarray
    reservees: np.ndarray

    def nombre(self) -> int:
        """Le nombre de comptes visés."""
        toutes = (self.cachees, self.differences[:, 0], self.positives, self.reservees)
        return len(np.unique(np.concatenate(toutes)))


@dataclass
class Attaque:
    """Aucun compte caché ne se situe à moins de l'amplitude des règles, ni tout entier sous le seuil."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("L'attaque de ce qui paraît"))

    def examiner(self, fichier: Fichier) -> None:
        """Rien : les nombres sont dans ``publie``."""

    def conclure(self) -> Resultat:
        """Attaquer chaque année, plusieurs à la fois."""
        structures = lire_structures(self.dossier.publie)
        if not structures:
            self.resultat.non_fait.append(
                "il manque de quoi lier les comptes publiés : lancer « observatoire proteger »."
            )
            return self.resultat
        parus = self.dossier.parus
        table, derniere = self.dossier.indicateurs, max(self.dossier.config.annees)
        taches = [
            Annee(
                table[table["annee"].eq(annee)].reset_index(drop=True), structure, self.dossier.regles,
                *(parus[parus["annee"].eq(annee) & celle] for celle in _editions(parus, derniere)),
            )
            for annee, structure in structures.items()
        ]  # fmt: skip
        visees = 0
        with engager(min(coeurs(), len(taches)), __name__) as equipe:
            for constats, nombre in equipe.map(attaquer_l_annee, taches):
                self.resultat.constats += constats
                visees += nombre
        self.resultat.examine = {"années": len(taches), "comptes cachés": visees}
        return self.resultat


@dataclass(frozen=True)
class Annee:
    """Une année à attaquer. ``publiee`` : sa table, dont seuls les statuts sont lus. ``parus`` : les mesures que
    cette édition publie ; ``anterieurs`` : celles des éditions d'avant."""

    publiee: pd.DataFrame
    structure: Structure
    regles: Regles
    parus: pd.DataFrame
    anterieurs: pd.DataFrame


def _editions(parus: pd.DataFrame, derniere: int) -> tuple[pd.Series, pd.Series]:
    return parus["edition"].eq(derniere), parus["edition"].lt(derniere)


def attaquer_l_annee(annee: Annee) -> tuple[list[Constat], int]:
    """Ce qui se trahit d'une année, et le nombre de comptes visés."""
    systeme = annee.structure.systeme
    liees = pd.MultiIndex.from_frame(annee.publiee[CELLULE]).isin(pd.MultiIndex.from_frame(systeme.cellules[CELLULE]))
    publiee = annee.publiee[liees].reset_index(drop=True)
    table = publiee.assign(statut=publiee["statut"].replace({"publie": "calcule", "c": "calcule"}))
    valeurs = reperer(table, systeme, dict(catalogue()), annee.regles)
    cles = pd.MultiIndex.from_frame(table[CLES])
    sure, connaissance = lire_connaissance([annee.parus, annee.anterieurs], valeurs, cles, systeme)
    monde, connaissance = _imaginer(systeme, sure, connaissance)
    cibles = viser(publiee, valeurs, annee.structure, annee.regles)
    failles = _trahies(monde, connaissance, cibles, annee.regles)
    constats = [_constater(monde, f, annee.regles) for f in failles]
    if impossibles := int(monde.incoherentes.sum()):
        quoi = f"{impossibles} comptes que ce qui paraît rend impossibles"
        constats.append(Constat("publie", "", quoi, "Deux nombres publiés se contredisent."))
    return constats, cibles.nombre()


def _imaginer(systeme: Systeme, sure: Connaissance, connaissance: Connaissance) -> tuple[Monde, Connaissance]:
    """Un monde possible, et ce qui y est su ; une édition d'avant n'apprend rien là où celle-ci la contredit."""
    while True:
        monde = imaginer(systeme, connaissance.bas, connaissance.haut)
        matrice = systeme.relations.matrice
        touchees = np.flatnonzero(abs(matrice) @ monde.incoherentes.astype(float))
        voisines = np.zeros(len(systeme.valeurs), dtype=bool)
        voisines[matrice[touchees].indices] = True
        revisees = voisines & ((connaissance.bas != sure.bas) | (connaissance.haut != sure.haut))
        if not revisees.any():
            return monde, connaissance
        bornes = zip((sure.bas, sure.haut), (connaissance.bas, connaissance.haut), strict=True)
        connaissance = Connaissance(*(np.where(revisees, d_abord, ensuite) for d_abord, ensuite in bornes))


def viser(publiee: pd.DataFrame, valeurs: Valeurs, structure: Structure, regles: Regles) -> Cibles:
    """Tout ce qui est caché dans une table publiée, sauf ce que donnent la structure et les « sans objet »."""
    systeme, v = structure.systeme, valeurs.variables
    cachee = publiee["statut"].eq("c").to_numpy()
    entiere, largeur = systeme.entiere(), systeme.largeur
    notoires = ~systeme.presentes
    notoires[valeurs.annulees()] = True
    secretes = ~deduire(systeme, notoires)[0]
    moyenne, ecart = valeurs.natures == "moyenne", valeurs.natures == "ecart"
    roles = [v["numerateur"][cachee & ~moyenne], v["denominateur"][cachee & ~moyenne], v["complement"][cachee]]
    actives = np.unique(valeurs.cellule[valeurs.calculees])[:, None] * largeur

    def rangs(liste: list[tuple[int, int, int]], place: int) -> np.ndarray:
        return (actives + np.array([d[place] for d in liste], dtype=int)[None, :]).ravel()

    def garder(variables: np.ndarray, admises: np.ndarray) -> np.ndarray:
        variables = np.unique(variables[variables >= 0])
        return variables[admises[variables]]

    couples = np.column_stack([rangs(systeme.colonnes.differences, place) for place in (0, 1)])
    positives = np.concatenate(taire(valeurs, systeme, publiee["reponse"].isna().to_numpy(), regles))
    reservee = cachee & structure.reservees[valeurs.cellule]
    return Cibles(
        garder(np.concatenate([*roles, v["effectif"][cachee & moyenne]]), secretes & entiere),
        np.column_stack([v["numerateur"], v["denominateur"]])[cachee & ~ecart & ~moyenne],
        couples[secretes[couples[:, 0]] & systeme.presentes[couples[:, 1]]],
        garder(positives, secretes & entiere),
        garder(np.concatenate([v["numerateur"][reservee], v["denominateur"][reservee]]), secretes),
    )


def _trahies(monde: Monde, connaissance: Connaissance, cibles: Cibles, regles: Regles) -> list[Faille]:
    """Les cibles que l'attaquant situe de trop près."""
    valeurs, taille = monde.systeme.valeurs, len(monde.systeme.valeurs)
    plancher, largeur = np.zeros(taille), np.zeros(taille)
    for variables in (cibles.cachees, cibles.differences[:, 0], cibles.positives):
        plancher[variables], largeur[variables] = regles.seuil, regles.amplitude
    relative = regles.largeur_relative(valeurs[cibles.reservees], monde.systeme.entiere()[cibles.reservees])
    largeur[cibles.reservees] = np.maximum(largeur[cibles.reservees], relative)
    imprimees = connaissance.bas == connaissance.haut
    largeur[imprimees] = 0
    variables = np.flatnonzero(largeur)
    exigences = Exigences(variables, plancher[variables], largeur[variables])
    failles = attaquer(monde.systeme, monde.connues, exigences, bornes=(connaissance.bas, connaissance.haut))
    trahies = _reconnaitre(failles, monde, imprimees, cibles, regles)
    retenues = [f for f, trahie in zip(failles, trahies, strict=True) if trahie]
    return expliquer(monde.systeme, imprimees, retenues, (connaissance.bas, connaissance.haut))


def _reconnaitre(
    failles: list[Faille], monde: Monde, imprimees: np.ndarray, cibles: Cibles, regles: Regles
) -> np.ndarray:
    """Vrai pour chaque faille qui trahit quelque chose : un petit compte, une cellule réservée, une valeur entière."""
    variables = np.array([f.variable for f in failles], dtype=int)
    bas, haut = (np.array([getattr(f, cote) for f in failles]) for cote in ("bas", "haut"))
    exactes = monde.connues.copy()
    exactes[variables[bas == haut]] = True
    strictes, reservees, entieres = (np.zeros(len(exactes), dtype=bool) for _ in range(3))
    strictes[cibles.cachees] = True
    difference, part = cibles.differences.T
    strictes[difference[exactes[part] & (monde.systeme.valeurs[part] > 0)]] = True
    reservees[cibles.reservees] = True
    trouvees = ((cibles.exactes < 0) | exactes[cibles.exactes]).all(axis=1)
    entieres[cibles.exactes[trouvees]] = True
    petites = (haut < regles.seuil) | ((bas < regles.seuil) & (haut - bas < regles.amplitude))
    petites &= strictes[variables] | (bas >= 1)
    # Le moins que la valeur puisse être : la vérité demande au moins cette largeur.
    proches = reservees[variables] & (haut - bas < regles.amplitude_relative * bas)
    return petites | proches | (entieres & ~imprimees)[variables]


def _constater(monde: Monde, faille: Faille, regles: Regles) -> Constat:
    """Où, et par quelles relations ; l'intervalle trouvé n'est pas redit, il dirait la valeur."""
    systeme = monde.systeme
    sous = "tout entier sous le seuil" if faille.haut < regles.seuil else "de trop près"
    causes = " ; ".join(systeme.nommer_relation(r) for r in faille.relations[:RELATIONS_DITES])
    comment = f"Par {causes}." if causes else "Il paraît ailleurs."
    return Constat("publie", systeme.nommer(faille.variable), f"se situe {sous}", comment)
