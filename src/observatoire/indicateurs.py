"""Calculer les indicateurs : des tables préparées à ``prepare/indicateurs.parquet``.

Les sommes sont prises une fois, au grain le plus fin (l'immeuble d'un bailleur), puis remontées : secteur,
quartier, QPV, ville, bailleur. Une valeur n'est divisée qu'à la fin, si bien que le taux de la ville est le
rapport des sommes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire import intervalles
from observatoire.baremes import BaremeAbsent, Baremes, SansObjet, lire_baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.configuration import TABLES, Configuration
from observatoire.couverture import DIMENSIONS, couvrir, disponibilite, parc_connu, tableau_couverture
from observatoire.erreurs import ErreurObservatoire
from observatoire.fichiers import ecrire_parquet
from observatoire.publie import CLES, COLONNES

ROLES = ["numerateur", "denominateur", "concernes", "effectif"]

#: Dimensions qu'une table n'a pas : un indicateur qui la lit y est sans objet.
SANS_DIMENSION = {
    "demandes": {"immeuble", "secteur", "qpv", "bailleur"},
    "programmes": {"immeuble", "secteur", "qpv"},
}


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


def croisements(config: Configuration) -> list[Croisement]:
    """Tous les niveaux et croisements du territoire, du plus fin au plus large."""
    simples = [Croisement(niveau, niveau) for niveau in config.niveaux]
    par_bailleur = [Croisement(n, n, True) for n in ("quartier", "ville") if n in config.niveaux]
    return [*simples, Croisement("qpv", "qpv"), *par_bailleur]


def calculer(config: Configuration, avancement: Callable | None = None) -> pd.DataFrame:
    """Calculer tous les indicateurs et les écrire dans ``prepare`` ; rend le tableau (:data:`COLONNES`).

    Écrit ``indicateurs.parquet`` et ``couverture.parquet``, et ce dont la confidentialité a besoin :
    ``effectifs.parquet`` (nombre d'unités derrière une moyenne) et ``immeubles_par_cellule.parquet``.
    ``avancement(fait, total, libelle)`` suit les années.
    """
    prepare = config.chemin("prepare")
    if not (prepare / "depots.parquet").is_file():
        raise ErreurObservatoire("aucun dépôt n'est préparé : lancer « observatoire calculer » sur des dépôts.")
    baremes = lire_baremes(config.chemin("referentiels"))
    depots = pd.read_parquet(prepare / "depots.parquet")
    connus = parc_connu({a: lire_tables(prepare, a, config)["logements"] for a in config.annees}, config)
    valeurs, couvertures = [], []
    for rang, annee in enumerate(config.annees):
        if avancement:
            avancement(rang, len(config.annees), f"indicateurs {annee}")
        tables = lire_tables(prepare, annee, config)
        sommes, lues, sans_regle = sommer(tables, annee, baremes)
        etats = disponibilite(depots, lues, config, annee)
        couvertures.append(tableau_couverture(connus, etats, annee))
        parc = connus[connus["annee"].eq(annee)]
        annee_valeurs = [
            evaluer(sommes, croisement, etats, parc, lues, sans_regle) for croisement in croisements(config)
        ]
        valeurs.append(pd.concat(annee_valeurs, ignore_index=True).assign(annee=annee))
    tableau = pd.concat(valeurs, ignore_index=True)
    ecrire_parquet(tableau[COLONNES], prepare / "indicateurs.parquet")
    ecrire_parquet(tableau[[*CLES, "effectif"]].dropna(), prepare / "effectifs.parquet")
    ecrire_parquet(compter_immeubles(connus, config), prepare / "immeubles_par_cellule.parquet")
    ecrire_parquet(pd.concat(couvertures, ignore_index=True), prepare / "couverture.parquet")
    if avancement:
        avancement(len(config.annees), len(config.annees), "indicateurs")
    return tableau[COLONNES]


def compter_immeubles(connus: pd.DataFrame, config: Configuration) -> pd.DataFrame:
    """Nombre d'immeubles connus de chaque cellule : ``annee, niveau, territoire, bailleur, immeubles``."""
    morceaux = []
    for croisement in croisements(config):
        par_cellule = (
            connus.groupby(["annee", *croisement.cles])["immeuble"].nunique().rename("immeubles").reset_index()
        )
        par_cellule = par_cellule.rename(columns={croisement.dimension: "territoire"}).assign(niveau=croisement.niveau)
        morceaux.append(par_cellule if croisement.par_bailleur else par_cellule.assign(bailleur="tous"))
    return pd.concat(morceaux, ignore_index=True)[["annee", "niveau", "territoire", "bailleur", "immeubles"]]


def lire_tables(prepare: Path, annee: int, config: Configuration) -> dict[str, pd.DataFrame]:
    """Les tables préparées d'une année, avec les dimensions de tous les niveaux."""
    tables = {}
    for nom in TABLES:
        table = pd.read_parquet(prepare / "tables" / str(annee) / f"{nom}.parquet")
        table["ville"] = config.code
        if nom == "programmes":
            table["dans_ville"] = table["commune"].eq(config.code)
        tables[nom] = table
    return tables


def sommer(
    tables: dict[str, pd.DataFrame], annee: int, baremes: Baremes
) -> tuple[pd.DataFrame, dict[Indicateur, frozenset], dict[str, str]]:
    """Sommer chaque indicateur au grain le plus fin.

    Rend les sommes (lignes : cellules de :data:`DIMENSIONS` ; colonnes : (code, rôle)), les colonnes que lit
    chaque indicateur, et le statut de ceux dont la règle manque : ``na`` si elle n'est pas encore en vigueur, ``nd``
    si le territoire n'a pas ce barème.
    """
    bareme = baremes.au_31_decembre(annee)
    par_table: dict[str, dict] = {nom: {} for nom in tables}
    lues, sans_regle = {}, {}
    for code, declaration in catalogue().items():
        try:
            comptage = declaration.compter(tables, bareme)
        except (SansObjet, BaremeAbsent) as absence:
            sans_regle[code] = "nd" if isinstance(absence, BaremeAbsent) else "na"
            lues[declaration] = frozenset()
            continue
        lues[declaration] = comptage.lues
        for role, colonne in comptage.colonnes.items():
            table = declaration.tables[0] if role == "numerateur" else declaration.tables[-1]
            retenues = _dans_le_champ(tables[table], declaration)
            par_table[table][code, role] = _nombres(colonne) * retenues
        if declaration.nature == "moyenne":
            par_table[declaration.tables[-1]][code, "effectif"] = (
                _nombres(comptage.colonnes["denominateur"]) * retenues > 0
            ).astype(float)
    morceaux = [_sommer_par_cellule(tables[nom], colonnes) for nom, colonnes in par_table.items() if colonnes]
    sommes = pd.concat(morceaux).groupby(level=DIMENSIONS, dropna=False).sum()
    sommes.columns = pd.MultiIndex.from_tuples(sommes.columns, names=["indicateur", "role"])
    return sommes, lues, sans_regle


def _nombres(colonne: pd.Series) -> np.ndarray:
    return np.nan_to_num(colonne.to_numpy(dtype=float, na_value=np.nan))


def _dans_le_champ(table: pd.DataFrame, declaration: Indicateur) -> np.ndarray:
    if declaration.perimetre == "tous":
        return np.ones(len(table))
    return table["champ_rpls"].to_numpy(dtype=float, na_value=1.0)


def _sommer_par_cellule(table: pd.DataFrame, colonnes: dict) -> pd.DataFrame:
    """Sommer des colonnes par cellule : un comptage pondéré par colonne, sans recopier la table."""
    groupes = table.groupby(DIMENSIONS, dropna=False, sort=True)
    cellule, taille = groupes.ngroup().to_numpy(), groupes.ngroups
    sommes = {cle: np.bincount(cellule, weights=poids, minlength=taille) for cle, poids in colonnes.items()}
    premieres = np.full(taille, -1)
    premieres[cellule[::-1]] = np.arange(len(table))[::-1]
    index = pd.MultiIndex.from_frame(table[DIMENSIONS].iloc[premieres])
    return pd.DataFrame(sommes, index=index)


def evaluer(
    sommes: pd.DataFrame,
    croisement: Croisement,
    etats: pd.DataFrame,
    parc: pd.DataFrame,
    lues: dict[Indicateur, frozenset],
    sans_regle: dict[str, str],
) -> pd.DataFrame:
    """Remonter les sommes à un niveau, diviser, encadrer et dire ce qui manque.

    Rend les colonnes de :data:`COLONNES` (sauf ``annee``) et ``effectif``, une ligne par territoire, bailleur et
    indicateur. Statuts : ``calcule``, ``nd`` (rien n'est déposé), ``na`` (sans objet).
    """
    declarations = {i.code: i for i in lues}
    codes = list(declarations)
    livrees = sommes * _masque_des_livraisons(sommes, etats)
    couverture = couvrir(parc, etats, croisement.cles)
    valeurs = livrees.groupby(level=croisement.cles).sum()
    lignes = valeurs.index.union(couverture.index)
    colonnes = pd.MultiIndex.from_product([codes, ROLES])
    valeurs = valeurs.reindex(lignes, fill_value=0.0).reindex(columns=colonnes)
    cellules = pd.DataFrame(valeurs.to_numpy().reshape(-1, len(ROLES)), columns=ROLES)
    cellules["niveau"] = croisement.niveau
    cellules["territoire"] = np.repeat(lignes.get_level_values(croisement.dimension), len(codes))
    cellules["bailleur"] = (
        np.repeat(lignes.get_level_values("bailleur"), len(codes)) if croisement.par_bailleur else "tous"
    )
    cellules["indicateur"] = np.tile(codes, len(lignes))
    cellules["couverture"] = couverture.reindex(index=lignes, columns=codes).to_numpy().ravel()
    nature = cellules["indicateur"].map({c: i.nature for c, i in declarations.items()})
    cellules["statut"] = _statuts(cellules, croisement, declarations, nature, sans_regle)
    return _encadrer(cellules, declarations, nature)


def _masque_des_livraisons(sommes: pd.DataFrame, etats: pd.DataFrame) -> np.ndarray:
    """1 là où le bailleur de la cellule a livré l'indicateur ; les lignes sans bailleur comptent toujours."""
    codes = sommes.columns.get_level_values("indicateur")
    livre = etats.eq("livre").reindex(columns=codes.unique())
    par_cellule = livre.reindex(sommes.index.get_level_values("bailleur"), fill_value=True)
    return par_cellule[codes].to_numpy(dtype=float)


def _statuts(cellules, croisement, declarations, nature, sans_regle) -> np.ndarray:
    hors_dimension = {
        code
        for code, i in declarations.items()
        if any(set(croisement.cles) & SANS_DIMENSION.get(t, set()) for t in i.tables)
    }
    regle = cellules["indicateur"].map(sans_regle)
    na = cellules["indicateur"].isin(hors_dimension) | regle.eq("na")
    nd = cellules["couverture"].eq(0) | regle.eq("nd")
    # Une demande peut viser un quartier sans aucun logement connu : sa valeur existe, sa couverture manque.
    hors_champ = cellules["couverture"].isna() & cellules[["numerateur", "denominateur"]].fillna(0).eq(0).all(axis=1)
    vide = nature.ne("effectif") & ~(cellules["denominateur"] > 0)
    sans_reponse = vide & cellules["concernes"].gt(0)
    return np.select([na, hors_champ, nd, sans_reponse, vide], ["na", "na", "nd", "nd", "na"], default="calcule")


def _encadrer(cellules: pd.DataFrame, declarations: dict, nature: pd.Series) -> pd.DataFrame:
    """Valeur, bornes et taux de réponse des cellules calculées ; rien pour les autres."""
    calcule = cellules["statut"].eq("calcule")
    effectif = nature.eq("effectif")
    haut = cellules["numerateur"].where(calcule)
    bas = cellules["denominateur"].where(calcule & ~effectif)
    references = cellules["indicateur"].map({c: i.reference for c, i in declarations.items()})
    tout = cellules.set_index(["territoire", "bailleur", "indicateur"])[["numerateur", "denominateur"]]
    du_tout = tout.reindex(
        pd.MultiIndex.from_arrays([cellules["territoire"], cellules["bailleur"], references])
    ).to_numpy()
    valeur = np.where(effectif, haut, haut / bas)
    with np.errstate(divide="ignore", invalid="ignore"):
        valeur = np.where(nature.eq("ecart"), valeur - du_tout[:, 0] / du_tout[:, 1], valeur)
    bornes = np.full((2, len(cellules)), np.nan)
    for cas, (basse, haute) in {
        "proportion": intervalles.wilson(haut, bas),
        "taux": intervalles.byar(haut, bas),
        "ecart": intervalles.ecart_au_tout(haut, bas, *du_tout.T),
    }.items():
        bornes = np.where(nature.eq(cas).to_numpy(), [basse, haute], bornes)
    concernes = cellules["concernes"].where(calcule & cellules["concernes"].gt(0))
    denombre = cellules["effectif"].where(nature.eq("moyenne"), bas)
    return cellules.assign(
        numerateur=haut,
        denominateur=bas,
        valeur=valeur,
        borne_basse=bornes[0],
        borne_haute=bornes[1],
        reponse=denombre / concernes,
    )
