"""Couverture : quelle part des logements connus appartient à un bailleur qui a déposé ce qu'il faut.

Un logement est *connu* s'il figure dans le dépôt de l'année, à défaut dans celui de l'année la plus proche du
même bailleur, à défaut dans le parc déclaré d'``observatoire.yml`` (qui n'est alors connu que du territoire entier).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.configuration import Configuration
from observatoire.conserves import DEVENIRS_SUIVANTS, a_encore_ses_menages, annees_conservees, dossier_conserve
from observatoire.lecture.renumerotations import lire_renumerotations
from observatoire.tables.depots import IDENTIFIANTS
from observatoire.vocabulaire import AGGLOMERATION, LIVRE

DIMENSIONS = ["immeuble", "secteur", "quartier", "qpv", "ville", "bailleur"]
_A_LIVRE, _HORS_CHAMP = 1, 2
#: Le statut d'un bailleur qui ne dépose rien parce que son parc est à un autre : il ne l'a plus, ou pas encore.
SANS_PARC = "sans_parc"
#: Part du premier dépôt d'un bailleur qu'il doit avoir reprise à d'autres pour être né de leur fusion.
NE_D_UNE_FUSION = 0.9


def dimensions_de(config: Configuration) -> list[str]:
    """Les :data:`DIMENSIONS` d'un territoire, et l'agglomération quand il a plusieurs communes."""
    return [*DIMENSIONS[:-1], AGGLOMERATION, DIMENSIONS[-1]] if config.communes else DIMENSIONS


def annees_connues(presents: dict[int, set[str]], config: Configuration) -> dict[tuple[int, str], int]:
    """(année, bailleur) -> l'année du dépôt qui le fait connaître : la plus proche, à égalité la plus ancienne.

    Rien ne se prête à travers une reprise : les mêmes logements seraient connus sous deux bailleurs. ``presents`` :
    année -> bailleurs qui y ont déposé des logements.
    """
    reprises, connues = lire_renumerotations(config).reprises(), {}
    for code in (b.code for b in config.bailleurs):
        coupes = [quand for quand, *deux in reprises if code in deux]
        deposees = [a for a, codes in presents.items() if code in codes]
        for annee in config.annees:
            annees = [a for a in deposees if not any(min(a, annee) < quand <= max(a, annee) for quand in coupes)]
            if annees:
                connues[annee, code] = min(annees, key=lambda a: (abs(a - annee), a))
    return connues


def etendre(comptes: dict[int, pd.DataFrame], config: Configuration) -> pd.DataFrame:
    """Prêter à chaque année et bailleur les comptes de l'année la plus proche, ou son parc déclaré.

    ``comptes`` : année -> ``connus`` par cellule, où une colonne est ``bailleur``. Rend les mêmes colonnes et
    ``annee``.
    """
    comptes = {annee: t for annee, t in comptes.items() if len(t)}
    connues = annees_connues({annee: set(t["bailleur"].dropna().unique()) for annee, t in comptes.items()}, config)
    morceaux = [
        t[t["bailleur"].isin([b for (a, b), la in connues.items() if (a, la) == (annee, source)])].assign(annee=annee)
        for annee in config.annees
        for source, t in comptes.items()
    ]
    declares = [
        {"annee": annee, config.tout[0]: config.code, "bailleur": b.code, "connus": b.parc_declare}
        for annee in config.annees
        for b in config.bailleurs
        if b.parc_declare and (annee, b.code) not in connues and b.code not in repris_par(config, annee)
    ]
    morceaux = [m for m in morceaux if len(m)] + ([pd.DataFrame(declares)] if declares else [])
    vide = pd.DataFrame(columns=["annee", *dimensions_de(config), "connus"])
    return pd.concat(morceaux, ignore_index=True).reindex(columns=vide.columns) if morceaux else vide


def repris_par(config: Configuration, annee: int) -> dict[str, str]:
    """Bailleur absorbé -> les codes de ceux qui ont repris de ses logements au plus tard cette année-là."""
    return {
        ancien: " ".join(sorted(qui - {ancien}))
        for ancien, qui in lire_renumerotations(config).successeurs(annee).items()
    }


def disponibilite(
    depots: pd.DataFrame, lues: dict[Indicateur, frozenset[str]], config: Configuration, annee: int
) -> pd.DataFrame:
    """Pour une année, ce que chaque bailleur a déposé : lignes = bailleurs, colonnes = indicateurs.

    Valeurs : ``livre``, ``non_depose``, ``refuse``, ``hors_champ`` ou :data:`SANS_PARC`. Une table que déposent
    d'autres que les bailleurs (la demande) vaut pour tous. Un fichier qui n'a pas les colonnes lues par l'indicateur ne
    le livre pas. ``depots`` : le tableau préparé ; ``lues`` : les colonnes que lit chaque indicateur.
    """
    tous_les_depots = depots
    depots = pd.concat([depots[depots["annee"].eq(annee)], _depots_tires(depots, config, annee)])
    tiers = [d.code for d in config.deposants if not d.est_bailleur]
    etats = {}
    for (deposant, table), fichiers in depots.groupby(["deposant", "table"]):
        statuts = set(fichiers["statut"])
        etat = LIVRE if "accepte" in statuts else "refuse" if "refuse" in statuts else "non_depose"
        absentes = frozenset(",".join(fichiers["colonnes_absentes"].fillna("")).split(",")) - {""}
        etats[deposant, table] = (etat, absentes)

    def etat(bailleur, indicateur: Indicateur) -> str:
        if bailleur.hors_rpls and indicateur.perimetre == "rpls":
            return "hors_champ"
        for table in indicateur.tables:
            sources = [bailleur.code, *tiers]
            vus = [etats.get((s, table), ("non_depose", frozenset())) for s in sources]
            livres = [absentes for statut, absentes in vus if statut == LIVRE]
            if not livres:
                return "refuse" if "refuse" in {s for s, _ in vus} else "non_depose"
            if all(absentes & lues[indicateur] for absentes in livres):
                return "non_depose"
        return LIVRE

    # Sans colonne absente, ce que lit l'indicateur n'y change rien : seules ses tables et son champ comptent.
    partielles = frozenset().union(*(absentes for _, absentes in etats.values()))
    semblables: dict[tuple, list[str]] = {}
    colonnes = {}
    for i in lues:
        cle = (i.tables, i.perimetre, lues[i] & partielles)
        if cle not in semblables:
            semblables[cle] = [etat(b, i) for b in config.bailleurs]
        colonnes[i.code] = semblables[cle]
    table = pd.DataFrame(colonnes, index=pd.Index([b.code for b in config.bailleurs], name="bailleur"))
    eteints = table.index.isin(_sans_parc(tous_les_depots, config, annee))
    return table.mask(table.eq("non_depose") & eteints[:, None], SANS_PARC)


def _sans_parc(depots: pd.DataFrame, config: Configuration, annee: int) -> set[str]:
    """Qui n'a rien déposé : dont le parc a été repris, ou qui n'est né que plus tard de la fusion d'autres."""
    renumerotations, acceptes = lire_renumerotations(config), depots["statut"].eq("accepte")
    logements = depots[acceptes & depots["table"].eq("logements")].set_index(["annee", "deposant"])["gardees"]
    plus_tard = {
        (quand, qui)
        for quand, _, qui in renumerotations.reprises()
        if quand > annee and renumerotations.repris(qui, quand) >= NE_D_UNE_FUSION * logements.get((quand, qui), np.inf)
    }
    deposent = set(depots.loc[depots["annee"].eq(annee) & depots["statut"].ne("non_depose"), "deposant"])
    return ({*repris_par(config, annee)} | {qui for _, qui in plus_tard}) - deposent


