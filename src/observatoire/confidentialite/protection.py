"""Décider de ce qui paraît : la suppression primaire, la complémentaire, puis l'attaque, qui a le dernier mot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.confidentialite.attaque import Faille, attaquer, deduire, expliquer
from observatoire.confidentialite.colonnes import Colonnes
from observatoire.confidentialite.complementaire import completer
from observatoire.confidentialite.etat import (
    Etat,
    etablir_etat,
    exiger_des_restes,
    exiger_des_valeurs,
    lire_les_arrondis,
)
from observatoire.confidentialite.liens import CELLULE, TOUS, Systeme, etablir_systeme
from observatoire.confidentialite.primaire import (
    Exigences,
    cacher_d_abord,
    cellules_cachees,
    cellules_enfouies,
    reperer,
)
from observatoire.confidentialite.regles import Regles
from observatoire.confidentialite.structure import Structure
from observatoire.confidentialite.temoins import TABLES_SANS_SECRET
from observatoire.publie import CLES, COLONNES

#: La couverture dit quels bailleurs ont livré : elle se publie à côté d'une valeur cachée.
MESURES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]


@dataclass(frozen=True)
class Matiere:
    """Ce que ``prepare`` donne. ``indicateurs`` : :data:`COLONNES` ; ``effectifs`` : unités derrière chaque moyenne ;
    ``immeubles`` : nombre d'immeubles de chaque cellule ; ``lieux`` : ``annee``, ``bailleur``, une colonne par niveau,
    ``qpv`` et ``logements`` (leur nombre), une ligne par combinaison qui existe.
    """

    indicateurs: pd.DataFrame
    effectifs: pd.DataFrame
    immeubles: pd.DataFrame
    lieux: pd.DataFrame


@dataclass(frozen=True)
class Outils:
    """Ce qui vaut pour toutes les tables : les ``colonnes`` que compte le catalogue, ses ``declarations``, et les
    ``niveaux``, du plus fin au plus large."""

    colonnes: Colonnes
    declarations: dict[str, Indicateur]
    niveaux: tuple[str, ...]


@dataclass(frozen=True)
class Protection:
    """``table`` : ce qui paraît (:data:`COLONNES`). ``primaires`` : vrai pour chaque ligne que les règles cachent
    d'elles-mêmes. ``retirees`` : nombre de taux de réponse retirés. ``perte`` : poids de ce qui est caché en plus.
    ``failles`` : ce qu'un attaquant trouve encore, en toutes lettres. ``structure`` : ce que l'audit en lira.
    """

    table: pd.DataFrame
    primaires: np.ndarray
    retirees: int
    perte: float
    failles: tuple[str, ...]
    structure: Structure

    @property
    def complementaires(self) -> np.ndarray:
        """Vrai pour chaque ligne cachée pour en protéger d'autres."""
        return self.table["statut"].eq("c").to_numpy() & ~self.primaires


@dataclass(frozen=True)
class Preparation:
    """Une table située dans son système, ce que les règles en cachent (``primaires``, par parution), et ce que
    les tables parues cachent de plus (``cachees``). ``notoires`` :
    variables que nul ne peut ignorer (aucun logement hors d'un quartier tout entier en QPV, un « sans objet »).
    ``reservees`` : par cellule, celles que les règles cachent tout entières. ``enfouie`` : les lignes que rien ne lie à
    ce qui paraît (:func:`cellules_enfouies`), déjà protégées.
    """

    table: pd.DataFrame
    enfouie: pd.DataFrame
    systeme: Systeme
    etat: Etat
    exigences: Exigences
    primaires: np.ndarray
    cachees: np.ndarray
    figees: np.ndarray
    preferees: np.ndarray
    notoires: np.ndarray
    reservees: np.ndarray


def proteger_table(matiere: Matiere, outils: Outils, regles: Regles, parues: Sequence[pd.DataFrame] = ()) -> Protection:
    """Cacher ce que les règles demandent et ce qu'il faut de plus ; rend ce qui paraît et ce qui se trouve encore.

    ``parues`` : les tables qu'un lecteur a déjà (éditions d'avant, édition d'un public plus large). Ce qu'elles
    cachent le reste ; ce qu'elles publient à l'identique est su de tous.
    """
    p = preparer(matiere, outils, regles, parues)
    return rendre(p, *cacher(p, regles), regles)


