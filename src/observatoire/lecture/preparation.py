"""Écrire les tables préparées : les dépôts acceptés, réunis par année et rattachés à leur territoire."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.configuration import MARQUE_FICTIF, TABLES, Bailleur, Configuration
from observatoire.erreurs import DepotRefuse
from observatoire.fichiers import remplacer_dossier
from observatoire.lecture.bilans import tableau_des_avertissements, tableau_des_depots
from observatoire.lecture.rapports import creer_dossier, ecrire_rapports
from observatoire.lecture.territoires import rattacher
from observatoire.lecture.verification import Depots
from observatoire.schemas import NON_RENSEIGNE

#: Ce que l'étape suivante tire des tables : à effacer quand elles changent.
DERIVES = ("indicateurs.parquet", "effectifs.parquet", "couverture.parquet", "immeubles_par_cellule.parquet")
TERRITOIRE = ["immeuble", "secteur", "quartier", "qpv"]
QPV = {"oui": "en_qpv", "non": "hors_qpv"}
DU_LOGEMENT = [
    "nb_pieces", "surface_m2", "loyer_eur", "financement", "annee_construction", "annee_premiere_location", "dpe",
    "date_bail",
]  # fmt: skip


def preparer(config: Configuration, depots: Depots, sans_les_refuses: bool = False) -> dict:
    """Écrire ``prepare`` à partir de dépôts vérifiés ; tout est écrit à côté, puis mis en place.

    Les indicateurs calculés des tables précédentes sont effacés.

    Lève :class:`DepotRefuse` sans rien écrire si un dépôt est refusé, sauf avec ``sans_les_refuses`` : les fichiers
    refusés sont alors laissés de côté, et la couverture le dit. Retourne le bilan : fichiers, lignes, avertissements.
    """
    if not depots.fichiers or (not depots.accepte and not sans_les_refuses):
        raise DepotRefuse(depots.message())
    prepare = config.chemin("prepare")
    creer_dossier(prepare)
    prepare.chmod(0o700)
    with tempfile.TemporaryDirectory(prefix=".ecriture-", dir=prepare) as aside:
        bilan = _ecrire(Path(aside), config, depots)
        _mettre_en_place(Path(aside), prepare)
    return bilan


def _ecrire(dossier: Path, config: Configuration, depots: Depots) -> dict:
    hors, lignes = [], 0
    for annee in config.annees:
        tables = preparer_annee(annee, config, depots)
        hors.append(tables.pop("hors_quartier"))
        destination = dossier / "tables" / str(annee)
        creer_dossier(destination)
        for nom, table in tables.items():
            table.to_parquet(destination / f"{nom}.parquet", index=False)
            lignes += len(table)
    hors = pd.concat(hors, ignore_index=True) if hors else _hors_vide()
    doutes = tableau_des_avertissements(depots)
    hors.to_parquet(dossier / "immeubles_hors_quartier.parquet", index=False)
    tableau_des_depots(config, depots).to_parquet(dossier / "depots.parquet", index=False)
    doutes.to_parquet(dossier / "avertissements.parquet", index=False)
    depots.corrections.astype({"annee": "int64"}).to_parquet(dossier / "corrections.parquet", index=False)
    origine = {"fictif": (config.chemin("brut") / MARQUE_FICTIF).is_file()}
    (dossier / "origine.json").write_text(json.dumps(origine), encoding="utf-8")
    ecrire_rapports(depots, dossier / "rapports")
    return {
        "fichiers": len(depots.fichiers),
        "acceptes": len(depots.acceptes),
        "refuses": len(depots.refuses),
        "lignes": lignes,
        "avertissements": len(doutes),
        "corrections": int(depots.corrections["statut"].ne("refusee").sum()),
        "immeubles_hors_quartier": len(hors),
    }


def _mettre_en_place(aside: Path, prepare: Path) -> None:
    """Effacer d'abord ce qui se calcule des anciennes tables, puis remplacer chaque élément.

    Interrompue, la mise en place laisse ``prepare`` sans indicateurs : rien ne peut alors être publié, ni de l'ancien,
    ni d'un mélange des deux.
    """
    for nom in DERIVES:
        (prepare / nom).unlink(missing_ok=True)
    for nouveau in sorted(aside.iterdir()):
        ancien = prepare / nouveau.name
        if ancien.is_dir():
            remplacer_dossier(nouveau, ancien)
        else:
            nouveau.replace(ancien)


def preparer_annee(annee: int, config: Configuration, depots: Depots) -> dict[str, pd.DataFrame]:
    """Les sept tables d'une année (vides si personne ne les a déposées), plus ``hors_quartier``."""
    deposants = {d.code: d for d in config.deposants}
    tables = {table: _reunir(table, annee, depots, deposants) for table in TABLES}
    tables = {nom: table for nom, table in tables.items() if table is not None}
    hors = _hors_vide()
    if "immeubles" in tables:
        places = rattacher(tables["immeubles"], depots.contours)
        tables["immeubles"] = tables["immeubles"].assign(
            quartier=places["quartier"],
            secteur=places["secteur"],
            qpv=tables["immeubles"]["qpv"].map(QPV).astype("str"),
        )
        hors = tables["immeubles"].assign(motif=places["motif"])
        hors = hors.loc[hors["motif"].notna(), ["annee", "bailleur", "immeuble", "motif"]]
    for nom in ("logements", "signalements"):
        if nom in tables:
            tables[nom] = _par_immeuble(tables[nom], tables["immeubles"])
    for nom in ("menages", "attributions"):
        if nom in tables:
            tables[nom] = _par_logement(tables[nom], tables["logements"], complet=nom == "menages")
    deposees = {nom: _completer(nom, t) for nom, t in tables.items()}
    return {nom: deposees[nom] if nom in deposees else _table_vide(nom, depots) for nom in TABLES} | {
        "hors_quartier": hors
    }


