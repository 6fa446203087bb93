"""Le système : toutes les variables (une colonne en une cellule) et toutes les relations entre elles.

Une variable est un compte élémentaire : un nombre de ménages ou de logements, en un lieu, une année, chez un bailleur.
Une relation est une somme nulle : entre colonnes d'une même cellule, ou d'une colonne entre cellules (les secteurs
d'un quartier, les quartiers de la ville, les communes de l'agglomération, les bailleurs d'un quartier, les QPV et le
reste). Ce qu'un total a de plus que ses parties est une variable de plus, jamais publiée : le *reste*.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from observatoire.catalogue import Indicateur
from observatoire.confidentialite.colonnes import Colonnes
from observatoire.confidentialite.temoins import TABLES_SANS_SECRET
from observatoire.indicateurs.evaluation import SANS_DIMENSION

CELLULE = ["annee", "niveau", "territoire", "bailleur"]
TOUS = "tous"
TOLERANCE = 1e-6
#: Les rôles dont plusieurs indicateurs partagent le compte.
PARTAGES = ("denominateur", "concernes", "effectif")
#: Du plus fin au plus large.
NIVEAUX = ("immeuble", "secteur", "quartier", "qpv", "ville", "agglomeration")


@dataclass(frozen=True)
class Relations:
    """``matrice`` (relation, variable), de produit nul par les valeurs ; ``cellule`` : celle du total, ou la seule ;
    ``genre`` : rang dans ``genres`` ; ``colonne`` : celle dont c'est la somme, -1 entre colonnes d'une cellule."""

    matrice: sparse.csr_array
    cellule: np.ndarray
    genre: np.ndarray
    colonne: np.ndarray
    genres: list[str]


@dataclass(frozen=True)
class Systeme:
    """``cellules`` : une ligne par cellule (:data:`CELLULE`). La variable (cellule, colonne) a le rang
    ``cellule * len(colonnes.noms) + colonne`` ; les restes suivent. ``valeurs`` : la vérité, par variable.
    ``presentes`` : la variable existe-t-elle ? ``restes`` : (cellule, colonne) de chaque reste.
    """

    colonnes: Colonnes
    cellules: pd.DataFrame
    valeurs: np.ndarray
    presentes: np.ndarray
    restes: np.ndarray
    relations: Relations

    @property
    def largeur(self) -> int:
        """Nombre de colonnes."""
        return len(self.colonnes.noms)

    def entiere(self) -> np.ndarray:
        """Vrai pour chaque variable qui est un dénombrement."""
        comptes = np.array(self.colonnes.comptes, dtype=bool)
        return np.concatenate([np.tile(comptes, len(self.cellules)), comptes[self.restes[:, 1]]])

    def etages(self) -> list[np.ndarray]:
        """Les variables, par groupes de plus en plus larges que l'on peut déplacer sans toucher aux autres.

        D'abord sans les dénominateurs, que tous les indicateurs partagent : les cellules du niveau le plus fin, celles
        qui sont croisées par bailleur, toutes ; puis tout.
        """
        rangs = self.cellules["niveau"].map({n: r for r, n in enumerate(NIVEAUX)})
        fines = (rangs == rangs.min()).to_numpy()
        croisees = self.cellules["bailleur"].ne(TOUS).to_numpy()
        toutes = np.ones(len(self.cellules), dtype=bool)
        propres = np.ones(self.largeur, dtype=bool)
        propres[[c for (_, role), c in self.colonnes.roles.items() if role in PARTAGES]] = False
        restes = propres[self.restes[:, 1]]
        sans = np.zeros(len(restes), dtype=bool)
        partiels = [
            np.concatenate([(cellules[:, None] & propres[None, :]).ravel(), fin])
            for cellules, fin in ((fines, sans), (croisees, sans), (toutes, restes))
        ]
        return [*partiels, np.ones(len(self.valeurs), dtype=bool)]

    def lieu(self, variable: int) -> tuple[int, int]:
        """La cellule et la colonne d'une variable ; celles de son total pour un reste."""
        pleines = len(self.cellules) * self.largeur
        if variable < pleines:
            return divmod(int(variable), self.largeur)
        cellule, colonne = self.restes[variable - pleines]
        return int(cellule), int(colonne)

    def nommer(self, variable: int) -> str:
        """« Battant 2010, gbh : ménages d'une personne »."""
        cellule, colonne = self.lieu(variable)
        reste = "reste hors de ses parties, " if variable >= len(self.cellules) * self.largeur else ""
        return f"{self.nommer_cellule(cellule)} : {reste}{self.colonnes.noms[colonne]}"

    def avouer(self, faille) -> str:
        """Ce qu'un attaquant trouve, et les relations qui l'ont trahi."""
        causes = "".join(f"\n    par {self.nommer_relation(r)}" for r in faille.relations)
        return f"{self.nommer(faille.variable)} : entre {faille.bas:g} et {faille.haut:g}{causes}"

    def nommer_cellule(self, cellule: int) -> str:
        """« quartier battant 2010, gbh »."""
        lieu = self.cellules.iloc[cellule]
        bailleur = "" if lieu["bailleur"] == TOUS else f", {lieu['bailleur']}"
        return f"{lieu['niveau']} {lieu['territoire']} {lieu['annee']}{bailleur}"

    def nommer_relation(self, relation: int) -> str:
        """« quartier battant 2010 : somme de ses secteurs, ménages d'une personne »."""
        r = self.relations
        genre, colonne = r.genres[r.genre[relation]], r.colonne[relation]
        if colonne >= 0:
            return f"{self.nommer_cellule(r.cellule[relation])} : {genre}, {self.colonnes.noms[colonne]}"
        debut, fin = r.matrice.indptr[relation : relation + 2]
        noms = [self.colonnes.noms[self.lieu(v)[1]] for v in r.matrice.indices[debut:fin]]
        signes = ["+" if c > 0 else "−" for c in r.matrice.data[debut:fin]]
        return f"{self.nommer_cellule(r.cellule[relation])} : 0 = " + " ".join(
            f"{s} [{n}]" for s, n in zip(signes, noms, strict=True)
        )