def cacher(p: Preparation, regles: Regles) -> tuple[np.ndarray, list[Faille]]:
    """Les parutions cachées à la fin, et les failles que rien ne ferme."""
    exigences, cachees = p.exigences, p.cachees
    while True:
        cachees, failles = completer(p.etat, cachees, exigences, p.figees, p.preferees)
        if failles:
            return cachees, failles
        faibles, trouvees = situer(p, cachees, regles)
        if not len(faibles):
            sues = np.union1d(trouvees, np.flatnonzero(p.notoires))
            return p.etat.republier(cachees, sues, p.primaires), []
        exigences = exigences.etendre(faibles, regles.amplitude)


def situer(p: Preparation, cachees: np.ndarray, regles: Regles) -> tuple[np.ndarray, np.ndarray]:
    """Parmi les comptes cachés sans être petits : ceux qu'un attaquant dirait petits, et ceux qu'il trouve tout à fait.

    Ce qui ne paraît jamais (:func:`exiger_des_restes`) compte aussi.

    Un compte dont il sait seulement qu'il n'est pas petit ne dit le secret de personne. Un compte qu'il trouve tout à
    fait n'est plus un secret : autant le publier.
    """
    autres = exiger_des_valeurs(p.etat, cachees, regles.amplitude)
    autres = autres.sauf(p.exigences.variables).sauf(np.flatnonzero(p.notoires))
    failles = attaquer(p.systeme, p.etat.connues(cachees), autres)
    trouvees = np.array([f.variable for f in failles if f.bas == f.haut], dtype=int)
    reponse = p.table["reponse"].to_numpy()
    sues, bornes = lire_les_arrondis(p.etat, reponse, cachees, regles.arrondi.get("reponse", 2))
    restes = exiger_des_restes(p.etat, np.isnan(reponse), cachees, regles)
    doutes = autres.sauf(np.setdiff1d(autres.variables, trouvees))
    doutes = doutes.etendre(restes.sauf(p.exigences.variables).sauf(doutes.variables).variables, regles.amplitude)
    failles += attaquer(p.systeme, sues, doutes.sauf(np.flatnonzero(p.notoires)), bornes=bornes)
    return np.unique([f.variable for f in failles if f.bas < min(f.haut, regles.seuil)]).astype(int), trouvees


def preparer(matiere: Matiere, outils: Outils, regles: Regles, parues: Sequence[pd.DataFrame] = ()) -> Preparation:
    """Établir le système d'une table et appliquer la suppression primaire."""
    table = matiere.indicateurs[regles.montre(matiere.indicateurs)]
    table = table.astype(dict.fromkeys([*CLES[1:], "statut"], object)).sort_values(CLES, ignore_index=True)
    parc = parc_par_cellule(matiere.lieux)
    enfouies = cellules_enfouies(
        table[CELLULE].drop_duplicates(ignore_index=True), regles, matiere, parc, outils.niveaux
    )
    dessous = pd.MultiIndex.from_frame(table[CELLULE]).isin(enfouies)
    table, enfouie = table[~dessous].reset_index(drop=True), enfouir(table[dessous], outils.declarations)
    systeme = etablir_systeme(
        table, matiere.effectifs, outils.colonnes, outils.declarations, matiere.lieux, list(outils.niveaux)
    )
    valeurs = reperer(table, systeme, outils.declarations, regles)
    reservees = cellules_cachees(systeme.cellules, regles, matiere.immeubles, parc)
    gardees, figees, preferees = _suivre(table, parues)
    notoires = deduire(systeme, ~systeme.presentes)[0]
    for _ in range(2):  # une fois pour savoir quels « sans objet » paraissent, une fois pour ce qu'ils apprennent
        cache, exigences = cacher_d_abord(valeurs, systeme, regles, reservees, notoires)
        etat = etablir_etat(table, systeme, valeurs, cache)
        figees = figees & etat.admises
        etat.sues[:] |= etat.imprime.T @ figees.astype(float) > 0
        notoires = deduire(systeme, etat.sues)[0]
    exigences = exigences.sauf(np.flatnonzero(notoires))
    primaires = etat.completer(np.concatenate([cache, np.zeros(len(table), dtype=bool)]))
    cachees = etat.completer(primaires | (gardees & etat.admises))
    return Preparation(
        table, enfouie, systeme, etat, exigences, primaires, cachees, figees, preferees, notoires, reservees
    )


