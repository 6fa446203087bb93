"""Le réseau : chaque compte en chaque lieu, ce qui en est publié, et toutes les sommes qui les lient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from observatoire.secret.attaque.definitions import Definitions
from observatoire.secret.attaque.passages import CONSTANT, PASSAGE, relever_les_passages, relier_les_passages
from observatoire.secret.attaque.releve import CUMUL, LIEU, SANS_BORNE, relever
from observatoire.secret.bruit import Bruit
from observatoire.secret.parution import TOUS

PUBLIE, CACHE, DERIVE, RESTE, PAS = "publié", "caché", "différence", "reste", "pas"
#: Écarts types de bruit qu'un total peut avoir avec la somme de ses parties sans qu'on y voie un reste.
_TOMBE_JUSTE = 4.0
#: Ce qui dit quels comptes un lieu montre.
_MONTRE = ["annee", "edition", "niveau", "croise"]


@dataclass
class Reseau:
    """Des comptes entiers (*variables*), leurs bornes, ce qui en est publié, et leurs sommes.

    ``rang`` : (cellule, colonne) -> variable, ou -1. ``observations`` : voir :func:`~.releve.relever`.
    ``genres`` : d'où vient chaque variable ; ``cellule``, ``colonne`` : les siennes ; ``vrai`` : sa valeur, si on la
    connaît pour juger. ``ouvertes`` : les colonnes que chacun peut compter. ``sommes`` : des tableaux (somme, membre),
    le premier membre étant le total des autres. ``pas`` : (variable, échelle, marge) de chaque différence entre deux
    années ou deux éditions ; ``nuls`` : les variables qui sont sans doute nulles (:func:`_confondre`).
    """

    cellules: pd.DataFrame
    definitions: Definitions
    rang: np.ndarray
    observations: pd.DataFrame
    lois: list[Bruit]
    genres: np.ndarray
    cellule: np.ndarray
    colonne: np.ndarray
    bas: np.ndarray
    haut: np.ndarray
    vrai: np.ndarray
    ouvertes: np.ndarray
    sommes: list[np.ndarray] = field(default_factory=list)
    pas: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    nuls: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))

    def nommer(self, variable: int) -> str:
        """« quartier battant 2010, gbh : ménages d'une personne » ; le code d'un immeuble n'est pas redit."""
        lieu = self.cellules.iloc[self.cellule[variable]]
        ou = "un immeuble" if lieu["niveau"] == "immeuble" else f"{lieu['niveau']} {lieu['territoire']}"
        qui = "" if lieu["bailleur"] == TOUS else f", {lieu['bailleur']}"
        reste = "reste hors de ses parties, " if self.genres[variable] == RESTE else ""
        return f"{ou} {lieu['annee']}{qui} : {reste}{self.definitions.noms[self.colonne[variable]]}"

    def vus(self) -> np.ndarray:
        """Le compte bruité de chaque variable ; manquant s'il n'est pas publié tel quel."""
        vu = np.full(len(self.bas), np.nan)
        tels_quels = self.observations[self.observations["vu_bas"].eq(self.observations["vu_haut"])]
        vu[tels_quels["variable"]] = tels_quels["vu_bas"]
        return vu

    def ajouter(
        self, genre: str, cellules: np.ndarray, colonnes: np.ndarray, bornes: tuple[float, float]
    ) -> np.ndarray:
        """Des variables de plus ; rend leurs rangs."""
        nombre = len(cellules)
        ajouts = (np.full(nombre, genre, object), cellules, colonnes, *(np.full(nombre, b) for b in (*bornes, np.nan)))
        for nom, ajout in zip(("genres", "cellule", "colonne", "bas", "haut", "vrai"), ajouts, strict=True):
            setattr(self, nom, np.concatenate([getattr(self, nom), ajout]))
        return np.arange(len(self.bas) - nombre, len(self.bas))