def etablir_systeme(
    table: pd.DataFrame,
    effectifs: pd.DataFrame,
    colonnes: Colonnes,
    declarations: dict[str, Indicateur],
    appartenances: pd.DataFrame,
    niveaux: list[str],
) -> Systeme:
    """Le système de ``table`` (colonnes de ``publie.COLONNES``, niveaux publiables seulement).

    ``effectifs`` : unités derrière chaque moyenne. ``appartenances`` : ``annee``, ``bailleur``, une colonne par niveau
    et ``qpv``, une ligne par combinaison qui existe. ``niveaux`` : du plus fin au plus large. Une relation fausse
    des valeurs n'y est pas : deux périmètres ne se confondent que là où il n'y a pas de foyer.
    """
    cellules = table[CELLULE].drop_duplicates(ignore_index=True)
    matrice, presentes = _valeurs(table, effectifs, cellules, colonnes, declarations)
    dans_cellule = _relations_de_cellule(matrice, presentes, _zones(cellules, appartenances), colonnes)
    entre_cellules, restes, valeurs_des_restes = _relations_d_espace(
        matrice, presentes, _parentes(cellules, appartenances, niveaux)
    )
    total = matrice.size + len(restes)
    relations = _empiler([*dans_cellule, *entre_cellules], total)
    return Systeme(
        colonnes, cellules, np.concatenate([matrice.ravel(), valeurs_des_restes]),
        np.concatenate([presentes.ravel(), np.ones(len(restes), dtype=bool)]), restes, relations,
    )  # fmt: skip


