"""Compter par immeuble et par strate (taille du logement, financement) : ce que la standardisation demande."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes
from observatoire.catalogue import Indicateur
from observatoire.cles import COLONNE as CLE
from observatoire.configuration import Configuration
from observatoire.couverture import disponibilite, ranger
from observatoire.indicateurs.evaluation import livrer
from observatoire.indicateurs.lots import Reglages, regler
from observatoire.indicateurs.ouvrage import distribuer
from observatoire.indicateurs.prepares import LotPrepare, lire_lot, lots_prepares, tables_vides
from observatoire.indicateurs.sommes import Sommes, additionner, sommer_selon
from observatoire.rangement import lire_preparee
from observatoire.sujets.alertes.calcul.attendus import Comptes, Releves, attendre, reunir
from observatoire.sujets.alertes.calcul.regles import Regles
from observatoire.tables.depots import DEPOTS
from observatoire.vocabulaire import EMBOITES, PROPORTION, TAUX

STRATE = "strate"
#: Ce que la standardisation lit d'une table ; celle qui ne l'a pas n'est pas standardisée.
COLONNES = ("nb_pieces", "financement")
PIECES_AU_PLUS = 5
#: Les rôles dont se tire un attendu.
SOMMEES = ("numerateur", "denominateur", f"numerateur_{CLE}", f"denominateur_{CLE}")
#: Début du code que reçoit ce qui contient un territoire que rien ne contient.
SEUL = "\x01"


def compter_lot(lot: LotPrepare, par_annee: dict[int, Reglages]) -> Sommes:
    """Lire un lot et compter par immeuble et par strate."""
    reglages = par_annee[lot.annee]
    situees = reglages.situer(lire_lot(lot, reglages.utiles(*COLONNES)))
    tables = {nom: stratifier(table) for nom, table in situees.items()}
    return sommer_selon(reglages.regles, tables, reglages.baremes, reglages.dimensions)


def stratifier(table: pd.DataFrame) -> pd.DataFrame:
    """Ajouter la colonne ``strate`` ; vide pour une table qui ne dit ni la taille ni le financement."""
    if not set(COLONNES) <= set(table):
        return table.assign(**{STRATE: pd.Categorical.from_codes(np.zeros(len(table), dtype=np.int8), [""])})
    pieces = table["nb_pieces"].clip(1, PIECES_AU_PLUS).fillna(0).astype(np.int64).to_numpy()
    financement = table["financement"].astype("category")
    codes = financement.cat.codes.to_numpy(np.int64) + 1
    noms = ["?", *financement.cat.categories.astype(str)]
    toutes = [f"T{p} {nom}" for p in range(PIECES_AU_PLUS + 1) for nom in noms]
    return table.assign(**{STRATE: pd.Categorical.from_codes(pieces * len(noms) + codes, toutes)})


@dataclass(frozen=True)
class Territoires:
    """Les territoires d'un niveau : leurs ``codes`` (``None`` pour celui que l'on imagine autour d'un territoire qui
    n'en a pas), le rang de celui du dessus qui contient chacun, et leur ``bailleur`` quand ils n'en ont qu'un."""

    niveau: str
    codes: np.ndarray
    parents: np.ndarray | None
    bailleurs: np.ndarray


@dataclass(frozen=True)
class Parc:
    """Une année : les niveaux emboîtés, du plus large au plus fin, et les comptes du plus fin par groupe d'indicateurs.

    ``groupes`` : (déclarations de même nature, comptes du niveau le plus fin).
    """

    niveaux: list[Territoires]
    groupes: list[tuple[list[Indicateur], Comptes]]


def compter_les_strates(
    config: Configuration, regles: dict[int, Regles], baremes: Baremes, dask: str | None = None
) -> Iterator[tuple[int, Sommes]]:
    """(année, ce qui y est compté par immeuble et par strate) pour chaque année qui a des règles."""
    prepare = config.chemin("prepare")
    depots = lire_preparee(DEPOTS, prepare)
    lots = {annee: lots_prepares(prepare, annee) for annee in regles}
    dimensions = [*(n for n in EMBOITES if n in config.niveaux), "bailleur", STRATE]
    reglages: dict[int, Reglages] = {}
    for annee, siennes in regles.items():
        reglages |= regler(config, siennes.declarations, baremes, {annee: tables_vides(lots[annee])}, dimensions)
    taches = [lot for siens in lots.values() for lot in siens]
    par_annee: dict[int, list[Sommes]] = {annee: [] for annee in regles}
    for tache, sommes in zip(taches, distribuer(compter_lot, taches, reglages, dask), strict=True):
        par_annee[tache.annee].append(sommes)
    for annee, siennes in par_annee.items():
        etats = disponibilite(depots, reglages[annee].regles.lues, config, annee)
        yield annee, livrer(additionner(siennes, reglages[annee].dimensions), etats)