def assembler(
    parues: Sequence[tuple], territoires: pd.DataFrame, definitions: Definitions, passages: Sequence[tuple] = ()
) -> Reseau:
    """Le réseau de tables publiées, avec les règles de chacune ; voir :func:`~.releve.relever` pour ``parues``,
    :func:`~.passages.relever_les_passages` pour ``passages``.

    ``territoires`` : ``niveau, code, parent``.
    """
    releve, lois = relever(parues, definitions)
    numeros = {loi: rang for rang, loi in enumerate(lois)}
    releve = pd.concat([releve, *relever_les_passages(passages, definitions, numeros)], ignore_index=True)
    lois = list(numeros)
    cellules = releve[LIEU].drop_duplicates(ignore_index=True)
    places = pd.MultiIndex.from_frame(cellules).get_indexer(pd.MultiIndex.from_frame(releve[LIEU]))
    rang = np.full((len(cellules), len(definitions.noms)), -1)
    rang[places, releve["colonne"]] = 0
    for colonne, tout, partie in definitions.derivees:
        rang[:, colonne] = np.where((rang[:, [tout, partie]] >= 0).all(axis=1), 0, rang[:, colonne])
    lignes, colonnes = np.nonzero(rang >= 0)
    rang[lignes, colonnes] = np.arange(len(lignes))
    releve["variable"] = rang[places, releve["colonne"]]
    sues = releve.groupby("variable").agg({"plancher": "max", "plafond": "min", "vrai": "max", "cache": "all"})
    genres, bas, haut = np.full(len(lignes), DERIVE, object), np.zeros(len(lignes)), np.full(len(lignes), SANS_BORNE)
    vrai = np.full(len(lignes), np.nan)
    genres[sues.index], vrai[sues.index] = np.where(sues["cache"], CACHE, PUBLIE), sues["vrai"]
    bas[sues.index], haut[sues.index] = sues["plancher"], np.maximum(sues["plafond"], sues["plancher"])
    ouvertes = np.isin(np.arange(len(definitions.noms)), list(definitions.ouvertes))
    vues = _dedoubler(releve)
    reseau = Reseau(cellules, definitions, rang, vues, lois, genres, lignes, colonnes, bas, haut, vrai, ouvertes)
    _sommer_dans_les_cellules(reseau)
    familles = (*_parentes(cellules, territoires), *_cumuls(cellules), *_perimetres(cellules))
    avec_reste = [somme for famille in familles for somme in _sommer_entre_cellules(reseau, *famille)]
    ou = np.array([(total, colonne) for total, colonne, _ in avec_reste], dtype=int).reshape(-1, 2)
    restes = reseau.ajouter(RESTE, *ou.T, (0.0, SANS_BORNE))
    reseau.sommes += [np.array([[*lues, r]]) for (_, _, lues), r in zip(avec_reste, restes, strict=True)]
    relier_les_passages(reseau, releve, RESTE)
    _lier(reseau)
    tailles: dict[int, list] = {}
    for somme in reseau.sommes:
        tailles.setdefault(somme.shape[1], []).append(somme)
    reseau.sommes = [np.unique(np.concatenate(memes), axis=0) for memes in tailles.values()]
    _confondre(reseau)
    _juger(reseau)
    return reseau


