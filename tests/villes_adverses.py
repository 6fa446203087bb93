"""Des villes choisies pour l'attaque : un quartier d'un seul bailleur, douze ménages dont onze ont le trait..."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from fabrique import RACINE, calculer_tout, configuration, ecrire_prepare, modifier_bareme

from observatoire.cles import COLONNE, MODULE
from observatoire.configuration import Configuration

ANNEES = (2009, 2010)
#: (quartier, secteur, bailleur) -> ménages, dont monoparentaux ; ``None`` : au hasard.
PARCS = {
    ("battant", 1, "gbh"): (34, None),
    ("battant", 1, "neolia"): (21, None),
    ("battant", 2, "gbh"): (27, None),
    ("velotte", 1, "gbh"): (40, 3),  # un seul bailleur
    ("tilleroyes", 1, "neolia"): (12, 11),  # douze ménages, dont onze ont le trait
    ("bregille", 1, "gbh"): (25, 1),
    ("bregille", 2, "neolia"): (45, None),
    ("bregille", 3, "neolia"): (8, 2),  # un secteur trop petit, à côté de deux autres
    ("planoise-chateaufarine", 1, "gbh"): (90, None),
    ("planoise-chateaufarine", 2, "neolia"): (70, None),
    ("planoise-chateaufarine", 3, "gbh"): (16, 8),
}
_COMPOSITIONS = ["seul", "couple_avec_enfants", "couple_sans_enfant", "autre"]
_TRANCHES = ["0-20", "20-40", "40-60", "60-100", "100+", "nr"]


def ville(dossier: Path, graine: int, muette: bool = False, changes: range = range(0)) -> Configuration:
    """Une ville calculée, deux années presque pareilles ; ses ménages et leurs clés dépendent de la graine.

    ``muette`` : sans bruit. ``changes`` : les rangs, parmi les ménages de Velotte qui ne sont pas monoparentaux, de
    ceux qui le deviennent la seconde année (d'une édition à l'autre).
    """
    dossier.mkdir(parents=True, exist_ok=True)
    referentiels = sans_bruit(dossier / "referentiels") if muette else RACINE / "data" / "referentiels"
    chemins = {"referentiels": str(referentiels), "schemas": str(RACINE / "data" / "schemas")}
    config = configuration(dossier, edition={"annees": list(ANNEES)}, chemins=chemins)
    tirage = np.random.default_rng(graine)
    menages = _menages(tirage)
    avant = menages.copy()
    partis = tirage.random(len(menages)) < 0.1
    avant.loc[partis, "composition"] = tirage.choice([*_COMPOSITIONS, "monoparentale"], partis.sum())
    autres = menages.index[menages["quartier"].eq("velotte") & menages["composition"].ne("monoparentale")]
    menages.loc[autres[list(changes)], "composition"] = "monoparentale"
    contenus = {annee: _tables(table) for annee, table in zip(ANNEES, (avant, menages), strict=True)}
    depots = [(a, b, t) for a in ANNEES for b in ("gbh", "neolia") for t in ("logements", "menages")]
    ecrire_prepare(config, contenus, depots)
    _donner_les_cles(config, graine)
    calculer_tout(config)
    return config


def _menages(tirage: np.random.Generator) -> pd.DataFrame:
    lignes = [
        {
            "quartier": quartier, "secteur": f"{quartier}-{secteur}", "bailleur": bailleur, "qpv": "hors_qpv",
            "immeuble": f"{bailleur}:{quartier}-{secteur}-{rang % 3}", "rang": rang, "familles": familles,
            "id_logement": f"{bailleur}:{quartier}-{secteur}-{rang}",
        }
        for (quartier, secteur, bailleur), (nombre, familles) in PARCS.items()
        for rang in range(nombre)
    ]  # fmt: skip
    table = pd.DataFrame(lignes)
    table["composition"] = tirage.choice(_COMPOSITIONS, len(table))
    voulues = table["rang"] < table["familles"]
    au_hasard = table["familles"].isna() & (tirage.random(len(table)) < 0.15)
    table.loc[voulues | au_hasard, "composition"] = "monoparentale"
    return table.drop(columns=["rang", "familles"]).assign(tranche_plafond=tirage.choice(_TRANCHES[:5], len(table)))


def _tables(menages: pd.DataFrame) -> dict[str, list[dict]]:
    du_logement = menages.drop(columns=["composition", "tranche_plafond"]).assign(occupation="loue", nb_pieces=3)
    return {"logements": du_logement.to_dict("records"), "menages": menages.to_dict("records")}


def _donner_les_cles(config: Configuration, graine: int) -> None:
    """La clé de chaque unité, d'après son logement et la graine : la même d'une année à l'autre."""
    for fichier in config.chemin("prepare").glob("tables/*/*.parquet"):
        table = pd.read_parquet(fichier)
        if "id_logement" in table and len(table):
            noms = f"{graine}/{fichier.stem}/" + table["id_logement"].astype(str)
            table[COLONNE] = pd.util.hash_array(noms.to_numpy(object), hash_key="fedcba9876543210") % MODULE
            table.to_parquet(fichier, index=False)


def sans_bruit(dossier: Path) -> Path:
    """Une copie des référentiels, où le barème n'ajoute aucun bruit."""
    shutil.copytree(RACINE / "data" / "referentiels", dossier)

    def couper(contenu: dict) -> None:
        for regle in contenu["regles"]:
            regle["bruit"]["variance"] = 0

    return modifier_bareme(dossier, Path("baremes") / "confidentialite.yml", couper)