def renumerotes(depots: pd.DataFrame, annee: int) -> set[str]:
    """Les déposants dont rien ne se suit depuis l'année d'avant : leurs identifiants ont changé."""
    return set(depots.loc[depots["annee"].eq(annee) & depots["rupture"].eq(IDENTIFIANTS), "deposant"])


def _depots_tires(depots: pd.DataFrame, config: Configuration, annee: int) -> pd.DataFrame:
    """Qui a déposé de quoi tirer les devenirs : ses ménages de l'année d'avant, ses logements des deux années, sous les
    mêmes identifiants. Les logements d'un bailleur absorbé sont ceux de qui les a repris.
    """
    avant = depots[depots["annee"].eq(annee - 1) & depots["statut"].eq("accepte")]
    apres = depots[depots["annee"].eq(annee) & depots["statut"].eq("accepte")]
    if annee - 1 in annees_conservees(config) and not (
        a_encore_ses_menages(config, annee - 1)
        or (dossier_conserve(config, annee - 1) / f"{DEVENIRS_SUIVANTS}.parquet").is_file()
    ):
        avant = avant.iloc[:0]
    loues, suivis = (set(t.loc[t["table"].eq("logements"), "deposant"]) for t in (avant, apres))
    for absorbe, repreneurs in lire_renumerotations(config).successeurs(annee).items():
        suivis |= {absorbe} if suivis & repreneurs else set()
    prets = set(avant.loc[avant["table"].eq("menages"), "deposant"]) & loues & suivis - renumerotes(depots, annee)
    retenus = avant["table"].eq("menages") & avant["deposant"].isin(prets)
    return avant[retenus].assign(annee=annee, table="devenirs")