def _valeurs(table, effectifs, cellules, colonnes: Colonnes, declarations) -> tuple[np.ndarray, np.ndarray]:
    """La valeur de chaque colonne en chaque cellule, et si elle y existe. Ce qui n'est pas livré y compte zéro."""
    largeur = len(colonnes.noms)
    matrice = np.full((len(cellules), largeur), np.nan)
    presentes = np.zeros((len(cellules), largeur), dtype=bool)
    rang = pd.MultiIndex.from_frame(cellules).get_indexer(pd.MultiIndex.from_frame(table[CELLULE]))
    unites = table[[*CELLULE, "indicateur"]].merge(effectifs, how="left", on=[*CELLULE, "indicateur"])["effectif"]
    table = table.assign(cellule=rang, effectif=unites.to_numpy())
    absentes = sans_dimension(cellules, declarations)
    for code, lignes in table.groupby("indicateur", sort=False, observed=True):
        if (code, "numerateur") not in colonnes.roles:
            continue
        ici = lignes["cellule"].to_numpy()
        repondants = lignes["effectif" if declarations[code].nature == "moyenne" else "denominateur"]
        roles = {
            "numerateur": lignes["numerateur"].to_numpy(dtype=float),
            "denominateur": lignes["denominateur"].to_numpy(dtype=float),
            "effectif": lignes["effectif"].to_numpy(dtype=float),
            "concernes": np.rint((repondants / lignes["reponse"]).to_numpy(dtype=float)),
        }
        # Une règle qui n'est pas encore en vigueur n'est pas un zéro : cette année-là, l'indicateur n'existe pas.
        calculable = lignes["statut"].eq("calcule").groupby(lignes["annee"]).transform("any").to_numpy()
        existe = ~absentes[code][ici] & calculable
        for role, valeurs in roles.items():
            colonne = colonnes.roles.get((code, role))
            if colonne is not None:
                matrice[ici, colonne] = np.where(np.isnan(matrice[ici, colonne]), valeurs, matrice[ici, colonne])
                presentes[ici, colonne] |= existe
    matrice = np.where(np.isnan(matrice), 0.0, matrice)
    for colonne, grande, petite in _soustractions(colonnes):
        vide = ~presentes[:, colonne]
        matrice[vide, colonne] = matrice[vide, grande] - matrice[vide, petite]
        presentes[:, colonne] |= presentes[:, grande] & presentes[:, petite] & (matrice[:, colonne] >= 0)
    return np.where(presentes, matrice, 0.0), presentes


def _soustractions(colonnes: Colonnes) -> list[tuple[int, int, int]]:
    roles = colonnes.roles
    complements = [
        (roles[code, role], roles[code, grand], roles[code, petit])
        for role, grand, petit in (("complement", "denominateur", "numerateur"), ("muets", "concernes", "denominateur"))
        for code in dict.fromkeys(c for c, _ in roles)
        if (code, role) in roles
    ]
    return [*complements, *colonnes.differences, *colonnes.foyers]


def sans_dimension(cellules: pd.DataFrame, declarations: dict[str, Indicateur]) -> dict[str, np.ndarray]:
    """code -> cellules où l'indicateur ne peut pas se calculer, faute d'une dimension dans une de ses tables."""
    par_bailleur = cellules["bailleur"].ne(TOUS).to_numpy()
    resultats = {}
    for code, declaration in declarations.items():
        absentes = set().union(*(SANS_DIMENSION.get(t, set()) for t in declaration.tables))
        ici = cellules["niveau"].isin(absentes).to_numpy()
        resultats[code] = ici | (par_bailleur & ("bailleur" in absentes))
        if TABLES_SANS_SECRET.issuperset(declaration.tables):
            resultats[code] = np.ones(len(cellules), dtype=bool)
    return resultats


def _zones(cellules: pd.DataFrame, appartenances: pd.DataFrame) -> np.ndarray:
    """La zone où chaque cellule est tout entière ; vide si elle est à cheval."""
    zones = pd.Series("", index=pd.MultiIndex.from_frame(cellules))
    for niveau in set(cellules["niveau"]) & set(appartenances):
        for croise in (False, True):
            bailleur = appartenances["bailleur"] if croise else TOUS
            lieux = appartenances.assign(niveau=niveau, territoire=appartenances[niveau], bailleur=bailleur)
            par_cellule = lieux.dropna(subset=["territoire"]).groupby(CELLULE)["qpv"]
            entieres = par_cellule.nunique(dropna=False).eq(1)
            uniques = par_cellule.first().where(entieres, "").fillna("")
            communes = zones.index.intersection(uniques.index)
            zones[communes] = uniques[communes]
    return zones.to_numpy()


