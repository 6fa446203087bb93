"""Le réseau : chaque compte en chaque lieu, ce qui en est publié, et toutes les sommes qui les lient.

Toute relation est la même : un total est la somme de ses parties, et d'un reste quand rien ne dit qu'il est nul. Ce qui
change est ce qui lie une cellule à d'autres : des lieux emboîtés, les bailleurs d'un lieu, les années d'un cumul, les
bailleurs laissés de côté, ceux qui sont là à deux dates. Le reste de deux années est leur *pas*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from observatoire.secret.attaque.definitions import Definitions
from observatoire.secret.attaque.releve import CONSTANT, CUMUL, LIEU, PASSAGE, SANS_BORNE, nommer_constant, relever
from observatoire.secret.bruit import Bruit
from observatoire.secret.cumuls import ANNEES
from observatoire.secret.parution import TOUS

PUBLIE, CACHE, DERIVE, RESTE, PAS = "publié", "caché", "différence", "reste", "pas"
#: Écarts types de bruit qu'un total peut avoir avec la somme de ses parties sans qu'on y voie un reste.
_TOMBE_JUSTE = 4.0
#: Les comptes d'une date et, parmi eux, ceux qui sont là à l'autre : (date, rôle, passage). Partis, arrivés et, à la
#: seconde date, ceux qui ne répondent plus font le reste.
_DE_PASSAGE = (
    ("annee", "denominateur", "restes"), ("annee", "numerateur", "gardes"), ("annee", "numerateur", "gagnes"),
    ("depart", "denominateur", "restes"), ("depart", "numerateur", "gardes"), ("depart", "numerateur", "perdus"),
    ("depart", "denominateur", "muets"), ("depart", "numerateur", "muets_avec"),
)  # fmt: skip


@dataclass
class Reseau:
    """Des comptes entiers (*variables*), leurs bornes, ce qui en est publié, et leurs sommes.

    ``rang`` : (cellule, colonne) -> variable, ou -1. ``observations`` : voir :func:`~.releve.relever`.
    ``genres`` : d'où vient chaque variable ; ``cellule``, ``colonne`` : les siennes ; ``vrai`` : sa valeur, si on la
    connaît pour juger. ``sommes`` : une ligne par somme, 1 au total et -1 à chaque partie, ce qui fait zéro ; elle naît
    de ce qui est posé (``posees``). ``pas`` : (variable, échelle, marge) de chaque différence entre deux années ou deux
    éditions ; ``bruitees`` : les variables qui se lisent sous le bruit ; ``nuls`` : celles qui sont sans doute nulles
    (:func:`_confondre`).
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
    sommes: sparse.csr_array | None = None
    posees: list[np.ndarray] = field(default_factory=list)
    pas: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    bruitees: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
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

    def ajouter(self, genre: str, totaux: np.ndarray, bas: object = 0.0, haut: object = SANS_BORNE) -> np.ndarray:
        """Une variable de plus par total, dans sa cellule et sa colonne ; rend leurs rangs."""
        ajouts = {"genres": genre, "bas": bas, "haut": haut, "vrai": np.nan}
        ajouts |= {"cellule": self.cellule[totaux], "colonne": self.colonne[totaux]}
        for nom, valeurs in ajouts.items():
            avant = getattr(self, nom)
            suite = np.broadcast_to(np.array(valeurs, dtype=avant.dtype), len(totaux))
            setattr(self, nom, np.concatenate([avant, suite]))
        return np.arange(len(self.bas) - len(totaux), len(self.bas))

    def sommer(self, totaux: np.ndarray, ou: np.ndarray, parties: np.ndarray, restes: np.ndarray | bool) -> None:
        """Poser que chaque total est la somme de ses parties (``parties[k]`` en est une de ``totaux[ou[k]]``), et d'un
        reste là où ``restes`` est vrai."""
        rangs = np.flatnonzero(np.broadcast_to(restes, len(totaux)))
        lignes = np.concatenate([np.arange(len(totaux)), ou, rangs])
        variables = np.concatenate([totaux, parties, self.ajouter(RESTE, totaux[rangs])])
        self.posees.append(np.stack([lignes, variables, np.where(np.arange(len(lignes)) < len(totaux), 1, -1)]))

    def reunir(self) -> None:
        """Toutes les sommes posées, sans celles qui se répètent."""
        avant = np.cumsum([0, *((p[2] > 0).sum() for p in self.posees)])
        lignes = np.concatenate([p[0] + rang for p, rang in zip(self.posees, avant[:-1], strict=True)])
        _, variables, signes = np.concatenate(self.posees, axis=1)
        matrice = sparse.csr_array((signes, (lignes, variables)), shape=(avant[-1], len(self.bas)))
        marques = matrice @ np.random.default_rng(1951).integers(1, 2**62, matrice.shape[1])
        self.sommes = matrice[np.unique(marques, return_index=True)[1]]