def etats_en_long(
    depots: pd.DataFrame, lues: dict[Indicateur, frozenset[str]], config: Configuration, annee: int
) -> pd.DataFrame:
    """:func:`disponibilite`, en long : ``annee, bailleur, indicateur, statut, repris_par``."""
    etats = disponibilite(depots, lues, config, annee)
    longue = etats.rename_axis(columns="indicateur").stack().rename("statut").reset_index()
    repris = repris_par(config, annee)
    longue["repris_par"] = [repris.get(bailleur, "") for bailleur in longue["bailleur"]]
    longue.insert(0, "annee", annee)
    return longue


def tableau_couverture(connus: pd.DataFrame, longue: pd.DataFrame) -> pd.DataFrame:
    """La matrice de couverture d'une année : ce que rend :func:`etats_en_long`, et les logements.

    Colonnes de plus : ``logements_livres, logements_connus``.
    """
    parc = connus[connus["annee"].isin(longue["annee"])].groupby("bailleur")["connus"].sum()
    tous = longue["bailleur"].map(parc).fillna(0).astype(int)
    return longue.assign(logements_livres=tous.where(longue["statut"].eq(LIVRE), 0), logements_connus=tous)


def couvrir(
    connus: pd.DataFrame, etats: pd.DataFrame, cles: list[str]
) -> tuple[Callable[[np.ndarray], np.ndarray], pd.DataFrame]:
    """Part couverte de chaque territoire.

    ``connus`` : une seule année. Rend une fonction et les territoires (une ligne par valeur de ``cles``) : la fonction
    donne, pour des rangs de territoires, un tableau (rang, indicateur) de parts dans [0, 1]. Un indicateur hors du
    champ d'un bailleur ne compte pas son parc. Manque là où aucun logement n'est dans le champ, et pour le rang -1.
    """
    parc = connus.dropna(subset=cles)
    rangs, territoires = ranger(parc, cles)
    poids = parc["connus"].to_numpy(dtype=float)
    etats_codes = np.select([etats.eq(LIVRE), etats.eq("hors_champ")], [_A_LIVRE, _HORS_CHAMP], 0).astype(np.int8)
    modeles, codes = np.unique(etats_codes, axis=1, return_inverse=True)  # beaucoup d'indicateurs ont les mêmes dépôts
    par_bailleur = np.vstack([modeles, np.zeros((1, modeles.shape[1]), np.int8)])
    bailleurs, noms = pd.factorize(parc["bailleur"])
    du_parc = np.append(etats.index.get_indexer(noms), -1)[bailleurs]
    parts = np.full((len(territoires) + 1, modeles.shape[1]), np.nan)
    for modele in range(modeles.shape[1]):
        etats_du_parc = par_bailleur[du_parc, modele]
        dans_le_champ, livres = (
            np.bincount(rangs, weights=poids * retenus, minlength=len(territoires))
            for retenus in (etats_du_parc != _HORS_CHAMP, etats_du_parc == _A_LIVRE)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            parts[:-1, modele] = np.where(dans_le_champ > 0, livres / dans_le_champ, np.nan)
    codes = codes.ravel()
    return lambda demandes: parts[demandes][:, codes], territoires


def ranger(table: pd.DataFrame, dimensions: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """La cellule de chaque ligne, et les cellules distinctes dans l'ordre de leur première ligne."""
    cle = np.zeros(len(table), dtype=np.int64)
    for nom in dimensions:
        codes, noms = coder(table[nom])
        cle = cle * (len(noms) + 1) + codes + 1
    cellule, distinctes = pd.factorize(cle)
    premieres = np.empty(len(distinctes), dtype=np.int64)
    premieres[cellule[::-1]] = np.arange(len(table))[::-1]
    cellules = {nom: pd.Categorical(table[nom].array.take(premieres)) for nom in dimensions}
    return cellule, pd.DataFrame(cellules, index=range(len(distinctes)))


def coder(categories: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Le rang de la valeur de chaque ligne (-1 : manquante), et les valeurs distinctes."""
    if isinstance(categories.dtype, pd.CategoricalDtype):
        return categories.array.codes, categories.array.categories
    codes, noms = pd.factorize(categories)
    return codes, pd.Index(noms)