def _relations_de_cellule(matrice, presentes, zones: np.ndarray, colonnes: Colonnes) -> list[dict]:
    """Chaque relation entre colonnes, dans toutes les cellules où elle est vraie."""
    partout = [(r, np.ones(len(zones), dtype=bool)) for r in colonnes.relations]
    par_zone = [(r, zones == zone) for zone, relations in colonnes.par_zone.items() for r in relations]
    morceaux = []
    for (concernees, coefficients), ou in [*partout, *par_zone]:
        concernees = list(concernees)
        justes = np.abs(matrice[:, concernees] @ np.array(coefficients)) < TOLERANCE
        ici = np.flatnonzero(ou & presentes[:, concernees].all(axis=1) & justes)
        variables = ici[:, None] * matrice.shape[1] + np.array(concernees)[None, :]
        lignes = np.repeat(np.arange(len(ici)), len(concernees))
        morceaux.append(
            {
                "lignes": lignes, "variables": variables.ravel(), "coefficients": np.tile(coefficients, len(ici)),
                "cellule": ici, "genre": "comptes de la cellule", "colonne": np.full(len(ici), -1),
            }
        )  # fmt: skip
    return morceaux


@dataclass(frozen=True)
class Parente:
    """Des cellules ``totaux`` dont la somme est celle des ``parties``, à un reste positif près.

    ``exacte`` : d'après les lieux, il n'y en a pas ; il peut tout de même y en avoir un, pour ce qui n'a pas de lieu.
    """

    totaux: list[int]
    parties: list[int]
    genre: str
    exacte: bool


def _parentes(cellules: pd.DataFrame, appartenances: pd.DataFrame, niveaux: list[str]) -> list[Parente]:
    """Toutes les sommes entre cellules, année par année."""
    rangs = {tuple(c): r for r, c in enumerate(cellules.itertuples(index=False, name=None))}
    parentes = _par_bailleur(cellules, rangs)
    vus, tout = [n for n in niveaux if n in set(cellules["niveau"])], niveaux[-1]
    for annee, lieux in appartenances.groupby("annee"):
        for fin, large in [*pairwise(vus), ("qpv", tout)]:
            if {fin, large} <= set(lieux):
                croises = {TOUS} | (set(cellules["bailleur"]) if fin in ("quartier", "ville") else set())
                for bailleur in sorted(croises):
                    parentes += _emboitees(rangs, lieux, (annee, bailleur), fin, large)
        for fin in vus:
            if "qpv" in lieux and fin in lieux and fin not in (tout, "immeuble"):
                parentes += _zones_croisees(rangs, lieux, annee, fin)
    return parentes


def _par_bailleur(cellules: pd.DataFrame, rangs: dict) -> list[Parente]:
    croisees = cellules[cellules["bailleur"].ne(TOUS)]
    parentes = []
    for (annee, niveau, territoire), groupe in croisees.groupby(["annee", "niveau", "territoire"], observed=True):
        total = rangs.get((annee, niveau, territoire, TOUS))
        if total is not None:
            parentes.append(Parente([total], list(groupe.index), "somme de ses bailleurs", exacte=True))
    return parentes


def _emboitees(rangs, lieux: pd.DataFrame, cle: tuple, fin: str, large: str) -> list[Parente]:
    """Les groupes de cellules larges qui sont des sommes de cellules fines. Une cellule fine en partie hors de toute
    cellule large n'est la partie de rien."""
    annee, bailleur = cle
    couples = lieux[[fin, large]].drop_duplicates()
    debordent = set(couples.loc[couples[large].isna(), fin])
    incomplets = set(couples.loc[couples[fin].isna(), large])
    couples = couples.dropna()
    if couples.empty:
        return []
    fins, codes_fins = np.unique(couples[fin].astype(str), return_inverse=True)
    larges, codes_larges = np.unique(couples[large].astype(str), return_inverse=True)
    taille = len(fins) + len(larges)
    graphe = sparse.coo_array((np.ones(len(couples)), (codes_fins, codes_larges + len(fins))), shape=(taille, taille))
    groupe = connected_components(graphe, directed=False)[1]
    parentes = []
    for numero in range(groupe.max() + 1):
        parties = [f for f, g in zip(fins, groupe[: len(fins)], strict=True) if g == numero]
        totaux = [la for la, g in zip(larges, groupe[len(fins) :], strict=True) if g == numero]
        rangs_totaux = [rangs.get((annee, large, t, bailleur)) for t in totaux]
        rangs_parties = [rangs[cle] for p in parties if (cle := (annee, fin, p, bailleur)) in rangs]
        if None not in rangs_totaux and rangs_parties and not debordent & set(parties):
            entiere = bailleur != TOUS or len(rangs_parties) == len(parties)
            exacte = entiere and not incomplets & set(totaux)
            parentes.append(Parente(rangs_totaux, rangs_parties, f"somme de ses parties ({fin})", exacte))
    return parentes