def assembler(
    parues: Sequence[tuple], territoires: pd.DataFrame, definitions: Definitions, passages: Sequence[tuple] = ()
) -> Reseau:
    """Le réseau de tables publiées, avec les règles de chacune ; voir :func:`~.releve.relever`.

    ``territoires`` : ``niveau, code, parent``.
    """
    releve, lois = relever(parues, passages, definitions)
    cellules = releve[LIEU].drop_duplicates(ignore_index=True)
    places = pd.MultiIndex.from_frame(cellules).get_indexer(pd.MultiIndex.from_frame(releve[LIEU]))
    rang = np.full((len(cellules), len(definitions.noms)), -1)
    rang[places, releve["colonne"]] = 0
    for colonne, tout, partie in definitions.derivees:
        rang[(rang[:, [tout, partie]] >= 0).all(axis=1), colonne] = 0
    cellule, colonne = np.nonzero(rang >= 0)
    rang[cellule, colonne] = np.arange(len(cellule))
    releve["variable"] = rang[places, releve["colonne"]]
    sues = releve.groupby("variable").agg({"plancher": "max", "plafond": "min", "vrai": "max", "cache": "all"})
    sues = sues.reindex(range(len(cellule)))
    genres = sues["cache"].map({True: CACHE, False: PUBLIE}).fillna(DERIVE).to_numpy(object)
    bas, haut = sues["plancher"].fillna(0).to_numpy(), sues["plafond"].fillna(SANS_BORNE).to_numpy()
    reseau = Reseau(
        cellules, definitions, rang, _dedoubler(releve), lois, genres, cellule, colonne, bas.copy(),
        np.maximum(haut, bas), sues["vrai"].to_numpy().copy(),
    )  # fmt: skip
    _sommer_dans_les_cellules(reseau)
    for liens in (lier_les_parties(cellules, territoires), _lier_les_cumuls(cellules), _lier_les_perimetres(cellules)):
        _sommer_entre_cellules(reseau, liens)
    _sommer_les_passages(reseau, releve)
    _lier_les_dates(reseau)
    reseau.reunir()
    _confondre(reseau)
    _juger(reseau)
    return reseau


def _dedoubler(releve: pd.DataFrame) -> pd.DataFrame:
    """Les mêmes unités ont le même bruit : elles n'apprennent qu'une fois, le plus précis d'abord."""
    vues = releve[releve["vu_bas"].notna()]
    vues = vues.assign(marge=(vues["vu_haut"] - vues["vu_bas"]).clip(upper=SANS_BORNE))
    vues = vues.sort_values(["marge", "indicateur"], kind="stable").drop_duplicates(["variable", "unites_de", "loi"])
    return vues[["variable", "vu_bas", "vu_haut", "loi", "indicateur", "role", "unites"]].reset_index(drop=True)


def _sommer_dans_les_cellules(reseau: Reseau) -> None:
    zone_de = reseau.cellules["territoire"].where(reseau.cellules["niveau"].eq("qpv"), "").to_numpy()
    for zone, siennes in reseau.definitions.sommes.items():
        rang = reseau.rang[(zone_de == zone) | (zone == "")]
        for somme in siennes:
            membres = rang[:, list(somme)]
            membres = membres[(membres >= 0).all(axis=1)]
            if len(somme) == 1:
                reseau.haut[membres] = reseau.bas[membres] = 0
            else:
                ou = np.repeat(np.arange(len(membres)), len(somme) - 1)
                reseau.sommer(membres[:, 0], ou, membres[:, 1:].ravel(), False)


