"""Couverture : quelle part des logements connus appartient à un bailleur qui a déposé ce qu'il faut.

Un logement est *connu* s'il figure dans le dépôt de l'année, à défaut dans celui de l'année la plus proche du
même bailleur, à défaut dans le parc déclaré d'``observatoire.yml`` (qui n'est alors connu qu'à la ville).
"""

from __future__ import annotations

import pandas as pd

from observatoire.catalogue import Indicateur
from observatoire.configuration import Configuration

DIMENSIONS = ["immeuble", "secteur", "quartier", "qpv", "ville", "bailleur"]


def parc_connu(logements: dict[int, pd.DataFrame], config: Configuration) -> pd.DataFrame:
    """Les logements connus, une ligne par année et cellule la plus fine.

    ``logements`` : année -> table préparée (vide si rien n'est déposé). Rend ``annee``, les colonnes de
    :data:`DIMENSIONS` et ``connus`` (nombre de logements).
    """
    deposes = {
        annee: table.groupby(DIMENSIONS, dropna=False, observed=True).size().rename("connus").reset_index()
        for annee, table in logements.items()
        if len(table)
    }
    lignes = []
    for annee in config.annees:
        for bailleur in config.bailleurs:
            annees = [a for a, t in deposes.items() if t["bailleur"].eq(bailleur.code).any()]
            if annees:
                proche = min(annees, key=lambda a: (abs(a - annee), a))
                parc = deposes[proche][deposes[proche]["bailleur"].eq(bailleur.code)]
            elif bailleur.parc_declare:
                parc = pd.DataFrame(
                    [{"ville": config.code, "bailleur": bailleur.code, "connus": bailleur.parc_declare}]
                ).reindex(columns=[*DIMENSIONS, "connus"])
            else:
                continue
            lignes.append(parc.assign(annee=annee))
    vide = pd.DataFrame(columns=["annee", *DIMENSIONS, "connus"])
    return pd.concat(lignes, ignore_index=True) if lignes else vide


def disponibilite(
    depots: pd.DataFrame, lues: dict[Indicateur, frozenset[str]], config: Configuration, annee: int
) -> pd.DataFrame:
    """Pour une année, ce que chaque bailleur a déposé : lignes = bailleurs, colonnes = indicateurs.

    Valeurs : ``livre``, ``non_depose``, ``refuse`` ou ``hors_champ``. Une table que déposent d'autres que les
    bailleurs (la demande) vaut pour tous. Un fichier qui n'a pas les colonnes lues par l'indicateur ne le livre
    pas. ``depots`` : le tableau préparé ; ``lues`` : les colonnes que lit chaque indicateur.
    """
    depots = depots[depots["annee"].eq(annee)]
    tiers = [d.code for d in config.deposants if not d.est_bailleur]
    etats = {}
    for (deposant, table), fichiers in depots.groupby(["deposant", "table"]):
        statuts = set(fichiers["statut"])
        etat = "livre" if "accepte" in statuts else "refuse" if "refuse" in statuts else "non_depose"
        absentes = frozenset(",".join(fichiers["colonnes_absentes"].fillna("")).split(",")) - {""}
        etats[deposant, table] = (etat, absentes)

    def etat(bailleur, indicateur: Indicateur) -> str:
        if bailleur.hors_rpls and indicateur.perimetre == "rpls":
            return "hors_champ"
        for table in indicateur.tables:
            sources = [bailleur.code, *tiers]
            vus = [etats.get((s, table), ("non_depose", frozenset())) for s in sources]
            livres = [absentes for statut, absentes in vus if statut == "livre"]
            if not livres:
                return "refuse" if "refuse" in {s for s, _ in vus} else "non_depose"
            if all(absentes & lues[indicateur] for absentes in livres):
                return "non_depose"
        return "livre"

    return pd.DataFrame(
        {i.code: [etat(b, i) for b in config.bailleurs] for i in lues},
        index=pd.Index([b.code for b in config.bailleurs], name="bailleur"),
    )


def tableau_couverture(connus: pd.DataFrame, etats: pd.DataFrame, annee: int) -> pd.DataFrame:
    """La matrice de couverture d'une année, en long.

    Colonnes : ``annee, bailleur, indicateur, statut, logements_livres, logements_connus``.
    """
    parc = connus[connus["annee"].eq(annee)].groupby("bailleur")["connus"].sum()
    longue = etats.rename_axis(columns="indicateur").stack().rename("statut").reset_index()
    longue["logements_connus"] = longue["bailleur"].map(parc).fillna(0).astype(int)
    longue["logements_livres"] = longue["logements_connus"].where(longue["statut"].eq("livre"), 0)
    longue.insert(0, "annee", annee)
    return longue[["annee", "bailleur", "indicateur", "statut", "logements_livres", "logements_connus"]]


def couvrir(connus: pd.DataFrame, etats: pd.DataFrame, cles: list[str]) -> pd.DataFrame:
    """Part couverte de chaque territoire : lignes = ``cles``, colonnes = indicateurs, valeurs dans [0, 1].

    ``connus`` : une seule année. Un indicateur hors du champ d'un bailleur ne compte pas son parc. Manque là où
    aucun logement n'est dans le champ.
    """
    parc = connus.dropna(subset=cles).set_index(cles, drop=False)
    poids = parc[["connus"]].to_numpy(dtype=float)
    etats_du_parc = etats.reindex(parc["bailleur"]).to_numpy(dtype=object)
    dans_le_champ, livres = (
        pd.DataFrame(retenus * poids, index=parc.index, columns=etats.columns).groupby(level=cles).sum()
        for retenus in (etats_du_parc != "hors_champ", etats_du_parc == "livre")
    )
    return livres / dans_le_champ.where(dans_le_champ > 0)