def _zones_croisees(rangs, lieux: pd.DataFrame, annee: int, fin: str) -> list[Parente]:
    """Ce qu'une zone a de plus que les cellules fines qui y sont tout entières."""
    zones = lieux.groupby(fin)["qpv"].agg(lambda s: s.iloc[0] if s.nunique(dropna=False) == 1 else None).dropna()
    a_cheval = set(lieux.loc[~lieux[fin].isin(zones.index), "qpv"])
    parentes = []
    for zone, cellules in zones.groupby(zones):
        total = rangs.get((annee, "qpv", zone, TOUS))
        parties = [rangs[annee, fin, t, TOUS] for t in cellules.index if (annee, fin, t, TOUS) in rangs]
        if total is not None and parties:
            genre = f"au moins la somme de ses parties entières ({fin})"
            exacte = zone not in a_cheval and len(parties) == len(cellules)
            parentes.append(Parente([total], parties, genre, exacte))
    return parentes


def _relations_d_espace(matrice, presentes, parentes: list[Parente]) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """Chaque somme entre cellules, pour toutes les colonnes présentes dans les totaux et les parties."""
    largeur = matrice.shape[1]
    premier_reste = matrice.size
    morceaux, restes, valeurs = [], [], []
    for parente in parentes:
        membres = np.array([*parente.totaux, *parente.parties])
        signes = np.concatenate([np.ones(len(parente.totaux)), -np.ones(len(parente.parties))])
        # Une colonne absente d'une partie (un foyer hors du champ) y vaut zéro.
        colonnes = np.flatnonzero(presentes[parente.totaux].all(axis=0) & presentes[parente.parties].any(axis=0))
        reste = signes @ matrice[np.ix_(membres, colonnes)]
        precision = TOLERANCE * np.maximum(1, np.abs(matrice[np.ix_(parente.totaux, colonnes)]).sum(axis=0))
        garde = reste > -precision
        colonnes, reste, precision = colonnes[garde], reste[garde], precision[garde]
        avec_reste = np.flatnonzero((reste > precision) | (not parente.exacte))
        lignes = np.repeat(np.arange(len(colonnes)), len(membres))
        variables = (membres[None, :] * largeur + colonnes[:, None]).ravel()
        numeros = premier_reste + sum(map(len, valeurs)) + np.arange(len(avec_reste))
        restes += [(parente.totaux[0], c) for c in colonnes[avec_reste]]
        valeurs.append(np.maximum(reste[avec_reste], 0.0))
        morceaux.append(
            {
                "lignes": np.concatenate([lignes, avec_reste]),
                "variables": np.concatenate([variables, numeros]),
                "coefficients": np.concatenate([np.tile(signes, len(colonnes)), -np.ones(len(avec_reste))]),
                "cellule": np.full(len(colonnes), parente.totaux[0]), "genre": parente.genre, "colonne": colonnes,
            }
        )  # fmt: skip
    return morceaux, np.array(restes, dtype=int).reshape(-1, 2), np.concatenate([*valeurs, []])


def _empiler(morceaux: list[dict], total: int) -> Relations:
    genres = list(dict.fromkeys(m["genre"] for m in morceaux))
    debuts = np.cumsum([0, *(len(m["cellule"]) for m in morceaux)])
    vide = [np.array([], dtype=int)]
    lignes = np.concatenate([*(m["lignes"] + d for m, d in zip(morceaux, debuts, strict=False)), *vide])
    variables = np.concatenate([*(m["variables"] for m in morceaux), *vide])
    coefficients = np.concatenate([*(m["coefficients"] for m in morceaux), np.array([])])
    matrice = sparse.csr_array((coefficients, (lignes.astype(int), variables.astype(int))), shape=(debuts[-1], total))
    return Relations(
        matrice,
        np.concatenate([*(m["cellule"] for m in morceaux), *vide]).astype(int),
        np.concatenate([*(np.full(len(m["cellule"]), genres.index(m["genre"])) for m in morceaux), *vide]).astype(int),
        np.concatenate([*(m["colonne"] for m in morceaux), *vide]).astype(int),
        genres,
    )