def lier_les_parties(cellules: pd.DataFrame, territoires: pd.DataFrame) -> pd.DataFrame:
    """Les cellules dont une autre est la somme (``somme``, ``total``, ``partie``), et s'il peut n'y avoir rien d'autre
    (``plein``) : lieux emboîtés, zones, bailleurs.

    Une partie qui couvre tout vaut pour celle qui couvre ce que couvre son total, là où d'autres parties n'en couvrent
    pas plus. Un cumul n'a de ligne que là où ses trois années en ont une, un passage que s'il n'est pas trop petit :
    une partie qui est là une des années lues, et n'a pas de ligne, compte dans le total, et manque."""
    uniques = territoires.drop_duplicates("code").set_index("code")
    lieux = cellules.rename_axis("total").reset_index()
    parties = cellules.rename_axis("partie").reset_index().rename(columns={"niveau": "de", "territoire": "ici"})
    parties["croise"] = parties["bailleur"].ne(TOUS)
    parents = parties["ici"].map(uniques["parent"])
    parties = pd.concat([
        parties.assign(territoire=parents, niveau=parents.map(uniques["niveau"]), qui=parties["bailleur"]),
        parties.assign(territoire=parties["ici"], niveau=parties["de"], qui=TOUS),
    ])  # fmt: skip
    parties = parties[parties["croise"] | parties["ici"].ne(parties["territoire"])]
    cle, partie = ["annee", "niveau", "territoire", "qui", "edition", "de"], ["ici", "bailleur"]
    liens = parties.merge(lieux.rename(columns={"bailleur": "qui"}), on=cle[:5], suffixes=("", "_du_total"))
    # Un lot qui ne se montre pas chez les parties ne dit pas ce qu'elles couvrent.
    montre = ["annee", "edition", "de", "croise", "lot"]
    montres = pd.MultiIndex.from_frame(parties[montre].drop_duplicates())
    vise = pd.MultiIndex.from_frame(liens[montre[:-1]].assign(lot=liens["lot_du_total"]))
    liens = liens[liens["lot"].isin([""]) & vise.isin(montres) | liens["lot"].eq(liens["lot_du_total"])]
    liens = liens.sort_values("lot", kind="stable").drop_duplicates(["total", "de", *partie], keep="last")
    annuelles = parties.loc[parties["edition"].eq(""), cle + partie].rename(columns={"annee": "alors"})
    voulues = annuelles.drop(columns="edition").merge(_dater(cellules), on="alors")
    la = pd.MultiIndex.from_frame(voulues[cle + partie]).isin(pd.MultiIndex.from_frame(parties[cle + partie]))
    liens["plein"] = ~pd.MultiIndex.from_frame(liens[cle]).isin(pd.MultiIndex.from_frame(voulues.loc[~la, cle]))
    return liens.assign(somme=liens.groupby(["total", "de", "croise", "qui"]).ngroup())


def _dater(cellules: pd.DataFrame) -> pd.DataFrame:
    """Les années (``alors``) que lit chaque cumul, et chaque passage."""
    dites = cellules[["annee", "edition"]].drop_duplicates()
    cumuls, passages = (dites[dites["edition"].str.startswith(genre)] for genre in (CUMUL, PASSAGE))
    departs = passages["edition"].str.removeprefix(PASSAGE).astype(int)
    alors = [cumuls.assign(alors=cumuls["annee"] - ans) for ans in range(ANNEES)]
    return pd.concat([*alors, passages.assign(alors=passages["annee"]), passages.assign(alors=departs)])


def _lier_les_cumuls(cellules: pd.DataFrame) -> pd.DataFrame:
    """Un cumul et ses années, si toutes sont là."""
    cumulees = cellules[cellules["edition"].str.startswith(CUMUL)].rename_axis("total").reset_index()
    liens = cumulees.merge(_dater(cellules), on=["annee", "edition"])
    liens = liens.assign(annee=liens["alors"], edition="")
    liens["partie"] = pd.MultiIndex.from_frame(cellules[LIEU]).get_indexer(pd.MultiIndex.from_frame(liens[LIEU]))
    liens = liens[liens.groupby("total")["partie"].transform("min") >= 0]
    return liens.assign(somme=liens["total"], plein=True)


