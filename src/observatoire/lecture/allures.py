"""Ce qu'un fichier montre sans que l'on regarde ses valeurs : l'ordre de ses lignes et la forme de ses identifiants.

Une colonne triée sans les autres, une même valeur collée sur une page, un zéro de tête perdu : aucune part ne change,
et les valeurs de chaque ligne ne sont plus les siennes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.lecture.resumes import GRAPPE, OPERATION, coder_les_grappes
from observatoire.schemas import Champ, Schema

#: Un identifiant de plus de formes que cela n'en a aucune.
FORMES_RETENUES = 8
#: Part des lignes plus basses que la précédente à partir de laquelle une colonne n'est pas rangée.
EN_DESORDRE = 0.05
#: Une colonne est rangée si le hasard ne l'explique pas (opposé du logarithme de sa probabilité) : trois valeurs sont
#: en ordre une fois sur six.
A_DESSEIN = 12
#: De même, pour une suite d'immeubles sans aucune ligne, où qu'elle commence.
MUETS = 8
#: Une suite d'une même valeur compte à partir de cette longueur, de cet étonnement, et de tant de fois l'ordinaire.
LONGUE, ETONNANTE, FOIS_L_ORDINAIRE = 10, 20, 3
#: Une suite qui change moins de fois d'immeuble n'en touche que deux.
VOISINS = 2


@dataclass(frozen=True)
class Allure:
    """``rangees`` : les colonnes que l'ordre des lignes suit ; ``descentes`` : pour les autres, la part des lignes plus
    basses que la précédente ; ``suites`` : la plus étonnante suite d'une même valeur de chaque colonne (longueur, et
    *étonnement*, l'opposé du logarithme de sa probabilité si les lignes étaient en désordre) ; ``formes`` : les formes
    des identifiants (« AA9999 ») ; vides s'il y en a trop ; ``lieux`` : d'une table sans identifiant, l'empreinte de
    chaque immeuble, dans l'ordre de leur numérotation, et son nombre de lignes.
    """

    rangees: frozenset[str]
    descentes: dict[str, float]
    suites: dict[str, tuple[int, float]]
    formes: frozenset[str]
    lieux: pd.Series


def regarder(donnees: pd.DataFrame, schema: Schema) -> Allure:
    """L'allure d'un tableau converti, dans l'ordre du fichier."""
    rangees, descentes, suites, immeubles = set(), {}, {}, coder_les_grappes(donnees)
    for nom, champ in schema.champs.items():
        rangs, valeurs = _ranger(donnees[nom], champ)
        if len(valeurs) < 2:
            continue
        connus = rangs[rangs >= 0]
        descentes[nom] = float((np.diff(connus) < 0).mean())
        if not descentes[nom] and _etonne_en_ordre(connus):
            rangees.add(nom)
        if champ.admises and nom != OPERATION:
            suites[nom] = _etonner(rangs, immeubles)
    formes = _formes(donnees[schema.cle[0]]) if schema.cle else frozenset()
    lieux = pd.Series(dtype=int) if schema.cle or GRAPPE not in donnees else _compter_les_lieux(donnees[GRAPPE])
    return Allure(frozenset(rangees), descentes, suites, formes, lieux)


def _compter_les_lieux(immeubles: pd.Series) -> pd.Series:
    noms = immeubles.dropna().astype("str").value_counts()
    longueurs, textes = noms.index.str.len(), noms.index.to_numpy(dtype=str)
    noms = noms.iloc[np.lexsort((textes, longueurs))]
    return noms.set_axis(pd.util.hash_array(noms.index.to_numpy(dtype=object)))


def _ranger(colonne: pd.Series, champ: Champ) -> tuple[np.ndarray, pd.Index]:
    """Le rang de chaque valeur (-1 : absente), et les valeurs ; « L9 » précède « L10 » dans une numérotation."""
    if champ.role != "identifiant":
        return pd.factorize(colonne, sort=True)
    rangs, valeurs = pd.factorize(colonne)
    textes = pd.Series(np.asarray(valeurs, dtype=str))
    places = np.empty(len(valeurs) + 1, dtype=int)
    places[np.lexsort((textes, textes.str.len()))] = np.arange(len(valeurs))
    places[-1] = -1
    return places[rangs], valeurs


def _etonne_en_ordre(rangs: np.ndarray) -> bool:
    """Ces valeurs, égales comprises, ne seraient presque jamais en ordre par hasard."""
    factorielles = np.concatenate([[0], np.log(np.arange(1, len(rangs) + 1)).cumsum()])
    return factorielles[-1] - factorielles[np.bincount(rangs)].sum() >= A_DESSEIN


