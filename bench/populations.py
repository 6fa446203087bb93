"""Des populations FICTIVES où l'on sait ce qui dérive : de quoi éprouver les alertes.

Rien n'y est réel. Quartiers, secteurs et immeubles diffèrent naturellement (écarts normaux sur le logit, ou sur le
logarithme pour un taux : ce n'est pas la loi que suppose la méthode) ; par-dessus, quelques territoires dérivent d'un
nombre de points connu, à partir d'une année et pour toujours. Une année redit presque la précédente : seul un ménage
sur dix part, remplacé par un autre tiré selon la part du moment. Tous les logements sont de même taille et de même
financement : les règles usuelles, qui ne standardisent pas, sont ainsi à leur avantage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from observatoire.sujets.alertes.calcul.attendus import Comptes, Releves, attendre
from observatoire.sujets.alertes.calcul.regles import Regles
from observatoire.sujets.alertes.calcul.strates import Parc, Territoires

QUARTIERS, SECTEURS = 13, 3
#: Écarts naturels (écart type, logit ou logarithme) entre quartiers, entre secteurs d'un quartier, entre immeubles.
NATURELS = {"quartier": 0.2, "secteur": 0.1, "immeuble": 0.15}
#: Part des ménages qui partent chaque année.
MOBILITE = 0.1
#: Part de la ville, tirée entre ces bornes pour chaque indicateur ; plus bas pour ceux dont le seuil est plus bas.
PARTS, PARTS_BASSES = (0.10, 0.42), (0.04, 0.15)
SEUIL_BAS = 0.06
#: Au plus haut, ce que peut valoir une part.
PLAFOND = 0.98


@dataclass(frozen=True)
class Reglage:
    """Une population : immeubles d'environ ``tailles`` ménages, et sur une ``part`` des territoires du ``niveau``, des
    dérives de ``derives`` (fractions) ; plusieurs tailles ou plusieurs dérives sont mêlées à parts égales."""

    tailles: tuple[int, ...]
    derives: tuple[float, ...]
    niveau: str = "immeuble"
    part: float = 0.05
    immeubles: int = 400


@dataclass(frozen=True)
class Population:
    """Des années de suite, (année, immeuble, indicateur) : ``x`` observés, ``vraies`` parts ; ``n`` : ménages par
    immeuble. ``derives`` : niveau -> (territoire, indicateur), vrai s'il dérive la dernière année."""

    parcs: list[Parc]
    x: np.ndarray
    n: np.ndarray
    vraies: np.ndarray
    derives: dict[str, np.ndarray]
    quartier: np.ndarray
    secteur: np.ndarray


def tirer(reglage: Reglage, regles: Regles, annees: int, alea: np.random.Generator) -> Population:
    """Tirer une population ; chaque dérive commence l'une des ``annees - 1`` dernières années."""
    nombre, indicateurs = reglage.immeubles, len(regles.indicateurs)
    secteur = placer(nombre, QUARTIERS * SECTEURS, alea)
    quartier = secteur // SECTEURS
    n = np.round(alea.choice(reglage.tailles, nombre) * alea.uniform(0.8, 1.2, nombre))[:, None]
    lineaire = sont_des_taux(regles)
    ordinaires = disperser(regles, quartier, secteur, alea)
    porteurs = {"immeuble": np.arange(nombre), "quartier": quartier}[reglage.niveau]
    derivent = alea.random((porteurs.max() + 1, indicateurs)) < reglage.part
    debut = alea.integers(1, annees, derivent.shape)[porteurs]
    hauteur = (derivent * alea.choice(reglage.derives, derivent.shape))[porteurs]
    x, vraies = [], []
    for annee in range(annees):
        part = ordinaires + hauteur * (debut <= annee)
        part = np.where(lineaire, part, np.minimum(part, PLAFOND))
        if annee == 0:
            x.append(compter(part, n, lineaire, alea))
        else:
            x.append(_passer_une_annee(x[-1], vraies[-1], part, n, lineaire, alea))
        vraies.append(part)
    x, vraies = np.array(x), np.array(vraies)
    derives = {niveau: np.zeros((nombre_de, indicateurs), dtype=bool)
               for niveau, nombre_de in (("immeuble", nombre), ("quartier", QUARTIERS))}  # fmt: skip
    derives[reglage.niveau] = derivent
    parcs = [ranger(comptes, n, quartier, secteur, regles) for comptes in x]
    return Population(parcs, x, n, vraies, derives, quartier, secteur)