def _dedoubler(releve: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes unités ont le même bruit : elles n'apprennent qu'une fois, le plus précis d'abord."""
    vues = releve[releve["vu_bas"].notna()]
    vues = vues.assign(marge=(vues["vu_haut"] - vues["vu_bas"]).clip(upper=SANS_BORNE))
    vues = vues.sort_values(["marge", "code"], kind="stable").drop_duplicates(["variable", "unites_de", "loi"])
    return vues[["variable", "vu_bas", "vu_haut", "loi", "code", "role", "unites"]].reset_index(drop=True)


def _sommer_dans_les_cellules(reseau: Reseau) -> None:
    cellules = reseau.cellules
    zone_de = np.where(cellules["niveau"].eq("qpv"), cellules["territoire"], "")
    for zone, sommes in reseau.definitions.sommes.items():
        for somme in sommes:
            membres = reseau.rang[:, list(somme)][(zone_de == zone) | (zone == "")]
            membres = membres[(membres >= 0).all(axis=1)]
            if len(somme) == 1:
                reseau.haut[membres] = reseau.bas[membres] = 0
            else:
                reseau.sommes.append(membres)


def _parentes(cellules: pd.DataFrame, territoires: pd.DataFrame) -> Iterator[tuple[int, np.ndarray, bool]]:
    """(cellule, celles dont elle est la somme, s'il peut n'y avoir rien d'autre) : lieux emboîtés, zones, bailleurs.

    Une partie qui couvre tout vaut pour celle qui couvre ce que couvre son total, là où d'autres parties n'en couvrent
    pas plus. Un cumul n'a de ligne que là où ses trois années en ont une : une partie qui n'est là que certaines années
    y compte dans le total, et manque."""
    uniques = territoires.drop_duplicates("code").set_index("code")
    lieu = cellules.assign(rang=range(len(cellules)), parent=cellules["territoire"].map(uniques["parent"]))
    lieu["niveau_du_parent"], lieu["tous"] = lieu["parent"].map(uniques["niveau"]), TOUS
    lieu["croise"] = lieu["bailleur"].ne(TOUS)
    montres = lieu[[*_MONTRE, "lot"]].drop_duplicates().to_numpy().tolist()
    totaux = dict(iter(lieu.groupby([c for c in LIEU if c != "lot"], sort=False)))
    for enfants, cles in (
        (lieu, ["annee", "niveau_du_parent", "parent", "bailleur", "edition", "niveau"]),
        (lieu[lieu["bailleur"].ne(TOUS)], ["annee", "niveau", "territoire", "tous", "edition"]),
    ):
        ici = {cle: set(zip(g["territoire"], g["bailleur"], strict=True)) for cle, g in enfants.groupby(cles)}
        for cle, groupe in enfants.groupby(cles, sort=False):
            annees = range(int(cle[4].removeprefix(CUMUL)), cle[0] + 1) if cle[4].startswith(CUMUL) else ()
            plein = all(ici.get((a, *cle[1:4], "", *cle[5:]), set()) <= ici[cle] for a in annees)
            plein &= not cle[4].startswith(PASSAGE)  # un passage trop petit n'a pas de ligne
            for total in totaux[cle[:5]].itertuples() if cle[:5] in totaux else ():
                # Un lot qui ne se montre pas chez les parties ne dit pas ce qu'elles couvrent.
                admis = ["", total.lot] if [*groupe[_MONTRE].iloc[0], total.lot] in montres else [total.lot]
                siens = groupe[groupe["lot"].isin(admis)].sort_values("lot")
                if len(siens):
                    yield total.rang, siens.groupby(["territoire", "bailleur"])["rang"].last().to_numpy(), plein


def _cumuls(cellules: pd.DataFrame) -> Iterator[tuple[int, np.ndarray, bool]]:
    """(cellule cumulée, celles de ses années, vrai)."""
    annuelles = cellules[~cellules["edition"].str.startswith(CUMUL)]
    places = pd.Series(annuelles.index, index=pd.MultiIndex.from_frame(annuelles[LIEU]))
    for rang, c in cellules[cellules["edition"].str.startswith(CUMUL)].iterrows():
        depuis = int(c["edition"].removeprefix(CUMUL))
        cles = [(a, c["niveau"], c["territoire"], c["bailleur"], "", c["lot"]) for a in range(depuis, c["annee"] + 1)]
        if all(cle in places.index for cle in cles):
            yield rang, places[cles].to_numpy(), True


def _perimetres(cellules: pd.DataFrame) -> Iterator[tuple[int, np.ndarray, bool]]:
    """(cellule, la même à périmètre constant, faux) : les bailleurs laissés de côté font le reste."""
    cles = [c for c in LIEU if c not in ("edition", "lot")]
    courantes, constantes = (cellules[masque] for masque in (
        cellules["edition"].eq(""), cellules["edition"].str.startswith(CONSTANT)
    ))  # fmt: skip
    rangs = courantes.rename_axis("rang").reset_index()[[*cles, "lot", "rang"]]
    siennes = constantes.rename_axis("partie").reset_index()[[*cles, "lot", "partie"]]
    paires = rangs.merge(siennes, on=cles, suffixes=("", "_constant"))
    paires = paires[paires["lot"].ne(paires["lot_constant"])]
    yield from (
        (rang, np.array([partie]), False) for rang, partie in paires[["rang", "partie"]].itertuples(index=False)
    )


def _sommer_entre_cellules(
    reseau: Reseau, total: int, parties: np.ndarray, plein: bool
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Chaque compte d'une cellule est la somme de ceux de ses parties, et d'un reste si rien ne dit qu'il est nul.

    Pose les sommes sans reste ; des autres, rend la cellule, la colonne et les membres.
    """
    d, lues = reseau.definitions, reseau.rang[np.array([total, *parties])]
    la = np.flatnonzero((lues[0] >= 0) & (lues[1:] >= 0).any(axis=0))
    entieres = (lues[:, la] >= 0).all(axis=0)
    univers = np.array(d.univers, dtype=object)[la]
    pleins = [u for u in set(univers) if _tombe_juste(reseau, lues[:, la[(univers == u) & entieres]])]
    justes = plein & entieres & np.isin(univers, pleins)
    reseau.sommes.append(lues[:, la[justes]].T)
    yield from ((total, colonne, lues[lues[:, colonne] >= 0, colonne]) for colonne in la[~justes])
    if reseau.cellules["niveau"].iloc[total] == "qpv":
        return
    for partie in parties[reseau.cellules["niveau"].iloc[parties].eq("qpv").to_numpy()]:
        zone = reseau.cellules["territoire"].iloc[partie]
        egales = [(lues[0, c], reseau.rang[partie, a]) for z, a, c in d.zones if z == zone]
        reseau.sommes += [np.array([e]) for e in egales if min(e) >= 0]


def _tombe_juste(reseau: Reseau, membres: np.ndarray) -> bool:
    """Les totaux (première ligne) tombent-ils sur la somme de leurs parties, au bruit près ? Il n'y a alors pas de
    reste."""
    milieux, largeurs = (reseau.bas + reseau.haut)[membres] / 2, (reseau.haut - reseau.bas)[membres]
    lisibles = (largeurs < 30).all(axis=0)
    ecarts = np.abs(milieux[0] - milieux[1:].sum(axis=0))[lisibles]
    types = np.sqrt(((largeurs / 5) ** 2).sum(axis=0))[lisibles]
    return bool(lisibles.any() and (ecarts <= _TOMBE_JUSTE * types + 1e-9).all())


def _lier(reseau: Reseau) -> None:
    """Un compte change peu d'une année à l'autre, et presque pas d'une édition à l'autre de la même année.

    Deux comptes publiés égaux ont sans doute les mêmes unités, donc le même bruit : ils ne s'apprennent rien.
    """
    c, vu = reseau.cellules, reseau.vus()
    cles = pd.MultiIndex.from_frame(c[LIEU])
    for suivantes, marge in ((c.assign(annee=c["annee"] + 1), 0), (c[c["edition"].ne("")].assign(edition=""), 1)):
        la = cles.get_indexer(pd.MultiIndex.from_frame(suivantes[LIEU]))
        ici = suivantes.index.to_numpy()[(la >= 0) & ~suivantes["edition"].str.startswith(CUMUL)]
        la = la[(la >= 0) & ~suivantes["edition"].str.startswith(CUMUL)]
        avant, apres = reseau.rang[ici].ravel(), reseau.rang[la].ravel()
        ou = (avant >= 0) & (apres >= 0)
        avant, apres = avant[ou], apres[ou]
        ou = np.isfinite(vu[avant]) & np.isfinite(vu[apres]) & (vu[avant] != vu[apres])
        avant, apres = avant[ou], apres[ou]
        colonnes = reseau.colonne[avant]
        carres = pd.Series((vu[apres] - vu[avant]) ** 2).groupby(colonnes).transform("mean").to_numpy()
        echelle = np.full(len(avant), 1 / 3) if marge else np.sqrt(np.maximum(carres - 4, 0.5) / 2)
        pas = reseau.ajouter(PAS, reseau.cellule[apres], colonnes, (0.0, 0.0))
        reseau.bas[pas] = reseau.bas[apres] - reseau.haut[avant]
        reseau.haut[pas] = reseau.haut[apres] - reseau.bas[avant]
        reseau.sommes.append(np.column_stack([apres, avant, pas]))
        reseau.pas = np.vstack([reseau.pas, np.column_stack([pas, echelle, np.full(len(pas), marge)])])


def _confondre(reseau: Reseau) -> None:
    """Une partie publiée égale à son total a sans doute les mêmes unités, donc le même bruit : elle n'apprend rien de
    plus que lui, sinon que le reste est sans doute nul."""
    vu = reseau.vus()
    doubles, nuls = [], []
    for somme in reseau.sommes:
        vus = vu[somme]
        autres = np.nansum(vus[:, 1:], axis=1)[:, None] - np.nan_to_num(vus[:, 1:])
        lignes, places = np.nonzero((vus[:, :1] == vus[:, 1:]) & (vus[:, :1] > 0) & (autres == 0))
        doubles.append(somme[lignes, places + 1])
        if somme.shape[1] == 3:
            nuls.append(somme[lignes, 2 - places])
    reseau.nuls = np.unique(np.concatenate([np.zeros(0, dtype=int), *nuls]))
    gardees = ~reseau.observations["variable"].isin(np.concatenate([np.zeros(0, dtype=int), *doubles]))
    reseau.observations = reseau.observations[gardees].reset_index(drop=True)


def _juger(reseau: Reseau) -> None:
    """La vérité des différences et des restes, par les sommes qui les définissent."""
    for _ in range(3):
        for somme in reseau.sommes:
            signes = np.array([1.0] + [-1.0] * (somme.shape[1] - 1))
            manques = np.isnan(reseau.vrai[somme])
            seule = manques.sum(axis=1) == 1
            lignes, places = somme[seule], manques[seule].argmax(axis=1)
            totaux = np.nansum(reseau.vrai[lignes] * signes, axis=1)
            reseau.vrai[lignes[np.arange(len(lignes)), places]] = np.where(places == 0, -totaux, totaux)
