"""Tirer le parc : immeubles et logements de toutes les années, avec les livraisons et les démolitions à venir."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from observatoire.exemple import verites
from observatoire.exemple.scenario import Scenario

RUES = (
    "rue de Vesoul", "rue de Dole", "rue de Belfort", "rue de Savoie", "rue des Cras", "rue du Muguet",
    "rue des Lilas", "rue des Roses", "rue du Piémont", "rue des Deux-Princesses", "avenue de Bourgogne",
    "avenue de Montrapon", "chemin des Tilleuls", "place de l'Europe",
)  # fmt: skip
PIECES = np.array([0.075, 0.19, 0.355, 0.28, 0.085, 0.015])
SURFACES = np.array([30.0, 46.0, 64.0, 78.0, 96.0, 113.0])
TAILLE_MINIMALE = 8
#: Part du très social dans les opérations livrées.
TRES_SOCIAL_LIVRE = 0.23
MANQUES = {"sans_point": 0.012, "hors_carte": 3}
"""Part des immeubles sans coordonnées (ils donnent leur quartier) et nombre d'immeubles hors de la carte."""


@dataclass(frozen=True)
class Parc:
    """Tout ce qui ne change pas d'une année à l'autre.

    ``immeubles`` : bailleur, id_immeuble, libelle, x, y, secteur, quartier, qpv, pauvrete, humeur, taille, livre, vide,
    demoli, dans_ville, code_donne. ``livre`` vaut 0 pour ce qui existait déjà ; ``vide`` et ``demoli`` manquent pour ce
    qui reste debout. ``logements`` : une ligne par logement, présent ou à livrer ; ``im`` est le rang de son immeuble.
    ``verites`` : voir :func:`observatoire.exemple.verites.planter`.
    """

    immeubles: pd.DataFrame
    logements: pd.DataFrame
    verites: pd.DataFrame

    def du_logement(self, colonne: str) -> np.ndarray:
        """La ``colonne`` de l'immeuble de chaque logement."""
        return self.immeubles[colonne].to_numpy()[self.logements["im"]]

    def decalage(self, indicateur: str, annee: int) -> np.ndarray:
        """Ce que les vérités ajoutent à l'``indicateur`` cette année-là, par logement."""
        return verites.decalage(self.verites, self.immeubles, indicateur, annee)[self.logements["im"]]


def tirer_parc(scenario: Scenario, logements: int, alea) -> Parc:
    """Tirer ``logements`` logements environ, ceux que les années livreront, et les vérités plantées."""
    anciens = _anciens(scenario, logements, alea)
    nouveaux = _livraisons(scenario, logements, alea)
    immeubles = pd.concat([anciens, nouveaux], ignore_index=True).sort_values("bailleur", kind="stable")
    immeubles = _placer(immeubles.reset_index(drop=True), scenario, alea)
    immeubles = _condamner(immeubles, scenario)
    return Parc(immeubles, _logements(immeubles, scenario, alea), verites.planter(scenario, immeubles, alea))