def sont_des_taux(regles: Regles) -> np.ndarray:
    """Vrai pour chaque indicateur qui est un taux, dans l'ordre des règles."""
    return np.array([d.nature == "taux" for d in regles.declarations])


def placer(immeubles: int, secteurs: int, alea: np.random.Generator) -> np.ndarray:
    """Le secteur de chaque immeuble, rangés ; chaque secteur en a un au moins."""
    return np.sort(np.concatenate([np.arange(secteurs), alea.integers(0, secteurs, immeubles - secteurs)]))


def disperser(regles: Regles, quartier: np.ndarray, secteur: np.ndarray, alea: np.random.Generator) -> np.ndarray:
    """Les parts naturelles : (immeuble, indicateur)."""
    bas = np.array([regles.seuils_de("immeuble", code)[1] <= SEUIL_BAS for code in regles.indicateurs])
    de_base = np.where(bas, alea.uniform(*PARTS_BASSES, bas.shape), alea.uniform(*PARTS, bas.shape))
    effets = np.zeros((len(quartier), len(de_base)))
    for niveau, rangs in (("quartier", quartier), ("secteur", secteur), ("immeuble", np.arange(len(quartier)))):
        ecarts = alea.normal(0, NATURELS[niveau], (rangs.max() + 1, len(de_base)))
        effets += ecarts[rangs]
    return np.where(sont_des_taux(regles), de_base * np.exp(effets), special.expit(special.logit(de_base) + effets))


def compter(part: np.ndarray, n: np.ndarray, lineaire: np.ndarray, alea: np.random.Generator) -> np.ndarray:
    """Ce que l'on observe : (immeuble, indicateur)."""
    proportions = alea.binomial(n.astype(int), np.where(lineaire, 0, part))
    return np.where(lineaire, alea.poisson(part * n), proportions).astype(float)


def _passer_une_annee(x, avant, part, n, lineaire, alea) -> np.ndarray:
    """L'année suivante. Un taux compte des événements : il est tiré à neuf. Une part compte des ménages, qui restent
    presque tous ; quand elle monte, une partie de ceux qui restent changent d'état."""
    unite, entiers = np.where(lineaire, 0, x).astype(int), n.astype(int)
    partis_oui, partis_non = alea.binomial(unite, MOBILITE), alea.binomial(entiers - unite, MOBILITE)
    hausse = np.where(lineaire, 0, np.clip((part - avant) / (1 - np.minimum(avant, PLAFOND)), 0, 1))
    changent = alea.binomial(entiers - unite - partis_non, hausse)
    arrivent = alea.binomial(partis_oui + partis_non, np.where(lineaire, 0, part))
    proportions = unite - partis_oui + changent + arrivent
    return np.where(lineaire, alea.poisson(part * n), proportions).astype(float)


def ranger(x: np.ndarray, n: np.ndarray, quartier: np.ndarray, secteur: np.ndarray, regles: Regles) -> Parc:
    """Le parc que la méthode évalue : quartiers, secteurs, immeubles ; une seule strate."""
    seul = np.full(quartier.max() + 1, "tous", object)
    du_secteur = quartier[np.unique(secteur, return_index=True)[1]]
    niveaux = [
        Territoires("quartier", _codes("q", len(seul)), None, seul),
        Territoires("secteur", _codes("s", len(du_secteur)), du_secteur, seul[du_secteur]),
        Territoires("immeuble", _codes("i", len(x)), secteur, np.full(len(x), "b", object)),
    ]
    strates = np.zeros(len(x), dtype=int)
    groupes = []
    for nature in ("proportion", "taux"):
        colonnes = [rang for rang, d in enumerate(regles.declarations) if d.nature == nature]
        siens, unites = x[:, colonnes], np.repeat(n, len(colonnes), axis=1)
        attendus = attendre(Releves(siens, unites), strates, quartier, regles.repondants)
        groupes.append(([regles.declarations[c] for c in colonnes], Comptes(siens, unites, attendus, unites)))
    return Parc(niveaux, groupes)


def _codes(lettre: str, nombre: int) -> np.ndarray:
    return np.array([f"{lettre}{rang:06d}" for rang in range(nombre)], dtype=object)