def _etonner(rangs: np.ndarray, immeubles: np.ndarray | None) -> tuple[int, float]:
    """La suite d'une même valeur que le hasard, à la part que cette valeur a ailleurs, explique le moins.

    Deux immeubles se vident ou se livrent d'un coup : une suite qui n'en touche pas davantage n'étonne pas.
    """
    bords = np.flatnonzero(np.diff(rangs)) + 1
    debuts = np.concatenate([[0], bords])
    longueurs = np.diff(np.concatenate([debuts, [len(rangs)]]))
    ailleurs = np.bincount(rangs + 1)[rangs[debuts] + 1] - longueurs
    etonnements = -longueurs * np.log((ailleurs + 1) / (len(rangs) - longueurs + 2))
    if immeubles is not None:
        voisins = np.concatenate([[False], np.diff(immeubles) != 0])
        voisins[debuts] = False
        etonnements[np.add.reduceat(voisins, debuts, dtype=int) < VOISINS] = 0
    pire = int(etonnements.argmax())
    return int(longueurs[pire]), float(etonnements[pire])


def _formes(identifiants: pd.Series) -> frozenset[str]:
    textes = identifiants.dropna().astype("str")
    formes = textes.str.replace(r"\d", "9", regex=True).str.replace(r"[^\W\d_]", "A", regex=True).unique()
    return frozenset(formes) if len(formes) <= FORMES_RETENUES else frozenset()


def comparer_l_ordre(avant: Allure, apres: Allure) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(règle, colonne, suites avant et après) : ce qui a été rangé, ou collé, sans que l'ordre du fichier change.

    Un fichier rangé autrement d'une année à l'autre ne dit rien : une colonne au moins doit l'être aux deux dates.
    """
    if not avant.rangees & apres.rangees:
        return
    rangees = set()
    for ici, la in ((avant, apres), (apres, avant)):
        if la.rangees <= ici.rangees:
            rangees |= {nom for nom in ici.rangees - la.rangees if la.descentes.get(nom, 0) >= EN_DESORDRE}
    yield from (("colonne_rangee", nom, (0, 0)) for nom in sorted(rangees))
    for nom in sorted((avant.suites.keys() & apres.suites.keys()) - rangees):
        (_, moins), (longue, plus) = sorted([avant.suites[nom], apres.suites[nom]], key=lambda suite: suite[1])
        if longue >= LONGUE and plus >= max(ETONNANTE, FOIS_L_ORDINAIRE * moins):
            yield "valeur_en_suite", nom, (avant.suites[nom][0], apres.suites[nom][0])


def lieux_muets(avec: Allure, sans: Allure) -> tuple[int, int]:
    """(immeubles, lignes) de la plus étonnante suite d'immeubles qui ont des lignes d'un côté et aucune de l'autre ;
    deux zéros si le hasard y suffit, à la part qu'ont de disparaître, hors d'elle, les immeubles d'autant de lignes.
    """
    effectifs, absents = avec.lieux.to_numpy(), ~avec.lieux.index.isin(sans.lieux.index)
    if not absents.any():
        return 0, 0
    suites, partout = np.cumsum(~absents), np.ones(len(absents), dtype=bool)
    somme = np.bincount(suites, weights=_surprendre(effectifs, absents, partout) * absents)
    suite = absents & (suites == somme.argmax())
    etonnement = _surprendre(effectifs, absents, ~suite)[suite].sum()
    if etonnement - np.log(len(effectifs)) < MUETS:
        return 0, 0
    return int(suite.sum()), int(effectifs[suite].sum())


def _surprendre(effectifs: np.ndarray, absents: np.ndarray, parmi: np.ndarray) -> np.ndarray:
    """L'opposé du logarithme de la part des immeubles de même effectif qui disparaissent, parmi ceux-là."""
    tous, partis = (np.bincount(effectifs, weights=masque) for masque in (parmi, parmi & absents))
    return -np.log((partis + 1) / (tous + 1))[effectifs]


def formes_etrangeres(sienne: Allure, autres: list[Allure]) -> int:
    """Combien de formes les identifiants ont prises, qu'aucun n'a les autres années, où ils n'en ont qu'une.

    Un chiffre de plus n'étonne pas : la numérotation avance.
    """
    formes = frozenset().union(*(a.formes for a in autres))
    if len(formes) != 1 or not sienne.formes:
        return 0
    return len({f for f in sienne.formes - formes if f.replace("9", "", 1) not in formes})