def _lier_les_perimetres(cellules: pd.DataFrame) -> pd.DataFrame:
    """Une cellule et la même à périmètre constant : les bailleurs laissés de côté font le reste."""
    rangs = cellules.rename_axis("rang").reset_index()
    courantes, constantes = rangs[rangs["edition"].eq("")], rangs[rangs["edition"].str.startswith(CONSTANT)]
    liens = courantes.merge(constantes, on=LIEU[:4]).query("lot_x != lot_y")
    liens = liens.rename(columns={"rang_x": "total", "rang_y": "partie"})
    return liens.assign(somme=np.arange(len(liens)), plein=False)


def _sommer_entre_cellules(reseau: Reseau, liens: pd.DataFrame) -> None:
    """Chaque compte d'une cellule est la somme de ceux de ses parties, et d'un reste si rien ne dit qu'il est nul."""
    somme, total, partie = (liens[c].to_numpy() for c in ("somme", "total", "partie"))
    lien, colonne = np.nonzero((reseau.rang[partie] >= 0) & (reseau.rang[total] >= 0))
    largeur = reseau.rang.shape[1]
    cles, premier, ou, nombre = np.unique(
        somme[lien] * largeur + colonne, return_index=True, return_inverse=True, return_counts=True
    )
    totaux, parties = reseau.rang[total, :][lien[premier], colonne[premier]], reseau.rang[partie[lien], colonne]
    entiere = nombre == np.bincount(somme)[cles // largeur]
    groupe = [cles // largeur, pd.factorize(np.array(reseau.definitions.univers, dtype=object))[0][colonne[premier]]]
    juste = entiere & liens["plein"].to_numpy(bool)[lien[premier]]
    juste &= _tombent_juste(reseau, totaux, ou, parties, entiere, groupe)
    reseau.sommer(totaux, ou, parties, ~juste)
    niveaux, territoires = (reseau.cellules[c].to_numpy(object) for c in ("niveau", "territoire"))
    for zone, dedans, partout in reseau.definitions.zones:
        ici = (niveaux[partie] == "qpv") & (territoires[partie] == zone) & (niveaux[total] != "qpv")
        egales = np.stack([reseau.rang[total[ici], partout], reseau.rang[partie[ici], dedans]])
        totaux, parties = egales[:, (egales >= 0).all(axis=0)]
        reseau.sommer(totaux, np.arange(len(totaux)), parties, False)


def _tombent_juste(reseau: Reseau, totaux, ou, parties, entiere: np.ndarray, groupe: list[np.ndarray]) -> np.ndarray:
    """Les totaux d'un groupe tombent-ils tous sur la somme de leurs parties, au bruit près ? Il n'y a alors pas de
    reste."""
    milieux, largeurs = (reseau.bas + reseau.haut) / 2, reseau.haut - reseau.bas

    def ajouter(mesure: np.ndarray) -> np.ndarray:
        return np.bincount(ou, mesure[parties], len(totaux))

    lisible = entiere & (largeurs[totaux] < 30) & (ajouter(largeurs >= 30) == 0)
    types = np.sqrt(((largeurs / 5) ** 2)[totaux] + ajouter((largeurs / 5) ** 2))
    loin = lisible & (np.abs(milieux[totaux] - ajouter(milieux)) > _TOMBE_JUSTE * types + 1e-9)
    par_groupe = pd.DataFrame({"lisible": lisible, "loin": loin}).groupby(groupe).transform("any")
    return (par_groupe["lisible"] & ~par_groupe["loin"]).to_numpy()


def _sommer_les_passages(reseau: Reseau, releve: pd.DataFrame) -> None:
    """Chaque passage est une part des comptes des deux dates, à périmètre constant s'il a changé."""
    lieu = ["niveau", "territoire", "bailleur", "indicateur", "annee", "edition", "role"]
    places = releve.drop_duplicates(lieu).set_index(lieu)["variable"]
    suivis = releve[releve["edition"].str.startswith(PASSAGE)].rename(columns={"role": "passage", "variable": "partie"})
    suivis = suivis.assign(depart=suivis["edition"].str.removeprefix(PASSAGE).astype(int))
    suivis["edition"] = nommer_constant(suivis["depart"], suivis["annee"]).where(suivis["lot"].ne(""), "")
    liens = suivis.merge(pd.DataFrame(_DE_PASSAGE, columns=["date", "role", "passage"]), on="passage")
    liens["suite"] = liens.groupby([*lieu, "depart", "lot", "date"]).ngroup()
    liens["annee"] = liens["annee"].where(liens["date"].eq("annee"), liens["depart"])
    liens["total"] = places.reindex(pd.MultiIndex.from_frame(liens[lieu])).fillna(-1).to_numpy(int)
    liens = liens[liens["total"] >= 0]
    _, premier, ou = np.unique(liens["suite"], return_index=True, return_inverse=True)
    reseau.sommer(liens["total"].to_numpy()[premier], ou, liens["partie"].to_numpy(), True)


def _lier_les_dates(reseau: Reseau) -> None:
    """Un compte change peu d'une année à l'autre, et presque pas d'une édition à l'autre de la même année.

    Deux comptes publiés égaux ont sans doute les mêmes unités, donc le même bruit : ils ne s'apprennent rien.
    """
    c, vu = reseau.cellules[~reseau.cellules["edition"].str.startswith(CUMUL)], reseau.vus()
    cles = pd.MultiIndex.from_frame(reseau.cellules[LIEU])
    for suivantes, marge in ((c.assign(annee=c["annee"] + 1), 0), (c[c["edition"].ne("")].assign(edition=""), 1)):
        la = cles.get_indexer(pd.MultiIndex.from_frame(suivantes[LIEU]))
        avant, apres = (reseau.rang[r].ravel() for r in (suivantes.index.to_numpy()[la >= 0], la[la >= 0]))
        ici = (avant >= 0) & (apres >= 0) & np.isfinite(vu[avant] - vu[apres]) & (vu[avant] != vu[apres])
        avant, apres = avant[ici], apres[ici]
        carres = pd.Series((vu[apres] - vu[avant]) ** 2).groupby(reseau.colonne[avant]).transform("mean").to_numpy()
        echelle = np.full(len(avant), 1 / 3) if marge else np.sqrt(np.maximum(carres - 4, 0.5) / 2)
        bas, haut = reseau.bas[apres] - reseau.haut[avant], reseau.haut[apres] - reseau.bas[avant]
        pas, rangs = reseau.ajouter(PAS, apres, bas, haut), np.arange(len(apres))
        reseau.sommer(apres, np.concatenate([rangs, rangs]), np.concatenate([avant, pas]), False)
        reseau.pas = np.vstack([reseau.pas, np.column_stack([pas, echelle, np.full(len(pas), marge)])])


def _confondre(reseau: Reseau) -> None:
    """Une partie publiée égale à son total a sans doute les mêmes unités, donc le même bruit : elle n'apprend rien de
    plus que lui, sinon que le reste est sans doute nul."""
    vu = reseau.vus()
    membres = reseau.sommes.tocoo()
    somme, variable, partie = membres.row, membres.col, membres.data < 0
    totaux, autres = np.empty(membres.shape[0]), np.bincount(somme[partie], np.nan_to_num(vu[variable[partie]]))
    totaux[somme[~partie]] = vu[variable[~partie]]
    double = partie & (vu[variable] == totaux[somme]) & (totaux[somme] > 0) & (autres[somme] == totaux[somme])
    seuls = (np.diff(reseau.sommes.indptr) == 3) & np.isin(np.arange(membres.shape[0]), somme[double])
    reseau.nuls = np.unique(variable[partie & ~double & seuls[somme]])
    reseau.bruitees = reseau.observations["variable"].unique()
    gardees = ~reseau.observations["variable"].isin(variable[double])
    reseau.observations = reseau.observations[gardees].reset_index(drop=True)


def _juger(reseau: Reseau) -> None:
    """La vérité des différences et des restes, par les sommes qui les définissent."""
    membres = reseau.sommes.tocoo()
    for _ in range(3):
        inconnu = np.isnan(reseau.vrai)
        ecarts, manques = reseau.sommes @ np.nan_to_num(reseau.vrai), abs(reseau.sommes) @ inconnu.astype(int)
        seul = inconnu[membres.col] & (manques[membres.row] == 1)
        reseau.vrai[membres.col[seul]] = -membres.data[seul] * ecarts[membres.row[seul]]