def _table_vide(nom: str, depots: Depots) -> pd.DataFrame:
    """La table d'une année où personne ne l'a déposée : aucune ligne, les mêmes colonnes et les mêmes types."""
    types = {"number": "float64", "integer": "float64", "date": "datetime64[us]"}
    champs = dict(depots.schemas["logements"].champs) if nom == "menages" else {}
    champs |= depots.schemas[nom].champs
    colonnes = {c: types.get(champ.type, "str") for c, champ in champs.items()}
    ajoutees = {
        "annee": "int64",
        "deposant": "str",
        "champ_rpls": "bool",
        **dict.fromkeys([*TERRITOIRE, "bailleur"], "str"),
    }
    return pd.DataFrame({c: pd.Series(dtype=t) for c, t in {**colonnes, **ajoutees}.items()})


def _reunir(table: str, annee: int, depots: Depots, deposants: dict[str, Bailleur]) -> pd.DataFrame | None:
    """Les dépôts acceptés d'une table, l'un sous l'autre, identifiants rendus uniques entre bailleurs."""
    morceaux = []
    for (a, deposant, nom), donnees in depots.tables.items():
        if (a, nom) != (annee, table):
            continue
        qui = deposants[deposant]
        bailleur = deposant if qui.est_bailleur else np.nan
        morceaux.append(donnees.assign(annee=annee, deposant=deposant, bailleur=bailleur, champ_rpls=not qui.hors_rpls))
    if not morceaux:
        return None
    reunie = pd.concat(morceaux, ignore_index=True)
    reunie = reunie.astype({"bailleur": "str", "deposant": "str"})
    if "id_immeuble" in reunie:
        reunie["immeuble"] = reunie["bailleur"] + ":" + reunie["id_immeuble"]
    if "id_logement" in reunie:
        reunie["id_logement"] = reunie["bailleur"] + ":" + reunie["id_logement"]
    a_textes = [c for c in depots.schemas[table].colonnes if depots.schemas[table].champs[c].admet_nr]
    reunie[a_textes] = reunie[a_textes].mask(reunie[a_textes].eq(NON_RENSEIGNE))
    return reunie


def _par_immeuble(table: pd.DataFrame, immeubles: pd.DataFrame) -> pd.DataFrame:
    lieux = immeubles.set_index("immeuble")
    places = {nom: table["immeuble"].map(lieux[nom]).astype("str") for nom in ("secteur", "quartier", "qpv")}
    if "qpv" in table:  # le RPLS dit le QPV logement par logement
        places["qpv"] = table["qpv"].map(QPV).astype("str").fillna(places["qpv"])
    return table.assign(**places)


def _par_logement(table: pd.DataFrame, logements: pd.DataFrame, complet: bool) -> pd.DataFrame:
    """Le territoire du logement ; ``complet`` : une ligne par logement loué des bailleurs qui ont déposé la table.

    Un logement loué sans ménage décrit reste, toutes ses colonnes de ménage manquantes : c'est un non-répondant.
    """
    cles = ["id_logement", *TERRITOIRE]
    if not complet:
        return table.merge(logements[cles], on="id_logement", how="left", validate="many_to_one")
    communes = [*cles, *DU_LOGEMENT, "annee", "deposant", "bailleur", "champ_rpls"]
    loues = logements.loc[logements["occupation"].eq("loue") & logements["deposant"].isin(table["deposant"]), communes]
    propres = table.drop(columns=["annee", "deposant", "bailleur", "champ_rpls"])
    return loues.merge(propres, on="id_logement", how="left", validate="one_to_one")


def _completer(nom: str, table: pd.DataFrame) -> pd.DataFrame:
    """Toute table a les colonnes de territoire ; manquantes là où elles n'ont pas de sens."""
    if nom == "demandes":
        table = table.assign(quartier=table["quartier_souhaite"])
    absentes = [c for c in (*TERRITOIRE, "bailleur") if c not in table]
    vide = pd.Series(np.nan, index=table.index, dtype="str")
    return table.assign(**dict.fromkeys(absentes, vide))


def _hors_vide() -> pd.DataFrame:
    return pd.DataFrame(
        {"annee": pd.Series(dtype="int64"), **{c: pd.Series(dtype="str") for c in ("bailleur", "immeuble", "motif")}}
    )