def _anciens(scenario: Scenario, logements: int, alea) -> pd.DataFrame:
    """Les immeubles déjà loués avant la première année : bailleur, rang du secteur, taille.

    Les immeubles d'un bailleur se suivent d'un secteur à l'autre : chaque secteur a sa part des logements, à un
    immeuble près, quelle que soit la graine.
    """
    limites = scenario.secteurs["part"].cumsum().to_numpy()[:-1]
    total = sum(scenario.reglage(b.code)["part"] for b in scenario.bailleurs)
    morceaux = []
    for bailleur in scenario.bailleurs:
        voulus = round(logements * scenario.reglage(bailleur.code)["part"] / total)
        tailles = alea.lognormal(np.log(21), 0.6, voulus // TAILLE_MINIMALE + 1)
        tailles = tailles.clip(TAILLE_MINIMALE, 150).astype(int)
        tailles = tailles[: np.searchsorted(tailles.cumsum(), voulus) + 1]
        tailles[-1] -= tailles.sum() - voulus
        secteur = np.searchsorted(limites, (tailles.cumsum() - tailles / 2) / voulus)
        morceaux.append(pd.DataFrame({"bailleur": bailleur.code, "rang_secteur": secteur, "taille": tailles}))
    return pd.concat(morceaux, ignore_index=True).assign(livre=0, dans_ville=True)


def _livraisons(scenario: Scenario, logements: int, alea) -> pd.DataFrame:
    """Les opérations de chaque année, l'une dans la ville, l'autre hors d'elle."""
    lignes = []
    for bailleur in scenario.bailleurs:
        par_an = scenario.reglage(bailleur.code)["programmes"] * logements / 16000
        for annee in scenario.annees:
            total = round(par_an * alea.uniform(0.92, 1.08))
            hors = round(total * alea.uniform(0.12, 0.26))
            parts = ((total - hors, True), (hors, False))
            lignes += [(bailleur.code, annee, n, dedans) for n, dedans in parts if n > 0]
    table = pd.DataFrame(lignes, columns=["bailleur", "livre", "taille", "dans_ville"])
    poids = scenario.secteurs["part"].where(~scenario.secteurs["en_qpv"], 0)
    poids = scenario.secteurs["part"] if poids.sum() == 0 else poids
    return table.assign(rang_secteur=alea.choice(len(poids), len(table), p=poids / poids.sum()))


def _placer(immeubles: pd.DataFrame, scenario: Scenario, alea) -> pd.DataFrame:
    """Identifiant, adresse, point et profil de chaque immeuble."""
    secteurs, n = scenario.secteurs, len(immeubles)
    rang = immeubles["rang_secteur"].to_numpy()
    numero = (immeubles.groupby("bailleur").cumcount() + 1).astype(str).str.zfill(4)
    numero_rue = pd.Series(alea.integers(1, 81, n).astype(str))
    ancien = immeubles["livre"].eq(0)
    construction = alea.normal(1972, 13, n).round().clip(1947, min(scenario.annees) - 2).astype(int)
    xy = _points(secteurs, rang, alea)
    sans_point = ancien & (alea.random(n) < MANQUES["sans_point"])
    xy[sans_point] = np.nan
    ouest, sud, est, _ = secteurs.total_bounds
    dehors = alea.choice(np.flatnonzero(ancien & ~sans_point), min(MANQUES["hors_carte"], n // 50), replace=False)
    xy[dehors] = np.column_stack([alea.uniform(ouest, est, len(dehors)), np.full(len(dehors), sud - 1500.0)])
    return immeubles.assign(
        id_immeuble=immeubles["bailleur"].str[:3].str.upper() + numero,
        libelle=numero_rue + " " + pd.Series(alea.choice(RUES, n)),
        x=xy[:, 0].round(1),
        y=xy[:, 1].round(1),
        secteur=secteurs["secteur"].to_numpy()[rang],
        quartier=secteurs["quartier"].to_numpy()[rang],
        qpv=np.where(secteurs["en_qpv"].to_numpy()[rang], "oui", "non"),
        pauvrete=np.clip(secteurs["pauvrete"].to_numpy()[rang] + alea.normal(0, 0.05, n), 0.1, 0.8),
        humeur=alea.gamma(4, 0.25, n),
        code_donne=sans_point,
        annee=np.where(ancien, construction, immeubles["livre"]),
    )


def _points(secteurs, rang: np.ndarray, alea) -> np.ndarray:
    """Un point au hasard dans le secteur de chaque immeuble, un peu en retrait de sa limite."""
    xy = np.full((len(rang), 2), np.nan)
    for secteur, forme in enumerate(secteurs.geometry):
        ici = np.flatnonzero(rang == secteur)
        retrait = forme.buffer(-60)
        dedans = forme if retrait.is_empty else retrait
        trouves, bornes = np.empty((0, 2)), dedans.bounds
        while len(trouves) < len(ici):
            essai = alea.uniform(bornes[:2], bornes[2:], (4 * len(ici) + 16, 2))
            trouves = np.vstack([trouves, essai[shapely.contains_xy(dedans, essai)]])
        xy[ici] = trouves[: len(ici)]
    return xy


def _condamner(immeubles: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Les plus grands immeubles d'un quartier seront vidés puis démolis, si le scénario le demande."""
    immeubles = immeubles.assign(vide=np.nan, demoli=np.nan)
    for quartier, profil in scenario["quartiers"].items():
        plan = profil.get("demolition")
        if plan is None or plan["demolis"] not in scenario.annees:
            continue
        du_bailleur = immeubles["bailleur"].eq(plan["bailleur"]) & immeubles["quartier"].eq(quartier)
        candidats = immeubles[du_bailleur & immeubles["livre"].eq(0)]
        choisis = candidats["taille"].nlargest(plan["immeubles"]).index
        immeubles.loc[choisis, ["vide", "demoli"]] = plan["vides"], plan["demolis"]
    return immeubles


def _logements(immeubles: pd.DataFrame, scenario: Scenario, alea) -> pd.DataFrame:
    """Un logement par ligne, avec ce qui n'y change pas d'une année à l'autre."""
    im = np.repeat(np.arange(len(immeubles)), immeubles["taille"].where(immeubles["dans_ville"], 0))
    n, bati = len(im), immeubles.iloc[im].reset_index(drop=True)
    foyer = bati["bailleur"].isin(scenario.foyers).to_numpy()
    pieces = np.where(foyer, 1, 1 + alea.choice(6, n, p=PIECES))
    surface = (SURFACES[pieces - 1] * alea.normal(1, 0.08, n)).clip(12).round(1)
    annee = bati["annee"].to_numpy()
    recent = annee >= 1978
    cumul = np.where(recent[:, None], (0.13, 0.84, 0.95), (0.04, 1.0, 1.0))
    cumul[bati["livre"].gt(0), 0] = TRES_SOCIAL_LIVRE
    financement = np.array(["PLAI", "PLUS", "PLS", "PLI"])[(alea.random(n)[:, None] > cumul).sum(axis=1)]
    financement = np.where(foyer, "PLAI", financement)
    loyer = np.where(financement == "PLS", 1.24, 1.0) * (1 + 0.003 * (annee - 1975)) * alea.normal(1, 0.08, n)
    loyer *= scenario["loyer_m2"] * surface[~foyer].sum() / (loyer * surface)[~foyer].sum()
    rang = pd.Series(im).groupby(im).cumcount() + 1
    return pd.DataFrame(
        {
            "im": im,
            "id_logement": bati["id_immeuble"] + "-" + rang.astype(str).str.zfill(3),
            "bailleur": bati["bailleur"],
            "nb_pieces": pieces,
            "surface_m2": surface,
            "loyer_initial": loyer * surface,
            "financement": np.where(alea.random(n) < 0.01, "", financement),
            "annee_construction": annee,
            "annee_premiere_location": np.where(bati["livre"].eq(0), annee + 1, annee),
            "dpe": _dpe(annee, im, scenario.dpe, alea),
        }
    )


def _dpe(annee: np.ndarray, im: np.ndarray, reglage: dict, alea) -> np.ndarray:
    """Étiquettes aux proportions du scénario : les immeubles anciens ont plus souvent les mauvaises."""
    note = alea.normal(0, 1, len(annee)) + alea.normal(0, 0.6, im.max() + 1)[im] - 0.02 * (annee - 1975)
    rang = pd.Series(note).rank(method="first").to_numpy() / len(annee)
    parts = np.cumsum(list(reglage["parts"].values()))
    lettres = np.array(list(reglage["parts"]))[np.searchsorted(parts[:-1] / parts[-1], rang)]
    return np.where(alea.random(len(annee)) < reglage["inconnu"], "nr", lettres)