def ranger_le_parc(sommes: Sommes, regles: Regles, bruits: Mapping[str, object] | None = None) -> Parc | None:
    """Emboîter les territoires et poser l'attendu de chaque immeuble ; rien si personne n'est compté.

    ``bruits`` : celui que porte chaque indicateur, si les attendus se publient ; ``sommes`` a alors les clés.
    """
    noms = [d for d in EMBOITES if d in sommes.cellules]
    if not noms:  # un territoire sans quartier ni immeuble n'a rien à comparer à lui-même
        return None
    situees = sommes.cellules[noms].notna().any(axis=1).to_numpy()
    cellules, valeurs = sommes.cellules[situees].reset_index(drop=True), sommes.valeurs[situees]
    if not len(cellules):
        return None
    niveaux, du_fin = emboiter(cellules, noms)
    quartiers, fins = remonter_au_plus_large(niveaux)[du_fin], niveaux[-1].codes
    strates = ranger(cellules, [STRATE])[0]
    situees = Sommes(cellules, valeurs, sommes.colonnes)
    groupes = []
    for nature in (PROPORTION, TAUX):
        for standardisee in (True, False):
            declarations = [d for d in regles.declarations if d.nature == nature and _standardisable(d) == standardisee]
            if declarations:
                x, n, *cles, concernes = (situees.roles(declarations, role) for role in (*SOMMEES, "concernes"))
                siens = [bruits[d.code] for d in declarations] if bruits else ()
                de_la_strate = strates if standardisee else np.zeros_like(strates)
                attendus = attendre(Releves(x, n, *cles), de_la_strate, quartiers, regles.repondants, siens)
                groupes.append(
                    (declarations, Comptes(*(reunir(t, du_fin, len(fins)) for t in (x, n, attendus, concernes))))
                )
    return Parc(niveaux, groupes)


def emboiter(cellules: pd.DataFrame, noms: list[str]) -> tuple[list[Territoires], np.ndarray]:
    """Les niveaux, du plus large au plus fin, et le rang, dans le plus fin, du territoire de chaque cellule.

    ``cellules`` : une colonne par niveau de ``noms`` (du plus fin au plus large), et ``bailleur`` s'il y a des
    immeubles ; un niveau au moins y est connu.
    """
    cellules = cellules.assign(**{noms[0]: _nommer_le_plus_fin(cellules[noms])})
    du_fin = ranger(cellules, noms[:1])[0]
    premieres = np.unique(du_fin, return_index=True)[1]
    return _emboiter(cellules.iloc[premieres].reset_index(drop=True), noms), du_fin


def _nommer_le_plus_fin(cellules: pd.DataFrame) -> pd.Series:
    """Le territoire le plus fin de chaque cellule ; ce qui n'est d'aucun l'est d'un, sans nom, de ce qui le contient.

    ``cellules`` : une colonne par niveau, du plus fin au plus large.
    """
    fin, *larges = (cellules[nom].astype("str") for nom in cellules)
    for large in larges:
        fin = fin.fillna(SEUL + large)
    return fin


def _standardisable(declaration: Indicateur) -> bool:
    """Ce qui est compté au-dessus est rangé par logement : on sait alors sa taille et son financement."""
    return declaration.tables[0] in ("logements", "menages")


def _emboiter(cellules: pd.DataFrame, noms: list[str]) -> list[Territoires]:
    """Les niveaux, du plus large au plus fin. ``cellules`` : une ligne par territoire du niveau le plus fin.

    Un territoire que rien ne contient à un niveau y est seul, dans un territoire sans code.
    """
    seuls = pd.Series(np.arange(len(cellules)), dtype=str).radd(SEUL)
    cles = {nom: cellules[nom].astype(object).where(cellules[nom].notna(), seuls).astype(str) for nom in noms}
    niveaux, dessus = [], None
    for nom in reversed(noms):
        rangs, codes = pd.factorize(cles[nom])
        premiers = np.unique(rangs, return_index=True)[1]
        parents = None if dessus is None else dessus[premiers]
        bailleurs = np.full(len(codes), "tous", object)
        if nom == "immeuble":
            bailleurs = cellules["bailleur"].astype(object).to_numpy()[premiers]
        vrais = np.where(np.char.startswith(np.asarray(codes, dtype=str), SEUL), None, np.asarray(codes, dtype=object))
        niveaux.append(Territoires(nom, vrais, parents, bailleurs))
        dessus = rangs
    return niveaux


def remonter_au_plus_large(niveaux: list[Territoires]) -> np.ndarray:
    """Le rang du territoire le plus large qui contient chacun du plus fin."""
    rangs = np.arange(len(niveaux[-1].codes))
    for niveau in reversed(niveaux[1:]):
        rangs = niveau.parents[rangs]
    return rangs