def enfouir(table: pd.DataFrame, declarations: dict[str, Indicateur]) -> pd.DataFrame:
    """Les lignes de cellules enfouies : cachées, comme les « sans objet » qui y diraient un zéro."""
    sans_secret = {code for code, d in declarations.items() if TABLES_SANS_SECRET.issuperset(d.tables)}
    calculable = table["statut"].eq("calcule").groupby([table["annee"], table["indicateur"]]).transform("any")
    secrets = table["statut"].isin(["calcule", "na"]) & calculable & ~table["indicateur"].isin(sans_secret)
    table = table.assign(statut=table["statut"].mask(secrets, "c").replace("calcule", "publie"))
    table.loc[table["statut"].ne("publie"), MESURES] = np.nan
    return table


def parc_par_cellule(lieux: pd.DataFrame) -> pd.DataFrame:
    """Les logements de chaque bailleur (``contributeur``) dans chaque cellule."""
    morceaux = []
    for niveau in set(lieux) - {"annee", "bailleur", "logements"}:
        comptes = lieux.groupby(["annee", niveau, "bailleur"], observed=True)["logements"].sum().reset_index()
        comptes = comptes.rename(columns={niveau: "territoire", "bailleur": "contributeur"}).assign(niveau=niveau)
        morceaux += [comptes.assign(bailleur=TOUS), comptes.assign(bailleur=comptes["contributeur"])]
    return pd.concat(morceaux, ignore_index=True)[[*CELLULE, "contributeur", "logements"]]


def rendre(p: Preparation, cachees: np.ndarray, failles: list[Faille], regles: Regles) -> Protection:
    """Vider ce qui est caché, arrondir les parts."""
    valeurs, reponses = np.split(cachees, 2)
    primaires = np.split(p.primaires, 2)[0]
    table = p.table.copy()
    table["statut"] = table["statut"].where(~valeurs, "c").replace("calcule", "publie")
    table.loc[table["statut"].ne("publie"), MESURES] = np.nan
    retirees = reponses & table["reponse"].notna().to_numpy()
    table["reponse"] = table["reponse"].mask(reponses).round(regles.arrondi.get("reponse", 2))
    table["couverture"] = table["couverture"].round(regles.arrondi.get("couverture", 2))

    toutes = pd.concat(
        [table.assign(primaire=primaires & valeurs), p.enfouie.assign(primaire=p.enfouie["statut"].eq("c"))]
    )
    toutes = toutes.sort_values(CLES, ignore_index=True)

    return Protection(
        table=toutes[COLONNES],
        primaires=toutes["primaire"].to_numpy(dtype=bool),
        retirees=int(retirees.sum()),
        perte=float(p.etat.poids @ (cachees & ~p.primaires & p.etat.admises)),
        failles=tuple(p.systeme.avouer(f) for f in expliquer(p.systeme, p.etat.connues(cachees), failles)),
        structure=Structure(replace(p.systeme, valeurs=np.full(len(p.systeme.valeurs), np.nan)), p.reservees),
    )


def cacher_sans_complement(matiere: Matiere, outils: Outils, regles: Regles) -> pd.DataFrame:
    """Ce qui paraîtrait si seule la suppression primaire était faite : pour mesurer ce que l'autre empêche."""
    p = preparer(matiere, outils, regles)
    return rendre(p, p.primaires, [], regles).table


def _suivre(table: pd.DataFrame, parues: Sequence[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Par parution : cachée par une table parue, publiée par elle à l'identique, cachée à sa dernière année."""
    gardees, figees, preferees = (np.zeros(2 * len(table), dtype=bool) for _ in range(3))
    for parue in parues:
        avant = parue.set_index(CLES).reindex(pd.MultiIndex.from_frame(table[CLES]))
        cachees, publiees = (avant["statut"].eq(statut).to_numpy() for statut in ("c", "publie"))
        memes = [
            np.isclose(avant[c].to_numpy(dtype=float), table[c].to_numpy(dtype=float), equal_nan=True)
            for c in ("numerateur", "denominateur")
        ]
        identiques = publiees & np.logical_and.reduce(memes)
        reponse = avant["reponse"].notna().to_numpy()
        gardees |= np.concatenate([cachees, cachees | (publiees & ~reponse)])
        figees |= np.concatenate([identiques, identiques & reponse & table["reponse"].notna().to_numpy()])
        derniere = parue["annee"].max()
        motif = parue.loc[parue["annee"].eq(derniere) & parue["statut"].eq("c"), CLES[1:]]
        suivie = pd.MultiIndex.from_frame(table[CLES[1:]]).isin(pd.MultiIndex.from_frame(motif))
        preferees |= np.tile(suivie & table["annee"].gt(derniere).to_numpy(), 2)
    return gardees, figees, preferees
